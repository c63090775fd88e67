"""What the executor knows of some operations and optimisers besides their numeric meaning. Either may be missing here.

An operation without an entry is given its arguments written out, is computed by its own ``numeric``, and its result is
kept as it comes. An optimiser without an entry is given the gradient written out. An entry saves time or memory and
decides no number but by rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final

import torch

from gamma_calc.exponents import Order
from gamma_calc.language.expression import Expression
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.operations.add import Add
from gamma_calc.operations.matmul import MatMul
from gamma_calc.operations.outer import OuterProduct
from gamma_calc.operations.product import Product
from gamma_calc.operations.scale import Scale
from gamma_calc.operations.transpose import Transpose
from gamma_calc.optimisers.adam import Adam
from gamma_calc.optimisers.sgd import SGD
from gamma_calc.optimisers.sign import Sign
from validation.arrays.matrices import Array, LowRank, Tensor, apply, dense
from validation.arrays.update import OneSided, fused_adam

Compute = Callable[..., Array]
Rank = int | None  # how many outer products a matrix is a sum of; None where it is no such sum


def added(ranks: Sequence[Rank]) -> Rank:
    return None if None in ranks else sum(r for r in ranks if r is not None)


def by_its_meaning(node: Expression) -> Compute:
    return node.numeric


def on_a_vector(node: Expression) -> Compute:
    """A matrix that acts on a vector, from either side, need not be written out."""
    x, y = node.arguments
    if len(x.shape) + len(y.shape) != 3:
        return node.numeric
    return apply if len(x.shape) == 2 else apply_from_the_left


def apply_from_the_left(row: Tensor, matrix: Array, out: Tensor | None = None) -> Tensor:
    return apply(matrix.swapaxes(-1, -2), row, out)


def factors(u: Tensor, w: Tensor) -> LowRank:
    """u w', not written out."""
    return LowRank(u.unsqueeze(-1), w.unsqueeze(-1))


def to_a_vector(function: Compute) -> Callable[[Expression], Compute]:
    """A function for what makes a vector, and what the operation means for the rest."""
    return lambda node: function if len(node.shape) == 1 else node.numeric


@dataclass(frozen=True, slots=True, kw_only=True)
class FastOperation:
    """An operation that takes matrices that are not written out.

    ``compute`` gives what stands for ``numeric``; ``rank`` is that of the result, from those of the arguments.
    ``outer``: the result is u w', kept as its factors. ``acts``: it does nothing with a matrix but apply it to vectors.
    ``passes``: what is done with the result could be done with the argument. ``scales``: so could what is asked of
    either factor. ``view``: the result may be the argument's own array. ``into``: a vector is written into an array
    given as ``out``.
    """

    compute: Callable[[Expression], Compute] = by_its_meaning
    rank: Callable[[Sequence[Rank]], Rank] = lambda _: None
    outer: bool = False
    acts: bool = False
    passes: bool = False
    scales: bool = False
    view: bool = False
    into: bool = False


OPERATIONS: Final[Mapping[type[Expression], FastOperation]] = MappingProxyType(
    {
        Add: FastOperation(compute=to_a_vector(torch.add), rank=added, into=True),
        MatMul: FastOperation(compute=on_a_vector, acts=True, into=True),
        OuterProduct: FastOperation(compute=lambda _: factors, rank=lambda _: 1, outer=True),
        Product: FastOperation(rank=itemgetter(-1)),
        Scale: FastOperation(compute=to_a_vector(torch.mul), rank=itemgetter(-1), passes=True, scales=True, into=True),
        Transpose: FastOperation(rank=itemgetter(-1), passes=True, view=True),
    }
)
NO_FAST_PATH: Final = FastOperation(view=True)  # for all that is known


def fast_operation(node: Expression) -> FastOperation:
    """What is known of an operation; nothing of one that is not in the table, a subclass of one that is included."""
    return OPERATIONS.get(type(node), NO_FAST_PATH)


def rule(node: Expression, power: Callable[[Order], float]) -> Compute:
    """What computes an operation from the arrays of its arguments, at a width where n^e is ``power(e)``."""
    constants, compute = node.constants(power), fast_operation(node).compute(node)
    if writes_out(node):
        return lambda *arrays: compute(*map(dense, arrays), *constants)
    return (lambda *arrays, **room: compute(*arrays, *constants, **room)) if constants else compute


def writes_out(node: Expression) -> bool:
    """Are matrices that are kept as factors written out for an operation?"""
    return type(node) not in OPERATIONS and any(len(x.shape) == 2 for x in node.arguments)


def sees_no_scale(adam: Adam, _: Rank, side: str | None) -> bool:
    """Without epsilon the ratio of Adam's means does not see the scale of a factor that stays the same."""
    return adam.epsilon.is_zero_quantity and side is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class FastUpdate:
    """An optimiser that need not see a gradient written out, or has a kernel where it does.

    ``factored``: is the update a sum of few outer products, for a gradient of this rank and with this factor that
    stays the same ("left", "right" or None)? ``by_factor``: does such a factor enter an update by its sign alone, or
    through ``one_sided``? ``kernel`` gives what ``numeric`` gives, times minus the rate. ``arrays`` of the parameter's
    shape are taken by an update that is written out, the gradient and the memory included.
    """

    factored: Callable[[Any, Rank, str | None], bool] = lambda *_: False
    by_factor: bool = False
    one_sided: Callable[[Any, Tensor, int], OneSided] | None = None
    kernel: Callable[..., tuple[Any, Tensor]] | None = None
    arrays: int = 4


UPDATES: Final[Mapping[type[Optimiser], FastUpdate]] = MappingProxyType(
    {
        Adam: FastUpdate(factored=sees_no_scale, by_factor=True, one_sided=OneSided, kernel=fused_adam),
        SGD: FastUpdate(factored=lambda _, rank, __: rank is not None, arrays=2),
        Sign: FastUpdate(factored=lambda _, rank, __: rank == 1, by_factor=True, arrays=2),
    }
)
WRITTEN_OUT: Final = FastUpdate()


def fast_update(optimiser: Optimiser) -> FastUpdate:
    """What is known of an optimiser; nothing of one that is not in the table."""
    return UPDATES.get(type(optimiser), WRITTEN_OUT)
