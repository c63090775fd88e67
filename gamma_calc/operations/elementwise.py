"""phi(x) entry by entry, for a function given as data (``calculus/function.py``), one per file.

The value is one direction, an activation that remembers what x is made of; its mean, its slope and its further moments
come out where it is contracted with something (``calculus/overlap.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import UNIT, Direction
from gamma_calc.calculus.entrywise_products import entrywise_product
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.lemmas import FUNCTION_MEAN, FUNCTION_VALUE
from gamma_calc.calculus.marks import bends_less, bent_apart, blurred, has_one_sign, on_few, slopes_of_bends, unsure
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.shares import Share, is_one_share, shares, size_on
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import EVERYTHING, NOTHING, Order, Region, nowhere_above, order, where
from gamma_calc.language.expression import Array, Expression, Part, is_positive, require_expression
from gamma_calc.language.signature import signature
from gamma_calc.operations.difference import Difference, moved_masks


class Elementwise(Expression):
    """phi(x). Lemma: Stein's identity for what is kept, the law of large numbers for the mean."""

    acts_on_entries = True

    def __init__(self, function: Function, argument: Expression) -> None:
        require_expression(argument)
        if len(argument.shape) == 2:
            raise ShapeError(
                f"{function.name} of {argument} with shape {shape_text(argument.shape)}", hint="apply it to a vector"
            )
        self.function = function
        self.arguments = (argument,)
        self.shape: Shape = argument.shape
        self.site: str = signature(argument)
        self.saturates = function.saturates

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        (x,) = values
        for share in shares(self.site, x):
            yield self._of(share)

    @property
    def may_fall(self) -> bool:
        """A slope does, where the function saturates."""
        return self.function.saturates and self.function.positive

    def falls_as_fast(self, values: tuple[Value, ...]) -> bool:
        """While the argument keeps its order on all entries, unless roots are taken of parts, or few entries bend."""
        (x,) = values
        bends = not self.saturates or nowhere_above(x.order, order(0))
        return bends and x.power == 1 and is_one_share(self.site, x)

    @property
    def vanishes(self) -> bool:
        return self.function.vanishes

    @property
    def may_vanish(self) -> bool:
        """A mask does: of many entries it leaves some, and they are known by its place."""
        return self.function.vanishes and all(dim.is_fixed for dim in self.shape)

    def _of(self, share: Share) -> Contribution:
        if share.x.is_zero:
            return Contribution(share.entries if self.shape else UNIT, self.function.at_zero, FUNCTION_MEAN)
        made = activation(self.function, share.site, share.x) if self.shape else UNIT
        direction, gain = entrywise_product(share.entries, made)
        return Contribution(direction, size_on(self.function, share) + gain, FUNCTION_VALUE)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """Of a part that has one sign, which may be negative, a relu may be nothing. Of nothing it is nothing."""
        (x,) = values
        one_sign = self.function.vanishes and not x.is_zero and all(map(has_one_sign, x.components))
        if one_sign and not is_positive(self.arguments[0]):
            return EVERYTHING
        slope = self.function if self.function.positive else None
        few = on_few(slope, self.shape, x)
        return few | blurred(self.function, x) | unsure(x) | bent_apart(self.function, self.site, x)

    @property
    def least_counts_above(self) -> Order | None:
        return order(0) if bends_less(self.function) else None

    def argument(self, values: tuple[Value, ...]) -> Value | None:
        return values[0] if self.shape else None

    def slopes(self, values: tuple[Value, ...]) -> tuple[Direction, ...]:
        return slopes_of_bends(self.function, self.site, values[0])

    def saturated(self, values: tuple[Value, ...]) -> Region:
        both = self.function.saturates and not self.function.positive
        return where(order(0), "<", values[0].order) if both else NOTHING

    def power_of(self, values: tuple[Value, ...]) -> int:
        return values[0].power if self.function.starts_at_zero else 1

    def is_positive_of(self, arguments: tuple[bool, ...]) -> bool:
        return self.function.positive

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
        moved = moved_masks(change[0]) if bends_less(self.function) else ()
        return (Part(frozenset({0}), Difference(self.function, old[0], change[0], *moved)),)

    def notation(self) -> str:
        return f"{self.function.name}({self.arguments[0]})"
