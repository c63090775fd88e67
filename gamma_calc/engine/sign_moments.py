"""What signs have with products of the parts of a gradient: their moments with three of them and more.

A sign keeps each part of a gradient, and the rest that it adds is along no part (``calculus/sign.py``). But the rest is
along products of parts: sign is odd, and E[sign(u + v + w) u v w] is not zero, nor is it for any odd number of them;
a mean counts as a part without a factor. Where a program multiplies vectors entry by entry, something may be along such
a product and along none of its factors; where it only applies functions, what is along three parts is along each.

An example: a bias moved by signs of u + v + w, and read on u * v * w.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import chain
from operator import and_
from typing import Final, NamedTuple

from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Outer,
    VectorDirection,
    as_vector,
    atoms,
    factors,
    has_function,
    is_matrix,
    product_of,
)
from gamma_calc.calculus.entrywise_products import entrywise_product, lacks_third
from gamma_calc.calculus.function import Function, constant, nothing
from gamma_calc.calculus.overlap import moment
from gamma_calc.calculus.shares import shares
from gamma_calc.calculus.sign import signed
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import Order, largest, order
from gamma_calc.operations.relu import RELU, STEP
from gamma_calc.operations.sign import SIGN
from gamma_calc.operations.tanh import TANH

REST: Final = Function("rest of sign", size=constant, mean=nothing, kept=nothing, odd=constant, apply=SIGN.apply)


class Summand(NamedTuple):
    """A part of what a sign is taken of: its size, and that of what the sign keeps of it."""

    direction: VectorDirection
    size: Order
    kept: Order


class OuterTerm(NamedTuple):
    """The part u w' of the gradient of a matrix."""

    left: VectorDirection
    right: VectorDirection
    size: Order
    kept: Order

    @property
    def T(self) -> OuterTerm:
        return OuterTerm(self.right, self.left, self.size, self.kept)

    @property
    def row(self) -> Summand:
        return Summand(self.left, self.size, self.kept)


Made = Iterator[tuple[Direction, Order]]


def with_products(gradient: Value, update: Value, site: str) -> Value:
    """An update with what the signs of a gradient are along beside its parts; ``update`` is what they keep of these."""
    shown = update.components
    known = ((d, size, shown.get(signed(d), shown.get(d))) for d, size in gradient.components.items())
    whole, power = update.order, gradient.power
    kept = [(d, size, part - whole) for d, size, part in known if part is not None]
    if not kept or len(kept) < len(gradient.components):
        return update
    terms = [OuterTerm(d.left, d.right, size, shown) for d, size, shown in kept if isinstance(d, Outer)]
    parts = [Summand(as_vector(d), size, shown) for d, size, shown in kept if not is_matrix(d)]
    sides = [[t.left for t in terms], [t.right for t in terms]] if terms else [[part.direction for part in parts]]
    common = [reduce(and_, map(_names, side), _names(side[0])) if side else frozenset() for side in sides]
    singles = update.renamed(lambda d: _sharp(d, common))
    made = _of_a_matrix(terms, site, power) if terms else _rests(parts, site, power)
    return singles.plus(Value.merge((d, 2 * whole + size) for d, size in made))


# -- what all parts have in common -------------------------------------------------------------------------------------


SIGNS: Final = {RELU: STEP, TANH: SIGN}  # of values of a function, as functions of what it is of


def _names(direction: VectorDirection) -> frozenset[Hashable]:
    return frozenset(map(_name, factors(direction)))


def _name(factor: VectorDirection) -> Hashable:
    """A function goes by its place: before and after a step it counts as one."""
    return factor.place if isinstance(factor, Activation) else factor


def _sharp(direction: Direction, common: list[frozenset[Hashable]]) -> Direction:
    """A part with the signs of what all parts have in common: that of relu(x) u + relu(x) v is a step times another."""
    if isinstance(direction, Outer):
        return Outer(_sharp_vector(direction.left, common[0]), _sharp_vector(direction.right, common[-1]))
    return direction if is_matrix(direction) else _sharp_vector(as_vector(direction), common[0])


def _sharp_vector(direction: VectorDirection, common: frozenset[Hashable]) -> VectorDirection:
    shared = [f for f in factors(direction) if isinstance(f, Activation) and _name(f) in common and _has_more(f)]
    made = product_of(factors(direction) - frozenset(shared))
    for f in shared:
        made, _ = entrywise_product(made, _sign_of(f))
    return made if shared else direction


def _has_more(f: Activation) -> bool:
    """Has the sign of a function a moment with three parts that the function lacks?"""
    return f.function in SIGNS and len(f.parts) > 2 and lacks_third(f)


def _sign_of(f: Activation) -> Activation:
    sign, one = SIGNS[f.function], order(0)
    return replace(f, function=sign, moments=(sign.mean(one), sign.kept(one), sign.even(one), sign.odd(one)))


# -- matrices ----------------------------------------------------------------------------------------------------------


def _of_a_matrix(terms: list[OuterTerm], site: str, power: int) -> Made:
    """Products of three terms may be along one vector on one side, or along none that a term has on either."""
    yield from _of_rows(terms, f"{site} rows", power)
    for direction, size in _of_rows([term.T for term in terms], f"{site} columns", power):
        yield Outer(direction.right, direction.left), size
    yield from _of_both(terms, site, power)


def _of_rows(terms: list[OuterTerm], site: str, power: int) -> Iterator[tuple[Outer, Order]]:
    """Products along one vector of the columns: of the terms that have it, and of pairs that have another one."""
    rights = _by_right(terms)
    for right, own in rights.items():
        pairs = chain.from_iterable(those for w, those in rights.items() if w != right and len(those) > 1)
        for left, size in _rests([term.row for term in (*own, *pairs)], site, power):
            yield Outer(left, as_vector(signed(right))), size


def _by_right(terms: Iterable[OuterTerm]) -> dict[VectorDirection, list[OuterTerm]]:
    found: dict[VectorDirection, list[OuterTerm]] = {}
    for term in terms:
        found.setdefault(term.right, []).append(term)
    return found


def _of_both(terms: list[OuterTerm], site: str, power: int) -> Made:
    """Products of terms that are products of parts on both sides. Rows have the sizes, and columns where they may."""
    lefts, rights = _by_right(term.T for term in terms), _by_right(terms)
    rows = [Summand(u, largest(t.size for t in those), largest(t.kept for t in those)) for u, those in lefts.items()]
    columns = [Summand(w, largest(t.size for t in those), order(0)) for w, those in rights.items()]
    if not _are_apart(terms, rows, columns):
        columns = [part._replace(size=order(0)) for part in columns]
    for right, less in _rests(columns, f"{site} columns", power):
        for left, size in _rests(rows, f"{site} rows", power):
            yield Outer(left, right), size + less


def _are_apart(terms: list[OuterTerm], rows: list[Summand], columns: list[Summand]) -> bool:
    """Do the sizes of rows and columns add up, as those of (u + v)(x + y)' do?"""
    sizes = {(term.left, term.right): term.size for term in terms}
    most = largest(sizes.values())
    return all(sizes.get((u.direction, w.direction)) == u.size + w.size - most for u in rows for w in columns)


# -- vectors -----------------------------------------------------------------------------------------------------------


def _rests(parts: list[Summand], site: str, power: int) -> Iterator[tuple[VectorDirection, Order]]:
    """What the sign of a sum is along beside its parts, on each share of the entries; what all have in common is kept.

    Three parts that are smaller than something else count by the product of what is kept of them. What an earlier sign
    left is along products of an odd number of parts that come with it, as are products of it with others: it adds none.
    """
    found = [part for part in parts if not is_rest(part.direction)]
    if len(found) < 2:
        return
    common = reduce(and_, (_names(part.direction) for part in found))
    apart = [(product_of(f for f in factors(part.direction) if _name(f) not in common), part) for part in found]
    shared = product_of(f for f in factors(found[0].direction) if _name(f) in common)
    x = Value.merge(((d, part.size) for d, part in apart), power)
    for share in shares(site, x):
        if _has_products(share.x):
            rest = activation(REST, share.site, share.x)
            made, gain = entrywise_product(as_vector(signed(_sharp_vector(shared, common))), rest)
            there, more = entrywise_product(share.entries, made)
            yield there, gain + more + 3 * largest(part.kept for d, part in apart if d in share.x.components)


def _has_products(x: Value) -> bool:
    """Are there three parts, a mean of one included, or one that counts twice since its square is along something?

    Of one variable alone a sign is a function, and so are its parts, which have the mean and the slope that it has.
    """
    those = list(map(as_vector, x.components))
    if len(frozenset(chain.from_iterable(map(atoms, those)))) < 2:
        return False
    means = any(not moment(factors(part)).is_zero_quantity for part in those if factors(part))
    return any(map(has_function, those)) or len(those) + means > 2


def is_rest(direction: Direction) -> bool:
    """Is it what a sign left beside its parts?"""
    if isinstance(direction, Outer):
        return is_rest(direction.left) or is_rest(direction.right)
    those = frozenset() if is_matrix(direction) else factors(as_vector(direction))
    return any(isinstance(f, Activation) and f.function == REST for f in those)
