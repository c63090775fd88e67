"""Programs in which words are too many to be told apart, so that what travels together is one direction.

An example: four blocks x + W x, each with an adapter, have sixteen words in the last x. Told apart they take minutes,
and a fifth block doubles them; where the matrices are trained four words do, and at an open rate two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable
from itertools import chain
from typing import Final

from gamma_calc.calculus.direction import FixedAxis, RandomMatrix, VectorDirection, as_vector, word
from gamma_calc.calculus.streams import tails
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.state import State
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program

MOST_WORDS: Final = 2  # that end in one vector, in a vector of the start


def has_many_words(program: Program, start: State) -> bool:
    """Are there more words than are told apart, in a program whose directions can travel together?"""
    fewer = _orders_grow(program)
    if 2 ** sum(map(_adds_vectors, program.nodes)) <= (1 if fewer else MOST_WORDS) or not _carries_directions(program):
        return False
    here = Evaluation(program, start)
    vectors = (here.value(node) for node in program.nodes if len(node.shape) == 1)
    trained = frozenset(p.name for p in program.parameters) if fewer else frozenset()
    return any(_most_words(vector) > MOST_WORDS or _skips(vector, trained) for vector in vectors)


def _orders_grow(program: Program) -> bool:
    """Do orders grow with every step outside the stable set? One open rate of updates of one size makes few of them."""
    of_one_size = all(program.optimiser.for_parameter(p).divides_entries for p in program.parameters)
    return len(program.open_rates) > (1 if of_one_size else 0)


def _skips(vector: Value, trained: Collection[str]) -> bool:
    """Does a word stand beside what one of these matrices in it was applied to?"""
    words = [as_vector(d) for d in vector.components]
    pairs = ((one, tail) for one in words for tail in tails(one) if tail in words)
    return any(m.name in trained for one, tail in pairs for m in _passed(one, tail))


def _passed(one: VectorDirection, tail: VectorDirection) -> list[RandomMatrix]:
    """The matrices that a word passed after it was this tail of it."""
    return word(one)[0][: tails(one).index(tail) + 1]


def only_adds(program: Program) -> bool:
    """Is every order a maximum of sums of the orders before it, from which nothing is subtracted?"""
    if program.divides_entries or not _carries_directions(program):
        return False
    return all(len(e.above) <= 1 and len(e.below) <= 1 for e in program.exponents)  # of an axis half is subtracted


def _adds_vectors(node: Expression) -> bool:
    """Is it a sum of vectors, after which there are at most as many words as in both?"""
    return len(node.shape) == 1 and sum(len(a.shape) == 1 for a in node.arguments) > 1


def reads_sizes_alone(program: Program) -> bool:
    """Does every rule read sizes alone, of one sample that stays the same, and nothing else know of directions?"""
    rules = [program.optimiser.for_parameter(p) for p in program.parameters]
    reads_more = any(rule.reads_components or rule.reads_spectra for rule in rules)
    return not (reads_more or program.fresh or program.orthogonal or any(node.is_batch for node in program.nodes))


def _carries_directions(program: Program) -> bool:
    """Does every operation make components of components, one by one, and every rule read sizes alone?"""
    if not reads_sizes_alone(program):
        return False
    watched = (q.expression for q in program.quantities.values() if q.expression is not None)
    return all(node.carries_directions for node in walk(chain(watched, optimiser_inputs(program).values())))


def _most_words(vector: Value) -> int:
    return max(Counter(_root(as_vector(d)) for d in vector.components).values(), default=0)


def _root(direction: VectorDirection) -> Hashable:
    """What a word ends in; of a fixed axis, which all vectors of it are, the matrix that it went through first."""
    matrices, of = word(direction)
    return (of, *matrices[-1:]) if isinstance(of, FixedAxis) else of
