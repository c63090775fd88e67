"""What measurements found, kept as a file: the recorded run that this package comes with, or one that is resumed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.errors import ConfigError
from validation.evidence.claim import Claim
from validation.evidence.measure import Reading
from validation.evidence.outcome import NO_MEASUREMENT, NOT_RUN, Measured

RECORDED: Final = Path(__file__).parent / "recorded" / "claims.json"
PACKAGES: Final = ("gamma-calc", "numpy", "scipy", "torch")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one measurement found, on which day, and in how many seconds."""

    date: str
    seconds: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Entries by the digest of the measurement, with the machine and the versions that made them."""

    machine: str
    versions: str
    entries: Mapping[str, Entry]

    @classmethod
    def new(cls) -> Record:
        """An empty one of this machine."""
        cores = os.cpu_count()
        machine = f"{platform.machine()}, {cores} core{'' if cores == 1 else 's'}, {platform.system()}"
        return cls(machine, _versions(), MappingProxyType({}))

    @classmethod
    def load(cls, path: Path = RECORDED) -> Record:
        """Read a record. Raises ConfigError where the file is none."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            entries = {digest: _entry(one) for digest, one in found["entries"].items()}
            return cls(found["machine"], found["versions"], MappingProxyType(entries))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                "no record of measurements", where=str(path), hint="name a new file, or one that --record wrote"
            ) from error

    @classmethod
    def resumed(cls, path: Path) -> Record:
        """What a file has, if these versions wrote it; else an empty record."""
        new = cls.new()
        found = cls.load(path) if path.exists() else new
        return found if found.versions == new.versions else new

    def having(self, digest: str, entry: Entry) -> Record:
        return replace(self, entries=MappingProxyType({**self.entries, digest: entry}))

    def only(self, claims: Iterable[Claim]) -> Record:
        """Without what no measurement of these claims asks for any more."""
        asked = {one.digest for claim in claims for one in claim.measurements}
        return replace(self, entries=MappingProxyType({d: e for d, e in self.entries.items() if d in asked}))

    def save(self, path: Path) -> None:
        """Write the file anew, in one move."""
        entries = {digest: asdict(entry) for digest, entry in self.entries.items()}
        text = json.dumps({"machine": self.machine, "versions": self.versions, "entries": entries}, indent=1)
        part = path.with_name(f"{path.name}.part")
        part.write_text(f"{text}\n", encoding="utf-8")
        part.replace(path)

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


def _entry(found: Mapping[str, Any]) -> Entry:
    return Entry(found["date"], found["seconds"], tuple(Reading(**one) for one in found["readings"]))


def _versions() -> str:
    return ", ".join((f"python {platform.python_version()}", *filter(None, map(_version, PACKAGES))))


def _version(package: str) -> str:
    """Without the build: it does not decide a number to the digits shown."""
    try:
        return f"{package} {version(package).partition('+')[0]}"
    except PackageNotFoundError:
        return ""
