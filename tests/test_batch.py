"""A batch of a few samples: the orders of one sample, and a gradient that is no single outer product."""

import pytest

from gamma_calc import derive, lora
from gamma_calc.errors import ProgramError


@pytest.mark.parametrize("optimiser", ["sign", "adam"])
@pytest.mark.parametrize("loss", ["linear", "readout"])
@pytest.mark.parametrize("init", ["A", "B", "AB"])
def test_a_few_samples_have_the_orders_of_one(init: str, loss: str, optimiser: str) -> None:
    one, few = (derive(lora(init, optimiser=optimiser, loss=loss, batch=batch)) for batch in (1, 3))
    for name in ("Z_A", "B", "Z_B", "delta1", "delta2"):
        assert one.orders[name] == few.orders[name], name
    assert one.conditions["stable"].region == few.conditions["stable"].region


def test_the_losses_of_the_samples_add_and_the_first_is_watched() -> None:
    program = lora(batch=2)
    assert str(program.loss) == "-w (W* Z + B (A Z)) + -w2 (W* Z2 + B (A Z2))"
    assert str(program.quantities["Z_A"].node) == "A Z"
    assert "a batch of 2 samples whose losses add; the first is watched" in program.notes


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(ProgramError) as caught:
        lora(batch=0)
    assert str(caught.value) == "0 samples in a batch; give a whole number from 1 to 1000"
