"""Regions of two exponents as shapes in a window: corners in turn, and the borders with their equations. All exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import ceil, floor
from typing import Final

from gamma_calc.display.shapes import Boundary, Place
from gamma_calc.errors import OrderError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, weak
from gamma_calc.exponents.regions.polyhedral_set import PolyhedralSet
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.spans import Span, Spans
from gamma_calc.exponents.regions.union import simplified

MARGIN: Final = 1  # of an exponent, beyond the outermost corner
USUAL: Final = (Fraction(-2), Fraction(1))  # where nothing has a corner


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the plane of two exponents that is shown, one span for each.

    >>> window = Window("eta_A", "eta_B", (Fraction(-2), Fraction(0)), (Fraction(-1), Fraction(1)))
    >>> half = PolyhedralSet.of([(Affine.variable("eta_A") * -1 - 1, ">=")])
    >>> [len(shape) for shape in window.shapes(half)], [border.text for border in window.borders(half)]
    ([4], ['η_A = −1'])
    """

    x: str
    y: str
    across: Span
    upwards: Span

    @property
    def box(self) -> PolyhedralSet:
        """The window as a set."""
        sides = ((self.x, self.across), (self.y, self.upwards))
        return PolyhedralSet.of(side for name, span in sides for side in _within(name, span))

    def shapes(self, region: PolyhedralSet) -> tuple[tuple[Place, ...], ...]:
        """The corners of each part of a region (of its closure) in turn: polygons, stretches and points."""
        return tuple(_in_turn(self._places(one)) for one in (self.box & region).polyhedra)

    def borders(self, region: PolyhedralSet) -> Iterator[Boundary]:
        """The sides of the parts that have an inside, but for those that lie inside the region."""
        for polyhedron in region.polyhedra:
            if any(relation == "=" for _, relation in polyhedron.constraints):
                continue
            for constraint in polyhedron.constraints:
                yield from self._side(region, polyhedron, constraint)

    def _side(self, region: PolyhedralSet, polyhedron: Polyhedron, side: LinearConstraint) -> Iterator[Boundary]:
        form, relation = side
        line: LinearConstraint = (form, "=")
        whole = PolyhedralSet.of([*map(weak, polyhedron.constraints), line]) & self.box
        beyond = region & PolyhedralSet.of([(-form, ">")])
        for one in (whole - _closure(beyond)).polyhedra:
            places = _in_turn(self._places(one))
            if len(places) == 2:
                yield Boundary((places[0], places[1]), equation(form), relation == ">")

    def _places(self, polyhedron: Polyhedron) -> list[Place]:
        return [(corner[self.x], corner[self.y]) for corner in polyhedron.vertices()]


def equation(form: Affine) -> str:
    """Where a form is zero, as it is printed.

    >>> equation(Affine.variable("eta") * 2 + 1)
    'η = −1/2'
    """
    return f"{PolyhedralSet.of([(form, '=')]):unicode}"


def window_of(regions: Iterable[PolyhedralSet], x: str, y: str, domain: PolyhedralSet, given: Spans) -> Window:
    """A window that shows every corner of the regions, and no more of an exponent than its domain.

    ``given`` spans are taken as they are.
    """
    corners = [corner for region in regions for corner in (region & domain).vertices()]
    spans = {name: given[name] if name in given else _span(name, corners, domain) for name in (x, y)}
    return Window(x, y, spans[x], spans[y])


def _span(name: str, corners: Iterable[Mapping[str, Fraction]], domain: PolyhedralSet) -> Span:
    values = [corner[name] for corner in corners if name in corner]
    low, high = (floor(min(values)) - MARGIN, ceil(max(values)) + MARGIN) if values else USUAL
    bounds = [corner[name] for corner in domain.project(name).vertices() if name in corner]
    if len(bounds) == 2:
        return min(bounds), max(bounds)
    return Fraction(low), Fraction(high)


def _within(name: str, span: Span) -> tuple[LinearConstraint, LinearConstraint]:
    itself = Affine.variable(name)
    return (itself - span[0], ">="), (itself * -1 + span[1], ">=")


def _closure(region: PolyhedralSet) -> PolyhedralSet:
    """Of each part; a part is never empty."""
    closed = (Polyhedron.build(map(weak, polyhedron.constraints)) for polyhedron in region.polyhedra)
    return PolyhedralSet(simplified(closed))


def _in_turn(places: Iterable[Place]) -> tuple[Place, ...]:
    """The corners of their hull, counter-clockwise."""
    ordered = sorted(set(places))
    if len(ordered) < 3:
        return tuple(ordered)
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return (*lower[:-1], *upper[:-1])


def _chain(places: Iterable[Place]) -> list[Place]:
    """From the first to the last, turning left at each."""
    return reduce(_turned_left, places, [])


def _turned_left(chain: list[Place], place: Place) -> list[Place]:
    while len(chain) > 1 and _area(chain[-2], chain[-1], place) <= 0:
        chain = chain[:-1]
    return [*chain, place]


def _area(a: Place, b: Place, c: Place) -> Fraction:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def distinct(borders: Iterable[Boundary]) -> tuple[Boundary, ...]:
    """Borders of several regions, each once; of those on one line the longest bears the equation."""
    ordered = sorted(dict.fromkeys(borders), key=_length, reverse=True)
    bearing = {border.text: border for border in reversed(ordered)}
    return tuple(border if bearing[border.text] is border else replace(border, text="") for border in ordered)


def _length(border: Boundary) -> Fraction:
    (x0, y0), (x1, y1) = border.ends
    return abs(x1 - x0) + abs(y1 - y0)


def require_axes(names: Sequence[str]) -> None:
    """A picture has two axes. Raises OrderError for no open exponent, and for more than two: which to fix."""
    if not names:
        raise OrderError("no exponent is open, so there is nothing to draw", hint="leave one or two exponents open")
    if len(names) > 2:
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        settings = [f"{name}=VALUE" for name in names[:-2]]
        hint = f"fix all but two: --set {','.join(settings)}, in Python derive(..., {', '.join(settings)})"
        raise OrderError(f"{listed} are open, and a picture has two axes", hint=hint)
