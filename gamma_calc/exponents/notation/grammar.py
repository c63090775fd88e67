"""Exponents from text: rationals, names, + - * /, parentheses, max(...), min(...) and -inf.

    sum      = product { ("+" | "-") product }
    product  = factor { ("*" | "/") factor }            one side of * and the right side of / are rational
    factor   = { "+" | "-" } ( number | name | "(" sum ")" | ("max" | "min") "(" sum { "," sum } ")" | "inf" )

The grammar knows places and signs; what the signs do is the reader's arithmetic. A text is only ever read, never run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from gamma_calc.errors import ExponentSyntaxError, OrderError
from gamma_calc.exponents.notation.spelling import RESERVED
from gamma_calc.exponents.notation.tokens import Token, syntax_error, tokens

MOST_NESTED: Final = 50
_NOT_NUMBERS: Final = {"inf": "only -inf, the order of what is zero, is one", "nan": "write a rational such as -1/2"}

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Arithmetic(Generic[Value]):
    """What is calculated while a text is read.

    ``operations`` has one for each of ``+ * / max min`` and ``neg``, of values; it may raise OrderError.
    """

    number: Callable[[int], Value]
    name: Callable[[str], Value]
    minus_infinity: Value
    operations: Mapping[str, Callable[..., Value]]


def read_exponent(text: str, arithmetic: Arithmetic[Value]) -> Value:
    """The value that a text denotes, in plain or Greek spelling. Raises ExponentSyntaxError with place and hint.

    >>> from fractions import Fraction
    >>> from operator import mul, neg
    >>> plain = Arithmetic(Fraction, lambda name: Fraction(2), Fraction(0), {"*": mul, "max": max, "neg": neg})
    >>> read_exponent("max(-x, 2*x)", plain)
    Fraction(4, 1)
    """
    reader = _Reader(text, arithmetic)
    value = reader.sum(0)
    reader.finish()
    return value


class _Reader(Generic[Value]):
    """A place in the words of one text. Each method reads one phrase of the grammar from there on."""

    __slots__ = ("arithmetic", "cursor", "text", "words")

    def __init__(self, text: str, arithmetic: Arithmetic[Value]) -> None:
        self.text, self.words, self.cursor, self.arithmetic = text, list(tokens(text)), 0, arithmetic

    @property
    def word(self) -> Token:
        return self.words[self.cursor]

    def sum(self, depth: int) -> Value:
        start, terms = self.word, [self.product(depth)]
        while sign := self.accept("+", "-"):
            term = self.product(depth)
            terms.append(term if sign.text == "+" else self.combined(sign, "neg", term))
        return self.combined(start, "+", *terms) if len(terms) > 1 else terms[0]

    def product(self, depth: int) -> Value:
        value = self.factor(depth)
        while sign := self.accept("*", "/"):
            value = self.combined(sign, sign.text, value, self.factor(depth))
        return value

    def factor(self, depth: int) -> Value:
        negative = False
        while sign := self.accept("+", "-"):
            negative ^= sign.text == "-"
        start = self.word
        if negative and start.text == "inf":
            self.cursor += 1
            return self.arithmetic.minus_infinity
        value = self.atom(depth)
        return self.combined(start, "neg", value) if negative else value

    def atom(self, depth: int) -> Value:
        word = self.word
        if word.text in ("max", "min"):
            return self.extremum(depth)
        if word.text == "(":
            return self.arguments(depth)[0]
        if word.kind not in ("number", "name") or word.text in RESERVED:
            raise self.misplaced()
        self.cursor += 1
        return self.arithmetic.number(int(word.text)) if word.kind == "number" else self.arithmetic.name(word.text)

    def extremum(self, depth: int) -> Value:
        word = self.word
        self.cursor += 1
        if self.word.text != "(":
            raise self.error(word, f"{word.text} has no arguments", f"write them as in {word.text}(0, eta)")
        values = self.arguments(depth, ",")
        return self.combined(word, word.text, *values)

    def arguments(self, depth: int, *separators: str) -> list[Value]:
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

    def combined(self, place: Token, operation: str, *values: Value) -> Value:
        try:
            return self.arithmetic.operations[operation](*values)
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
