"""How an operation carries a change of its arguments: linearly, as a product of two factors, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from gamma_calc.errors import ProgramError
from gamma_calc.exponents import MINUS_INFINITY, Order
from gamma_calc.language.expression import Expression, Part


class Linear(Expression):
    """The result changes by the operation on the changes: f(x + dx) - f(x) = f(dx)."""

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        return tuple(Part(frozenset({i}), self.rebuild(delta)) for i, delta in enumerate(change) if delta is not None)


class Bilinear(Expression):
    """f(x + dx, y + dy) - f(x, y) = f(x, dy) + f(dx, y) + f(dx, dy).

    The three parts come in this order. For Z_B = B (A Z) they are delta1 = B[t-1] dZ_A (A moves), delta2 =
    dB Z_A[t-1] (B moves) and delta3 = dB dZ_A (both move): LoRA+ (arXiv 2402.12354), section 4, definition 4.
    """

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        (x, y), (dx, dy) = old, change
        parts = []
        if dy is not None:
            parts.append(Part(frozenset({1}), self.rebuild(x, dy)))
        if dx is not None:
            parts.append(Part(frozenset({0}), self.rebuild(dx, y)))
        if dx is not None and dy is not None:
            parts.append(Part(frozenset({0, 1}), self.rebuild(dx, dy)))
        return tuple(parts)

    def split(self, parts_of: Callable[[Expression], tuple[Part, ...]]) -> tuple[Part, ...]:
        return parts_of(self)


class GradientOnly(Expression):
    """An operation that optimisers alone use: no loss is trained through it, and no quantity with it is watched."""

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        raise self._refused()

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        raise self._refused()

    def _refused(self) -> ProgramError:
        return ProgramError(f"{self} is an operation on gradients", hint="use it in an optimiser, not in a loss")


class DividesGradient(GradientOnly):
    """An operation on gradients that divides by a size: of less that it divides by it makes more."""

    @property
    def least_counts_above(self) -> Order | None:
        return MINUS_INFINITY

    @property
    def may_fall(self) -> bool:
        return True


class ChangeOnly(Expression):
    """An operation that changes alone are made of: no loss depends on one, and a change of it is not asked for."""

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        raise ProgramError(f"{self} is a change, and the loss cannot depend on one", hint="use the value itself")

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        raise ProgramError(f"{self} is a change already", hint="watch the value itself")
