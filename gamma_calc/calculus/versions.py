"""Versions of a function at one place: what training makes of it step by step, as one direction.

Every step moves what a function is applied to. Where masks act on what masks have made, each version of one knows of
the versions before it, and after some steps there are more than can be told apart in any time. Then those that have
the same moments count as one, with every part that any of them has, at the largest size: what overlaps with a version
overlaps with it no less, and what is made of it is an upper bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.direction import (
    AT_PRESENT,
    Activation,
    Direction,
    Entrywise,
    FreshImage,
    Outer,
    VectorDirection,
    as_vector,
    by_place,
    factors,
    has_function,
    image,
    is_matrix,
    origin,
    with_vectors,
    word,
)
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum

MOST_VERSIONS: Final = 3  # of one function with the same moments, in all that a step left
NOWHERE: Final[frozenset[str]] = frozenset()
Found = Mapping[VectorDirection, Order]
Name = tuple[Activation, frozenset[str], frozenset[str]]  # with the times of its masks, and the sites it is inside


@dataclass(frozen=True, slots=True, eq=False)
class Versions:
    """What functions are made of, all versions together: parts by the function without any, functions in them alike."""

    made: Mapping[Activation, Found] = field(default_factory=lambda: MappingProxyType({}))
    _known: dict[Name, Activation] = field(default_factory=dict, repr=False)

    def including(self, directions: Iterable[Direction]) -> Versions:
        """These, and the versions in some directions."""
        made = {name: dict(parts) for name, parts in self.made.items()}
        for one in all_activations(directions):
            parts = made.setdefault(one.named, {})
            for part, size in one.parts:
                flat = by_place(part)
                parts[flat] = maximum(parts.get(flat, MINUS_INFINITY), size)
        return self if made == self.made else Versions(MappingProxyType(made))

    def with_own(self, direction: Direction) -> Direction:
        """The direction with the functions in it that are just made counted as one with their versions so far."""
        return with_vectors(direction, self._joined)

    def _joined(self, direction: VectorDirection) -> VectorDirection:
        match direction:
            case Activation(merged=False):
                parts = dict(self._whole(direction, NOWHERE).parts)
                for part, size in direction.parts:
                    parts[part] = maximum(parts.get(part, MINUS_INFINITY), size)
                return replace(direction, parts=frozenset(parts.items()), merged=True)
            case Entrywise(those):
                return Entrywise(frozenset(map(self._joined, those)))
            case _:
                return direction

    def as_one(self, direction: Direction) -> Direction:
        """The direction with all versions of each function in it counted as one."""
        return with_vectors(direction, lambda vector: self._vector(vector, NOWHERE))

    def _vector(self, direction: VectorDirection, sites: frozenset[str]) -> VectorDirection:
        """The direction as a part of the arguments at some sites; see ``direction.within``."""
        match direction:
            case Activation():
                return self._whole(direction, sites)
            case Entrywise(those):
                return Entrywise(frozenset(self._vector(f, sites) for f in those))
            case FreshImage():
                matrices, of = word(direction)
                return image(matrices, by_place(of) if sites else self._vector(of, sites))
            case _:
                return direction

    def _whole(self, one: Activation, sites: frozenset[str]) -> Activation:
        key = one.named, one.times, sites
        if key not in self._known:
            here, found = sites | {one.site}, self.made.get(one.named, {})
            inside = one.site in sites
            parts = ((self._vector(p, here), size) for p, size in found.items() if not (inside and has_function(p)))
            self._known[key] = replace(one, parts=frozenset(parts), merged=True)
        return self._known[key]


def all_activations(directions: Iterable[Direction]) -> frozenset[Activation]:
    """The activations that directions are made of, at any depth."""
    return frozenset[Activation]().union(*map(_inside, directions))


@lru_cache(maxsize=65536)
def _inside(direction: Direction) -> frozenset[Activation]:
    if isinstance(direction, Outer):
        return _inside(direction.left) | _inside(direction.right)
    those = () if is_matrix(direction) else factors(origin(as_vector(direction)))
    return frozenset[Activation]().union(*map(_in_factor, those))


def _in_factor(factor: VectorDirection) -> frozenset[Activation]:
    if isinstance(factor, Activation):
        return frozenset({factor}).union(*(_inside(part) for part, _ in factor.parts))
    return _inside(factor) if isinstance(factor, FreshImage) else frozenset()


def are_many(directions: Iterable[Direction]) -> bool:
    """Are there more versions of one function than are told apart?"""
    made = {replace(one, times=AT_PRESENT) for one in all_activations(directions)}
    versions = Counter(one.named for one in made)
    return max(versions.values(), default=0) > MOST_VERSIONS
