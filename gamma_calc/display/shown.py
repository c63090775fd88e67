"""Text from outside as it is shown: what cannot be printed is spelled out, what is too long is cut."""

from __future__ import annotations

from typing import Final

KEPT: Final = "\n\t"
DOTS: Final = "..."
CUT: Final = " ... "


def shown(text: str, longest: int | None = None) -> str:
    r"""The text without control characters, escape sequences or halves of characters, and cut to a length.

    >>> shown("red \x1b[31m, half \ud800")
    'red \\x1b[31m, half \\ud800'
    >>> shown("a long text", 8)
    'a lon...'
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - len(DOTS)] + DOTS
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in KEPT else c.encode("unicode_escape").decode("ascii") for c in text)


def shortened(text: str, longest: int) -> str:
    """Its beginning and its end, where it is longer than that.

    >>> shortened("W' " * 100 + "x", 20)
    "W' W' W ... W' W' x"
    """
    if len(text) <= longest:
        return text
    half = (longest - len(CUT)) // 2
    return f"{text[:half]}{CUT}{text[-half:]}"


def encoded(text: str, encoding: str | None) -> str:
    r"""The text with what an encoding lacks spelled out.

    >>> encoded("é is η", "ascii")
    '\\xe9 is \\u03b7'
    """
    return text.encode(encoding or "utf-8", "backslashreplace").decode(encoding or "utf-8")
