"""What the audit says of readouts, embeddings and their adapters, measured at growing widths."""

import pytest

from gamma_calc.catalogue.matrix import matrix
from gamma_calc.language.program import Program
from gamma_calc.practice.roles import readout_adapter

pytest.importorskip("torch")

from validation.measurement.validate import validate
from validation.statistics.verdict import Verdict

HEAD = matrix(optimiser="adam").substitute({"p": 0, "q": 1})
EMBEDDING = matrix(optimiser="adam").substitute({"p": 1, "q": 0})
ADAPTER = readout_adapter("adam").substitute({"rho": 0, "sigma": 0})


@pytest.mark.parametrize(
    ("program", "rate", "quantity", "slope"),
    [
        (HEAD, "-1/2", "dZ_W", 0.5),  # logits grow as the root of the width at an adapter's rate
        (HEAD, "-1", "dZ_W", 0),
        (ADAPTER, "-1/2", "dZ_B", 0),
        (EMBEDDING, "0", "dZ_W", 0),
    ],
)
def test_a_step_moves_the_output_as_derived(program: Program, rate: str, quantity: str, slope: float) -> None:
    found = validate(program, {"eta": rate}, widths=(128, 256, 512, 1024), seeds=8, steps=3)
    assert found.verdict is Verdict.CONFIRMED
    last = next(row for row in found.rows if (row.quantity, row.step) == (quantity, 3))
    assert last.measured == pytest.approx(slope, abs=0.05)
