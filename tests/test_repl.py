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
