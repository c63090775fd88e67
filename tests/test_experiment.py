"""The teacher-student experiment: its numbers against autograd, its store, its exponents from curves of a known law."""

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import numpy as np
import torch

from gamma_calc import derive
from gamma_calc.catalogue.student import STARTS, student
from gamma_calc.display.blocks import plain
from gamma_calc.errors import GammaError, UnknownName
from validation.arrays.draws import Draws
from validation.evidence.experiments import ExperimentOutcome, TeacherStudent, blocks, outcome, rates_of
from validation.evidence.experiments.batch import train
from validation.evidence.experiments.outcome import largest_with_bounded_output
from validation.evidence.experiments.student import (
    QUANTITIES,
    SAMPLES,
    StudentBatch,
    measure,
    program_of,
    teacher_samples,
)
from validation.executor.plan import Plan
from validation.statistics.verdict import Verdict
from validation.sweep import CellResult, Job, Store, run
from validation.sweep.versions import versions

CPU = torch.device("cpu")
SMALL = TeacherStudent(inits=("A", "B"), readouts=("sp",), widths=(16, 32, 64, 128), seeds=2, steps=2, device="cpu")
LAWS = TeacherStudent(
    inits=("A", "B"), readouts=("sp", "mup"), widths=(128, 256, 512, 1024), seeds=4, steps=5, device="cpu"
)
BOUNDED = {  # the exponent of the largest rate at which f stays O(1)
    ("A", "sp"): Fraction("-3/4"),
    ("A", "mup"): Fraction("-1/2"),
    ("B", "sp"): Fraction(-1),
    ("B", "mup"): Fraction("-1/2"),
    ("AB", "sp"): Fraction("-3/4"),
    ("AB", "mup"): Fraction("-1/2"),
}


# -- numbers ----------------------------------------------------------------------------------------------------------


def by_hand(draws: Draws, samples: dict[str, torch.Tensor], width: int, rate: float, steps: int) -> list[float]:
    """Mean squared errors of the same network under autograd and torch's own Adam."""
    w_in = draws.normal("W_in", (width, 5))[0]
    w_out = draws.normal("w_out", (width,))[0] / width**0.5
    A = (draws.normal("A", (4, width))[0] / width**0.5).requires_grad_()
    B = (draws.normal("B", (width, 4))[0] / width**0.5).requires_grad_()
    optimiser = torch.optim.Adam([A, B], lr=rate, eps=1e-300)

    def loss() -> torch.Tensor:
        h = samples["x"] @ w_in.T
        f = (h + h.relu() @ A.T @ B.T).relu() @ w_out
        value: torch.Tensor = (f - samples["y"]).square().mean()
        return value

    found = []
    for _ in range(steps):
        optimiser.zero_grad()
        now = loss()
        torch.autograd.backward(now)
        found.append(float(now.detach()))
        optimiser.step()
    return [*found, float(loss().detach())]


def test_a_batch_of_samples_trains_as_autograd_and_torchs_adam_do() -> None:
    draws = Draws("any", 24, (3,), 1, torch.float64, CPU)
    samples = {name: x.double() for name, x in teacher_samples(3, CPU).items()}
    plan = Plan(program_of("AB", "sp"), 24, {"d": 5, "r": 4}, with_loss=True)
    rates = (0.001, 0.03)
    found = train(plan, draws, samples, rates, steps=6)
    for rate, losses in zip(rates, found.losses, strict=True):
        assert losses.tolist() == pytest.approx(by_hand(draws, samples, 24, rate, 6), rel=1e-9)


def test_a_size_is_the_root_mean_square_over_entries_and_samples() -> None:
    draws = Draws("any", 8, (0,), 1, torch.float64, CPU)
    samples = {name: x.double() for name, x in teacher_samples(0, CPU).items()}
    plan = Plan(program_of("A", "sp"), 8, {"d": 5, "r": 4}, with_loss=True)
    found = train(plan, draws, samples, (0.1,), steps=0)
    Z = (samples["x"] @ draws.normal("W_in", (8, 5))[0].T).relu()
    Z_A = Z @ (draws.normal("A", (4, 8))[0] / 8**0.5).T
    assert found.sizes[0, 0, found.quantities.index("Z_A")].item() == pytest.approx(Z_A.square().mean().sqrt().item())
    assert found.sizes[0, 0, found.quantities.index("Z_B")].item() == 0


def test_no_number_depends_on_the_rates_beside_it() -> None:
    batch = StudentBatch("B", "mup", 48, 1, 3, "cpu", (1e-3, 1e-2, 1e-1), versions())
    alone = [measure(replace(batch, rates=(rate,)))[0] for rate in batch.rates]
    assert [m.sizes.tolist() for m in measure(batch)] == [m.sizes.tolist() for m in alone]


def test_the_teacher_is_the_same_for_all_students_of_a_seed_and_of_size_one() -> None:
    one, again, other = (teacher_samples(seed, CPU) for seed in (0, 0, 1))
    assert torch.equal(one["y"], again["y"])
    assert not torch.equal(one["y"], other["y"])
    assert len(one["y"]) == SAMPLES
    assert one["y"].square().mean().item() == pytest.approx(1)


def test_overflow_is_a_result() -> None:
    (found,) = measure(StudentBatch("AB", "sp", 16, 0, 4, "cpu", (1e30,), versions()))
    assert found.diverged == 1
    assert np.isfinite(found.sizes[0]).all()


# -- what is derived --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("init", "readout"), BOUNDED)
def test_the_edge_does_not_see_the_readout_and_the_output_does(init: str, readout: str) -> None:
    found = derive(student(init, readout=readout))
    assert found.conditions["stable"].largest["eta"].value == Fraction(-1 if init == "B" else "-1/2")
    assert largest_with_bounded_output(init, readout) == BOUNDED[init, readout]


def test_a_start_that_is_no_independent_draw_is_refused() -> None:
    assert {"A", "B", "AB"} <= set(STARTS)
    with pytest.raises(UnknownName, match="unknown initialisation 'pissa'"):
        student("pissa")


# -- the store --------------------------------------------------------------------------------------------------------


def test_a_second_run_computes_nothing_and_more_seeds_only_the_new(tmp_path: Path) -> None:
    with Store.open(tmp_path / "cells.sqlite") as store:
        first = run(SMALL, store)
        again = run(SMALL, store)
        more = run(replace(SMALL, seeds=3), store)
    assert (first.before, first.done, first.failed) == (0, len(SMALL.jobs), 0)
    assert (again.before, again.done) == (len(SMALL.jobs), len(SMALL.jobs))
    assert (more.before, more.total) == (len(SMALL.jobs), len(SMALL.jobs) * 3 // 2)


def test_a_run_that_is_stopped_keeps_every_batch_before(tmp_path: Path) -> None:
    def stop(now: object) -> None:
        if getattr(now, "done", 0) >= 2 * len(SMALL.rates):
            raise KeyboardInterrupt

    with Store.open(tmp_path / "cells.sqlite") as store:
        with pytest.raises(KeyboardInterrupt):
            run(SMALL, store, on_progress=stop)
        assert len(store.keys()) == 2 * len(SMALL.rates)
        assert run(SMALL, store).before == 2 * len(SMALL.rates)
        whole = {row.key: row.measured.sizes.tolist() for row in store.rows()}
    with Store.open(tmp_path / "other.sqlite") as store:
        run(SMALL, store)
        assert {row.key: row.measured.sizes.tolist() for row in store.rows()} == whole


@pytest.mark.parametrize("change", [{"steps": 3}, {"rates": (0.11, 0.2, 0.4)}, {"readouts": ("mup",)}])
def test_what_decides_the_numbers_decides_the_key(change: dict[str, object]) -> None:
    other = replace(SMALL, **change)  # type: ignore[arg-type]
    assert not {job.key for job in SMALL.jobs} & {job.key for job in other.jobs}


# -- exponents from curves of a known law -----------------------------------------------------------------------------


Law = Callable[[str, str, float, float], tuple[float, float, float]]


def expected(init: str, readout: str, n: float, rate: float) -> tuple[float, float, float]:
    """Z_A, Z_B and a loss, as they are derived, with a least loss at the largest rate that keeps f bounded."""
    best = 0.3 * n ** float(BOUNDED[init, readout])
    Z_A = 1 + rate * n if init == "A" else rate * n
    Z_B = rate**2 * n if init == "A" else rate * n
    return Z_A, Z_B, parabola(rate / best)


def parabola(x: float) -> float:
    """On log axes."""
    return float(np.exp(np.log(x) ** 2 / 5))


def with_law(law: Law, grid: TeacherStudent = LAWS) -> ExperimentOutcome:
    def measured(job: Job) -> CellResult:
        axes = dict(job.setting.axes)
        near = job.width * (1 + 0.01 * (job.seed % 3))
        numbers = law(axes["init"], axes["readout"], near, float(axes["rate"]))
        return CellResult(QUANTITIES, np.tile(numbers, (grid.steps + 1, 1)), np.zeros((grid.steps + 1, 3)), 0.0, -1)

    return outcome(grid, {job.key: measured(job) for job in grid.jobs})


def test_curves_of_the_derived_law_are_confirmed_and_reported_with_their_exponents() -> None:
    found = with_law(expected)
    assert found.verdict is Verdict.CONFIRMED
    for e in found.exponents:
        assert e.row.measured is not None
        if e.row.quantity != "Z_A":  # 1 + rate n is no power
            assert e.row.measured == pytest.approx(float(e.row.predicted or 0), abs=0.03)
    edge = found.of("B", "sp", "largest stable rate", 5)
    assert edge.values == pytest.approx(1 / np.array(LAWS.widths), rel=0.03)
    assert found.of("A", "sp", "rate of the least loss", 5).reported


def test_a_ratio_of_two_starts_is_above_one_where_its_interval_is() -> None:
    found = with_law(expected)
    edges = found.ratio("sp", "largest stable rate", 5, ("A", "B"), 512)
    assert [edges.least, edges.most] == pytest.approx([512**0.5, 1024**0.5], rel=0.03)
    assert edges.above_one == "confirmed"
    assert found.ratio("sp", "largest stable rate", 5, ("B", "A"), 512).above_one == "refuted"
    assert found.ratio("mup", "rate of the least loss", 5, ("A", "B"), 512).above_one == "undecided"


def test_curves_of_another_law_are_refuted() -> None:
    def steeper(init: str, readout: str, n: float, rate: float) -> tuple[float, float, float]:
        Z_A, _, loss = expected(init, readout, n, rate)
        return Z_A, rate * n**1.5, loss

    found = with_law(steeper)
    assert found.verdict is Verdict.REFUTED
    assert found.of("B", "sp", "largest stable rate", 5).row.measured == pytest.approx(-1.5, abs=0.03)


def test_what_the_loss_prefers_is_not_judged() -> None:
    def elsewhere(init: str, readout: str, n: float, rate: float) -> tuple[float, float, float]:
        Z_A, Z_B, _ = expected(init, readout, n, rate)
        return Z_A, Z_B, parabola(rate * n**0.25)

    found = with_law(elsewhere)
    assert found.verdict is Verdict.CONFIRMED
    assert found.of("A", "sp", "rate of the least loss", 5).row.measured == pytest.approx(-0.25, abs=0.03)
    assert "Exponent of the rate of the least loss (reported, not judged)" in plain(blocks(found))


def test_an_edge_outside_the_rates_is_told_with_the_widths() -> None:
    found = with_law(expected, replace(LAWS, rates=rates_of("2e-3:1:9")))
    assert found.verdict is Verdict.UNDECIDED
    edge = found.of("B", "mup", "largest stable rate", 5)
    assert edge.row.reason.endswith("outside the rates tried at n = 512, 1024: give a wider range of rates")
    told = plain(blocks(found), 200)
    assert "largest stable rate, B, mup, 5 steps: " + edge.row.reason in told


def test_overflow_above_the_edge_is_no_obstacle() -> None:
    def overflowing(init: str, readout: str, n: float, rate: float) -> tuple[float, float, float]:
        found = expected(init, readout, n, rate)
        return found if rate < 0.5 else (np.nan, np.nan, np.nan)

    assert with_law(overflowing).verdict is Verdict.CONFIRMED


def test_the_outcome_is_one_object_of_json() -> None:
    found = json.loads(with_law(expected).to_json())
    assert found["verdict"] == "confirmed"
    assert {row["verdict"] for row in found["rows"]} == {"confirmed", "reported"}
    assert len(found["rows"]) == 4 * 4
    assert len(found["rows"][0]["values"]) == len(LAWS.widths)


# -- the grid ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inits": ("A", "C")}, "unknown initialisation 'C'; known: "),
        ({"inits": ("A", "A")}, "initialisations A, A; name at least one, each once"),
        ({"readouts": ("mp",)}, "unknown readout 'mp'; did you mean mup or sp?"),
        ({"widths": (64, 128)}, "2 widths (64, 128); a slope and its drift need at least four"),
        ({"seeds": 1}, "1 seed; an interval needs at least two"),
        ({"steps": 0}, "0 steps; a run takes at least one step"),
        ({"rates": (0.1, 0.1, 0.2)}, "rates 0.1, 0.1, 0.2; give three or more, positive and increasing"),
        ({"rates": (0.1, 0.2)}, "rates 0.1, 0.2; give three or more, positive and increasing"),
        ({"rates": (0.0, 0.2, 0.3)}, "rates 0, 0.2, 0.3; give three or more, positive and increasing"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused_in_one_line(settings: dict[str, object], message: str) -> None:
    with pytest.raises(GammaError) as error:
        TeacherStudent(**settings)  # type: ignore[arg-type]
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    "text", ["", "1:2", "1:2:3:4", "0:1:5", "2:1:5", "1e-3:1:2", "1e-3:1:2.5", "1e-3:inf:x", "a,b"]
)
def test_what_is_no_range_of_rates_is_refused(text: str) -> None:
    with pytest.raises(GammaError, match="is no range of rates; write LOW:HIGH:COUNT"):
        rates_of(text)
