"""VeRA: two trained vectors around frozen random factors, W* Z + b * (B (d * (A Z)))."""

from __future__ import annotations

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.lora import RANKS
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.catalogue.samples import domain_of, samples_of
from gamma_calc.errors import pick
from gamma_calc.exponents import Exponent
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import iid, zero
from gamma_calc.language.leaves import frozen, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.optimisers.names import by_name


@either_spelling
def vera(
    *,
    optimiser: str = "adam",
    rank: str = "fixed",
    loss: str = "linear",
    batch: str = "one",
    common: Exponent | None = None,
) -> Program:
    """A VeRA layer on one sample or a batch: A of variance 1/n and B of variance 1/r stay as drawn, b starts at zero.

    The parts of the change are delta1 (d moves), delta2 (b moves) and delta3 (both). Source: Kopiczko, Blankevoort,
    Asano, arXiv 2310.11454, section 3. Hypothesis: d starts with entries of order one; the published start is the
    constant 0.1, and the sign of an entry of d changes no order. Raises UnknownName for a name not in its table.

    >>> from gamma_calc import derive
    >>> derive(vera(rank="growing")).conditions["stable"].region
    Region('eta <= 0 & 0 <= rho <= 1')
    """
    rho, ranks = pick("rank law", rank, RANKS)
    samples = samples_of(batch, common)
    objective = pick("loss", loss, LOSSES)
    n, r = Dim("n", 1), Dim("r", rho)
    Z, A, B = samples.drawn("Z", n), frozen("A", r, n), frozen("B", n, r, entry=-r.exponent / 2)
    d, b = parameter("d", r, init=iid(0), rate="eta"), parameter("b", n, init=zero, rate="eta")
    Z_A = A @ Z
    inner = B @ (d * Z_A)
    Z_B = b * inner
    return Program(
        "vera",
        objective.of(frozen("W*", n, n) @ Z + Z_B, False, samples=samples),
        by_name(optimiser),
        [
            other("Z", Z),
            other("Z_A", Z_A),
            internal("Z_d", inner),
            other("d", d),
            other("b", b),
            output("Z_B", Z_B, parts=("delta1", "delta2", "delta3")),
        ],
        domain=domain_of(ranks, samples.domain),
        notes=(
            "A and B random and frozen, b = 0, entries of d of order one (arXiv 2310.11454)",
            samples.statement,
            objective.statement,
        ),
    )
