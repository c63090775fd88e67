"""Directions: unit-size vectors and matrices that remember which random objects made them.

Two values add coherently where they share a direction, so a direction's identity is its provenance: the matrix and
the vector it is an image of, or the place of the nonlinearity it is a remainder of. Equal provenance, equal direction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import combinations, starmap
from typing import Final, NamedTuple

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.function import Function
from gamma_calc.exponents import Order, nowhere_above, order

# How many steps ago a sample was drawn: none, one, or more; and more, if not as many as another of its name.
PRESENT, LAST, PAST, OTHER = range(4)
_DRAWN: Final = ("", "last ", "past ", "other ")


@dataclass(frozen=True, slots=True)
class GivenVector:
    """A random or given vector that depends on nothing else. Samples of earlier steps have been drawn steps ago."""

    name: str
    steps_ago: int = PRESENT

    def __str__(self) -> str:
        return f"{_DRAWN[self.steps_ago]}{self.name}"


@dataclass(frozen=True, slots=True)
class RandomMatrix:
    """A random matrix as drawn, or its transpose; it maps the axis ``inner`` to the axis ``outer``.

    A batch of samples is one, with a column a sample; batches of earlier steps have been drawn steps ago.
    """

    name: str
    outer: Dim
    inner: Dim
    flipped: bool = False
    steps_ago: int = PRESENT
    _hash: int = field(init=False, repr=False, compare=False)  # kept, for values look their directions up by it

    def __post_init__(self) -> None:
        whole = self.name, self.flipped, self.outer, self.inner, self.steps_ago
        object.__setattr__(self, "_hash", hash(whole))

    def __hash__(self) -> int:
        return self._hash

    @property
    def T(self) -> RandomMatrix:
        return _transposed(self)

    def __str__(self) -> str:
        name = f"{_DRAWN[self.steps_ago]}{self.name}"
        return f"{name}'" if self.flipped else name


@lru_cache(maxsize=4096)
def _transposed(matrix: RandomMatrix) -> RandomMatrix:
    """The same one each time: it is told to be itself at a glance in every word."""
    return RandomMatrix(matrix.name, matrix.inner, matrix.outer, not matrix.flipped, matrix.steps_ago)


@dataclass(frozen=True, slots=True, eq=False)
class FreshImage:
    """The part of ``letter @ of`` that is fresh: independent of everything ``of`` was made from."""

    matrix: RandomMatrix
    of: VectorDirection
    origin: VectorDirection = field(init=False, repr=False, compare=False)  # what the first matrix was applied to
    _hash: int = field(init=False, repr=False, compare=False)  # kept, for directions nest

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", origin(self.of))
        object.__setattr__(self, "_hash", hash((self.matrix, self.of)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Matrix by matrix and not one image inside the other: words are as long as a program is deep."""
        one: object = self
        while isinstance(one, FreshImage) and isinstance(other, FreshImage) and one is not other:
            if one._hash != other._hash or one.matrix != other.matrix:
                return False
            one, other = one.of, other.of
        shorter = isinstance(one, FreshImage) or isinstance(other, FreshImage)
        return one is other or (not shorter and one == other)

    def __str__(self) -> str:
        matrices, of = word(self)
        return " ".join(map(str, (*matrices, of)))


@lru_cache(maxsize=65536)
def fresh_image(matrix: RandomMatrix, of: VectorDirection) -> FreshImage:
    """The image, as one object: so that long words are told to be equal at a glance."""
    return FreshImage(matrix, of)


@dataclass(frozen=True, slots=True)
class Residual:
    """What an operation adds that is along nothing else, such as the remainder that a sign makes."""

    site: str

    def __str__(self) -> str:
        return f"rest({self.site})"


NOW, EARLIER = "now", "earlier"  # times of masks: as they are, and as they were at one of the steps so far
AT_PRESENT: Final = frozenset({NOW})


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """An entrywise function of the vector at a site, scaled to size 1: one direction, whatever the vector is made of.

    ``parts`` are the directions of its argument with their orders relative to it, so that the moments of the function
    with them can be told (``calculus/overlap.py``); activations in them go by their place, so that nothing nests
    without end. ``moments`` are the orders of mean, slope, even and odd moments relative to the function's size. An
    example: relu(W x), whose argument is along W x alone, has a mean and a slope of order 0.
    """

    function: Function
    site: str
    moments: tuple[Order, Order, Order, Order]
    parts: frozenset[tuple[VectorDirection, Order]]
    power: int = 1
    steps_ago: int = PRESENT
    times: frozenset[str] = AT_PRESENT  # when the masks in it were on (``calculus/mask_times.py``)
    merged: bool = field(default=False, compare=False)  # of all its versions (``calculus/versions.py``)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _kept_once(self.parts))
        object.__setattr__(self, "_hash", hash((self.place, self.moments, self.parts, self.power, self.times)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        """By its hash first, as parts nest."""
        if self is other:
            return True
        if not isinstance(other, Activation) or self._hash != other._hash:
            return False
        return self._plain == other._plain and (self.parts is other.parts or self.parts == other.parts)

    @property
    def _plain(self) -> tuple[object, ...]:
        """What an activation is beside the parts of its argument."""
        return self.function, self.site, self.steps_ago, self.power, self.times, self.moments

    @property
    def place(self) -> tuple[str, str, int]:
        """The function and the vector that it is of: at one place, what the steps change are the parts."""
        return self.function.name, self.site, self.steps_ago

    @property
    def named(self) -> Activation:
        """The activation by its place alone."""
        return replace(self, parts=frozenset(), times=AT_PRESENT)

    @property
    def of_atoms(self) -> Activation:
        """The activation with what of its argument has no function in it."""
        atoms = ((part, size) for part, size in self.parts if not has_function(part))
        return replace(self, parts=frozenset((by_place(part), size) for part, size in atoms))

    def inside(self, sites: frozenset[str]) -> Activation:
        """The activation as a part of the arguments at these sites."""
        here = sites | {self.site}
        return replace(self, parts=frozenset((within(part, here), order) for part, order in self.parts))

    def led_by(self, others: frozenset[VectorDirection]) -> bool:
        """Is one part alone as large as the argument, and made of these?"""
        return len(self.leading) == 1 and bool(factors(self.leading[0]) & others)

    @property
    def leading(self) -> list[VectorDirection]:
        """The parts that are as large as the argument, without its mean."""
        return [part for part, size in self.parts if part != ONES and _is_whole(size)]

    @property
    def is_told_apart(self) -> bool:
        """Is known what leads the argument? Of a fixed axis every vector has one name."""
        return bool(self.leading) and not any(isinstance(origin(part), FixedAxis) for part in self.leading)

    @property
    def is_positive(self) -> bool:
        """Is it above zero at every entry, so that a sign does not see it?"""
        return self.function.positive and not self.function.vanishes

    @property
    def is_sparse(self) -> bool:
        """Is it zero, or negligible, on a share of the entries, so that what is smaller shows there?"""
        return self.function.vanishes or (self.function.positive and self.moments[0] != 0)

    def __str__(self) -> str:
        return f"{_DRAWN[self.steps_ago]}{self.function}({self.site[:6]})"


@lru_cache(maxsize=65536)
def _is_whole(size: Order) -> bool:
    """Is a relative size 0? Of many exponents bounds tell mostly, and it need not be written out to be compared."""
    if size.number is not None:
        return size.number == 0
    return (nowhere_above(order(0), size) and nowhere_above(size, order(0))) or size == 0


@lru_cache(maxsize=65536)
def _kept_once(parts: Parts) -> Parts:
    """The first of all equal parts: activations nest in them, and are compared at every depth otherwise."""
    return parts


@dataclass(frozen=True, slots=True)
class Entrywise:
    """The entrywise product of several directions, each at most once: a square has a mean, which keeps the rest."""

    factors: frozenset[VectorDirection]

    def __str__(self) -> str:
        return f"({' * '.join(sorted(map(str, self.factors)))})"


@dataclass(frozen=True, slots=True)
class Noise:
    """Everything that passed through too many matrices to be told apart, on one axis."""

    dim: Dim

    def __str__(self) -> str:
        return f"noise({self.dim})"


@dataclass(frozen=True, slots=True)
class FixedAxis:
    """Any vector of a fixed axis. On finitely many entries all vectors overlap at order one, so one name serves all.

    What is lost is how such a vector came about; a matrix that would recognise it (W on W'u) returns to u with no more
    than the overlap that any two independent vectors have, so no order changes.
    """

    dim: Dim

    def __str__(self) -> str:
        return f"R^{self.dim}"


@dataclass(frozen=True, slots=True)
class Unit:
    """The one direction of a scalar."""

    def __str__(self) -> str:
        return "1"


class Vertex(NamedTuple):
    """An index of the entries of a product: its number, and the axis that it runs over."""

    number: int
    dim: Dim


class MatrixEntry(NamedTuple):
    """An entry of a matrix as drawn, at two indices; of a given vector, at an index and a point.

    ``side`` tells the two factors of a product apart while it is made.
    """

    letter: RandomMatrix | GivenVector | Residual
    outer: Vertex
    inner: Vertex
    side: int = 0

    @property
    def ends(self) -> tuple[Vertex, Vertex]:
        return self.outer, self.inner

    def __str__(self) -> str:
        at = self.ends if isinstance(self.letter, RandomMatrix) else self.ends[:1]
        return f"{self.letter}({', '.join(str(vertex.number) for vertex in at)})"


@dataclass(frozen=True, slots=True)
class Diagram:
    """A product of entries, summed over every index but the marked ones: those of the vector or matrix that it is.

    It is centred: what its entries have in common with each other is not in it.
    """

    edges: tuple[MatrixEntry, ...]
    marks: tuple[Vertex, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.edges))


@dataclass(frozen=True, slots=True)
class VectorDiagram:
    """A vector that matrices made entry by entry, such as the diagonal of U Z' A' B', scaled to size 1."""

    diagram: Diagram

    def __str__(self) -> str:
        return f"[{self.diagram}]"


VectorDirection = (
    GivenVector | FreshImage | Residual | Activation | Entrywise | Noise | FixedAxis | Unit | VectorDiagram
)


@dataclass(frozen=True, slots=True)
class Outer:
    """A rank-one matrix direction u w^T."""

    left: VectorDirection
    right: VectorDirection
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.left, self.right)))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return f"{self.left} (x) {self.right}"


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """A product of random matrices, leftmost first."""

    matrices: tuple[RandomMatrix, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.matrices))


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of an axis, scaled to entries of size 1 on the whole: what the diagonal of W'W is along."""

    dim: Dim

    def __str__(self) -> str:
        return f"1_{self.dim}"


@dataclass(frozen=True, slots=True)
class MatrixDiagram:
    """A matrix whose rows, or the axes inside it, such vectors or given ones multiply, scaled to size 1."""

    diagram: Diagram

    def __str__(self) -> str:
        return f"[{self.diagram}]"


Word = tuple[RandomMatrix, ...]
Direction = VectorDirection | RandomMatrix | Outer | MatrixProduct | Identity | MatrixDiagram
UNIT: Final = Unit()
ONES: Final = GivenVector("1")  # the mean of an entrywise function
_MATRICES: Final = (RandomMatrix, Outer, MatrixProduct, Identity, MatrixDiagram)


def is_matrix(direction: Direction) -> bool:
    return isinstance(direction, _MATRICES)


def as_vector(direction: Direction) -> VectorDirection:
    """The direction, known to be a vector's: shapes were checked when the program was written."""
    assert not isinstance(direction, _MATRICES), f"{direction} is a matrix"
    return direction


def on_axis(direction: VectorDirection, dim: Dim) -> VectorDirection:
    """The direction as a vector of this axis: on a fixed axis, the common one."""
    return _fixed_axis(dim) if dim.is_fixed else direction


@lru_cache(maxsize=4096)
def _fixed_axis(dim: Dim) -> FixedAxis:
    return FixedAxis(dim)


def _of_sides(update: Outer, left: VectorDirection, right: VectorDirection) -> Outer:
    """The update of two vectors, which is this one where they are its own."""
    return update if left is update.left and right is update.right else Outer(left, right)


def on_axes(direction: Direction, shape: Shape) -> Direction:
    """The direction as a tensor of this shape."""
    if isinstance(direction, Outer):
        return _of_sides(direction, on_axis(direction.left, shape[0]), on_axis(direction.right, shape[1]))
    if isinstance(direction, MatrixProduct):
        return named(once_through(direction.matrices), shape[0])
    if isinstance(direction, RandomMatrix | Identity | MatrixDiagram) or not shape:
        return direction
    return on_axis(direction, shape[0])


def named(letters: Word, dim: Dim) -> Direction:
    """The direction of a word; without a letter, the identity of the axis ``dim``."""
    if len(letters) > 1:
        return MatrixProduct(letters)
    return letters[0] if letters else Identity(dim)


def once_through(letters: Word) -> Word:
    """A word without what lies between two visits of one fixed axis: finitely many numbers of one order.

    An example: of rank one X B B' Y is X b (b'Y), which differs from a column of X times a row of Y by a number.
    """
    axes = [letters[0].outer, *(matrix.inner for matrix in letters)]
    for last, axis in reversed(list(enumerate(axes))):
        first = axes.index(axis)
        if axis.is_fixed and first < last:
            rest = letters[:first] + letters[last:]
            return once_through(rest) if rest else rest
    return letters


def word(direction: VectorDirection) -> tuple[list[RandomMatrix], VectorDirection]:
    """The matrices that a direction passed, last one first, and what they were applied to."""
    matrices = []
    while isinstance(direction, FreshImage):
        matrices.append(direction.matrix)
        direction = direction.of
    return matrices, direction


def origin(direction: VectorDirection) -> VectorDirection:
    """What the matrices that a direction passed were applied to."""
    return direction.origin if isinstance(direction, FreshImage) else direction


def image(matrices: Iterable[RandomMatrix], of: VectorDirection) -> VectorDirection:
    """The fresh image of a direction under matrices, last one first."""
    for matrix in reversed(list(matrices)):
        of = fresh_image(matrix, of)
    return of


def nested(direction: VectorDirection) -> int:
    """How many entrywise products lie inside each other in a direction."""
    of = origin(direction)
    return 1 + max(map(nested, of.factors)) if isinstance(of, Entrywise) else 0


def is_bounded(direction: Direction) -> bool:
    """Is the direction taken for more than it may be?

    Noise counts as along everything. And where a slope bends on few entries of what one part alone leads, that part is
    small on those very entries, so their product is at most as large as it counts; masks of one thing may be of its
    two signs, and their product nothing.
    """
    if isinstance(direction, Outer):
        return is_bounded(direction.left) or is_bounded(direction.right)
    if isinstance(direction, Entrywise):
        led = (bend.led_by(vanish_with(direction) - {bend}) for bend in bends(direction))
        return any(led) or any(map(is_bounded, direction.factors)) or any(starmap(may_exclude, pairs(direction)))
    return isinstance(direction, Noise) or is_merged(direction)


def is_merged(direction: Direction) -> bool:
    """Does the direction stand for all versions of a function?"""
    return isinstance(direction, Activation) and direction.merged


def is_sparse(direction: VectorDirection) -> bool:
    """Is it zero, or negligible, on a share of the entries?"""
    return any(isinstance(f, Activation) and f.is_sparse for f in factors(direction))


def pairs(direction: Entrywise) -> Iterator[tuple[VectorDirection, VectorDirection]]:
    return combinations(direction.factors, 2)


def may_exclude(one: Direction, two: Direction) -> bool:
    """May one be zero wherever the other is not, as relu(u) is where relu(-u) is not?"""
    if not (isinstance(one, Activation) and isinstance(two, Activation)):
        return False
    masks = one.function.vanishes and two.function.vanishes and one.site != two.site
    return masks and one.is_told_apart and frozenset(one.leading) == frozenset(two.leading)


def bends(direction: VectorDirection) -> list[Activation]:
    """The slopes in an entrywise product that are small nearly everywhere."""
    those = (f for f in factors(direction) if isinstance(f, Activation))
    return [f for f in those if f.is_sparse and not f.function.vanishes]


def is_noisy(direction: Direction) -> bool:
    """Is noise in the direction, that counts as along everything?"""
    if isinstance(direction, Outer):
        return is_noisy(direction.left) or is_noisy(direction.right)
    if isinstance(direction, Entrywise):
        return any(map(is_noisy, direction.factors))
    return isinstance(direction, Noise) or is_merged(direction)


def factors(direction: VectorDirection) -> frozenset[VectorDirection]:
    """What an entrywise product is made of; a mean has no factor."""
    if isinstance(direction, Entrywise):
        return direction.factors
    return frozenset() if isinstance(direction, GivenVector) and direction == ONES else frozenset({direction})


@lru_cache(maxsize=65536)
def atoms(direction: VectorDirection) -> frozenset[VectorDirection]:
    """What a direction is made of, and what functions in it are of; one that goes by its place stands for itself."""
    return frozenset[VectorDirection]().union(*map(_atoms_of_factor, factors(direction)))


def _atoms_of_factor(factor: VectorDirection) -> frozenset[VectorDirection]:
    inside = factor.parts if isinstance(factor, Activation) else ()
    return frozenset[VectorDirection]().union(*(atoms(part) for part, _ in inside)) if inside else frozenset({factor})


def has_function(direction: VectorDirection) -> bool:
    """Is a function among the factors of a direction?"""
    return any(isinstance(f, Activation) for f in factors(direction))


def vanish_with(direction: VectorDirection) -> frozenset[VectorDirection]:
    """What a direction is zero with: its factors, and what alone leads the argument of a function that starts at 0."""
    found = factors(direction)
    inside = [f.leading for f in found if isinstance(f, Activation) and f.function.starts_at_zero]
    return found.union(*(factors(parts[0]) for parts in inside if len(parts) == 1))


def product_of(those: Iterable[VectorDirection]) -> VectorDirection:
    """The direction of an entrywise product of different directions."""
    distinct = frozenset(those)
    if len(distinct) > 1:
        return Entrywise(distinct)
    return next(iter(distinct), ONES)


@lru_cache(maxsize=65536)
def within(direction: VectorDirection, sites: frozenset[str]) -> VectorDirection:
    """The direction as a part of the argument at the last of these sites: activations there know no others.

    As of the vector before a step: relu(x + step(x) v) knows of x twice. Those behind a matrix go by their place alone.
    Others keep what they are made of, so that relu(relu(u) + v) knows of u.
    """
    match direction:
        case Activation():
            return direction.of_atoms if direction.site in sites else direction.inside(sites)
        case FreshImage(matrix, of):
            return FreshImage(matrix, by_place(of))
        case Entrywise(those):
            return Entrywise(frozenset(within(f, sites) for f in those))
        case _:
            return direction


@lru_cache(maxsize=65536)
def by_place(direction: VectorDirection) -> VectorDirection:
    """The direction with activations that go by their place alone."""
    match direction:
        case Activation():
            return direction.named
        case FreshImage():
            matrices, of = word(direction)
            return image(matrices, by_place(of))
        case Entrywise(those):
            return Entrywise(frozenset(map(by_place, those)))
        case _:
            return direction


def activations(directions: Iterable[Direction]) -> Iterator[Activation]:
    """The activations that vectors are made of, those inside others left out."""
    for direction in directions:
        if isinstance(direction, Activation):
            yield direction
        elif isinstance(direction, Entrywise):
            yield from (f for f in direction.factors if isinstance(f, Activation))


Parts = frozenset[tuple[VectorDirection, Order]]
Made = Mapping[tuple[str, str, int], Parts]


def with_vectors(direction: Direction, change: Callable[[VectorDirection], VectorDirection]) -> Direction:
    """The direction with a vector, or both sides of an update, changed; other matrices have no vector in them."""
    match direction:
        case Outer(left, right):
            return _of_sides(direction, change(left), change(right))
        case RandomMatrix() | MatrixProduct() | Identity() | MatrixDiagram():
            return direction
        case _:
            return change(direction)


def completed(direction: Direction, made: Made) -> Direction:
    """The direction with what is known of its activations by their place, where it came back through a matrix."""
    return with_vectors(direction, lambda vector: _completed(vector, made))


def _completed(direction: VectorDirection, made: Made) -> VectorDirection:
    match direction:
        case Activation(parts=parts) if not parts:
            return replace(direction, parts=made.get(direction.place, parts))
        case Entrywise(those):
            return Entrywise(frozenset(_completed(f, made) for f in those))
        case _:
            return direction


def holds_no_orders(direction: Direction) -> bool:
    """Is there no activation in a direction, as in most?"""
    if isinstance(direction, Outer):
        return holds_no_orders(direction.left) and holds_no_orders(direction.right)
    of = direction.origin if isinstance(direction, FreshImage) else direction
    return not isinstance(of, Activation | Entrywise)


def changing_orders(change: Callable[[Order], Order]) -> Callable[[Direction], Direction]:
    """Directions with the orders that activations in them remember, each changed; a vector in several is, once."""

    @cache
    def changed(vector: VectorDirection) -> VectorDirection:
        match vector:
            case Activation():
                mean, slope, even, odd = map(change, vector.moments)
                parts = frozenset((changed(part), change(size)) for part, size in vector.parts)
                return replace(vector, moments=(mean, slope, even, odd), parts=parts)
            case Entrywise(those):
                return Entrywise(frozenset(map(changed, those)))
            case FreshImage():
                origin = changed(vector.origin)
                return vector if origin is vector.origin else image(word(vector)[0], origin)  # most hold none
            case _:
                return vector

    return lambda direction: direction if holds_no_orders(direction) else with_vectors(direction, changed)
