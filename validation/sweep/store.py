"""The store of a sweep: one SQLite file, one row per cell, safe to kill at any moment and to share between processes.

A process writes a *claim* on the cells that it is about to compute, in the same transaction in which it sees that they
are neither there nor claimed. Its claims hold while it gives signs of life: it renews a time every few seconds, and
on its own machine its process number is looked up too, so what a killed run had claimed is free at once.
"""

from __future__ import annotations

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
from validation.sweep.measure import Measured
from validation.sweep.owner import LEASE, Heart, Owner, now
from validation.sweep.refusals import PATIENCE, damaged, in_words, not_a_store, refuse_at_sight
from validation.sweep.versions import versions

APPLICATION: Final = 0x67616D63
FORMAT: Final = 1

TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE cells (
        key TEXT PRIMARY KEY, job TEXT NOT NULL, width INTEGER NOT NULL, seed INTEGER NOT NULL,
        quantities TEXT NOT NULL, sizes BLOB NOT NULL, aligned BLOB NOT NULL, residual REAL, diverged INTEGER NOT NULL
    )""",
    "CREATE TABLE failures (key TEXT PRIMARY KEY, job TEXT NOT NULL, reason TEXT NOT NULL)",
    "CREATE TABLE owners (name TEXT PRIMARY KEY, place TEXT NOT NULL, pid INTEGER NOT NULL, seen REAL NOT NULL)",
    "CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL)",
)
PLACES: Final = ", ".join("?" * 9)  # one for each column of cells


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One stored cell: what was asked, and what was measured."""

    key: str
    job: Job
    measured: Measured


@dataclass(frozen=True, slots=True)
class Claimed:
    """Of the keys asked for: those now ours, and those whose results are there already."""

    ours: frozenset[str]
    stored: frozenset[str]


class Store:
    """An open store. Use it in the thread that opened it; close it, or use it in a with statement.

    ``connection`` is the open database, for questions in SQL.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(pathlib.Path(folder) / "cells.sqlite") as store:
    ...     len(list(store.rows()))
    0
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path, self.connection = path, connection

    @classmethod
    def open(cls, path: str | Path) -> Store:
        """The store at a path, made where nothing is. Raises StoreError for what is no store of this version."""
        path = Path(path)
        refuse_at_sight(path)
        with in_words(path):
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

    def rows(self) -> Iterator[Row]:
        """Every stored cell, in the order of storing."""
        with in_words(self.path):
            found = self.connection.execute(
                "SELECT key, job, quantities, sizes, aligned, residual, diverged FROM cells ORDER BY rowid"
            )
            yield from map(_row, found)

    def keys(self) -> frozenset[str]:
        """The keys of the stored cells."""
        with in_words(self.path):
            return frozenset(key for (key,) in self.connection.execute("SELECT key FROM cells"))

    def failures(self) -> dict[str, str]:
        """The cells that could not be computed: key to reason."""
        with in_words(self.path):
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

    def put(self, results: Iterable[tuple[Job, Measured]]) -> None:
        """Store what was measured, all of it or nothing; a cell that is there stays as it is."""
        records = [_record(job, found) for job, found in results]
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
                self._refuse_another(ask)

    def _refuse_another(self, ask: sqlite3.Connection) -> None:
        if _pragma(ask, "application_id") != APPLICATION:
            raise not_a_store(self.path)
        written, hint = _pragma(ask, "user_version"), "install what wrote it, or name a new store"
        if written != FORMAT:
            raise StoreError(f"its format is {written}, this version's is {FORMAT}", where=str(self.path), hint=hint)
        damage = ask.execute("PRAGMA quick_check(1)").fetchone()[0]
        if damage != "ok":
            raise damaged(self.path)
        (found,) = ask.execute("SELECT value FROM meta WHERE name = 'versions'").fetchone() or ("nothing known",)
        if found != versions():
            raise StoreError(f"written by {found}; this is {versions()}", where=str(self.path), hint=hint)

    @staticmethod
    def _forget_the_dead(ask: sqlite3.Connection, owner: Owner) -> None:
        """Free the claims of processes that are gone; the caller is alive by being here."""
        _seen(ask, owner)
        for name, place, pid, seen in ask.execute("SELECT name, place, pid, seen FROM owners").fetchall():
            if name != owner.name and (now() - seen > LEASE or Owner(name, place, pid).is_gone(owner.place)):
                ask.execute("DELETE FROM owners WHERE name = ?", (name,))
        ask.execute("DELETE FROM claims WHERE owner NOT IN (SELECT name FROM owners)")

    @staticmethod
    def _done(ask: sqlite3.Connection, keys: Sequence[str]) -> None:
        for table in ("claims", "failures"):
            ask.executemany(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in keys])  # noqa: S608 - ours

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with in_words(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                    self.connection.execute("ROLLBACK")
                raise


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a stored cell survives a power cut
    except BaseException:
        connection.close()
        raise
    return connection


def _sign_of_life(path: Path, owner: Owner) -> None:
    """On a connection of its own, in the thread of the heart. One that fails is made up for by the next."""
    with suppress(StoreError), in_words(path), closing(_connect(path)) as ask:
        _seen(ask, owner)


def _seen(ask: sqlite3.Connection, owner: Owner) -> None:
    ask.execute("INSERT OR REPLACE INTO owners VALUES (?, ?, ?, ?)", (*owner.facts, now()))


def _pragma(ask: sqlite3.Connection, name: str) -> int:
    return int(ask.execute(f"PRAGMA {name}").fetchone()[0])


def _record(job: Job, m: Measured) -> tuple[str | int | float | bytes | None, ...]:
    sizes, aligned = (x.astype("<f8").tobytes() for x in (m.sizes, m.aligned))
    residual = None if math.isnan(m.residual) else m.residual  # SQLite has no NaN
    return (job.key, job.to_json(), job.width, job.seed, json.dumps(m.quantities), sizes, aligned, residual, m.diverged)


def _row(record: tuple[Any, ...]) -> Row:
    key, job, quantities, sizes, aligned, residual, diverged = record
    names = tuple(json.loads(quantities))
    arrays = [np.frombuffer(blob, "<f8").reshape(-1, len(names)) for blob in (sizes, aligned)]
    found = Measured(names, arrays[0], arrays[1], math.nan if residual is None else residual, diverged)
    return Row(key, Job.from_json(job), found)
