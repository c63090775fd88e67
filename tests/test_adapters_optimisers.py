"""Optimisers that shape a gradient before they use it: Riemannian preconditioning in both orders, Muon and Shampoo."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import pytest

from gamma_calc import Dim, Order, Program, Region, data, derive, frozen, lora, order
from gamma_calc.calculus.direction import Direction
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.catalogue.stacked import stacked
from gamma_calc.catalogue.vera import vera
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.state import State
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import MINUS_INFINITY
from gamma_calc.language.expression import Expression
from gamma_calc.language.substitute import Substitution
from gamma_calc.operations.elementwise import Elementwise
from gamma_calc.operations.gram import gram_inverse
from gamma_calc.operations.outer import outer
from gamma_calc.operations.rescaled import rescaled
from gamma_calc.operations.sign import sign
from gamma_calc.operations.tanh import SECH2
from gamma_calc.optimisers.riemannian import RiemannianSGD, SignRiemannian
from gamma_calc.optimisers.shampoo import Shampoo

DELTAS = ("delta1", "delta2", "delta3")


def edge(program: Program) -> Order:
    (found,) = derive(program).conditions["stable"].region.sup("eta")
    assert found.attained
    assert found.value is not None
    return found.value


# -- what is derived -----------------------------------------------------------------------------------------------

EDGES = [
    ("riemannian-adam", "A", "-1/2"),
    ("riemannian-adam", "B", "-1"),
    ("riemannian-adam", "AB", "-1/2"),
    ("riemannian-adam", "false", "-1"),
    ("sign-riemannian", "AB", "-1/2"),
    ("sign-riemannian", "false", "0"),
    ("riemannian-sgd", "A", "-1"),
    ("riemannian-sgd", "B", "-1"),
    ("muon", "A", "0"),
    ("muon", "B", "-1/2"),
    ("shampoo", "A", "0"),
]


@pytest.mark.parametrize(("optimiser", "init", "largest"), EDGES)
def test_the_largest_stable_rate(optimiser: str, init: str, largest: str) -> None:
    assert edge(lora(init, optimiser=optimiser)) == order(largest)


@pytest.mark.parametrize("init", ["A", "B", "AB", "false"])
def test_before_adam_the_preconditioner_changes_no_largest_rate(init: str) -> None:
    assert edge(lora(init, optimiser="riemannian-adam")) == edge(lora(init, optimiser="adam"))


def test_scaled_steps_from_a_zero_factor_have_all_three_parts_of_one_order() -> None:
    for init in "AB":
        found = derive(lora(init, optimiser="riemannian-sgd"))
        assert {str(found.orders[name]) for name in DELTAS} == {"eta + 1"}


def test_an_error_signal_of_order_one_over_n_moves_the_rate_of_scaled_steps_to_order_one() -> None:
    found = derive(lora("A", optimiser="riemannian-sgd", loss="scalar")).conditions
    assert found["stable"].region == Region.parse("eta <= 0")
    assert found["efficient"].region == Region.parse("eta = 0")


MOVED = [("-1/2", "-1/2", "1/2"), ("-3/4", "-1/4", "1/4"), ("-1/2", "-1", "1/3")]


@pytest.mark.parametrize("eta", ["-3/2", "-1", "-3/4"])
@pytest.mark.parametrize(("a0", "b0", "theta"), MOVED)
def test_scaled_steps_do_not_see_how_a_product_is_shared(a0: str, b0: str, theta: str, eta: str) -> None:
    """A -> u A, B -> B/u with u = n^-theta: each step's change of the output has the same order."""
    one, two = (
        derive(lora("general", optimiser="riemannian-sgd", a0=a, b0=b), eta=eta)
        for a, b in ((order(a0), order(b0)), (order(a0) - order(theta), order(b0) + order(theta)))
    )
    for step in (1, 2, 3):
        assert one.at_step(step)["A"] != two.at_step(step)["A"]
        for name in ("Z_B", "dZ_B", *DELTAS):
            assert one.at_step(step)[name] == two.at_step(step)[name]


def test_adam_does() -> None:
    assert edge(lora("general", a0="-1/2", b0="-1/2")) == order("-1/2")
    assert edge(lora("general", a0="-1", b0=0)) == order("-1")


def test_a_damping_is_the_least_that_anything_is_divided_by() -> None:
    """With a damping that outgrows both Gram matrices scaled descent is descent with a smaller rate."""
    damped = lora("A").replaced(optimiser=RiemannianSGD(damping=order("1")))
    plain = lora("A", optimiser="sgd")
    for name in ("Z_B", *DELTAS):
        assert derive(damped, eta="-1/2").at_step(2)[name] == derive(plain, eta="-3/2").at_step(2)[name]
    assert SignRiemannian(order("d")).exponents == (order("d"),)
    assert SignRiemannian(order("d")).substituted(Substitution({"d": 1})) == SignRiemannian(order(1))


RATES = [("sgd", "p - q"), ("sign", "-q"), ("adam", "-q"), ("muon", "p/2 - q/2"), ("shampoo", "p/2 - q/2")]


@pytest.mark.parametrize(("optimiser", "largest"), RATES)
def test_the_rate_of_a_matrix_and_the_spectral_condition(optimiser: str, largest: str) -> None:
    """At the largest rate the update, of rank one, has entries 1/d_in and so the norm sqrt(d_out/d_in)."""
    program = matrix(optimiser=optimiser)
    assert edge(program) == order(largest)
    assert derive(program, eta=largest).orders["W"] == order("-q")


@pytest.mark.parametrize("power", [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)])
def test_the_rate_of_shampoo(power: Fraction) -> None:
    assert edge(matrix().replaced(optimiser=Shampoo(power))) == (order("p") - order("q")) * (1 - power)


def test_the_rates_of_the_factors_under_muon() -> None:
    """sqrt(r/n) for A and sqrt(n/r) for B: the spectral condition of an r x n and an n x r matrix."""
    found = derive(lora(optimiser="muon", lr="per-factor", rank="growing"), stability="Z_A,Z_B")
    assert found.conditions["efficient"].region == Region.parse(
        "eta_A = rho/2 - 1/2 & eta_B = 1/2 - rho/2 & 0 <= rho <= 1"
    )


# -- what is refused -----------------------------------------------------------------------------------------------

N, R = Dim("n", 1), Dim("r", 0)


def test_a_factor_that_has_moved_in_one_direction_has_no_inverse_for_another() -> None:
    with pytest.raises(ProgramError, match="has moved in too few directions; start both factors at random"):
        derive(lora("A", optimiser="sign-riemannian"))


def test_programs_that_a_rule_does_not_know() -> None:
    with pytest.raises(
        ProgramError, match="riemannian-sgd does not know the parameter B1; train the factors A and B only"
    ):
        optimiser_inputs(stacked(optimiser="riemannian-sgd"))
    with pytest.raises(ProgramError, match="muon needs a gradient of rank one"):
        optimiser_inputs(lora(optimiser="muon", batch=2))
    with pytest.raises(ProgramError, match="muon takes matrices, and b is a vector; take adam, sign or sgd"):
        optimiser_inputs(vera(optimiser="muon"))


def test_operations_on_gradients_are_refused_elsewhere() -> None:
    x, G = data("x", R), frozen("G", R, N)
    for made in (rescaled(x), gram_inverse(G, x)):
        with pytest.raises(ProgramError, match="operation on gradients; use it in an optimiser"):
            made.pull_back(x)
        with pytest.raises(ProgramError, match="operation on gradients"):
            made.change_parts((x,), (x,))
    with pytest.raises(ShapeError, match="the length of"):
        rescaled(G)
    with pytest.raises(ShapeError, match="cannot act on"):
        gram_inverse(G, data("y", N))


# -- the rules themselves ------------------------------------------------------------------------------------------


def value_of(expression: Expression) -> Mapping[Direction, Order]:
    return Evaluation(lora(), State(0, {})).value(expression).components


def test_a_unit_vector() -> None:
    x = data("x", N, entry="a")
    assert list(value_of(rescaled(x)).values()) == [order("-1/2")]
    assert list(value_of(rescaled(x, Fraction(1, 2))).values()) == [order("a/2 - 1/4")]
    assert rescaled(x, 0) is x
    assert list(value_of(sign(x)).values()) == [order(0)]


def test_what_an_update_made_is_divided_by_its_own_length() -> None:
    """G = G0 + n^q h y': along h the inverse divides by n^(2q + 1), and G0's share by n^(2f + 1)."""
    y = data("y", N)
    few = Dim("r", "rho")
    G = frozen("G0", few, N, entry="f") + outer(data("h", few, entry="q"), y)
    found = {str(direction): size for direction, size in value_of(gram_inverse(G, G @ y)).items()}
    assert found["h"] == order("q + 1") - order("max(2*f + 1, 2*q + 1 + rho)")
    assert found["G0 y"] == order("-f - 1/2")


def test_an_update_that_may_be_less_than_it_counts_for_is_divided_by_the_least_of_it() -> None:
    """u tanh'(n^(1/2) u) counts as n^(-1/4) and is n^(-3/4): beside n^(-1/2) from G0 it is divided by that alone.

    What G makes of an independent y along h is then n^(-3/4 + 1/2 + 1/2), and not n^(-1/4 + 1/2 - 1/2).
    """
    u, y = data("u", N), data("y", N)
    slope = Elementwise(SECH2, N ** "1/2" * u)
    G = frozen("G0", R, N, entry="-3/4") + outer(data("h", R), u * slope)
    made = gram_inverse(G, G @ y)
    evaluation = Evaluation(lora(), State(0, {}))
    assert evaluation.value(made).order == order("1/4")
    assert not evaluation.overcounted(made).is_empty
    alone = outer(data("h", R), u * slope)  # of this alone there may be any less, and so more of the quotient
    with pytest.raises(ProgramError, match="may be less than they count for; start both factors at random"):
        evaluation.value(gram_inverse(alone, alone @ y))


def test_multiples_are_taken_out_of_an_inverse() -> None:
    G, y = frozen("G", R, N), data("y", N)
    assert str(gram_inverse(G, -(G @ y))) == "-(G G')^-1 G y"
    assert str(gram_inverse(G, data("x", R))) == "(G G')^-1 x"
    assert str(gram_inverse(frozen("B", N, R).T, data("x", R))) == "(B' B)^-1 x"


# -- in numbers ----------------------------------------------------------------------------------------------------


def test_the_identity_of_sherman_and_morrison() -> None:
    """(K + x x'/|y|^2)^-1 x with x = G y is K^-1 x / (1 + x'K^-1 x/|y|^2), K the Gram matrix off y."""
    torch = pytest.importorskip("torch")
    made = torch.Generator().manual_seed(0)
    G, y = (torch.randn(2, *shape, generator=made, dtype=torch.float64) for shape in ((3, 40), (40,)))
    rows = frozen("G", R, N)
    found = gram_inverse(rows, rows @ data("y", N)).numeric(G, y)
    for one, w, got in zip(G, y, found, strict=True):
        x, square = one @ w, w @ w
        K = one @ one.T - torch.outer(x, x) / square
        solved = torch.linalg.solve(K, x)
        torch.testing.assert_close(got, solved / (1 + x @ solved / square))


def test_the_inverse_of_a_singular_matrix_is_its_pseudo_inverse() -> None:
    torch = pytest.importorskip("torch")
    h, y = torch.tensor([[1.0, -2.0]]).double(), torch.tensor([[3.0, 0.0, 4.0]]).double()
    rows = frozen("G", R, N)
    made = gram_inverse(rows, rows @ data("y", N)).numeric(h[..., None] * y[..., None, :], y)
    torch.testing.assert_close(made, h / 5)
    zero = gram_inverse(rows, data("x", R)).numeric(torch.zeros(1, 2, 3).double(), torch.zeros(1, 2).double())
    assert not zero.any()
    damped = gram_inverse(rows, data("x", R), data("d")).numeric(torch.zeros(1, 2, 3), h.float(), torch.tensor([4.0]))
    torch.testing.assert_close(damped, h.float() / 4)


def test_lengths_in_numbers() -> None:
    torch = pytest.importorskip("torch")
    x = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    torch.testing.assert_close(rescaled(data("x", R)).numeric(x), torch.tensor([[0.6, 0.8], [0.0, 0.0]]))
    half = rescaled(data("x", R), Fraction(1, 2)).numeric(x)
    torch.testing.assert_close(half, x / 5**0.5)


POINTS = [
    (lora("A", optimiser="riemannian-sgd"), {"eta": -1}),
    (lora("general", optimiser="riemannian-sgd", a0="-1/2", b0="-1/2"), {"eta": "-3/2"}),
    (lora("false", optimiser="sign-riemannian"), {"eta": 0}),
    (lora("A", optimiser="muon"), {"eta": 0}),
    (lora("B", optimiser="muon"), {"eta": "-1/2"}),
    (matrix(optimiser="muon"), {"eta": "1/4", "p": 1, "q": "1/2"}),
]
LONG_POINTS = [
    (lora("A", optimiser="riemannian-sgd", rank="growing"), {"eta": "-5/4", "rho": "1/2"}),
    (lora("B", optimiser="riemannian-sgd", rank="growing"), {"eta": "-5/4", "rho": "1/2"}),
    (lora("A", optimiser="riemannian-adam", rank="growing"), {"eta": "-3/4", "rho": "1/2"}),
    (lora("A", optimiser="muon", rank="growing", lr="per-factor"), {"eta_A": "-1/4", "eta_B": "1/4", "rho": "1/2"}),
]
SIZES = ("Z_A", "A", "B", "W", "Z_W", "Z_B", "delta1", "delta2")


def told(points: Iterable[tuple[Program, object]]) -> list[str]:
    return [f"{program.name} {program.optimiser.name} {at}" for program, at in points]


@pytest.mark.parametrize(("program", "at"), POINTS, ids=told(POINTS))
def test_every_size_is_measured_as_derived(program: Program, at: dict[str, str]) -> None:
    measure(program, at)


@pytest.mark.long
@pytest.mark.parametrize(("program", "at"), LONG_POINTS, ids=told(LONG_POINTS))
def test_growing_ranks_and_other_losses_too(program: Program, at: dict[str, str]) -> None:
    measure(program, at)


def measure(program: Program, at: dict[str, str]) -> None:
    pytest.importorskip("torch")
    from validation import validate

    rows = [(name, step) for name in SIZES if name in program.quantities for step in (1, 2)]
    found = validate(program, at, widths=(64, 256, 1024, 4096), steps=2, only=rows)
    assert [str(row) for row in found.rows if row.verdict.value != "confirmed"] == []


def test_what_is_zero_stays_unknown_to_division() -> None:
    """The first gradient of a factor whose partner is zero is zero, and no inverse is taken of nothing."""
    found = derive(lora("A", optimiser="riemannian-sgd")).at_step(1)
    assert found["delta1"] == MINUS_INFINITY
