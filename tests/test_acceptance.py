"""What the measurement must show: the reference table, the largest stable rates, the sum on the sample."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import derive, lora
from validation import Verdict, validate
from validation.evidence.runs.acceptance import (
    ASSUMPTION,
    EDGES,
    RANKS,
    TABLE,
    ChosenPoint,
    ExpectedRate,
    main,
    on_a_sample,
)

RECORDED = Path(__file__).parents[1] / "docs" / "results" / "acceptance.md"
NAMED: dict[str, Any] = {"ids": lambda case: case.name}


# -- what is derived ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", TABLE, **NAMED)
def test_the_derivation_has_the_exponents_of_the_table(case: ChosenPoint) -> None:
    orders = derive(lora(**case.options, lr="per-factor"), **case.at).at_step(case.step)
    assert {name: orders[name].rational for name in case.exponents} == case.exponents


@pytest.mark.parametrize("case", [e for e in (*EDGES, *RANKS) if e.options["loss"] == "linear"], **NAMED)
def test_the_derivation_has_the_largest_stable_rates(case: ExpectedRate) -> None:
    found = derive(lora(case.init, **case.options), **case.at).conditions["stable"]  # type: ignore[arg-type]
    assert found.largest["eta"].value == Fraction(case.value)


@pytest.mark.parametrize(("init", "optimiser", "fresh"), ASSUMPTION)
def test_the_derivation_sums_coherently_on_the_same_sample_alone(init: str, optimiser: str, fresh: bool) -> None:
    assert derive(on_a_sample(init, optimiser, fresh=fresh)).order("g_A Z").rational == (Fraction(1, 2) if fresh else 1)


# -- what is measured --------------------------------------------------------------------------------------------------


def confirm(case: ChosenPoint, **settings: Any) -> None:
    found = case.measured(**settings)
    for name, expected in case.exponents.items():
        row = found.row(name, case.step)
        assert row.predicted == expected, name
        assert row.verdict is Verdict.CONFIRMED, (name, row)


def on_both_samples(optimiser: str, step: int, **settings: Any) -> None:
    for fresh, exponent in ((False, Fraction(1)), (True, Fraction(1, 2))):
        program, only = on_a_sample("B", optimiser, fresh=fresh), [("g_A Z", step)]
        row = validate(program, {"eta": "-3/4"}, steps=step, only=only, **settings).row("g_A Z", step)
        assert row.predicted == exponent
        assert row.verdict is Verdict.CONFIRMED, row


@pytest.mark.parametrize("case", TABLE[:2], **NAMED)
def test_rows_of_the_table(case: ChosenPoint) -> None:
    confirm(case, widths=tuple(2**k for k in range(8, 14)), seeds=64, most_seeds=256)


@pytest.mark.parametrize("optimiser", ["sign", "adam"])
def test_the_update_is_coherent_on_the_same_sample_alone(optimiser: str) -> None:
    on_both_samples(optimiser, 2, widths=tuple(2**k for k in range(6, 11)), seeds=512, most_seeds=1024)


@pytest.mark.long
@pytest.mark.parametrize("case", TABLE, **NAMED)
def test_the_table(case: ChosenPoint) -> None:
    confirm(case, seeds=32, most_seeds=512)


@pytest.mark.long
@pytest.mark.parametrize("case", EDGES, **NAMED)
def test_the_largest_stable_rates(case: ExpectedRate) -> None:
    found = case.measured(seeds=16, most_seeds=256)
    assert (found.row.predicted, found.verdict) == (Fraction(case.value), Verdict.CONFIRMED), found


@pytest.mark.long
@pytest.mark.parametrize("case", RANKS, **NAMED)
def test_the_largest_stable_rates_at_a_growing_rank(case: ExpectedRate) -> None:
    found = case.measured(seeds=8, most_seeds=32)
    assert (found.row.predicted, found.verdict) == (Fraction(case.value), Verdict.CONFIRMED), found


@pytest.mark.long
@pytest.mark.parametrize("optimiser", ["sign", "adam"])
def test_the_update_on_the_sample(optimiser: str) -> None:
    on_both_samples(optimiser, 3, seeds=64, most_seeds=1024)


# -- what is recorded --------------------------------------------------------------------------------------------------


def test_the_recorded_page_has_every_case() -> None:
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    for case in TABLE:
        assert sum(line.startswith(f"| {case.name} | {case.step} |") for line in lines) == len(case.exponents)
    for edge in (*EDGES, *RANKS):
        assert sum(line.startswith(f"| {edge.name} |") for line in lines) == 1
    assert sum("| g_A Z |" in line for line in lines) == len(ASSUMPTION)


def test_a_part_of_the_page_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validation.evidence.runs.acceptance.EDGES", ())
    main(["edges"])
    printed = capsys.readouterr().out
    assert printed.startswith(
        "# What the measurement must show\n\nPrinted by `python -m validation.evidence.runs.acceptance edges`"
    )
    assert "| case | tolerance | loss-optimal slope | expected | derived | measured |" in printed
