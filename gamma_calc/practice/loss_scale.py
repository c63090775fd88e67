"""What a learning rate of an optimiser is a number of: in units of the gradient, or of a step of a shape."""

from __future__ import annotations

from functools import lru_cache

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.lora import lora
from gamma_calc.derivation.derivation import derive
from gamma_calc.optimisers import OPTIMISERS


@lru_cache(maxsize=64)
def knows_the_scale_of_the_loss(optimiser: str) -> bool:
    """Does a loss n times smaller ask for another learning rate, as it does of plain gradient descent?

    >>> knows_the_scale_of_the_loss("adam"), knows_the_scale_of_the_loss("sgd")
    (False, True)
    """
    program = lora(optimiser=optimiser)
    smaller = Dim("n", 1) ** -1 * program.loss
    regions = (derive(one).conditions["stable"].region for one in (program, program.replaced(loss=smaller)))
    return len(set(regions)) > 1


def unit_of(optimiser: str) -> str:
    """What a rate of an optimiser is in units of, in words; nothing where it is a size by itself.

    >>> unit_of("adam")
    ''
    """
    if not knows_the_scale_of_the_loss(optimiser):
        return ""
    return (
        f"a rate of {optimiser} is in units of 1 over the loss's gradient at a layer's output, whose size is taken to "
        "be the same at every layer, width and rank"
    )


def shape_of(optimiser: str) -> str:
    """What of the shape of a matrix is not in a step of an optimiser, in words; nothing where no trainer puts it in.

    >>> shape_of("adam")
    ''
    """
    if not OPTIMISERS[optimiser].of_matrices:
        return ""
    return (
        f"steps of {optimiser} have no factor for the shape of a matrix: where a trainer puts one in "
        "(torch.optim.Muon: sqrt(max(1, rows/columns))), divide the rate of each shape by it"
    )
