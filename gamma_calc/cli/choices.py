"""What there is to choose from by name, each with a sentence: for ``list``, for help, and for the Tab key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cyclopts import Parameter

from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.derivation.conditions import CONDITIONS, STABILITY
from gamma_calc.optimisers import OPTIMISERS

Sentences = Mapping[str, str]


def _statements(table: Mapping[str, Any]) -> Sentences:
    return {name: one.statement for name, one in table.items()}


ASSUMED: Final[Sentences] = {
    "additive": "the terms of W v agree in sign, so they add up to N and not to sqrt(N)",
    "fresh": "a new independent sample at every step",
}
KINDS: Final[Mapping[str, Sentences]] = {
    "targets": _statements(TARGETS),
    "initialisations": _statements(INITIALISATIONS),
    "parametrisations": {name: f"of deep-linear: {one.source}" for name, one in PARAMETRISATIONS.items()},
    "optimisers": _statements(OPTIMISERS),
    "losses": _statements(LOSSES),
    "conditions": _statements(CONDITIONS),
    "stability": _statements(STABILITY),
    "assumptions": ASSUMED,
}


def one_of(values: Iterable[str], text: str, **more: Any) -> Parameter:
    """An option whose values help names and the Tab key offers; whether another is good, its reader says."""
    return Parameter(help=text.format(", ".join(values)), completer=lambda _: values, **more)


def names_and_files(names: Sentences) -> Callable[[Any], Iterator[tuple[str, str]]]:
    """For the Tab key: names with their sentences, then the files and folders that the word begins."""

    def offered(context: Any) -> Iterator[tuple[str, str]]:
        yield from names.items()
        yield from ((path, "") for path in _files(context.incomplete))

    return offered


def _files(word: str) -> list[str]:
    """Files and folders whose path begins with a word; none where the folder cannot be read."""
    folder, begun = os.path.split(word)
    try:
        found = sorted(path for path in Path(folder or ".").iterdir() if path.name.startswith(begun))
    except OSError:
        return []
    return [os.path.join(folder, path.name) + ("/" if path.is_dir() else "") for path in found]  # noqa: PTH118 - as typed
