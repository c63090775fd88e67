"""Diagrams: products of matrices whose rows, or axes inside, are multiplied by vectors that matrices made.

The gradient of such a vector is a diagonal, of B' D_b U Z' A' say, and D_v X has the entries v_i X_ij. What a path is
to a word, a graph is to these, the diagram of a sum: a vertex is an index, an edge from i to j an entry X_ij, a given
vector an edge that ends in a point; every vertex that is no index of the result is summed over.

Entries of independent matrices pair off. Where two edges of one matrix share a vertex, their pair makes one vertex of
the other ends and goes; a vertex that loses all its edges is summed over freely. The order of a diagram is the largest
over the ways to pair edges, of the axes summed over freely times the root of every other one (docs/explanation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache, reduce
from itertools import chain, combinations
from typing import Final

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import (
    ONES,
    UNIT,
    Diagram,
    Direction,
    Entrywise,
    FixedAxis,
    FreshImage,
    GivenVector,
    MatrixDiagram,
    MatrixEntry,
    Outer,
    RandomMatrix,
    Residual,
    VectorDiagram,
    VectorDirection,
    Vertex,
    Word,
    as_vector,
    is_matrix,
    named,
    on_axis,
    product_of,
)
from gamma_calc.calculus.words import letters, root_of
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, largest, look, nowhere_above, order

MOST_EDGES: Final = 20  # of a diagram that has one name however it is numbered
MOST_ALIKE: Final = 10  # edges of one matrix in such a diagram
MOST_MET: Final = 18  # edges of one matrix in a diagram that is multiplied with others
POINT: Final = Dim("1", 0)  # where the edge of a given vector ends
Made = Iterator[tuple[Diagram, Order]]  # what a product shortens to, with the axes that have been summed over freely
Letter = RandomMatrix | GivenVector | Residual
Edges = tuple[MatrixEntry, ...]
Same = tuple[tuple[int, int], ...]  # pairs of indices of two tensors, counted through, that are one index


def diagrams_within(direction: Direction) -> tuple[Diagram, ...]:
    """Those that a direction is made of."""
    match direction:
        case FreshImage():
            return diagrams_within(direction.origin)
        case Outer(left, right):
            return diagrams_within(left) + diagrams_within(right)
        case VectorDiagram(diagram) | MatrixDiagram(diagram):
            return (diagram,)
        case Entrywise(those):
            return tuple(chain.from_iterable(map(diagrams_within, those)))
        case _:
            return ()


def has_diagram(direction: Direction) -> bool:
    """Is a diagram in the direction, alone or as a factor?"""
    return bool(diagrams_within(direction))


# -- products ----------------------------------------------------------------------------------------------------------


def contracted(u: Direction, v: Direction, shapes: tuple[Shape, Shape], same: Same, kept: tuple[int, ...]) -> Made:
    """The product of two tensors of size 1 with some indices in common, summed over all that are not kept."""
    left, right = (diagram_of(d, shape) for d, shape in zip((u, v), shapes, strict=True))
    whole = reduce(_identified, same, _side_by_side(left, right))
    kept_marks = tuple(whole.marks[i] for i in kept)
    alone = set(whole.marks) - set(kept_marks) - _vertices(whole.edges)
    gained = sum((vertex.dim.exponent for vertex in alone), start=order(0)) - raw(left) - raw(right)
    for diagram, gain in _shortened(Diagram(whole.edges, kept_marks), across=True):
        yield diagram, gained + gain


@lru_cache(maxsize=65536)
def products(
    u: Direction, v: Direction, shapes: tuple[Shape, Shape], same: Same, kept: tuple[int, ...]
) -> tuple[tuple[Direction, Order], ...]:
    """The same as directions of size 1 with their orders. Steps, and a change and its parts, ask it again and again."""
    made = contracted(u, v, shapes, same, kept)
    return tuple((direction_of(diagram), gain + raw(diagram)) for diagram, gain in made)


@lru_cache(maxsize=65536)
def diagram_overlap(u: Direction, v: Direction, shape: Shape) -> Order:
    """The order of the normalised inner product of two directions of a tensor of this shape; no more than 0."""
    same = tuple((i, i + len(shape)) for i in range(len(shape)))
    whole = largest(gain + raw(diagram) for diagram, gain in contracted(u, v, (shape, shape), same, ()))
    return whole - sum((dim.exponent for dim in shape), start=order(0))


@lru_cache(maxsize=65536)
def sizes(diagram: Diagram) -> tuple[Order, Order]:
    """The size of a diagram as it stands, and the largest of what it shortens to."""
    found = _shortened(diagram, across=False)
    return raw(diagram), largest({gain + raw(shorter) for shorter, gain in found if shorter is not diagram})


def shortenings(diagram: Diagram) -> dict[Direction, Order]:
    """What a diagram shortens to, with how much larger than the diagram that is."""
    found: dict[Direction, list[Order]] = {}
    for shorter, gain in _shortened(diagram, across=False):
        if shorter is not diagram:
            found.setdefault(direction_of(shorter), []).append(gain + raw(shorter) - raw(diagram))
    return {direction: largest(gains) for direction, gains in found.items()}


def raw(diagram: Diagram) -> Order:
    """The size of a diagram of unit matrices as it stands: the root of every axis inside it."""
    inside = _vertices(diagram.edges) - set(diagram.marks)
    whole = root_of(frozenset(Counter(vertex.dim for vertex in inside).items()))
    return whole - diagram.marks[0].dim.exponent / 2 if _is_diagonal(diagram) else whole


def _is_diagonal(diagram: Diagram) -> bool:
    return len(diagram.marks) == 2 and diagram.marks[0] == diagram.marks[1]


# -- pairs of edges ----------------------------------------------------------------------------------------------------


def _shortened(diagram: Diagram, *, across: bool) -> Made:
    """The diagram, and all that it shortens to; ``across`` pairs edges of different sides alone."""
    seen, todo = set(), [(diagram, order(0))]
    while todo:
        look()
        one = todo.pop()
        if one not in seen:
            seen.add(one)
            yield one
            todo += [(shorter, one[1] + gain) for shorter, gain in _shorter(one[0], across)]


def _shorter(diagram: Diagram, across: bool) -> Made:
    """What pairing two edges at a vertex that they share makes of a diagram."""
    for one, two in combinations(diagram.edges, 2):
        meet = one.letter == two.letter and (one.outer == two.outer or one.inner == two.inner)
        if meet and not (across and one.side == two.side):
            yield _paired(diagram, one, two)


def _paired(diagram: Diagram, one: MatrixEntry, two: MatrixEntry) -> tuple[Diagram, Order]:
    """The diagram without two edges whose ends have become the same, and the axes that are then summed over freely."""
    left = list(diagram.edges)
    left.remove(one)
    left.remove(two)
    merged = Diagram((*left, MatrixEntry(one.letter, *one.ends), MatrixEntry(two.letter, *two.ends)), diagram.marks)
    merged = _renamed(merged, one.outer, two.outer)
    merged = _renamed(merged, merged.edges[-2].inner, merged.edges[-1].inner)
    rest = Diagram(merged.edges[:-2], merged.marks)
    alone = set(merged.edges[-1].ends) - _vertices(rest.edges) - set(rest.marks)
    return rest, sum((vertex.dim.exponent for vertex in alone), start=order(0))


def _renamed(diagram: Diagram, one: Vertex, two: Vertex) -> Diagram:
    """The diagram with two vertices as one, by the smaller number."""
    kept, gone = sorted((one, two), key=lambda vertex: vertex.number)
    new = {gone: kept}
    edges = (MatrixEntry(e.letter, new.get(e.outer, e.outer), new.get(e.inner, e.inner), e.side) for e in diagram.edges)
    return Diagram(tuple(edges), tuple(new.get(vertex, vertex) for vertex in diagram.marks))


def _identified(diagram: Diagram, pair: tuple[int, int]) -> Diagram:
    """The diagram with two of its marks as one vertex."""
    return _renamed(diagram, *(diagram.marks[i] for i in pair))


def _side_by_side(left: Diagram, right: Diagram) -> Diagram:
    """Two graphs as one, with the marks of both."""
    beyond = 1 + max(vertex.number for vertex in (*_vertices(left.edges), *left.marks))
    moved = _moved(right, beyond)
    sides = (e._replace(side=side) for side, diagram in enumerate((left, moved)) for e in diagram.edges)
    return Diagram(tuple(sides), left.marks + moved.marks)


def _moved(diagram: Diagram, by: int) -> Diagram:
    """The diagram with larger numbers."""
    edges = (e._replace(outer=_later(e.outer, by), inner=_later(e.inner, by)) for e in diagram.edges)
    return Diagram(tuple(edges), tuple(_later(vertex, by) for vertex in diagram.marks))


def _later(vertex: Vertex, by: int) -> Vertex:
    return Vertex(vertex.number + by, vertex.dim)


def _vertices(edges: Iterable[MatrixEntry]) -> set[Vertex]:
    return set(chain.from_iterable(edge.ends for edge in edges))


# -- directions as diagrams, and diagrams as directions ----------------------------------------------------------------


def diagram_of(direction: Direction, shape: Shape) -> Diagram:
    """The diagram of a vector or matrix direction. Raises ProgramError where it is more than a product."""
    match direction:
        case VectorDiagram(diagram) | MatrixDiagram(diagram):
            return told_apart(diagram, MOST_MET)
        case Outer(left, right):
            return _side_by_side(diagram_of(left, shape[:1]), diagram_of(right, shape[1:]))
        case FreshImage(matrix, of):
            joined = _identified(_side_by_side(_path((matrix,), matrix.outer), diagram_of(of, (matrix.inner,))), (1, 2))
            return Diagram(joined.edges, joined.marks[:1])
        case Entrywise(those):
            return reduce(_hung_together, (diagram_of(factor, shape) for factor in those))
        case GivenVector() | Residual() if direction != ONES:
            start, point = Vertex(0, shape[0]), Vertex(1, POINT)
            return Diagram((MatrixEntry(direction, start, point),), (start,))
        case GivenVector() | FixedAxis():  # its entries are of one sign, or so few that they may as well be
            return Diagram((), (Vertex(0, shape[0]),))
        case _ if is_matrix(direction):
            return _path(letters(direction), shape[0])
        case _:
            raise ProgramError(
                f"the rows of a batch times {direction} are not known",
                hint="multiply them by a parameter, or take one sample",
            )


def _path(word: Word, dim: Dim) -> Diagram:
    axes = [matrix.outer for matrix in word] + [word[-1].inner if word else dim]
    along = [Vertex(number, axis) for number, axis in enumerate(axes)]
    steps = zip(word, along, along[1:], strict=False)
    edges = (MatrixEntry(m.T, inner, outer) if m.flipped else MatrixEntry(m, outer, inner) for m, outer, inner in steps)
    return Diagram(tuple(edges), (along[0], along[-1]))


def _hung_together(one: Diagram, two: Diagram) -> Diagram:
    """Two vectors at one vertex: the diagram of their entrywise product."""
    both = _identified(_side_by_side(one, two), (0, 1))
    return Diagram(both.edges, both.marks[:1])


def direction_of(diagram: Diagram) -> Direction:
    """The direction of a diagram: with the name that it has without graphs, where there is one."""
    if not diagram.marks:
        return UNIT
    diagram = _without_squares(_once_through(diagram))
    if len(diagram.marks) == 1:
        return _vector(diagram.edges, diagram.marks[0])
    outer, inner = diagram.marks
    of_outer = _reached(diagram.edges, {outer})
    if inner not in _vertices(of_outer) | {outer}:
        return Outer(_vector(of_outer, outer), _vector(_reached(diagram.edges, {inner}), inner))
    word = _word(of_outer, outer, inner)
    return MatrixDiagram(_canonical(Diagram(of_outer, diagram.marks))) if word is None else named(word, outer.dim)


def _once_through(diagram: Diagram) -> Diagram:
    """The diagram with one vertex for each fixed axis, without what hangs together with no mark but through these."""
    fixed = list(filter(_is_fixed, _vertices(diagram.edges) | set(diagram.marks)))
    if len(fixed) < 2:
        return diagram
    first: dict[Dim, Vertex] = {}
    for vertex in sorted(fixed, key=lambda v: v.number):
        diagram = _renamed(diagram, first.setdefault(vertex.dim, vertex), vertex)
    ends = frozenset(first.values())
    return Diagram(_reached(diagram.edges, set(diagram.marks) - ends, ends), diagram.marks)


def _without_squares(diagram: Diagram) -> Diagram:
    """The diagram without parts that stand twice between the same indices: what is left is as large, and shows more.

    A part is what hangs together other than through an index of the result, or of a fixed axis. What hangs on none of
    these is a number.
    """
    cut = frozenset((*diagram.marks, *filter(_is_fixed, _vertices(diagram.edges))))
    blocks = [block for block in _blocks(diagram.edges, cut) if not cut.isdisjoint(_vertices(block))]
    made = Counter(map(_letters, blocks))
    if len(made) == len(blocks):
        return diagram
    kept: dict[Hashable, Edges] = {}
    for number, block in enumerate(blocks):
        ends = tuple(sorted(_vertices(block) & cut))
        key = number if made[_letters(block)] == 1 else (ends, _canonical(Diagram(block, ends)))
        if kept.pop(key, None) is None:
            kept[key] = block
    return Diagram(tuple(chain.from_iterable(kept.values())), diagram.marks)


def _letters(edges: Edges) -> frozenset[tuple[Letter, int]]:
    return frozenset(Counter(e.letter for e in edges).items())


def _is_fixed(vertex: Vertex) -> bool:
    return vertex.dim.is_fixed and vertex.dim != POINT


def _blocks(edges: Sequence[MatrixEntry], cut: frozenset[Vertex]) -> Iterator[Edges]:
    """The edges in parts that are joined through the vertices of ``cut`` alone."""
    rest = tuple(edges)
    while rest:
        block = _reached(rest, set(rest[0].ends) - cut, cut) or rest[:1]
        yield block
        left = list(rest)
        for edge in block:
            left.remove(edge)
        rest = tuple(left)


def _vector(edges: Sequence[MatrixEntry], at: Vertex) -> VectorDirection:
    """The entrywise product of what hangs at a vertex."""
    rest, hanging = [e for e in edges if at in e.ends], []
    while rest:
        block = _block(edges, rest[0], at)
        hanging.append(_hung(block, at))
        rest = [e for e in rest if e not in block]
    return on_axis(product_of(hanging), at.dim)


def _hung(block: Sequence[MatrixEntry], at: Vertex) -> VectorDirection:
    """A part of a diagram that hangs at one vertex: the image of a vector under a matrix, or a diagram of its own."""
    touching = [e for e in block if at in e.ends]
    edge = touching[0]
    if len(touching) > 1 or edge.outer == edge.inner:
        return VectorDiagram(_canonical(Diagram(tuple(block), (at,))))
    if not isinstance(edge.letter, RandomMatrix):
        return edge.letter
    rest = [e for e in block if e != edge]
    if edge.outer == at:
        return FreshImage(edge.letter, _vector(rest, edge.inner))
    return FreshImage(edge.letter.T, _vector(rest, edge.outer))


def _block(edges: Sequence[MatrixEntry], first: MatrixEntry, at: Vertex) -> list[MatrixEntry]:
    """The edges that are joined with one of them other than through a vertex."""
    return list(_reached(edges, set(first.ends) - {at}, frozenset({at}))) or [first]


def _reached(
    edges: Sequence[MatrixEntry], start: set[Vertex], but: frozenset[Vertex] = frozenset()
) -> tuple[MatrixEntry, ...]:
    """The edges that are joined with some vertices, other than through those of ``but``."""
    found, size = set(start), 0
    while len(found) != size:
        size = len(found)
        found |= _vertices(e for e in edges if found & set(e.ends)) - but
    return tuple(e for e in edges if found & set(e.ends))


def _word(edges: Sequence[MatrixEntry], outer: Vertex, inner: Vertex) -> Word | None:
    """The matrices on the way from one vertex to another, where the diagram is that way alone."""
    word: list[RandomMatrix] = []
    here, left = outer, list(edges)
    while left:
        edge, *more = (e for e in left if here in e.ends)
        matrix, forward = edge.letter, edge.outer == here
        if more or here == inner or not isinstance(matrix, RandomMatrix):
            return None
        left.remove(edge)
        word.append(matrix if forward else matrix.T)
        here = edge.inner if forward else edge.outer
    return tuple(word) if here == inner else None


def transposed_diagram(matrix: MatrixDiagram) -> Direction:
    """A diagram with its two indices exchanged."""
    return direction_of(Diagram(matrix.diagram.edges, matrix.diagram.marks[::-1]))


def entrywise_diagram(u: VectorDirection, v: VectorDirection, dim: Dim) -> Iterator[tuple[VectorDirection, Order]]:
    """The entrywise product of two vectors with graphs in them."""
    for direction, size in products(u, v, ((dim,), (dim,)), ((0, 1),), (0,)):
        yield as_vector(direction), size


def renamed_diagram(direction: VectorDiagram | MatrixDiagram, rename: Callable[[Letter], Letter]) -> Direction:
    """The direction with other letters; where this makes edges equal that it shortens by, what it shortens to."""
    diagram = direction.diagram
    return _told_apart(Diagram(tuple(e._replace(letter=rename(e.letter)) for e in diagram.edges), diagram.marks))


def _told_apart(diagram: Diagram) -> Direction:
    covered = nowhere_above(*sizes(diagram))
    for shorter, _ in _shorter(diagram, across=False) if covered else ():
        return _told_apart(shorter)
    return direction_of(diagram)


# -- one name for equal diagrams ---------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def _canonical(diagram: Diagram) -> Diagram:
    """The diagram as every equal one is written: numbered from its marks on, edges in order."""
    numberings = _numberings(diagram.edges, tuple(dict.fromkeys(diagram.marks)))
    if is_longer(diagram, MOST_EDGES, MOST_ALIKE):
        return _written(diagram, next(numberings))
    return min((_written(diagram, known) for known in numberings), key=_key)


def is_longer(diagram: Diagram, edges: int, alike: int) -> bool:
    """Has it more edges, or more of one matrix, than these numbers?"""
    return len(diagram.edges) > edges or _most_often(diagram)[1] > alike


def _most_often(diagram: Diagram) -> tuple[Letter, int]:
    return Counter(e.letter for e in diagram.edges).most_common(1)[0]


def told_apart(diagram: Diagram, at_most: int) -> Diagram:
    """The diagram. Raises ProgramError where it holds a letter more often than that."""
    letter, most = _most_often(diagram)
    if most > at_most:
        raise ProgramError(
            f"a product holds {letter} {most} times, and {at_most} are told apart",
            hint="give open exponents a value, such as beta=1/2, or take smaller rates, fewer layers, or one sample",
        )
    return diagram


def _numberings(edges: Sequence[MatrixEntry], known: tuple[Vertex, ...]) -> Iterator[tuple[Vertex, ...]]:
    """The orders in which the vertices may come: next to the first that has more, by the first letter."""
    for vertex in known:
        onward = [(str(e.letter), i, end) for e in edges if vertex in e.ends for i, end in enumerate(e.ends)]
        onward = [(letter, i, end) for letter, i, end in onward if end not in known]
        if onward:
            least = min(one[:2] for one in onward)
            for end in dict.fromkeys(end for *label, end in onward if tuple(label) == least):
                yield from _numberings(edges, (*known, end))
            return
    yield known


def _written(diagram: Diagram, known: Sequence[Vertex]) -> Diagram:
    new = {vertex: Vertex(number, vertex.dim) for number, vertex in enumerate(known)}
    edges = sorted((MatrixEntry(e.letter, new[e.outer], new[e.inner]) for e in diagram.edges), key=_label)
    return Diagram(tuple(edges), tuple(new[vertex] for vertex in diagram.marks))


def _label(edge: MatrixEntry) -> tuple[str, int, int]:
    return str(edge.letter), edge.outer.number, edge.inner.number


def _key(diagram: Diagram) -> list[tuple[str, int, int]]:
    return list(map(_label, diagram.edges))
