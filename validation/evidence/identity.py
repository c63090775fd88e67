"""Exact identities between expressions of a program, by writing both out as sums of words in their tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, order
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Expression, Time
from gamma_calc.language.leaves import Change, Leaf, Parameter, Snapshot
from gamma_calc.language.program import Program
from gamma_calc.operations.add import Add
from gamma_calc.operations.matmul import MatMul
from gamma_calc.operations.product import Product
from gamma_calc.operations.scale import Scale

Word = tuple[Order, tuple[str, ...]]  # a power of n, and tensors from left to right
Polynomial = Counter[Word]


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


def _terms(node: Expression) -> Iterator[tuple[Fraction, Word]]:
    match node:
        case Parameter():
            yield from _terms(Snapshot(node, Time.PREVIOUS))
            yield from _terms(Change(node, Time.PREVIOUS))
        case Leaf():
            yield Fraction(1), (order(0), (node.name,))
        case Add():
            for argument in node.arguments:
                yield from _terms(argument)
        case Scale(coefficient=c, power=power):
            for d, (exponent, word) in _terms(node.arguments[0]):
                yield c * d, (exponent + power.exponent, word)
        case MatMul() | Product():
            left, right = (list(_terms(argument)) for argument in node.arguments)
            yield from ((c * d, (p + q, v + w)) for c, (p, v) in left for d, (q, w) in right)
        case _:
            raise ProgramError(f"{node} is no polynomial", hint="use sums, products and known multipliers")


def _difference(left: Polynomial, right: Polynomial) -> Polynomial:
    found = Counter(left)
    found.subtract(right)
    return found
