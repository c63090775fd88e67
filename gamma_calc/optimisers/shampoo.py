"""Shampoo and Muon, on the gradient u w' of one sample or the word U Z' of a batch: both put it on a scale of its own.

For G = u w' the matrices GG' and G'G have one eigenvalue |u|^2 |w|^2, so L^-a G R^-b with a + b = e is G over
(|u| |w|)^(2e): gradient descent at e = 0, the matrix of length one that Muon's orthogonalisation gives at e = 1/2.
The gradient of a batch has as many eigenvalues of one order as samples (``operations/spectral_power.py``).
Source: Qiu et al., arXiv 2512.05620, the one-step rule; derived again. Hypothesis: no memory, so that the matrices are
those of the last gradient, and one block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from gamma_calc.exponents import order
from gamma_calc.language.expression import Expression
from gamma_calc.operations.outer import outer
from gamma_calc.operations.rescaled import rescaled
from gamma_calc.operations.spectral_power import spectral_power
from gamma_calc.optimisers.by_rule import ByRule
from gamma_calc.optimisers.rank_one import outer_product
from gamma_calc.optimisers.sgd import SGD


@dataclass(frozen=True, slots=True)
class Shampoo(ByRule):
    """L^-a G R^-b, with ``power`` = a + b; 1/4 on either side is the published choice.

    Lemma: an eigenvalue of GG' is the square of |u| |w|, and a length is a size times the root of the axis.
    """

    power: Fraction = Fraction(1, 2)
    name = "shampoo"
    statement = "the gradient between inverse fourth roots of its two matrices of second moments"
    rule = SGD()
    reads_spectra = True
    of_matrices = True

    @property
    def of_one_size(self) -> bool:
        return 2 * self.power == 1

    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        if len(gradient.shape) == 2 and not gradient.outer_products:
            return spectral_power(gradient, self.power)
        u, w = outer_product(parameter, gradient, self.name)
        return outer(rescaled(u, 2 * self.power), rescaled(w, 2 * self.power))

    def __str__(self) -> str:
        return f"{self.name} (power {self.power})"


@dataclass(frozen=True, slots=True)
class Muon(Shampoo):
    """The nearest matrix with orthonormal columns or rows, of the last gradient: u w' / (|u| |w|)."""

    name = "muon"
    statement = "the nearest matrix with orthonormal columns or rows, without momentum"

    def __str__(self) -> str:
        return self.name


def shampoo(power: Fraction | int | str = "1/2") -> Shampoo:
    """Shampoo on gradients of rank one, or of a batch; ``power`` is the sum of the two matrices' powers.

    >>> print(shampoo())
    shampoo (power 1/2)
    """
    return Shampoo(order(power).rational)


def muon() -> Muon:
    """Muon on gradients of rank one, or of a batch, without momentum.

    >>> print(muon())
    muon
    """
    return Muon()
