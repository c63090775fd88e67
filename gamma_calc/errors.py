"""One family of errors: what is wrong, where, and the hint.

Low-level code raises the bare fact; the function the user called adds where it happened. Every class subclasses the
builtin that ordinary Python code would raise, so ``except ValueError`` keeps working.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from numbers import Number
from types import UnionType
from typing import Final, TypeVar

Entry = TypeVar("Entry")
_SHOWN: Final = 60  # characters of an offending value in a message
_WRITTEN: Final = (Number, tuple, list, dict, set, frozenset, range, type(None))


class GammaError(Exception):
    """Base of every error that a user's input can cause.

    Fields: ``what`` (the offending piece and what was expected), ``where`` (its place, may be empty) and ``hint``
    (what to write instead, may be empty). The text is one line made of the three.

    >>> print(GammaError("rank is 0", where="adapter_config.json", hint="write a positive r"))
    adapter_config.json: rank is 0; write a positive r
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"; {self.hint}" if self.hint else "")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.hint))

    def at(self, where: str) -> GammaError:
        """The same error seen from one level further out."""
        return type(self)(self.what, where=": ".join(filter(None, (where, self.where))), hint=self.hint)


def _rebuild(kind: type[GammaError], what: str, where: str, hint: str) -> GammaError:
    return kind(what, where=where, hint=hint)


class OrderError(GammaError, ValueError):
    """A quantity has no order, or an operation on orders has no value."""


class ExponentSyntaxError(GammaError, ValueError):
    """A text that is not an exponent, an order, a constraint or a setting."""


class ShapeError(GammaError, TypeError):
    """Two shapes in a program do not fit."""


class ProgramError(GammaError, ValueError):
    """A training program that cannot be derived as written."""


class UnknownName(GammaError, KeyError):  # noqa: N818 - reads as the message does
    """A name that is not in a table; the hint lists what is."""


class ConfigError(GammaError, ValueError):
    """A configuration file that cannot be read as an adapter."""


class TimeUp(GammaError, TimeoutError):  # noqa: N818 - reads as the message does
    """A calculation whose time limit is over. ``known`` is what is known by then, if anything is."""

    known: object = None


class CertificateError(GammaError, AssertionError):
    """A proof that does not check. A defect of this package or of the solver, never of the input."""


def unknown(kind: str, name: object, known: Iterable[str]) -> UnknownName:
    """The error for a name missing from a table, with the nearest known ones."""
    from difflib import get_close_matches  # slow to load, and most calculations are without an error

    names = sorted(known)
    close = get_close_matches(name[:_SHOWN], names, n=3, cutoff=0.5) if isinstance(name, str) else []
    hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names)}"
    return UnknownName(f"unknown {kind} {written(name)}", hint=hint)


def pick(kind: str, name: object, table: Mapping[str, Entry]) -> Entry:
    """The entry of a table; the error for a missing name lists what there is."""
    if not isinstance(name, str) or name not in table:
        raise unknown(kind, name, table)
    return table[name]


def written(value: object) -> str:
    """A value in a message: plain constants and collections as they are written, anything else by its type.

    >>> written(0.5), written("a" * 99), written(object())
    ('0.5', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'…", 'an object of type object')
    """
    if isinstance(value, str | bytes):
        return f"{value[:_SHOWN]!r}{'…' if len(value) > _SHOWN else ''}"
    text = _as_written(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _as_written(value: object) -> str:
    try:
        return repr(value) if isinstance(value, _WRITTEN) else f"an object of type {type(value).__name__}"
    except (ValueError, RecursionError):  # a number of very many digits, a collection inside itself
        return f"too long an object of type {type(value).__name__}"


def require(
    value: object, kinds: type | UnionType, what: str, hint: str, error: type[GammaError] = ProgramError
) -> None:
    """Raises an error, a ProgramError unless another is named, for a value that is of none of these kinds.

    >>> require(1, str, "name", "write a text such as 'A'")
    Traceback (most recent call last):
        ...
    gamma_calc.errors.ProgramError: 1 is no name; write a text such as 'A'
    """
    if not isinstance(value, kinds):
        raise error(f"{written(value)} is no {what}", hint=hint)


def require_each(values: object, kind: type, what: str, hint: str, error: type[GammaError] = ProgramError) -> None:
    """Raises an error for what is no collection of values of this kind. A text is none."""
    if isinstance(values, str | bytes) or not isinstance(values, Collection):
        raise error(f"{written(values)} is no collection of {what}s", hint=hint)
    for value in values:
        require(value, kind, what, hint, error)


def require_count(value: object, what: str, *, least: int, most: int) -> None:
    """Raises ProgramError for what is no whole number from ``least`` to ``most``."""
    if not is_count(value, least=least, most=most):
        raise ProgramError(f"{written(value)} {what}", hint=f"give a whole number from {least} to {most}")


def is_count(value: object, *, least: int, most: int) -> bool:
    """Is it a whole number from ``least`` to ``most``? A truth value is none.

    >>> is_count(2, least=1, most=3), is_count(True, least=1, most=3)
    (True, False)
    """
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
