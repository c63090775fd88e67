"""A transferred rate, run: a step adds as much to the output at the target as it did at the known setting."""

from dataclasses import replace
from fractions import Fraction
from math import log

import numpy as np
import pytest

from gamma_calc import Setting, lora, transfer
from gamma_calc.practice.setting_law import SettingLaw

pytest.importorskip("torch")

from validation import Settings, measure_cell

SEEDS = range(12)
SMALL = Setting(n=256, r=4, alpha=8)


def measured_step(setting: Setting, lr: float, steps: int) -> float:
    """The size of what the last of some steps adds to the output, over seeds."""
    law = SettingLaw(setting)
    exponents = {
        name: Fraction(law.numbers[name] / law.numbers["n"]).limit_denominator(10**6) for name in ("rho", "sigma")
    }
    program = lora(setting.start or "", rank="growing", scaling="free").substitute({"eta": 0, **exponents})
    cell = measure_cell(program, setting.n or 0, seeds=SEEDS, settings=Settings(steps=steps), rates=[lr])
    sizes = cell.sizes[0, :, steps, cell.quantities.index("dZ_B")]
    return float(np.sqrt(np.mean(sizes**2)))


def grown(known: Setting, lr: float, target: Setting, principle: str, steps: int) -> float:
    """The logarithm of how much larger the last step is at the target, at the rate that a principle carries there."""
    found = transfer(replace(known, lr=lr), target)
    factor = found.by[principle]
    assert isinstance(factor, float)
    return log(measured_step(found.target.setting, factor * lr, steps) / measured_step(known, lr, steps))


@pytest.mark.parametrize("lr", [1e-6, 4e-2], ids=["linear", "quadratic"])
@pytest.mark.parametrize("target", [Setting(n=4096), Setting(r=32, rslora=True), Setting(alpha=2)], ids=str)
def test_a_step_keeps_its_measured_size(lr: float, target: Setting) -> None:
    assert grown(SMALL, lr, target, "step", steps=4) == pytest.approx(0, abs=0.25)


@pytest.mark.parametrize(
    ("known", "lr", "target"),
    [
        (replace(SMALL, init="B"), 1e-5, Setting(n=2048, r=16, alpha=32)),
        (replace(SMALL, init="gaussian"), 1e-6, Setting(n=1024, r=16)),
    ],
    ids=["B", "gaussian"],
)
def test_so_does_that_of_other_starts(known: Setting, lr: float, target: Setting) -> None:
    assert grown(known, lr, target, "step", steps=4) == pytest.approx(0, abs=0.25)


def test_over_a_run_the_edge_s_factor_keeps_what_that_of_one_step_does_not() -> None:
    """Below the knee one step is free of n. After 64 of them at a quarter of the knee moves have added up."""
    known, lr, target, steps = SMALL, 0.25 / 256, Setting(n=4096), 64
    assert grown(known, lr, target, "edge", steps) == pytest.approx(0, abs=0.25)
    assert grown(known, lr, target, "step", steps) > 1
