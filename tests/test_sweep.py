"""A sweep: its grid, what a killed run loses, what two processes share, what it exports."""

import csv
import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import numpy as np
from sweeping import LONGER, SMALL, Noting, named

from gamma_calc import lora
from gamma_calc.errors import GammaError
from gamma_calc.exponents import Exponent
from validation import Settings, measure_cell
from validation.errors import BudgetError
from validation.executor import memory
from validation.sweep import Grid, Store, SweepProgress, export, run
from validation.sweep.owner import Owner
from validation.sweep.pools import Pool

SWEEPING = Path(__file__).with_name("sweeping.py")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.sqlite"


def noting(tmp_path: Path) -> Noting:
    return Noting(tmp_path / "notes")


# -- the grid -----------------------------------------------------------------------------------------------------


def test_every_combination_is_there_once() -> None:
    axes: dict[str, list[Exponent]] = {
        "init": ["A", "B"],
        "lr": ["per-factor"],
        "eta_A": [-1, "-1/2"],
        "eta_B": [0],
        "a0": ["-1/2", "-1"],
    }
    grid = Grid(axes=axes, widths=[4, 8], seeds=[7, 3, 7])
    facts = [(*(v for _, v in j.setting.axes), j.width, j.seed) for j in grid.jobs]
    assert len(facts) == len(set(facts)) == 2 * 2 * 2 * 2 * 2
    assert facts[0] == ("A", "per-factor", "-1", "0", "-1/2", 4, 7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "target lora: eta left open; give eta a value, as in eta=-1/2"),
        ({"target": "lor"}, "unknown target 'lor'; did you mean lora"),
        ({"axes": {"init": ["Q"], "eta": [0]}}, "unknown initialisation 'Q'; known: A, AB, AB+, B, "),
        ({"axes": {"eta": []}}, "axis eta has no values; give at least one"),
        ({"axes": {"eta": ["1/"]}}, "axis eta: "),
        ({"axes": {"etta": [0], "eta": [0]}}, "target lora: unknown axis 'etta'; did you mean eta or tau?"),
        ({"axes": {"rho": [0], "eta": [0]}}, "target lora: unknown axis 'rho'; "),
        ({"axes": {"eta": [0]}, "widths": [64, 64]}, "widths 64, 64; give them increasing, from 2 on"),
        ({"axes": {"eta": [0]}, "widths": []}, "widths none; give them increasing, from 2 on"),
        ({"axes": {"eta": [0]}, "seeds": 0}, "seeds 0; give at least one, from 0 on"),
        ({"axes": {"eta": [0]}, "seeds": [-1]}, "seeds [-1]; give at least one, from 0 on"),
        ({"axes": {"eta": [0]}, "steps": 0}, "0 steps; a run takes at least one step"),
        ({"axes": {"eta": [0]}, "dtype": "float16"}, "unknown kind of numbers 'float16'; "),
    ],
)
def test_a_grid_that_cannot_run_is_refused_when_it_is_written(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(GammaError) as caught:
        Grid(**settings)
    assert str(caught.value).startswith(message)


# -- running ------------------------------------------------------------------------------------------------------


def test_a_row_is_what_the_cell_gives_alone(path: Path) -> None:
    with Store.open(path) as store:
        run(SMALL, store)
        rows = {(dict(r.job.setting.axes)["init"], r.job.width, r.job.seed): r.measured for r in store.rows()}
    alone = measure_cell(lora(init="B", optimiser="sign").substitute({"eta": -1}), 32, [2], Settings(steps=1))
    assert rows["B", 32, 2].quantities == alone.quantities
    np.testing.assert_array_equal(rows["B", 32, 2].sizes, alone.sizes[0, 0])
    np.testing.assert_array_equal(rows["B", 32, 2].aligned, alone.aligned[0, 0])


def test_more_seeds_compute_the_new_ones_alone(path: Path, tmp_path: Path) -> None:
    more = Grid(axes=SMALL.axes, widths=SMALL.widths, seeds=5, steps=1)
    notes = noting(tmp_path)
    with Store.open(path) as store:
        run(SMALL, store, notes)
        run(more, store, notes)
        assert sorted(notes.cells) == sorted(named(store))
    assert len(notes.cells) == len(more.jobs)


def test_equal_programs_are_computed_once_and_exported_by_both_names(path: Path, tmp_path: Path) -> None:
    grid = Grid(axes={"init": ["A", "default"], "optimiser": ["sign"], "eta": [-1]}, widths=[16], seeds=1, steps=1)
    with Store.open(path) as store:
        assert run(grid, store) == SweepProgress(total=1, before=0, done=1, failed=0)
        assert export(store, tmp_path / "cells.json", grid) == 2
    cells = json.loads((tmp_path / "cells.json").read_text())["cells"]
    assert [c["axes"]["init"] for c in cells] == ["A", "default"]
    assert cells[0]["size"] == cells[1]["size"]


def test_progress_counts_every_cell(path: Path) -> None:
    seen: list[SweepProgress] = []
    with Store.open(path) as store:
        run(SMALL, store, on_progress=seen.append)
    assert [p.done for p in seen] == [0, 3, 6, 9, 12]
    assert {(p.total, p.before, p.failed) for p in seen} == {(12, 0, 0)}


def test_overflow_is_a_result(path: Path) -> None:
    grid = Grid(axes={"eta": [40], "optimiser": ["sgd"]}, widths=[64], seeds=1, steps=8)
    with Store.open(path) as store:
        assert run(grid, store).failed == 0
        (row,) = store.rows()
    assert row.measured.diverged > 0


def test_a_budget_too_small_for_the_widest_is_refused_with_one_that_does(path: Path) -> None:
    axes: dict[str, Any] = {"axes": {"optimiser": ["sign"], "eta": [-1]}, "seeds": 2, "steps": 1}
    with pytest.raises(BudgetError) as caught:
        Grid(**axes, widths=[16, 4096], memory=1000)
    told = re.fullmatch(r"program lora: 1000 bytes are too few at width 4096; allow (\d+) bytes", str(caught.value))
    assert told is not None
    with Store.open(path) as store:
        found = run(Grid(**axes, widths=[16, 4096], memory=int(told[1])), store)
    assert found == SweepProgress(total=4, before=0, done=4, failed=0)


def test_without_a_budget_a_cell_takes_a_share_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    wide: dict[str, Any] = {"axes": {"rank": ["growing"], "rho": ["1/2"], "eta": [-1]}, "widths": [2**16], "seeds": 1}
    monkeypatch.setattr(memory, "_free", lambda: 2**35)
    assert len(Grid(**wide).jobs) == 1
    monkeypatch.setattr(memory, "_free", lambda: 2**30)
    with pytest.raises(BudgetError, match="half of what is free, at width 65536"):
        Grid(**wide)


class Interrupting(Pool):
    """Ctrl-C at a given batch."""

    window = 1

    def __init__(self, at: int) -> None:
        self.at = at

    def open(self) -> Executor:
        return _Interrupting(self.at)


class _Interrupting(ThreadPoolExecutor):
    def __init__(self, at: int) -> None:
        super().__init__(1)
        self.left = at

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().submit(fn, *args, **kwargs)


def test_an_interrupted_sweep_keeps_what_it_has_and_claims_nothing(path: Path) -> None:
    with Store.open(path) as store:
        with pytest.raises(KeyboardInterrupt):
            run(SMALL, store, Interrupting(2))
        assert len(store.keys()) == 6
        assert store.connection.execute("SELECT count(*) FROM claims").fetchone() == (0,)
        assert run(SMALL, store) == SweepProgress(total=12, before=6, done=12, failed=0)


# -- other processes ----------------------------------------------------------------------------------------------


def sweeping(path: Path, notes: Path, pause: float, *gate: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, SWEEPING, path, notes, str(pause), *gate])


def stored(path: Path) -> int:
    try:
        with sqlite3.connect(path, timeout=30) as ask:
            return int(ask.execute("SELECT count(*) FROM cells").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        if "ask" in locals():
            ask.close()


def wait_until_stored(path: Path, cells: int, process: subprocess.Popen[bytes]) -> None:
    while stored(path) < cells:
        assert process.poll() is None, "it ended before it was killed"
        time.sleep(0.01)


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.long)])
def test_a_killed_sweep_resumes_and_computes_nothing_stored_again(path: Path, tmp_path: Path, kills: int) -> None:
    kept: list[set[str]] = []
    for i in range(kills):
        process = sweeping(path, tmp_path / f"notes{i}", 0.1)
        wait_until_stored(path, 8 * (i + 1), process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Store.open(path) as store:
            kept.append(set(named(store)))
    last = Noting(tmp_path / f"notes{kills}")
    with Store.open(path) as store:
        run(LONGER, store, last)
        assert Counter(named(store)) == dict.fromkeys(named(store), 1)
        assert len(named(store)) == len(LONGER.jobs)
    for i, there in enumerate(kept):
        assert there.isdisjoint(Noting(tmp_path / f"notes{i + 1}").cells)
        lost = set(Noting(tmp_path / f"notes{i}").cells) - there
        assert len(lost) <= 8  # the batch in flight


@pytest.mark.parametrize("others", [1, pytest.param(3, marks=pytest.mark.long)])
def test_processes_share_a_store_and_compute_each_cell_once(path: Path, tmp_path: Path, others: int) -> None:
    gate = tmp_path / "gate"
    processes = [sweeping(path, tmp_path / f"notes{i}", 0.2, gate) for i in range(others)]
    while not all((tmp_path / f"notes{i}.ready").exists() for i in range(others)):
        assert all(process.poll() is None for process in processes), "it ended before all had begun"
        time.sleep(0.01)
    mine = Noting(tmp_path / "mine", 0.2)
    with Store.open(path) as store:
        gate.touch()
        found = run(LONGER, store, mine)
    assert [process.wait() for process in processes] == [0] * others
    assert (found.done, found.failed) == (len(LONGER.jobs), 0)
    notes = [mine.cells, *(Noting(tmp_path / f"notes{i}").cells for i in range(others))]
    assert all(notes), "each took some"
    assert Counter(chain.from_iterable(notes)) == dict.fromkeys(named_in(path), 1)
    assert len(named_in(path)) == len(LONGER.jobs)


def named_in(path: Path) -> list[str]:
    with Store.open(path) as store:
        return named(store)


# -- exports ------------------------------------------------------------------------------------------------------


def test_csv_has_a_line_for_each_number_and_loses_none(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "cells.csv"
    with Store.open(path) as store:
        run(SMALL, store)
        assert export(store, out, SMALL) == 12
        rows = {(r.job.setting.axes[0][1], r.job.width, r.job.seed): r.measured for r in store.rows()}
    with out.open(newline="") as file:
        lines = list(csv.DictReader(file))
    names = rows["A", 16, 0].quantities
    assert len(lines) == 12 * 2 * len(names)
    for line in lines:
        m = rows[line["init"], int(line["width"]), int(line["seed"])]
        at = int(line["step"]), names.index(line["quantity"])
        assert (float(line["size"]), float(line["aligned"])) == (m.sizes[at], m.aligned[at])


def test_json_holds_the_same_numbers_and_null_where_one_overflowed(path: Path, tmp_path: Path) -> None:
    grid = Grid(axes={"eta": [40], "optimiser": ["sgd"]}, widths=[64], seeds=1, steps=8)
    with Store.open(path) as store:
        run(grid, store)
        export(store, tmp_path / "cells.json")
        (row,) = store.rows()
    (found,) = json.loads((tmp_path / "cells.json").read_text())["cells"]
    expected = [[x if np.isfinite(x) else None for x in step] for step in row.measured.sizes.tolist()]
    assert found["size"] == expected
    assert any(None in step for step in expected)
    assert (found["width"], found["seed"], found["axes"]["eta"]) == (64, 0, "40")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cells.txt", "unknown kind of export '.txt'; known: .csv, .json"),
        ("none/cells.csv", "cannot be written; name a file in a folder that is there"),
        (".", "unknown kind of export "),
    ],
)
def test_an_export_that_cannot_be_written_is_refused(path: Path, tmp_path: Path, name: str, message: str) -> None:
    with Store.open(path) as store, pytest.raises(GammaError) as caught:
        export(store, tmp_path / name)
    assert message in str(caught.value)


def test_a_failing_export_leaves_the_old_file(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "cells.csv"
    out.write_text("old")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(sys.modules["validation.sweep.export"].WRITERS, ".csv", broken)
    with Store.open(path) as store, pytest.raises(GammaError) as caught:
        export(store, out)
    assert str(caught.value) == f"{out}: cannot be written (No space left on device); name another"
    assert (out.read_text(), sorted(p.name for p in tmp_path.iterdir() if p.name.endswith(".part"))) == ("old", [])


class Interrupted(sqlite3.Connection):
    """A connection that hears a Ctrl-C as its third transaction begins: after the tables, and a claim."""

    began = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        found = super().execute(sql, parameters)
        self.began += sql.startswith("BEGIN")
        if sql.startswith("BEGIN") and self.began == 3:
            raise KeyboardInterrupt
        return found


def test_an_interrupt_as_a_transaction_begins_leaves_no_claim(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **named: connect(*args, factory=Interrupted, **named))
    with Store.open(path) as store:
        with pytest.raises(KeyboardInterrupt), store.owner() as owner:
            _claim_and_put(store, owner)
        assert store.connection.execute("SELECT count(*) FROM claims").fetchone() == (0,)


def _claim_and_put(store: Store, owner: Owner) -> None:
    store.claim(owner, ["one", "two"])
    store.put([])
