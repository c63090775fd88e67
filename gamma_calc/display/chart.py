"""A chart: axes, areas with borders, curves and marks; it shows itself in a notebook and is saved to a file.

Everything is in exact coordinates until it is painted, so that a picture shows the very sets and orders that are
printed. Painting needs matplotlib, which is loaded when a chart is shown.

>>> from fractions import Fraction
>>> zero, one = Fraction(0), Fraction(1)
>>> chart = Chart("Orders", Axis("eta", zero, one), Axis("order", zero, one), curves=(Curve(((zero, one),), "Z_B"),))
>>> chart
<Chart of Orders: Z_B>
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from gamma_calc.display.figure import blank, checked_kind, save, svg
from gamma_calc.display.later import later
from gamma_calc.display.shapes import Area, Axis, Boundary, Curve, Mark

WIDTH: Final = 6  # inches
SHAPE: Final = (2, 3)  # of height and width of the axes
LINES: Final = 6  # of a legend in an inch
LETTERS: Final = 15  # of a legend in an inch
LEGEND: Final = {"loc": "outside lower left", "frameon": False, "fontsize": 8, "handlelength": 3}


@dataclass(frozen=True, slots=True, repr=False)
class Chart:
    """A picture as data. ``save`` takes a path ending in .svg, .png or .pdf; ``figure`` gives matplotlib's own."""

    title: str
    x: Axis
    y: Axis
    areas: tuple[Area, ...] = ()
    borders: tuple[Boundary, ...] = ()
    curves: tuple[Curve, ...] = ()
    marks: tuple[Mark, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def entries(self) -> tuple[str, ...]:
        """What the legend says, line by line."""
        shapes = (area.text for area in self.areas), (curve.text for curve in self.curves)
        marks = (mark.text for mark in self.marks if not mark.beside)
        return tuple(dict.fromkeys(chain(*shapes, marks, self.notes)))

    @property
    def description(self) -> str:
        """The picture in words, for those who cannot see it."""
        borders = [f"border {border.text}" for border in self.borders if border.text]
        marks = [mark.text for mark in self.marks if mark.beside]
        return "; ".join((self.title, *self.entries, *borders, *marks))

    def figure(self, width: float = WIDTH) -> Any:
        """The figure, drawn anew, so many inches wide. Raises ConfigError where matplotlib is not installed."""
        paint = later("gamma_calc.display.painting")
        words = paint.Words(int(width * LETTERS))
        lines = sum(words.lines(entry) for entry in self.entries)
        figure = blank(width, width * SHAPE[0] / SHAPE[1] + lines / LINES)
        axes = figure.subplots()
        paint.frame(axes, self.x, self.y)
        paint.paint_areas(axes, self.areas, self.x, self.y, words)
        paint.paint_curves(axes, self.curves, self.x, self.y, words)
        paint.paint_boundaries(axes, self.borders, self.x, self.y)
        paint.paint_marks(axes, self.marks, self.x, self.y, words)
        paint.paint_notes(axes, self.notes, words)
        axes.set_title(words.wrapped(self.title), fontsize=10)
        if self.entries:
            figure.legend(**LEGEND)
        return figure

    def save(self, path: str | Path) -> None:
        """Write it to a file; the ending is the format. Raises UnknownName, ConfigError."""
        save(self.figure(), checked_kind(Path(path)))

    def svg(self, width: float = WIDTH) -> str:
        """The text of an SVG, so many inches wide."""
        return svg(self.figure(width))

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<Chart of {self.title}: {', '.join(self.entries)}>"
