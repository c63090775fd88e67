"""Functions of one variable: broken lines, each told by its piece far to the left and where its slope jumps.

A broken line is a convex one less another in one way only: the jumps up of the one, the jumps down of the other. Sums,
maxima and comparisons are made from left to right, with no search.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import pairwise
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.maximum import ONE, Convex

ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class Piece:
    """An affine function from ``start`` to the next piece's; None far to the left."""

    start: Fraction | None
    slope: Fraction
    constant: Fraction

    def at(self, x: Fraction) -> Fraction:
        return self.slope * x + self.constant


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A function of one variable: slope and constant of its leftmost piece, and by how much the slope jumps where.

    >>> eta = Affine.variable("eta")
    >>> line_of(frozenset({eta, eta * 2 + 1}), ONE, "eta").jumps
    ((Fraction(-1, 1), Fraction(1, 1)),)
    """

    slope: Fraction
    constant: Fraction
    jumps: tuple[tuple[Fraction, Fraction], ...] = ()

    def __add__(self, other: BrokenLine) -> BrokenLine:
        jumps = dict(self.jumps)
        for x, jump in other.jumps:
            jumps[x] = jumps.get(x, ZERO) + jump
        kept = tuple(sorted((x, jump) for x, jump in jumps.items() if jump))
        return BrokenLine(self.slope + other.slope, self.constant + other.constant, kept)

    def __neg__(self) -> BrokenLine:
        return BrokenLine(-self.slope, -self.constant, tuple((x, -jump) for x, jump in self.jumps))

    def __sub__(self, other: BrokenLine) -> BrokenLine:
        return self + -other

    @property
    def pieces(self) -> Iterator[Piece]:
        """From left to right."""
        here = Piece(None, self.slope, self.constant)
        yield here
        for x, jump in self.jumps:
            here = Piece(x, here.slope + jump, here.constant - jump * x)
            yield here

    @property
    def is_nowhere_negative(self) -> bool:
        """Is it at least zero at every corner, and does it not fall below towards either end?"""
        *_, last = pieces = list(self.pieces)
        if self.slope > 0 or last.slope < 0:
            return False
        return (
            self.constant >= 0 if len(pieces) == 1 else all(p.at(p.start) >= 0 for p in pieces if p.start is not None)
        )

    @property
    def positive_part(self) -> BrokenLine:
        """The larger of it and zero."""
        first, *rest = _joined(_positive_pieces(self))
        jumps: list[tuple[Fraction, Fraction]] = []
        slope = first.slope
        for piece in rest:
            assert piece.start is not None
            jumps.append((piece.start, piece.slope - slope))
            slope = piece.slope
        return BrokenLine(first.slope, first.constant, tuple(jumps))

    def apart(self, name: str) -> tuple[Convex, Convex]:
        """The maxima that it is the difference of. No kink is in both, and the second is 0 far to the left."""
        up, down = [Affine.build({name: self.slope}, self.constant)], [Affine()]
        for x, jump in self.jumps:
            side = up if jump > 0 else down
            side.append(side[-1] + Affine.build({name: abs(jump)}, -abs(jump) * x))
        return frozenset(up), frozenset(down)


def only_name(*parts: Convex) -> str | None:
    """The one variable of all these forms, if they have no more than one and any."""
    names = {name for part in parts for form in part for name, _ in form.terms}
    return next(iter(names)) if len(names) == 1 else None


@lru_cache(maxsize=16384)
def line_of(above: Convex, below: Convex, name: str) -> BrokenLine:
    """The function max(above) - max(below), irredundant maxima both."""
    return _convex(above, name) if below == ONE else _convex(above, name) - _convex(below, name)


def largest_line(lines: Iterable[BrokenLine]) -> BrokenLine:
    """The maximum of at least one."""
    return reduce(lambda one, other: one + (other - one).positive_part, dict.fromkeys(lines))


def breakpoints(above: Convex, below: Convex, name: str) -> list[Fraction]:
    """Where the slope of the difference changes, from left to right.

    >>> eta = Affine.variable("eta")
    >>> breakpoints(frozenset({eta, eta * 2 + 1}), frozenset({Affine()}), "eta")
    [Fraction(-1, 1)]
    """
    return [x for x, _ in line_of(above, below, name).jumps]


@lru_cache(maxsize=16384)
def _convex(forms: Convex, name: str) -> BrokenLine:
    chain = sorted(((form.coefficient(name), form.constant) for form in forms), key=lambda form: form[0])
    jumps = tuple(((c - d) / (b - a), b - a) for (a, c), (b, d) in pairwise(chain))
    return BrokenLine(*chain[0], jumps)


def _positive_pieces(line: BrokenLine) -> Iterator[Piece]:
    """The pieces of the larger of a line and zero; neighbours may be alike."""
    pieces = list(line.pieces)
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        end = None if after is None else after.start
        root = -piece.constant / piece.slope if piece.slope else None
        crosses = root is not None and _is_between(piece.start, root, end)
        below = Piece(piece.start, ZERO, ZERO)
        if not crosses:
            yield piece if piece.at(_inside(piece.start, end)) > 0 else below
        elif piece.slope > 0:
            yield below
            yield Piece(root, piece.slope, piece.constant)
        else:
            yield piece
            yield Piece(root, ZERO, ZERO)


def _is_between(left: Fraction | None, x: Fraction, right: Fraction | None) -> bool:
    return (left is None or left < x) and (right is None or x < right)


def _inside(left: Fraction | None, right: Fraction | None) -> Fraction:
    """A point between two, each of which may be far away."""
    if left is None or right is None:
        return right - 1 if right is not None else left + 1 if left is not None else ZERO
    return (left + right) / 2


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces without those that go on as the one before."""
    kept: list[Piece] = []
    for piece in pieces:
        if not kept or (piece.slope, piece.constant) != (kept[-1].slope, kept[-1].constant):
            kept.append(piece)
    return kept
