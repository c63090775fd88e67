"""What the commands on published results have in common: what is recorded, what is derived or measured anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from gamma_calc.cli.numeric import numeric, refuse_missing
from gamma_calc.cli.progress import Tell, progress
from gamma_calc.errors import ConfigError

Item = TypeVar("Item")
Verify = Literal["symbolic", "numeric", "all"] | None
MEASURED = ("numeric", "all")
DERIVED = ("symbolic", "all")


def known_of(command: str, verify: Verify, path: Path | None, every: Sequence[Any]) -> Any:
    """The record that a command starts from: the one of the package, or where something is measured that at ``path``.

    Raises ConfigError for a path where nothing is found anew, and where torch is missing that is needed.
    """
    record = numeric("evidence.record").Record
    if verify is None and path is not None:
        raise ConfigError("--record without --verify", hint="add --verify all, or --verify symbolic")
    if verify in MEASURED:
        refuse_missing(f"{command} --verify {verify}")
        return record.new() if path is None else record.resumed(path).only(every)
    return record.of_package(command) if path is None or not path.exists() else record.load(path).only(every)


def answered(asked: Sequence[Any], verify: Verify, known: Any, path: Path | None) -> tuple[list[Any], Any]:
    """The answers on some claims and the record that they are from, with what is asked to be found anew in it."""
    with progress(every=False) as tell:
        if verify in DERIVED:
            for claim, found in _derived(asked, tell):
                known = known.concluding(claim, found)
            _save(known, path)
        if verify in MEASURED:
            for digest, entry in _measured(asked, known, tell):
                known = known.having(digest, entry)
                _save(known, path)
    answer, recorded = numeric("evidence.answer").Answer, verify not in MEASURED
    found = [None if verify == "numeric" else known.concluded(claim) for claim in asked]
    measured = [known.measured(claim, recorded=recorded) for claim in asked]
    return [answer(*parts) for parts in zip(asked, found, measured, strict=True)], known


def _derived(asked: Sequence[Any], tell: Tell) -> Iterator[tuple[Any, Any]]:
    derived = numeric("evidence.outcome").derived
    yield from _counted(((claim, derived(claim)) for claim in asked), len(asked), "derived", tell)


def _measured(asked: Sequence[Any], known: Any, tell: Tell) -> Iterator[tuple[str, Any]]:
    """What the record does not have."""
    wanted = {m.digest: m for claim in asked for m in claim.measurements}
    todo = [m for digest, m in wanted.items() if digest not in known.entries]
    yield from _counted(numeric("evidence.run").run(todo), len(todo), "measured", tell)


def _save(known: Any, path: Path | None) -> None:
    if path is not None:
        known.save(path)


def _counted(items: Iterable[Item], total: int, what: str, tell: Tell) -> Iterator[Item]:
    """The items, with a word on each."""
    tell(what, 0, total)
    for done, item in enumerate(items, 1):
        yield item
        tell(what, done, total)
