"""The words of a written exponent, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.errors import ExponentSyntaxError
from gamma_calc.exponents.notation.spelling import GREEK, SIGNS, SUBSCRIPTS, plain

MOST_CHARACTERS: Final = 100_000
MOST_DIGITS: Final = 1_000  # Python itself prints no integer of more than 4,300
_SHOWN: Final = 24  # characters of the text shown on either side of an error

_PART: Final = f"(?:[{''.join(GREEK.values())}]|[A-Za-z0-9]*)[{''.join(SUBSCRIPTS.values())}]*"
_WORD: Final = re.compile(
    rf"""(?P<space> \s+ )
       | (?P<number> [0-9]+ (?:\.[0-9]*)? | \.[0-9]+ )
       | (?P<name> (?=[A-Za-z_{"".join(GREEK.values())}]) {_PART} (?: _ {_PART} )* | {SIGNS["inf"]} )
       | (?P<sign> [-+*/(),{SIGNS["-"]}{SIGNS["*"]}] )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name, a sign or the end of the text; ``text`` is in plain spelling."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """The words of the text and then its end. Raises ExponentSyntaxError for what is no word of an exponent."""
    if len(text) > MOST_CHARACTERS:
        what = f"the text has {len(text)} characters"
        raise syntax_error(text, 0, what, f"an exponent has at most {MOST_CHARACTERS}")
    start, previous = 0, ""
    while start < len(text):
        word = _WORD.match(text, start)
        if word is None:
            raise syntax_error(text, start, f"{text[start]!r} has no meaning in an exponent", "write it as 2*eta + 1/2")
        kind, raw = str(word.lastgroup), word.group()
        if kind == "number":
            _refuse_unread_number(text, start, raw)
        if previous == "number" and kind == "name":
            yield _implied_product(text, start, raw)
        if kind != "space":
            yield Token(kind, plain(raw), start)
        start, previous = word.end(), kind
    yield Token("end", "", start)


def syntax_error(text: str, place: int, what: str, hint: str = "") -> ExponentSyntaxError:
    """What is wrong at a place of the text, counted from one."""
    first, last = max(0, place - _SHOWN), place + _SHOWN
    shown = ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")
    return ExponentSyntaxError(what, where=f"{shown!r}, character {place + 1}", hint=hint)


def _refuse_unread_number(text: str, start: int, number: str) -> None:
    if len(number) > MOST_DIGITS:
        raise syntax_error(text, start, f"a number of {len(number)} digits", f"at most {MOST_DIGITS} are read")
    if "." in number:
        hint = f"write {Fraction(number)}" if len(number) <= _SHOWN else "write a fraction such as 1/2"
        raise syntax_error(text, start, f"{number[:_SHOWN]} is a decimal, and exponents are exact", hint)


def _implied_product(text: str, start: int, name: str) -> Token:
    """2η is a product as it is printed. Plain letters may mean something else: 1e5, 0x10."""
    if name.isascii():
        raise syntax_error(text, start, f"a number runs into {name[:_SHOWN]}", f"write a product as 2*{name[:_SHOWN]}")
    return Token("sign", "*", start)
