"""When masks were on: those that steps have moved are zero elsewhere now than they were when they made an update.

A step moves relu(x + y) to relu(x + 2 y). Where the one is on and the other is off, what an earlier step added to a
parameter with the mask shows beside whatever the mask multiplies now. So what a parameter holds has masks of its own,
by the name of the update that they are in: updates of two steps differ as well, and no number of a step need be kept.
An update that is made of parts with one mask counts as if it were of several steps, at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Final, NamedTuple

from gamma_calc.calculus.bends import vanishes_with
from gamma_calc.calculus.direction import (
    NOW,
    Activation,
    Direction,
    Entrywise,
    VectorDirection,
    as_vector,
    with_vectors,
)
from gamma_calc.calculus.sign import masks
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import Order, Region, largest, where

OFF_THERE: Final = " off"  # what a site ends in where a function is on the entries at which a mask there is off


def from_update(direction: Direction, moved: frozenset[str]) -> Direction:
    """What a step added along a direction, as the next one sees it: masks at sites that move are of that step."""
    return with_vectors(direction, lambda vector: _from_update(vector, moved, str(direction)))


def _from_update(direction: VectorDirection, moved: frozenset[str], name: str) -> VectorDirection:
    match direction:
        case Activation(function=function, times=times) if function.vanishes and NOW in times:
            here = site_of_mask(direction) in moved
            return replace(direction, times=times - {NOW} | {name}) if here else direction
        case Entrywise(those):
            return Entrywise(frozenset(_from_update(f, moved, name) for f in those))
        case _:
            return direction


class ToldApart(NamedTuple):
    """A mask that is beside itself at other times, and where what has the one would hide what has the other."""

    mask: Activation
    at_present: bool  # is one of them as it is now?
    hidden: Region


def told_apart(x: Value) -> Iterator[ToldApart]:
    """Masks that keep a part of a value from hiding another by nothing but when they were on."""
    made = {d: known for d in x.components if (known := _by_place(d))}
    for one, other in permutations(made, 2):
        mine, its = made[one], made[other]
        apart = [(place, f) for place, f in its.items() if place in mine and not f.times <= mine[place].times]
        if apart and its.keys() <= mine.keys():
            hidden = where(x.components[one], "<", x.components[other])
            yield from (ToldApart(f, NOW in f.times | mine[place].times, hidden) for place, f in apart)


def site_of_mask(mask: Activation) -> str:
    """Where a mask is, or what is on where it is off."""
    return mask.site.removesuffix(OFF_THERE)


def _by_place(direction: Direction) -> Mapping[tuple[str, str], Activation]:
    """The masks of a direction, by their sites and versions."""
    return {(place.site, place.version): mask for place, mask in masks(direction).items()}


def turning(mask: Activation, added: Value) -> Order:
    """How far a step moves what a mask is of, at entries at which that is small."""
    return largest(size for d, size in added.components.items() if not vanishes_with(as_vector(d), mask))
