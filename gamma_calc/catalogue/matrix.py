"""One matrix of n^p rows and n^q columns on one sample: what learning rate an optimiser takes on it."""

from __future__ import annotations

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.samples import domain_of, mean_inner, samples_of
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.initialisation import zero
from gamma_calc.language.leaves import frozen, parameter
from gamma_calc.language.program import Program, other, output
from gamma_calc.optimisers.names import by_name


@either_spelling
def matrix(*, optimiser: str = "adam", batch: str = "one", common: Exponent | None = None) -> Program:
    """(W* + W) x with d_out = n^p, d_in = n^q, and W, what training adds, trained from zero.

    Entries of x are of order one and the loss is a mean over the outputs, so the error signal is 1/d_out: the one-step
    rule of Qiu et al., arXiv 2512.05620. ``batch`` is "one", "fixed" or
    "growing" (N = n^beta samples). Raises UnknownName for a name not in its table.

    >>> from gamma_calc import derive
    >>> [str(derive(matrix(optimiser=name)).conditions["stable"].region) for name in ("sgd", "adam", "muon")]
    ['eta + q <= p & p >= 0 & q >= 0', 'eta + q <= 0 & p >= 0 & q >= 0', '2*eta + q <= p & p >= 0 & q >= 0']
    """
    samples = samples_of(batch, common)
    n, rows, columns = Dim("n", 1), Dim("d_out", "p"), Dim("d_in", "q")
    x = samples.drawn("x", columns)
    W = parameter("W", rows, columns, init=zero, rate="eta")
    moved = W @ x
    z = frozen("W*", rows, columns, entry=columns.exponent / -2) @ x + moved
    return Program(
        "matrix",
        -(n ** order("-p") * mean_inner(samples.drawn("w", rows), z)),
        by_name(optimiser),
        [other("W", W), output("Z_W", moved)],
        domain=domain_of("p >= 0 & q >= 0", samples.domain),
        notes=("a loss that is a mean over the outputs: the error signal is 1/d_out", samples.statement),
    )
