"""Identities that hold for every number: what is measured is round-off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch

from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.parametrisations import TRANSFER_TABLES, network
from gamma_calc.catalogue.toy import toy
from gamma_calc.language.program import Program
from validation.arrays.draws import Draws
from validation.evidence.trials.found import Found
from validation.executor.cell import measure_cell
from validation.executor.execute import execute
from validation.executor.plan import Plan
from validation.executor.recorder import RunRecord
from validation.executor.settings import Settings

WIDTH: Final = 1000  # no power of two, nor is its root: scales that are exchanged are rounded
NETWORK: Final = 200  # of a network, whose weights are written out
SEEDS: Final = 16
STEPS: Final = 20
PROGRAMS: Final[Mapping[str, Program]] = {
    "toy": toy("1").substitute({"eta": "-1/2"}),
    "lora": lora("AB", lr="per-factor", loss="scalar").substitute({"eta_A": "-1", "eta_B": "-1/2"}),
}


def sum_of_parts(program: str) -> Found:
    """The largest relative difference between the change of an output and the sum of its three parts."""
    found = measure_cell(PROGRAMS[program], WIDTH, range(SEEDS), Settings(steps=5))
    return Found(float(found.residual.max()), 0, SEEDS)


def merged_start() -> Found:
    """The largest entry that Init[AB+] adds to the layer's output at the start, in float32."""
    program = lora("AB+", scaling="free").substitute({"sigma": "1/2", "eta": "-1/2"})
    found = measure_cell(program, WIDTH, range(SEEDS), Settings(steps=1, dtype="float32"))
    return Found(float(found.sizes[0, :, 0, found.quantities.index("Z_B")].max()), 0, SEEDS)


def same_run(optimiser: str, power: str) -> Found:
    """The largest relative difference, over 20 steps, that (u A, u B, s/u^2, eta u^power) makes to Z_B and the deltas.

    u = n^(1/2), and both runs start from the same random numbers.
    """
    plain = {"sigma": "0", "a0": "-1/2", "b0": "-1/2", "eta": "-1"}
    moved = {"sigma": "-1", "a0": "0", "b0": "0", "eta": f"-1 + {power}/2"}
    program = lora("general", optimiser=optimiser, scaling="free", loss="scalar")
    one, two = (program.substitute(at) for at in (plain, moved))
    return _difference(one, two, ("Z_B", "dZ_B", "delta1", "delta2", "delta3"), WIDTH)


def same_network(optimiser: str, table: str) -> Found:
    """The largest relative difference that a table of muP makes to f and df over 20 steps, against the first table."""
    one, two = (network(**TRANSFER_TABLES[name][optimiser], optimiser=optimiser) for name in ("table 3", table))
    return _difference(one, two, ("f", "df"), NETWORK)


def _difference(one: Program, two: Program, asked: Sequence[str], width: int) -> Found:
    """From the same random numbers."""
    places = [list(one.quantities).index(name) for name in asked]
    first, second = (_run(program, width).sizes[..., places] for program in (one, two))
    off = (first - second).abs() / torch.maximum(first, second)
    return Found(float(off.nan_to_num(0).max()), 0, SEEDS)


def _run(program: Program, width: int) -> RunRecord:
    """With draws that do not depend on the program's exponents."""
    draws = Draws("same run", width, tuple(range(SEEDS)), 1, torch.float64, torch.device("cpu"))
    with torch.inference_mode():
        return execute(Plan(program, width, {}), draws, STEPS, torch.ones(SEEDS, dtype=torch.float64))
