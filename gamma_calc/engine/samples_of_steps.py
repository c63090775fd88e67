"""Where samples of several earlier steps, which have one name, may count for more than they are.

Two parts that are along samples of earlier steps meet coherently where one step's sample leads both. It does where each
step has added as much along its own sample as those before it did: then every sample since the first leads. Where steps
have become smaller or larger, or where something begins to be along them beside what lags behind, one part may be led
by samples of which the other has little, and what they make of each other is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from gamma_calc.calculus.direction import LAST, PAST, Direction
from gamma_calc.calculus.earlier_steps import drawn_before, holds_several, of_any_steps, of_other_steps, was_drawn
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import EVERYTHING, MINUS_INFINITY, NOTHING, Region, where
from gamma_calc.language.expression import Expression


def differ_by_steps(values: Iterable[Value], fresh: frozenset[str]) -> Region:
    """Where parts of what steps have added may be led by samples of different steps, once one more step is taken."""
    found = tuple(values)
    lags = any(_lags(direction, fresh) for value in found for direction in value.components)
    return reduce(or_, (region for value in found for region in _unlike(value, fresh, lags=lags)), NOTHING)


def met_apart(node: Expression, values: tuple[Value, ...], premises: Premises, fresh: frozenset[str]) -> Value | None:
    """What an operation makes if its arguments are of different earlier steps; None where it meets none of several."""
    first, others = values[:1], values[1:]
    if not all(any(holds_several(value, fresh) for value in side) for side in (first, others)):
        return None
    apart = (value.renamed(lambda d: of_other_steps(d, fresh)) for value in first)
    made = Value.collect(node.orders((*apart, *others), premises))
    return made.renamed(lambda d: of_any_steps(d, fresh))


def _unlike(value: Value, fresh: frozenset[str], *, lags: bool) -> Iterator[Region]:
    """Where the last step's sample leads by more or less than those before it, part by part."""
    last = {d: size for d, size in value.components.items() if was_drawn(d, LAST, fresh)}
    newest = Value.merge((drawn_before(d, LAST, fresh), size) for d, size in last.items()).components
    past = {d: o for d, o in value.components.items() if was_drawn(d, PAST, fresh) and d not in last}
    for direction, size in past.items():
        new = newest.get(direction, MINUS_INFINITY)
        yield where(new, "<", size) | where(size, "<", new)
    if lags and any(drawn_before(d, LAST, fresh) not in past and not _lags(d, fresh) for d in last):
        yield EVERYTHING


def _lags(direction: Direction, fresh: frozenset[str]) -> bool:
    """Is it made of the last step's sample and of those of several earlier ones?"""
    return was_drawn(direction, LAST, fresh) and was_drawn(direction, PAST, fresh)
