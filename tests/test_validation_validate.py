"""validate, from a program to a verdict; the reference table; bad settings."""

import inspect
import json
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import deep_linear, derive, lora  # noqa: E402 - after the checks
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS  # noqa: E402
from gamma_calc.errors import GammaError  # noqa: E402
from validation import Progress, Validation, Verdict, measure_cell, validate  # noqa: E402
from validation.evidence.runs.fuzz import fuzz  # noqa: E402
from validation.executor.settings import Settings  # noqa: E402
from validation.measurement.stable_rate import largest_stable_rate  # noqa: E402
from validation.statistics.cause import Cause  # noqa: E402
from validation.sweep import Grid  # noqa: E402

SMALL = tuple(2**k for k in range(8, 14))


@pytest.fixture(scope="module")
def small() -> Validation:
    return validate(lora(init="B", optimiser="sign"), {"eta": -1}, widths=SMALL, seeds=8, most_seeds=16, steps=2)


def test_rows_hold_prediction_and_measurement(small: Validation) -> None:
    row = small.row("Z_B.aligned", 2)
    assert row.predicted == Fraction(-1, 2)
    assert row.measured == pytest.approx(-0.5, abs=0.15)
    assert small.row("delta2", 1).predicted is None
    assert small.row("delta2", 1).reason == "exactly zero at every width"


def test_json_has_a_row_for_each_quantity_and_step(small: Validation) -> None:
    found = json.loads(small.to_json())
    assert set(found["rows"][0]) >= {"quantity", "step", "predicted", "measured", "low", "high", "verdict"}
    assert found["verdict"] in {"confirmed", "refuted", "undecided"}
    assert {r["predicted"] for r in found["rows"]} >= {"-inf", "0", "-1/2", "-1"}


def test_the_table_has_the_worst_rows_first_and_the_verdict_last(small: Validation) -> None:
    lines = str(small).splitlines()
    assert max(map(len, lines)) <= 80
    verdicts = [line.split()[-1] for line in lines[2 : 2 + len(small.rows)]]
    assert verdicts == sorted(verdicts, key=["refuted", "undecided", "confirmed"].index)
    assert lines[-1].startswith(f"  {small.verdict.value}: ")
    assert f"{sum(row.verdict is small.verdict for row in small.rows)} {small.verdict.value}" in lines[-1]
    assert repr(small).startswith("<Validation of lora: ")


def test_the_figure_is_written(small: Validation, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    small.figure(tmp_path / "lines.svg")
    assert (tmp_path / "lines.svg").read_text(encoding="utf-8").count("<svg") == 1
    with pytest.raises(GammaError, match="cannot write the figure"):
        small.figure(tmp_path / "nowhere" / "lines.svg")


def test_a_derivation_can_be_given_for_its_program() -> None:
    told: list[Progress] = []
    derivation = derive(deep_linear(PARAMETRISATIONS["mup-adam"], optimiser="sign"))
    found = validate(derivation, widths=SMALL[:4], seeds=2, most_seeds=2, steps=1, on_progress=told.append)
    assert [p.width for p in told][:4] == list(SMALL[:4])
    assert {r.step for r in found.rows} == {1}


def test_a_validation_repeats_exactly() -> None:
    first, second = (
        validate(lora(init="A"), {"eta": -1}, widths=SMALL[:4], seeds=4, most_seeds=4, steps=1).to_json()
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widths": (64, 128, 256)}, "3 widths (64, 128, 256); a slope and its drift need at least four"),
        ({"widths": (64, 128, 128, 256)}, "widths 64, 128, 128, 256; give them increasing, from 2 on"),
        ({"seeds": 1}, "1 seed; an interval needs at least two"),
        ({"steps": 0}, "0 steps; a run takes at least one step"),
        ({"dtype": "float16"}, "unknown kind of numbers 'float16'; did you mean float64 or float32?"),
        ({"device": "gpu"}, "unknown device 'gpu'; did you mean cpu?"),
        ({"sizes": {"r": 0}}, "dimension r of size 0; a size is at least 1"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(GammaError) as error:
        validate(lora(init="A"), {"eta": -1}, **settings)
    assert str(error.value) == message


WRONG: list[Any] = [None, 5, -1, 0.5, "text", b"x", [1], {"a": 1}, object(), True, float("nan"), ["x"], (None,)]
FUNCTIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "validate": (validate, {"program": lora(), "at": {"eta": -1}, "widths": SMALL[:4]}),
    "largest_stable_rate": (largest_stable_rate, {"program": lora(), "widths": SMALL[:4]}),
    "measure_cell": (measure_cell, {"program": lora().substitute({"eta": -1}), "width": 64, "seeds": [0]}),
    "Settings": (Settings, {}),
    "Grid": (Grid, {"axes": {"eta": [-1]}, "widths": [64], "seeds": 1}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_of_a_wrong_type_end_in_an_error_of_the_family(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each argument in turn; what is accepted may run, on no more than a few cells."""
    monkeypatch.setattr("validation.measurement.validate.Cells.run", Stopped.stop)
    monkeypatch.setattr("validation.measurement.rate_search.Search.add", Stopped.stop)
    monkeypatch.setattr("validation.executor.cell.execute", Stopped.stop)
    function, good = FUNCTIONS[name]
    refused: list[str] = []
    for argument, wrong in product(inspect.signature(function).parameters, WRONG):
        try:
            function(**good | {argument: wrong})
        except GammaError as error:
            refused.append(str(error))
        except Stopped:
            pass
    assert all("\n" not in text and len(text) < 300 for text in refused)
    assert len(refused) >= 4 * len(inspect.signature(function).parameters)


class Stopped(Exception):  # noqa: N818 - no error
    """Everything was accepted."""

    @staticmethod
    def stop(*_: object, **__: object) -> None:
        raise Stopped


def test_open_exponents_are_refused() -> None:
    with pytest.raises(GammaError, match="exponents eta are open"):
        validate(lora(init="A"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(GammaError, match="no cuda device is there; use cpu"):
        Settings(device="cuda")


# -- the two readings against each other -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lora", "deep"])
def test_nothing_is_refuted_among_a_few_random_programs(kind: str) -> None:
    for outcome in fuzz(kind, 1000, 2, widths=(81, 256, 625, 1296), wider=(), seeds=32, most_seeds=32):
        assert outcome.validation.verdict is not Verdict.REFUTED, str(outcome)


# -- numbers out of range ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eta", "dtype"),
    [("-50", "float64"), ("-80", "float64"), ("300", "float64"), ("-300", "float64"), ("-8", "float32")],
)
def test_what_no_number_can_hold_is_undecided(eta: str, dtype: str) -> None:
    found = validate(lora("A"), {"eta": eta}, widths=(64, 128, 256, 512), steps=2, seeds=4, most_seeds=4, dtype=dtype)
    assert found.verdict is Verdict.UNDECIDED
    assert not [r for r in found.rows if r.verdict is Verdict.REFUTED]
    assert {r.cause for r in found.rows} & {Cause.OVERFLOW, Cause.OUT_OF_RANGE}
