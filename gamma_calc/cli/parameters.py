"""Options that several commands take, with the words that explain them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

MANY: Final[dict[str, Any]] = {"show_default": False, "negative": ()}  # of an option that may be repeated
OPTIMIZERS: Final = "adam, sign, sgd, muon, riemannian-adam, ..."
RATES: Final = "shared (eta) or per-factor (eta_A, eta_B)"
RANKS: Final = "fixed or growing (r = n^rho)"

Texts = tuple[str, ...]
Target = Annotated[str, Parameter(help="a name of the catalogue, or a peft adapter_config.json")]
RecordFile = Annotated[Path | None, Parameter(help="keep what is found in this file; the same again resumes")]
Widths = Annotated[str, Parameter(help="LOW:HIGH in powers of two, or a list")]
Steps = Annotated[int, Parameter(help="training steps")]
Device = Annotated[Literal["auto", "cpu", "cuda"], Parameter(help="where to run")]
Executor = Annotated[str, Parameter(help="serial, processes:N or dask:ADDRESS")]
Settings = Annotated[Texts, Parameter(name="--set", help="an exponent's value: eta=-1/2; may be repeated", **MANY)]
PRINTED: Final = Parameter(help="how to print")
