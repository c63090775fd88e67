"""Dimensions: how many entries an axis has, as a power of the one base n."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Rational

from gamma_calc.errors import OrderError, ProgramError, require
from gamma_calc.exponents import Order, order


@dataclass(frozen=True, slots=True)
class Power:
    """A known multiplier n^exponent, such as s = alpha/r. Multiply an expression by it."""

    exponent: Order

    def times(self, other: Power) -> Power:
        return Power(self.exponent + other.exponent)

    def __mul__(self, other: Rational | int) -> Multiplier:
        if hasattr(other, "shape"):
            return NotImplemented  # an expression multiplies itself
        return Multiplier(order(other).rational, self)

    __rmul__ = __mul__

    def __neg__(self) -> Multiplier:
        return self * -1

    def __str__(self) -> str:
        return f"n^({self.exponent})" if self.exponent != 0 else "1"


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A constant times a power of n. Multiply an expression by it.

    >>> from gamma_calc import Dim, data
    >>> n = Dim("n", 1)
    >>> 2 * n**-1 * data("Z", n), -(n**-1) * data("Z", n)
    (<2 n^(-1) Z : (n)>, <-n^(-1) Z : (n)>)
    """

    coefficient: Fraction
    power: Power


@dataclass(frozen=True, slots=True)
class Dim:
    """An axis of size n^exponent; exponent 0 is a fixed dimension.

    >>> n, r = Dim("n", 1), Dim("r", "rho")
    >>> r ** "-1/2"
    Power(exponent=Order('-rho/2'))
    """

    name: str
    exponent: Order
    independent_overlap: Order = field(compare=False, repr=False)  # the overlap of two independent vectors of this axis
    is_fixed: bool = field(compare=False, repr=False)
    _hash: int = field(compare=False, repr=False)  # kept, for directions are looked up by their axes all the time

    def __init__(self, name: str, exponent: Order | Fraction | int | str) -> None:
        require(name, str, "name of a dimension", "write one such as Dim('n', 1)")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "exponent", order(exponent))
        if self.exponent.is_zero_quantity:
            raise ProgramError(f"dimension {name} has exponent -inf", hint="a fixed dimension has exponent 0")
        object.__setattr__(self, "independent_overlap", self.exponent / -2)
        object.__setattr__(self, "is_fixed", self.exponent == 0)
        object.__setattr__(self, "_hash", hash((name, self.exponent)))

    def __hash__(self) -> int:
        return self._hash

    def __pow__(self, power: Order | Fraction | int | str) -> Power:
        exponent = order(power)
        if not exponent.variables:
            return Power(self.exponent * exponent.rational)
        if not self.exponent.variables:
            return Power(exponent * self.exponent.rational)
        raise OrderError(
            f"{self.name}^({exponent}) multiplies two unknown exponents",
            hint=f"give the multiplier one exponent of its own, as in n^sigma, or a rational power of {self.name}",
        )

    def __str__(self) -> str:
        return self.name


Shape = tuple[Dim, ...]


def shape_text(shape: Shape) -> str:
    return "scalar" if not shape else " x ".join(d.name for d in shape)
