"""LoRA-XS: an r x r matrix trained between two frozen factors of W*, W* Z + B R A Z."""

from __future__ import annotations

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.lora import RANKS
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.catalogue.samples import domain_of, samples_of
from gamma_calc.errors import pick
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import zero
from gamma_calc.language.leaves import frozen, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.optimisers.names import by_name


@either_spelling
def lora_xs(
    *,
    optimiser: str = "adam",
    rank: str = "fixed",
    tau: Exponent | None = None,
    loss: str = "linear",
    batch: str = "one",
    common: Exponent | None = None,
) -> Program:
    """A LoRA-XS layer on one sample or a batch: A = S V' and B = U of the truncated W* = U S V', R starts at zero.

    ``tau`` is the exponent of the singular values kept: 0, the default, as where entries of W* are independent, 1/2
    where the largest carries its norm. Source: Balazy, Banaei, Aberer, Tabor, arXiv 2405.17604, section 3; its R
    starts with a deviation of 1e-5, here zero, and W* is not changed. Hypothesis: singular vectors act on the sample
    and on the error signal as independent random vectors of length one do. Raises UnknownName for a name not in its
    table.

    >>> from gamma_calc import derive
    >>> derive(lora_xs(rank="growing")).conditions["stable"].region
    Region('2*eta + 3*rho <= 1 & 0 <= rho <= 1')
    """
    rho, ranks = pick("rank law", rank, RANKS)
    samples = samples_of(batch, common)
    objective = pick("loss", loss, LOSSES)
    n, r = Dim("n", 1), Dim("r", rho)
    Z = samples.drawn("Z", n)
    kept = order(0 if tau is None else tau)
    A, B = frozen("A", r, n, entry=kept - order("1/2")), frozen("B", n, r)
    R = parameter("R", r, r, init=zero, rate="eta")
    Z_A = A @ Z
    Z_R = R @ Z_A
    Z_B = B @ Z_R
    return Program(
        "lora-xs",
        objective.of(frozen("W*", n, n) @ Z + Z_B, False, samples=samples),
        by_name(optimiser),
        [other("Z", Z), other("Z_A", Z_A), internal("Z_R", Z_R), other("R", R), output("Z_B", Z_B)],
        domain=domain_of(ranks, samples.domain),
        notes=(
            "A = S V' and B = U from the r largest singular triplets of W*, frozen; R = 0 (arXiv 2405.17604)",
            f"the singular values kept are of order {kept}",
            samples.statement,
            objective.statement,
        ),
    )
