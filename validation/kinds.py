"""Arguments of the public functions, checked for their kind: what is wrong, and what to give, before anything runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Final

from gamma_calc.errors import GammaError, written
from gamma_calc.exponents import order
from gamma_calc.language.program import Program
from validation.errors import SettingError

MOST: Final = 2**63 - 1  # of a whole number that anything can be counted by


def refuse(name: str, value: object, hint: str) -> SettingError:
    """The error for an argument of a wrong kind; a long value is cut."""
    return SettingError(f"{name} is {written(value)}", hint=f"give {hint}")


def checked_program(program: object) -> Program:
    """A program. Raises SettingError."""
    if not isinstance(program, Program):
        raise refuse("program", program, "a Program or a Derivation, as lora() or derive(...) make them")
    return program


def check_count(name: str, value: object, hint: str = "a whole number") -> None:
    """A whole number, and no truth value. Raises SettingError."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise refuse(name, value, hint)
    if not abs(int(value)) <= MOST:
        raise refuse(name, value, f"one below {MOST}, and no more than half of what is free in memory can hold")


def check_counts(name: str, values: object, hint: str) -> None:
    """A sequence of ints. Raises SettingError."""
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise refuse(name, values, hint)
    for value in values[:1] if isinstance(values, range) else values:
        check_count(name, value, hint)


def check_number(name: str, value: Any) -> None:
    """A positive number. Raises SettingError."""
    if isinstance(value, bool) or not isinstance(value, Real) or not _within(value, sys.float_info.max):
        raise refuse(name, value, "a positive number")


def _within(value: Any, most: float) -> bool:
    return bool(0 < value <= most)


def check_numbers(name: str, values: object, hint: str) -> None:
    """A sequence of positive numbers. Raises SettingError."""
    if not isinstance(values, Sequence) or isinstance(values, str | bytes) or not values:
        raise refuse(name, values, hint)
    for value in values:
        check_number(name, value)


def check_truth(name: str, value: object) -> None:
    """A truth value. Raises SettingError."""
    if not isinstance(value, bool):
        raise refuse(name, value, "True or False")


def check_text(name: str, value: object, hint: str) -> None:
    """A str. Raises SettingError."""
    if not isinstance(value, str):
        raise refuse(name, value, hint)


def check_sizes(sizes: object) -> None:
    """Names of dimensions with their numbers of entries. Raises SettingError."""
    if not isinstance(sizes, Mapping) or not all(isinstance(name, str) for name in sizes):
        raise refuse("sizes", sizes, "a mapping from names of dimensions, as in {'r': 8}")
    for name, size in sizes.items():
        check_count(f"the size of {name}", size)


def check_point(at: object) -> None:
    """Names of exponents with their values. Raises GammaError."""
    if not isinstance(at, Mapping) or not all(isinstance(name, str) for name in at):
        raise refuse("at", at, "a mapping from names of exponents, as in {'eta': '-1/2'}")
    for name, value in at.items():
        try:
            order(value)
        except GammaError as error:
            raise error.at(f"at {name}") from error


def check_axes(axes: object) -> None:
    """Names with lists of values. Raises SettingError."""
    if not isinstance(axes, Mapping) or not all(isinstance(name, str) for name in axes):
        raise refuse("axes", axes, "a mapping from names to values, as in {'eta': ['-1/2', -1]}")
    for name, values in axes.items():
        if not isinstance(values, Sequence) or isinstance(values, str | bytes):
            raise refuse(f"axis {name}", values, "a list of its values")


def check_rows(only: object) -> None:
    """Pairs of a quantity and a step, or None. Raises SettingError."""
    if only is not None and (isinstance(only, str | bytes) or not _are_rows(only)):
        raise refuse("only", only, "pairs of a quantity and a step, as in {('Z_B', 1)}")


def check_callback(value: Callable[..., Any] | object) -> None:
    """Something to call with the progress. Raises SettingError."""
    if not callable(value):
        raise refuse("on_progress", value, "a function of one argument")


def _are_rows(only: object) -> bool:
    return isinstance(only, Collection) and all(map(_is_row, only))


def _is_row(pair: object) -> bool:
    return isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], Integral)
