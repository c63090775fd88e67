"""Small programs that results speak of and that the catalogue does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.assumptions import CLT
from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.abc_parametrisations import abc
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.catalogue.lora import RATES, lora
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.catalogue.samples import SAMPLES, mean_inner
from gamma_calc.catalogue.student import student
from gamma_calc.errors import pick
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import iid, zero
from gamma_calc.language.leaves import One, data, frozen, parameter
from gamma_calc.language.program import Program, other, output
from gamma_calc.operations.since_start import since_start
from gamma_calc.optimisers import OPTIMISERS
from gamma_calc.optimisers.names import by_name
from gamma_calc.optimisers.shampoo import Shampoo

n = Dim("n", 1)


def rules(p: str = "p", q: str = "q", rho: str = "rho") -> Program:
    """Products, sums and contractions of given vectors, beside a trained scalar that has nothing to do with them."""
    v, w, u, c = data("v", n, entry=p), data("w", n, entry=q), data("u", Dim("r", rho)), data("c", entry=p)
    nothing = frozen("O", n, n, entry=zero)
    asked: dict[str, Expression] = {
        "product": v * w,
        "multiple": c * w,
        "sum": v + w,
        "difference": v - v,
        "zero": nothing @ v,
        "zero_plus": nothing @ v + w,
        "zero_times": (nothing @ v) * w,
        "coherent_n": v @ v,
        "coherent_r": u @ u,
        "random_n": v @ w,
    }
    trained = parameter("trained", init=zero, rate=0)
    watch = [other(name, expression) for name, expression in {**asked, "trained": trained}.items()]
    return Program("rules", trained * data("error"), OPTIMISERS["sgd"], watch, sum_rule=CLT)


def toy_from_anywhere(lr: str = "shared") -> Program:
    """f = b a'x under gradient descent with both factors random: entries of a of order a0, b of order b0."""
    rate_a, rate_b = RATES[lr]
    a, b = parameter("a", n, init=iid("a0"), rate=rate_a), parameter("b", init=iid("b0"), rate=rate_b)
    f = b * (a @ data("x", n))
    watch = [output("f", f, parts=("delta1", "delta2", "delta3"))]
    return Program("toy from anywhere", data("U") * f, OPTIMISERS["sgd"], watch)


def toy_in_scalars(init: str = "1", lr: str = "shared", loss: str = "signal") -> Program:
    """The toy by its two scalars u = a'x and b, which descent closes: u moves by |x|^2 = n times its own gradient.

    No axis grows, so it runs at any n. ``loss`` is "signal" (an error signal U of order one) or "square", the squared
    error to the target 1.
    """
    start_u, start_b = {"1": (iid(0), zero), "2": (zero, iid(0))}[init]
    rate_a, rate_b = RATES[lr]
    u, b = parameter("u", init=start_u, rate=f"{rate_a} + 1"), parameter("b", init=start_b, rate=rate_b)
    f = b * u
    error = f - One()
    whole = {"signal": data("U") * f, "square": error * error}[loss]
    watch = [other("u", u), other("b", b), output("f", f, parts=("delta1", "delta2", "delta3"))]
    return Program("toy in scalars", whole, OPTIMISERS["sgd"], watch)


def moved_factors(**options: str) -> Program:
    """A LoRA layer that also watches how far each factor is from its start."""
    layer = lora(**options)  # type: ignore[arg-type]
    moved = [other(f"{name}_moved", since_start(layer.quantity(name).node)) for name in ("A", "B")]
    return layer.replaced(watch=[*layer.watch, *moved])


@either_spelling
def full(optimiser: str = "adam", batch: str = "one") -> Program:
    """Full fine-tuning: the whole matrix W is trained. W Z = W* Z + (W - W*) Z."""
    samples = pick("batch", batch, SAMPLES)
    W = parameter("W", n, n, init=zero, rate="eta")
    w, Z0, Z = (data(name, *samples.shape(n)) for name in ("w", "Z0", "Z"))
    Z_W = W @ Z
    loss = -mean_inner(w, frozen("W*", n, n) @ Z0 + Z_W)
    return Program("full fine-tuning", loss, by_name(optimiser), [output("Z_W", Z_W)], domain=samples.domain)


def mean_field() -> Program:
    """One hidden layer, readout 1/n, gradient descent with rate n: the mean-field parametrisation."""
    return deep_linear(abc("mean field", (0, 0, 1), (0, 0, 0), (-1, -1, -1)), hidden_layers=0)


def shampoo(power: str = "1/2") -> Program:
    """One matrix under Shampoo with the exponents of both sides adding up to ``power``."""
    return matrix().replaced(optimiser=Shampoo(Fraction(power)))


PROGRAMS: Final[Mapping[str, Callable[..., Program]]] = MappingProxyType(
    {
        "rules": rules,
        "toy from anywhere": toy_from_anywhere,
        "toy in scalars": toy_in_scalars,
        "lora, moved factors": moved_factors,
        "lora, fresh samples": partial(lora, fresh=True),
        "full fine-tuning": full,
        "mean field": mean_field,
        "student": student,
        "matrix, shampoo": shampoo,
    }
)
