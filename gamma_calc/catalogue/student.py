"""A two-layer ReLU network whose hidden layer has an adapter: the student of arXiv 2406.08447, section 5.4."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.lora import RATES
from gamma_calc.errors import pick
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import iid
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.operations.relu import relu
from gamma_calc.optimisers.names import by_name

STARTS: Final[Mapping[str, Initialisation]] = MappingProxyType(
    {name: i for name, i in INITIALISATIONS.items() if i.independent and name != "general"}
)
READOUTS: Final[Mapping[str, str]] = MappingProxyType({"sp": "-1/2", "mup": "-1"})


@either_spelling
def student(init: str = "A", *, readout: str = "sp", optimiser: str = "adam", lr: str = "shared") -> Program:
    """f = w_out relu(h + B A relu(h)), h = W_in x, for inputs of a fixed dimension; A and B are trained to (f - y)^2.

    ``init`` names a start of independent factors, ``readout`` the scale of the frozen w_out: "sp" n^(-1/2), "mup" n^-1.
    The first layer's h goes past the adapter: without it and without a frozen hidden weight, a zero factor leaves every
    ReLU at 0, where it passes no gradient.
    Raises UnknownName for a name not in its table.

    >>> from gamma_calc import derive
    >>> found = derive(student("A"))
    >>> found.conditions["stable"].region, found.orders["f"]
    (Region('eta <= -1/2'), Order('max(0, 2*eta + 3/2)'))
    """
    entry_a, entry_b = pick("initialisation", init, STARTS).entries()
    rate_a, rate_b = pick("learning-rate scheme", lr, RATES)
    n, r, d = Dim("n", 1), Dim("r", 0), Dim("d", 0)
    h = frozen("W_in", n, d, entry=0) @ data("x", d)
    Z = relu(h)
    A = parameter("A", r, n, init=iid(entry_a), rate=rate_a)
    B = parameter("B", n, r, init=iid(entry_b), rate=rate_b)
    Z_A = A @ Z
    Z_B = B @ Z_A
    f = frozen("w_out", n, entry=pick("readout", readout, READOUTS)) @ relu(h + Z_B)
    error = f - data("y")
    return Program(
        f"student (Init[{init}], readout {readout})",
        error * error,
        by_name(optimiser),
        [
            other("Z", Z),
            internal("Z_A", Z_A),
            output("Z_B", Z_B, parts=("delta1", "delta2", "delta3")),
            other("f", f),
        ],
        notes=("one repeated sample: samples of a fixed dimension overlap at order 0, so a batch has the same orders",),
    )
