"""The LoRA layer: Z_out = W* Z + s B A Z."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.assumptions import SUM_RULES
from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.losses import LOSSES, Loss
from gamma_calc.catalogue.samples import SEVERAL, WRITTEN_OUT, Samples, domain_of, samples_of
from gamma_calc.errors import ProgramError, pick, require, require_count
from gamma_calc.exponents import Exponent, Order, largest, order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import Construction, Init, given, iid, zero
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.operations.outer import outer
from gamma_calc.operations.since_start import since_start
from gamma_calc.optimisers.names import by_name


@dataclass(frozen=True, slots=True)
class Scaling:
    """The multiplier s as a power of n, in the exponent rho of the rank."""

    name: str
    exponent: str
    statement: str


SCALINGS: Final[Mapping[str, Scaling]] = MappingProxyType(
    {
        s.name: s
        for s in (
            Scaling("1", "0", "s = 1"),
            Scaling("alpha/r", "-rho", "s = alpha/r with a fixed alpha"),
            Scaling("alpha/sqrt(r)", "-rho/2", "s = alpha/sqrt(r) with a fixed alpha (rsLoRA)"),
            Scaling("free", "sigma", "s = n^sigma"),
        )
    }
)
RATES: Final = MappingProxyType({"shared": ("eta", "eta"), "per-factor": ("eta_A", "eta_B")})
RANKS: Final = MappingProxyType({"fixed": ("0", "all"), "growing": ("rho", "0 <= rho <= 1")})
MOST_SAMPLES: Final = 1000
FREEZABLE: Final = MappingProxyType({"none": "", "A": "A", "B": "B"})


@either_spelling
def lora(
    init: str = "A",
    *,
    optimiser: str = "adam",
    lr: str = "shared",
    rank: str = "fixed",
    scaling: str = "1",
    a0: Exponent | None = None,
    b0: Exponent | None = None,
    tau: Exponent | None = None,
    freeze: str = "none",
    sum_rule: str = "clt",
    fresh: bool = False,
    batch: str | int = "one",
    common: Exponent | None = None,
    loss: str = "linear",
) -> Program:
    """One LoRA layer on one sample, or on a batch.

    ``init`` names an initialisation; ``a0`` and ``b0`` (exponents of an entry) override its factors, ``tau`` the
    exponent of the singular values that it keeps (1/2 where the largest carries the norm of W*). ``lr`` is "shared" or
    "per-factor", ``rank`` "fixed" or "growing" (r = n^rho), ``scaling`` the multiplier s, ``freeze`` a factor that is
    not trained, ``fresh`` draws new samples at every step, ``batch`` is "one", "fixed" (a fixed number of independent
    samples) or "growing" (N = n^beta), or a number of samples that are written one by one (the first is watched),
    ``common`` the c of a part n^-c that the inputs of a batch have in common, and its error signals,
    ``loss`` names what is made of the output. Raises UnknownName for a name not in its table, ProgramError for a
    ``tau`` where nothing is decomposed, a batch of none, and a loss that does not know a batch.

    >>> from gamma_calc import derive
    >>> derive(lora(init="B")).conditions["stable"].region
    Region('eta <= -1')
    >>> derive(lora(batch="growing")).conditions["stable"].region
    Region('beta >= 0 & 4*eta <= beta - 2 & eta <= -1/4')
    """
    require(fresh, bool, "truth value", "write fresh=True to draw a new sample at every step")
    start = pick("initialisation", init, INITIALISATIONS)
    multiplier = pick("scaling", scaling, SCALINGS)
    rate_a, rate_b = pick("learning-rate scheme", lr, RATES)
    rho, ranks = pick("rank law", rank, RANKS)
    objective = pick("loss", loss, LOSSES)
    written, samples = _samples(batch, common, objective)
    still = pick("factor to freeze", freeze, FREEZABLE)
    if {still, start.frozen} == {"A", "B"}:
        raise ProgramError(
            f"initialisation {init} freezes {start.frozen}, and {still} is frozen: nothing is trained",
            hint="name another initialisation, or freeze no other factor",
        )

    rule = by_name(optimiser)
    declared = start.orthogonal and samples.axis is None
    if start.orthogonal and not declared:
        _check_mixes_rows(init, rule, rank)
    power = order(multiplier.exponent).substitute({"rho": rho})
    start_a, start_b = start.entries(rho=rho, s=power, tau=tau)
    entry_a = start_a if a0 is None else order(a0).substitute({"rho": rho})
    entry_b = start_b if b0 is None else order(b0).substitute({"rho": rho})

    n, r = Dim("n", 1), Dim("r", rho)
    Z, W = samples.drawn("Z", n, fresh=fresh), frozen("W*", n, n)
    seen = samples.drawn("Z seen", n) if fresh else Z  # by the initialisation
    init_a = _along(entry_a, r, n, seen) if start.along else iid(entry_a)
    A = _factor("A", r, n, init=init_a, rate=rate_a, still="A" in (still, start.frozen))
    B = _factor("B", n, r, init=iid(entry_b), rate=rate_b, still="B" in (still, start.frozen))

    def adapted(Z_A: Expression) -> Expression:
        product = n**power * (B @ Z_A)
        return since_start(product) if start.residual or (start.orthogonal and not declared) else product

    Z_A: Expression = A @ Z
    Z_B = adapted(Z_A)
    total = objective.of(W @ Z + Z_B, fresh, samples=samples)
    for sample in map(str, range(2, written + 1)):
        x = data(f"Z{sample}", n, fresh=fresh)
        total = total + objective.of(W @ x + adapted(A @ x), fresh, sample)

    watch = [
        other("Z", Z),
        internal("Z_A", Z_A),
        other("A", A),
        other("B", B),
        output("Z_B", Z_B, parts=("delta1", "delta2", "delta3")),
    ]
    notes = [f"initialisation {init}: {start.statement} ({start.source})", *start.caveats, multiplier.statement]
    if written > 1:
        counted = f"a batch of {written} samples whose losses add; the first is watched"
        notes.append(WRITTEN_OUT if batch == "fixed" else counted)
    if samples.axis is not None:
        notes.append(samples.statement)
    return Program(
        "lora",
        total,
        rule,
        watch,
        domain=domain_of(ranks, samples.domain),
        sum_rule=pick("sum rule", sum_rule, SUM_RULES),
        orthogonal=frozenset({("B", "A")}) if declared else frozenset(),
        notes=(*notes, objective.statement),
        construction=_construction(start, power) if (a0, b0, tau, samples.axis) == (None, None, None, None) else None,
    )


def _check_mixes_rows(init: str, rule: Optimiser, rank: str) -> None:
    """Raises ProgramError unless each step of a batch leaves nothing of B A = 0 but that the start adds nothing.

    A sign divides row k of B'U Z' by the length of row k of B'U. These differ at order one between finitely many rows,
    so A' times the step of A is that of any other A, though A'B' is zero.
    """
    if rank != "fixed" or rule.of_matrices or not rule.divides_entries:
        raise ProgramError(
            f"what {rule} leaves of B A = 0, the start of {init}, is not known for a batch at a {rank} rank",
            hint="take adam or sign at a fixed rank, leave the batch out, or name another initialisation",
        )


def _samples(batch: str | int, common: Exponent | None, objective: Loss) -> tuple[int, Samples]:
    """The number of samples that are written one by one, and the axis of those that are not.

    A fixed number of independent samples can be either; a loss that knows no columns takes them one by one.
    """
    if isinstance(batch, str):
        if batch == "fixed" and common is None and not objective.takes_columns:
            return SEVERAL, samples_of("one")
        return 1, samples_of(batch, common)
    require_count(batch, "samples in a batch", least=1, most=MOST_SAMPLES)
    return batch, samples_of("one", common)


def _construction(start: Initialisation, power: Order) -> Construction | None:
    return Construction(start.name, power) if start.constructed else None


def _along(entry: Order, r: Dim, n: Dim, Z: Expression) -> Init:
    """Orthogonal rows of length n^(entry + 1/2) whose span holds Z, or is held by that of a batch Z of more samples.

    On one sample A Z is n^(entry + 1) over the root of the rank.
    """
    if entry.is_zero_quantity:
        return zero
    samples = Z.shape[1:]
    share = data("u", r, *samples, entry=largest([r.exponent, *(N.exponent for N in samples)]) / -2)
    return given(frozen("A off Z", r, n, entry=entry) + n**entry * (share @ Z.T if samples else outer(share, Z)))


def _factor(name: str, rows: Dim, columns: Dim, *, init: Init, rate: str, still: bool) -> Expression:
    """One factor: a parameter, or where it stays still the tensor it starts as."""
    if not still:
        return parameter(name, rows, columns, init=init, rate=rate)
    return init.expression or frozen(name, rows, columns, entry=init)
