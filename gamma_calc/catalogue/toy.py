"""The scalar-output LoRA toy model f = b a'x of LoRA+ (arXiv 2402.12354), section 3.1."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.lora import RATES
from gamma_calc.catalogue.samples import SAMPLES
from gamma_calc.errors import pick
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import Init, iid, zero
from gamma_calc.language.leaves import data, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.optimisers.names import by_name

STARTS: Final[Mapping[str, tuple[Init, Init]]] = MappingProxyType({"1": (iid("-1/2"), zero), "2": (zero, iid(0))})


@either_spelling
def toy(init: str = "1", *, optimiser: str = "sgd", lr: str = "shared", batch: str = "one") -> Program:
    """f = b (a'x) with one sample or a batch, and an error signal U of order one.

    ``init`` is "1" (a random with variance 1/n, b = 0) or "2" (a = 0, b random). ``lr`` is "shared" or "per-factor",
    ``batch`` "one", "fixed" or "growing" (N = n^beta samples, the loss their mean). Raises
    UnknownName for a name not in its table.

    >>> from gamma_calc import derive
    >>> derive(toy("1")).conditions["stable"].region
    Region('eta <= -1/2')
    """
    start_a, start_b = pick("toy initialisation", init, STARTS)
    rate_a, rate_b = pick("learning-rate scheme", lr, RATES)
    samples = pick("batch", batch, SAMPLES)
    n = Dim("n", 1)
    axes = samples.shape(n)
    x, U = data("x", *axes), data("U", *axes[1:])
    a = parameter("a", n, init=start_a, rate=rate_a)
    b = parameter("b", init=start_b, rate=rate_b)
    u = a @ x
    f = b * u
    return Program(
        f"toy (Init[{init}])",
        U * f if samples.axis is None else samples.axis**-1 * (U @ f),
        by_name(optimiser),
        [internal("u", u), other("b", b), output("f", f, parts=("delta1", "delta2", "delta3"))],
        domain=samples.domain,
        notes=(
            "one repeated sample" if samples.axis is None else f"{samples.statement}, repeated",
            "the error signal U is of order one and keeps its sign",
        ),
    )
