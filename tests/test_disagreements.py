"""Where published sources disagree: both sides derived, each measured, and a page that is not stale."""

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from command import run

from gamma_calc.cli import numeric
from gamma_calc.errors import UnknownName
from validation.evidence import run as running
from validation.evidence.claim import Claim
from validation.evidence.disagreements import table
from validation.evidence.disagreements.table import DISAGREEMENTS, chosen
from validation.evidence.measure import Measurement, Reading
from validation.evidence.outcome import Outcome, derived
from validation.evidence.record import Record
from validation.evidence.run import one as one_measurement

PAGE = Path(__file__).parents[1] / "docs" / "disagreements.md"
SIDES = {side.id: side for one in DISAGREEMENTS.values() for side in one.sides}
CONTRADICTED = {"rank-2"}
REFUTED = {"sums-2", "rank-2"}


# -- the questions ----------------------------------------------------------------------------------------------------


def test_each_question_has_two_sides_or_more_that_differ() -> None:
    for name, one in DISAGREEMENTS.items():
        assert [side.id for side in one.sides] == [f"{name}-{i}" for i in range(1, len(one.sides) + 1)]
        assert len({side.statement for side in one.sides}) == len(one.sides) > 1
        assert one.question.endswith("?")
        assert one.decided.endswith(".")


def test_the_questions_asked_for_are_there() -> None:
    assert {"stability", "sums", "rank", "rslora", "riemannian"} <= DISAGREEMENTS.keys()
    assert chosen(["sums"]) == (DISAGREEMENTS["sums"],)
    assert chosen([]) == tuple(DISAGREEMENTS.values())
    with pytest.raises(UnknownName, match="unknown question 'sum'; did you mean sums"):
        chosen(["sum"])


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_a_side_is_derived_on_its_own_assumption(side: Claim) -> None:
    found = derived(side)
    expected = Outcome.CONTRADICTED if side.id in CONTRADICTED else Outcome.HOLDS
    assert found.outcome is expected, [seen for seen in found.seen if not seen.good]
    assert found.seen
    assert Record.of_package("disagreements").concluded(side) == found


# -- the recorded run -------------------------------------------------------------------------------------------------


def recorded(side: Claim) -> str:
    return Record.of_package("disagreements").measured(side, recorded=True).verdict


@pytest.mark.parametrize("side", SIDES.values(), ids=SIDES)
def test_the_recorded_run_has_the_verdict_on_each_side(side: Claim) -> None:
    assert side.measurements
    assert recorded(side) == ("refuted" if side.id in REFUTED else "confirmed")


def test_the_record_says_when_and_with_what() -> None:
    record = Record.of_package("disagreements")
    assert "torch" in record.versions
    assert record.machine
    assert all(entry.date and all(r.seeds for r in entry.readings) for entry in record.entries.values())
    assert record.entries.keys() == {m.digest for side in SIDES.values() for m in side.measurements}


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "disagreements --format markdown")
    assert outcome.code == 0
    assert PAGE.read_text(encoding="utf-8") == outcome.out


def test_one_question_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "disagreements sums")
    assert outcome.code == 0
    told = " ".join(outcome.out.split())
    assert told.startswith(
        "sums: How large is A0 Z from Init[AB], and the noise B0 A0 Z? arXiv 2402.12354, appendix A.5 says: "
    )
    assert "assumes: a random matrix sums n terms to n derived: holds: lora init=AB sum_rule=additive: order of" in told
    assert "measured: refuted: lora init=AB, at eta = -2: exponent of Z_A" in told
    assert "Outcome Independent entries sum as the central limit has it." in told


def test_all_questions_fit_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "disagreements").out
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80


def test_the_data_hold_every_side(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = json.loads(run(capsys, "disagreements rslora --format json").out)["disagreements"]
    assert list(found) == ["name", "question", "sides", "decided"]
    assert [side["derived"] for side in found["sides"]] == ["holds", "holds"]
    assert found["sides"][0]["measurements"][0]["verdict"] == "confirmed"


class Fixed(Measurement):
    """A measurement that ends as it is told to."""

    def __init__(self, verdict: str) -> None:
        self.verdict = verdict

    def __repr__(self) -> str:
        return f"Fixed({self.verdict})"

    def readings(self, instruments: object) -> Any:
        yield Reading("a slope", "1", "+0.500", self.verdict, "so", 4)


def measured(monkeypatch: pytest.MonkeyPatch, one: str, two: str) -> None:
    """The question on sums with other measurements."""
    question = DISAGREEMENTS["sums"]
    sides = tuple(
        replace(side, measurements=(Fixed(verdict),)) for side, verdict in zip(question.sides, (one, two), strict=True)
    )
    only = MappingProxyType({"sums": replace(question, sides=sides)})
    monkeypatch.setattr(table, "DISAGREEMENTS", only)
    monkeypatch.setattr(numeric, "NEEDED", ())
    monkeypatch.setattr(running, "run", lambda wanted: map(one_measurement, wanted))  # in this process


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (("confirmed", "refuted"), 0),
        (("refuted", "refuted"), 1),
        (("confirmed", "undecided"), 3),
        (("undecided", "refuted"), 3),
    ],
)
def test_the_exit_code_says_whether_a_side_is_right(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    verdicts: tuple[str, str],
    code: int,
) -> None:
    measured(monkeypatch, *verdicts)
    path = tmp_path / "run.json"
    outcome = run(capsys, "disagreements", "--verify", "all", "--record", str(path))
    assert outcome.code == code
    assert f"measured: {verdicts[0]}: a slope: +0.500 (4 seeds)" in outcome.out
    assert len(Record.load(path).entries) == len(set(verdicts))


def test_a_record_needs_something_new(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "disagreements --record run.json")
    assert (outcome.code, outcome.err) == (
        2,
        "gamma-calc: --record without --verify; add --verify all, or --verify symbolic\n",
    )
