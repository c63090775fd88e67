"""The border to sympy: the order of an expression in the width n, and orders as sympy expressions.

A symbol other than n is a constant Theta(1), of either sign unless sympy knows better; in an exponent it is a named
exponent. A sum has the largest order among its terms unless the leading ones may cancel. Then it is expanded and
brought over one denominator, and if they may cancel still, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from gamma_calc.errors import OrderError, written
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.spelling import is_name
from gamma_calc.exponents.orders.maximum import ONE
from gamma_calc.exponents.orders.order import MINUS_INFINITY, Order, largest, maximum, minimum, order

if TYPE_CHECKING:
    import sympy

_DECLARE: Final = "declare signs, as in sympy.Symbol('c', positive=True), or resolve it by hand"
Rule = Callable[["sympy.Expr", "sympy.Symbol"], Order]


def gamma(expression: sympy.Expr | int, n: sympy.Symbol) -> Order:
    """The exponent g of an expression that is Theta(n^g) as n grows.

    Takes sums, products, rational functions and powers; the exponents are rational, or made of symbols by + - max min
    and rational factors. Raises OrderError naming the part that has no power law (log n, exp n, sin n, n^n), whose
    leading terms may cancel, or that is a float; and for a text, which sympy would run.

    >>> from sympy import sqrt, symbols
    >>> n, eta = symbols("n eta")
    >>> gamma(n**2 + n**3, n) == 3
    True
    >>> gamma((n + 1) ** 2 - n**2, n), gamma(sqrt(n) * n ** (eta / 2) / 7, n)
    (Order('1'), Order('eta/2 + 1/2'))
    >>> gamma(n - n, n)
    Order('-inf')
    """
    return _order(*_with_signs(_finite(expression), _symbol(n)))


def to_sympy(value: Order | Affine) -> sympy.Expr:
    """The exponent as a sympy expression in symbols without assumptions, with Max, Min and Rational; -oo for zero.

    >>> to_sympy(order("max(eta, 2*eta + 1)"))
    Max(eta, 2*eta + 1)
    """
    import sympy

    value = order(value)
    if value.is_zero_quantity:
        return -sympy.oo
    if value.above == ONE:
        return sympy.Min(*(_linear(-form) for form in value.below))
    return sympy.Max(*map(_linear, value.above)) - sympy.Max(*map(_linear, value.below))


def _linear(form: Affine) -> sympy.Expr:
    import sympy

    terms = (_rational(c) * sympy.Symbol(name) for name, c in form.terms)
    return sympy.Add(*terms, _rational(form.constant))


def _rational(value: Fraction) -> sympy.Rational:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)


# -- what is taken ----------------------------------------------------------------------------------------------------


def _finite(expression: sympy.Expr | int) -> sympy.Expr:
    import sympy

    if isinstance(expression, str):
        raise OrderError(f"{written(expression)} is a text", hint="pass a sympy expression; order(…) reads an exponent")
    expression = sympy.Integer(expression) if isinstance(expression, int) else expression
    if not isinstance(expression, sympy.Expr):
        raise OrderError(
            f"{written(expression)} is no sympy expression", hint="build one from sympy's symbols and numbers"
        )
    for inexact in expression.atoms(sympy.Float):
        raise OrderError(f"{inexact} is a float", hint=f"write sympy.Rational('{sympy.Rational(str(inexact))}')")
    for endless in expression.atoms(sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
        raise OrderError(f"{endless} is no finite number", hint="what is zero has order -inf by itself")
    return expression


def _symbol(n: sympy.Symbol) -> sympy.Symbol:
    import sympy

    if not isinstance(n, sympy.Symbol):
        raise OrderError(f"the width {written(n)} is no symbol", hint="pass the n that the expression is written in")
    return n


# -- powers and products ----------------------------------------------------------------------------------------------


def _with_signs(expression: sympy.Expr, n: sympy.Symbol) -> tuple[sympy.Expr, sympy.Symbol]:
    """The same with n positive and named exponents real, so that sympy knows that n^eta is positive."""
    import sympy

    exponents = (power.exp.free_symbols for power in expression.atoms(sympy.Pow) if power.base.has(n))
    unknown = {s for symbols in exponents for s in symbols if s.is_real is None}
    width = sympy.Symbol(n.name, positive=True)
    known = {s: sympy.Symbol(s.name, real=True) for s in unknown} | {n: width}
    return expression.xreplace(known), width


def _order(e: sympy.Expr, n: sympy.Symbol) -> Order:
    if e == n:
        return order(1)
    if e.is_Mul:
        return _product(e, n)
    if e.is_Pow:
        return _power(e, n)
    if not e.has(n):
        return _constant(e)
    if e.is_Add:
        return _sum(e, n)
    raise _refusal(e, "has no power law", "only sums, products and powers have one")


def _product(e: sympy.Expr, n: sympy.Symbol) -> Order:
    return sum((_order(factor, n) for factor in e.args), order(0))


def _power(e: sympy.Expr, n: sympy.Symbol) -> Order:
    base, exponent = e.args
    if exponent.has(n):
        raise _refusal(e, "has no power law", "an exponent cannot grow with n")
    size = _order(base, n)
    if size == 0:
        return size
    power = _exponent(exponent)
    if size.is_zero_quantity and (power.variables or power.rational <= 0):
        raise _refusal(e, "may divide by zero", "only a positive power of zero has an order")
    if not power.variables:
        return size * power.rational
    if not size.variables:
        return power * size.rational
    raise _refusal(e, "has a product of two named exponents", "give one of them a value")


def _exponent(e: sympy.Expr) -> Order:
    import sympy

    factor, rest = e.as_coeff_Mul(rational=True)
    if e.is_Rational:
        return order(Fraction(int(e.p), int(e.q)))
    if factor != 1:
        return _exponent(rest) * Fraction(int(factor.p), int(factor.q))
    if e.is_Symbol and is_name(e.name):
        return Order.affine(Affine.variable(e.name))
    if e.is_Add:
        return sum(map(_exponent, e.args), order(0))
    if isinstance(e, sympy.Max | sympy.Min):
        return (maximum if isinstance(e, sympy.Max) else minimum)(*map(_exponent, e.args))
    raise _refusal(e, "is no exponent", "exponents are rational, or symbols with + - max min and rational factors")


def _constant(e: sympy.Expr) -> Order:
    zero = e.is_zero if e.is_zero is not None else e.equals(0)
    if zero:
        return MINUS_INFINITY
    if e.is_zero is None and not e.is_Symbol and (zero is None or e.free_symbols):  # then it is zero somewhere, maybe
        raise _refusal(e, "may be zero", _DECLARE)
    return order(0)


# -- sums -------------------------------------------------------------------------------------------------------------


def _sum(e: sympy.Expr, n: sympy.Symbol) -> Order:
    """The order by the first reading that settles it; if none does, the reason is what the sum as written lacks."""
    refusals = []
    for reading in _READINGS:
        try:
            return reading(e, n)
        except OrderError as refusal:
            refusals.append(refusal)
    raise refusals[0]


def _as_written(e: sympy.Expr, n: sympy.Symbol) -> Order:
    return _largest(e, e.args, n)


def _expanded(e: sympy.Expr, n: sympy.Symbol) -> Order:
    """Each power of n once, with its coefficient summed."""
    import sympy

    coefficients: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(sympy.expand(e)):
        coefficient, rest = term.as_independent(n, as_Add=False)
        rest = sympy.powsimp(rest)
        coefficients[rest] = coefficients.get(rest, sympy.Integer(0)) + coefficient
    return _largest(e, [coefficient * rest for rest, coefficient in coefficients.items()], n)


def _over_one_denominator(e: sympy.Expr, n: sympy.Symbol) -> Order:
    import sympy

    numerator, denominator = sympy.fraction(sympy.together(e))
    return _expanded(numerator, n) - _expanded(denominator, n)


_READINGS: Final[tuple[Rule, ...]] = (_as_written, _expanded, _over_one_denominator)


def _largest(e: sympy.Expr, terms: Iterable[sympy.Expr], n: sympy.Symbol) -> Order:
    """The largest order, if one term leads by a fixed margin or all that may lead have the same sign."""
    orders = {term: _order(term, n) for term in terms}
    leading = [term for term, size in orders.items() if not any(_exceeds(size, rival) for rival in orders.values())]
    signs = {(term.is_positive, term.is_negative) for term in leading if not orders[term].is_zero_quantity}
    if len(leading) > 1 and signs - {(True, False)} and signs - {(False, True)}:
        raise _refusal(e, "may cancel", _DECLARE)
    return largest(orders.values())


def _exceeds(size: Order, rival: Order) -> bool:
    """Is the rival larger by a constant, whatever the named exponents are?"""
    if size.is_zero_quantity or rival.is_zero_quantity:
        return not rival.is_zero_quantity
    lead = rival - size
    return not lead.variables and lead.rational > 0


def _refusal(e: sympy.Expr, what: str, hint: str) -> OrderError:
    shown = str(e)
    return OrderError(f"{shown if len(shown) <= 60 else shown[:60] + '…'} {what}", hint=hint)
