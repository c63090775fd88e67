"""phi(Y) entry by entry, for a matrix Y with a column a sample, and products of matrices entry by entry.

A value Y is a sum of components. Stein's identity gives phi(Y) along every product of different ones, as for vectors
(``calculus/function.py``). Products of matrices entry by entry are diagrams, so what such a product has in common with
anything else is exact, however many samples there are. What is not kept is what holds a component twice: wherever it
pairs, what is left without both copies pairs as well, and is no smaller (docs/explanation, *functions of a batch*).
Nor are products of three and more, by what is said there of moments of signs.

An example: tanh'(W Z + n^-a w q') is 1, up to a share n^-a along (W Z) * (w q'), so w y' times it is along W Z with its
columns times q and y.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final

from gamma_calc.calculus import lemmas
from gamma_calc.calculus.contraction import entries_times
from gamma_calc.calculus.diagrams import MOST_ALIKE, told_apart
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import ONES, Direction, MatrixDiagram, Outer, as_vector
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.lemmas import FUNCTION_KEPT, FUNCTION_MEAN, FUNCTION_VALUE
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.sign import zero_sets
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import (
    MINUS_INFINITY,
    NOTHING,
    Order,
    Region,
    at_most,
    largest,
    maximum,
    minimum,
    order,
    where,
)
from gamma_calc.language.expression import Array, Expression, Part, require_expression, walk
from gamma_calc.language.forms import Bilinear, ChangeOnly, Linear
from gamma_calc.operations.elementwise import Elementwise
from gamma_calc.operations.hadamard import entrywise
from gamma_calc.operations.since_start import SinceStart

MEAN: Final = Outer(ONES, ONES)


class FunctionOfMatrix(Expression):
    """phi(Y). Lemma: Stein's identity, for every product of different components."""

    acts_on_entries = True

    def __init__(self, function: Function, argument: Expression) -> None:
        _refuse_masks(function, argument)
        self.function = function
        self.arguments = (argument,)
        self.shape: Shape = argument.shape
        self.saturates = function.saturates

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        _refuse_dead_rows(self.function, values[0], premises)
        return _along_products(self.function, values[0], self.shape)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        return _counts_too_many(self.function, values[0])

    @property
    def least_counts_above(self) -> Order | None:
        return order(0) if self.function.saturates else None

    @property
    def may_fall(self) -> bool:
        """A slope does, where the function saturates."""
        return self.function.saturates and self.function.positive

    @property
    def may_vanish(self) -> bool:
        """A mask does, on the finitely many entries of a fixed axis."""
        return self.function.vanishes and any(dim.is_fixed for dim in self.shape)

    def numeric(self, *arrays: Array) -> Array:
        return self.function.apply(arrays[0])

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        if self.function.slope is None:
            raise ProgramError(f"{self} has no derivative", hint="train through a function that has one")
        return (MatrixHadamard(upstream, FunctionOfMatrix(self.function.slope, self.arguments[0])),)

    @property
    def assumption(self) -> str:
        return "the entries of what a function of a batch is applied to are like draws of a symmetric variable"

    def rebuild(self, *arguments: Expression) -> Expression:
        return FunctionOfMatrix(self.function, *arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        if change[0] is None:
            return ()
        return (Part(frozenset({0}), ChangeOfFunction(self.function, old[0], change[0])),)

    def notation(self) -> str:
        return f"{self.function.name}({self.arguments[0]})"


class ChangeOfFunction(ChangeOnly):
    """phi(Y + dY) - phi(Y). Lemma: it is dY times the slope between the two, entry by entry."""

    def __init__(self, function: Function, old: Expression, change: Expression) -> None:
        self.function = function
        self.arguments = (old, change)
        self.shape: Shape = old.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        old, change = values
        between = old.plus(change)
        slope = Value.collect(_along_products(self._slope, between, self.shape))
        most = self.function.size(between.order)
        for c in _entries_of_product(change, slope, self.shape):
            yield Contribution(c.direction, at_most(c.order, most), FUNCTION_KEPT)

    @property
    def _slope(self) -> Function:
        if self.function.slope is None:
            raise ProgramError(f"the change of {self.function.name} of a batch is not known", hint="watch its argument")
        return self.function.slope

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        old, change = values
        return _counts_too_many(self._slope, old.plus(change))

    @property
    def least_counts_above(self) -> Order | None:
        return order(0) if self.function.saturates else None

    def numeric(self, *arrays: Array) -> Array:
        old, change = arrays
        return self.function.apply(old + change) - self.function.apply(old)

    def rebuild(self, *arguments: Expression) -> Expression:
        old, change = arguments
        return ChangeOfFunction(self.function, old, change)

    def notation(self) -> str:
        return f"change of {self.function.name} from {self.arguments[0]}"


class MatrixHadamard(Bilinear):
    """X * Y entry by entry, for two matrices. Lemma: a product of two sums over indices is one (``diagrams.py``)."""

    precedence = 5

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        left, right = values
        return _entries_of_product(left, right, self.shape)

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0] * arrays[1]

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        x, y = self.arguments
        return MatrixHadamard(upstream, y), MatrixHadamard(upstream, x)

    def rebuild(self, *arguments: Expression) -> Expression:
        return MatrixHadamard(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"{left.inside(5)} * {right.inside(5)}"


def of_entries(function: Function, x: Expression) -> Expression:
    """phi(x) entry by entry, of a vector or of a batch."""
    require_expression(x)
    return FunctionOfMatrix(function, x) if len(x.shape) == 2 else Elementwise(function, x)


def _refuse_masks(function: Function, argument: Expression) -> None:
    """Raises ProgramError where an argument is made of masks entry by entry: where they are zero others decide."""
    entries = walk([argument], below=lambda node: node.arguments if _keeps_entries(node) else ())
    mask = next((node for node in entries if isinstance(node, FunctionOfMatrix) and node.function.vanishes), None)
    if mask is not None:
        raise ProgramError(
            f"{function.name} of {argument} is not known, a function of a batch that has the mask of {mask} in it",
            hint="put a weight between the two, or take one sample",
        )


def _keeps_entries(node: Expression) -> bool:
    """Is every entry made of the same entry of the arguments?"""
    return isinstance(node, Linear | MatrixHadamard | SinceStart)


# -- components --------------------------------------------------------------------------------------------------------


def _along_products(function: Function, x: Value, shape: Shape) -> Iterator[Contribution]:
    """phi(Y) by what of Y it is along: nothing (its mean), one component, or two times each other.

    The slope of a saturated function is counted as one that bends everywhere.
    """
    if x.is_zero:
        yield Contribution(MEAN, function.at_zero, FUNCTION_MEAN)
        return
    _refuse_small_entries(function, x)
    size, parts = _relative(function, x)
    yield Contribution(MEAN, function.mean(size), FUNCTION_MEAN)
    yield from (Contribution(d, function.kept(size) + size + o, FUNCTION_KEPT) for d, o in parts.items())
    both = maximum(function.even(size), function.odd(size) + parts.get(MEAN, MINUS_INFINITY))
    for (u, a), (v, b) in combinations(parts.items(), 2) if not both.is_zero_quantity else ():
        for c in _times(u, v, shape):
            yield Contribution(c.direction, both + a + b + c.order, FUNCTION_VALUE)


def _refuse_dead_rows(function: Function, x: Value, premises: Premises) -> None:
    """Raises ProgramError where what leads is the same for all samples: whole rows are zero then, or columns."""
    for d, o in x.components.items() if function.vanishes else ():
        others = largest(size for other, size in x.components.items() if other != d)
        if isinstance(d, Outer) and ONES in (d.left, d.right) and not premises.orders.nowhere_above(o, others):
            raise ProgramError(
                f"the {function.name} of a batch is not known where what its samples share leads: rows are zero",
                hint="take smaller rates, a smaller part in common, or one sample",
            )


def _refuse_small_entries(function: Function, x: Value) -> None:
    """Raises ProgramError where larger parts are zero, or small, at more entries than those of random matrices are."""
    if x.power > 1 or any(map(zero_sets, x.components)):
        raise ProgramError(
            f"the {function.name} of a batch with rows or columns that a function or a power makes small is not known",
            hint="take one sample",
        )


def _relative(function: Function, x: Value) -> tuple[Order, Mapping[Direction, Order]]:
    """The size with which a function counts, and parts of its argument relative to that."""
    if not function.saturates:
        return x.order, {d: o - x.order for d, o in x.components.items()}
    if function.positive:
        size = minimum(0, x.order)
        return size, {d: minimum(0, o) - size for d, o in x.components.items()}
    size = x.order if x.least is None else at_most(x.order, maximum(0, x.least))
    return size, {d: at_most(o - size, order(0)) for d, o in x.components.items()}


def _entries_of_product(left: Value, right: Value, shape: Shape) -> Iterator[Contribution]:
    for u, a in left.components.items():
        for v, b in right.components.items():
            for c in _times(u, v, shape):
                yield c._replace(order=a + b + c.order)


def _times(u: Direction, v: Direction, shape: Shape) -> Iterator[Contribution]:
    """The entries of two matrices times each other."""
    if MEAN in (u, v):
        yield Contribution(v if u == MEAN else u, order(0), lemmas.MEAN)
    elif isinstance(u, Outer) and isinstance(v, Outer):
        for left in entrywise(u.left, v.left, shape[0]):
            for right in entrywise(u.right, v.right, shape[1]):
                sides = Outer(as_vector(left.direction), as_vector(right.direction))
                yield Contribution(sides, left.order + right.order, left.lemma)
    else:
        yield from filter(_is_told_apart, entries_times(u, v, shape))


def _is_told_apart(made: Contribution) -> bool:
    """Is a product of entries short? Each that is long makes others at every step. Raises ProgramError where one is."""
    return not isinstance(made.direction, MatrixDiagram) or bool(told_apart(made.direction.diagram, MOST_ALIKE))


def _counts_too_many(function: Function, x: Value) -> Region:
    """Where a function bends on fewer entries than it counts for: a slope of what is large, or of what may be less."""
    if not function.saturates:
        return NOTHING
    few = where(order(0), "<", x.order) if function.positive else NOTHING
    return few if x.least is None else few | where(maximum(0, x.least), "<", x.order)
