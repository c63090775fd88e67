"""Exact identities between expressions of a program, by writing both out as sums of words in their tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final, cast

from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, order
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Expression, Time
from gamma_calc.language.program import Program
from gamma_calc.operations.add import Add
from gamma_calc.operations.matmul import MatMul
from gamma_calc.operations.product import Product
from gamma_calc.operations.scale import Scale

Word = tuple[Order, tuple[str, ...]]  # a power of n, and tensors from left to right
Polynomial = Counter[Word]
Term = tuple[Fraction, Word]


def parts_add_up(program: Program, name: str, parts: tuple[str, ...]) -> bool:
    """Is the sum of the parts the change of a quantity over a step, exactly and whatever the tensors are?

    >>> from gamma_calc import toy
    >>> parts_add_up(toy(), "f", ("delta1", "delta2", "delta3"))
    True
    """
    now = program.quantities[name].node
    rest = _difference(polynomial(now), polynomial(earlier(now, Time.PREVIOUS)))
    for part in parts:
        expression = program.quantities[part].expression
        rest = rest if expression is None else _difference(rest, polynomial(expression))
    return not any(rest.values())


def polynomial(expression: Expression) -> Polynomial:
    """The expression multiplied out, with each parameter as its previous value plus what the step added."""
    found: Polynomial = Counter()
    for coefficient, word in _terms(expression):
        found[word] += coefficient  # type: ignore[assignment]  # a Counter of fractions
    return found


def _terms(node: Expression) -> Iterator[Term]:
    last = node.own_change(Time.PREVIOUS)
    if last is not None:
        yield from _terms(node.at_time(Time.PREVIOUS, ()))
        yield from _terms(last)
    elif not node.arguments:
        yield Fraction(1), (order(0), (str(node),))
    else:
        yield from MULTIPLIED_OUT.get(type(node), _no_polynomial)(node)


def _sum(node: Expression) -> Iterator[Term]:
    for argument in node.arguments:
        yield from _terms(argument)


def _multiple(node: Expression) -> Iterator[Term]:
    scale = cast("Scale", node)
    for c, (exponent, word) in _terms(node.arguments[0]):
        yield scale.coefficient * c, (exponent + scale.power.exponent, word)


def _product(node: Expression) -> Iterator[Term]:
    left, right = (list(_terms(argument)) for argument in node.arguments)
    yield from ((c * d, (p + q, v + w)) for c, (p, v) in left for d, (q, w) in right)


def _no_polynomial(node: Expression) -> Iterator[Term]:
    raise ProgramError(f"{node} is no polynomial", hint="use sums, products and known multipliers")


MULTIPLIED_OUT: Final[Mapping[type[Expression], Callable[[Expression], Iterator[Term]]]] = MappingProxyType(
    {Add: _sum, Scale: _multiple, MatMul: _product, Product: _product}
)


def _difference(left: Polynomial, right: Polynomial) -> Polynomial:
    found = Counter(left)
    found.subtract(right)
    return found
