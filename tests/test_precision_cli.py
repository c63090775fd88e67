"""gamma-calc experiment precision: what it prints, what it refuses, and that a killed run resumes to the same."""

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

SMALL = "--init B --dtypes bfloat16,float32 --widths 64:1024 --seeds 2 --device cpu"
CELLS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.sqlite"


def test_it_answers_whether_a_format_breaks_the_layer(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    out = run(capsys, f"experiment precision {path} {SMALL}").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "Init[B] at n^(-1): what goes wrong first"
    assert "bfloat16 same same 1e-08 dB is absorbed 512 -" in lines
    assert "bfloat16 float32 float32 1e-08 nothing seen - -" in lines
    assert "dB is absorbed -1 256 1.7e7" in lines
    assert max(map(len, out.splitlines())) <= 80


def test_killed_and_resumed_it_says_the_same(capsys: pytest.CaptureFixture[str], path: Path, tmp_path: Path) -> None:
    whole = run(capsys, f"experiment precision {tmp_path / 'whole.sqlite'} {SMALL} --format json")
    command = [sys.executable, "-c", "from gamma_calc.cli import main; raise SystemExit(main())"]
    process = subprocess.Popen(
        [*command, "experiment", "precision", path, *SMALL.split()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not stored(path):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < stored(path) <= CELLS
    again = run(capsys, f"experiment precision {path} {SMALL} --format json")
    assert (again.code, again.out) == (whole.code, whole.out)
    answer = json.loads(again.out)
    assert (answer["schema"], answer["rates"]) == ("gamma-calc/experiment/1", {"B": "-1"})
    assert {f["name"] for f in answer["formats"]} == {"float16", "bfloat16", "float32", "float64"}
    assert run(capsys, f"experiment precision {path} {SMALL} --format json").err.endswith(f"{CELLS} there before\n")


def stored(path: Path) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.open(path) as store:
        return len(store.keys())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("{path} --dtypes bf16", "--dtypes: unknown kind of numbers 'bf16'; did you mean bfloat16"),
        ("{path} --dtypes float8", "--dtypes: unknown kind of numbers 'float8'; did you mean float"),
        ("{path} --sums float16", "unknown kind of numbers 'float16'; "),
        ("{path} --init C", "unknown initialisation 'C'; known: "),
        ("{path} --widths 64,128", "2 widths (64, 128); a slope and its drift need at least four"),
        ("{path} --widths 2:999999999", "--widths: width 536870912 takes "),
        ("{path} --seeds 1", "1 seed; an interval needs at least two"),
        ("{path} --epsilon x", "--epsilon: 'x' is no list of numbers; write one as in 0,1e-8"),
        ("{path} --epsilon -1", "epsilon -1; give 0 or a small positive number"),
        ("{path} --set rho=1", "--set: unknown exponent 'rho'; known: eta"),
        ("{path} --set eta=2e-4", "--set: 2e-4 is no exponent; "),
        ("{folder}", "{folder}: is a directory; name a file"),
    ],
)
def test_bad_input_gets_one_line_and_makes_no_file(
    capsys: pytest.CaptureFixture[str], path: Path, words: str, message: str
) -> None:
    places = {"path": path, "folder": path.parent}
    found = run(capsys, "experiment", "precision", *words.format(**places).split())
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"gamma-calc: {message.format(**places)}")
    assert found.err.count("\n") == 1
    assert list(path.parent.iterdir()) == []


def test_the_store_of_another_experiment_is_refused(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    words = "--init A,B --readout mup --widths 16:128 --seeds 2 --steps 1 --rates 1e-4:10:3 --device cpu"
    run(capsys, f"experiment teacher-student {path} {words}")
    before = path.read_bytes()
    found = run(capsys, f"experiment precision {path} {SMALL}")
    line = f"gamma-calc: {path}: is the store of teacher-student, not of precision; name another file\n"
    assert (found.code, found.out, found.err) == (2, "", line)
    assert path.read_bytes() == before


def test_figures_are_drawn(capsys: pytest.CaptureFixture[str], path: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run(capsys, f"experiment precision {path} {SMALL} --figures {tmp_path / 'figures'}")
    drawn = sorted(p.name for p in (tmp_path / "figures").iterdir())
    assert drawn == ["sizes.png", "sizes.svg", "widths.png", "widths.svg"]


def test_without_the_numeric_side_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda name: None if name == "torch" else object())
    found = run(capsys, f"experiment precision {path}")
    assert (found.code, found.out) == (2, "")
    assert found.err.endswith("needs torch, which is not installed; pip install 'gamma-calc[validation]'\n")
