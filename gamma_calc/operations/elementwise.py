"""phi(x) entry by entry: what a function keeps of its argument's components, its mean and its slope.

A function is data (``Function``), one per file. Hypothesis: the entries of x are like independent draws of a symmetric
variable of the size of x, so the mean of an even part is of the order of its size and odd parts keep directions.

A rest that is no larger than what is kept decides no order: it comes only where the kept parts come too, and they are
at least as coherent. It is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gamma_calc.calculus.assumptions import SumRule
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import ONES, UNIT, Residual, as_vector
from gamma_calc.calculus.lemmas import FUNCTION_FRESH, FUNCTION_KEPT, FUNCTION_MEAN
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, minimum, order
from gamma_calc.language.expression import Array, Expression, Part
from gamma_calc.operations.hadamard import entrywise


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function by what it does to orders, each a map of the order of |x|.

    ``kept`` is the factor on the components of x, ``mean`` the mean of phi(x), ``rest`` what is along neither.
    """

    name: str
    kept: Callable[[Order], Order]
    mean: Callable[[Order], Order]
    rest: Callable[[Order], Order]
    apply: Callable[[Array], Array]
    slope: Function | None = None
    at_zero: Order = MINUS_INFINITY  # the order of phi(0)


class Elementwise(Expression):
    """phi(x). Lemma: Stein's identity for what is kept, the law of large numbers for the mean."""

    def __init__(self, function: Function, argument: Expression) -> None:
        if len(argument.shape) == 2:
            raise ShapeError(
                f"{function.name} of {argument} with shape {shape_text(argument.shape)}", hint="apply it to a vector"
            )
        self.function = function
        self.arguments = (argument,)
        self.shape: Shape = argument.shape

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        if values[0].is_zero:
            yield Contribution(ONES if self.shape else UNIT, self.function.at_zero, FUNCTION_MEAN)
        else:
            yield from described(self.function, values[0], values[0].order, str(self), order(0))

    def numeric(self, *arrays: Array) -> Array:
        return self.function.apply(arrays[0])

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        if self.function.slope is None:
            raise ProgramError(f"{self} has no derivative", hint="train through a function that has one")
        return (upstream * Elementwise(self.function.slope, self.arguments[0]),)

    @property
    def assumption(self) -> str:
        return "the entries of what an entrywise function is applied to are like draws of a symmetric variable"

    def rebuild(self, *arguments: Expression) -> Expression:
        return Elementwise(self.function, *arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        if change[0] is None:
            return ()
        slope = self.function.slope
        site = str(Elementwise(slope, self.arguments[0])) if slope else str(self)
        return (Part(frozenset({0}), Difference(self.function, old[0], change[0], site)),)

    def __str__(self) -> str:
        return f"{self.function.name}({self.arguments[0]})"


class Difference(Expression):
    """phi(x + dx) - phi(x). Lemma: it is dx times a slope between the two, entry by entry.

    The mean of the slope keeps the components of dx. Its rest is the rest of phi'(x), under the name that it has in the
    gradient (``site``): where a step has moved x on the entries at which phi still bends, those entries answer.
    No change is larger than the larger of the values it lies between, so nothing here is.
    """

    def __init__(self, function: Function, old: Expression, change: Expression, site: str) -> None:
        self.function, self.site = function, site
        self.arguments = (old, change)
        self.shape: Shape = old.shape

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        old, change = values
        slope = self.function.slope
        if change.is_zero or slope is None:
            return
        size = maximum(old.order, change.order)
        function = self.function
        most = maximum(function.mean(size), function.rest(size), function.kept(size) + size)
        factors = Function(slope.name, slope.mean, lambda at: slope.kept(at) + at, slope.rest, slope.apply)
        for c in (*described(factors, change, size, str(self), change.order), *self._by_the_rest(slope, change, size)):
            yield Contribution(c.direction, at_most(c.order, most), c.lemma)

    def _by_the_rest(self, slope: Function, change: Value, size: Order) -> Iterator[Contribution]:
        """What the rest of the slope makes of each component; only where it can be larger than what the mean keeps."""
        mean, rest = slope.mean(size), slope.rest(size)
        if len(self.shape) == 1 and maximum(mean, rest) != mean:
            for direction, order_ in change.components.items():
                made = entrywise(as_vector(direction), Residual(self.site), self.shape[0])
                yield Contribution(made.direction, order_ + rest + made.order, made.lemma)

    def numeric(self, *arrays: Array) -> Array:
        old, change = arrays
        return self.function.apply(old + change) - self.function.apply(old)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        raise ProgramError(f"{self} is a change, and the loss cannot depend on one", hint="use the value itself")

    def rebuild(self, *arguments: Expression) -> Expression:
        old, change = arguments
        return Difference(self.function, old, change, self.site)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        raise ProgramError(f"{self} is a change already", hint="watch the value itself")

    def __str__(self) -> str:
        return f"change of {self.function.name} from {self.arguments[0]}"


def described(function: Function, x: Value, size: Order, site: str, factor: Order) -> Iterator[Contribution]:
    """The components of phi where its argument has this size; mean and rest multiplied by n^factor."""
    kept, mean, rest = function.kept(size), function.mean(size) + factor, function.rest(size) + factor
    for direction, order_ in x.components.items():
        yield Contribution(direction, order_ + kept, FUNCTION_KEPT)
    if ONES in x.components:
        yield from _beside_a_mean(x, size, rest)
    if UNIT in x.components:
        yield Contribution(UNIT, maximum(mean, rest), FUNCTION_MEAN)
        return
    yield Contribution(ONES, mean, FUNCTION_MEAN)
    if maximum(x.order + kept, mean, rest) != maximum(x.order + kept, mean):
        yield Contribution(Residual(site), rest, FUNCTION_FRESH)


def _beside_a_mean(x: Value, size: Order, rest: Order) -> Iterator[Contribution]:
    """What an even part keeps where x has a mean: of (u + m)^2, the term 2 m u is along u."""
    mean = x.components[ONES]
    for direction, order_ in x.components.items():
        if direction != ONES:
            yield Contribution(direction, rest + (order_ - size) + (mean - size), FUNCTION_KEPT)


def at_most(value: Order, bound: Order) -> Order:
    """The smaller of the two, spelled as it came where the bound is never below it."""
    return value if maximum(value, bound) == bound else minimum(value, bound)


# Named, so that a function (and a program with it) can be pickled.


def constant(_: Order) -> Order:
    """Of a function that is of order one whatever the size of x."""
    return order(0)


def same(size: Order) -> Order:
    """Of a function that is as large as x."""
    return size


def reciprocal(size: Order) -> Order:
    """Of a function whose factor on x makes it of order one."""
    return -size


def nothing(_: Order) -> Order:
    """Of a function that has no such part."""
    return MINUS_INFINITY
