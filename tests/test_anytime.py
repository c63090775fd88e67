"""Derivations that are stopped say which steps they know, what would help, and end with their own exit code."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from itertools import chain, islice, repeat
from pathlib import Path
from types import SimpleNamespace

import pytest

from gamma_calc import Dim, Program, adam, data, derive, frozen, iid, lora, mlp, output, parameter, zero
from gamma_calc.cli import main
from gamma_calc.cli.anytime import stoppable
from gamma_calc.cli.collector import MANY
from gamma_calc.derivation.unfinished import StepsSoFar, Unfinished
from gamma_calc.engine.stable_run import on_stable_set
from gamma_calc.engine.step_orders import steps
from gamma_calc.errors import ProgramError, TimeUp
from gamma_calc.exponents import look, order, watched
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Role
from gamma_calc.operations import tanh

LONG = ["--init", "A", "--loss", "scalar", "--rank", "growing", "--scaling", "alpha/r", "--batch", "growing"]


def two_layers() -> Program:
    """Two tanh layers with an adapter on each, and a rate for each kind of factor: orders of many forms."""
    n, r = Dim("n", 1), Dim("r", 0)
    h: Expression = data("x", n)
    for i in (1, 2):
        A = parameter(f"A{i}", r, n, init=iid("-1/2"), rate="eta_A")
        B = parameter(f"B{i}", n, r, init=zero, rate="eta_B")
        h = tanh(frozen(f"W{i}", n, n) @ h + B @ (A @ h))
    return Program("two layers", -(n**-1 * (data("v", n) @ h)), adam(), [output("h", h)])


LONG_PROGRAM = two_layers()


def test_time_that_is_up_names_the_steps_and_what_would_help() -> None:
    with pytest.raises(TimeUp, match=r"time is up: known is .* of two layers; .*; give more time, or fix ") as caught:
        derive(LONG_PROGRAM, time_limit=3)
    known = caught.value.known
    assert isinstance(known, Unfinished)
    assert known.at_step(0)["h"] == 0
    assert set(known.would_help) <= set(known.program.variables)


def test_the_limit_holds_inside_a_step() -> None:
    start = time.monotonic()
    with pytest.raises(TimeUp):
        derive(LONG_PROGRAM, time_limit=0.5)
    assert time.monotonic() - start < 5


def test_enough_time_changes_no_answer() -> None:
    assert derive(lora(init="AB"), time_limit=Fraction(600)).orders == derive(lora(init="AB")).orders


@pytest.mark.parametrize("wrong", [-1, float("nan"), "20", None])
def test_what_is_no_time_is_refused(wrong: object) -> None:
    with pytest.raises(ProgramError, match="is no time limit; give seconds, such as 20"), watched(wrong):
        pass


def test_an_outer_limit_holds_inside_a_longer_one() -> None:
    with watched(0), watched(600), pytest.raises(TimeUp):
        look()
    look()  # outside there is none


def test_what_is_known_are_the_orders_of_a_whole_derivation() -> None:
    program, record = lora(init="A"), StepsSoFar(lora(init="A"))
    for step, _ in zip(steps(program), range(3), strict=False):
        record.add(step)
    known = record.unfinished
    assert known.until == 2
    assert [known.at_step(t)["Z_B"] for t in range(3)] == [derive(program).at_step(t)["Z_B"] for t in range(3)]
    assert known.at_step(2)["Z_B"] == order("max(eta, 2*eta + 1)")
    assert "the start and steps 1 to 2 of lora" in known.summary
    assert known.would_help == ("eta",)


def test_what_is_stable_lies_inside_where_outputs_are_bounded_so_far() -> None:
    """Init[A] with r = n^rho: the first step is linear in the rate, and the second asks for more."""
    program = lora(init="A", rank="growing", scaling="alpha/sqrt(r)")
    stable = derive(program).conditions["stable"].region
    outers = []
    for count in range(1, 4):
        record = StepsSoFar(program)
        for step in islice(steps(program), count):
            record.add(step)
        assert record.unfinished.outer is not None
        assert record.unfinished.outer[0] == count - 1
        outers.append(record.unfinished.outer[1])
    assert outers[0] == program.region
    assert outers[1] != outers[2]
    assert all((stable - outer).is_empty for outer in outers)
    assert outers[2] == stable


def test_of_many_open_rates_it_lies_inside_what_the_cuts_so_far_left() -> None:
    program = mlp("sp", depth=4, lr="per-layer", optimiser="sgd")
    record = StepsSoFar(program)
    stable = on_stable_set(program, frozenset({Role.OUTPUT}), record.add).domain(program)
    outers = [Unfinished(program, tuple(record.steps[:count])).outer for count in (1, 2)]
    assert [outer and outer[0] for outer in outers] == [0, 1]
    assert [outer and outer[1] for outer in outers] == [program.region, stable]


def test_nothing_is_said_to_be_stable_before_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derive", *LONG, "--time-limit", "3", "--format", "json"]) == 3
    (found,) = json.loads(capsys.readouterr().out)["programs"]
    assert found["stable"]["inner"] is None
    assert found["stable"]["outer"]["until"] >= 1
    assert "eta <= " in found["stable"]["outer"]["region"]


@pytest.mark.parametrize("command", [["derive"], ["explain", "stable"]])
def test_the_command_line_prints_what_is_known(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, *LONG, "--time-limit", "1"]) == 3
    told = capsys.readouterr()
    assert told.out.startswith("Not finished\n  known is ")
    assert "would help" in told.out
    assert told.err.startswith("gamma-calc: time is up after 1 s: known is ")


@pytest.mark.usefixtures("capsys")
def test_circles_are_looked_for_seldom_while_a_command_derives() -> None:
    """Stopped or not, what a process does after it is as it was."""
    before, seen = gc.get_threshold(), set[int]()

    def derived() -> str:
        seen.add(gc.get_threshold()[0])
        return ""

    assert stoppable(derived, lambda _: 0, None) == 0
    assert main(["derive", "--init", "A", "--time-limit", "0"]) == 3
    assert min(seen) >= MANY > before[0]
    assert gc.get_threshold() == before


def test_several_programs_stopped_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--init", "A", "--init", "B", "--time-limit", "0", "--format", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert not told["complete"]
    assert told["stopped"] == "time is up after 0 s"
    assert all(one["until"] is None for one in told["programs"])


def test_robustness_stops(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["robustness", "--time-limit", "0"]) == 3
    assert "nothing is known" not in capsys.readouterr().out


CONFIG = str(Path(__file__).parents[1] / "examples" / "adapter_config.json")
STOPPED = [
    ("transfer", "--from", "n=1024 adapter=dora optimizer=sgd lr=1e-2", "--to", "n=4096"),
    ("shared-rate", "--at", "eta=-1", "--init", "lora-ga-peft,pissa"),
    ("rates", CONFIG, "--width", "4096", "--lr", "2e-4", "--optimizer", "sign-riemannian"),
    ("audit", CONFIG, "--width", "4096", "--lr", "2e-4", "--optimizer", "riemannian-adam"),
    ("plot", *LONG, "-o", "never.svg"),
    ("report", *LONG, "-o", "never.html"),
    ("validate", "--init", "B", "--at", "eta=-1"),
    ("validate", "--init", "B", "--stable-rate"),
]


@pytest.mark.parametrize("command", STOPPED, ids=lambda command: command[0])
def test_every_command_that_derives_can_be_stopped(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*command, "--time-limit", "0"]) == 3
    assert "time is up after 0 s" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_transfer_that_is_stopped_tells_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*STOPPED[0], "--time-limit", "2", "--format", "json"]) == 3
    *_, found = json.loads(capsys.readouterr().out)["programs"]
    assert found["program"] == "dora"
    assert found["until"] >= 1


def test_what_is_measured_when_time_is_up_is_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock by which the hour is over when five widths are done."""
    readings = chain(repeat(0.0, 5), repeat(3601.0))
    monkeypatch.setattr("gamma_calc.cli.validate.time", SimpleNamespace(monotonic=lambda: next(readings)))
    words = "--widths 64:1024 --seeds 4 --most-seeds 64 --tolerance 0.0001 --time-limit 3600"
    assert main(["validate", "--init", "B", "--at", "eta=-1", *words.split()]) == 3
    outcome = capsys.readouterr()
    assert "time is up after 3600 s: judged on n = 64, 128, 256, 512, 1024" in outcome.err
    assert "Z_B" in outcome.out


@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_ctrl_c_prints_what_is_known() -> None:
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a background shell ignores it
    started = f"{heeding}; import sys; from gamma_calc.cli import main; sys.exit(main())"
    called = [sys.executable, "-c", started, "derive", *LONG]
    with subprocess.Popen(called, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(4)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.startswith("Not finished")
    assert "interrupted: known is" in err
