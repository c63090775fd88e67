"""Regions: exact sets of exponents, finite unions of polyhedra with strict and weak sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Final, Literal

from gamma_calc.errors import CertificateError, OrderError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.certificate import Infeasible, Optimal, Unbounded
from gamma_calc.exponents.linear.constraint import Row, names_of
from gamma_calc.exponents.linear.solver import largest
from gamma_calc.exponents.orders import maximum as convex
from gamma_calc.exponents.orders.order import Order, _as_affine, order
from gamma_calc.exponents.regions import union
from gamma_calc.exponents.regions.polyhedron import Polyhedron

if TYPE_CHECKING:
    from gamma_calc.exponents.orders.supremum import Supremum

Value = Order | Affine | Fraction | int | str


@dataclass(frozen=True, slots=True)
class Optimum:
    """The supremum of an exponent over a region. ``value`` is None where it is unbounded.

    ``attained`` tells a largest value from one that is only approached; ``proofs`` holds one checked proof for each
    piece of the region.
    """

    value: Fraction | None
    attained: bool
    proofs: tuple[Optimal | Unbounded, ...]

    def __str__(self) -> str:
        if self.value is None:
            return "unbounded"
        return f"{self.value}" if self.attained else f"{self.value} (approached, not attained)"


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A set of exponents: every point that satisfies one of the ``pieces``. Names that no piece mentions are free.

    Write one as text with :meth:`parse`, or compare orders. Combine with ``&`` ``|`` ``-`` ``~``; ``<=`` is inclusion
    and ``==`` equality as sets, both decided exactly.

    >>> stable = Region.parse("max(eta, 2*eta + 1) <= 0")
    >>> stable
    Region('eta <= -1/2')
    >>> stable & Region.parse("-1 < eta")
    Region('-1 < eta <= -1/2')
    >>> {"eta": Fraction(-1, 2)} in stable
    True
    """

    pieces: tuple[Polyhedron, ...]

    # -- construction ---------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Region:
        """The points that satisfy every row."""
        return cls(union.tidied([Polyhedron.build(rows)]))

    @classmethod
    def parse(cls, text: str) -> Region:
        """A region from text: comparisons of exponents joined by ``&`` and ``|``, or ``all``, or ``none``.

        Raises ExponentSyntaxError where the text is no region.

        >>> Region.parse("eta <= min(-1/2, -1 - b0) & -1 <= eta < 0")
        Region('eta + b0 <= -1 & -1 <= eta <= -1/2')
        """
        from gamma_calc.exponents.orders.region_text import parse_region

        return parse_region(text)

    # -- facts ----------------------------------------------------------------------------------------------------

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that the constraints mention, sorted."""
        return tuple(names_of(row for piece in self.pieces for row in piece.rows))

    @property
    def is_empty(self) -> bool:
        return not self.pieces

    @property
    def is_everything(self) -> bool:
        return union.covered((), self.pieces)

    def __contains__(self, point: Mapping[str, Value]) -> bool:
        values = {name: order(value).rational for name, value in point.items()}
        missing = [name for name in self.variables if name not in values]
        if missing:
            raise OrderError(f"the point leaves {', '.join(missing)} open", hint="give each a value")
        return any(piece.contains(values) for piece in self.pieces)

    def __le__(self, other: Region) -> bool:
        return all(piece in other.pieces or union.covered(piece.rows, other.pieces) for piece in self.pieces)

    def __ge__(self, other: Region) -> bool:
        return other <= self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Region):
            return NotImplemented
        return self.pieces == other.pieces or (self <= other <= self)

    def __hash__(self) -> int:
        """Equal sets agree at a few points that no choice of names tells apart."""
        points = (dict.fromkeys(self.variables, Fraction(n, 4)) for n in range(-6, 6))
        return hash(tuple(any(piece.contains(point) for piece in self.pieces) for point in points))

    def __bool__(self) -> bool:
        raise OrderError(
            "a region is neither true nor false", hint="ask .is_empty, .is_everything or 'point in region'"
        )

    # -- algebra --------------------------------------------------------------------------------------------------

    def __and__(self, other: Region) -> Region:
        return Region(union.met(self.pieces, other.pieces))

    def __or__(self, other: Region) -> Region:
        return Region(union.tidied([*self.pieces, *other.pieces]))

    def __sub__(self, other: Region) -> Region:
        return Region(reduce(union.without, other.pieces, self.pieces))

    def __invert__(self) -> Region:
        return EVERYTHING - self

    def substitute(self, values: Mapping[str, Value]) -> Region:
        """The region with affine exponents put for names.

        >>> Region.parse("eta <= -1/2 - rho/2").substitute({"rho": 1})
        Region('eta <= -1')
        """
        forms = {name: _as_affine(name, order(value)) for name, value in values.items()}
        return Region(union.tidied(piece.substitute(forms) for piece in self.pieces))

    def eliminate(self, *names: str) -> Region:
        """The shadow on the other names: where some value of these completes the point.

        >>> Region.parse("eta_A + eta_B = -1 & eta_A >= -1").eliminate("eta_A")
        Region('eta_B <= 0')
        """
        shadows = self.pieces
        for name in names:
            shadows = union.tidied(piece.eliminate(name) for piece in shadows)
        return Region(shadows)

    def project(self, *names: str) -> Region:
        """The shadow on these names."""
        return self.eliminate(*(name for name in self.variables if name not in names))

    # -- extremes -------------------------------------------------------------------------------------------------

    def vertices(self) -> tuple[dict[str, Fraction], ...]:
        """The corners of the pieces (of their closures), in the space of the names each piece mentions.

        >>> Region.parse("-1 <= eta < 0").vertices()
        ({'eta': Fraction(-1, 1)}, {'eta': Fraction(0, 1)})
        """
        corners = [corner for piece in self.pieces for corner in piece.vertices()]
        distinct = [corner for index, corner in enumerate(corners) if corner not in corners[:index]]
        return tuple(sorted(distinct, key=lambda corner: sorted(corner.items())))

    def largest(self, form: Value) -> Optimum:
        """The supremum of an affine exponent, with a proof. Raises OrderError on an empty region.

        >>> str(Region.parse("eta < -1/2").largest("eta"))
        '-1/2 (approached, not attained)'
        """
        goal = _as_affine("the exponent to maximise", order(form))
        proofs = tuple(_solved(goal, piece) for piece in self.pieces)
        if not proofs:
            raise OrderError(f"no point is left, so there is no largest {form}")
        bounded = [proof for proof in proofs if isinstance(proof, Optimal)]
        if len(bounded) < len(proofs):
            return Optimum(None, False, proofs)
        best = max(proof.value for proof in bounded)
        return Optimum(best, any(proof.attained for proof in bounded if proof.value == best), proofs)

    def sup(self, name: str) -> tuple[Supremum, ...]:
        """The supremum of one exponent as a function of the others, on domains that do not overlap.

        >>> print(*Region.parse("eta <= min(-1/2, -1 - b0) & b0 <= 0").sup("eta"))
        min(-1/2, -1 - b0) where b0 <= 0
        """
        from gamma_calc.exponents.orders.supremum import supremum

        return supremum(self, name)

    # -- appearance -----------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return format(self, "text")

    def __repr__(self) -> str:
        return f"Region({str(self)!r})"

    def __format__(self, dialect: str) -> str:
        from gamma_calc.exponents.regions.text import region_in

        return region_in(self.pieces, dialect or "text")

    def _repr_latex_(self) -> str:
        return f"${self:latex}$"


NOTHING: Final = Region(())
EVERYTHING: Final = Region.of(())


def where(left: Order, relation: Literal["<=", "<", "="], right: Order) -> Region:
    """The exponents at which one order is below, strictly below, or equal to another. -oo is below everything.

    >>> where(order("max(0, eta + 1)"), "<=", order("-eta"))
    Region('eta <= -1/2')
    """
    if left.is_zero_quantity or right.is_zero_quantity:
        holds = left.is_zero_quantity and (relation != "<" or not right.is_zero_quantity)
        equal = left.is_zero_quantity and right.is_zero_quantity
        return EVERYTHING if (equal if relation == "=" else holds) else NOTHING
    small = convex.plus(left.above, right.below)
    large = convex.plus(right.above, left.below)
    if relation == "=":
        return Region(union.tidied(_equal(a, small, b, large) for a in small for b in large))
    return Region(union.tidied(_below(small, relation, b) for b in large))


def _below(small: convex.Convex, relation: str, top: Affine) -> Polyhedron | None:
    """Where one form is above every form of a maximum."""
    return Polyhedron.build((top - form, ">" if relation == "<" else ">=") for form in small)


def _equal(a: Affine, small: convex.Convex, b: Affine, large: convex.Convex) -> Polyhedron | None:
    """Where a leads one maximum, b leads the other, and they agree."""
    rows: list[Row] = [(a - b, "=")]
    return Polyhedron.build([*rows, *((a - f, ">=") for f in small), *((b - f, ">=") for f in large)])


def _solved(goal: Affine, piece: Polyhedron) -> Optimal | Unbounded:
    answer = largest(goal, piece.rows)
    if isinstance(answer, Infeasible):
        raise CertificateError(f"the region {piece} was kept and is empty")
    return answer
