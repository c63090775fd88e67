"""Exponents from text: rationals, names, + - * /, parentheses, max(...), min(...) and -inf.

    sum      = product { ("+" | "-") product }
    product  = factor { ("*" | "/") factor }            one side of * and the right side of / are rational
    factor   = { "+" | "-" } ( number | name | "(" sum ")" | ("max" | "min") "(" sum { "," sum } ")" | "inf" )

A text is only ever read, never run.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import add, neg
from typing import Final

from gamma_calc.errors import ExponentSyntaxError, OrderError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.spelling import RESERVED
from gamma_calc.exponents.notation.tokens import MOST_DIGITS, Token, syntax_error, tokens
from gamma_calc.exponents.orders.order import MINUS_INFINITY, Order, maximum, minimum, order

MOST_NESTED: Final = 50
_LEAST_TOO_LONG: Final = 10**MOST_DIGITS
_NOT_NUMBERS: Final = {"inf": "only -inf, the order of what is zero, is one", "nan": "write a rational such as -1/2"}


def parse_order(text: str) -> Order:
    """The order that a text denotes, in plain or Greek spelling. Raises ExponentSyntaxError with place and mend.

    >>> parse_order("max(eta, (4*eta + 2)/2)")
    Order('max(eta, 2*eta + 1)')
    >>> parse_order("min(−1/2, −1 − b₀)")
    Order('min(-1/2, -1 - b0)')
    """
    reader = _Reader(text)
    value = reader.sum(0)
    reader.finish()
    numbers = (c for form in value.above | value.below for c in (form.constant, *(c for _, c in form.terms)))
    if any(max(abs(c.numerator), c.denominator) >= _LEAST_TOO_LONG for c in numbers):
        raise syntax_error(text, 0, f"the result has a number of more than {MOST_DIGITS} digits")
    return value


def parse_affine(text: str) -> Affine:
    """The affine form that a text denotes. Raises ExponentSyntaxError for one with a kink, and for -inf.

    >>> parse_affine("rho/2 - 1")
    Affine('rho/2 - 1')
    """
    value = parse_order(text)
    if len(value.above) == 1 and value.is_convex:
        return next(iter(value.above))
    raise syntax_error(text, 0, "expected an exponent without max, min and -inf", "write one such as rho/2 - 1")


def parse_rational(text: str) -> Fraction:
    """The rational that a text denotes. Raises ExponentSyntaxError for names, max, min and -inf.

    >>> parse_rational("-3/2 + 1")
    Fraction(-1, 2)
    """
    form = parse_affine(text)
    if form.terms:
        what = f"expected a rational, and this depends on {', '.join(form.variables)}"
        raise syntax_error(text, 0, what, "write one such as -1/2")
    return form.constant


class _Reader:
    """A place in the words of one text. Each method reads one phrase of the grammar from there on."""

    __slots__ = ("cursor", "text", "words")

    def __init__(self, text: str) -> None:
        self.text, self.words, self.cursor = text, list(tokens(text)), 0

    @property
    def word(self) -> Token:
        return self.words[self.cursor]

    def sum(self, depth: int) -> Order:
        start, terms = self.word, [self.product(depth)]
        while sign := self.accept("+", "-"):
            term = self.product(depth)
            terms.append(term if sign.text == "+" else self.combined(sign, neg, term))
        return self.combined(start, _total, *terms)

    def product(self, depth: int) -> Order:
        value = self.factor(depth)
        while sign := self.accept("*", "/"):
            value = self.combined(sign, _times if sign.text == "*" else _over, value, self.factor(depth))
        return value

    def factor(self, depth: int) -> Order:
        negative = False
        while sign := self.accept("+", "-"):
            negative ^= sign.text == "-"
        start = self.word
        if negative and start.text == "inf":
            self.cursor += 1
            return MINUS_INFINITY
        value = self.atom(depth)
        return self.combined(start, neg, value) if negative else value

    def atom(self, depth: int) -> Order:
        word = self.word
        if word.text in ("max", "min"):
            return self.extremum(depth)
        if word.text == "(":
            return self.arguments(depth)[0]
        if word.kind not in ("number", "name") or word.text in RESERVED:
            raise self.misplaced()
        self.cursor += 1
        return order(int(word.text)) if word.kind == "number" else Order.affine(Affine.variable(word.text))

    def extremum(self, depth: int) -> Order:
        word = self.word
        self.cursor += 1
        if self.word.text != "(":
            raise self.error(word, f"{word.text} has no arguments", f"write them as in {word.text}(0, eta)")
        values = self.arguments(depth, ",")
        return self.combined(word, maximum if word.text == "max" else minimum, *values)

    def arguments(self, depth: int, *separators: str) -> list[Order]:
        """What stands between this opening parenthesis and its closing one."""
        opened = self.word
        if depth == MOST_NESTED:
            raise self.error(opened, f"more than {MOST_NESTED} parentheses inside each other", "write it flatter")
        self.cursor += 1
        values = [self.sum(depth + 1)]
        while self.accept(*separators):
            values.append(self.sum(depth + 1))
        if self.word.kind == "end":
            raise self.error(opened, "this parenthesis is never closed", "add the missing )")
        if not self.accept(")"):
            raise self.trailing()
        return values

    def finish(self) -> None:
        if self.word.kind != "end":
            raise self.trailing()

    def accept(self, *signs: str) -> Token | None:
        word = self.word
        if word.kind != "sign" or word.text not in signs:
            return None
        self.cursor += 1
        return word

    def combined(self, place: Token, operation: Callable[..., Order], *values: Order) -> Order:
        try:
            return operation(*values)
        except OrderError as error:
            raise self.error(place, error.what, error.hint) from None

    def misplaced(self) -> ExponentSyntaxError:
        word = self.word
        if word.text in _NOT_NUMBERS:
            return self.error(word, f"{word.text} is no exponent", _NOT_NUMBERS[word.text])
        found = repr(word.text) if word.text else "the text ends"
        return self.error(word, f"{found} where an exponent should stand", "write one such as 2*eta + 1/2")

    def trailing(self) -> ExponentSyntaxError:
        word = self.word
        return self.error(word, f"{word.text!r} follows what is already an exponent", "join the two by + - * or /")

    def error(self, place: Token, what: str, hint: str) -> ExponentSyntaxError:
        return syntax_error(self.text, place.start, what, hint)


def _total(*terms: Order) -> Order:
    """The sum, in halves: a long sum one by one would take quadratic time."""
    middle = len(terms) // 2
    return add(_total(*terms[:middle]), _total(*terms[middle:])) if middle else terms[0]


def _times(left: Order, right: Order) -> Order:
    if _is_rational(left):
        return right * left.rational
    if _is_rational(right):
        return left * right.rational
    raise OrderError("a product of two exponents is no exponent", hint="multiply by a rational, as in 2*eta")


def _over(left: Order, right: Order) -> Order:
    if _is_rational(right) and right.rational:
        return left / right.rational
    raise OrderError("a divisor must be a rational other than zero", hint="write it as in eta/2")


def _is_rational(value: Order) -> bool:
    return not value.is_zero_quantity and not value.variables
