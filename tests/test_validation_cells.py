"""A cell is a pure function: its numbers do not depend on what runs with it, nor on how its tensors are kept."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import deep_linear, lora, toy  # noqa: E402 - after the check that torch is there
from gamma_calc.calculus.dims import Dim  # noqa: E402
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS  # noqa: E402
from gamma_calc.errors import ProgramError  # noqa: E402
from gamma_calc.language.initialisation import iid  # noqa: E402
from gamma_calc.language.leaves import data, parameter  # noqa: E402
from gamma_calc.language.program import Program, output  # noqa: E402
from gamma_calc.optimisers.adam import adam  # noqa: E402
from validation import Settings, measure_cell  # noqa: E402
from validation.arrays.draws import Draws  # noqa: E402
from validation.arrays.matrices import ImplicitRandomMatrix, LowRank  # noqa: E402
from validation.errors import BudgetError  # noqa: E402
from validation.executor.execute import TrainingRun  # noqa: E402
from validation.executor.graph import identity  # noqa: E402
from validation.executor.plan import Plan  # noqa: E402
from validation.executor.storage import StoragePlan, storage_plan  # noqa: E402

HALF = {"eta": "-1/2"}
PROGRAMS = {
    "A": lora(init="A", optimiser="sign").substitute(HALF),
    "AB adam": lora(init="AB", optimiser="adam").substitute(HALF),
    "AB adam with epsilon": lora(init="AB").substitute(HALF).replaced(optimiser=adam("-1")),
    "fresh adam": lora(init="A", fresh=True, loss="vector").substitute(HALF).replaced(optimiser=adam("-1")),
    "AB+": lora(init="AB+", optimiser="sign").substitute(HALF),
    "fresh": lora(init="A", optimiser="sign", fresh=True).substitute(HALF),
    "growing rank": lora(init="B", optimiser="sign", rank="growing").substitute({"eta": "-1", "rho": "1/2"}),
    "deep sgd": deep_linear(PARAMETRISATIONS["mup"], hidden_layers=2),
    "deep adam": deep_linear(PARAMETRISATIONS["mup-adam"], hidden_layers=1, optimiser="adam"),
    "toy": toy(init="1").substitute({"eta": "-1"}),
}


@pytest.fixture(params=PROGRAMS, scope="module")
def program(request: Any) -> Program:
    return PROGRAMS[request.param]


def test_chunks_of_seeds_give_identical_numbers(program: Program) -> None:
    whole = measure_cell(program, 96, range(5), Settings(steps=3))
    need = Plan(program, 96, {}).numbers(3) * 8
    for at_once in (2, 3):
        parts = measure_cell(program, 96, range(5), Settings(steps=3, memory=at_once * need))
        assert np.array_equal(whole.sizes, parts.sizes)
        assert np.array_equal(whole.aligned, parts.aligned)


def test_a_seed_run_alone_gives_identical_numbers(program: Program) -> None:
    whole = measure_cell(program, 96, range(5), Settings(steps=3))
    alone = measure_cell(program, 96, [3], Settings(steps=3))
    assert np.array_equal(whole.sizes[:, 3:4], alone.sizes)


def test_a_rate_run_alone_gives_identical_numbers(program: Program) -> None:
    both = measure_cell(program, 96, range(3), Settings(steps=3), rates=(1.0, 0.25))
    alone = measure_cell(program, 96, range(3), Settings(steps=3), rates=(0.25,))
    assert np.array_equal(both.sizes[1:], alone.sizes)


def test_changes_are_the_sums_of_their_parts(program: Program) -> None:
    assert measure_cell(program, 96, range(4), Settings(steps=4)).residual.max() < 1e-12


def test_the_memory_of_a_run_ends_with_it(program: Program) -> None:
    """Without waiting for the collector of cycles: one run at a large width takes what the budget has."""
    draws = Draws("a run", 32, (0, 1), 1, torch.float64, torch.device("cpu"))
    gc.disable()
    try:
        run = TrainingRun(Plan(program, 32, {}), draws, torch.ones(2, dtype=torch.float64))
        run.take_step(1)
        ended = weakref.ref(run)
        del run
        assert ended() is None
    finally:
        gc.enable()


def test_seeds_and_widths_differ(program: Program) -> None:
    found = measure_cell(program, 96, range(2), Settings(steps=1))
    assert not np.array_equal(found.sizes[0, 0], found.sizes[0, 1])


@pytest.mark.parametrize(
    "name", ["A", "AB adam", "AB adam with epsilon", "AB+", "fresh", "growing rank", "deep adam", "toy"]
)
def test_keeping_gradients_factored_changes_nothing_but_rounding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = measure_cell(PROGRAMS[name], 96, range(3), Settings(steps=3))
    monkeypatch.setattr(StoragePlan, "factored", lambda *_: False)
    monkeypatch.setattr(StoragePlan, "one_sided", lambda *_: None)
    written_out = measure_cell(PROGRAMS[name], 96, range(3), Settings(steps=3))
    assert np.allclose(kept.sizes, written_out.sizes, rtol=1e-9, atol=1e-13)
    assert np.allclose(kept.aligned, written_out.aligned, rtol=1e-9, atol=1e-13)


def test_matrices_drawn_as_they_are_seen_have_the_law_of_those_drawn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same training of a deep network, in law: mean log sizes agree within their standard errors."""
    program, settings, rates = PROGRAMS["deep sgd"], Settings(steps=2), (0.1,)
    assert any(storage_plan(program).implicit(p) for p in program.parameters)
    seen = measure_cell(program, 64, range(300), settings, rates=rates)
    monkeypatch.setattr(StoragePlan, "implicit", lambda *_: False)
    whole = measure_cell(program, 64, range(300, 600), settings, rates=rates)
    for kind in ("sizes", "aligned"):
        logs = [np.log(getattr(c, kind)[0, :, 1:]) for c in (seen, whole)]
        error = np.sqrt(sum(x.var(0) / 300 for x in logs))
        assert (abs(logs[0].mean(0) - logs[1].mean(0)) < 4.5 * error + 1e-9).all()


def test_float32_agrees_with_float64_to_its_precision() -> None:
    kinds = ("float64", "float32")
    plain, single = (measure_cell(PROGRAMS["AB adam"], 96, range(256), Settings(steps=1, dtype=d)) for d in kinds)
    ours, theirs = (np.sqrt((c.sizes[0, :, 1] ** 2).mean(0)) for c in (plain, single))
    assert np.allclose(ours, theirs, rtol=0.2)


# -- random matrices that are drawn as they are seen -------------------------------------------------------------------


def matrix(seeds: int = 4, rows: int = 30, columns: int = 40) -> ImplicitRandomMatrix:
    draws = Draws("a program", 40, tuple(range(seeds)), 1, torch.float64, torch.device("cpu"))
    return ImplicitRandomMatrix(draws, "W", (rows, columns), 0.5)


def test_a_matrix_and_its_transpose_agree_on_every_pair_of_vectors() -> None:
    generator = torch.Generator().manual_seed(1)
    W = matrix()
    right = [torch.randn(4, 40, generator=generator, dtype=torch.float64) for _ in range(4)]
    left = [torch.randn(4, 30, generator=generator, dtype=torch.float64) for _ in range(4)]
    images = [(W.image(v, flipped=False), W.image(u, flipped=True)) for v, u in zip(right, left, strict=True)]
    for v, (Wv, _) in zip(right, images, strict=True):
        for u, (_, Wu) in zip(left, images, strict=True):
            assert torch.allclose((u * Wv).sum(-1), (Wu * v).sum(-1), atol=1e-11)


def test_it_is_linear_and_remembers() -> None:
    generator = torch.Generator().manual_seed(2)
    W = matrix()
    v, u = (torch.randn(4, 40, generator=generator, dtype=torch.float64) for _ in range(2))
    Wv, Wu = W.image(v, flipped=False), W.image(u, flipped=False)
    assert torch.allclose(W.image(2 * v - u, flipped=False), 2 * Wv - Wu, atol=1e-11)
    assert torch.allclose(W.image(v * 0, flipped=False), v[:, :30] * 0)


def test_its_law_is_that_of_independent_normal_entries() -> None:
    """Fully seen, along random vectors from both sides in turn, its entries have the right moments."""
    seeds, size = 400, 6
    W = matrix(seeds, size, size)
    generator = torch.Generator().manual_seed(3)
    for i in range(4):
        W.image(torch.randn(seeds, size, generator=generator, dtype=torch.float64), flipped=i % 2 == 1)
    identity_columns = torch.eye(size, dtype=torch.float64).expand(seeds, -1, -1)
    entries = torch.stack([W.image(identity_columns[:, i], flipped=False) for i in range(size)], -1).reshape(seeds, -1)
    spread = torch.corrcoef(entries.T) - torch.eye(size * size, dtype=torch.float64)
    assert (entries.square().mean(0) / 0.25 - 1).abs().max() < 5 * (2 / seeds) ** 0.5
    assert entries.mean(0).abs().max() < 5 * 0.5 / seeds**0.5
    assert spread.abs().max() < 5.5 / seeds**0.5


def test_the_sign_of_an_outer_product_is_the_outer_product_of_the_signs() -> None:
    generator = torch.Generator().manual_seed(4)
    u, w = (torch.randn(2, n, 1, generator=generator, dtype=torch.float64) for n in (3, 4))
    assert torch.equal(LowRank(u, w).sign().dense(), (u @ w.swapaxes(1, 2)).sign())


# -- identity and refusals ---------------------------------------------------------------------------------------------


def test_equal_programs_have_equal_names_and_others_do_not() -> None:
    one, same = (identity(lora(init="A").substitute(HALF)) for _ in range(2))
    others = {
        identity(lora(init="A").substitute({"eta": "-1"})),
        identity(lora(init="AB").substitute(HALF)),
        identity(lora(init="A", optimiser="sign").substitute(HALF)),
        identity(lora(init="A", fresh=True).substitute(HALF)),
    }
    assert one == same
    assert len(others | {one}) == 5


def test_open_exponents_are_refused() -> None:
    with pytest.raises(ProgramError) as error:
        measure_cell(lora(init="A"), 64, [0])
    assert str(error.value) == (
        "program lora: the exponents eta are open; a run needs a value for each, as in at={'eta': '-1/2'}"
    )


def test_a_budget_that_is_too_small_is_refused_with_one_that_does() -> None:
    program = PROGRAMS["A"]
    with pytest.raises(BudgetError) as error:
        measure_cell(program, 4096, [0, 1], Settings(memory=1000))
    assert "1000 bytes are too few at width 4096; allow" in str(error.value)
    enough = int(error.value.hint.split()[1].rstrip(","))
    assert measure_cell(program, 4096, [0, 1], Settings(memory=enough)).sizes.shape[1] == 2


def test_divergence_is_a_result() -> None:
    growing = lora(init="AB", optimiser="sgd").substitute({"eta": "6"})
    found = measure_cell(growing, 4096, range(2), Settings(steps=8, dtype="float32"))
    assert (found.diverged > 0).all()


def test_a_parameter_that_no_gradient_and_no_watch_needs_is_trained_too() -> None:
    n, w = Dim("n", 1), data("w", Dim("n", 1))
    a, bias = (parameter(name, n, init=iid(0), rate=0) for name in ("a", "bias"))
    program = Program("bias", w @ (a + bias), adam(), [output("a", a)])
    assert np.isfinite(measure_cell(program, 64, [0, 1], Settings(steps=2)).sizes).all()
