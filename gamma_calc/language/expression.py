"""Expressions: the forward computation as the user writes it.

Every operation is a subclass in its own file under ``rules``; it states local facts only:

* ``shape``: what comes out, checked when the program is written;
* ``orders``: its symbolic meaning, the components of the result with the lemma that gives each;
* ``numeric``: its meaning on arrays whose first axis runs over repetitions;
* ``pull_back``: reverse mode, written again as a program;
* ``moved``: how its result changes when its arguments do, split by which argument moved.

Backward passes and changes are programs too, so both readings need the forward meanings alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from gamma_calc.calculus.dims import Power, Shape

if TYPE_CHECKING:
    from gamma_calc.calculus.assumptions import SumRule
    from gamma_calc.calculus.value import Contribution, Value
    from gamma_calc.exponents.orders.order import Order

Array = Any  # a torch tensor; this side of the package never imports torch


class Expression(ABC):
    """A tensor in a training program. Nodes are compared by identity: one object is one quantity."""

    arguments: tuple[Expression, ...] = ()
    shape: Shape
    precedence: ClassVar[int] = 9

    @abstractmethod
    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        """The components of the result, each with its lemma."""

    @abstractmethod
    def numeric(self, *arrays: Array) -> Array:
        """The result on arrays with a leading axis of repetitions, and on the ``constants`` after them."""

    @abstractmethod
    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        """The gradient with respect to each argument, given the gradient of the result."""

    @abstractmethod
    def rebuild(self, *arguments: Expression) -> Expression:
        """The same operation on other arguments."""

    @abstractmethod
    def moved(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        """The change of the result, split by which arguments moved."""

    def constants(self, power: Callable[[Order], float]) -> tuple[float, ...]:
        """The numbers that ``numeric`` takes after the arrays, at a width where n^e is ``power(e)``; most take none."""
        return ()

    @property
    def computed(self) -> Expression:
        """The expression that a run computes in this one's place: itself, unless another has the same value."""
        return self

    # -- notation -------------------------------------------------------------------------------------------------

    def __matmul__(self, other: Expression) -> Expression:
        from gamma_calc.operations.matmul import MatMul

        return MatMul(self, other)

    def __add__(self, other: Expression) -> Expression:
        from gamma_calc.operations.add import Add

        return Add(self, other)

    def __sub__(self, other: Expression) -> Expression:
        return self + (-other)

    def __neg__(self) -> Expression:
        from gamma_calc.operations.scale import Scale

        return Scale(self, coefficient=Fraction(-1))

    def __mul__(self, other: Expression | Power | Fraction | int) -> Expression:
        from gamma_calc.operations.product import product

        return product(self, other)

    __rmul__ = __mul__

    @property
    def T(self) -> Expression:
        from gamma_calc.operations.transpose import Transpose

        return Transpose(self)

    @abstractmethod
    def __str__(self) -> str:
        """The expression as the user would write it."""

    def __repr__(self) -> str:
        dims = ", ".join(d.name for d in self.shape)
        return f"<{self} : ({dims})>"

    def inside(self, precedence: int) -> str:
        """The text, in parentheses where the surrounding operator binds tighter."""
        return str(self) if self.precedence > precedence else f"({self})"


class Part:
    """One part of a change: which argument positions moved, and the expression."""

    __slots__ = ("expression", "moved")

    def __init__(self, moved: frozenset[int], expression: Expression) -> None:
        self.moved, self.expression = moved, expression


def walk(roots: Iterable[Expression]) -> tuple[Expression, ...]:
    """Every node below the roots, arguments before the operations that use them."""
    found: dict[int, Expression] = {}
    stack = [(root, False) for root in reversed(list(roots))]
    while stack:
        node, ready = stack.pop()
        if id(node) in found:
            continue
        if ready:
            found[id(node)] = node
        else:
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.arguments) if id(a) not in found)
    return tuple(found.values())


def total(terms: Iterable[Expression | None]) -> Expression | None:
    """The sum of the terms that are there."""
    result: Expression | None = None
    for term in terms:
        if term is not None:
            result = term if result is None else result + term
    return result
