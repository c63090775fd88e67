"""What a user of exponents holds in hand: orders, the regions where they are compared, and each from the other.

A quantity of a training program is Theta(n^g) in the width n, and g is its *order*: an exact piecewise-linear function
of named exponents, such as that of the learning rate. A *region* is an exact set of such exponents. The two meet in
both directions, which is why they stand in one file: comparing orders gives a region, and the largest value of an
exponent over a region is again an order. All arithmetic is below: ``piecewise`` for functions, ``polyhedral_set`` for
sets.

Adam moves an entry of a weight by n^eta; an output that adds n of them grows as n^(eta + 1), beside a part n^eta that
averages. Its order is the larger of the two exponents, and training is stable where that is at most zero:

    >>> output = maximum("eta", "eta + 1")
    >>> output
    Order('eta + 1')
    >>> output <= 0
    Region('eta <= -1')

With a second path, through a factor of order n^b0, the stable rates depend on b0, and so does their supremum:

    >>> stable = (output <= 0) & (Order("eta + b0 + 1/2") <= 0)
    >>> stable
    Region('eta + b0 <= -1/2 & eta <= -1')
    >>> (largest_rate,) = stable.sup("eta")
    >>> largest_rate.value, largest_rate.value(b0="1/2")
    (Order('min(-1, -1/2 - b0)'), Order('-1'))
    >>> {"eta": -1, "b0": "1/2"} in stable
    True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gamma_calc.display.later import later
from gamma_calc.errors import OrderError, require_each, unknown, written
from gamma_calc.exponents.linear.accepted import require
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.below import nowhere_above, uncovered
from gamma_calc.exponents.orders.cells import met
from gamma_calc.exponents.orders.comparison import Relation, compare
from gamma_calc.exponents.orders.maximum import NOTHING as NO_FORMS
from gamma_calc.exponents.orders.maximum import ONE, Convex, irredundant
from gamma_calc.exponents.orders.piecewise import Exponent, PiecewiseLinear, affine_forms, are_open
from gamma_calc.exponents.orders.region_text import read_region
from gamma_calc.exponents.orders.samples import Rows
from gamma_calc.exponents.orders.scope import Scope
from gamma_calc.exponents.orders.upper_bounds import upper_bounds
from gamma_calc.exponents.regions.polyhedral_set import Optimum, PolyhedralSet
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.spans import Span, Spans
from gamma_calc.exponents.regions.union import simplified

if TYPE_CHECKING:
    from gamma_calc.display.chart import Chart

__all__ = [
    "EVERYTHING",
    "MINUS_INFINITY",
    "NOTHING",
    "Exponent",
    "Order",
    "Region",
    "Supremum",
    "largest",
    "maximum",
    "minimum",
    "order",
    "supremum",
    "where",
    "where_on",
]


MOST_EVERYWHERE: Final = 2  # exponents of orders that are compared outside a region too where it is asked of one


class Order(PiecewiseLinear):
    """An exponent: the piecewise-linear function max(above) - max(below) of named exponents.

    Write one as a text, or make it with :func:`order`, :func:`maximum`, :func:`minimum` and ``+ - *`` (by a rational);
    call it to substitute. ``above`` empty is -oo. Comparison with ``<=`` gives the region where it holds; ``==`` is
    exact equality as functions.

    >>> eta = Order("eta")
    >>> maximum(eta, 2 * eta + 1)
    Order('max(eta, 2*eta + 1)')
    >>> maximum(eta, 2 * eta + 1)(eta="-1/2")
    Order('0')
    >>> maximum(eta, -eta) - maximum(eta, -eta) == order(0)
    True
    """

    __slots__ = ()
    _op_priority: Final = 20  # a number of sympy leaves the operation to this class

    def __init__(self, value: Exponent | Iterable[Affine], below: Iterable[Affine] = ONE) -> None:
        if not isinstance(value, Iterable) or isinstance(value, str):
            function = PiecewiseLinear.of(value)
            function -= PiecewiseLinear.reduced(_forms(below) or ONE, ONE) if below is not ONE else 0
        else:
            function = PiecewiseLinear.reduced(_forms(value), _forms(below) or ONE)
        object.__setattr__(self, "canonical", function.canonical)
        object.__setattr__(self, "kept", function.kept)
        object.__setattr__(self, "is_zero_quantity", function.is_zero_quantity)
        object.__setattr__(self, "number", function.number)
        object.__setattr__(self, "_values", None)
        object.__setattr__(self, "_form", None)
        object.__setattr__(self, "_hash", None)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to {name}: an order cannot be changed")

    def __call__(self, **values: Exponent) -> Order:
        """The order with exponents put for names. Raises UnknownName for a name that it does not depend on.

        An order without variables takes any name: it is the same everywhere. ``substitute`` asks nothing.
        """
        _known(values, self.variables)
        return self.substitute(values)

    def __le__(self, other: Exponent) -> Region:
        return where(self, "<=", other)

    def __lt__(self, other: Exponent) -> Region:
        return where(self, "<", other)

    def __ge__(self, other: Exponent) -> Region:
        return where(other, "<=", self)

    def __gt__(self, other: Exponent) -> Region:
        return where(other, "<", self)

    def plot(self, **window: tuple[Exponent, Exponent]) -> Chart:
        """A chart against one exponent with its breakpoints; for two exponents, which form is the largest where.

        ``window`` gives an exponent the span that is shown. Raises OrderError for none or more than two exponents.

        >>> maximum("eta", "2*eta + 1").plot(eta=(-2, 0)).curves[0].places[1]
        (Fraction(-1, 1), Fraction(-1, 1))
        """
        chart: Chart = later("gamma_calc.exponents.orders.charts").order_chart(self, spans(window, self.variables))
        return chart

    def _repr_latex_(self) -> str:
        return f"${self:latex}$"

    def _repr_html_(self) -> str:
        return _escaped(self._repr_latex_())  # a notebook typesets it there as well


class Region(PolyhedralSet):
    """A set of exponents: every point that lies in one of the ``polyhedra``. Names that none mentions are free.

    Write one as a text (comparisons of exponents joined by ``&`` and ``|``; ``all``; ``none``), or compare orders.
    Combine with ``&`` ``|`` ``-`` ``~``; ``<=`` is inclusion and ``==`` equality as sets, both decided exactly. A point
    is a mapping of names to values, or the values in the order of ``variables``.

    >>> stable = Region("max(eta, 2*eta + 1) <= 0")
    >>> stable
    Region('eta <= -1/2')
    >>> stable & Region("-1 < eta")
    Region('-1 < eta <= -1/2')
    >>> {"eta": "-1/2"} in stable, order("-1/2") in stable, (-1, 0) in Region("eta < rho")
    (True, True, True)
    """

    __slots__ = ()

    def __init__(self, value: str | PolyhedralSet | Iterable[Polyhedron]) -> None:
        object.__setattr__(self, "polyhedra", _union(value))

    @classmethod
    def parse(cls, text: str) -> Region:
        """The region that a text denotes. Raises ExponentSyntaxError where it is none.

        >>> Region.parse("eta <= min(-1/2, -1 - b0) & -1 <= eta < 0")
        Region('eta + b0 <= -1 & -1 <= eta <= -1/2')
        """
        require(text, str, "text", "write one such as 'eta <= -1'")
        return cls(text)

    def __contains__(self, point: Mapping[str, Exponent] | Sequence[Exponent] | Exponent) -> bool:
        values = {name: order(value).rational for name, value in _coordinates(point, self.variables).items()}
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise OrderError(f"the point leaves {', '.join(missing)} open", hint="give each a value")
        return self.contains(values)

    def substitute(self, values: Mapping[str, Exponent]) -> Region:
        """The region with affine exponents put for names.

        >>> Region("eta <= -1/2 - rho/2").substitute({"rho": 1})
        Region('eta <= -1')
        """
        forms = affine_forms(values)
        return Region(simplified(polyhedron.substitute(forms) for polyhedron in self.polyhedra))

    def largest(self, form: Exponent) -> Optimum:
        """The supremum of an affine exponent, with a proof.

        Raises OrderError on an empty region, UnknownName for names that the region does not mention.

        >>> str(Region("eta < -1/2").largest("eta"))
        '-1/2 (approached, not attained)'
        """
        goal = order(form).form_for("the exponent to maximise")
        _known(goal.variables, self.variables)
        return self.optimum(goal)

    def sup(self, name: str) -> tuple[Supremum, ...]:
        """The supremum of one exponent as a function of the others, on domains that do not overlap.

        Raises UnknownName for a name that the region does not mention.

        >>> print(*Region("eta <= min(-1/2, -1 - b0) & b0 <= 0").sup("eta"))
        min(-1/2, -1 - b0) where b0 <= 0
        """
        _known([name], self.variables)
        return supremum(self, name)

    def plot(self, **window: tuple[Exponent, Exponent]) -> Chart:
        """A chart of the region with its borders and their equations.

        ``window`` gives an exponent the span that is shown. Raises OrderError for none or more than two exponents.

        >>> [border.text for border in Region("eta_A + eta_B <= -1 & eta_A <= -1").plot().borders]
        ['η_A + η_B = −1', 'η_A = −1']
        """
        chart: Chart = later("gamma_calc.exponents.regions.charts").region_chart(self, spans(window, self.variables))
        return chart

    def _repr_latex_(self) -> str:
        return f"${self:latex}$"

    def _repr_html_(self) -> str:
        return _escaped(self._repr_latex_())


@dataclass(frozen=True, slots=True)
class Supremum:
    """The least upper bound of an exponent wherever the others lie in ``where``; None if there is no bound.

    ``attained`` is True if the bound itself is allowed at every point of ``where``.
    """

    value: Order | None
    where: Region
    attained: bool

    def __str__(self) -> str:
        value = "unbounded" if self.value is None else str(self.value)
        return value if self.where.is_everything else f"{value} where {self.where}"


def order(value: Exponent) -> Order:
    """An order from a rational, an affine form, or a text (read by this package's own parser).

    Raises ExponentSyntaxError for a text that is no order, OrderError for a float.

    >>> order("max(0, eta + 1)") == order("max(eta + 1, eta, 0)")
    True
    >>> order("max(0, eta)") == order("max(0, eta, eta/2 + 1)")
    False
    """
    return Order.of(value)


def maximum(*orders: Exponent) -> Order:
    """The order of a sum whose terms do not cancel. The maximum of nothing is -oo.

    >>> maximum(order("eta"), 0)
    Order('max(0, eta)')
    """
    return _largest(order(o) for o in orders)


def minimum(*orders: Exponent) -> Order:
    """The smallest of at least one order; -oo if one of them is.

    >>> minimum("-1/2", "-1/2 - a0", "-1 - b0")
    Order('min(-1/2, -1/2 - a0, -1 - b0)')
    """
    return Order.smallest_of(order(o) for o in orders)


def at_most(value: Order, bound: Order) -> Order:
    """The smaller of the two, spelled as it came where the bound is never below it.

    >>> at_most(order("max(eta, 2*eta)"), order("max(eta, 2*eta) + 1"))
    Order('max(eta, 2*eta)')
    """
    return value if nowhere_above(value, bound) else minimum(value, bound)


def largest(orders: Iterable[Exponent]) -> Order:
    """The maximum of the orders of a collection; -oo if it is empty.

    >>> largest([order("eta"), order(0)])
    Order('max(0, eta)')
    """
    require(orders, Iterable, "collection of orders", "write a list such as ['eta', 0]")
    return _largest(order(one) for one in orders)


def _largest(orders: Iterable[Order]) -> Order:
    """One that no other exceeds anywhere stays as it is spelled."""
    those = list(dict.fromkeys(orders))
    if len(those) == 1:
        return those[0]
    if all(one.is_known_maximum for one in those):
        return _largest_maximum(tuple(those))
    if any(one.number is None for one in those):
        those = uncovered(those)
    return those[0] if len(those) == 1 else Order.largest_of(those)


@lru_cache(maxsize=65536)
def _largest_maximum(maxima: tuple[Order, ...]) -> Order:
    """That of maxima, which are spelled in one way: few are made, and again and again."""
    return Order.largest_of(maxima)


def where(left: Exponent, relation: Relation, right: Exponent) -> Region:
    """The exponents at which one order is below, strictly below, or equal to another. -oo is below everything.

    >>> where("max(0, eta + 1)", "<=", "-eta")
    Region('eta <= -1/2')
    """
    return where_on(EVERYTHING, left, relation, right)


def where_on(region: Region, left: Exponent, relation: Relation, right: Exponent) -> Region:
    """The part of a region where one order is below, strictly below, or equal to another.

    Orders of many exponents are compared on the region alone, where they are far shorter than everywhere.

    >>> where_on(Region("eta <= -1"), "max(0, eta + 1)", "=", 0)
    Region('eta <= -1')
    """
    require(region, Region, "region", "write one such as Region('eta <= -1')")
    one, other = order(left), order(right)
    if one.is_zero_quantity or other.is_zero_quantity or not are_open((one, other)):
        rows = _solid(region) if len({*one.variables, *other.variables}) > MOST_EVERYWHERE else ()
        found = Region(compare(one, relation, other, rows))
        return found if region is EVERYTHING or rows else region & found
    return _where_open(region.polyhedra, (one - other).form, relation)


@lru_cache(maxsize=1024)
def _where_open(parts: tuple[Polyhedron, ...], form: Affine, relation: Relation) -> Region:
    """Where a form is below zero, at most, or equal to it: it takes long, and is asked of all that is made of it."""
    pieces = (piece for part in parts for piece in met(Scope.of(part), Order.keep(form), relation))
    return Region(simplified(pieces))


def _solid(region: Region) -> Rows:
    """The rows of a region that is one polyhedron with an interior; none of another."""
    rows = region.polyhedra[0].constraints if len(region.polyhedra) == 1 else ()
    return () if any(relation == "=" for _, relation in rows) else rows


def supremum(region: Region, name: str) -> tuple[Supremum, ...]:
    """The supremum of ``name`` over a region, on domains that do not overlap; unbounded where it is not mentioned.

    >>> region = Region("eta <= -1/2 & eta <= -1/2 - a0 & eta <= -1 - b0 & a0 + 1/2 + b0 <= 0")
    >>> print(*supremum(region, "eta"))
    min(-1/2, -1/2 - a0, -1 - b0) where a0 + b0 <= -1/2
    """
    require(region, Region, "region", "write one such as Region('eta <= -1')")
    require(name, str, "name of an exponent", "write it as a text such as 'eta'")
    bounds = upper_bounds(region, name)
    return tuple(Supremum(None if value is None else order(value), Region(domain), at) for value, domain, at in bounds)


def spans(window: Mapping[str, tuple[Exponent, Exponent]], names: Sequence[str]) -> Spans:
    """The spans of a window as rationals. Raises UnknownName, and OrderError for a span that is none.

    >>> spans({"eta": ("-1/2", 0)}, ["eta"])
    {'eta': (Fraction(-1, 2), Fraction(0, 1))}
    """
    require(window, Mapping, "window", "write one such as {'eta': (-2, 0)}")
    require_each(names, str, "name", "write a list such as ['eta']", OrderError)
    _known(window, names)
    return {name: _span(name, span) for name, span in window.items()}


# -- what is taken ----------------------------------------------------------------------------------------------------


def _span(name: str, span: tuple[Exponent, Exponent]) -> Span:
    match span:
        case (low, high) if order(low).rational < order(high).rational:
            return order(low).rational, order(high).rational
    raise OrderError(f"no span of {name}: {written(span)}", hint=f"write its ends, as in {name}=(-2, 0)")


def _forms(forms: Iterable[Affine]) -> Convex:
    hint = "write a text such as 'max(eta, 0)'"
    require(forms, Iterable, "collection of affine forms", hint)
    given = set()
    for form in forms:
        require(form, Affine, "affine form", hint)
        given.add(form)
    return irredundant(frozenset(given))


def _union(value: str | PolyhedralSet | Iterable[Polyhedron]) -> tuple[Polyhedron, ...]:
    if isinstance(value, str):
        return read_region(value)
    if isinstance(value, PolyhedralSet):
        return value.polyhedra
    hint = "write a text such as 'eta <= -1'"
    require(value, Iterable, "region", hint)
    given = []
    for one in value:
        require(one, Polyhedron, "polyhedron", hint)
        given.append(one)
    return tuple(given)


def _coordinates(
    point: Mapping[str, Exponent] | Sequence[Exponent] | Exponent, names: Sequence[str]
) -> Mapping[str, Exponent]:
    """The values of a point by name; those of a sequence, or a value that stands alone, belong to the names in turn."""
    if isinstance(point, Mapping):
        return point
    values = point if isinstance(point, list | tuple) else [point]
    if len(values) != len(names):
        what = f"a point of {len(values)} coordinates, and the region has {len(names)}: {', '.join(names) or 'none'}"
        raise OrderError(what, hint="give one value for each, or name them as in {'eta': '-1/2'}")
    return dict(zip(names, values, strict=True))


def _known(names: Iterable[object], known: Sequence[str]) -> None:
    """Raises UnknownName for a name that does not occur, where any does."""
    for name in names:
        if not isinstance(name, str) or (known and name not in known):
            raise unknown("exponent", name, known)


MINUS_INFINITY: Final = Order(NO_FORMS)
NOTHING: Final = Region(())
EVERYTHING: Final = Region.of(())


def _escaped(text: str) -> str:
    from html import escape  # slow to load, and only a notebook asks for it

    return escape(text)
