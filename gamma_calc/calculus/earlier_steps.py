"""What a direction is one step later, when the samples that are drawn anew at each step have become past ones.

All earlier samples have one name: their number grows with the steps, and each has met only its own. What that makes of
sums over steps is an upper bound, which is reached where one step leads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from gamma_calc.calculus.diagrams import Letter, renamed_diagram
from gamma_calc.calculus.direction import (
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
from gamma_calc.calculus.words import told_apart

Sample = TypeVar("Sample", bound=GivenVector | RandomMatrix)


def from_previous_step(direction: Direction, fresh: frozenset[str]) -> Direction:
    """The direction one step later, when the samples that are drawn anew at each step have become past ones."""
    match direction:
        case Outer(left, right):
            return Outer(_vector(left, fresh), _vector(right, fresh))
        case RandomMatrix():
            return _past(direction, fresh)
        case MatrixProduct(matrices):
            past = told_apart(tuple(_past(matrix, fresh) for matrix in matrices))
            return named(past, matrices[0].outer)
        case Identity():
            return direction
        case MatrixDiagram():
            return renamed_diagram(direction, lambda letter: _letter(letter, fresh))
        case _:
            return _vector(direction, fresh)


def _letter(letter: Letter, fresh: frozenset[str]) -> Letter:
    """What a sign leaves beside a gradient is of an earlier step wherever it is met, and has no age."""
    return letter if isinstance(letter, Residual) else _past(letter, fresh)


def _past(sample: Sample, fresh: frozenset[str]) -> Sample:
    return replace(sample, from_earlier_step=True) if sample.name in fresh else sample


def _vector(direction: VectorDirection, fresh: frozenset[str]) -> VectorDirection:
    match direction:
        case GivenVector():
            return _past(direction, fresh)
        case Activation():
            parts = frozenset((_vector(part, fresh), order) for part, order in direction.parts)
            earlier = direction.from_earlier_step or parts != direction.parts
            return replace(direction, parts=parts, from_earlier_step=earlier)
        case FreshImage():
            matrices, of = word(direction)
            return image([_past(matrix, fresh) for matrix in matrices], _vector(of, fresh))
        case Entrywise(those):
            return Entrywise(frozenset(_vector(f, fresh) for f in those))
        case VectorDiagram():
            return as_vector(renamed_diagram(direction, lambda letter: _letter(letter, fresh)))
        case _:
            return direction
