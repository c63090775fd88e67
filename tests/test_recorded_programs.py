"""What random programs measured, once and apart from the calculus, against what it derives now."""

from __future__ import annotations

import pytest
from oracle.grids import RECIPES
from oracle.judge import Judged, judged
from oracle.record import Measured, path_of, read, recorded
from oracle.settled import SETTLED

SHARE = 16  # one recorded program in so many is derived in the ordinary suite


def below(kind: str, those: list[Measured]) -> list[str]:
    """The rows that are derived below the truth, those of programs that were looked into left out."""
    found = [judged(measured, kind) for measured in those if (kind, measured.number) not in SETTLED]
    assert sum(len(one.rows) for one in found) > 10 * len(those), "most were refused"
    return [doubt for one in found for doubt in one.doubts if doubt.endswith("below")]


@pytest.mark.parametrize("kind", RECIPES)
def test_none_of_some_is_below_the_truth(kind: str) -> None:
    assert below(kind, list(recorded(kind).values())[::SHARE]) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", RECIPES)
def test_none_is_below_the_truth(kind: str) -> None:
    assert below(kind, list(recorded(kind).values())) == []


@pytest.mark.parametrize("kind", RECIPES)
def test_a_number_is_still_the_program_that_was_measured(kind: str) -> None:
    for number, measured in recorded(kind).items():
        assert str(RECIPES[kind](number)) == measured.text


@pytest.mark.parametrize("kind", RECIPES)
def test_a_line_is_read_as_it_was_written(kind: str) -> None:
    lines = path_of(kind).read_text(encoding="utf-8").splitlines()
    assert [read(line).line for line in lines] == lines
    assert len(lines) == len(recorded(kind))


def test_a_derivation_below_what_was_measured_is_seen() -> None:
    """As it would be if a rule lost an order: here the record is raised instead."""
    measured = next(one for one in recorded("any").values() if judged(one, "any").verdicts["right"] > 20)
    raised = {key: slope.raised(1.0) for key, slope in measured.slopes.items()}
    found: Judged = judged(Measured(measured.number, measured.text, raised), "any")
    assert found.verdicts["below"] > 10
