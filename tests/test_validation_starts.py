"""Every start in the catalogue runs, and one that is computed from the sample is what its expression says."""

from typing import Any

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import Dim, Program, data, given, internal, lora, other, parameter  # noqa: E402 - after torch
from gamma_calc.catalogue.initialisations import INITIALISATIONS  # noqa: E402
from gamma_calc.optimisers import OPTIMISERS  # noqa: E402
from validation import Settings, Verdict, measure_cell, validate  # noqa: E402
from validation.arrays.draws import Draws  # noqa: E402
from validation.executor.execute import TrainingRun  # noqa: E402
from validation.executor.graph import identity  # noqa: E402
from validation.executor.plan import Plan  # noqa: E402

OPEN = {"eta": "-1", "a0": "-1/2", "b0": "-1/2"}
ALONG = [i.name for i in INITIALISATIONS.values() if i.along]
WIDTHS = (128, 256, 512, 1024, 2048)


def values(program: Program) -> dict[str, str]:
    return {name: OPEN[name] for name in program.variables}


def begun(program: Program, width: int, seeds: int) -> tuple[TrainingRun, Draws]:
    draws = Draws(identity(program), width, tuple(range(seeds)), 1, torch.float64, torch.device("cpu"))
    return TrainingRun(Plan(program, width, {}), draws, torch.ones(seeds, dtype=torch.float64)), draws


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_every_start_of_the_catalogue_runs(name: str) -> None:
    program = lora(name)
    found = measure_cell(program.substitute(values(program)), 32, range(3), Settings(steps=2))
    assert np.isfinite(found.sizes).all()
    assert found.residual.max() < 1e-12
    start = dict(zip(found.quantities, found.sizes[0, :, 0].T, strict=True))
    zero = {q for q in ("A", "B") if order_of_start(program, q).is_zero_quantity}
    assert {q for q in ("A", "B") if not start[q].any()} == zero


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_every_start_of_the_catalogue_is_validated(name: str) -> None:
    program = lora(name, optimiser="sign")
    found = validate(program, values(program), widths=(16, 32, 64, 128), seeds=4, most_seeds=4, steps=1)
    assert {r.quantity for r in found.rows} >= {"A", "B", "Z_A", "Z_B"}


def order_of_start(program: Program, name: str) -> Any:
    start = INITIALISATIONS[program.notes[0].split()[1].rstrip(":")]
    return dict(zip("AB", start.entries(), strict=True))[name]


@pytest.mark.parametrize("name", ALONG)
def test_a_start_along_the_sample_is_what_it_says(name: str) -> None:
    program = lora(name).substitute({"eta": "-1"})
    run, draws = begun(program, 64, 3)
    entry = 64 ** float(INITIALISATIONS[name].entries()[0].rational)
    off, share, Z = (draws.normal(k, s) for k, s in (("A off Z", (5, 64)), ("u", (5,)), ("Z", (64,))))
    assert torch.allclose(run.now["A"], entry * (off + share[..., None] * Z[:, None, :]), rtol=1e-12, atol=0)


def test_training_moves_a_copy_of_what_a_start_is_given_as() -> None:
    """The start is the sample itself, and the sample stays."""
    n = Dim("n", 1)
    Z = data("Z", n)
    a = parameter("a", n, init=given(Z), rate="0")
    program = Program("own sample", a @ Z, OPTIMISERS["sgd"], [other("Z", Z), internal("a", a)])
    found = measure_cell(program, 64, range(3), Settings(steps=2))
    size, moved = found.sizes[0, :, :, 0], found.sizes[0, :, :, 1]
    assert np.array_equal(size, np.repeat(size[:, :1], 3, axis=1))
    assert np.allclose(moved, size * [1, 0, 1])  # a is Z, Z - Z, -Z


def test_a_given_start_counts_in_the_name_of_a_program() -> None:
    starts = [lora("eva"), lora("eva", a0="-1/4"), lora("A")]
    assert len({identity(p.substitute({"eta": -1})) for p in starts}) == 3
    assert identity(starts[0].substitute({"eta": -1})) == identity(lora("lora-one", b0="-inf").substitute({"eta": -1}))


@pytest.mark.parametrize("name", ALONG)
def test_measured_exponents_of_given_starts_are_the_derived_ones(name: str) -> None:
    found = validate(lora(name, optimiser="sign"), {"eta": "-1"}, widths=WIDTHS, seeds=16, most_seeds=64, steps=1)
    assert not [str(r) for r in found.rows if r.verdict is Verdict.REFUTED]
    for quantity in ("A", "B"):
        assert found.row(quantity, 1).verdict is Verdict.CONFIRMED
    hidden, derived = found.row("Z_A", 1), INITIALISATIONS[name].entries()[0].rational + 1
    assert hidden.predicted == derived
    assert hidden.measured == pytest.approx(float(derived), abs=0.1)
