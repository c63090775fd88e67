"""How many samples a step sees: one, a fixed number, or N = n^beta. A batch is one tensor with a column a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.language.expression import Expression
from gamma_calc.operations.inner import inner


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of a step: the axis that counts them, if there is one, and the exponents it may have."""

    name: str
    statement: str
    axis: Dim | None = None
    domain: str = "all"

    @property
    def grows(self) -> bool:
        """Does the number of samples grow with the width?"""
        return self.axis is not None and self.axis.exponent != 0

    def shape(self, dim: Dim) -> Shape:
        """The axes of a vector of every sample."""
        return (dim,) if self.axis is None else (dim, self.axis)


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


def mean_square(x: Expression) -> Expression:
    """The square of a number, or the mean of the squares of one number a sample."""
    return x.shape[0] ** -1 * (x @ x) if x.shape else x * x
