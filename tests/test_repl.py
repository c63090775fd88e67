"""The prompt: names loaded, completion, readable answers, errors in one line."""

import io
import sys

import pytest

import gamma_calc
from gamma_calc import Region, derive, lora, order
from gamma_calc.cli.prompt import BANNER, Prompt, interact, names


def session(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *lines: str) -> tuple[str, str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines) + "\n"))
    interact()
    printed = capsys.readouterr()
    return printed.out.replace(">>> ", ""), printed.err


def test_the_lines_of_the_banner_work(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.removeprefix(">>> ") for line in BANNER.splitlines() if line.startswith(">>> ")]
    out, err = session(monkeypatch, capsys, *lines)
    assert out.startswith("Order('max(0, eta + 1)')\nRegion('eta <= -1/2')\nDerivation after step 3\n")
    assert "Error" not in err
    assert len(lines) == 4


def test_an_error_of_the_package_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, err = session(monkeypatch, capsys, "derive(lora('Q'))")
    assert "UnknownName: unknown initialisation 'Q'; known: A, AB, " in err
    assert "Traceback" not in err


def test_another_error_shows_where(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = session(monkeypatch, capsys, "1 / 0")
    assert "ZeroDivisionError" in err
    assert "Traceback" in err


def test_control_c_is_one_line_that_says_what_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["raise KeyboardInterrupt", "derive(lora(batch='growing')) and exec('raise KeyboardInterrupt')", "1 + 1"]
    out, err = session(monkeypatch, capsys, *lines)
    told = err.removeprefix(BANNER).strip().splitlines()
    known = "the start and steps 1 to 4 of lora; nothing is claimed of later steps, conditions and bounds"
    assert told == ["interrupted", "", f"interrupted: known is {known}; give more time, or fix eta or beta"]
    assert out.strip() == "2"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("capsys")
def test_what_takes_long_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """A derivation within a time limit too, and what is read of it later; what is printed goes where it always goes."""
    answers, told = io.StringIO(), Terminal()
    monkeypatch.setattr("gamma_calc.cli.anytime.LATE", 0)
    monkeypatch.setattr(sys, "stdin", io.StringIO("found = derive(program, time_limit=60)\nfound.trace('Z')\n"))
    monkeypatch.setattr(sys, "stdout", answers)
    monkeypatch.setattr(sys, "stderr", told)
    Prompt(names() | {"program": lora(batch="growing")}).interact(banner="", exitmsg="")
    derived, read = told.getvalue().split("calculating", 1)
    assert "lora" in derived
    assert "lora" not in read
    assert "Trace" not in told.getvalue()
    assert answers.getvalue().replace(">>> ", "").startswith("<Trace")


BATCHES = [
    ("lora(batch='growing')", "stable: beta >= 0 & 4*eta <= beta - 2 & eta <= -1/4"),
    ("lora(batch='fixed')", "stable: eta <= -1/2"),
    ("lora(batch=3)", "stable: eta <= -1/2"),
]


@pytest.mark.parametrize(("program", "stable"), BATCHES)
def test_a_batch_is_asked_as_one_sample_is(
    program: str, stable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = session(
        monkeypatch, capsys, f"found = derive({program})", "found.conditions['stable']", "found.at_step(1)"
    )
    assert out.startswith(f"<ConditionResult {stable}>\n<Orders after step 1: Z: 0, Z_A: 0, A: -1/2, B: eta")
    assert "Error" not in err


WRONG_BATCHES = [
    ("lora(batch='many')", "UnknownName: unknown batch 'many'; known: fixed, growing, one"),
    ("lora(batch=0)", "ProgramError: 0 samples in a batch; give a whole number from 1 to 1000"),
    (
        "lora(common='1/4')",
        "ProgramError: one sample has no part in common with others; give a batch, fixed or growing",
    ),
    ("derive(lora(batch='growing'), beta=-1)", "OrderError: beta=-1 is outside the domain; the domain is beta >= 0"),
    (
        "derive(lora(batch='growing', optimiser='muon'))",
        "ProgramError: program lora: the singular values of B' (n^(-beta) -1 w) Z', more than one product",
    ),
]


@pytest.mark.parametrize(("asked", "told"), WRONG_BATCHES)
def test_a_wrong_batch_is_one_line(
    asked: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = session(monkeypatch, capsys, asked)
    assert not out.strip()
    (line,) = err.removeprefix(BANNER).strip().splitlines()
    assert line.startswith(told)


def test_every_public_name_is_there() -> None:
    assert names().keys() == set(gamma_calc.__all__)
    assert Prompt(names()).locals["lora"] is lora


def test_answers_read_well() -> None:
    found = derive(lora(init="B"))
    assert repr(found).startswith("<Derivation of lora: stable: eta <= -1, ")
    assert repr(found.conditions["efficient"]) == "<ConditionResult efficient: none>"


def test_notebooks_get_formulas() -> None:
    assert order("eta/2")._repr_latex_() == r"$\frac{1}{2}\eta$"
    assert Region.parse("eta <= -1")._repr_latex_() == r"$\eta \le -1$"
    formulas = derive(lora())._repr_latex_()
    assert formulas.startswith("$$\\begin{aligned}\n\\gamma[Z] &= 0")
    assert r"\text{stable} &\iff \eta \le -\frac{1}{2} \\" in formulas
