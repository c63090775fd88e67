"""Charts of a derivation: sizes against one open exponent, or where the conditions hold over two.

With a width n the axes show numbers: the rate n^eta, and sizes with every constant 1. The shapes are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from gamma_calc.derivation.solution import Solution
from gamma_calc.display.chart import Chart
from gamma_calc.display.shapes import Axis, Boundary, Mark
from gamma_calc.errors import unknown
from gamma_calc.exponents import Order, Region, Spans, order, power
from gamma_calc.exponents import plotting as plane
from gamma_calc.language.program import Role

SHOWN: Final = (Role.INTERNAL, Role.OUTPUT, Role.CHANGE, Role.ONE_FACTOR, Role.BOTH_FACTORS)
ZERO: Final = Fraction(0)


def chart(
    solution: Solution, window: Spans, *, n: int | None, quantities: Sequence[str], marks: Mapping[str, Region]
) -> Chart:
    """Sizes against the one open exponent, or the phase diagram of two. Raises OrderError for another number."""
    names = _ordered(solution)
    plane.require_axes(names)
    drawn = _sizes(solution, names[0], window, quantities) if len(names) == 1 else _phases(solution, names, window)
    marked = replace(drawn, marks=(*drawn.marks, *_marks(drawn, names, marks)))
    notes = (*marked.notes, _conditions_of_use(solution, n))
    return _in_numbers(replace(marked, notes=notes), names, n)


def _ordered(solution: Solution) -> tuple[str, ...]:
    """The open exponents, those of learning rates last: they go upwards."""
    names = solution.program.variables
    return tuple(sorted(names, key=lambda name: (name in solution.rates, name)))


# -- two exponents ----------------------------------------------------------------------------------------------------


def _phases(solution: Solution, names: Sequence[str], window: Spans) -> Chart:
    regions = _regions(solution)
    seen = plane.window_for(names, [region for region, _ in regions.values()], solution.program.region, window)
    x, y = plane.axes_of(seen)
    borders = plane.distinct(border for region, level in regions.values() if level for border in seen.borders(region))
    return Chart(
        f"{solution.program.name}: where the conditions hold",
        x,
        y,
        plane.areas_of(seen, regions),
        borders,
        notes=tuple(_nowhere(solution)),
    )


def _regions(solution: Solution) -> dict[str, tuple[Region, int]]:
    """What is not stable, and each condition's set, by its line of the legend; the later, the darker."""
    found = {
        f"{result.condition.title}: {result.region:unicode}": (result.region, level)
        for level, result in enumerate(solution.conditions.values(), 1)
    }
    rest = solution.program.region - solution.conditions["stable"].region
    return {"not stable": (rest, 0), **found}


def _nowhere(solution: Solution) -> Iterator[str]:
    for result in solution.conditions.values():
        if result.empty:
            yield f"{result.condition.title}: nowhere, as {result.why}"


def _marks(drawn: Chart, names: Sequence[str], marks: Mapping[str, Region]) -> Iterator[Mark]:
    """Sets of exponents that someone has spoken of, in the window. Raises UnknownName for other exponents."""
    spans = {plane.BESIDE: (drawn.y.low, drawn.y.high)} | dict(zip(names, _ends(drawn), strict=False))
    for text, region in marks.items():
        for name in region.variables:
            if name not in names:
                raise unknown("exponent", name, names).at(text)
        seen = plane.window_for(names, [], region, spans)
        yield from (Mark(shape, text) for shape in seen.shapes(region) if len(shape) < 3)


def _ends(drawn: Chart) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    return (drawn.x.low, drawn.x.high), (drawn.y.low, drawn.y.high)


# -- one exponent -----------------------------------------------------------------------------------------------------


def _sizes(solution: Solution, name: str, window: Spans, quantities: Sequence[str]) -> Chart:
    groups = _groups(solution, quantities)
    bends = sorted({x for size in groups.values() for x in plane.bends_of(size, name)})
    corners = [corner[name] for region, _ in _regions(solution).values() for corner in region.vertices()]
    span = window.get(name) or plane.span_of([*bends, *corners])
    curves = tuple(plane.curve_of(size, name, span, text) for text, size in groups.items())
    height = plane.range_of(curves, ZERO)
    seen = plane.window_for([name], [], solution.program.region, {name: span, plane.BESIDE: height})
    return Chart(
        f"{solution.program.name}: sizes against {plane.name(name)}",
        Axis(plane.name(name), *seen.across),
        Axis("order, as exponent of n", *height),
        plane.areas_of(seen, _regions(solution)),
        (Boundary(((span[0], ZERO), (span[1], ZERO)), "order one"),),
        curves,
        tuple(_largest(solution, name, height)),
        (*_nowhere(solution), *_bends(bends, name)),
    )


def _groups(solution: Solution, quantities: Sequence[str]) -> dict[str, Order]:
    """Orders by their line of the legend: quantities of one order share a line, those that are zero have none."""
    program = solution.program
    names = quantities or [q.name for q in program.quantities.values() if q.role in SHOWN]
    groups: dict[Order, list[str]] = {}
    for name in names:
        groups.setdefault(solution.order(name), []).append(name)
    return {
        f"{', '.join(members)}: {size:unicode}": size for size, members in groups.items() if not size.is_zero_quantity
    }


def _largest(solution: Solution, name: str, height: tuple[Fraction, Fraction]) -> Iterator[Mark]:
    """The largest stable exponent, from top to bottom."""
    best = solution.conditions["stable"].largest.get(name)
    if best is not None and best.value is not None:
        places = tuple((best.value, y) for y in height)
        yield Mark(places, f"largest stable: {plane.name(name)} = {plane.spelled(best.value)}")


def _bends(bends: Iterable[Fraction], name: str) -> Iterator[str]:
    listed = ", ".join(map(plane.spelled, bends))
    if listed:
        yield f"markers on the lines: breakpoints, at {plane.name(name)} = {listed}"


# -- numbers and words ------------------------------------------------------------------------------------------------


def _in_numbers(drawn: Chart, names: Sequence[str], n: int | None) -> Chart:
    """The same places on axes of powers of n."""
    if n is None:
        return drawn
    base = Decimal(n)
    x = replace(drawn.x, label=_number(names[0], n), base=base)
    y = "size (n^order, every constant 1)" if len(names) == 1 else _number(names[1], n)
    marks = tuple(replace(mark, text=_with_number(mark, base)) for mark in drawn.marks)
    return replace(drawn, x=x, y=replace(drawn.y, label=y, base=base), marks=marks)


def _number(name: str, n: int) -> str:
    what = {True: "learning rate ", False: ""}[name.startswith("eta")]
    return f"{what}{power(order(name), 'unicode')} at n = {n}"


def _with_number(mark: Mark, base: Decimal) -> str:
    """What stands at one value of the first axis, with the number there."""
    (value, _), *others = mark.places
    if not others or others[0][0] != value:
        return mark.text
    return f"{mark.text}: {base ** (Decimal(value.numerator) / value.denominator):.3g}"


def _conditions_of_use(solution: Solution, n: int | None) -> str:
    settled = solution.settled
    parts = [
        f"n = {n}, every constant 1" if n is not None else "",
        f"orders hold where {settled:unicode}" if settled != solution.program.region else "",
        *solution.assumptions,
    ]
    return "assuming " + "; ".join(filter(None, parts))
