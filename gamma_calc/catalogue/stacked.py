"""Linear layers with an adapter on each, trained together."""

from __future__ import annotations

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.mlp import MOST_MATRICES
from gamma_calc.catalogue.samples import mean_inner, samples_of
from gamma_calc.errors import ProgramError, pick, require_count
from gamma_calc.exponents import Exponent
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import iid
from gamma_calc.language.leaves import frozen, parameter
from gamma_calc.language.program import Program, Quantity, internal, other, output
from gamma_calc.optimisers.names import by_name


@either_spelling
def stacked(
    init: str = "A",
    *,
    layers: int = 2,
    optimiser: str = "adam",
    batch: str = "one",
    common: Exponent | None = None,
) -> Program:
    """x_l = (W_l + B_l A_l) x_(l-1), one shared rate, a loss linear in the last x. Rank fixed, multiplier 1.

    Quantities carry the layer's number: Z_A1, Z_B1, delta1_1 ... The gradient of the first adapter goes through the
    second one's B. What the first adapter adds to a batch has few directions, which all samples have in common in the
    second layer. Raises UnknownName for a name not in its table, ProgramError for a start of other factors.

    >>> from gamma_calc import derive
    >>> derive(stacked("B"), eta=-1).orders["delta1_1"]
    Order('0')
    """
    require_count(layers, "layers", least=1, most=MOST_MATRICES)
    a0, b0 = _independent(init).entries()
    samples = samples_of(batch, common)
    n, r = Dim("n", 1), Dim("r", 0)
    x = samples.drawn("Z", n)
    watch: list[tuple[Quantity, ...]] = []
    for layer in range(1, layers + 1):
        A = parameter(f"A{layer}", r, n, init=iid(a0), rate="eta")
        B = parameter(f"B{layer}", n, r, init=iid(b0), rate="eta")
        Z_A = A @ x
        Z_B = B @ Z_A
        watch += [internal(f"Z_A{layer}", Z_A), other(f"B{layer}", B)]
        watch.append(output(f"Z_B{layer}", Z_B, parts=[f"delta{i}_{layer}" for i in (1, 2, 3)]))
        x = frozen(f"W{layer}", n, n) @ x + Z_B
    return Program(
        f"stacked ({layers} layers, Init[{init}])",
        -mean_inner(samples.drawn("w", n), x),
        by_name(optimiser),
        watch,
        domain=samples.domain,
        notes=(
            f"initialisation {init}: {INITIALISATIONS[init].statement}",
            "a loss linear in the last layer's output",
            samples.statement,
        ),
    )


def _independent(init: str) -> Initialisation:
    """A start by name. Raises ProgramError for one whose factors are made of other things, or are not both trained."""
    start = pick("initialisation", init, INITIALISATIONS)
    if not start.independent:
        known = ", ".join(name for name, one in INITIALISATIONS.items() if one.independent)
        raise ProgramError(
            f"initialisation {init} is not of two independent factors, which stacked layers are derived from",
            hint=f"name one of {known}",
        )
    return start
