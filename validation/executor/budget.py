"""How many repetitions run at once in the memory that may be taken, and what would fit where not even two do.

A cell with N samples at rank r holds about N r n numbers, so a few doublings of the width pass any machine. What is
refused says with which widths, how many entries of one of its other axes, or how many steps it would not be.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import isfinite
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.language.program import Program
from validation.errors import BudgetError
from validation.executor.memory import MEMORY, allowed
from validation.executor.plan import Plan
from validation.executor.published import numbers as made_numbers
from validation.executor.settings import DTYPES, Settings

AT_ONCE: Final = 2  # at least: a batch of one is run as two equal ones
DIGITS: Final = 2  # of a number that would fit: what is free is not the same a moment later
NARROWEST: Final = 16  # of the widths that are offered: a slope takes four
WIDTH: Final = "n"  # the axis that has its entries in the catalogue


def check_memory(program: Program, width: int, settings: Settings) -> int:
    """The bytes that a cell of this width takes at least. Raises BudgetError where it does not fit."""
    plan = Plan(program, width, settings.sizes)
    repetitions(plan, settings)
    return AT_ONCE * bytes_of(plan, settings)


def repetitions(plan: Plan, settings: Settings) -> int:
    """How many run at once in the memory allowed, two at least. Raises BudgetError with what would fit."""
    there = allowed(settings.device) if settings.memory is None else settings.memory
    try:
        need = bytes_of(plan, settings)
    except BudgetError as error:
        raise BudgetError(error.what, where=error.where, hint=_hint(plan, settings, there, error.hint)) from error
    if AT_ONCE * need > there:
        raise _too_few(plan, settings, AT_ONCE * need, there)
    return there // need if settings.memory is not None else max(AT_ONCE, min(MEMORY, there) // need)


def bytes_of(plan: Plan, settings: Settings) -> int:
    """What one repetition takes. Raises BudgetError for an axis that no memory holds."""
    drawn = plan.numbers(settings.steps) * DTYPES[settings.dtype].itemsize
    return drawn + (8 * made_numbers(plan) if settings.published else 0)


def _too_few(plan: Plan, settings: Settings, need: int, there: int) -> BudgetError:
    at = f"at width {plan.width}{_entries_in_words(plan)}"
    if settings.memory is None:
        what = f"{need} bytes for {settings.steps} steps are more than {there}, half of what is free, {at}"
        hint = _hint(plan, settings, there, "take smaller exponents")
    else:
        what, hint = f"{there} bytes are too few {at}", _hint(plan, settings, there, "", f"allow {need} bytes")
    return BudgetError(what, where=f"program {plan.program.name}", hint=hint)


def _entries_in_words(plan: Plan) -> str:
    counted = ", ".join(f"{dim} = {plan.size(dim)}" for dim in _other_axes(plan))
    return f" ({counted})" if counted else ""


# -- what would fit ----------------------------------------------------------------------------------------------------


def _hint(plan: Plan, settings: Settings, there: int, otherwise: str, first: str = "") -> str:
    ways = ", or ".join(_ways_to_fit(plan, settings, there))
    return ", or ".join(filter(None, (first, f"take {ways}" if ways else ""))) or otherwise


def _ways_to_fit(plan: Plan, settings: Settings, there: int) -> Iterator[str]:
    """What alone would make the cell fit, in words."""

    def fits(plan: Plan, settings: Settings) -> bool:
        with suppress(BudgetError):
            return AT_ONCE * bytes_of(plan, settings) <= there
        return False

    def fits_with(dim: Dim, entries: int) -> bool:
        return fits(_with_entries(plan, dim, entries), settings)

    width = _most(lambda n: fits(replace(plan, width=n), settings), plan.width)
    if width >= NARROWEST:
        counted = _entries_in_words(replace(plan, width=width))
        yield f"widths up to {width}{counted}"
    for dim in _other_axes(plan):
        most = _most(partial(fits_with, dim), _counted(plan, dim))
        if most:
            yield f"{dim} up to {most}"
    steps = _most(lambda k: fits(plan, replace(settings, steps=k)), settings.steps)
    if steps:
        yield f"{steps} step{'' if steps == 1 else 's'}"


def _other_axes(plan: Plan) -> list[Dim]:
    """The axes that grow, but for the width itself, by name."""
    axes = {dim for operation in plan.graph.operations for dim in operation.node.shape}
    return sorted((dim for dim in axes if dim.exponent.rational and dim.name != WIDTH), key=lambda dim: dim.name)


def _counted(plan: Plan, dim: Dim) -> int:
    """Entries of an axis, of which there may be more than torch can count."""
    entries = plan.sizes.get(dim.name, 1) * plan.power(dim.exponent)
    return round(entries) if isfinite(entries) else 1


def _with_entries(plan: Plan, dim: Dim, entries: int) -> Plan:
    return replace(plan, sizes={**plan.sizes, dim.name: entries / plan.power(dim.exponent)})


def _most(fits: Callable[[int], bool], beyond: int) -> int:
    """The largest whole number below one that does not fit, to two digits; 0 where none does."""
    most = bisect_left(range(1, min(beyond, 2**62)), True, key=lambda k: not fits(k))
    unit: int = 10 ** max(0, len(str(most)) - DIGITS)
    return most // unit * unit
