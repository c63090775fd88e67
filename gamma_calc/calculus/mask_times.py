"""When masks were on: those that steps have moved are zero elsewhere now than they were when they made an update.

A step moves relu(x + y) to relu(x + 2 y). Where the one is on and the other is off, what an earlier step added to a
parameter with the mask shows beside whatever the mask multiplies now. So what a parameter holds has masks of its own,
by the name of the update that they are in: updates of two steps differ as well, and no number of a step need be kept.
An update that is made of parts with one mask counts as if it were of several steps, at most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gamma_calc.calculus.direction import NOW, Activation, Direction, Entrywise, VectorDirection, with_vectors

OFF: Final = " off"  # what a site ends in where a function is on the entries at which a mask there is off


def from_update(direction: Direction, moved: frozenset[str]) -> Direction:
    """What a step added along a direction, as the next step sees it: masks at sites that move are those of that step."""
    return with_vectors(direction, lambda vector: _from_update(vector, moved, str(direction)))


def _from_update(direction: VectorDirection, moved: frozenset[str], name: str) -> VectorDirection:
    match direction:
        case Activation(function=function, site=site, times=times) if function.vanishes and NOW in times:
            here = site.removesuffix(OFF) in moved
            return replace(direction, times=times - {NOW} | {name}) if here else direction
        case Entrywise(those):
            return Entrywise(frozenset(_from_update(f, moved, name) for f in those))
        case _:
            return direction
