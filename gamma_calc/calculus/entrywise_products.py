"""Entrywise products of directions: what stands in both has a mean, and the rest is kept.

Functions at one place, of arguments that are led by something in common, are one function where they meet: each stands
in a product once. An example: step(x) * relu(x) is along relu(x), as a mask of x is in both. So are slopes of saturated
functions at two places that bend at the same entries (``calculus/bends.py``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from gamma_calc.calculus.bends import bend_together, concentration_of, entries_apart, is_bend
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Noise,
    VectorDirection,
    as_vector,
    factors,
    is_matrix,
    product_of,
)
from gamma_calc.calculus.led_alike import led_alike
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, maximum, minimum, nowhere_above, order


@lru_cache(maxsize=65536)
def entrywise_product(u: VectorDirection, v: VectorDirection) -> tuple[VectorDirection, Order]:
    """The direction of u * v and its size: what stands in both has a mean, and the rest is kept."""
    atoms, functions, gain = gathered((*factors(u), *factors(v)))
    return product_of((*atoms, *functions)), gain


Gathered = tuple[tuple[VectorDirection, ...], tuple[Activation, ...], Order]


def gathered(those: Iterable[VectorDirection]) -> Gathered:
    """Factors without squares, which have a mean, and each activation once; with the size that this adds.

    Noise twice may be two vectors, whose product is along anything: it is noise again.
    """
    atoms: list[VectorDirection] = []
    functions: list[Activation] = []
    gain = order(0)
    for one in those:
        if isinstance(one, Activation):
            known = next((f for f in functions if are_one(f, one)), None)
            if known is not None:
                functions.remove(known)
                gain += gain_of_both(known, one)
            functions.append(one if known is None else together(known, one))
        elif one in atoms:
            atoms = atoms if isinstance(one, Noise) else [atom for atom in atoms if atom != one]
        else:
            atoms.append(one)
    return tuple(atoms), tuple(functions), gain


def are_one(one: Activation, two: Activation) -> bool:
    """Do two activations make one function where they meet?"""
    return bend_together(one, two) if _are_bends(one, two) else is_version(one, two)


def _are_bends(one: Activation, two: Activation) -> bool:
    """Are both slopes of saturated functions, of which is known at which entries they bend?"""
    return is_bend(one) and is_bend(two) and bool(one.leading and two.leading)


def is_version(one: Activation, two: Activation) -> bool:
    """Are two activations at one place, of arguments that are led by something in common?

    Where a step is larger than what it moves, the function after it is of another vector than before.
    """
    return one.place == two.place and led_alike(one, two)


def gain_of_both(one: Activation, two: Activation) -> Order:
    """How much larger the product of two activations that make one is than their sizes say, where both are sparse."""
    gain = minimum(concentration_of(one), concentration_of(two))
    return gain - entries_apart(one, two) / 2 if _are_bends(one, two) else gain


def together(one: Activation, two: Activation) -> Activation:
    """The product of two activations at one place, with the parts that either knows.

    The mask before a step times the mask after it has two slopes where the step moved it. Of slopes of saturated
    functions, what is left is where both bend.
    """
    parts = dict(one.parts)
    for part, size in two.parts:
        parts[part] = maximum(parts.get(part, MINUS_INFINITY), size)
    power = 1 if one.function.idempotent else _like(one.power + two.power)
    mean, kept, even, odd = one.moments
    least = minimum(mean, two.moments[0])  # of the one that is zero on more entries
    moved = largest(size for part, size in one.parts ^ two.parts)
    both = maximum(even, kept + two.moments[1] + moved)
    if _are_bends(one, two):
        least -= entries_apart(one, two) / 2
        both = least
    moments, times = (least, kept, both, odd), one.times | two.times
    return replace(one, parts=frozenset(parts.items()), power=power, moments=moments, times=times)


def _like(power: int) -> int:
    """A power no larger than 3 that has the moments of this one."""
    return power if power < 4 else 2 + power % 2


def gain_of_squares(part: VectorDirection) -> Order:
    """What the squares of functions in a part may add to its size: each meets itself once when it is given."""
    return sum((concentration_of(f) for f in factors(part) if isinstance(f, Activation)), start=order(0))


def size_given(one: Activation, part: VectorDirection, size: Order) -> Order:
    """What a part of an activation's argument counts by: no more than the share of the entries on which it is there.

    On the others the function is as if the part were not in its argument, and where it is a bounded function is no
    larger than elsewhere.
    """
    shares = (concentration_of(f) for f in factors(part) if isinstance(f, Activation) and f.function.idempotent)
    sparse = sum(shares, start=order(0))
    grows = not one.function.is_bounded or is_linear(one)
    return size if sparse == 0 or grows else minimum(size, -sparse)


def is_linear(one: Activation) -> bool:
    """Is a function odd, and has a slope that is larger than its third moment?"""
    return one.moments[0].is_zero_quantity and lacks_third(one)


def lacks_third(one: Activation) -> bool:
    """Has a function a slope that is larger than its third moment, somewhere at least?"""
    _, kept, _, odd = one.moments
    return not nowhere_above(kept, odd)


def concentration(direction: Direction) -> Order:
    """How much larger than its size a direction is where it is at all: by its sparsest activation."""
    those = () if is_matrix(direction) else factors(as_vector(direction))
    return largest((order(0), *(concentration_of(f) for f in those if isinstance(f, Activation))))


def order_of_moment(one: Activation, count: int) -> Order:
    """The order of the moment of an activation with so many parts of its argument."""
    mean, kept, even, odd = one.moments
    if one.power == 3 and mean.is_zero_quantity:
        return MINUS_INFINITY if count % 2 == 0 else kept if count == 1 else maximum(kept, odd)
    if one.power > 1:
        return mean + kept if count % 2 else order(0)
    if count < 2:
        return kept if count else mean
    return odd if count % 2 else even
