"""Charts of regions: intervals of one exponent, shapes of two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from gamma_calc.display.chart import Chart
from gamma_calc.display.shapes import Area, Axis
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.unicode import affine_unicode
from gamma_calc.exponents.regions.outline import Window, distinct, require_axes, window_of
from gamma_calc.exponents.regions.polyhedral_set import PolyhedralSet
from gamma_calc.exponents.regions.spans import Spans

BESIDE: Final = "_"  # no exponent: the direction in which intervals of one exponent are thick
THICK: Final = (Fraction(0), Fraction(1))
LEVEL: Final = 2  # of a region that stands alone
EVERYWHERE: Final = PolyhedralSet.of(())


def region_chart(region: PolyhedralSet, window: Spans) -> Chart:
    """The region alone. Raises OrderError unless it is of one exponent or of two."""
    require_axes(region.variables)
    seen = window_for(region.variables, [region], EVERYWHERE, window)
    x, y = axes_of(seen)
    areas = areas_of(seen, {f"{region:unicode}": (region, LEVEL)})
    return Chart(f"{region:unicode}", x, y, areas, distinct(seen.borders(region)))


def window_for(names: Iterable[str], regions: Iterable[PolyhedralSet], domain: PolyhedralSet, window: Spans) -> Window:
    """A window for one name, which then is thick, or for two."""
    x, y = (*names, BESIDE)[:2]
    return window_of(regions, x, y, domain, {BESIDE: THICK, **window})


def axes_of(window: Window) -> tuple[Axis, Axis]:
    """Both axes, with the names of the exponents."""
    return Axis(name(window.x), *window.across), Axis("" if window.y == BESIDE else name(window.y), *window.upwards)


def areas_of(window: Window, regions: Mapping[str, tuple[PolyhedralSet, int]]) -> tuple[Area, ...]:
    """The shapes of several regions, each with its text and its level, from the lightest to the darkest."""
    ordered = sorted(regions.items(), key=lambda entry: entry[1][1])
    return tuple(Area(shape, text, level) for text, (region, level) in ordered for shape in window.shapes(region))


def name(exponent: str) -> str:
    """An exponent as an axis names it.

    >>> name("eta_A")
    'η_A'
    """
    return affine_unicode(Affine.variable(exponent))
