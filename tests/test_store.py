"""The store of a sweep: what it gives back, what it refuses, whose claims hold."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import numpy as np

from gamma_calc.language.optimiser import Optimiser
from gamma_calc.optimisers import OPTIMISERS
from validation.sweep import CellResult, Job, Store, StoredRow, StoreError, refusals
from validation.sweep import owner as owners
from validation.sweep.job import CellSetting
from validation.sweep.owner import Heart, Owner
from validation.sweep.refusals import APPLICATION
from validation.sweep.store import FORMAT
from validation.sweep.versions import versions

SETTING = CellSetting("lora", (("init", "A"), ("eta", "-1/2")), 1, "float64", "cpu")
JOB = Job(SETTING, 16, 2**63 - 1)
NUMBERS = np.array([[0.1, np.inf], [np.nan, 5e-324]])
FOUND = CellResult(("Z", "Z_A"), NUMBERS, NUMBERS.T, float("nan"), 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened


def refusal(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(path)
    return str(caught.value)


# -- what it gives back -------------------------------------------------------------------------------------------


def test_a_row_comes_back_to_the_last_bit(path: Path, store: Store) -> None:
    store.put([(JOB, FOUND)])
    store.close()
    with Store.open(path) as again:
        (row,) = again.rows()
    assert (row.key, row.job, row.measured.quantities) == (JOB.key, JOB, FOUND.quantities)
    assert row.measured.sizes.tobytes() == NUMBERS.tobytes()
    assert row.measured.aligned.tobytes() == np.ascontiguousarray(NUMBERS.T).tobytes()
    assert np.isnan(row.measured.residual)
    assert row.measured.diverged == 1


def test_what_is_there_stays(store: Store) -> None:
    store.put([(JOB, FOUND)])
    store.put([(JOB, CellResult((), NUMBERS, NUMBERS, 0.0, -1))])
    assert [row.measured.diverged for row in store.rows()] == [1]


def test_a_failure_is_kept_until_the_cell_is_there(store: Store) -> None:
    store.fail(JOB, "too large")
    store.fail(JOB, "still too large")
    assert store.failures() == {JOB.key: "still too large"}
    store.put([(JOB, FOUND)])
    assert store.failures() == {}


def test_results_are_stored_together_or_not_at_all(store: Store) -> None:
    broken = CellResult(("Z",), NUMBERS, NUMBERS, 0.0, None)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        store.put([(JOB, FOUND), (Job(SETTING, 32, 0), broken)])
    assert list(store.rows()) == []


@pytest.mark.parametrize(
    "other",
    [
        Job(SETTING, 17, JOB.seed),
        Job(SETTING, 16, 0),
        Job(CellSetting("lora", (("init", "A"), ("eta", "-1")), 1, "float64", "cpu"), 16, JOB.seed),
        Job(CellSetting("lora", SETTING.axes, 2, "float64", "cpu"), 16, JOB.seed),
        Job(CellSetting("lora", SETTING.axes, 1, "float32", "cpu"), 16, JOB.seed),
        Job(CellSetting("lora", SETTING.axes, 1, "float64", "cuda"), 16, JOB.seed),
        Job(CellSetting("lora", SETTING.axes, 1, "float64", "cpu", (("r", 3),)), 16, JOB.seed),
    ],
)
def test_every_fact_is_in_the_key(other: Job) -> None:
    assert other.key != JOB.key


def test_equal_programs_have_one_key() -> None:
    spelled = (("eta", "-1/2"), ("optimiser", "adam"), ("init", "default"))
    assert Job(CellSetting("lora", spelled, 1, "float64", "cpu"), 16, JOB.seed).key == JOB.key


@pytest.mark.parametrize("optimiser", OPTIMISERS.values(), ids=str)
def test_an_optimiser_is_called_the_same_in_every_process(optimiser: Optimiser) -> None:
    assert repr(type(optimiser)()) == repr(optimiser)  # no address in it: it is part of the key


# -- what it refuses ----------------------------------------------------------------------------------------------


def test_a_directory(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is a directory; name a file"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none" / "cells.sqlite"
    assert refusal(path) == f"{path}: its folder is not there; make {path.parent}, or name another file"


def test_a_read_only_file(path: Path, store: Store) -> None:
    store.close()
    path.chmod(0o444)
    assert refusal(path) == f"{path}: cannot be written; make the file and its folder writable, or name another"


@pytest.mark.parametrize("content", [b"width,seed\n256,0\n", b"S"])
def test_a_file_of_another_kind(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path) == f"{path}: is not the store of a sweep; name another file"
    assert path.read_bytes() == content


def test_the_database_of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    before = path.read_bytes()
    assert refusal(path) == f"{path}: is not the store of a sweep; name another file"
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("size", [100, 1000, 4096, 8192, 20480])
def test_a_truncated_store(path: Path, store: Store, size: int) -> None:
    store.put([(Job(SETTING, width, 0), FOUND) for width in range(2, 40)])
    store.close()
    assert path.stat().st_size > size
    os.truncate(path, size)
    assert refusal(path) == f"{path}: is truncated or damaged; put back a copy, or name a new store"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            "UPDATE meta SET value = 'gamma-calc 0.0.9, torch 1.0'",
            f"written by gamma-calc 0.0.9, torch 1.0; this is {versions()}",
        ),
        ("DELETE FROM meta", f"written by nothing known; this is {versions()}"),
        (f"PRAGMA user_version = {FORMAT + 1}", f"its format is {FORMAT + 1}, this version's is {FORMAT}"),
    ],
)
def test_a_store_of_another_version_is_refused_by_name(path: Path, store: Store, change: str, what: str) -> None:
    store.close()
    with sqlite3.connect(path) as changed:
        changed.execute(change)
    changed.close()
    assert refusal(path) == f"{path}: {what}; install what wrote it, or name a new store"


def test_a_full_disk_loses_what_was_in_flight_alone(path: Path, store: Store) -> None:
    store.put([(JOB, FOUND)])
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    large = CellResult(("Z",), np.zeros((100_000, 1)), NUMBERS, 0.0, -1)
    with pytest.raises(StoreError) as caught:
        store.put([(Job(SETTING, 32, 0), large)])
    hint = "free some and run the same again: what is stored is kept"
    assert str(caught.value) == f"{path}: no room is left on its disk; {hint}"
    assert [row.job for row in store.rows()] == [JOB]


def test_an_empty_file_is_a_new_store(path: Path) -> None:
    path.touch()  # a run killed while it made its store leaves one
    with Store.open(path) as opened:
        assert list(opened.rows()) == []
        assert opened.connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)


# -- claims -------------------------------------------------------------------------------------------------------


def test_a_cell_is_claimed_once(path: Path, store: Store) -> None:
    with Store.open(path) as second, store.owner() as one, second.owner() as two:
        assert store.claim(one, ["a", "b"]).ours == {"a", "b"}
        assert second.claim(two, ["b", "c"]).ours == {"c"}
        assert store.claim(one, ["a"]).ours == {"a"}


def test_a_stored_cell_is_not_claimed(store: Store) -> None:
    store.put([(JOB, FOUND)])
    with store.owner() as one:
        found = store.claim(one, [JOB.key, "a"])
    assert found.ours == {"a"}
    assert found.stored == {JOB.key}


def test_what_is_done_with_is_free(path: Path, store: Store) -> None:
    with store.owner() as one:
        store.claim(one, ["a"])
    with Store.open(path) as second, second.owner() as two:
        assert second.claim(two, ["a"]).ours == {"a"}


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_claims_of_a_dead_process_are_free_at_once(store: Store) -> None:
    me = Owner.me()
    store.claim(Owner("gone", me.place, dead_process()), ["a"])
    assert store.claim(me, ["a"]).ours == {"a"}


def test_another_machine_is_believed_until_its_lease_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    me, far = Owner.me(), Owner("far", "another machine", dead_process())
    store.claim(far, ["a"])
    assert store.claim(me, ["a"]).ours == set()
    later = owners.now() + owners.LEASE + 1
    monkeypatch.setattr("validation.sweep.store.now", lambda: later)
    assert store.claim(me, ["a"]).ours == {"a"}


def test_signs_of_life_go_on_while_cells_are_computed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validation.sweep.store.Heart", lambda beat: Heart(beat, 0.01))
    with store.owner() as one:
        store.claim(one, ["a"])
        ask = "SELECT seen FROM owners"
        first = store.connection.execute(ask).fetchone()
        while store.connection.execute(ask).fetchone() == first:
            pass
    assert store.connection.execute("SELECT count(*) FROM owners").fetchone() == (0,)


# -- damage -------------------------------------------------------------------------------------------------------

NAMES = tuple(f"q{i}" for i in range(25))
LARGE = np.random.default_rng(0).standard_normal((40, len(NAMES)))
MANY = CellResult(NAMES, LARGE, -LARGE, 0.0, -1)
GOOD = [(Job(SETTING, width, seed), MANY) for width in range(2, 8) for seed in range(4)]


def overwritten(content: bytes, source: random.Random) -> bytes:
    """The file with 1 to 4096 bytes at a random place replaced by random ones."""
    size = source.randint(1, min(4096, len(content)))
    place = source.randrange(len(content) - size + 1)
    return content[:place] + source.randbytes(size) + content[place + size :]


def exact(row: StoredRow) -> tuple[object, ...]:
    m = row.measured
    return row.key, row.job, m.quantities, m.sizes.tobytes(), m.aligned.tobytes(), str(m.residual), m.diverged


def test_random_damage_is_refused_or_found_and_what_is_given_back_is_what_was_stored(path: Path) -> None:
    with Store.open(path) as store:
        store.put(GOOD)
        stored = {exact(row) for row in store.rows()}
    content, source, refused = path.read_bytes(), random.Random(0), list[str]()  # noqa: S311 - no secret
    opened = taken_out = 0
    for _ in range(200):
        path.write_bytes(overwritten(content, source))
        try:
            with Store.open(path) as store:
                found = {exact(row) for row in store.rows()}
                assert found <= stored
                assert len(found) + len(store.damaged) >= len(stored)
                assert {row[0] for row in found} == store.keys()
                store.failures()
                store.put(GOOD)
                assert {exact(row) for row in store.rows()} == stored
                opened, taken_out = opened + 1, taken_out + bool(store.damaged)
        except StoreError as error:
            refused.append(str(error).removeprefix(f"{path}: "))
        for more in path.parent.iterdir():
            more.unlink()
    assert all(text[0] != "/" and "; " in text for text in refused)
    assert opened > 60
    assert taken_out > 60


@pytest.mark.parametrize(
    "change",
    [
        "sizes = x'00'",
        "sizes = 5",
        "quantities = '[]'",
        "quantities = 'Z'",
        "job = 'no json'",
        "job = '[]'",
        "job = x'ff'",
        "width = 'wide'",
        "key = 'another'",
        "residual = 1",
        "checksum = ''",
    ],
)
def test_a_cell_that_changed_in_the_file_is_named_and_is_there_no_more(path: Path, store: Store, change: str) -> None:
    store.put(GOOD[:2])
    store.close()
    with sqlite3.connect(path) as changed:
        changed.execute(f"UPDATE cells SET {change} WHERE seed = 1")  # noqa: S608 - ours
    changed.close()
    with Store.open(path) as again:
        assert [row.job for row in again.rows()] == [GOOD[0][0]]
        (name,) = again.damaged
        assert name == "lora (init=A, eta=-1/2), n = 2, seed 1" or change.startswith("job")
    with Store.open(path) as once_more:
        assert once_more.damaged == ()


def test_a_cell_that_changes_while_the_store_is_open_is_refused(store: Store) -> None:
    store.put(GOOD[:1])
    store.connection.execute("UPDATE cells SET sizes = x'00'")
    with pytest.raises(StoreError, match=r"the cell lora \(init=A, eta=-1/2\), n = 2, seed 0 is damaged"):
        list(store.rows())


def test_damaged_claims_hold_nothing(store: Store) -> None:
    store.connection.execute("INSERT INTO owners VALUES ('x', 'y', 'z', 'w')")
    store.connection.execute("INSERT INTO claims VALUES ('a', 'x')")
    with store.owner() as one:
        assert store.claim(one, ["a"]).ours == {"a"}


def test_a_store_that_another_process_is_making_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a moment its pages do not fit together, and its header has not yet said whose it is."""
    path, looks = tmp_path / "cells.sqlite", []
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
    look = refusals.opened_to_look

    def torn(asked: Path) -> sqlite3.Connection:
        looks.append(asked)
        if len(looks) == 1:
            raise sqlite3.DatabaseError("database disk image is malformed")
        return look(asked)

    monkeypatch.setattr(refusals, "opened_to_look", torn)
    with Store.open(path) as store:
        assert store.keys() == frozenset()
    assert len(looks) == 2
