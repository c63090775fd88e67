"""One family of errors: what is wrong, where, and the hint.

Low-level code raises the bare fact; the function the user called adds where it happened. Every class subclasses the
builtin that ordinary Python code would raise, so ``except ValueError`` keeps working.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

Entry = TypeVar("Entry")


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


class UnknownName(GammaError, LookupError):  # noqa: N818 - reads as the message does
    """A name that is not in a table; the hint lists what is."""


class ConfigError(GammaError, ValueError):
    """A configuration file that cannot be read as an adapter."""


class CertificateError(GammaError, AssertionError):
    """A proof that does not check. A defect of this package or of the solver, never of the input."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UnknownName:
    """The error for a name missing from a table, with the nearest known ones."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(names)}"
    return UnknownName(f"unknown {kind} {name!r}", hint=hint)


def pick(kind: str, name: str, table: Mapping[str, Entry]) -> Entry:
    """The entry of a table; the error for a missing name lists what there is."""
    if name not in table:
        raise unknown(kind, name, table)
    return table[name]
