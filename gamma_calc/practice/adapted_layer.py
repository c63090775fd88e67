"""The LoRA layer that laws in numbers are derived from: rank and multiplier open, what training adds bounded."""

from __future__ import annotations

from typing import Any, Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.lora import lora
from gamma_calc.language.program import Program, internal, output
from gamma_calc.operations.since_start import since_start

PARTS: Final = ("delta1", "delta2", "delta3")  # of the change of a product
ADDED: Final = "this start adds to the output before anything is trained; what is bounded is what training adds to that"


def adapted_layer(init: str = "A", **options: Any) -> Program:
    """A LoRA layer of which what training adds is watched: a start whose product is not zero adds more, at once.

    ``options`` are those of ``lora``, but for the rank law and the scaling.

    >>> from gamma_calc import derive
    >>> derive(adapted_layer("false"), rho=0, sigma="1/9").conditions["stable"].region
    Region('eta <= -10/9')
    """
    layer = lora(init, rank="growing", scaling="free", **options)
    if not INITIALISATIONS[init].adds_at_once:
        return layer
    added = output("Z_B", since_start(layer.quantity("Z_B").node), parts=PARTS)
    return layer.replaced(
        watch=[internal("Z_A", layer.quantity("Z_A").node), added],
        notes=(*layer.notes, ADDED),
    )
