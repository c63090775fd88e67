"""When masks were on: those that steps have moved are zero elsewhere now than they were when they made an update.

A step moves relu(x + y) to relu(x + 2 y). Where the one is on and the other is off, what an earlier step added to a
parameter with the mask shows beside whatever the mask multiplies now. So what a parameter holds has masks of earlier
steps. No number of a step is kept: parts that differ in size count as of two steps, at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from gamma_calc.calculus.bends import vanishes_with
from gamma_calc.calculus.direction import (
    EARLIER,
    NOW,
    Activation,
    Direction,
    Entrywise,
    VectorDirection,
    as_vector,
    with_vectors,
)
from gamma_calc.calculus.sign import Place, masks_in
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import Order, Region, largest

OFF_THERE: Final = " off"  # what a site ends in where a function is on the entries at which a mask there is off


def of_earlier_step(direction: Direction, moved: frozenset[str]) -> Direction:
    """What a step added along a direction, as the next one sees it: masks at the sites that move are as they were."""
    return with_vectors(direction, lambda vector: _of_earlier_step(vector, moved))


def _of_earlier_step(direction: VectorDirection, moved: frozenset[str]) -> VectorDirection:
    match direction:
        case Activation(function=function, times=times) if function.vanishes and NOW in times:
            is_moved = site_of_mask(direction) in moved
            return replace(direction, times=times - {NOW} | {EARLIER}) if is_moved else direction
        case Entrywise(those):
            return Entrywise(frozenset(_of_earlier_step(f, moved) for f in those))
        case _:
            return direction


class ToldApart(NamedTuple):
    """A mask that is beside itself at other times, and where what has the one would hide what has the other."""

    mask: Activation
    at_present: bool  # is one of them as it is now?
    hidden: Region


def told_apart(x: Value, below: Callable[[Order, Order], Region]) -> Iterator[ToldApart]:
    """Masks that keep a part of a value from hiding another by nothing but when they were on.

    Where one order is ``below`` another is asked where orders are read: elsewhere they may be long.
    """
    made = {d: known for d, known in masks_in(x).items() if known}
    for one, mine in made.items():
        times = _times_by_version(mine)
        for other, its in made.items():
            apart = its.keys() - mine.keys()
            if apart and all(place[:2] in times for place in its):
                hidden = below(x.components[one], x.components[other])
                yield from (ToldApart(its[p], NOW in times[p[:2]] | {p.time}, hidden) for p in apart)


def _times_by_version(those: Iterable[Place]) -> Mapping[tuple[str, str], frozenset[str]]:
    """When masks were on, by their sites and versions."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for site, version, time in those:
        found[site, version] = found.get((site, version), frozenset()) | {time}
    return found


def site_of_mask(mask: Activation) -> str:
    """Where a mask is, or what is on where it is off."""
    return mask.site.removesuffix(OFF_THERE)


def turning(mask: Activation, added: Value) -> Order:
    """How far a step moves what a mask is of, at entries at which that is small."""
    return largest(size for d, size in added.components.items() if not vanishes_with(as_vector(d), mask))
