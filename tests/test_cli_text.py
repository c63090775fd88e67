"""What the terminal shows: recorded at width 80, plain where it is piped, painted where it is not."""

import io
import sys

import pytest
from command import EXAMPLE, run
from syrupy.assertion import SnapshotAssertion

from gamma_calc import derive, lora
from gamma_calc.cli import main
from gamma_calc.display.blocks import Block, plain

RECORDED = [
    "derive",
    "derive --init B --at eta=-1",
    "derive --rank growing --scaling free --init B",
    "derive toy --step all --trace",
    "derive --init B --format latex",
    "explain efficient --init B",
    "explain stable --init general",
    "explain efficient --lr per-factor",
    "compare --init A --init B --init AB",
]


@pytest.mark.parametrize("line", RECORDED)
def test_plain_output_is_as_recorded(
    capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion, line: str
) -> None:
    outcome = run(capsys, line)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == snapshot


def test_the_example_config_is_as_recorded(capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert run(capsys, f"derive {EXAMPLE}").out == snapshot


@pytest.mark.parametrize("line", [line for line in RECORDED if "latex" not in line])
def test_plain_output_is_ascii_of_at_most_80_columns(capsys: pytest.CaptureFixture[str], line: str) -> None:
    out = run(capsys, line).out
    assert out.isascii()
    assert [text for text in out.splitlines() if len(text) > 80 or text != text.rstrip()] == []


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def painted(monkeypatch: pytest.MonkeyPatch, *arguments: str, **environment: str) -> str:
    """What a terminal of 80 columns gets."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm-256color", "COLUMNS": "80", **environment}.items():
        monkeypatch.setenv(name, value)
    assert main(arguments) == 0
    return screen.getvalue()


def test_a_terminal_gets_greek_letters_and_colours(
    monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    assert painted(monkeypatch, "derive", "--init", "B") == snapshot


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = painted(monkeypatch, "derive", NO_COLOR="1")
    assert "η ≤ −1/2" in shown
    assert "\x1b[3" not in shown


def test_a_terminal_without_greek_letters_gets_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    assert painted(monkeypatch, "derive").isascii()


def test_the_text_of_a_derivation_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{derive(lora())}\n" == run(capsys, "derive").out


TWO_RATES = (
    "scale the learning rate of A as n^-1 and the learning rate of B as n^0 (a constant); Z_A then stays of order one"
)
ADVICE = [
    ("derive", "scale the learning rate as n^-1/2; Z_A then grows as n^1/2"),
    (
        "derive --init B",
        "scale the learning rate as n^-1 (feature learning; no choice is efficient); Z_A then stays of order one",
    ),
    (
        "derive --lr per-factor",
        TWO_RATES,
    ),
    (
        "derive --lr per-factor --init B",
        TWO_RATES,
    ),
    (
        "derive toy",
        "scale the learning rate as n^-1/2 (stable; no choice learns features); u then stays of order one",
    ),
    ("derive --set eta=0", "no exponent left open makes this program stable: change the initialisation or the scaling"),
    ("derive deep-linear", "nothing is left to choose; at these exponents the program is feature learning"),
]


@pytest.mark.parametrize(("line", "advice"), ADVICE)
def test_advice_in_plain_words(capsys: pytest.CaptureFixture[str], line: str, advice: str) -> None:
    out = run(capsys, line).out
    assert " ".join(out.partition("\nAdvice\n")[2].partition("\n\n")[0].split()) == advice


def test_a_supremum_is_printed_with_its_knee(capsys: pytest.CaptureFixture[str]) -> None:
    out = " ".join(run(capsys, "derive --scaling free").out.split())
    assert "eta, stable min(-sigma, -1/2 - sigma/2), knee at sigma = 1" in out


def test_wide_tables_wrap_their_cells_and_very_wide_ones_are_stacked() -> None:
    cell = "max(a, b) + c " * 3
    wrapped = plain([Block("T", (("x", cell, cell),), ("q", "one", "two"))])
    assert wrapped.splitlines()[1].split() == ["q", "one", "two"]
    stacked = plain([Block("T", (("x", *[cell] * 6),), ("q", *"abcdef"))])
    assert stacked.splitlines()[1:3] == ["  x", "    a: max(a, b) + c max(a, b) + c max(a, b) + c"]
    assert max(map(len, (wrapped + stacked).splitlines())) <= 80


def test_a_long_title_is_wrapped_and_stands_out_from_what_is_below_it() -> None:
    title = "Orders where " + " | ".join(["0 <= beta <= 1/2"] * 6)
    first, second, *rest = plain([Block(title, (("row",),))]).splitlines()
    assert max(map(len, (first, second))) <= 80
    assert f"{first} {second.removeprefix('    ')}" == title
    assert rest == ["  row"]
