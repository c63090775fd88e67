"""Words: products of random matrices, and what is left of one where a matrix meets its transpose.

A word of independent matrices has entries of the root of every axis inside it. Where X' and X stand side by side, the
diagonal of X'X shortens the word: X'X is the size of the axis between them, times the identity, plus a centred part.
A batch of samples is such a matrix, with one column a sample: the gradient U Z' of a weight is a word that turns on the
sample axis, and U Z' Z has a part along U (what a sample did to itself) besides what the other samples did to it.

The order of the trace of a word is the largest over the ways to shorten it, of what the shortenings give times the root
of every axis that is left: a trace of independent matrices is random. Overlaps of words are traces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.calculus.direction import (
    PAST,
    Direction,
    Identity,
    MatrixProduct,
    RandomMatrix,
    Word,
    named,
    once_through,
)
from gamma_calc.calculus.lemmas import CENTRAL_LIMIT, RETURN
from gamma_calc.calculus.value import Contribution
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, largest, maximum, nowhere_above, order

MOST_TURNS: Final = 6  # between one matrix and its transpose, in a word that is told apart


def letters(direction: Direction) -> Word:
    """The matrices of a product, leftmost first; the identity has none."""
    if isinstance(direction, MatrixProduct):
        return direction.matrices
    return (direction,) if isinstance(direction, RandomMatrix) else ()


def is_word(direction: Direction) -> bool:
    """Is it a product of random matrices, of one or of none?"""
    return isinstance(direction, RandomMatrix | MatrixProduct | Identity)


def join(left: Word, right: Word, dim: Dim) -> Iterator[Contribution]:
    """The product of two words over the axis they share: the word, and all that it shortens to where they meet.

    Words are scaled to size 1. A word that is nowhere above what it shortens to, here or inside, is left out: whatever
    it meets, that is at least as large (docs/explanation, the companion lemma). What it shortens to inside came with
    its parts; but batches of several earlier steps have one name, by which they have never shortened with each other.
    """
    meets = left[-1] == right[0].T
    has_shorter = meets or not any(matrix.steps_ago == PAST for matrix in left + right)
    if not (has_shorter and is_covered(left + right)):
        yield Contribution(_known(left + right), dim.exponent / 2, CENTRAL_LIMIT)
    if not meets:
        return
    side, before, after = right[0].inner, left[:-1], right[1:]
    if before and after:
        for c in join(before, after, side):
            yield Contribution(c.direction, c.order + dim.exponent - side.exponent, RETURN)
        return
    yield Contribution(named(before or after, side), dim.exponent - side.exponent / 2, RETURN)


@lru_cache(maxsize=65536)
def trace(word: Word) -> Order:
    """The order of the trace of a product of unit matrices from an axis to itself."""
    best = [word[0].outer.exponent / 2 + raw_size(word)]
    for i, matrix in enumerate(word):
        if word[i - 1] == matrix.T:
            rest = word[i + 1 :] + word[: i - 1] if i else word[1:-1]
            turn, side = matrix.outer.exponent, matrix.inner.exponent
            best.append(turn + (trace(rest) if rest else side))
    return largest(best)


def word_overlap(one: Direction, two: Direction, rows: Dim, columns: Dim) -> Order:
    """The order of the normalised inner product of two words; no more than 0."""
    left, right = letters(one), letters(two)
    cycle = tuple(matrix.T for matrix in reversed(left)) + right
    whole = trace(cycle) if cycle else rows.exponent
    entries = rows.exponent + columns.exponent
    return whole - entries - _raw_size_on(left, rows) - _raw_size_on(right, rows)


@lru_cache(maxsize=65536)
def word_shows(one: Direction, two: Direction, rows: Dim, columns: Dim) -> Order:
    """The size at which one word stands for another: the chance overlap of what is between ends that they share.

    Ends may reach over each other: from one of the two axes that are between them then, the word of no letter gives as
    much (docs/explanation).
    """
    left, right = letters(one), letters(two)
    begins = [rows, *(matrix.inner for matrix in _common(left, right))]
    ends = [columns, *(matrix.outer for matrix in _common(left[::-1], right[::-1]))]
    return _least_chance(begins) + _least_chance(ends)


def _least_chance(axes: Iterable[Dim]) -> Order:
    """The overlap by chance on the shortest of some axes."""
    return largest(axis.independent_overlap for axis in axes)


def _common(one: Word, two: Word) -> list[RandomMatrix]:
    """The letters with which both words begin."""
    return [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))]


def raw_size(word: Word) -> Order:
    """The size of a product of unit matrices as it stands: the root of every axis inside it."""
    return root_of(frozenset(Counter(matrix.outer for matrix in word[1:]).items()))


@lru_cache(maxsize=65536)
def root_of(axes: frozenset[tuple[Dim, int]]) -> Order:
    """The root of axes, each counted as often as it is there: long words have the same few."""
    return sum((dim.exponent * Fraction(count, 2) for dim, count in axes), start=order(0))


def _raw_size_on(word: Word, dim: Dim) -> Order:
    """The same, where a word without a letter is the identity of the axis ``dim``."""
    return raw_size(word) if word else dim.exponent / -2


@lru_cache(maxsize=65536)
def _shortened(word: Word) -> Order:
    """The largest size of what a product shortens to, in one place or in several; each shorter word is asked once."""
    found = []
    for i, matrix in enumerate(word[1:], start=1):
        if word[i - 1] == matrix.T:
            rest = word[: i - 1] + word[i + 1 :]
            found.append(matrix.outer.exponent + maximum(_raw_size_on(rest, matrix.inner), _shortened(rest)))
    return largest(found)


@lru_cache(maxsize=65536)
def is_covered(word: Word) -> bool:
    """Is a product nowhere above what it shortens to?"""
    return nowhere_above(raw_size(word), _shortened(word))


def told_apart(word: Word) -> Word:
    """A word in which batches of several earlier steps have become one, by what it is then covered by."""
    for i, matrix in enumerate(word[1:], start=1):
        if word[i - 1] == matrix.T and is_covered(word):
            return told_apart(word[: i - 1] + word[i + 1 :])
    return word


def turns(word: Sequence[RandomMatrix]) -> int:
    """How often the matrix that turns most in a word changes between itself and its transpose."""
    last: dict[str, bool] = {}
    changes: Counter[str] = Counter()
    for matrix in word:
        name = str(matrix.T if matrix.flipped else matrix)
        changes[name] += last.get(name, matrix.flipped) != matrix.flipped
        last[name] = matrix.flipped
    return max(changes.values(), default=0)


def _known(word: Word) -> Direction:
    """The direction of a word. Raises ProgramError where it turns too often to be told apart."""
    most = turns(once_through(word))
    if most > MOST_TURNS:
        raise ProgramError(
            f"a product of matrices turns {most} times through one of them, and {MOST_TURNS} are told apart",
            hint="give exponents that are open a value, such as beta=1/2",
        )
    return MatrixProduct(word)
