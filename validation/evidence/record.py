"""What derivations and measurements found, kept as a file: one that this package comes with, or one that is resumed."""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.errors import ConfigError
from validation.evidence.checks import Seen
from validation.evidence.claim import Claim
from validation.evidence.measure import Reading
from validation.evidence.outcome import NO_MEASUREMENT, NOT_RUN, Derived, Measured, Outcome, unchecked

RECORDED: Final = Path(__file__).parent / "recorded"
PACKAGES: Final = ("gamma-calc", "numpy", "scipy", "torch")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one measurement found, on which day, and in how many seconds.

    ``versions`` are those that made it, where they are not those of the record.
    """

    date: str
    seconds: int
    readings: tuple[Reading, ...]
    versions: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The outcome of a claim's checks, and everything that they saw."""

    outcome: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Entries by the digest of the measurement, with the machine and the versions that made them.

    ``derived`` has the outcome of the checks of a claim, by the digest of the claim.
    """

    machine: str
    versions: str
    entries: Mapping[str, Entry]
    derived: Mapping[str, Conclusion] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def new(cls) -> Record:
        """An empty one of this machine."""
        cores = os.cpu_count()
        machine = f"{platform.machine()}, {cores} core{'' if cores == 1 else 's'}, {platform.system()}"
        return cls(machine, _versions(), MappingProxyType({}))

    @classmethod
    def of_package(cls, name: str) -> Record:
        """The one of "claims" or of "disagreements" that this package comes with."""
        return cls.load(RECORDED / f"{name}.json")

    @classmethod
    def load(cls, path: Path) -> Record:
        """Read a record. Raises ConfigError where the file is none."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            entries = {digest: _entry(one) for digest, one in found["entries"].items()}
            derived = {digest: _conclusion(one) for digest, one in found.get("derived", {}).items()}
            return cls(found["machine"], found["versions"], MappingProxyType(entries), MappingProxyType(derived))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                "no record of measurements", where=str(path), hint="name a new file, or one that --record wrote"
            ) from error

    @classmethod
    def resumed(cls, path: Path) -> Record:
        """What a file has, whatever versions made it: each entry tells its own. A new file is an empty record."""
        return cls.load(path) if path.exists() else cls.new()

    @property
    def made_with(self) -> str:
        """The versions that made the entries, and how many of them others made."""
        others = Counter(entry.versions for entry in self.entries.values() if entry.versions)
        return "; ".join((self.versions, *(f"{count} of them with {name}" for name, count in others.items())))

    def having(self, digest: str, entry: Entry) -> Record:
        """With what one measurement found now."""
        versions = _versions()
        entry = entry if versions == self.versions else replace(entry, versions=versions)
        return replace(self, entries=MappingProxyType({**self.entries, digest: entry}))

    def concluding(self, claim: Claim, found: Derived) -> Record:
        """With the outcome of a claim's checks."""
        if not claim.checks:
            return self
        one = Conclusion(found.outcome.value, found.seen)
        return replace(self, derived=MappingProxyType({**self.derived, claim.digest: one}))

    def only(self, claims: Sequence[Claim]) -> Record:
        """Without what none of these claims asks for any more."""
        asked = {one.digest for claim in claims for one in claim.measurements}
        known = {claim.digest for claim in claims}
        return replace(
            self,
            entries=MappingProxyType({d: e for d, e in self.entries.items() if d in asked}),
            derived=MappingProxyType({d: e for d, e in self.derived.items() if d in known}),
        )

    def save(self, path: Path) -> None:
        """Write the file anew, in one move."""
        facts = [f'"{name}": {json.dumps(getattr(self, name))}' for name in ("machine", "versions")]
        facts += [f'"{name}": {_by_line(getattr(self, name))}' for name in ("entries", "derived")]
        part = path.with_name(f"{path.name}.part")
        part.write_text("{\n" + ",\n".join(facts) + "\n}\n", encoding="utf-8")
        part.replace(path)

    def concluded(self, claim: Claim) -> Derived | None:
        """What is recorded of a claim's checks; None where these checks were never run."""
        if not claim.checks:
            return unchecked(claim)
        found = self.derived.get(claim.digest)
        return None if found is None else Derived.of(claim, Outcome(found.outcome), found.seen)

    def measured(self, claim: Claim, *, recorded: bool = False) -> Measured:
        """All readings of a claim, if every measurement of it is there; ``recorded`` says from which day."""
        if not claim.measurements:
            return NO_MEASUREMENT
        found = [self.entries.get(one.digest) for one in claim.measurements]
        there = [entry for entry in found if entry is not None]
        if len(there) < len(found):
            return NOT_RUN
        day = max(entry.date for entry in there) if recorded else ""
        return Measured.of([reading for entry in there for reading in entry.readings], day)


def _by_line(entries: Mapping[str, Entry] | Mapping[str, Conclusion]) -> str:
    """An object as JSON with one line for each entry."""
    lines = (f"{json.dumps(digest)}: {json.dumps(_kept(entry))}" for digest, entry in entries.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _kept(entry: Entry | Conclusion) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(entry).items() if value != ""}


def _entry(found: Mapping[str, Any]) -> Entry:
    readings = tuple(Reading(**one) for one in found["readings"])
    return Entry(found["date"], found["seconds"], readings, found.get("versions", ""))


def _conclusion(found: Mapping[str, Any]) -> Conclusion:
    return Conclusion(Outcome(found["outcome"]).value, tuple(Seen(**one) for one in found["seen"]))


def _versions() -> str:
    return ", ".join((f"python {platform.python_version()}", *filter(None, map(_version, PACKAGES))))


def _version(package: str) -> str:
    """Without the build: it does not decide a number to the digits shown."""
    try:
        return f"{package} {version(package).partition('+')[0]}"
    except PackageNotFoundError:
        return ""
