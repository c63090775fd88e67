"""Charts of orders: against one exponent with its breakpoints; over two, which form is the largest where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Final

from gamma_calc.display.chart import Chart
from gamma_calc.display.shapes import Axis, Curve, Mark
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.unicode import affine_unicode
from gamma_calc.exponents.orders.comparison import compare
from gamma_calc.exponents.orders.one_variable import breakpoints
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.regions.charts import EVERYWHERE, areas_of, axes_of, name, window_for
from gamma_calc.exponents.regions.outline import USUAL, distinct, require_axes
from gamma_calc.exponents.regions.polyhedral_set import PolyhedralSet
from gamma_calc.exponents.regions.spans import Span, Spans

AIR: Final = Fraction(1, 4)  # above and below all curves
ORDER: Final = "order, as exponent of n"


def order_chart(order: PiecewiseLinear, window: Spans) -> Chart:
    """The order alone. Raises OrderError unless it depends on one exponent or on two."""
    require_axes(order.variables)
    return _curve_chart(order, window) if len(order.variables) == 1 else _pieces_chart(order, window)


def _curve_chart(order: PiecewiseLinear, window: Spans) -> Chart:
    (variable,) = order.variables
    span = window.get(variable) or span_of(bends_of(order, variable))
    curve = curve_of(order, variable, span, f"{order:unicode}")
    y = Axis(ORDER, *range_of([curve]))
    return Chart(f"{order:unicode}", Axis(name(variable), *span), y, curves=(curve,), marks=bends(curve, variable))


def curve_of(order: PiecewiseLinear, variable: str, span: Span, text: str) -> Curve:
    """The order along a span of one exponent; places at both ends and at each breakpoint between them."""
    inside = [x for x in bends_of(order, variable) if span[0] < x < span[1]]
    return Curve(tuple((x, order.at({variable: x}) or Fraction(0)) for x in (span[0], *inside, span[1])), text)


def bends_of(order: PiecewiseLinear, variable: str) -> list[Fraction]:
    """The breakpoints of an order in one exponent."""
    return breakpoints(order.above, order.below, variable)


def bends(curve: Curve, variable: str) -> tuple[Mark, ...]:
    """The breakpoints of a curve, marked."""
    return tuple(Mark((place,), f"{name(variable)} = {spelled(place[0])}", beside=True) for place in curve.places[1:-1])


def spelled(value: Fraction) -> str:
    """A number with a mathematical minus.

    >>> spelled(Fraction(-1, 2))
    '−1/2'
    """
    return affine_unicode(Affine.number(value))


def span_of(values: Iterable[Fraction]) -> Span:
    """A span that leaves room on both sides."""
    known = sorted(values)
    return (known[0] - 1, known[-1] + 1) if known else USUAL


def range_of(curves: Iterable[Curve], *more: Fraction) -> Span:
    """The values of curves, with air."""
    values = [place[1] for curve in curves for place in curve.places]
    return min([*values, *more]) - AIR, max([*values, *more]) + AIR


def _pieces_chart(order: PiecewiseLinear, window: Spans) -> Chart:
    pieces = pieces_of(order)
    seen = window_for(order.variables, pieces.values(), EVERYWHERE, window)
    shaded = {text: (piece, level) for level, (text, piece) in enumerate(pieces.items(), 1)}
    borders = distinct(border for piece in pieces.values() for border in seen.borders(piece))
    x, y = axes_of(seen)
    return Chart(f"{order:unicode}", x, y, areas_of(seen, shaded), borders)


def pieces_of(order: PiecewiseLinear) -> Mapping[str, PolyhedralSet]:
    """The affine forms of an order, and where each is its value.

    >>> [f"{text}: {piece}" for text, piece in pieces_of(PiecewiseLinear.of("max(eta, rho)")).items()]
    ['η: eta >= rho', 'ρ: eta <= rho']
    """
    forms = sorted({above - below for above, below in product(order.above, order.below)}, key=str)
    pieces = {_text(form): PolyhedralSet(compare(order, "=", PiecewiseLinear.affine(form))) for form in forms}
    return {text: piece for text, piece in pieces.items() if not piece.is_empty}


def _text(form: Affine) -> str:
    return f"{PiecewiseLinear.affine(form):unicode}"
