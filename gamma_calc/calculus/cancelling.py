"""Parts that can cancel although no rule says so: where the calculus counts for more than there may be.

A mask and what it is a mask of are functions of one vector, so signs of their sum can cancel at any constants:
sign(2 x + n^(1/2) relu(x)) is 1 where relu is on and sign(x) where it is off: sign(x), of mean zero. And a step that
turns a saturated function round leaves its square as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from itertools import chain, product
from operator import and_, or_

from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Outer,
    VectorDirection,
    as_vector,
    factors,
    is_matrix,
)
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import EVERYTHING, NOTHING, Region, where, where_on

Factors = frozenset[VectorDirection]


def sign_is_bounded(value: Value) -> bool:
    """Is a sign of this taken for more than it may be: by small entries of a power, or by parts that can cancel?"""
    return len(value.components) > 1 and (value.power > 1 or shows_itself(value.components))


def shows_itself(directions: Collection[Direction]) -> bool:
    """Is a mask beside what it is a mask of? The sign of the two is that of one of them: of x for x + relu(x)."""
    made = [frozenset(chain.from_iterable(map(factors, _sides(direction)))) for direction in directions]
    return any(_shows(mask, _beside(mask, own, made)) for own in made for mask in _masks(own))


def _beside(mask: Activation, own: Factors, made: Collection[Factors]) -> list[Factors]:
    """What else multiplies the factors that a mask multiplies."""
    return [rest - own for rest in made if mask not in rest and own - {mask} <= rest]


def _sides(direction: Direction) -> list[VectorDirection]:
    if isinstance(direction, Outer):
        return [direction.left, direction.right]
    return [] if is_matrix(direction) else [as_vector(direction)]


def _masks(those: Iterable[VectorDirection]) -> Iterator[Activation]:
    return (f for f in those if isinstance(f, Activation) and f.function.vanishes)


def _shows(mask: Activation, beside: Collection[Factors]) -> bool:
    """Is all that leads the argument of a mask beside it, by itself or in another mask of it and of nothing else?"""
    wanted = frozenset(chain.from_iterable(map(factors, mask.leading)))
    of_it = [frozenset(chain.from_iterable(map(_made_of, rest))) for rest in beside]
    return mask.is_told_apart and wanted <= frozenset(chain.from_iterable(rest for rest in of_it if rest <= wanted))


def _made_of(factor: VectorDirection) -> Factors:
    """A factor, and of a mask what leads its argument."""
    leading = factor.leading if isinstance(factor, Activation) and factor.function.vanishes else [factor]
    return frozenset(chain.from_iterable(map(factors, leading)))


def of_two_values(value: Value, saturated: Mapping[str, Region]) -> Region:
    """Where a sign, or what bends near 0 alone, is of saturated functions, which have two values: others may not show.

    An example: sign(2 s + t) with s and t of entries 1 and -1 is s. What is smaller than s shows where s still bends
    alone; but with a common factor v all is multiplied by v, and what has no v shows where v is small.
    """
    made = {d: _factors(d) for d in value.components}
    found = (_led_by_two_values(value, made, d, saturated) for d in value.components if len(made) > 1)
    return reduce(or_, found, NOTHING)


def may_have_two_values(value: Value) -> bool:
    """Is a function that may have saturated a part of this, by itself?"""
    return any(True for d in value.components for _ in _signs(_factors(d)))


def nowhere_small(value: Value, saturated: Mapping[str, Region]) -> Region:
    """Where a vector is led by functions that have two values: n^a tanh(n^b u) is small where n^(a + b) u is."""
    made = {d: _factors(d) for d in value.components}
    flat = {d: those == _flat(those, saturated) for d, those in made.items()}
    found = NOTHING
    for leads in (d for d, is_flat in flat.items() if is_flat):
        region = reduce(and_, (saturated[f.site] for f in _flat(made[leads], saturated)), EVERYTHING)  # a mean has none
        for d, size in value.components.items():
            region = where_on(region, size, "<=" if flat[d] else "<", value.components[leads])
        found |= region
    return found


def _led_by_two_values(
    value: Value, made: Mapping[Direction, Factors], leads: Direction, saturated: Mapping[str, Region]
) -> Region:
    """Where one direction leads and is, but for a common factor, of two values as far as others are as large."""
    flat = _flat(made[leads], saturated)
    common = made[leads] - flat
    if not flat or not any(common <= made[d] for d in made if d != leads):
        return NOTHING
    region = reduce(and_, (saturated[f.site] for f in flat))
    for d, size in value.components.items():
        like = made[d] - _flat(made[d], saturated) == common
        region = region if d == leads else where_on(region, size, "<=" if like else "<", value.components[leads])
    return region


def _flat(those: Factors, saturated: Mapping[str, Region]) -> frozenset[Activation]:
    """The factors that have two values."""
    return frozenset(f for f in _signs(those) if f.site in saturated)


def _signs(those: Factors) -> Iterator[Activation]:
    """The factors that have two values once they saturate."""
    yield from (f for f in those if isinstance(f, Activation) and f.function.saturates and not f.function.positive)


def _factors(direction: Direction) -> Factors:
    """What both sides of a direction are made of."""
    return frozenset(chain.from_iterable(map(factors, _sides(direction))))


def undone(one: Value, two: Value) -> Region:
    """Where a product of a saturated function with a change of it, as large as itself, may be taken back by the rest.

    An example: from a = tanh(x) to -a the change of a * a is 2 a (-2 a) + (-2 a)(-2 a), which is zero.
    """
    both = chain(_undone(one, two), _undone(two, one))
    return reduce(or_, both, NOTHING)


def _undone(function: Value, change: Value) -> Iterator[Region]:
    for (u, a), (v, b) in product(function.components.items(), change.components.items()):
        if _saturated(u, positive=False) & _saturated(v, positive=True):
            yield where(a, "<=", b)


def _saturated(direction: Direction, *, positive: bool) -> frozenset[str]:
    """The places of functions that saturate, or of their slopes, which are positive."""
    those = (f for f in factors(as_vector(direction)) if isinstance(f, Activation) and f.function.saturates)
    return frozenset(f.site for f in those if f.function.positive == positive)
