"""Programs in which words are too many to be told apart, so that what travels together is one direction.

An example: four blocks x + W x, each with an adapter, have sixteen words in the last x. Told apart they take minutes,
and a fifth block doubles them; where the matrices are trained four words do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from itertools import chain
from typing import Final

from gamma_calc.calculus.direction import FixedAxis, VectorDirection, as_vector, word
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.state import State
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program

MOST_WORDS: Final = 2  # that end in one vector, in a vector of the start


def has_many_words(program: Program, start: State) -> bool:
    """Are there more words than are told apart, in a program whose directions can travel together?"""
    if 2 ** sum(map(_adds_vectors, program.nodes)) <= MOST_WORDS or not _carries_directions(program):
        return False
    here = Evaluation(program, start)
    return any(_most_words(here.value(node)) > MOST_WORDS for node in program.nodes if len(node.shape) == 1)


def _adds_vectors(node: Expression) -> bool:
    """Is it a sum of vectors, after which there are at most as many words as in both?"""
    return len(node.shape) == 1 and sum(len(a.shape) == 1 for a in node.arguments) > 1


def _carries_directions(program: Program) -> bool:
    """Does every operation make components of components, one by one, and every rule read sizes alone?"""
    rules = [program.optimiser.for_parameter(p) for p in program.parameters]
    reads_more = any(rule.reads_components or rule.reads_spectra for rule in rules)
    if reads_more or program.fresh or program.orthogonal or any(node.is_batch for node in program.nodes):
        return False
    watched = (q.expression for q in program.quantities.values() if q.expression is not None)
    return all(node.carries_directions for node in walk(chain(watched, optimiser_inputs(program).values())))


def _most_words(vector: Value) -> int:
    return max(Counter(_root(as_vector(d)) for d in vector.components).values(), default=0)


def _root(direction: VectorDirection) -> Hashable:
    """What a word ends in; of a fixed axis, which all vectors of it are, the matrix that it went through first."""
    matrices, of = word(direction)
    return (of, *matrices[-1:]) if isinstance(of, FixedAxis) else of
