"""What a direction is one step later, when the samples that are drawn anew at each step have become those of the last.

The sample of the last step has a name of its own: what that step made alone meets what the steps before it made by
chance. All samples before it have one name, as their number grows with the steps. Where two parts meet by that name,
each may be of steps that the other is not of: what that makes is an upper bound then (``engine/samples_of_steps.py``).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from typing import Final, TypeVar

from gamma_calc.calculus.diagrams import Letter, renamed_diagram
from gamma_calc.calculus.direction import (
    LAST,
    OTHER,
    PAST,
    PRESENT,
    Activation,
    Direction,
    Entrywise,
    FreshImage,
    GivenVector,
    Identity,
    MatrixDiagram,
    MatrixProduct,
    Outer,
    RandomMatrix,
    Residual,
    VectorDiagram,
    VectorDirection,
    as_vector,
    image,
    named,
    word,
)
from gamma_calc.calculus.value import Value
from gamma_calc.calculus.words import told_apart

_NEXT: Final = {PRESENT: LAST, LAST: PAST, PAST: OTHER, OTHER: PAST}
Sample = TypeVar("Sample", bound=GivenVector | RandomMatrix)


@lru_cache(maxsize=65536)
def from_previous_step(direction: Direction, fresh: frozenset[str]) -> Direction:
    """The direction one step later: the sample of the last step becomes an earlier one, then that of this step."""
    return drawn_before(drawn_before(direction, LAST, fresh), PRESENT, fresh)


def of_other_steps(direction: Direction, fresh: frozenset[str]) -> Direction:
    """The direction as if those of its samples that several steps drew were of other steps than they are elsewhere."""
    return drawn_before(direction, PAST, fresh)


def of_any_steps(direction: Direction, fresh: frozenset[str]) -> Direction:
    """The direction with all samples that several steps drew under one name again."""
    return drawn_before(direction, OTHER, fresh)


def holds_several(value: Value, fresh: frozenset[str]) -> bool:
    """Has a value parts that are made of the samples of several steps?"""
    return any(was_drawn(direction, PAST, fresh) for direction in value.components)


def was_drawn(direction: Direction, drawn: int, fresh: frozenset[str]) -> bool:
    """Is a direction made of a sample that was drawn so many steps ago?"""
    return drawn_before(direction, drawn, fresh) != direction


@lru_cache(maxsize=65536)
def drawn_before(direction: Direction, drawn: int, fresh: frozenset[str]) -> Direction:
    """The direction when its samples that were drawn so many steps ago were drawn one more step ago."""
    match direction:
        case Outer(left, right):
            return Outer(_vector(left, drawn, fresh), _vector(right, drawn, fresh))
        case RandomMatrix():
            return _sample(direction, drawn, fresh)
        case MatrixProduct(matrices):
            older = told_apart(tuple(_sample(matrix, drawn, fresh) for matrix in matrices))
            return named(older, matrices[0].outer)
        case Identity():
            return direction
        case MatrixDiagram():
            return renamed_diagram(direction, partial(_letter, drawn=drawn, fresh=fresh))
        case _:
            return _vector(direction, drawn, fresh)


def _letter(letter: Letter, drawn: int, fresh: frozenset[str]) -> Letter:
    """What a sign leaves beside a gradient is of an earlier step wherever it is met, and has no age."""
    return letter if isinstance(letter, Residual) else _sample(letter, drawn, fresh)


def _sample(sample: Sample, drawn: int, fresh: frozenset[str]) -> Sample:
    is_one = sample.steps_ago == drawn and sample.name in fresh
    return replace(sample, steps_ago=_NEXT[drawn]) if is_one else sample


def _vector(direction: VectorDirection, drawn: int, fresh: frozenset[str]) -> VectorDirection:
    match direction:
        case GivenVector():
            return _sample(direction, drawn, fresh)
        case Activation(steps_ago=made):
            parts = frozenset((_vector(part, drawn, fresh), order) for part, order in direction.parts)
            is_older = made == drawn and (made != PRESENT or parts != direction.parts)
            return replace(direction, parts=parts, steps_ago=_NEXT[made] if is_older else made)
        case FreshImage():
            matrices, of = word(direction)
            return image([_sample(matrix, drawn, fresh) for matrix in matrices], _vector(of, drawn, fresh))
        case Entrywise(those):
            return Entrywise(frozenset(_vector(f, drawn, fresh) for f in those))
        case VectorDiagram():
            return as_vector(renamed_diagram(direction, partial(_letter, drawn=drawn, fresh=fresh)))
        case _:
            return direction
