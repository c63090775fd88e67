"""gamma-calc experiment: what it prints, what it refuses, how it resumes and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from command import run

from gamma_calc.cli import numeric
from validation.sweep import Store

SMALL = "--init A,B --readout mup --widths 16:128 --seeds 2 --steps 3 --rates 1e-4:10:11 --device cpu"
CODES = {"confirmed": 0, "refuted": 1, "undecided": 3}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.sqlite"


def test_it_prints_what_is_derived_beside_what_is_measured_and_resumes(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    first = run(capsys, f"experiment teacher-student {path} {SMALL}")
    lines = [" ".join(line.split()) for line in first.out.splitlines()]
    assert lines[:2] == [
        "Exponent of the largest stable rate (Z_B within 1 at every step)",
        "start readout steps derived measured 95 % interval verdict",
    ]
    assert lines[2].startswith("A mup 3 -1/2 -0.")
    assert lines[3].startswith("B mup 3 -1 ")
    verdict = lines[-1].partition(" ")[0]
    assert lines[-1] == f"{verdict} (n = 16 .. 128, 2 seeds, 3 steps, 11 rates)"
    assert first.code == CODES[verdict]
    again = run(capsys, f"experiment teacher-student {path} {SMALL} --format json")
    assert again.err == f"{path}: 176 of 176 cells, 176 there before\n"
    found = json.loads(again.out)
    assert (found["verdict"], again.code) == (verdict, first.code)
    assert {(row["init"], row["derived"]) for row in found["rows"] if row["quantity"] == "largest stable rate"} == {
        ("A", "-1/2"),
        ("B", "-1"),
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("teacher {path}", 'Unknown command "teacher". Did you mean "teacher-student"? Available commands: '),
        (
            "teacher-student {path} --seeds a",
            'Invalid value for --seeds: unable to convert "a" into int. See gamma-calc experiment teacher-stu',
        ),
        ("teacher-student {path} --init C", "unknown initialisation 'C'; known: "),
        ("teacher-student {path} --readout ntk", "unknown readout 'ntk'; known: mup, sp"),
        (
            "teacher-student {path} --widths 9:5",
            "--widths: '9:5' is no range of widths; write LOW:HIGH, as in 256:65536, or a list",
        ),
        ("teacher-student {path} --widths 64,128", "2 widths (64, 128); a slope and its drift need at least four"),
        ("teacher-student {path} --rates 1:2", "--rates: '1:2' is no range of rates; write LOW:HIGH:COUNT with 0 < "),
        ("teacher-student {path} --seeds 1", "1 seed; an interval needs at least two"),
        ("teacher-student {path} --executor threads", "unknown executor 'threads'; known: dask:ADDRESS, "),
        ("teacher-student {folder}", "{folder}: is a directory; name a file"),
    ],
)
def test_bad_input_gets_one_line_and_makes_no_file(
    capsys: pytest.CaptureFixture[str], path: Path, words: str, message: str
) -> None:
    places = {"path": path, "folder": path.parent}
    found = run(capsys, "experiment", *words.format(**places).split())
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"gamma-calc: {message.format(**places)}")
    assert found.err.count("\n") == 1
    assert list(path.parent.iterdir()) == []


def test_without_the_numeric_side_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda name: None if name == "torch" else object())
    found = run(capsys, f"experiment teacher-student {path}")
    assert (found.code, found.out) == (2, "")
    assert found.err.endswith("needs torch, which is not installed; pip install 'gamma-calc[validation]'\n")


def test_figures_are_drawn_or_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], path: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "figures"
    words = f"experiment teacher-student {path} {SMALL} --figures"
    run(capsys, f"{words} {folder}")
    drawn = [f"{name}{kind}" for name in ("features", "loss", "rates") for kind in (".png", ".svg")]
    assert sorted(p.name for p in folder.iterdir()) == drawn
    assert all(p.read_text().lstrip().startswith("<?xml") for p in folder.glob("*.svg"))
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in folder.glob("*.png"))
    refused = run(capsys, f"{words} {path}")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"gamma-calc: {path}: no folder for figures (File exists); name another\n"


def test_control_c_keeps_what_is_stored_and_says_how_to_resume(path: Path) -> None:
    # a suite that runs in the background hands down an ignored SIGINT, under which no Ctrl-C would arrive
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{hears}; from gamma_calc.cli import main; raise SystemExit(main())"]
    words = "--widths 16:4096 --seeds 50 --device cpu"
    process = subprocess.Popen(
        [*command, "experiment", "teacher-student", path, *words.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not stored(path):
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    told = f"interrupted: {path} has {stored(path)} cells of this run; the same command again resumes"
    assert err.splitlines()[-1] == told
    assert "Traceback" not in err


def stored(path: Path) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.open(path) as store:
        return len(store.keys())
