"""gamma-calc sweep: hands a grid to the numeric side, if that is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.lora import RATES, SCALINGS
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.cli.choices import KINDS, one_of
from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.options import READERS, assignments, config_of, refuse_contradictions
from gamma_calc.cli.output import line
from gamma_calc.cli.parameters import (
    EITHER,
    MANY,
    OPTIMIZERS,
    RANKS,
    Device,
    Executor,
    Settings,
    Steps,
    Target,
    Texts,
    Widths,
)
from gamma_calc.cli.running import fill, refuse_failures
from gamma_calc.errors import UnknownName

EXAMPLES: Final = (
    "gamma-calc sweep cells.sqlite --init A --init B --set eta=-1/2 --set eta=-1 --widths 256:4096 --seeds 8",
    "gamma-calc sweep cells.sqlite --init B --set eta=-1 --executor processes:2 --export cells.csv",
    "gamma-calc sweep cells.sqlite --lr per-factor --set eta_A=-1,eta_B=-1/2 --executor dask:tcp://HOST:8786",
)

AXES: Final = ("init", "optimizer", "lr", "rank", "scaling", "loss")


def _axis(values: Iterable[str], text: str = "{}", **more: Any) -> Parameter:
    return one_of(values, f"{text}; may be repeated", **MANY, **more)


def sweep(
    store: Annotated[Path, Parameter(help="the SQLite file that keeps the results; made where there is none")],
    target: Target = "lora",
    /,
    *,
    init: Annotated[Texts, _axis(KINDS["initialisations"])] = (),
    optimizer: Annotated[Texts, _axis(KINDS["optimisers"], OPTIMIZERS, name=EITHER)] = (),
    lr: Annotated[Texts, _axis(RATES)] = (),
    rank: Annotated[Texts, _axis(RANKS, "fixed or growing (r = n^rho)")] = (),
    scaling: Annotated[Texts, _axis(SCALINGS, "the multiplier s: {}; free is n^sigma")] = (),
    loss: Annotated[Texts, _axis(KINDS["losses"], "what is minimised: {}")] = (),
    set_: Settings = (),
    widths: Widths = "256:4096",
    seeds: Annotated[int, Parameter(help="repetitions of each cell, from seed 0 on")] = 8,
    steps: Steps = 4,
    dtype: Annotated[Literal["float32", "float64"], Parameter(help="kind of numbers")] = "float64",
    device: Device = "auto",
    memory: Annotated[int | None, Parameter(help="bytes that a cell may take (half of what is free)")] = None,
    executor: Executor = "serial",
    export: Annotated[Path | None, Parameter(help="write the results to this .csv or .json file")] = None,
) -> int:
    """Run a grid of cells and keep the results in a file; the same command again resumes.

    Each option that may be repeated is an axis: every combination of its values with those of the others is run.
    """
    chosen = dict(zip(AXES, (init, optimizer, lr, rank, scaling, loss), strict=True))
    name, given = _resolved(target, {option: values for option, values in chosen.items() if values})
    axes = {**_options(name, given), **_exponents(set_)}
    numbers = widths_of(widths)
    refuse_missing("sweep")
    side = numeric("sweep")
    grid = side.Grid(name, axes, numbers, seeds, steps, dtype, device, memory=memory)
    numeric("sweep.refusals").refuse_others(store, name)
    path = export and side.checked_export(export, store)

    def then(kept: Any, found: Any) -> int:
        if path is not None:
            line(f"{path}: {side.export(kept, path, grid)} cells")
        refuse_failures(kept, grid, found)
        sys.stdout.write(f"{store}: {found.done} cells, {found.done - found.before} of them new\n")
        return 0

    return fill(store, grid, executor, then)


def _resolved(target: str, given: Mapping[str, Texts]) -> tuple[str, Mapping[str, Texts]]:
    """The target by name, and the values of its options: a configuration is the LoRA layer with some decided."""
    config = config_of(target)
    if config is None:
        return target, given
    refuse_contradictions(config, {name: values[0] for name, values in given.items()})
    return config.target, {**{name: (value,) for name, value in config.settings.items()}, **given}


def _options(target: str, given: Mapping[str, Texts]) -> dict[str, Texts]:
    """The axes that are options, by the names that the program has for them."""
    known = TARGETS[target].options
    for name in given:
        if name not in known:
            taken = ", ".join(f"--{option}" for option in known if option in AXES)
            raise UnknownName(f"target {target} does not take --{name}", hint=f"it takes {taken}")
    read = {name: tuple(map(READERS.get(name, str), values)) for name, values in given.items()}
    return {known[name]: values for name, values in read.items()}


def _exponents(texts: Texts) -> dict[str, list[str]]:
    """The axes that are exponents; a name given again has one more value."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for name, value in assignments("--set", [text]).items():
            found.setdefault(name, []).append(str(value))
    return found
