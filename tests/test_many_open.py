"""Many open exponents: orders as they were made, the stable set by cuts, and the proofs of both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from exponents import NAMES, Point, finite_convex_orders, points
from hypothesis import given, settings

from gamma_calc import Dim, Order, Program, Region, derive, lora, maximum, mlp, order, output
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.derivation.jointly_largest import jointly_largest
from gamma_calc.errors import CertificateError
from gamma_calc.exponents import Affine, Ceiling, Excess, Scope
from gamma_calc.exponents.orders.peak import peak_form, peaks, replaced
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import iid, zero
from gamma_calc.language.leaves import data, parameter
from gamma_calc.optimisers.names import by_name

LARGEST = {  # of embedding, hidden weights and readout, where every feature and the output are bounded
    ("mup", "sgd"): ("0", "0", "0"),
    ("mup", "adam"): ("-1/2", "-1", "-1/2"),
    ("ntk", "sgd"): ("0", "0", "0"),
    ("sp", "sgd"): ("0", "-1", "-1"),
    ("sp", "adam"): ("-1/2", "-3/2", "-1"),
    ("sp", "sign"): ("-1/2", "-3/2", "-1"),
}


def chain(name: str, optimiser: str, depth: int) -> Program:
    """A linear chain of ``depth`` weights, each with a rate of its own."""
    n, d = Dim("n", 1), Dim("d", 0)
    found = PARAMETRISATIONS[name]

    def weight(layer: int, kind: int, *shape: Dim) -> Expression:
        made = parameter(f"w{layer}", *shape, init=iid(-order(found.b[kind])), rate=f"eta_{layer}")
        return n ** (-order(found.a[kind])) * made

    h: Expression = weight(1, 0, n, d) @ data("x", d)
    watch = [output("h1", h)]
    for layer in range(2, depth):
        h = weight(layer, 1, n, n) @ h
        watch.append(output(f"h{layer}", h))
    f = weight(depth, 2, n) @ h
    return Program(f"{name}, {optimiser}, {depth}", -f, by_name(optimiser), [*watch, output("f", f)])


@pytest.mark.parametrize("depth", [3, 6, 20])
@pytest.mark.parametrize(("name", "optimiser"), LARGEST)
def test_the_largest_rates_of_chains(name: str, optimiser: str, depth: int) -> None:
    first, hidden, last = LARGEST[name, optimiser]
    found = derive(chain(name, optimiser, depth))
    known = {"eta_1": first, f"eta_{depth}": last} | {f"eta_{layer}": hidden for layer in range(2, depth)}
    stable = found.conditions["stable"].region
    assert stable == Region(" & ".join(f"{rate} <= {value}" for rate, value in known.items()))
    assert jointly_largest(stable, known).rates == {rate: Fraction(value) for rate, value in known.items()}
    assert found.settled == stable == found.domain


@pytest.mark.parametrize(
    ("name", "optimiser", "depth", "activation"),
    [("mup", "sgd", 3, "relu"), ("mup-adam", "adam", 3, "tanh"), ("ntk", "sgd", 4, "relu"), ("sp", "sgd", 4, "relu")],
)
def test_an_activation_changes_no_largest_rate(name: str, optimiser: str, depth: int, activation: str) -> None:
    first, hidden, last = LARGEST[name.removesuffix("-adam"), optimiser]
    found = derive(mlp(name, depth=depth, activation=activation, optimiser=optimiser, lr="per-layer"))
    known = {"eta_1": first, f"eta_{depth}": last} | {f"eta_{layer}": hidden for layer in range(2, depth)}
    stable = found.conditions["stable"].region
    assert stable == Region(" & ".join(f"{rate} <= {value}" for rate, value in known.items()))
    assert found.trajectory.stable_set is not None
    assert found.trajectory.stable_set.is_exact


@pytest.mark.parametrize("optimiser", ["sgd", "sign", "adam"])
def test_orders_on_the_stable_set_are_those_of_its_points(optimiser: str) -> None:
    program = chain("mup", optimiser, 4)
    found = derive(program)
    corner = jointly_largest(found.domain, found.rates).rates
    assert corner is not None
    for row in range(4):
        point = {
            name: value - Fraction((row * (3 + place)) % 5, 4) for place, (name, value) in enumerate(corner.items())
        }
        fixed = derive(program.substitute(point))
        for step in range(4):
            assert {k: o.substitute(point) for k, o in found.at_step(step).items()} == dict(fixed.at_step(step))
        met = {name: point in result.region for name, result in found.conditions.items()}
        assert met == {name: not result.empty for name, result in fixed.conditions.items()}


def test_orders_of_a_deep_chain_are_short_on_its_stable_set_and_those_of_its_points() -> None:
    program = chain("mup", "adam", 12)
    found = derive(program)
    assert str(found.orders["dh11"]) == f"max(eta_1 + 1/2, {', '.join(f'eta_{layer} + 1' for layer in range(2, 12))})"
    corner = jointly_largest(found.domain, found.rates).rates
    assert corner is not None
    point = {name: value - Fraction(place % 3, 4) for place, (name, value) in enumerate(corner.items())}
    fixed = derive(program.substitute(point))
    assert {k: o.substitute(point) for k, o in found.orders.items()} == dict(fixed.orders)
    assert found.from_step == 2


def test_every_cut_is_needed_and_everything_left_is_bounded() -> None:
    found = derive(chain("sp", "adam", 5))
    inside = found.trajectory.stable_set
    assert inside is not None
    assert inside.is_exact
    assert inside.region == inside.outer_region
    proofs = list(inside.proofs(found.step_orders))
    assert {one.quantity for one in proofs} == {"h1", "h2", "h3", "h4", "f"}
    assert all(one.proof.value <= 0 for one in proofs)
    with pytest.raises(CertificateError):
        replace(proofs[0].proof, value=proofs[0].proof.value - 1)
    for cut in inside.cuts:
        assert cut.proof is not None
        with pytest.raises(CertificateError):
            replace(cut.proof, form=cut.proof.form + 1)


def test_factors_that_drive_each_other_grow_from_where_their_rates_come_to_one() -> None:
    """Step t of gradient descent asks (t - 1) (eta_A + eta_B) + eta_B <= 1, and no number of steps for the limit."""
    n, r, x, v = Dim("n", 1), Dim("r", 0), data("x", Dim("n", 1)), data("v", Dim("n", 1))
    a = parameter("A", r, n, init=iid("-1/2"), rate="eta_A")
    b = parameter("B", n, r, init=zero, rate="eta_B")
    beside = parameter("C", n, n, init=iid("-1/2"), rate="eta_C")
    y = b @ (a @ x)
    f = n**-1 * (v @ y) + n**-1 * (v @ (beside @ x))
    found = derive(Program("an adapter beside a matrix", -f, by_name("sgd"), [output("y", y), output("f", f)]))
    assert found.conditions["stable"].region == Region("eta_A + eta_B <= 0 & eta_B <= 1 & eta_C <= 0")
    assert found.settled == found.conditions["stable"].region
    assert found.undecided.is_empty


def test_the_answer_says_that_it_is_of_stable_training() -> None:
    found = derive(chain("mup", "sgd", 4))
    assert "4 exponents are open: orders are those of stable training alone" in found.assumptions
    assert "where eta_1 <= 0 & eta_2 <= 0" in str(found.orders)


def test_a_program_that_is_stable_nowhere() -> None:
    n = Dim("n", 1)
    x = data("x", n)
    ws = [parameter(f"w{i}", n, init=iid(0), rate=f"eta_{i}") for i in range(4)]
    f = n**1 * (ws[0] @ x + ws[1] @ x + ws[2] @ x + ws[3] @ x)
    found = derive(Program("too large", -f, by_name("sgd"), [output("f", f)]))
    assert found.conditions["stable"].empty
    assert found.domain.is_empty


def test_six_open_exponents_keep_their_regions() -> None:
    found = derive(lora("general", lr="per-factor", rank="growing", scaling="free"))
    assert found.conditions["efficient"].region == Region(
        "eta_A + eta_B + rho + sigma = -1 & eta_A >= a0 - 1/2 & 2*eta_B + rho >= 2*b0 & 0 <= rho <= 1"
    )


# -- orders as they were made ----------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(finite_convex_orders(), finite_convex_orders(), points)
def test_what_is_kept_has_the_value_of_what_is_canonical(one: Order, other: Order, point: Point) -> None:
    wide = maximum(*map(order, NAMES), "b0", "sigma") - maximum("eta", "rho", "2*a0", "b0", "sigma")
    point = point | {"b0": Fraction(1, 2), "sigma": Fraction(-1)}
    kept = maximum(one + wide, other)
    values = [fixed.rational for fixed in (one.substitute(point) + wide.substitute(point), other.substitute(point))]
    assert kept.at(point) == max(values)


def test_a_kept_order_prints_and_is_read_back() -> None:
    long = sum((maximum("0", f"x{i}", f"y{i}") for i in range(4)), order(0)) - maximum("0", "x0 + y1", "x2", "x3")
    assert str(long).count("max") == 4
    assert order(str(long)) == long
    assert f"{long:latex}".count(r"\max") == 4


def test_bounds_by_each_reason() -> None:
    x, y = Affine.variable("x"), Affine.variable("y")
    scope = Scope.of(Region("x <= 1 & x + y <= 0").polyhedra[0])
    assert _most(scope, x + y * 2) is None
    assert _most(scope, x * 2 + y) == 1
    both = maximum("x", "y + 2*x").form
    assert _most(scope, both) == 1
    assert _most(scope, x - both) == 0
    assert _most(scope, both - both) == 0


def test_exponents_that_a_constraint_joins_are_bounded_together() -> None:
    """Neither x nor max(0, y + 1) has a bound for the sum, as y has none."""
    scope = Scope.of(Region("x <= 0 & x + y <= -1 & z <= 0").polyhedra[0])
    assert _most(scope, Affine.variable("x") + maximum("0", "y + 1").form) == 0


def test_maxima_inside_each_other_are_one_where_few_exponents_are_open() -> None:
    """x is nowhere above both 0 and 2 x, though it is above each."""
    x, scope = Affine.variable("x"), Scope.of(Region("x <= 1 & y <= 0").polyhedra[0])
    inner = peak_form([Affine(), x])
    assert scope.reduced(peak_form([Affine(), x + inner])) == peak_form([Affine(), x * 2])


def test_maxima_that_share_what_they_are_made_of_are_not_written_out() -> None:
    """Two maxima of each other, 22 deep: written out they have 2^22 places."""
    one, other = Affine.variable("x"), Affine.variable("y")
    for level in range(22):
        step = Affine.variable(f"e{level}")
        one, other = peak_form([one + step, other]), peak_form([other - step, one])
    scope = Scope.of(Region("x <= 0 & y <= 0").polyhedra[0])
    found = scope.at_most_zero(one)
    assert isinstance(found, Excess)


def test_a_long_maximum_stays_one_where_it_comes_into_another() -> None:
    """What it has in common with the next one is shared; a short one is opened, so that its forms are compared."""
    (there,) = Region("x <= 0 & y <= 0").polyhedra
    short, long = (peak_form(Affine.variable(f"eta_{i}") for i in range(count)) for count in (3, 20))
    x, scope = Affine.variable("x"), Scope.of(there)
    for inner, count in ((short, 4), (long, 2)):
        (peak,) = peaks(scope.reduced(peak_form([inner, x])))
        assert len(peak.forms) == count
    assert scope.same(peak_form([long, x]), peak_form([long, x, x - 1]))


def test_a_form_is_put_for_a_maximum_inside_others_too() -> None:
    x, y = Affine.variable("x"), Affine.variable("y")
    taken = maximum("y", "z").form
    form = peak_form([Affine(), x - taken]) + taken
    assert replaced(form, next(iter(peaks(taken))), y) == peak_form([Affine(), x - y]) + y


def _most(scope: Scope, form: Affine) -> Fraction | None:
    found = scope.ceiling(form)
    assert found is None or isinstance(found, Ceiling)
    return None if found is None else found.value


def test_what_hides_behind_the_largest_of_many_exponents_is_told_apart_by_points() -> None:
    """Of two among forty some are near their largest values nearly everywhere: of two that stand apart they are not."""
    names = [f"e_{i}" for i in range(1, 41)]
    box = Region(" & ".join(f"{name} <= 0" for name in names))
    e = [order(name) for name in names]
    late = e[29] + maximum(*e[30:])
    early = maximum(*(e[i] + maximum(*e[i + 1 : 29]) for i in range(28)))
    assert not Scope.of(box.polyhedra[0]).may_be_below(late, early)
