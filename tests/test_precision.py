"""Number formats against the width: rounded layers against autograd, derived widths, verdicts that can fail."""

import math
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import numpy as np
import torch
from drawn import are_alike

from gamma_calc.display.figure import svg
from gamma_calc.errors import UnknownName
from validation.arrays.draws import Draws
from validation.errors import BudgetError, SettingError
from validation.evidence.experiments.precision import FORMATS, LayerFormats, Precision, computed, outcome, page
from validation.evidence.experiments.precision.grid import RoundedBatch, RoundedCell, measure
from validation.evidence.experiments.precision.hazards import BY_NAME, HAZARDS
from validation.evidence.experiments.precision.layer import default_rate, layer_orders
from validation.evidence.experiments.precision.outcome import NEVER, PrecisionOutcome, Range, judged, measured_widths
from validation.evidence.experiments.precision.simulate import NAME, LayerSize, RoundedLayer, _pairwise, _running
from validation.statistics.verdict import Verdict
from validation.sweep import Store
from validation.sweep.errors import StoreError
from validation.sweep.refusals import refuse_others
from validation.sweep.versions import versions

SMALL = Precision(("A", "B"), ("bfloat16", "float32"), (64, 128, 256, 512, 1024), seeds=2, device="cpu")


def measured(grid: Precision) -> PrecisionOutcome:
    return outcome(grid, computed(grid))


@pytest.fixture(scope="module")
def found() -> PrecisionOutcome:
    return measured(SMALL)


# -- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_the_formats_are_those_of_torch(name: str) -> None:
    known, data = torch.finfo(getattr(torch, name)), FORMATS[name]
    assert (data.largest, data.normal, data.roundoff) == (known.max, known.tiny, known.eps / 2)
    assert data.subnormal == known.smallest_normal * known.eps


def test_sums_and_weights_never_have_fewer_digits_than_the_layer() -> None:
    assert LayerFormats.of("float64", "float32", "same", 0).sums.name == "float64"
    assert LayerFormats.of("float16", "float32", "same", 0).places["sums"].name == "float32"
    with pytest.raises(UnknownName, match="unknown kind of numbers 'bf16'; did you mean bfloat16"):
        LayerFormats.of("bf16", "same", "same", 0)


# -- rounded layers ---------------------------------------------------------------------------------------------------


def test_in_float64_a_rounded_layer_trains_as_autograd_and_torchs_adam_do() -> None:
    size = LayerSize(48, 5, {"A": 0.2, "B": 0.3}, 0.01)
    layer = RoundedLayer(size, LayerFormats.of("float64", "same", "same", 1e-8), [3], "cpu")
    draws = Draws(NAME, 48, (3,), 1, torch.float64, torch.device("cpu"))
    z, w = (draws.normal(name, (48, 1))[0, :, 0] for name in ("Z", "w"))
    A, B = ((d * draws.normal(name, (48, 5))[0]).requires_grad_() for name, d in (("A", 0.2), ("B", 0.3)))
    adam = torch.optim.Adam([A, B], lr=0.01, eps=1e-8)
    for step in range(1, 6):
        layer.take_step(step)
        adam.zero_grad()
        torch.autograd.backward(-(w @ (B @ (A.T @ z))) / 48)
        adam.step()
    assert torch.allclose(layer.now["A"][0], A.detach(), rtol=1e-9, atol=0)
    assert torch.allclose(layer.now["B"][0], B.detach(), rtol=1e-9, atol=0)


def test_a_running_sum_stands_still_where_a_unit_is_absorbed() -> None:
    ones = torch.ones(1, 1000, 1, dtype=torch.bfloat16)
    assert (_running(ones).item(), _pairwise(ones.float()).item()) == (256, 1000)


def test_every_hazard_is_looked_at_and_no_seed_depends_on_what_is_beside_it() -> None:
    setting = SMALL.cell("A", LayerFormats.of("bfloat16", "float32", "same", 0), 64, 0).setting
    both = measure(RoundedBatch(setting, 64, (0, 1), versions()))
    alone = measure(RoundedBatch(setting, 64, (1,), versions()))
    np.testing.assert_array_equal(both[1].sizes, alone[0].sizes)
    np.testing.assert_array_equal(both[1].aligned, alone[0].aligned)
    assert both[0].quantities == tuple(BY_NAME)


# -- what is derived --------------------------------------------------------------------------------------------------


def test_z_a_leaves_half_precision_beyond_four_billion_and_b_far_beyond_that() -> None:
    orders, half = layer_orders("A", Fraction(-1, 2), 4), LayerFormats.of("float16", "same", "same", 0)
    gammas = {name: orders.of(BY_NAME[name], 3) for name in ("Z_A overflows", "B vanishes", "dA is absorbed")}
    assert gammas == {"Z_A overflows": Fraction(1, 2), "B vanishes": Fraction(-1, 2), "dA is absorbed": 0}
    overflow, vanishing, absorbed = (
        BY_NAME[name].width(1, float(gamma or 0), BY_NAME[name].limits(half)[0]) for name, gamma in gammas.items()
    )
    assert overflow == pytest.approx(65504**2)
    assert vanishing == pytest.approx(2.0**50)
    assert absorbed == math.inf


def test_from_init_b_a_step_of_b_is_absorbed_from_one_over_the_roundoff_on() -> None:
    orders, hazard = layer_orders("B", default_rate("B"), 4), BY_NAME["dB is absorbed"]
    assert orders.of(hazard, 3) == -1
    assert orders.of(hazard, 0) is None  # no step yet
    limits = hazard.limits(LayerFormats.of("bfloat16", "same", "same", 0))
    assert [round(hazard.width(1, -1, limit)) for limit in limits] == [512, 256]


@pytest.mark.parametrize("hazard", HAZARDS, ids=lambda h: h.name)
def test_no_size_is_in_danger_in_float64_at_any_width_that_there_is(hazard: object) -> None:
    for init in ("A", "B", "AB"):
        orders, exact = layer_orders(init, default_rate(init), 4), LayerFormats.of("float64", "same", "same", 1e-8)
        gammas = [g for t in range(4) if (g := orders.of(hazard, t)) is not None]  # type: ignore[arg-type]
        assert all(hazard.width(hazard.factor, float(g), hazard.limits(exact)[1]) >= 1e7 for g in gammas)  # type: ignore[attr-defined]


# -- what is measured -------------------------------------------------------------------------------------------------


def test_bfloat16_weights_lose_the_steps_of_b_and_float32_weights_keep_them(found: PrecisionOutcome) -> None:
    lost = found.of("B", LayerFormats.of("bfloat16", "float32", "same", 1e-8), "dB is absorbed")
    kept = found.of("B", LayerFormats.of("bfloat16", "float32", "float32", 1e-8), "dB is absorbed")
    assert (lost.verdict, lost.measured) == (Verdict.CONFIRMED, Range(256, 512))
    assert lost.derived.low < 512 < lost.derived.high
    assert (kept.verdict, kept.measured) == (Verdict.CONFIRMED, NEVER)
    assert kept.derived.low > 1e6


def test_from_init_a_no_step_is_absorbed_and_running_sums_stall(found: PrecisionOutcome) -> None:
    own = LayerFormats.of("bfloat16", "same", "same", 1e-8)
    assert found.of("A", own, "dB is absorbed").derived.low == math.inf
    first = found.first("A", own)
    assert first is None or first.hazard.kind.name == "stalls"
    assert found.first("A", LayerFormats.of("bfloat16", "float32", "same", 1e-8)) is None
    assert Verdict.REFUTED not in {f.verdict for f in found.findings}


def test_half_precision_means_of_squares_vanish_and_break_the_factors() -> None:
    grid = Precision(("A",), ("float16",), (256, 512, 1024, 2048), 2, sums=("same",), weights=("same",), device="cpu")
    found = measured(grid)
    (half,) = grid.arithmetics
    assert found.of("A", half, "v_B vanishes").verdict is Verdict.CONFIRMED
    assert found.broken["A", half] == 256


# -- verdicts ---------------------------------------------------------------------------------------------------------

WIDTHS = (64, 128, 256, 512)


@pytest.mark.parametrize(
    ("derived", "measured", "broken", "verdict"),
    [
        (Range(100, 200), Range(64, 128), math.inf, Verdict.CONFIRMED),
        (Range(300, 500), Range(64, 128), math.inf, Verdict.REFUTED),
        (Range(100, 200), NEVER, math.inf, Verdict.REFUTED),
        (Range(1e4, 1e6), NEVER, math.inf, Verdict.CONFIRMED),
        (Range(300, 1e6), NEVER, math.inf, Verdict.UNDECIDED),
        (Range(300, 400), NEVER, 128, Verdict.UNDECIDED),
        (Range(30, 40), NEVER, 64, Verdict.UNDECIDED),
        (Range(30, 40), NEVER, 128, Verdict.REFUTED),
        (Range(300, 1e6), Range(256, math.inf), math.inf, Verdict.UNDECIDED),
    ],
)
def test_a_verdict_can_fail(derived: Range, measured: Range, broken: float, verdict: Verdict) -> None:
    assert judged(derived, measured, WIDTHS, broken)[0] is verdict


def test_a_width_is_measured_between_the_last_without_and_the_first_with_all_seeds() -> None:
    wrong = np.array([[0, 0], [0, 1], [1, 1], [1, 1]], dtype=bool)
    assert measured_widths(WIDTHS, wrong) == Range(64, 256)
    assert measured_widths(WIDTHS, ~wrong | wrong) == Range(0, 64)
    assert measured_widths(WIDTHS, wrong & ~wrong) == NEVER


# -- what is refused --------------------------------------------------------------------------------------------------


def test_what_cannot_be_run_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName, match="unknown initialisation 'C'"):
        Precision(("C",))
    with pytest.raises(SettingError, match="epsilon -1; give 0 or a small positive number"):
        Precision(epsilons=(-1.0,), device="cpu")
    monkeypatch.setattr("validation.evidence.experiments.precision.grid.allowed", lambda _: 10**6)
    with pytest.raises(BudgetError, match=r"--widths: width 1024 takes 0.0 GB, .*; widths to 256 fit"):
        Precision(widths=(64, 128, 256, 1024), device="cpu")


def test_a_store_of_another_experiment_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    refuse_others(path, NAME)
    with Store.open(path) as store:
        job = SMALL.jobs[0]
        assert isinstance(job, RoundedCell)
        work, batch = SMALL.task((job,))
        store.put(zip((job,), work(batch), strict=True))
    before = path.read_bytes()
    refuse_others(path, NAME)
    with pytest.raises(StoreError, match="is the store of precision, not of teacher-student; name another file"):
        refuse_others(path, "teacher-student")
    assert path.read_bytes() == before


# -- the recorded run -------------------------------------------------------------------------------------------------


def test_the_page_is_that_of_the_record() -> None:
    assert (page.RESULTS / "precision.md").read_text(encoding="utf-8") == page.page(page.RECORD.read_text("utf-8"))


def test_the_figures_are_those_of_the_record() -> None:
    pytest.importorskip("matplotlib")
    folder, drawn = page.RECORD.parent, page.recorded(page.RECORD.read_text(encoding="utf-8")).figures
    assert sorted(path.stem for path in folder.glob("*.svg")) == sorted(drawn)
    kept = {name: (folder / f"{name}.svg").read_text("utf-8") for name in drawn}
    assert [name for name, figure in drawn.items() if not are_alike(kept[name], svg(figure))] == []
    assert not are_alike(kept["widths"], kept["widths"].replace("M 1", "M 2", 1))


def test_a_record_gives_back_its_outcome() -> None:
    text = page.RECORD.read_text(encoding="utf-8")
    kept = page.recorded(text)
    assert page.record(kept.outcome, kept.sizes).partition("\n")[2] == text.partition("\n")[2]
    assert Verdict.REFUTED not in {f.verdict for f in kept.outcome.findings}
