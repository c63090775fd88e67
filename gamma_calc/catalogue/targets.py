"""The catalogue as the command line sees it: each name, what it stands for, and the options it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.adalora import adalora
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.lora import RATES, lora
from gamma_calc.catalogue.lora_xs import lora_xs
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.catalogue.mlp import LAYER_RATES, mlp
from gamma_calc.catalogue.stacked import stacked
from gamma_calc.catalogue.toy import toy
from gamma_calc.catalogue.vera import vera
from gamma_calc.language.program import Program

_BATCH: Final = {"batch": "batch", "common": "common"}
_LORA: Final = {
    "init": "init",
    "optimizer": "optimiser",
    "lr": "lr",
    "rank": "rank",
    "scaling": "scaling",
    "loss": "loss",
    "assume": "assume",
    **_BATCH,
}
_STARTS: Final = ("a0", "b0", "tau")
_LAYER: Final = {"optimizer": "optimiser", "rank": "rank", "loss": "loss", **_BATCH}


def _without(option: str) -> Mapping[str, str]:
    """The options of a LoRA layer but the one that the target's name stands for."""
    return {name: argument for name, argument in _LORA.items() if name != option}


@dataclass(frozen=True, slots=True)
class Target:
    """A program by name. ``options`` maps an option of the command line to the argument of ``build`` that it sets.

    ``starts`` are the entry exponents of the start that ``--set`` may give whatever the initialisation is.
    """

    name: str
    statement: str
    build: Callable[..., Program]
    options: Mapping[str, str]
    starts: tuple[str, ...] = ()


SCHEMES: Final = tuple(dict.fromkeys((*RATES, *LAYER_RATES)))  # of learning rates, as --lr names them

TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        t.name: t
        for t in (
            Target("lora", "a LoRA layer, W* Z + s B A Z", lora, _LORA, _STARTS),
            Target(
                "rslora",
                "a LoRA layer with s = alpha/sqrt(r), the rank growing",
                partial(lora, rank="growing", scaling="alpha/sqrt(r)"),
                _without("scaling"),
                _STARTS,
            ),
            Target(
                "lora+",
                "a LoRA layer with a rate for each factor",
                partial(lora, lr="per-factor"),
                _without("lr"),
                _STARTS,
            ),
            Target("lora-fa", "a LoRA layer with A frozen", partial(lora, freeze="A"), _LORA, _STARTS),
            Target(
                "lora-frozen-b",
                "a LoRA layer with B random and frozen",
                partial(lora, init="B", freeze="B"),
                _LORA,
                _STARTS,
            ),
            Target(
                "lora-xs",
                "an r x r matrix between frozen factors of W*, W* Z + B R A Z",
                lora_xs,
                _LAYER,
                ("tau",),
            ),
            Target("vera", "two vectors around frozen random factors, W* Z + b * (B (d * (A Z)))", vera, _LAYER),
            Target(
                "adalora",
                "a trained decomposition, W* Z + P (lambda * (Q Z)); --init gaussian or orthonormal",
                adalora,
                {"init": "init", **_LAYER},
                ("a0", "b0"),
            ),
            Target(
                "dora",
                "a LoRA layer with rows of trained length, m * (W* + s B A) Z / |W* + s B A|",
                dora,
                {
                    "init": "init",
                    "optimizer": "optimiser",
                    "rank": "rank",
                    "scaling": "scaling",
                    "loss": "loss",
                    "batch": "batch",
                },
            ),
            Target(
                "toy",
                "the scalar model f = b a'x of LoRA+, from start 1 or 2",
                toy,
                {"init": "init", "optimizer": "optimiser", "lr": "lr", "batch": "batch"},
            ),
            Target(
                "deep-linear",
                "a linear network trained whole; --init names its parametrisation",
                deep_linear,
                {"init": "parametrisation", "optimizer": "optimiser", **_BATCH},
            ),
            Target(
                "mlp",
                "a network of --depth weights trained whole, linear, relu or tanh; --init names its parametrisation",
                mlp,
                {
                    "init": "parametrisation",
                    "depth": "depth",
                    "activation": "activation",
                    "residual": "residual",
                    "optimizer": "optimiser",
                    "lr": "lr",
                    **_BATCH,
                },
            ),
            Target(
                "matrix",
                "one matrix of n^p rows and n^q columns, trained whole",
                matrix,
                {"optimizer": "optimiser", **_BATCH},
            ),
            Target(
                "stacked",
                "linear layers with an adapter on each, trained together; --layers says how many",
                stacked,
                {"init": "init", "layers": "layers", "optimizer": "optimiser", **_BATCH},
            ),
        )
    }
)
