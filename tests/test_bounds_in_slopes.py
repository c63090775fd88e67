"""A slope of what may be less than it counts for: it counts with what is there at least."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from oracle.grids import RECIPES
from oracle.judge import judged
from oracle.record import recorded

from gamma_calc import Dim, data, derive, frozen, mlp, order
from gamma_calc.calculus.direction import GivenVector
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import start
from gamma_calc.exponents import MINUS_INFINITY
from gamma_calc.operations.difference import Difference
from gamma_calc.operations.divide import divide
from gamma_calc.operations.elementwise import Elementwise
from gamma_calc.operations.rescaled import rescaled
from gamma_calc.operations.row_length import row_length
from gamma_calc.operations.tanh import SECH2, TANH

N = Dim("n", 1)
X = data("x", N)
U, V = GivenVector("u"), GivenVector("v")


@pytest.mark.parametrize("least", ["-1", "0", "1/2", "1", "2"])
def test_it_bends_where_the_least_that_there_is_does(least: str) -> None:
    """Of what counts for n^1: on a share n^-1 if that is there, on more if less is, on nearly all below order one."""
    x = Value({U: order(1)}, least=order(least))
    (slope,) = Elementwise(SECH2, X).orders((x,), Premises())
    assert slope.order == -min(Fraction(1), max(Fraction(0), Fraction(least))) / 2


def test_what_is_beside_a_bound_shows_in_a_saturated_function_as_if_that_were_not_there() -> None:
    """tanh(u + n^1 v), where v may be nothing: u is all of it then."""
    x = Value({U: order(0), V: order(1)})
    shown = {}
    for least in (None, order(0)):
        (contribution,) = Elementwise(TANH, X).orders((replace(x, least=least),), Premises())
        _, kept, *_ = contribution.direction.moments  # type: ignore[union-attr]
        shown[least] = kept + dict(contribution.direction.parts)[U]  # type: ignore[union-attr]
    assert shown == {None: order(-1), order(0): order(0)}


def test_the_change_of_a_function_of_a_bound_is_as_large_as_that_of_the_least() -> None:
    old, change = Value({U: order(1)}, least=order("1/2")), Value({V: order("-1/2")})
    (moved,) = Difference(TANH, X, X).orders((old, change), Premises())
    assert moved.order == order("-3/4")


def test_where_it_may_bend_on_fewer_it_is_marked() -> None:
    sure, unsure = Value({U: order(1)}), Value({U: order(1)}, least=order(0))
    assert Elementwise(SECH2, X).overcounted((sure,)).is_empty
    assert Elementwise(SECH2, X).overcounted((unsure,)).is_everything


def test_a_vector_over_its_length_keeps_what_a_bound_may_hide() -> None:
    """u + n^1 v over its length is n^-3/2 u; if v may be nothing, n^-1/2 u."""
    x = Value({U: order(0), V: order(1)})
    for least, right in ((None, "-3/2"), (MINUS_INFINITY, "-1/2"), (order("1/2"), "-1")):
        u, v = (c.order for c in rescaled(X, 1).orders((replace(x, least=least),), Premises()))
        assert (u, v) == (order(right), order("-1/2"))


def test_what_was_there_at_the_start_is_there_but_not_over_what_grows() -> None:
    program = mlp("mup", depth=3, activation="tanh")
    here = Evaluation(program, start(program))
    h2 = program.quantities["h2"].expression
    assert h2 is not None
    assert here.sure(h2) == order(0)
    assert here.sure(Elementwise(SECH2, h2)).is_zero_quantity
    quotient = divide(h2, row_length(frozen("W", N, N)))
    assert here.sure(quotient).is_zero_quantity
    assert here.sure(h2 + quotient) == order(0)


@pytest.mark.parametrize("number", [74, 164])
def test_saturated_networks_are_nowhere_below_what_was_measured(number: int) -> None:
    """At step 2, after a first step far outside the stable set, they were: by 1/8 and by 1/2."""
    found = judged(recorded("deep")[number], "deep")
    assert found.verdicts["right"] > 10
    assert found.verdicts["below"] == 0


def test_a_step_where_a_function_bends_leaves_as_many_entries_at_which_it_bends() -> None:
    """Of h of n^(1/2) a step by tanh'(h) moves few entries, by more than h is: the others are as large as before."""
    (bend,) = Elementwise(SECH2, X).orders((Value({U: order("1/2")}),), Premises())
    moved = Value({U: order("1/2"), bend.direction: order(1)})
    (slope,) = Elementwise(SECH2, X).orders((moved,), Premises())
    assert slope.order == bend.order == order("-1/4")


def test_the_second_step_of_a_saturated_layer_is_nowhere_below_what_was_measured() -> None:
    """dh1 counted for n^(5/8); it is n^(3/4), as the first step leaves n^(1/2) entries at which tanh bends."""
    found = judged(recorded("deep")[60], "deep")
    assert str(derive(RECIPES["deep"](60).program()).at_step(2)["dh1"]) == "3/4"
    assert found.verdicts["below"] == 0
