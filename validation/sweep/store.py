"""The store of a sweep: one SQLite file, one row per cell, safe to kill at any moment and to share between processes.

A process writes a *claim* on the cells that it is about to compute, in the same transaction in which it sees that they
are neither there nor claimed. Its claims hold while it gives signs of life: it renews a time every few seconds, and
on its own machine its process number is looked up too, so what a killed run had claimed is free at once.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from validation.sweep.errors import StoreError
from validation.sweep.job import Job
from validation.sweep.measure import CellResult
from validation.sweep.owner import LEASE, Heart, Owner, now
from validation.sweep.refusals import APPLICATION, PATIENCE, check_path, damaged, not_a_store, sqlite_errors
from validation.sweep.versions import versions

FORMAT: Final = 2

TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE cells (
        key TEXT PRIMARY KEY, job TEXT NOT NULL, width INTEGER NOT NULL, seed INTEGER NOT NULL,
        quantities TEXT NOT NULL, sizes BLOB NOT NULL, aligned BLOB NOT NULL, residual REAL, diverged INTEGER NOT NULL,
        checksum TEXT NOT NULL
    )""",
    "CREATE TABLE failures (key TEXT PRIMARY KEY, job TEXT NOT NULL, reason TEXT NOT NULL)",
    "CREATE TABLE owners (name TEXT PRIMARY KEY, place TEXT NOT NULL, pid INTEGER NOT NULL, seen REAL NOT NULL)",
    "CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL)",
)
PLACES: Final = ", ".join("?" * 10)  # one for each column of cells


Record = Sequence[Any]  # the columns of a cell


@dataclass(frozen=True, slots=True, eq=False)
class StoredRow:
    """One stored cell: what was asked, and what was measured."""

    key: str
    job: Job
    measured: CellResult


@dataclass(frozen=True, slots=True)
class Claimed:
    """Of the keys asked for: those now ours, and those whose results are there already."""

    ours: frozenset[str]
    stored: frozenset[str]


class Store:
    """An open store. Use it in the thread that opened it; close it, or use it in a with statement.

    ``connection`` is the open database, for questions in SQL. ``damaged`` names the cells whose numbers had changed in
    the file since they were stored: they were taken out when it was opened, and the next run measures them again.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(pathlib.Path(folder) / "cells.sqlite") as store:
    ...     len(list(store.rows()))
    0
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self.connection = path, connection
        self.damaged: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """The store at a path, made where nothing is. Every stored cell is checked against its checksum.

        Raises StoreError for what is no store of this version; a file that is another program's stays as it is.
        """
        path = Path(path)
        check_path(path)
        with sqlite_errors(path):
            connection = _connect(path)
        store = cls(path, connection)
        try:
            store._begin()
        except BaseException:
            connection.close()
            raise
        return store

    def close(self) -> None:
        """Close the file; what is stored stays."""
        with suppress(sqlite3.Error):
            self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # -- reading --------------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[StoredRow]:
        """Every stored cell, in the order of storing. Raises StoreError for one that changed while this was open."""
        with sqlite_errors(self.path):
            for _, record in _records(self.connection):
                row = _row(record)
                if row is None:
                    hint = "open the store again: such cells are taken out, and the next run measures them"
                    raise StoreError(f"the cell {_name(record)} is damaged", where=str(self.path), hint=hint)
                yield row

    def keys(self) -> frozenset[str]:
        """The keys of the stored cells."""
        with sqlite_errors(self.path):
            return frozenset(key for (key,) in self.connection.execute("SELECT key FROM cells"))

    def failures(self) -> dict[str, str]:
        """The cells that could not be computed: key to reason."""
        with sqlite_errors(self.path):
            return dict(self.connection.execute("SELECT key, reason FROM failures").fetchall())

    # -- writing --------------------------------------------------------------------------------------------------

    def claim(self, owner: Owner, keys: Sequence[str]) -> Claimed:
        """Claim the cells that are neither stored nor claimed by a live process."""
        with self._transaction() as ask:
            self._forget_the_dead(ask, owner)
            stored = {k for k in keys if ask.execute("SELECT 1 FROM cells WHERE key = ?", (k,)).fetchone()}
            for key in keys:
                if key not in stored:
                    ask.execute("INSERT INTO claims VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, owner.name))
            own = ask.execute("SELECT key FROM claims WHERE owner = ?", (owner.name,))
            return Claimed(frozenset(k for (k,) in own).intersection(keys), frozenset(stored))

    def put(self, results: Iterable[tuple[Job, CellResult]]) -> None:
        """Store what was measured, all of it or nothing; a cell that is there stays as it is."""
        records = [_record(job, measured) for job, measured in results]
        with self._transaction() as ask:
            ask.executemany(f"INSERT INTO cells VALUES ({PLACES}) ON CONFLICT (key) DO NOTHING", records)  # noqa: S608 - ours
            self._done(ask, [str(record[0]) for record in records])

    def fail(self, job: Job, reason: str) -> None:
        """Record that a cell cannot be computed, and why. The next run tries again."""
        with self._transaction() as ask:
            self._done(ask, [job.key])
            ask.execute("INSERT INTO failures VALUES (?, ?, ?)", (job.key, job.to_json(), reason))

    @contextmanager
    def owner(self) -> Iterator[Owner]:
        """Someone to claim for; what is still claimed at the end is given up."""
        owner = Owner.me()
        try:
            with Heart(partial(_sign_of_life, self.path, owner)):
                yield owner
        finally:
            with suppress(StoreError), self._transaction() as ask:  # on a full disk the claims lapse
                ask.execute("DELETE FROM claims WHERE owner = ?", (owner.name,))
                ask.execute("DELETE FROM owners WHERE name = ?", (owner.name,))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Make the tables in an empty file, check the one that is there; one transaction, so both at once are safe."""
        with self._transaction() as ask:
            if ask.execute("SELECT 1 FROM sqlite_master").fetchone() is None and not _pragma(ask, "application_id"):
                for statement in (*TABLES, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {FORMAT}"):
                    ask.execute(statement)
                ask.execute("INSERT INTO meta VALUES ('versions', ?)", (versions(),))
            else:
                self._check_version(ask)
                self._take_out_the_damaged(ask)

    def _check_version(self, ask: sqlite3.Connection) -> None:
        if _pragma(ask, "application_id") != APPLICATION:
            raise not_a_store(self.path)
        written, hint = _pragma(ask, "user_version"), "install what wrote it, or name a new store"
        if written != FORMAT:
            raise StoreError(f"its format is {written}, this version's is {FORMAT}", where=str(self.path), hint=hint)
        if not _is_whole(ask):
            ask.execute("REINDEX")  # an index is made again from what it lists
            if not _is_whole(ask):
                raise damaged(self.path)
        (written_by,) = ask.execute("SELECT value FROM meta WHERE name = 'versions'").fetchone() or ("nothing known",)
        if written_by != versions():
            raise StoreError(f"written by {written_by}; this is {versions()}", where=str(self.path), hint=hint)

    def _take_out_the_damaged(self, ask: sqlite3.Connection) -> None:
        bad = {rowid: _name(record) for rowid, record in _records(ask) if _row(record) is None}
        ask.executemany("DELETE FROM cells WHERE rowid = ?", [(rowid,) for rowid in bad])
        self.damaged = tuple(bad.values())

    @staticmethod
    def _forget_the_dead(ask: sqlite3.Connection, owner: Owner) -> None:
        """Free the claims of processes that are gone; the caller is alive by being here."""
        _seen(ask, owner)
        for name, place, pid, seen in ask.execute("SELECT name, place, pid, seen FROM owners").fetchall():
            known = isinstance(seen, float) and isinstance(pid, int)  # unless the file was damaged
            if name != owner.name and (
                not known or now() - seen > LEASE or Owner(name, place, pid).is_gone(owner.place)
            ):
                ask.execute("DELETE FROM owners WHERE name = ?", (name,))
        ask.execute("DELETE FROM claims WHERE owner NOT IN (SELECT name FROM owners)")

    @staticmethod
    def _done(ask: sqlite3.Connection, keys: Sequence[str]) -> None:
        for table in ("claims", "failures"):
            ask.executemany(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in keys])  # noqa: S608 - ours

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with sqlite_errors(self.path):
            try:
                self.connection.execute("BEGIN IMMEDIATE")  # an interrupt while it waits comes once it is open
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self.connection.execute("ROLLBACK")
                raise


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")  # a checksum finds what is no text
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a stored cell survives a power cut
    except BaseException:
        connection.close()
        raise
    return connection


def _sign_of_life(path: Path, owner: Owner) -> None:
    """On a connection of its own, in the thread of the heart. One that fails is made up for by the next."""
    with suppress(StoreError), sqlite_errors(path), closing(_connect(path)) as ask:
        _seen(ask, owner)


def _seen(ask: sqlite3.Connection, owner: Owner) -> None:
    ask.execute("INSERT OR REPLACE INTO owners VALUES (?, ?, ?, ?)", (*owner.facts, now()))


def _pragma(ask: sqlite3.Connection, name: str) -> int:
    return int(ask.execute(f"PRAGMA {name}").fetchone()[0])


def _is_whole(ask: sqlite3.Connection) -> bool:
    return bool(ask.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")


def _record(job: Job, m: CellResult) -> Record:
    sizes, aligned = (x.astype("<f8").tobytes() for x in (m.sizes, m.aligned))
    residual = None if math.isnan(m.residual) else m.residual  # SQLite has no NaN
    facts = (
        job.key,
        job.to_json(),
        job.width,
        job.seed,
        json.dumps(m.quantities),
        sizes,
        aligned,
        residual,
        m.diverged,
    )
    return (*facts, _checksum(facts))


def _checksum(facts: Record) -> str:
    """Of all that a cell holds, each with its kind."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _records(ask: sqlite3.Connection) -> Iterator[tuple[int, Record]]:
    """Every stored cell as it stands in the file, by its place there."""
    yield from ((rowid, record) for rowid, *record in ask.execute("SELECT rowid, * FROM cells ORDER BY rowid"))


def _row(record: Record) -> StoredRow | None:
    """The cell; None where it is not what was stored."""
    *facts, checksum = record
    if checksum != _checksum(tuple(facts)):
        return None
    key, job, _, _, quantities, sizes, aligned, residual, diverged = facts
    names = tuple(json.loads(quantities))
    arrays = [np.frombuffer(blob, "<f8").reshape(-1, len(names)) for blob in (sizes, aligned)]
    measured = CellResult(names, arrays[0], arrays[1], math.nan if residual is None else residual, diverged)
    return StoredRow(key, Job.from_json(job), measured)


def _name(record: Record) -> str:
    """A damaged cell, by what can still be read of it."""
    key, text, width, seed, *_ = record
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        job = Job.from_json(text)
        axes = ", ".join(f"{name}={value}" for name, value in job.setting.axes)
        return f"{job.setting.target} ({axes}), n = {job.width}, seed {job.seed}"
    return f"{str(key)[:12]!r}, n = {str(width)[:20]!r}, seed {str(seed)[:20]!r}"
