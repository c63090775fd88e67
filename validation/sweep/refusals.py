"""What a store refuses, in one line each, and SQLite's errors in the same words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from gamma_calc.catalogue.targets import TARGETS
from validation.sweep.errors import StoreError

PATIENCE: Final = 30.0  # seconds to wait for another process's transaction
LOOKS: Final = 3  # at a database that cannot be read
PAUSE: Final = 0.05  # seconds before the second look, and twice as long before the third
APPLICATION: Final = 0x67616D63  # "gamc", where SQLite keeps whose a database is
HEADER: Final = b"SQLite format 3\0"


def check_path(path: Path) -> None:
    """What can be told without opening; a file without a write bit is meant to stay as it is, whoever asks."""
    if path.is_dir():
        raise StoreError("is a directory", where=str(path), hint="name a file")
    if not path.parent.is_dir():
        raise StoreError("its folder is not there", where=str(path), hint=f"make {path.parent}, or name another file")
    if not path.exists():
        return
    if not path.is_file():
        raise not_a_store(path)
    if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        raise _read_only(path)
    with path.open("rb") as file:
        start = file.read(len(HEADER))
    if start and (start != HEADER or _is_anothers(path)):
        raise not_a_store(path)


def _is_anothers(path: Path) -> bool:
    """Is it known that another program made a database?"""
    for look in range(LOOKS):
        time.sleep(look * PAUSE)  # what another process is making cannot be read for a moment
        with suppress(sqlite3.Error), closing(opened_to_look(path)) as ask:
            if ask.execute("PRAGMA application_id").fetchone()[0] == APPLICATION:
                return False
            return bool(ask.execute("SELECT 1 FROM sqlite_master").fetchone())  # nothing yet in one that is being made
    with path.open("rb") as file:
        return int.from_bytes(file.read(72)[68:], "big") != APPLICATION


def opened_to_look(path: Path) -> sqlite3.Connection:
    """A database that is only looked at: without a lock, a pragma or a file beside it.

    What is in use, by this program or another, has a log, which only an open database can read.
    """
    kept = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{kept}", uri=True, timeout=PATIENCE)


def not_a_store(path: Path) -> StoreError:
    return StoreError("is not the store of a sweep", where=str(path), hint="name another file")


def _read_only(path: Path) -> StoreError:
    return StoreError(
        "cannot be written", where=str(path), hint="make the file and its folder writable, or name another"
    )


def damaged(path: Path) -> StoreError:
    return StoreError("is truncated or damaged", where=str(path), hint="put back a copy, or name a new store")


def _full(path: Path) -> StoreError:
    return StoreError(
        "no room is left on its disk", where=str(path), hint="free some and run the same again: what is stored is kept"
    )


def _busy(path: Path) -> StoreError:
    return StoreError(
        f"another process has held it for {PATIENCE:.0f} s", where=str(path), hint="end that process, or try later"
    )


REFUSALS: Final = {
    sqlite3.SQLITE_NOTADB: damaged,
    sqlite3.SQLITE_CORRUPT: damaged,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_READONLY: _read_only,
    sqlite3.SQLITE_CANTOPEN: _read_only,
    sqlite3.SQLITE_PERM: _read_only,
    sqlite3.SQLITE_BUSY: _busy,
}


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as one line of ours; the low byte of an extended code is the kind."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in REFUSALS:
            raise REFUSALS[code](path) from error
        hint = "check the disk, then run the same again: what is stored is kept"
        raise StoreError(str(error), where=str(path), hint=hint) from error


def refuse_others(path: Path, target: str) -> None:
    """Refuse a store whose cells are of another experiment, or of a sweep where an experiment is asked for.

    It is left as it is. Raises StoreError.
    """
    check_path(path)
    if not path.exists() or not path.stat().st_size:
        return
    with sqlite_errors(path), closing(opened_to_look(path)) as ask:
        if not ask.execute("SELECT 1 FROM sqlite_master WHERE name = 'cells'").fetchone():
            return
        found = ask.execute("SELECT json_extract(job, '$.target') FROM cells GROUP BY 1").fetchall()
    asked = _filled_by(target)
    others = sorted({_filled_by(str(name)) for (name,) in found} - {asked})
    if others:
        hint = "name another file"
        raise StoreError(f"is the store of {others[0]}, not of {asked}", where=str(path), hint=hint)


def _filled_by(target: str) -> str:
    """What fills a store with cells of a target: a sweep, or the experiment of this name."""
    return "a sweep" if target in TARGETS else target
