"""Orders: v = Theta(n^g), with g an exact piecewise-linear function of named exponents.

Every piecewise-linear function is a difference of two maxima of affine forms (a tropical quotient), and that pair is
closed under + - max min and rational scaling. Where the difference is itself a maximum, or a minimum, it is reduced
to one, so the orders that the calculus makes from max and + alone have one canonical form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gamma_calc.errors import OrderError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders import maximum as convex
from gamma_calc.exponents.orders.difference import simplest
from gamma_calc.exponents.orders.maximum import NOTHING, ONE, Convex

if TYPE_CHECKING:
    from gamma_calc.exponents.regions.region import Region

Exponent: TypeAlias = "Order | Affine | Fraction | int | str"


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """An exponent: the piecewise-linear function max(above) - max(below) of named exponents.

    Build one with :func:`order`, combine with ``+ - *`` (by a rational), :func:`maximum`, :func:`minimum`; call it to
    substitute. ``above`` empty is -oo. Comparison with ``<=`` gives the region where it holds; ``==`` is exact
    equality as functions.

    >>> eta = order("eta")
    >>> maximum(eta, 2 * eta + 1)
    Order('max(eta, 2*eta + 1)')
    >>> maximum(eta, 2 * eta + 1)(eta="-1/2")
    Order('0')
    >>> maximum(eta, -eta) - maximum(eta, -eta) == order(0)
    True
    """

    above: Convex
    below: Convex = ONE

    # -- construction ---------------------------------------------------------------------------------------------

    @classmethod
    def affine(cls, form: Affine) -> Order:
        return cls(frozenset({form}))

    @classmethod
    def reduced(cls, above: Convex, below: Convex) -> Order:
        """above - below, as a plain maximum or a plain minimum where it is one."""
        return cls(*simplest(above, below)) if above else MINUS_INFINITY

    # -- facts ----------------------------------------------------------------------------------------------------

    @property
    def is_zero_quantity(self) -> bool:
        """True for -oo, the order of what is identically zero."""
        return not self.above

    @property
    def is_convex(self) -> bool:
        """True where the order is a maximum of affine forms (-oo included)."""
        return self.below == ONE

    @property
    def variables(self) -> tuple[str, ...]:
        """The names the order depends on, sorted."""
        return tuple(sorted({k for f in self.above | self.below for k in f.variables}))

    @property
    def rational(self) -> Fraction:
        """The value of an order without variables. Raises OrderError for -oo and for open variables."""
        if self.is_zero_quantity:
            raise OrderError("-inf is no rational: the quantity is identically zero")
        if self.variables:
            raise OrderError(f"{self} still depends on {', '.join(self.variables)}", hint="give each a value")
        return max(f.constant for f in self.above) - max(f.constant for f in self.below)

    def at(self, point: Mapping[str, Fraction]) -> Fraction | None:
        """The value at a point, None for -oo."""
        if self.is_zero_quantity:
            return None
        return max(f.at(point) for f in self.above) - max(f.at(point) for f in self.below)

    # -- arithmetic -----------------------------------------------------------------------------------------------

    def __add__(self, other: Order | Affine | Fraction | int) -> Order:
        other = order(other)
        if not self.above or not other.above:
            return MINUS_INFINITY
        above = convex.plus(self.above, other.above)
        if self.below == ONE == other.below:
            return Order(above)
        return Order.reduced(above, convex.plus(self.below, other.below))

    __radd__ = __add__

    def __neg__(self) -> Order:
        if self.is_zero_quantity:
            raise OrderError("-inf cannot be subtracted: that divides by a quantity that is identically zero")
        return Order.reduced(self.below, self.above)

    def __sub__(self, other: Order | Affine | Fraction | int) -> Order:
        return self + (-order(other))

    def __rsub__(self, other: Order | Affine | Fraction | int) -> Order:
        return order(other) + (-self)

    def __mul__(self, factor: int | Fraction) -> Order:
        _refuse_float(factor)
        if self.is_zero_quantity:
            if factor <= 0:
                raise OrderError(f"-inf * {factor} has no value: only positive powers of zero are zero")
            return self
        size = abs(Fraction(factor))
        scaled = Order(convex.scaled(self.above, size), convex.scaled(self.below, size))
        return scaled if factor >= 0 else -scaled

    __rmul__ = __mul__

    def __truediv__(self, divisor: int | Fraction) -> Order:
        _refuse_float(divisor)
        if not divisor:
            raise OrderError(f"({self})/0 has no value", hint="divide an exponent by a non-zero rational")
        return self * (1 / Fraction(divisor))

    def __call__(self, **values: Exponent) -> Order:
        return self.substitute(values)

    def substitute(self, values: Mapping[str, Exponent]) -> Order:
        """Replace names by exponents (affine, or any order without a kink). Names left out stay."""
        forms = {name: _as_affine(name, order(value)) for name, value in values.items()}
        if self.is_zero_quantity or not forms:
            return self
        above, below = (
            convex.irredundant(frozenset(f.substitute(forms) for f in part)) for part in (self.above, self.below)
        )
        return Order.reduced(above, below)

    # -- comparison -----------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bool) or not isinstance(other, Order | Affine | Fraction | int):
            return NotImplemented
        other = order(other)
        if not self.above or not other.above:
            return not self.above and not other.above
        if self.below == other.below:
            return self.above == other.above
        return convex.plus(self.above, other.below) == convex.plus(other.above, self.below)

    def __hash__(self) -> int:
        if self.is_convex:  # an order without a kink equals a form or a number, and hashes as it
            return hash(next(iter(self.above)) if len(self.above) == 1 else self.above)
        return hash(self.at(dict.fromkeys(self.variables, Fraction(1, 7))))

    def __le__(self, other: Order | Affine | Fraction | int) -> Region:
        return _where(self, "<=", order(other))

    def __lt__(self, other: Order | Affine | Fraction | int) -> Region:
        return _where(self, "<", order(other))

    def __ge__(self, other: Order | Affine | Fraction | int) -> Region:
        return _where(order(other), "<=", self)

    def __gt__(self, other: Order | Affine | Fraction | int) -> Region:
        return _where(order(other), "<", self)

    # -- appearance -----------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return format(self, "text")

    def __repr__(self) -> str:
        return f"Order({str(self)!r})"

    def __format__(self, dialect: str) -> str:
        from gamma_calc.exponents.notation.dialects import order_in

        return order_in(self, dialect or "text")

    def _repr_latex_(self) -> str:
        return f"${self:latex}$"


MINUS_INFINITY: Final = Order(NOTHING)


def order(value: Exponent) -> Order:
    """An order from a rational, an affine form, or a text (read by this package's own parser).

    Raises ExponentSyntaxError for a text that is no order, OrderError for a float.

    >>> order("max(0, eta + 1)") == order("max(eta + 1, eta, 0)")
    True
    >>> order("max(0, eta)") == order("max(0, eta, eta/2 + 1)")
    False
    """
    if isinstance(value, Order):
        return value
    if isinstance(value, str):
        from gamma_calc.exponents.notation.grammar import parse_order

        return parse_order(value)
    if isinstance(value, Affine):
        return Order.affine(value)
    _refuse_float(value)
    return Order.affine(Affine.number(value))


def maximum(*orders: Exponent) -> Order:
    """The order of a sum whose terms do not cancel. The maximum of nothing is -oo.

    >>> maximum(order("eta"), 0)
    Order('max(0, eta)')
    """
    return largest(order(o) for o in orders)


def minimum(*orders: Exponent) -> Order:
    """The smallest of at least one order; -oo if one of them is.

    >>> minimum("-1/2", "-1/2 - a0", "-1 - b0")
    Order('min(-1/2, -1/2 - a0, -1 - b0)')
    """
    if not orders:
        raise OrderError("the minimum of no orders has no value")
    values = [order(o) for o in orders]
    if any(v.is_zero_quantity for v in values):
        return MINUS_INFINITY
    return -largest(-v for v in values)


def largest(orders: Iterable[Order]) -> Order:
    """The maximum of any number of orders; those that share what is subtracted are compared at once."""
    groups: dict[Convex, Convex] = {}
    for term in orders:
        groups[term.below] = groups.get(term.below, NOTHING) | term.above
    above, below = convex.irredundant(groups.pop(ONE, NOTHING)), ONE
    for denominator, forms in groups.items():
        raised = convex.plus(above, denominator)
        above = convex.maximum(raised, convex.plus(convex.irredundant(forms), below))
        below = convex.plus(below, denominator)
    return Order(above) if below == ONE else Order.reduced(above, below)


def _as_affine(name: str, value: Order) -> Affine:
    if len(value.above) == 1 and value.is_convex:
        return next(iter(value.above))
    raise OrderError(f"cannot put {value} for {name}", hint="substitute an affine exponent such as -1/2 or rho/2 - 1")


def _refuse_float(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise OrderError(f"{value!r} is not an exact rational", hint="write Fraction(1, 2) or the text '1/2'")


def _where(left: Order, relation: Literal["<=", "<"], right: Order) -> Region:
    from gamma_calc.exponents.regions.region import where

    return where(left, relation, right)
