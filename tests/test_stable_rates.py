"""The largest stable rate: found for each seed, judged by its slope, with as many seeds as it takes."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import lora
from gamma_calc.errors import GammaError
from validation import Progress, Settings, Verdict, measure_cell
from validation.errors import BudgetError
from validation.measurement.result import Interrupted
from validation.measurement.stable_rate import StableRate, largest_stable_rate

SMALL = tuple(2**k for k in range(6, 10))


@pytest.fixture(scope="module")
def small() -> StableRate:
    return largest_stable_rate(lora("A", optimiser="sign", loss="readout"), widths=SMALL, seeds=8, most_seeds=8)


@pytest.mark.parametrize(
    ("init", "loss", "exponent"), [("A", "linear", "-1/2"), ("B", "linear", "-1"), ("B", "readout", "-1")]
)
def test_its_exponent_is_the_largest_of_the_stable_region(init: str, loss: str, exponent: str) -> None:
    widths = tuple(2**k for k in range(8, 13))
    found = largest_stable_rate(lora(init, optimiser="sign", loss=loss), widths=widths, seeds=8, tolerance=0.1)
    assert found.row.predicted == Fraction(exponent)
    assert found.verdict is Verdict.CONFIRMED, found
    assert list(found.rates) == sorted(found.rates, reverse=True)


def test_the_output_is_within_1_below_the_rate_and_not_above() -> None:
    program = lora("A", optimiser="sign")
    found = largest_stable_rate(program, widths=SMALL, seeds=2, most_seeds=2)
    at = program.substitute({"eta": 0})
    for width, rate in zip(SMALL, found.rates, strict=True):
        sizes = measure_cell(at, width, [0, 1], Settings(steps=5), rates=(rate / 1.5, rate * 1.5))
        largest = sizes.sizes[..., sizes.quantities.index("Z_B")].max(-1)
        assert (largest[0] < 1).all()
        assert (largest[1] > 1).all()


def test_a_seed_has_its_rate_whatever_runs_with_it() -> None:
    program = lora("AB", optimiser="sign")
    few, more = (largest_stable_rate(program, widths=SMALL, seeds=n, most_seeds=n) for n in (2, 3))
    again = largest_stable_rate(program, widths=SMALL, seeds=2, most_seeds=2)
    assert np.array_equal(few.rates, again.rates)
    assert not np.array_equal(few.rates, more.rates)


def test_seeds_are_added_until_the_interval_is_narrow_enough() -> None:
    program = lora("AB", optimiser="sign")
    wide, narrow = (largest_stable_rate(program, widths=SMALL, seeds=4, tolerance=t, most_seeds=32) for t in (1, 0.02))
    assert wide.seeds == 4
    assert wide.verdict is Verdict.CONFIRMED
    assert narrow.seeds > 4


def test_what_the_loss_prefers_is_reported_and_not_judged(small: StableRate) -> None:
    assert small.loss_optimal is not None
    assert -2 < small.loss_optimal < 0
    assert [r.quantity for r in small.found.rows] == ["eta"]
    linear = largest_stable_rate(lora("B", optimiser="sign"), widths=SMALL, seeds=2, most_seeds=2)
    assert linear.loss_optimal is None  # a linear loss has no minimum


def test_json_has_the_row_the_rates_and_the_loss(small: StableRate) -> None:
    found = json.loads(small.to_json())
    assert [(r["quantity"], r["predicted"]) for r in found["rows"]] == [("eta", "-1/2")]
    assert found["rates"] == pytest.approx(list(small.rates))
    assert found["loss_optimal"] == small.loss_optimal
    assert found["verdict"] == small.verdict.value


def test_text_and_figure(small: StableRate, tmp_path: Path) -> None:
    assert "rate of the least loss, for information: slope -" in str(small)
    pytest.importorskip("matplotlib")
    small.figure(tmp_path / "rate.svg")
    assert (tmp_path / "rate.svg").read_text(encoding="utf-8").count("<svg") == 1


def test_ctrl_c_gives_what_was_measured() -> None:
    def stop(now: Progress) -> None:
        if now.done == stops:
            raise KeyboardInterrupt

    program, widths = lora("B", optimiser="sign"), (*SMALL, 1024)
    stops = 4
    with pytest.raises(Interrupted) as caught:
        largest_stable_rate(program, widths=widths, seeds=2, on_progress=stop)
    assert caught.value.found is not None
    assert caught.value.found.widths == SMALL
    assert [r.predicted for r in caught.value.found.rows] == [Fraction(-1)]
    stops = 3
    with pytest.raises(Interrupted) as caught:
        largest_stable_rate(program, widths=widths, seeds=2, on_progress=stop)
    assert caught.value.found is None


@pytest.mark.parametrize(
    ("options", "at", "message"),
    [
        (
            {"lr": "per-factor"},
            {},
            "2 exponents are open (eta_A, eta_B); leave open the learning rate's alone; at={...} fixes the others",
        ),
        ({"rank": "growing"}, {"eta": -1}, "rho is open, and is no learning rate; leave a rate open"),
        (
            {"init": "general", "a0": 0, "b0": 0},
            {},
            "no largest stable eta: no rate is stable; choose another initialisation or scaling",
        ),
    ],
)
def test_a_program_without_a_largest_rate(options: dict[str, str], at: dict[str, int], message: str) -> None:
    with pytest.raises(GammaError) as caught:
        largest_stable_rate(lora(**options), at=at, widths=SMALL)  # type: ignore[arg-type]
    assert str(caught.value) == f"program lora: {message}"


def test_a_budget_too_small_for_the_widest_is_refused_before_anything_runs() -> None:
    told: list[Progress] = []
    with pytest.raises(BudgetError) as caught:
        largest_stable_rate(lora(), widths=SMALL, settings=Settings(memory=100_000), on_progress=told.append)
    assert "100000 bytes are too few at width 512; allow " in str(caught.value)
    assert told == []
