"""gamma-calc sweep: what it prints, where, and how it ends."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from command import EXAMPLE, run
from workers import failing

from gamma_calc.cli import numeric
from validation.errors import SettingError
from validation.sweep import Store
from validation.sweep import export as export_to

SMALL = "--init A --init B --optimizer sign --set eta=-1 --widths 16:32 --seeds 3 --steps 1 --device cpu"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.sqlite"


def test_the_same_command_again_resumes_and_exports(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    first = run(capsys, f"sweep {path} {SMALL}")
    assert (first.code, first.out) == (0, f"{path}: 12 cells, 12 of them new\n")
    assert first.err.splitlines()[0] == f"{path}: 0 of 12 cells"
    assert first.err.splitlines()[-1].startswith(f"{path}: 12 of 12 cells, ")
    out = path.with_suffix(".json")
    again = run(capsys, f"sweep {path} {SMALL} --export {out}")
    assert (again.code, again.out) == (0, f"{path}: 12 cells, 0 of them new\n")
    assert again.err == f"{path}: 12 of 12 cells, 12 there before\n{out}: 12 cells\n"
    assert len(json.loads(out.read_text())["cells"]) == 12


def test_a_store_is_not_replaced_by_its_own_export(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, link = tmp_path / "cells.json", tmp_path / "link.json"
    run(capsys, f"sweep {path} {SMALL}")
    link.symlink_to(path)
    before = path.read_bytes()
    for export in (path, link, tmp_path / "." / "cells.json"):
        found = run(capsys, f"sweep {path} {SMALL} --export {export}")
        assert (found.code, found.out) == (2, "")
        assert found.err == f"gamma-calc: {export}: is the store itself; export to another file\n"
    assert path.read_bytes() == before
    with Store.open(path) as store, pytest.raises(SettingError, match="is the store itself"):
        export_to(store, link)


def test_damaged_cells_are_named_and_measured_again(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    run(capsys, f"sweep {path} {SMALL}")
    with Store.open(path) as store:
        before = {row.key: row.measured.sizes.tobytes() for row in store.rows()}
        store.connection.execute("UPDATE cells SET sizes = zeroblob(length(sizes)) WHERE seed = 1 AND width = 16")
    again = run(capsys, f"sweep {path} {SMALL}")
    assert (again.code, again.out) == (0, f"{path}: 12 cells, 2 of them new\n")
    cells = [f"lora (init={init}, optimiser=sign, eta=-1), n = 16, seed 1" for init in "AB"]
    assert again.err.splitlines()[0] == f"{path}: damaged, and measured again: {'; '.join(cells)}"
    with Store.open(path) as store:
        assert {row.key: row.measured.sizes.tobytes() for row in store.rows()} == before


def test_every_axis_may_be_given(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    out = path.with_suffix(".csv")
    words = "--init general --optimizer sgd --lr per-factor --rank growing --scaling free"
    exponents = "--set eta_A=-1,eta_B=-1/2 --set eta_B=-1 --set rho=1/2 --set sigma=-1/2 --set a0=-1/2 --set b0=-1"
    found = run(capsys, f"sweep {path} lora {words} {exponents} --widths 16 --seeds 1 --steps 1 --export {out}")
    assert (found.code, found.out) == (0, f"{path}: 2 cells, 2 of them new\n")
    with out.open(newline="") as file:
        seen = {
            (line["eta_A"], line["eta_B"], line["rho"], line["a0"], line["scaling"]) for line in csv.DictReader(file)
        }
    assert seen == {("-1", "-1/2", "1/2", "-1/2", "free"), ("-1", "-1", "1/2", "-1/2", "free")}


def test_a_configuration_is_a_target(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    words = "--optimizer sign --set eta=-1 --widths 16 --seeds 2 --steps 1 --device cpu"
    found = run(capsys, "sweep", str(path), str(EXAMPLE), *words.split())
    assert (found.code, found.out) == (0, f"{path}: 2 cells, 2 of them new\n")
    by_name = run(capsys, f"sweep {path} lora --init default --scaling alpha/r {words}")
    assert (by_name.code, by_name.out) == (0, f"{path}: 2 cells, 0 of them new\n")


def test_what_a_configuration_decides_is_not_an_axis(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    words = "--init A --init B --set eta=-1"
    found = run(capsys, "sweep", str(path), str(EXAMPLE), *words.split())
    assert (found.code, found.out) == (2, "")
    assert found.err == (
        f"gamma-calc: {EXAMPLE}: --init A contradicts the config, which sets it by init_lora_weights; leave --init "
        "out, or name a target of the catalogue instead of the config\n"
    )
    assert not path.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{path}", "target lora: eta left open; give eta a value, as in eta=-1/2"),
        ("{path} stackd", "unknown target 'stackd'; did you mean stacked?"),
        (
            "{path} no/such.json --set eta=-1",
            "no/such.json: no such file; name an adapter_config.json, or a target of the catalogue",
        ),
        ("{path} toy --rank growing", "target toy does not take --rank; it takes --init, --optimizer, --lr"),
        ("{path} --set eta", "--set: 'eta' is no setting; write NAME=VALUE, as in eta=-1/2"),
        (
            "{path} --set eta=-1 --widths 9:5",
            "--widths: '9:5' is no range of widths; write LOW:HIGH, as in 256:65536, or a list",
        ),
        ("{path} --set eta=-1 --seeds 0", "seeds 0; give at least one, from 0 on"),
        ("{path} --set eta=-1 --export cells.xml", "unknown kind of export '.xml'; known: .csv, .json"),
        (
            "{path} --set eta=-1 --executor threads",
            "unknown executor 'threads'; known: dask:ADDRESS, processes:N, serial",
        ),
        ("{folder} --set eta=-1", "{folder}: is a directory; name a file"),
    ],
)
def test_bad_input_gets_one_line_and_makes_no_file(
    capsys: pytest.CaptureFixture[str], path: Path, words: str, message: str
) -> None:
    places = {"path": path, "folder": path.parent}
    found = run(capsys, "sweep", *words.format(**places).split())
    assert (found.code, found.out, found.err) == (2, "", f"gamma-calc: {message.format(**places)}\n")
    assert list(path.parent.iterdir()) == []


def test_cells_that_fail_are_told_and_the_code_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr("validation.sweep.grid.measure", partial(failing, seed=1))
    words = "--optimizer sign --set eta=-1 --widths 16,32 --seeds 2 --steps 1 --device cpu"
    found = run(capsys, f"sweep {path} {words}")
    assert (found.code, found.out) == (2, "")
    assert found.err.splitlines()[-1] == (
        f"gamma-calc: {path}: 2 of 4 cells failed, the first (optimiser=sign, eta=-1, n = 16, seed 1) by "
        "ZeroDivisionError: division by zero; the same command tries them again"
    )


def test_a_budget_too_small_is_refused_before_a_file_is_made(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    found = run(capsys, f"sweep {path} {SMALL} --memory 1000")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("gamma-calc: program lora: 1000 bytes are too few at width 32; allow ")
    assert not path.exists()


def test_without_the_numeric_side_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda name: None if name == "torch" else object())
    found = run(capsys, f"sweep {path} --set eta=-1")
    assert (found.code, found.out) == (2, "")
    assert found.err == "gamma-calc: sweep needs torch, which is not installed; pip install 'gamma-calc[validation]'\n"


@pytest.mark.parametrize(
    ("executor", "early"),
    [
        ("serial", False),
        pytest.param("processes:2", False, marks=pytest.mark.long),
        pytest.param("processes:2", True, marks=pytest.mark.long),  # while the workers start
    ],
)
def test_control_c_keeps_what_is_stored_and_says_how_to_resume(path: Path, executor: str, early: bool) -> None:
    words = "--optimizer sign --set eta=-1 --widths 1024:4096 --seeds 20000 --steps 2 --device cpu --executor"
    # a suite that runs in the background hands down an ignored SIGINT, under which no Ctrl-C would arrive
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{hears}; from gamma_calc.cli import main; raise SystemExit(main())"]
    process = subprocess.Popen(
        [*command, "sweep", path, *words.split(), executor],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (claimed(path) if early else stored(path)):
        time.sleep(0.05)
    time.sleep(0.5 if early else 0)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    out, err = process.communicate()
    assert claimed(path) == 0
    assert (process.returncode, out) == (130, "")
    told = f"interrupted: {path} has {stored(path)} cells of this run; the same command again resumes"
    assert err.splitlines()[-1] == told
    assert "Traceback" not in err
    assert early or 0 < stored(path) < 60000


def stored(path: Path) -> int:
    return count(path, "cells")


def claimed(path: Path) -> int:
    return count(path, "claims")


def count(path: Path, table: str) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.open(path) as store:
        return int(store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - ours


def test_a_terminal_gets_a_live_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    found: Any = run(capsys, f"sweep {path} {SMALL}")
    assert (found.code, found.out) == (0, f"{path}: 12 cells, 12 of them new\n")
    assert "12/12" in found.err
    assert found.err.endswith("\x1b[2K")  # and leaves nothing behind
