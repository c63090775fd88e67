"""The rules of the calculus as the three LoRA papers use them: one test per rule."""

import sympy

from gamma_calc import (
    Dim,
    Order,
    Program,
    data,
    derive,
    frozen,
    iid,
    lora,
    maximum,
    order,
    other,
    output,
    parameter,
    zero,
)
from gamma_calc.calculus.assumptions import ADDITIVE, CLT, SumRule
from gamma_calc.exponents import gamma
from gamma_calc.language.expression import Expression
from gamma_calc.operations.since_start import since_start
from gamma_calc.optimisers import OPTIMISERS

n, r, d = Dim("n", 1), Dim("r", "rho"), Dim("d", 0)


def order_of(expression: Expression, *, step: int = 0, sum_rule: SumRule = CLT) -> Order:
    """The order of an expression beside a trained scalar that has nothing to do with it."""
    bystander = parameter("bystander", init=zero, rate=0)
    loss = bystander * data("error")
    program = Program("rule", loss, OPTIMISERS["sgd"], [other("asked", expression)], sum_rule=sum_rule)
    return derive(program).at_step(step)["asked"]


def test_G1_orders_of_a_product_add() -> None:
    """The order of a product is the sum of the factors' orders. LoRA+ (arXiv 2402.12354), appendix A.2."""
    v, w, c = data("v", n, entry="p"), data("w", n, entry="q"), data("c", entry="x")
    assert order_of(v * w) == order("p + q")
    assert order_of(c * v) == order("x + p")
    power, base, p, q = (sympy.Symbol(s) for s in ("m", "n", "p", "q"))
    assert gamma(base**p * base**q * base**power, base) == order("p + q + m")


def test_G2_the_order_of_a_sum_is_the_largest_unless_terms_cancel_exactly() -> None:
    """The order of a sum is the maximum of the orders, up to exact cancellation. LoRA+, appendix A.2.

    The calculus cancels nothing by itself, so a difference of equals keeps its order as an upper bound; a cancellation
    by construction is written with ``since_start``, and every derivation says so.
    """
    v, w = data("v", n, entry="p"), data("w", n, entry="q")
    assert order_of(v + w) == maximum("p", "q")
    assert order_of(v - v) == order("p")
    trained = parameter("trained", init=iid("p"), rate=0)
    nothing_yet = since_start(trained * data("one"))
    program = Program("cancels", trained * data("error"), OPTIMISERS["sgd"], [other("moved", nothing_yet)])
    assert derive(program).at_step(0)["moved"].is_zero_quantity
    assert derive(program).at_step(1)["moved"] == 0
    assert any("sums cancel only where the program says so" in line for line in derive(program).assumptions)
    base = sympy.Symbol("n")
    assert gamma(base**2 - base**2, base).is_zero_quantity


def test_G3_what_is_zero_has_order_minus_infinity() -> None:
    """Zero has order -oo, which absorbs in products and is neutral in sums. arXiv 2406.08447 and 2505.23194."""
    nothing = frozen("nothing", r, n, entry=zero)
    Z, w = data("Z", n, entry="p"), data("w", r, entry="q")
    assert order_of(nothing @ Z).is_zero_quantity
    assert order_of(nothing @ Z + w) == order("q")
    assert order_of((nothing @ Z) * w).is_zero_quantity
    assert order("-inf") + order("p") == order("-inf")
    assert maximum("-inf", "p") == order("p")


def test_G4_a_coherent_sum_gains_the_exponent_of_its_axis() -> None:
    """A sum over n terms of one sign gains 1, over a fixed axis 0. arXiv 2505.23194, sections 2 and 3.

    Over an axis of size n^rho it gains rho; independent terms gain half of it.
    """
    gains = {axis: order_of(data("v", axis) @ data("w", axis)) for axis in (n, r, d)}
    assert gains == {n: order("1/2"), r: order("rho/2"), d: order(0)}
    coherent = {axis: order_of(v @ v) for axis in (n, r, d) for v in [data("v", axis)]}
    assert coherent == {n: order(1), r: order("rho"), d: order(0)}


def test_G5_a_random_map_of_variance_one_over_n_keeps_order_zero() -> None:
    """With entries of variance 1/n, A0 Z has order 0, by the central limit. LoRA+, appendix A.5.

    The additive rule of arXiv 2505.23194 gives 1/2 instead; it would need entries n^-1 to agree.
    """
    Z = data("Z", n)

    def mapped(entry: str, rule: SumRule) -> Order:
        return order_of(frozen("A", d, n, entry=entry) @ Z, sum_rule=rule)

    assert mapped("-1/2", CLT) == 0
    assert mapped("-1/2", ADDITIVE) == order("1/2")
    assert mapped("-1", ADDITIVE) == 0


def test_G6_a_sign_update_of_A_meets_its_own_sample_coherently() -> None:
    """The processed gradient g_A satisfies g_A Z = Theta(n). LoRA+, assumption 1 in appendix A.5.

    It is not assumed here: it comes out of sign(S (x) Z) = sign(S) (x) sign(Z) meeting the same Z again. On a fresh
    independent sample the sum is random and g_A Z is of order 1/2 only.
    """
    for optimiser in ("sign", "adam"):
        for fresh, gain in ((False, "1"), (True, "1/2")):
            layer = lora("B", lr="per-factor", optimiser=optimiser, fresh=fresh)
            found = derive(layer.replaced(watch=[*layer.watch, output("feature", layer.quantity("Z_A").node)]))
            assert found.orders["A"] == order("eta_A")
            assert found.orders["dfeature"] == order("eta_A") + order(gain)
