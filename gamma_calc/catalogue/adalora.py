"""The adapter of AdaLoRA, a singular value decomposition that is trained: W* Z + P (lambda * (Q Z))."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.lora import RANKS
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.catalogue.samples import domain_of, samples_of
from gamma_calc.errors import pick
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import iid, zero
from gamma_calc.language.leaves import frozen, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.optimisers.names import by_name

STARTS: Final[Mapping[str, str]] = MappingProxyType({"gaussian": "0", "orthonormal": "-1/2"})


@either_spelling
def adalora(
    init: str = "gaussian",
    *,
    optimiser: str = "adam",
    rank: str = "fixed",
    a0: Exponent | None = None,
    b0: Exponent | None = None,
    loss: str = "linear",
    batch: str = "one",
    common: Exponent | None = None,
) -> Program:
    """An AdaLoRA layer on one sample or a batch, all r triplets kept: lambda starts at zero, P and Q are random.

    ``init`` is "gaussian" (a deviation of 0.02 whatever the width, as in peft) or "orthonormal" (columns of P and rows
    of Q of length one, where the penalty of the paper draws them); ``a0`` and ``b0`` give Q and P other entry
    exponents. The parts of the change are delta1 (lambda or Q moves), delta2 (P moves) and delta3 (both). Source:
    Zhang et al., arXiv 2303.10512, section 3; the penalty and the pruning of triplets are left out. Raises UnknownName
    for a name not in its table.

    >>> from gamma_calc import derive
    >>> [str(derive(adalora(init)).conditions["stable"].region) for init in STARTS]
    ['eta <= -1/2', 'eta <= -1/3']
    """
    entry = pick("initialisation", init, STARTS)
    rho, ranks = pick("rank law", rank, RANKS)
    samples = samples_of(batch, common)
    objective = pick("loss", loss, LOSSES)
    n, r = Dim("n", 1), Dim("r", rho)
    Z = samples.drawn("Z", n)
    P = parameter("P", n, r, init=iid(order(entry if b0 is None else b0)), rate="eta")
    Q = parameter("Q", r, n, init=iid(order(entry if a0 is None else a0)), rate="eta")
    scale = parameter("lambda", r, init=zero, rate="eta")
    Z_A = Q @ Z
    Z_B = P @ (scale * Z_A)
    return Program(
        "adalora",
        objective.of(frozen("W*", n, n) @ Z + Z_B, False, samples=samples),
        by_name(optimiser),
        [
            other("Z", Z),
            internal("Z_A", Z_A),
            other("P", P),
            other("Q", Q),
            other("lambda", scale),
            output("Z_B", Z_B, parts=("delta1", "delta2", "delta3")),
        ],
        domain=domain_of(ranks, samples.domain),
        notes=(
            f"initialisation {init}: P and Q random, lambda = 0 (arXiv 2303.10512)",
            samples.statement,
            objective.statement,
        ),
    )
