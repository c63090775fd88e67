"""Riemannian preconditioning of a product B A: each factor's step by the inverse Gram matrix of the other one.

Scaled gradient descent takes (B'B)^-1 dL/dA and dL/dB (AA')^-1. Source: Zhang, Pilanci, arXiv 2402.02347, equation 4.
Their code and peft's precondition the gradient and hand it to AdamW; the other order, preconditioning what a sign or
Adam has made of the gradient, is a different optimiser.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from gamma_calc.calculus.dims import Power
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import MINUS_INFINITY, Order
from gamma_calc.language.expression import Expression, total
from gamma_calc.language.leaves import One
from gamma_calc.operations.gram import gram_inverse
from gamma_calc.operations.outer import outer
from gamma_calc.operations.sign import sign, sign_of_matrix
from gamma_calc.optimisers.adam import Adam
from gamma_calc.optimisers.by_rule import ByRule
from gamma_calc.optimisers.rank_one import Pair, outer_product, outer_products
from gamma_calc.optimisers.sgd import SGD


@dataclass(frozen=True, slots=True)
class Riemannian(ByRule):
    """The factors are the tensors named A and B; ``damping`` is the exponent of what is added to a Gram matrix.

    Lemma: ``operations/gram.py``. Without a damping (-oo) a singular matrix has its pseudo-inverse.
    """

    damping: Order = MINUS_INFINITY
    of_matrices = True
    reads_components = True  # a Gram matrix has the random part of a factor in it, however large its updates

    @abstractmethod
    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        """The gradient, preconditioned."""

    def _preconditioned(self, parameter: Expression, pair: Pair, tensors: Mapping[str, Expression]) -> Expression:
        """u w' with the inverse Gram matrix on the side of the rank."""
        u, w = pair
        if self._factor(parameter, tensors) == "A":
            return outer(gram_inverse(tensors["B"].T, u, self._damped), w)
        return outer(u, gram_inverse(tensors["A"], w, self._damped))

    def _of_batch(self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]) -> Expression:
        """A gradient that is no sum of u w' with the inverse Gram matrix on the side of the rank."""
        if self._factor(parameter, tensors) == "A":
            return gram_inverse(tensors["B"].T, gradient, self._damped)
        return gram_inverse(tensors["A"], gradient.T, self._damped).T

    @property
    def _damped(self) -> Expression | None:
        return None if self.damping.is_zero_quantity else One() * Power(self.damping)

    def _factor(self, parameter: Expression, tensors: Mapping[str, Expression]) -> str:
        """A or B. Raises ProgramError for anything else."""
        for one, other in ("AB", "BA"):
            if str(parameter) == one and other in tensors:
                return one
        raise ProgramError(
            f"{self.name} does not know the parameter {parameter}", hint="train the factors A and B only"
        )

    def __str__(self) -> str:
        return f"{self.name} (damping {'0' if self.damping.is_zero_quantity else f'n^({self.damping})'})"


class PreconditionFirst(Riemannian):
    """The gradient is preconditioned, and the rule made of that."""

    __slots__ = ()

    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        if len(gradient.shape) == 2 and not gradient.outer_products:
            return self._of_batch(parameter, gradient, tensors)
        pairs = outer_products(parameter, gradient, self.name)
        found = total(self._preconditioned(parameter, pair, tensors) for pair in pairs)
        assert found is not None, "a gradient is a sum of at least one term"
        return found


class RiemannianSGD(PreconditionFirst):
    """Scaled gradient descent."""

    __slots__ = ()
    name = "riemannian-sgd"
    statement = "each factor's gradient by the inverse Gram matrix of the other factor"
    rule = SGD()


class RiemannianAdam(PreconditionFirst):
    """Adam of the preconditioned gradient, as in peft."""

    __slots__ = ()
    name = "riemannian-adam"
    statement = "Adam of gradients that are preconditioned so, as in peft"
    rule = Adam()


class SignRiemannian(Riemannian):
    """The sign of the gradient, preconditioned: the other order, with Adam's memory left out."""

    __slots__ = ()
    name = "sign-riemannian"
    statement = "the sign of the gradient, preconditioned after that"
    rule = SGD()
    of_one_size = True

    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        if len(gradient.shape) == 2 and not gradient.outer_products:
            return self._of_batch(parameter, sign_of_matrix(gradient), tensors)
        u, w = outer_product(parameter, gradient, self.name)
        return self._preconditioned(parameter, (sign(u), sign(w)), tensors)
