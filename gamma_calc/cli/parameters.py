"""Options that several commands take, with the words that explain them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.lora import SCALINGS
from gamma_calc.catalogue.mlp import ACTIVATIONS
from gamma_calc.catalogue.samples import SAMPLES
from gamma_calc.catalogue.targets import SCHEMES
from gamma_calc.cli.choices import KINDS, names_and_files, one_of

MANY: Final[dict[str, Any]] = {"show_default": False, "negative": ()}  # of an option that may be repeated
EITHER: Final = ("--optimizer", "--optimiser")
OPTIMIZERS: Final = (
    f"{', '.join(KINDS['optimisers'])}; adamw is adam [default: adam; toy: sgd; mlp and deep-linear: "
    "what the parametrisation's rates are for]"
)

OPTIMIZER: Final = one_of(KINDS["optimisers"], OPTIMIZERS, name=EITHER)
LR: Final = one_of(
    SCHEMES,
    "shared (eta), per-factor (eta_A, eta_B) or, for mlp, per-layer (eta_1, eta_2 ...) and own (those of the "
    "parametrisation); for a number see transfer [default: shared; mlp: own]",
)
RANKS: Final = ("fixed", "growing")
RANK: Final = one_of(RANKS, "fixed or growing (r = n^rho) [default: fixed; rslora: growing]")
BATCH: Final = one_of(SAMPLES, "samples at each step: one, fixed or growing (N = n^beta) [default: one]")
COMMON: Final = Parameter(help="c: the samples of a batch share a part n^-c, inputs and error signals [default: none]")
SCALING: Final = one_of(SCALINGS, "the multiplier s: {}; free is n^sigma [default: 1]")
LOSS: Final = one_of(KINDS["losses"], "what is made of the output: {} [default: linear]")
INIT: Final = one_of(
    (*KINDS["initialisations"], *KINDS["parametrisations"]),
    f"the start: {', '.join(KINDS['initialisations'])} (toy: 1, 2; mlp and deep-linear: "
    f"{', '.join(KINDS['parametrisations'])}) [default: A; lora-frozen-b: B; dora: default; adalora: gaussian; "
    "toy: 1; mlp and deep-linear: mup]",
)
DEPTH: Final = Parameter(help="of mlp: how many weight matrices, 2 or more [default: 3]")
ACTIVATION: Final = one_of(ACTIVATIONS, "of mlp: {} [default: linear]")
RESIDUAL: Final = Parameter(help="of mlp: add to each hidden layer what it was given", negative=())
LAYERS: Final = Parameter(help="of stacked: how many layers, an adapter on each [default: 2]")

Texts = tuple[str, ...]
Target = Annotated[
    str,
    Parameter(
        help="a name of the catalogue, a peft adapter_config.json, or its folder",
        completer=names_and_files(KINDS["targets"]),
    ),
]
RecordFile = Annotated[Path | None, Parameter(help="keep what is found in this file; the same again resumes")]
ExperimentStore = Annotated[Path, Parameter(help="the SQLite file that keeps the results")]
Widths = Annotated[str, Parameter(help="LOW:HIGH in powers of two, or a list")]
Steps = Annotated[int, Parameter(help="training steps")]
Device = Annotated[Literal["auto", "cpu", "cuda"], Parameter(help="where to run")]
Executor = Annotated[
    str, Parameter(name=("--executor", "--jobs"), help="serial, processes:N (or N alone) or dask:ADDRESS")
]
Settings = Annotated[Texts, Parameter(name="--set", help="an exponent's value: eta=-1/2; may be repeated", **MANY)]
TimeLimit = Annotated[float | None, Parameter(help="seconds; then what is known by then is printed, exit code 3")]
PRINTED: Final = Parameter(help="how to print")
