"""The largest stable rate at one width, along the rank or the number of samples."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from command import run

from gamma_calc import lora
from gamma_calc.errors import GammaError
from validation.measurement.stable_rate_along import stable_rate_along

ALONG = "validate --stable-rate --optimizer sign --batch growing --seeds 4 --most-seeds 4"


def test_along_the_samples_the_rate_grows_as_their_fourth_root() -> None:
    program = lora("A", optimiser="sign", batch="growing")
    found = stable_rate_along(program, "beta", ["1/4", "1/2", "3/4", "1"], width=256, seeds=4, most_seeds=4)
    assert found.row.predicted == Fraction(1, 4)
    assert found.row.measured == pytest.approx(0.25, abs=0.08)  # at this width the smaller terms are seen
    assert found.verdict.value != "refuted"
    assert list(found.bases) == [4, 16, 64, 256]
    assert list(found.rates) == sorted(found.rates)


def test_the_command_prints_the_power_and_the_rates(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figure = tmp_path / "along.svg"
    out = run(capsys, f"{ALONG} --along beta=1/4,1/2,3/4,1 --widths 64 --figure {figure}").out
    assert out.startswith("Program lora: power of the largest stable rate at n = 64\n")
    assert "\n  N   1/4 " in out
    assert "\n  1/2   8 " in out
    assert max(map(len, out.splitlines())) <= 80
    assert "<svg" in figure.read_text()


def test_the_data_hold_the_rates_and_what_they_are_along(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, f"{ALONG} --along beta=1/4,1/2,3/4,1 --widths 64 --format json").out)
    assert found["schema"] == "gamma-calc/validate/1"
    assert (found["along"], found["values"]) == ("beta", ["1/4", "1/2", "3/4", "1"])
    assert len(found["rates"]) == len(found["bases"]) == 4
    assert found["row"]["predicted"] == "1/4"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--along beta=1/4,1/2,3/4,5/4 --widths 64", "the derived law has a knee between these values of beta"),
        ("--along gamma=0,1/8,1/4,1/2 --widths 64", "unknown exponent to go along 'gamma'"),
        ("--along eta=-1,-3/4,-1/2,-1/4 --widths 64", "unknown exponent to go along 'eta'; did you mean beta"),
        ("--along beta=1/4,1/2 --widths 64", "2 values of beta; a slope and its drift need at least four"),
        ("--along beta --widths 64", "--along: 'beta' is no line"),
        ("--along beta=1/4,1/2,3/4,1", "9 widths; --along goes along at one"),
        ("--along beta=1/4,1/2,3/4,1 --widths 64 --at eta=0", "--stable-rate looks for the rate that --at gives"),
    ],
)
def test_what_is_no_line_is_refused(capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    found = run(capsys, f"{ALONG} {words}")
    assert (found.code, found.out) == (2, "")
    assert message in found.err


def test_a_line_without_the_rate_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "validate --batch growing --along beta=0,1/4,1/2,1 --widths 64")
    assert found.code == 2
    assert "--along is a way of --stable-rate" in found.err


def test_other_open_exponents_are_named() -> None:
    with pytest.raises(GammaError, match="fix all exponents but the learning rate's"):
        stable_rate_along(lora(rank="growing", batch="growing"), "beta", ["0", "1/4", "1/2", "1"], width=64)
