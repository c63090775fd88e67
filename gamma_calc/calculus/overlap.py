"""How far two directions agree: the order of <u, v> / (|u| |v|).

On an axis of size N independent vectors overlap by N^-1/2. More than that comes from what they share:

* images under one matrix overlap as much as what they are images of;
* an entrywise product overlaps with another where all their factors pair off (Isserlis' theorem);
* an activation takes part in such a pairing alone (its mean), or through parts of its argument (its slope and higher
  moments, ``calculus/function.py``).

An example: relu(u + v) against u * v. Both factors are parts of the activation's argument, which has a second moment
with them, so the two overlap at order 0; against u * v * w only by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final

from gamma_calc.calculus.diagrams import diagram_overlap, has_diagram
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Entrywise,
    FreshImage,
    Identity,
    Noise,
    Outer,
    RandomMatrix,
    VectorDirection,
    as_vector,
    by_place,
    factors,
    image,
    is_matrix,
    product_of,
)
from gamma_calc.calculus.parity import is_odd
from gamma_calc.calculus.words import letters, word_overlap
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, look, maximum, minimum, nowhere_above, order

Agreement = Callable[[VectorDirection, VectorDirection, Dim], Order]
Parts = frozenset[tuple[VectorDirection, int]]  # each with how many times it was given before
NO_PARTS: Final[Parts] = frozenset()
Given = tuple[Activation, VectorDirection, Order]  # an activation, a part of its argument and its size
MOST_MOMENTS: Final = 8  # parts of arguments that one pairing may use


def overlap_in(u: Direction, v: Direction, shape: Shape) -> Order:
    """The order of the normalised inner product of two directions of a tensor of this shape."""
    if u == v:
        return order(0)
    if has_diagram(u) or has_diagram(v):
        return diagram_overlap(u, v, shape)
    if isinstance(u, Outer) and isinstance(v, Outer):
        return overlap(u.left, v.left, shape[0]) + overlap(u.right, v.right, shape[1])
    if len(shape) == 1:
        return overlap(as_vector(u), as_vector(v), shape[0])
    rows, columns = shape
    if isinstance(v, Outer):
        u, v = v, u
    if isinstance(u, Outer):
        return with_update(v, u, rows, columns, overlap)
    return word_overlap(u, v, rows, columns)


def with_update(matrix: Direction, update: Outer, rows: Dim, columns: Dim, agree: Agreement) -> Order:
    """<X, u w^T> is <X'u, w> and <X w, u>: coherent where the update came about through the word X itself."""
    if isinstance(matrix, Identity):
        return rows.independent_overlap + agree(update.left, update.right, rows)
    word = letters(matrix)
    back = image([m.T for m in reversed(word)], update.left)
    return maximum(
        rows.independent_overlap + agree(back, update.right, columns),
        columns.independent_overlap + agree(image(word, update.right), update.left, rows),
    )


@lru_cache(maxsize=65536)
def overlap(u: VectorDirection, v: VectorDirection, dim: Dim) -> Order:
    """The order of <u, v> / (|u| |v|) on an axis: 0 where they agree, -1/2 per exponent where they are independent."""
    if u == v:
        return order(0)
    if has_diagram(u) or has_diagram(v):
        return diagram_overlap(u, v, (dim,))
    chance = dim.independent_overlap
    return maximum(chance, moment((*factors(u), *factors(v)), chance))


def moment(those: Collection[VectorDirection], chance: Order = MINUS_INFINITY) -> Order:
    """The order of the mean of an entrywise product of directions of size 1; -oo where it vanishes.

    Noise may be along anything, so its moments are bounded by 0. What is nowhere above ``chance`` may be left out.
    """
    hidden = noise_within(those)
    if hidden == 0:
        return hidden
    atoms, functions, gain = _gathered(bright(one, chance) for one in those)
    if is_odd((*atoms, *functions)):
        return hidden
    pool = _Pool(frozenset(atoms), frozenset((f, NO_PARTS) for f in functions))
    most = _reached(pool) if all(map(_gains_nothing, functions)) else ()
    if any(nowhere_above(gain + one, chance) for one in most):
        return hidden
    return maximum(hidden, gain + _deepened(pool, min(_parts_needed(atoms, functions), MOST_MOMENTS), most))


@lru_cache(maxsize=65536)
def bright(direction: VectorDirection, chance: Order) -> VectorDirection:
    """The direction without parts of arguments that are too small to pair by more than chance.

    Each part that is given counts by its size, and nothing in a pairing is larger than 0; but where a function is
    sparse a square of it is, and then all parts stay. Nor are moments of use that are so small.
    """
    match direction:
        case Activation(parts=parts) if parts and _is_spread(direction):
            kept = ((bright(part, chance), size) for part, size in parts if not nowhere_above(size, chance))
            mean, slope, even, odd = (MINUS_INFINITY if nowhere_above(m, chance) else m for m in direction.moments)
            return replace(direction, moments=(mean, slope, even, odd), parts=frozenset(kept))
        case Entrywise(those):
            return Entrywise(frozenset(bright(f, chance) for f in those))
        case _:
            return direction


def _is_spread(one: Activation) -> bool:
    """Are its squares, and those of all functions in its argument, no larger than their size says?"""
    inside = (f for part, _ in one.parts for f in factors(part) if isinstance(f, Activation))
    return _concentration(one) == 0 and all(map(_is_spread, inside))


@lru_cache(maxsize=65536)
def _gains_nothing(one: Activation) -> bool:
    """Is no part of an argument larger when it is given than 0, the squares of what is sparse in it counted?"""
    parts = ((part, size + _dense(part)) for part, size in one.parts)
    return all(
        nowhere_above(size, order(0)) and all(_gains_nothing(f) for f in factors(part) if isinstance(f, Activation))
        for part, size in parts
    )


def _dense(part: VectorDirection) -> Order:
    """What the squares of functions in a part may add to its size: each meets itself once when it is given."""
    return sum((_concentration(f) for f in factors(part) if isinstance(f, Activation)), start=order(0))


def _parts_needed(atoms: Collection[VectorDirection], functions: Collection[Activation]) -> int:
    """How many parts of arguments a pairing may use: one an atom, or two where it is inside two, and two a function."""
    inside = any(isinstance(f, Activation) for one in functions for part, _ in one.parts for f in factors(part))
    return len(atoms) * (2 if inside else 1) + 2 * len(functions)


def _deepened(pool: _Pool, budget: int, most: Collection[Order]) -> Order:
    """The largest way to pair everything off, sought with few parts of arguments first.

    More parts only add ways, and none is larger than any of ``most``, nor than 0, so that the first that is no smaller
    is the answer.
    """
    best = MINUS_INFINITY
    for parts in range(budget + 1):
        best = _moment(pool, parts)
        if best == 0 or any(nowhere_above(one, best) for one in most):
            break
    return best


def _reached(pool: _Pool) -> list[Order]:
    """What pairing off each atom leaves at most: it pairs with another one, or with something in a part that is given.

    Whatever else is paired, and in whichever order, no weight is above 0, and a part counts by its size.
    """
    found = []
    for atom in pool.atoms:
        partners = (_pair(atom, other) for other in pool.atoms if other != atom)
        found.append(largest((*partners, *(_answer(function, atom) for function, _ in pool.functions))))
    return found


@lru_cache(maxsize=65536)
def _answer(function: Activation, wanted: VectorDirection) -> Order:
    """The largest size at which a part of an activation's argument has something that pairs with an atom."""
    inside = ((size + _dense(part), factor) for part, size in function.parts for factor in factors(part))
    return largest(
        size + (_answer(factor, wanted) if isinstance(factor, Activation) else _pair(factor, wanted))
        for size, factor in inside
    )


# -- entrywise products ------------------------------------------------------------------------------------------------


def entrywise_product(u: VectorDirection, v: VectorDirection) -> tuple[VectorDirection, Order]:
    """The direction of u * v and its size: what stands in both has a mean, and the rest is kept."""
    atoms, functions, gain = _gathered((*factors(u), *factors(v)))
    return product_of((*atoms, *functions)), gain


Gathered = tuple[tuple[VectorDirection, ...], tuple[Activation, ...], Order]


def _gathered(those: Iterable[VectorDirection]) -> Gathered:
    """Factors without squares, which have a mean, and each activation once; with the size that this adds."""
    atoms: list[VectorDirection] = []
    functions: list[Activation] = []
    gain = order(0)
    for one in those:
        if isinstance(one, Activation):
            known = next((f for f in functions if is_version(f, one)), None)
            if known is not None:
                functions.remove(known)
                gain += minimum(_concentration(known), _concentration(one))
            functions.append(one if known is None else together(known, one))
        elif one in atoms:
            atoms.remove(one)
        else:
            atoms.append(one)
    return tuple(atoms), tuple(functions), gain


def is_version(one: Activation, two: Activation) -> bool:
    """Are two activations at one place, of arguments that are led by something in common?

    Where a step is larger than what it moves, the function after it is of another vector than before.
    """
    if one.place != two.place:
        return False
    led = _led(one), _led(two)
    return not (all(led) and led[0].isdisjoint(led[1]))


@lru_cache(maxsize=65536)
def _led(one: Activation) -> frozenset[Hashable]:
    """What leads an activation's argument is made of, functions by their places."""
    return frozenset(chain.from_iterable(map(_made_of, one.leading)))


def _made_of(direction: VectorDirection) -> Iterator[Hashable]:
    for factor in factors(direction):
        if isinstance(factor, Activation):
            yield factor.place
            yield from chain.from_iterable(_made_of(part) for part, _ in factor.parts)
        else:
            yield by_place(factor)


def together(one: Activation, two: Activation) -> Activation:
    """The product of two activations at one place, with the parts that either knows.

    The mask before a step times the mask after it has two slopes where the step moved it.
    """
    parts = dict(one.parts)
    for part, size in two.parts:
        parts[part] = maximum(parts.get(part, MINUS_INFINITY), size)
    power = 1 if one.function.idempotent else _like(one.power + two.power)
    mean, kept, even, odd = one.moments
    least = minimum(mean, two.moments[0])  # of the one that is zero on more entries
    moved = largest(size for part, size in one.parts ^ two.parts)
    both = maximum(even, kept + two.moments[1] + moved)
    return replace(one, parts=frozenset(parts.items()), power=power, moments=(least, kept, both, odd))


def _like(power: int) -> int:
    """A power no larger than 3 that has the moments of this one."""
    return power if power < 4 else 2 + power % 2


def _concentration(one: Activation) -> Order:
    """How much larger its square is than an activation's size says: its few entries are large where it is sparse."""
    mean, kept, *_ = one.moments
    dense = maximum(mean, kept)
    return order(0) if dense.is_zero_quantity else -dense


def concentration(direction: Direction) -> Order:
    """How much larger than its size a direction is where it is at all: by its sparsest activation."""
    those = () if is_matrix(direction) else factors(as_vector(direction))
    return largest((order(0), *(_concentration(f) for f in those if isinstance(f, Activation))))


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


# -- pairings ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pool:
    """Directions of an entrywise product that must pair off, and activations with the parts each has given so far.

    A part is given once: its square has a mean, which is counted where it is given two times less. But where there is
    a function in it the square is along the function's argument: relu(relu(x) u) is along x by relu(x)^2 u^2.
    """

    atoms: frozenset[VectorDirection]
    functions: frozenset[tuple[Activation, Parts]]

    def ways(self, budget: int) -> Iterator[Order]:
        """The ways to pair everything off; no way is larger than 0. The atom with the fewest ways goes first."""
        if not self.atoms:
            yield from self._closed(budget)
            return
        options = [self._options(atom) for atom in self.atoms]
        wanted, partners, givers = min(options, key=lambda option: len(option[1]) + len(option[2]))
        for other, shared in partners:
            yield shared + _moment(_Pool(self.atoms - {wanted, other}, self.functions), budget)
        for function, part, size in givers if budget else ():
            yield self._with(function, part, size, budget)

    def _options(self, wanted: VectorDirection) -> _Options:
        """What an atom can pair with, and the parts of activations that can."""
        pairs = [(other, _pair(wanted, other)) for other in self.atoms if other != wanted]
        partners = [(other, shared) for other, shared in pairs if not shared.is_zero_quantity]
        givers = [(f, part, size) for f, part, size in self._parts() if _mentions(part, wanted)]
        return wanted, partners, givers

    def _closed(self, budget: int) -> Iterator[Order]:
        """With no atom left: the moments that the activations have; where one has none, one more part of any."""
        sizes = {function: order_of_moment(function, len(given)) for function, given in self.functions}
        lacking = [function for function, size in sizes.items() if size.is_zero_quantity]
        if not lacking:
            yield sum(sizes.values(), start=order(0))
        for function, part, share in self._wanted(lacking) if budget else ():
            if lacking or sizes[function] != 0:
                yield self._with(function, part, share, budget)

    def _wanted(self, lacking: Collection[Activation]) -> Iterator[Given]:
        """The parts that may be given next: of one activation without a moment, or such as change it, if there is one.

        It must give another part, or meet itself, in any way to pair; and which is given first makes no difference.
        """
        first = min(lacking, key=lambda function: len(function.parts), default=None)
        for function, part, share in self._parts():
            if first is None or function == first or _is_inside(first, part):
                yield function, part, share

    def _parts(self) -> Iterator[Given]:
        """What the activations can still give."""
        for function, given in self.functions:
            if function.function.idempotent and all(moment.is_zero_quantity for moment in function.moments[1:]):
                continue  # of no use, as it then has no moment
            yield from ((function, part, size) for part, size in function.parts if (part, _most(part)) not in given)

    def _with(self, function: Activation, part: VectorDirection, size: Order, budget: int) -> Order:
        """The moment when an activation has given one more part of its argument."""
        given = dict(self.functions)
        given[function] |= {(part, sum(known == part for known, _ in given[function]))}
        atoms, functions, gain = _gathered((*self.atoms, *given, *factors(part)))
        inside = _Pool(frozenset(atoms), frozenset((f, _given_by(f, given)) for f in functions))
        return gain + size + _moment(inside, budget - 1)


def _is_inside(one: Activation, part: VectorDirection) -> bool:
    """Is a version of a function in a part of an argument, at any depth?"""
    inside = (f for f in factors(part) if isinstance(f, Activation))
    return any(is_version(f, one) or any(_is_inside(one, deeper) for deeper, _ in f.parts) for f in inside)


def _given_by(one: Activation, given: Mapping[Activation, Parts]) -> Parts:
    """The parts that the versions of an activation have given."""
    return NO_PARTS.union(*(parts for f, parts in given.items() if is_version(f, one)))


def _most(part: VectorDirection) -> int:
    """How often a part may have been given when it is given last: its square and its cube have moments of their own.

    The square of a function has those that the function lacks, and so has the cube where the function is nearly linear.
    """
    inside = [f for f in factors(part) if isinstance(f, Activation)]
    return min(len(inside), 1) + any(isinstance(part, Entrywise) or _is_linear(f) for f in inside)


def _is_linear(one: Activation) -> bool:
    """Is a function odd, and has a slope that is larger than its third moment?"""
    mean, kept, _, odd = one.moments
    return mean.is_zero_quantity and not nowhere_above(kept, odd)


_Options = tuple[VectorDirection, list[tuple[VectorDirection, Order]], list[Given]]


@lru_cache(maxsize=65536)
def _moment(pool: _Pool, budget: int) -> Order:
    """The largest way to pair everything off."""
    look()
    best = MINUS_INFINITY
    for size in pool.ways(budget):
        best = maximum(best, size)
        if best == 0:
            break
    return best


def _pair(one: VectorDirection, two: VectorDirection) -> Order:
    """The overlap of two factors; -oo where they are independent."""
    if one == two:
        return order(0)
    if isinstance(one, FreshImage) and isinstance(two, FreshImage) and one.matrix == two.matrix:
        return overlap(one.of, two.of, one.matrix.inner)
    return MINUS_INFINITY


def _mentions(part: VectorDirection, wanted: VectorDirection) -> bool:
    """Does a part have a factor that pairs with what is wanted, at once or through an activation of its own?"""
    for factor in factors(part):
        if isinstance(factor, Activation):
            if any(_mentions(inside, wanted) for inside, _ in factor.parts):
                return True
        elif not _pair(factor, wanted).is_zero_quantity:
            return True
    return False


def noise_within(those: Iterable[VectorDirection]) -> Order:
    """The largest size at which noise is in one of these, also as a part of an argument; -oo where it is in none.

    A function shows no part of its argument by more than the part's size: noise in it is along anything by that.
    """
    return largest(chain.from_iterable(map(_noise_in, those)))


def _noise_in(direction: VectorDirection) -> Iterator[Order]:
    for factor in factors(direction):
        if isinstance(factor, Noise):
            yield order(0)
        elif isinstance(factor, Activation):
            yield from (size + inside for part, size in factor.parts for inside in _noise_in(part))


# -- what comes back through a matrix ----------------------------------------------------------------------------------


def images_within(direction: VectorDirection, matrix: RandomMatrix) -> Iterator[FreshImage]:
    """The images under a matrix that a direction is made of, at any depth."""
    for factor in factors(direction):
        if isinstance(factor, FreshImage) and factor.matrix == matrix:
            yield factor
        elif isinstance(factor, Activation):
            yield from chain.from_iterable(images_within(part, matrix) for part, _ in factor.parts)
