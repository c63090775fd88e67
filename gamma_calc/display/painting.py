"""Shapes on the axes of matplotlib: told apart by lightness, hatching, strokes and markers as well as by colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import atan2, ceil, degrees, floor
from textwrap import fill
from typing import Any, Final

from gamma_calc.display.shapes import Area, Axis, Boundary, Curve, Mark, Place

FILLS: Final = ("#f4f4f4", "#dbe9f4", "#9dc3de", "#4a8ab5", "#1b4965", "#0b2233")  # falls in lightness
STROKES: Final = ("0.55", "#56b4e9", "#2f7fb5", "#7b3294", "black", "black")  # of sets too thin to be filled
HATCH: Final = "////"
COLOURS: Final = ("#000000", "#0072b2", "#009e73", "#cc79a7", "#8a6d00", "#5d3a9b", "#56b4e9")  # Okabe and Ito
DASHES: Final = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X")
MARKED: Final = ("*", "P", "X", "D", "v", "^")
MOST_TICKS: Final = 10
STEPS: Final = tuple(Fraction(2) ** k for k in range(-6, 64))
UPRIGHT: Final = Fraction(3, 4)  # height of the axes over their width, about
PLAIN: Final = {"linewidth": 0}


@dataclass(frozen=True, slots=True)
class Words:
    r"""How the words of a legend are broken into lines of so many letters.

    >>> Words(20).wrapped("orders hold where eta is small")
    'orders hold where\n    eta is small'
    """

    letters: int

    def wrapped(self, text: str) -> str:
        """The words on several lines."""
        return fill(text, self.letters, subsequent_indent="    ", break_on_hyphens=False)

    def lines(self, text: str) -> int:
        """On how many."""
        return self.wrapped(text).count("\n") + 1


def paint_areas(axes: Any, areas: Iterable[Area], x: Axis, y: Axis, words: Words) -> None:
    """Filled where they have an inside, strokes and dots where not."""
    named: set[str] = set()
    for area in areas:
        label = None if area.text in named else words.wrapped(area.text)
        named.add(area.text)
        xs, ys = coordinates(area.corners, x, y)
        if len(area.corners) > 2:
            _filled(axes, xs, ys, area.level, label)
        else:
            _thin(axes, xs, ys, area.level, label)


def _filled(axes: Any, xs: list[float], ys: list[float], level: int, label: str | None) -> None:
    edge = {"edgecolor": "0.6", "hatch": HATCH} if level == 0 else {"edgecolor": "none"}
    axes.fill(xs, ys, facecolor=FILLS[level % len(FILLS)], label=label, zorder=level / 10, **edge, **PLAIN)


def _thin(axes: Any, xs: list[float], ys: list[float], level: int, label: str | None) -> None:
    style = {"color": STROKES[level % len(STROKES)], "zorder": 2 + level / 10, "label": label, "clip_on": True}
    if len(xs) == 1:
        axes.plot(xs, ys, linestyle="none", marker="o", markersize=3 + 1.5 * level, **style)
    else:
        axes.plot(xs, ys, linewidth=max(2, 9 - 1.6 * level), solid_capstyle="butt", **style)


def paint_boundaries(axes: Any, borders: Iterable[Boundary], x: Axis, y: Axis) -> None:
    """Each with its equation along it, dashed where it does not belong to the set."""
    for border in borders:
        xs, ys = coordinates(border.ends, x, y)
        axes.plot(xs, ys, color="0.15", linewidth=1, linestyle="--" if border.open else "-", zorder=2)
        (left, low), (right, high) = border.ends
        (across,), (upwards,) = coordinates([((left + right) / 2, (low + high) / 2)], x, y)
        style = {"rotation": _turn(border, x, y), "rotation_mode": "anchor", "bbox": _paper(), "fontsize": 8}
        axes.text(across, upwards, border.text, ha="center", va="bottom", zorder=5, **style)


def _turn(border: Boundary, x: Axis, y: Axis) -> float:
    """How a stretch is turned on paper, in degrees, so that words along it are read from the left."""
    (left, low), (right, high) = border.ends
    rise = (high - low) / (y.high - y.low) * UPRIGHT
    turn = degrees(atan2(rise, (right - left) / (x.high - x.low)))
    return turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn


def _paper() -> dict[str, Any]:
    return {"boxstyle": "square,pad=0.1", "facecolor": "white", "alpha": 0.75, "linewidth": 0}


def paint_curves(axes: Any, curves: Sequence[Curve], x: Axis, y: Axis, words: Words) -> None:
    """Each with its own colour, dashes and markers, these where it bends; later ones are thinner, and hide none."""
    for index, curve in enumerate(curves):
        xs, ys = coordinates(curve.places, x, y)
        axes.plot(xs, ys, label=words.wrapped(curve.text), zorder=3, markevery=slice(1, -1), **line_style(index))


def line_style(index: int) -> dict[str, Any]:
    """What tells the lines of a figure apart, without colour too."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": DASHES[index % len(DASHES)],
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": 5,
        "linewidth": max(1.2, 3 - index / 3),
    }


def paint_marks(axes: Any, marks: Iterable[Mark], x: Axis, y: Axis, words: Words) -> None:
    """Dots and strokes in one colour that no area has, each dot of another form."""
    for index, mark in enumerate(marks):
        xs, ys = coordinates(mark.places, x, y)
        style = {"color": "#d55e00", "label": None if mark.beside else words.wrapped(mark.text), "zorder": 6}
        if len(xs) == 1:
            form = {"marker": MARKED[index % len(MARKED)], "markersize": 10, "markeredgecolor": "white"}
            axes.plot(xs, ys, linestyle="none", **form, **style)
        else:
            axes.plot(xs, ys, linestyle=DASHES[1 + index % (len(DASHES) - 1)], linewidth=1.6, **style)
        if mark.beside:
            axes.annotate(mark.text, (xs[-1], ys[-1]), (4, -4), textcoords="offset points", fontsize=8, va="top")


def paint_notes(axes: Any, notes: Iterable[str], words: Words) -> None:
    """Words that belong to no shape, in the legend."""
    for note in notes:
        axes.plot([], [], linestyle="none", label=words.wrapped(note))


def frame(axes: Any, x: Axis, y: Axis) -> None:
    """Labels, ends, and a logarithmic scale where numbers are shown."""
    for axis, scale, label, limit, ticks in (
        (x, axes.set_xscale, axes.set_xlabel, axes.set_xlim, axes.set_xticks),
        (y, axes.set_yscale, axes.set_ylabel, axes.set_ylim, axes.set_yticks),
    ):
        scale("linear" if axis.base is None else "log")
        label(axis.label)
        limit(*along(axis, [axis.low, axis.high]))
        if not axis.label:
            ticks([])
        elif axis.base is None:
            ticks(*_fractions(axis))


def _fractions(axis: Axis) -> tuple[list[float], list[str]]:
    """Ticks at multiples of a simple fraction, and no more than fit."""
    step = next(s for s in STEPS if (axis.high - axis.low) / s <= MOST_TICKS)
    values = [k * step for k in range(ceil(axis.low / step), floor(axis.high / step) + 1)]
    return list(map(float, values)), [str(value).replace("-", "−") for value in values]


def coordinates(places: Iterable[Place], x: Axis, y: Axis) -> tuple[list[float], list[float]]:
    """The coordinates as the axes show them."""
    xs, ys = zip(*places, strict=True)
    return along(x, xs), along(y, ys)


def along(axis: Axis, values: Iterable[Any]) -> list[float]:
    """Values on an axis as the numbers that it shows."""
    return list(_shown(axis, values))


def _shown(axis: Axis, values: Iterable[Any]) -> Iterator[float]:
    for value in values:
        yield float(value) if axis.base is None else float(axis.base) ** float(value)
