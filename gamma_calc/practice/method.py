"""What is trained, an adapter of the catalogue or the whole matrix: a program with all open that a law needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.adalora import STARTS
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.specimens import full
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.errors import UnknownName, pick
from gamma_calc.language.program import Program
from gamma_calc.practice.adapted_layer import adapted_layer
from gamma_calc.practice.loss_scale import knows_the_scale_of_the_loss
from gamma_calc.studies.largest_rate import known_starts

OF_LORA: Final = MappingProxyType({start.name: start for start in known_starts()})
PEFT: Final = "default"  # the start of peft
ONE, TWO = ("eta",), ("eta_A", "eta_B")
ONE_SAMPLE: Final = "one"


@dataclass(frozen=True, slots=True)
class Method:
    """A way to fine-tune by name. ``build`` takes the optimiser, and a start where there are ``starts``.

    ``start`` is the one where none is named. ``fixed`` names what the program has no exponent for although a run has it
    ("r", "s"): nothing is known of how the rate moves with it; ``fixed_where`` says from which start, under which
    optimiser and on which samples that is so, None that it always is. ``rates`` are its learning rates' exponents.
    """

    name: str
    build: Callable[..., Program]
    start: str | None = None
    starts: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    fixed_where: Callable[[str | None, str, str], bool] | None = None
    has_rank: bool = True
    has_multiplier: bool = True
    rates: tuple[str, ...] = ONE

    def program(self, init: str | None, optimiser: str, samples: str = ONE_SAMPLE, **assumed: object) -> Program:
        """The program, with the start's own name where one is given, on one sample or on growing batches."""
        start = {} if init is None else {"init": init}
        batch = {} if samples == ONE_SAMPLE else {"batch": samples}
        return self.build(optimiser=optimiser, **start, **batch, **assumed)

    def lacks(self, init: str | None, rule: str, samples: str) -> tuple[str, ...]:
        """What of a run the program from a start, under an optimiser and on samples by name, has no exponent for."""
        return self.fixed if self.fixed_where is None or self.fixed_where(init, rule, samples) else ()

    def check_start(self, init: str | None) -> None:
        """Raises UnknownName for a start that the method does not have."""
        if init is None:
            return
        if not self.starts:
            raise UnknownName(f"{self.name} has no choice of a start, and init is {init}", hint="leave init out")
        pick(f"start of {self.name}", init, dict.fromkeys(self.starts))


def _has_many_orders(init: str | None, rule: str, samples: str) -> bool:
    """Has DoRA too many orders to be derived with rank and multiplier open?"""
    return init == "B" or samples != ONE_SAMPLE or knows_the_scale_of_the_loss(rule)


def _dora(init: str, *, optimiser: str, batch: str = ONE_SAMPLE) -> Program:
    """DoRA with rank and multiplier open where its orders are few enough."""
    law = {} if _has_many_orders(init, optimiser, batch) else {"rank": "growing", "scaling": "free"}
    return dora(init, optimiser=optimiser, batch=batch, **law)


_LORA: Final = tuple(OF_LORA)
METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        m.name: m
        for m in (
            Method("lora", adapted_layer, PEFT, _LORA),
            Method("lora+", partial(adapted_layer, lr="per-factor"), PEFT, _LORA, rates=TWO),
            Method("lora-fa", partial(adapted_layer, freeze="A"), PEFT, _LORA),
            Method("lora-frozen-b", partial(adapted_layer, freeze="B"), "B", _LORA),
            Method("dora", _dora, PEFT, _LORA, fixed=("r", "s"), fixed_where=_has_many_orders),
            Method("vera", partial(TARGETS["vera"].build, rank="growing"), has_multiplier=False),
            Method("lora-xs", partial(TARGETS["lora-xs"].build, rank="growing"), fixed=("s",)),
            Method(
                "adalora",
                partial(TARGETS["adalora"].build, rank="growing"),
                "gaussian",
                tuple(STARTS),
                fixed=("s",),
            ),
            Method("full", full, has_rank=False, has_multiplier=False),
        )
    }
)
