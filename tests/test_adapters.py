"""Adapters beside LoRA: their largest stable rates in width and rank, derived and measured."""

import pytest

from gamma_calc import Dim, Program, data, derive, lora, order
from gamma_calc.calculus.direction import ONES, Entrywise, GivenVector, Noise
from gamma_calc.catalogue.adalora import adalora
from gamma_calc.catalogue.lora_xs import lora_xs
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.catalogue.vera import vera
from gamma_calc.cli import targets
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.state import State
from gamma_calc.language.expression import Expression

EDGES = [  # the largest stable exponent, at a fixed rank and in the exponent of a growing one
    ("lora-fa", {}, "0", "-rho"),
    ("vera", {}, "0", "0"),
    ("vera", {"optimiser": "sgd"}, "-1/2", "rho/2 - 1/2"),
    ("lora-xs", {}, "1/2", "1/2 - 3*rho/2"),
    ("lora-xs", {"tau": "1/2"}, "0", "-3*rho/2"),
    ("adalora", {"init": "gaussian"}, "-1/2", "-1/2 - rho/2"),
    ("adalora", {"init": "orthonormal"}, "-1/3", "-1/3 - rho/3"),
]


def edge(program: Program) -> object:
    (found,) = derive(program).conditions["stable"].region.sup("eta")
    assert found.attained
    return found.value


@pytest.mark.parametrize(("name", "options", "fixed", "growing"), EDGES)
def test_the_largest_stable_rate(name: str, options: dict[str, str], fixed: str, growing: str) -> None:
    build = TARGETS[name].build
    assert edge(build(**options)) == order(fixed)
    assert edge(build(rank="growing", **options)) == order(growing)


def test_names_that_stand_for_an_option_of_lora() -> None:
    one, two = TARGETS["rslora"].build(), lora(rank="growing", scaling="alpha/sqrt(r)")
    assert derive(one).orders == derive(two).orders
    assert edge(one) == order("-1/2 - rho/4")
    assert TARGETS["lora+"].build().variables == ("eta_A", "eta_B")


@pytest.mark.parametrize("target", ["rslora", "lora+"])
def test_such_a_name_does_not_take_the_option_it_stands_for(target: str) -> None:
    assert set(TARGETS["lora"].options) - set(TARGETS[target].options) in ({"scaling"}, {"lr"})


def test_the_help_names_every_target() -> None:
    assert [name for name in TARGETS if name not in targets().replace(",", "").split()] == []


# -- entrywise products --------------------------------------------------------------------------------------------

N = Dim("n", 1)


def directions(*names: str) -> list[object]:
    """What the entrywise product of given vectors, from left to right, is along."""
    leaves = {name: data(name, N) for name in names}
    product: Expression = leaves[names[0]]
    for name in names[1:]:
        product = product * leaves[name]
    return list(Evaluation(vera(), State(0, {})).value(product).components)


def test_a_square_has_a_mean_that_keeps_the_rest() -> None:
    u, v = GivenVector("u"), GivenVector("v")
    assert directions("u", "v") == [Entrywise(frozenset({u, v}))]
    assert directions("u", "u") == [ONES]
    assert directions("u", "v", "u") == [v]
    assert directions("u", "u", "v") == [v]
    assert directions("u", "v", "u", "v") == [ONES]


def test_the_order_of_factors_does_not_matter() -> None:
    assert directions("u", "v", "w") == directions("w", "u", "v")


def test_a_product_of_many_directions_is_noise() -> None:
    assert directions(*"abcdefgh") != [Noise(N)]
    assert directions(*"abcdefghi") == [Noise(N)]


def test_the_update_of_an_entrywise_scale_is_along_the_gradient() -> None:
    """b takes the sign of g * h, so b * h is along g: sizes and aligned sizes of VeRA's output agree."""
    found = derive(vera(rank="growing")).orders
    assert found["delta2.aligned"] == found["delta2"]
    assert found["Z_B.aligned"] == found["Z_B"]


# -- in numbers ----------------------------------------------------------------------------------------------------

POINTS = [
    (vera(), {"eta": 0}, 17),
    (vera(rank="growing"), {"eta": 0, "rho": "1/2"}, 5),
    (lora_xs(), {"eta": "1/2"}, 5),
    (lora_xs(rank="growing"), {"eta": 0, "rho": "1/3"}, 5),
    (adalora("orthonormal"), {"eta": "-1/3"}, 5),
    (adalora("gaussian"), {"eta": "-1/2"}, 5),
]
LONG_POINTS = [(adalora("orthonormal", rank="growing"), {"eta": "-1/2", "rho": "1/2"}, 5)]


@pytest.mark.parametrize(("program", "at", "rank"), POINTS, ids=[f"{p.name} {at}" for p, at, _ in POINTS])
def test_every_size_is_measured_as_derived(program: Program, at: dict[str, str], rank: int) -> None:
    """At the edge, the size of every watched quantity after the first step and the third. ``rank`` is a fixed one."""
    measure(program, at, rank)


@pytest.mark.long
@pytest.mark.parametrize(("program", "at", "rank"), LONG_POINTS)
def test_a_growing_rank_too(program: Program, at: dict[str, str], rank: int) -> None:
    measure(program, at, rank)


def measure(program: Program, at: dict[str, str], rank: int) -> None:
    pytest.importorskip("torch")
    from validation import validate

    rows = [(name, step) for name in program.quantities for step in (1, 3)]
    found = validate(program, at, widths=(64, 256, 1024, 4096), steps=3, seeds=64, only=rows, sizes={"r": rank})
    assert [str(row) for row in found.rows if row.verdict.value != "confirmed"] == []
