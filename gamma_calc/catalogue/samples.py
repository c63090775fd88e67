"""How many samples a step sees: one, a fixed number, or N = n^beta. A batch is one tensor with a column a sample.

Its samples are independent, or have a part of order n^-c in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim, Power, Shape
from gamma_calc.calculus.direction import ONES
from gamma_calc.errors import ProgramError, pick
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import data
from gamma_calc.operations.inner import inner
from gamma_calc.operations.outer import outer

SEVERAL: Final = 2  # samples that stand for a fixed number: a third adds no way for sums over them to be coherent
WRITTEN_OUT: Final = "a batch of a fixed number of independent samples whose losses add; the first is watched"


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a step: the axis that counts them, if there is one, and the exponents it may have.

    ``shared`` holds for every sample how much of it is a part that all have in common; without it they are independent.
    """

    name: str
    statement: str
    axis: Dim | None = None
    domain: str = "all"
    shared: Expression | None = None

    @property
    def grows(self) -> bool:
        """Does the number of samples grow with the width?"""
        return self.axis is not None and not self.axis.is_fixed

    def shape(self, dim: Dim) -> Shape:
        """The axes of a vector of every sample."""
        return (dim,) if self.axis is None else (dim, self.axis)

    def drawn(self, name: str, *dims: Dim, fresh: bool = False) -> Expression:
        """A vector of every sample, or a number: its own part, and the one in common if there is one."""
        own = data(name, *dims, *(() if self.axis is None else (self.axis,)), fresh=fresh)
        if self.shared is None:
            return own
        return own + (outer(data(f"{name} all", *dims, fresh=fresh), self.shared) if dims else self.shared)


SAMPLES: Final[Mapping[str, Samples]] = MappingProxyType(
    {
        s.name: s
        for s in (
            Samples("one", "one sample at each step"),
            Samples("fixed", "a fixed number of independent samples at each step, under their mean loss", Dim("N", 0)),
            Samples(
                "growing",
                "N = n^beta independent samples at each step, under their mean loss",
                Dim("N", "beta"),
                "0 <= beta",
            ),
        )
    }
)


def samples_of(batch: str, common: Exponent | None = None) -> Samples:
    """The samples by the name of their number, with a part n^-common that all of them share.

    Raises UnknownName, and ProgramError for a part in common of one sample, or one that is above the samples' own.

    >>> samples_of("growing", "1/4").statement
    'N = n^beta independent samples at each step, under their mean loss; a part of order n^(-1/4) is common to all'
    """
    samples = pick("batch", batch, SAMPLES)
    if common is None:
        return samples
    if samples.axis is None:
        raise ProgramError("one sample has no part in common with others", hint="give a batch, fixed or growing")
    size = -order(common)
    if size.variables or size.rational > 0:
        raise ProgramError(f"a part in common of order n^({size})", hint="give a number from 0 on, such as 1/4")
    shared = data(ONES.name, samples.axis) * Power(size)
    return replace(
        samples, shared=shared, statement=f"{samples.statement}; a part of order n^({size}) is common to all"
    )


def alike_on(z: Expression, samples: Samples | None) -> Samples:
    """These samples; without them those of a tensor, one or as many as it has columns, that have nothing in common."""
    axis = z.shape[1] if len(z.shape) == 2 else None
    return samples or Samples("of a tensor", "those of the tensor", axis)


def domain_of(*domains: str) -> str:
    """The domain in which all of these hold.

    >>> domain_of("0 <= rho <= 1", "all")
    '0 <= rho <= 1'
    """
    return " & ".join(domain for domain in domains if domain != "all") or "all"


def mean_inner(x: Expression, y: Expression) -> Expression:
    """<x, y> of one sample, or its mean over the samples of a batch."""
    total = inner(x, y)
    return x.shape[1] ** -1 * total if len(x.shape) == 2 else total


def mean_product(x: Expression, y: Expression) -> Expression:
    """The mean over the samples of the product of one number a sample."""
    return x.shape[0] ** -1 * (x @ y)


def mean_square(x: Expression) -> Expression:
    """The square of a number, or the mean of the squares of one number a sample."""
    return mean_product(x, x) if x.shape else x * x
