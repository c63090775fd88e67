"""The command that hands a program to the numeric side: what it asks for, and how it ends."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from command import EXAMPLE, run

import gamma_calc.cli.validate as command
from gamma_calc.cli import numeric


class Verdict(Enum):
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict

    def to_json(self) -> str:
        return '{"verdict": "' + self.verdict.value + '"}'

    def __str__(self) -> str:
        return f"lora: {self.verdict.value}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The numeric side replaced by one that notes what it is asked and answers with ``verdict``."""
    seen: dict[str, Any] = {"verdict": Verdict.CONFIRMED}

    def validate(_: object, at: object, **settings: Any) -> Answer:
        settings.pop("on_progress")(SimpleNamespace(done=1, planned=2, width=64, seeds=4))
        seen.update(settings, at=at)
        return Answer(seen["verdict"])

    monkeypatch.setattr(numeric, "find_spec", lambda _: object())
    monkeypatch.setattr(command, "numeric", lambda _: SimpleNamespace(validate=validate))
    return seen


def test_without_the_numeric_side_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda name: None if name == "torch" else object())
    outcome = run(capsys, "validate --at eta=-1")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "gamma-calc: validate needs torch, which is not installed; pip install 'gamma-calc[validation]'\n"
    )


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.CONFIRMED, 0), (Verdict.REFUTED, 1), (Verdict.UNDECIDED, 3)])
def test_the_verdict_is_the_exit_code(
    capsys: pytest.CaptureFixture[str], asked: dict[str, Any], verdict: Verdict, code: int
) -> None:
    asked["verdict"] = verdict
    outcome = run(capsys, "validate --at eta=-1")
    assert (outcome.code, outcome.out, outcome.err) == (code, f"lora: {verdict.value}\n", "")


def test_options_arrive(capsys: pytest.CaptureFixture[str], asked: dict[str, Any]) -> None:
    run(capsys, "validate --at eta=-1/2 --widths 64:512 --seeds 8 --steps 2 --device cpu --format json")
    assert {name: asked[name] for name in ("widths", "seeds", "steps", "device")} == {
        "widths": (64, 128, 256, 512),
        "seeds": 8,
        "steps": 2,
        "device": "cpu",
    }
    assert {name: str(value) for name, value in asked["at"].items()} == {"eta": "-1/2"}


def test_widths_may_be_listed(capsys: pytest.CaptureFixture[str], asked: dict[str, Any]) -> None:
    run(capsys, "validate --at eta=-1 --widths 100,200,300,500")
    assert asked["widths"] == (100, 200, 300, 500)


@pytest.mark.usefixtures("asked")
def test_json_is_what_the_numeric_side_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "validate --at eta=-1 --format json").out == '{"verdict": "confirmed"}\n'


# -- with the numeric side ---------------------------------------------------------------------------------------------

NUMERIC = all(find_spec(name) for name in numeric.NEEDED)
needs_numeric = pytest.mark.skipif(not NUMERIC, reason="the numeric side is not installed")
needs_figures = pytest.mark.skipif(not find_spec("matplotlib"), reason="matplotlib is not installed")
SMALL = "--optimizer sign --widths 32:256 --seeds 4 --most-seeds 4 --steps 2 --device cpu"


@needs_numeric
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--at eta=-1 --widths 64,128,128,256", "widths 64, 128, 128, 256; give them increasing, from 2 on"),
        ("--at eta=-1 --widths 256:1024", "3 widths (256, 512, 1024); a slope and its drift need at least four"),
        (
            "--at eta=-1 --widths 512:256",
            "--widths: '512:256' is no range of widths; write LOW:HIGH, as in 256:65536, or a list",
        ),
        ("--at eta=-1 --seeds 1", "1 seed; an interval needs at least two"),
        (
            "--at eta=-1 --most-seeds 8",
            "at most 8 seeds, of which the first 16; raise the most, or start with fewer",
        ),
        ("--at eta=-1 --steps 0", "0 steps; a run takes at least one step"),
        ("--at eta=-1 --tolerance 0", 'Invalid value "0.0" for --tolerance. Must be > 0.'),
        (
            "--at eta=-1 --device gpu",
            'Invalid value "gpu" for --device. Choose from: "auto", "cpu", "cuda". Did you mean "cpu"?',
        ),
        ("", "a run needs a number for every exponent; add --at eta=VALUE"),
        ("--rank growing --at eta=-1", "--at: rho left open; add rho=VALUE"),
        (
            "--stable-rate --at eta=-1",
            "--stable-rate looks for the rate that --at gives; fix other exponents with --set",
        ),
        (
            "--stable-rate --lr per-factor",
            "--stable-rate leaves one rate open, here eta_A, eta_B are; fix the others with --set NAME=VALUE",
        ),
        (
            "--stable-rate --set eta=-1 --rank growing",
            "program lora: rho is open, and is no learning rate; leave a rate open",
        ),
    ],
)
def test_bad_input_gets_one_line_before_anything_runs(
    capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    outcome = run(capsys, *f"validate {words}".split())
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"gamma-calc: {message}\n")


@needs_numeric
@pytest.mark.parametrize("words", ["--at eta=-1", "--stable-rate"])
def test_a_budget_too_small_is_refused_with_one_that_does(capsys: pytest.CaptureFixture[str], words: str) -> None:
    asked = f"validate {words} {SMALL} --memory"
    refused = run(capsys, f"{asked} 1000")
    assert (refused.code, refused.out) == (2, "")
    told = re.fullmatch(
        r"gamma-calc: program lora: 1000 bytes are too few at width 256; allow (\d+) bytes\n", refused.err
    )
    assert told is not None
    assert run(capsys, f"{asked} {told[1]}").code in (0, 3)


@needs_numeric
@needs_figures
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere/lines.svg", "{path}: cannot be written; name a file in a folder that is there"),
        ("lines.gamma", "unknown kind of figure '.gamma'; "),
        ("folder.svg", "{path}: is a directory; name a file"),
    ],
)
def test_a_figure_that_cannot_be_written_is_refused_before_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, path: str, message: str
) -> None:
    (tmp_path / "folder.svg").mkdir()
    outcome = run(capsys, "validate", "--at", "eta=-1", "--figure", str(tmp_path / path))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"gamma-calc: {message.format(path=tmp_path / path)}")
    assert outcome.err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["folder.svg"]


@needs_numeric
def test_the_largest_stable_rate(capsys: pytest.CaptureFixture[str]) -> None:
    words = f"validate --stable-rate --init B {SMALL} --tolerance 0.2"
    outcome = run(capsys, words)
    assert (outcome.code, outcome.err) == (0, "")
    assert ["eta", "2", "-1"] in [line.split()[:3] for line in outcome.out.splitlines()]
    assert "largest stable rates: " in outcome.out
    found = json.loads(run(capsys, f"{words} --format json").out)
    assert [(r["quantity"], r["predicted"], r["verdict"]) for r in found["rows"]] == [("eta", "-1", "confirmed")]
    assert len(found["rates"]) == len(found["widths"]) == 4


@needs_numeric
def test_a_configuration_and_an_exponent_that_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    words = f"--stable-rate --rank growing --set rho=1/2 {SMALL} --format json".split()
    found = json.loads(run(capsys, "validate", str(EXAMPLE), *words).out)
    assert found["rows"][0]["predicted"] == "-1/2"  # the multiplier alpha/r takes the rank back


@needs_numeric
@pytest.mark.parametrize("words", ["--at eta=-1", "--stable-rate"])
def test_control_c_gives_what_was_measured_and_what_to_do(words: str) -> None:
    # the interrupt comes when the fifth width begins, as if typed then
    typed = """
import os, signal
from importlib import import_module
from gamma_calc.cli import main

def measure_cell(program, width, *others, **settings):
    if width > 256:
        os.kill(os.getpid(), signal.SIGINT)
    return run(program, width, *others, **settings)

signal.signal(signal.SIGINT, signal.default_int_handler)
run = import_module("validation.executor.cell").measure_cell
for name in ("validate", "rate_search"):
    import_module(f"validation.measurement.{name}").measure_cell = measure_cell
raise SystemExit(main())
"""
    asked = f"validate {words} --init B {SMALL.replace('32:256', '32:512')} --format json".split()
    settings: dict[str, Any] = {"env": os.environ | {"COLUMNS": "80"}, "capture_output": True, "text": True}
    found = subprocess.run([sys.executable, "-c", typed, *asked], check=False, **settings)
    assert found.returncode == 130
    assert json.loads(found.stdout)["widths"] == [32, 64, 128, 256]
    assert found.stderr == (
        "interrupted: judged on n = 32, 64, 128, 256; the same command starts again; gamma-calc sweep keeps its cells "
        "and resumes\n"
    )


def test_control_c_before_four_widths(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def validate(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(numeric, "find_spec", lambda _: object())
    monkeypatch.setattr(command, "numeric", lambda _: SimpleNamespace(validate=validate))
    outcome = run(capsys, "validate --at eta=-1")
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err == (
        "interrupted before four widths were measured; the same command starts again; gamma-calc sweep keeps its "
        "cells and resumes\n"
    )
