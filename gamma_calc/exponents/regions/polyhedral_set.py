"""Finite unions of polyhedra: their algebra as sets, their corners, and the extremes of affine forms on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from gamma_calc.errors import CertificateError, OrderError
from gamma_calc.exponents.linear.accepted import require
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.certificate import Infeasible, Optimal, Unbounded
from gamma_calc.exponents.linear.constraint import LinearConstraint, Point, names_of, require_constraint
from gamma_calc.exponents.linear.solver import largest
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.text import region_in
from gamma_calc.exponents.regions.union import intersection, is_covered, simplified, without


@dataclass(frozen=True, slots=True)
class Optimum:
    """The supremum of an exponent over a region. ``value`` is None where it is unbounded.

    ``attained`` tells a largest value from one that is only approached; ``proofs`` holds one checked proof for each
    polyhedron of the region.
    """

    value: Fraction | None
    attained: bool
    proofs: tuple[Optimal | Unbounded, ...]

    def __str__(self) -> str:
        if self.value is None:
            return "unbounded"
        return f"{self.value}" if self.attained else f"{self.value} (approached, not attained)"


@dataclass(frozen=True, slots=True, eq=False)
class PolyhedralSet:
    """Every point that lies in one of the ``polyhedra``. Names that none of them mentions are free.

    Combined with ``&`` ``|`` ``-`` ``~``; ``<=`` is inclusion and ``==`` equality as sets, both decided exactly.

    >>> eta = Affine.variable("eta")
    >>> PolyhedralSet.of([(eta + 1, ">="), (-eta, ">")]) - PolyhedralSet.of([(eta, "=")])
    PolyhedralSet('-1 <= eta < 0')
    """

    polyhedra: tuple[Polyhedron, ...]

    # -- construction ---------------------------------------------------------------------------------------------

    @classmethod
    def _make(cls, polyhedra: tuple[Polyhedron, ...]) -> Self:
        """From polyhedra as they are. Subclasses may read other things when they are called."""
        new = object.__new__(cls)
        object.__setattr__(new, "polyhedra", polyhedra)
        return new

    @classmethod
    def of(cls, constraints: Iterable[LinearConstraint]) -> Self:
        """The points that satisfy every constraint."""
        require(constraints, Iterable, "list of constraints", "write one such as [(Affine.variable('eta'), '>=')]")
        given = []
        for constraint in constraints:
            require_constraint(constraint)
            given.append(constraint)
        return cls._make(simplified([Polyhedron.build(given)]))

    # -- facts ----------------------------------------------------------------------------------------------------

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that the constraints mention, sorted."""
        return tuple(names_of(row for polyhedron in self.polyhedra for row in polyhedron.constraints))

    @property
    def is_empty(self) -> bool:
        """Has the set no point?"""
        return not self.polyhedra

    @property
    def is_everything(self) -> bool:
        """Is every point in the set?"""
        return is_covered((), self.polyhedra)

    def contains(self, point: Point) -> bool:
        """Is this point of rationals, with a value for each of the ``variables``, in the set?"""
        return any(polyhedron.contains(point) for polyhedron in self.polyhedra)

    def __le__(self, other: Self) -> bool:
        return _is_within(self.polyhedra, _polyhedra(other))

    def __ge__(self, other: Self) -> bool:
        return _is_within(_polyhedra(other), self.polyhedra)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PolyhedralSet):
            return NotImplemented
        return self.polyhedra == other.polyhedra or (self <= other <= self)

    def __hash__(self) -> int:
        """Equal sets agree at a few points that no choice of names tells apart."""
        points = (dict.fromkeys(self.variables, Fraction(n, 4)) for n in range(-6, 6))
        return hash(tuple(self.contains(point) for point in points))

    def __bool__(self) -> bool:
        raise OrderError(
            "a region is neither true nor false", hint="ask .is_empty, .is_everything or 'point in region'"
        )

    # -- algebra --------------------------------------------------------------------------------------------------

    def __and__(self, other: Self) -> Self:
        return self._make(intersection(self.polyhedra, _polyhedra(other)))

    def __or__(self, other: Self) -> Self:
        if self.polyhedra == _polyhedra(other):
            return self
        return self._make(simplified([*self.polyhedra, *_polyhedra(other)]))

    def __sub__(self, other: Self) -> Self:
        return self._make(without(self.polyhedra, _polyhedra(other)))

    def __invert__(self) -> Self:
        return self.of(()) - self

    def eliminate(self, *names: str) -> Self:
        """The shadow on the other names: where some value of these completes the point.

        >>> from gamma_calc.exponents import Region
        >>> Region("eta_A + eta_B = -1 & eta_A >= -1").eliminate("eta_A")
        Region('eta_B <= 0')
        """
        _require_names(names)
        shadows = self.polyhedra
        for name in names:
            shadows = simplified(polyhedron.eliminate(name) for polyhedron in shadows)
        return self._make(shadows)

    def project(self, *names: str) -> Self:
        """The shadow on these names."""
        _require_names(names)
        return self.eliminate(*(name for name in self.variables if name not in names))

    # -- extremes -------------------------------------------------------------------------------------------------

    def vertices(self) -> tuple[dict[str, Fraction], ...]:
        """The corners of the polyhedra (of their closures), in the space of the names that each mentions.

        >>> from gamma_calc.exponents import Region
        >>> Region("-1 <= eta < 0").vertices()
        ({'eta': Fraction(-1, 1)}, {'eta': Fraction(0, 1)})
        """
        corners = [corner for polyhedron in self.polyhedra for corner in polyhedron.vertices()]
        distinct = [corner for index, corner in enumerate(corners) if corner not in corners[:index]]
        return tuple(sorted(distinct, key=lambda corner: sorted(corner.items())))

    def optimum(self, form: Affine) -> Optimum:
        """The supremum of an affine form, with a proof; a name that is not constrained is unbounded.

        Raises OrderError on an empty set.
        """
        require(form, Affine, "affine form", "write one such as Affine.variable('eta')")
        proofs = tuple(_solved(form, polyhedron) for polyhedron in self.polyhedra)
        if not proofs:
            raise OrderError(f"no point is left, so there is no largest {form}")
        bounded = [proof for proof in proofs if isinstance(proof, Optimal)]
        if len(bounded) < len(proofs):
            return Optimum(None, False, proofs)
        best = max(proof.value for proof in bounded)
        return Optimum(best, any(proof.attained for proof in bounded if proof.value == best), proofs)

    def largest_point(self, *names: str) -> dict[str, Fraction] | None:
        """The values that are largest in each of these names and taken together by a point; None where none does so.

        >>> from gamma_calc.exponents import Region
        >>> Region("eta_A <= -1 & eta_B <= 0").largest_point("eta_A", "eta_B")
        {'eta_A': Fraction(-1, 1), 'eta_B': Fraction(0, 1)}
        >>> Region("eta_A + eta_B <= -1").largest_point("eta_A", "eta_B")
        """
        _require_names(names)
        if self.is_empty:
            return None
        optima = {name: self.optimum(Affine.variable(name)) for name in names}
        best = {name: found.value for name, found in optima.items() if found.value is not None and found.attained}
        there = self.of([(Affine.variable(name) - value, "=") for name, value in best.items()])
        return best if len(best) == len(optima) and not (self & there).is_empty else None

    # -- appearance -----------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        return format(self, "text")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __format__(self, dialect: str) -> str:
        return region_in(self.polyhedra, dialect or "text")


def _is_within(polyhedra: tuple[Polyhedron, ...], others: tuple[Polyhedron, ...]) -> bool:
    return all(one in others or is_covered(one.constraints, others) for one in polyhedra)


def _polyhedra(region: PolyhedralSet) -> tuple[Polyhedron, ...]:
    require_set(region)
    return region.polyhedra


def require_set(value: object) -> None:
    """Raises OrderError for what is no region."""
    require(value, PolyhedralSet, "region", "write one such as Region('eta <= -1')")


def _require_names(names: Iterable[str]) -> None:
    for name in names:
        require(name, str, "name of an exponent", "write it as a text such as 'eta'")


def _solved(form: Affine, polyhedron: Polyhedron) -> Optimal | Unbounded:
    answer = largest(form, polyhedron.constraints)
    if isinstance(answer, Infeasible):
        raise CertificateError(f"the region {polyhedron} was kept and is empty")
    return answer
