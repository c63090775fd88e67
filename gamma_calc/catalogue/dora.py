"""DoRA: a LoRA layer whose rows are normalised and given trained lengths, m * (W* + s B A) Z / |W* + s B A|."""

from __future__ import annotations

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.lora import RANKS, SCALINGS
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.catalogue.samples import SAMPLES, domain_of
from gamma_calc.errors import ProgramError, pick
from gamma_calc.exponents import Exponent, Order, order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import given, iid
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.operations.divide import divide
from gamma_calc.operations.row_length import row_length
from gamma_calc.operations.since_start import since_start
from gamma_calc.optimisers.names import by_name


@either_spelling
def dora(
    init: str = "default",
    *,
    optimiser: str = "adam",
    magnitude: Exponent = "eta",
    rank: str = "fixed",
    scaling: str = "1",
    loss: str = "linear",
    batch: str = "one",
) -> Program:
    """A DoRA layer on one sample or a batch: one factor starts at zero, m at the lengths of W*'s rows.

    ``init`` names an initialisation of LoRA of independent factors of which one is zero. ``magnitude`` is the exponent
    of m's learning rate, by default that of A and B; ``rank`` and ``scaling`` are those of ``lora``. What is bounded is
    what training adds to the output, Z_out; the parts of its change are delta1 (A and B move), delta2 (m moves) and
    delta3 (both).
    Lengths are constants to the backward pass. Source: Liu et al., arXiv 2402.09353, sections 4.1 and 4.3. Raises
    UnknownName for a name not in its table, ProgramError for an initialisation without a zero factor.

    >>> from gamma_calc import derive
    >>> derive(dora()).conditions["stable"].region
    Region('eta <= -1/2')
    """
    samples = pick("batch", batch, SAMPLES)
    objective = pick("loss", loss, LOSSES)
    multiplier = pick("scaling", scaling, SCALINGS)
    rho, ranks = pick("rank law", rank, RANKS)
    power = order(multiplier.exponent).substitute({"rho": rho})
    n, r = Dim("n", 1), Dim("r", rho)
    Z, W = data("Z", *samples.shape(n)), frozen("W*", n, n)
    start = pick("initialisation", init, INITIALISATIONS)
    entry_a, entry_b = _with_a_zero(start, rho)
    A, B = parameter("A", r, n, init=iid(entry_a), rate="eta"), parameter("B", n, r, init=iid(entry_b), rate="eta")
    m = parameter("m", n, init=given(row_length(W)), rate=order(magnitude))
    Z_A = A @ Z
    Z_B = n**power * (B @ Z_A)
    whole = m * divide(W @ Z + Z_B, row_length(W + n**power * (B @ A)))
    return Program(
        "dora",
        objective.of(whole, False, samples=samples),
        by_name(optimiser),
        [
            other("Z", Z),
            internal("Z_A", Z_A),
            other("A", A),
            other("B", B),
            other("m", m),
            other("m - m[0]", since_start(m)),
            other("Z_B", Z_B),
            output("Z_out", since_start(whole), parts=("delta1", "delta2", "delta3")),
        ],
        domain=domain_of(ranks, samples.domain),
        notes=(
            f"{start.statement}; m the lengths of the rows of W*, trained (arXiv 2402.09353)",
            multiplier.statement,
            "lengths of rows are constants to the backward pass",
            samples.statement,
            objective.statement,
        ),
    )


def _with_a_zero(start: Initialisation, rho: Exponent) -> tuple[Order, Order]:
    """The entries of both factors where their product is zero, so that m is the lengths of the rows of W*."""
    entries = start.entries(rho=rho)
    if not start.independent or not any(entry.is_zero_quantity for entry in entries):
        raise ProgramError(
            f"initialisation {start.name} is no pair of a zero factor and a random one, which dora is derived from",
            hint="name one that is: A, B, default or gaussian",
        )
    return entries
