"""The two readings against each other on programs drawn at random: what one refutes is a defect of one of them.

``python -m validation.evidence.runs.fuzz --lora 300 --deep 100`` runs any number; a case is found again by its kind
and number. With ``--log FILE`` each case is written down as it is done, and a run that was stopped goes on from there.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch

from gamma_calc import deep_linear, lora
from gamma_calc.catalogue.abc_parametrisations import abc
from gamma_calc.catalogue.mlp import Adapter
from gamma_calc.language.program import Program
from validation.evidence.runs.summary import ProgramRecord, still, summary
from validation.measurement.result import Validation
from validation.measurement.validate import validate
from validation.statistics.verdict import Verdict
from validation.sweep.pools import Processes, as_done

WIDTHS: Final = tuple(k**4 for k in range(3, 8))  # ranks n^(1/4) and n^(1/2) are whole numbers
WIDER: Final = {"fixed": (10**4, 14**4), "1/4": (10**4, 14**4), "1/2": (8**4, 10**4)}  # by the rank's exponent
SIZES: Final[Mapping[str, Sequence[Mapping[str, int]]]] = {  # no exponent depends on them, as it does on no constant
    "fixed": ({"r": 9, "d": 17}, {"r": 3, "d": 1}),  # many parts of a sum have little noise, few have small crossovers
    "1/4": ({"r": 4}, {"r": 1}),
    "1/2": ({}, {"r": 4}),
}
RATES: Final = ("-5/4", "-1", "-3/4", "-1/2", "-1/4", "0")
ENTRIES: Final = ("-inf", "-1", "-1/2", "0")
ADAPTED: Final = 0.4  # of the hidden layers
BOTH: Final = [(a, b) for a in ENTRIES for b in ENTRIES if (a, b) != ("-inf", "-inf")]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A program at a point, in words and as objects."""

    text: str
    program: Program
    at: Mapping[str, str]
    steps: int

    @property
    def sizes(self) -> Sequence[Mapping[str, int]]:
        """The sizes of fixed dimensions or the factor in front of a growing rank: the usual ones, then others."""
        return SIZES[self.at.get("rho", "fixed")]

    @property
    def wider(self) -> tuple[int, ...]:
        """The widths for what smaller ones do not decide."""
        return WIDER[self.at.get("rho", "fixed")]


@dataclass(frozen=True, slots=True, eq=False)
class FuzzOutcome:
    """A case and what the measurement says of it."""

    case: Case
    validation: Validation

    def __str__(self) -> str:
        return str(ProgramRecord.of(self.case.text, self.validation, 0.0))


def lora_case(number: int) -> Case:
    """A LoRA layer: starts, rates, optimiser, multiplier, rank law, steps and loss drawn from their lists."""
    draw = random.Random(f"lora {number}")  # noqa: S311 - a test case, not a secret
    a0, b0 = draw.choice(BOTH)
    options = {
        "optimiser": draw.choice(["sign", "adam", "sgd"]),
        "rank": draw.choice(["fixed", "fixed", "growing"]),
        "scaling": draw.choice(["1", "alpha/r", "alpha/sqrt(r)", "free"]),
        "loss": draw.choice(["linear", "linear", "scalar"]),
        "lr": "per-factor",
    }
    program = lora("general", a0=_open("a0", a0), b0=_open("b0", b0), **options)  # type: ignore[arg-type]
    values = {
        "a0": a0,
        "b0": b0,
        "eta_A": draw.choice(RATES),
        "eta_B": draw.choice(RATES),
        "rho": draw.choice(["1/4", "1/2"]),
        "sigma": draw.choice(["-1/2", "0", "1/2"]),
    }
    steps = draw.choice([1, 2, 3])
    at = {name: value for name, value in values.items() if name in program.variables}
    return Case(f"lora {number} (a0={a0}, b0={b0}, {options}, {at}, {steps} steps)", program, at, steps)


def deep_case(number: int) -> Case:
    """A deep linear network of two to four layers in an abc-parametrisation, stable or not; adapters on some layers."""
    draw = random.Random(f"deep {number}")  # noqa: S311 - a test case, not a secret
    layers, optimiser = draw.choice([0, 1, 2]), draw.choice(["sgd", "sign"])
    entries = ("0", draw.choice(["1/2", "1"]), draw.choice(["0", "1/2", "1"]))
    rates = tuple(draw.choice(["0", "1/2", "1", "3/2"]) for _ in range(3))
    steps = draw.choice([1, 2])
    adapted = [layer for layer in range(2, layers + 2) if draw.random() < ADAPTED]
    drawn = {layer: (*draw.choice(BOTH), draw.choice(RATES), draw.choice(RATES)) for layer in adapted}
    names = {layer: [f"{name}{layer}" for name in ("a0_", "b0_", "eta_A", "eta_B")] for layer in adapted}
    program = deep_linear(
        abc("drawn", (0, 0, 0), ("0", "b2", "b3"), ("c1", "c2", "c3")),
        hidden_layers=layers,
        optimiser=optimiser,
        adapters={layer: Adapter(*map(_open, names[layer], drawn[layer])) for layer in adapted},
    )
    values = dict(zip(("b2", "b3", "c1", "c2", "c3"), (*entries[1:], *rates), strict=True))
    for layer in adapted:
        values |= dict(zip(names[layer], drawn[layer], strict=True))
    at = {name: value for name, value in values.items() if name in program.variables}
    words = f"{layers} hidden, {optimiser}, b={entries}, c={rates}, adapters {drawn or 'none'}, {steps} steps"
    return Case(f"deep {number} ({words})", program, at, steps)


def _open(name: str, value: str) -> str:
    """The exponent by its name, so that the monomials that hold it are told apart; a zero start is no exponent."""
    return value if value == "-inf" else name


CASES: Final = {"lora": lora_case, "deep": deep_case}


def fuzz(kind: str, first: int, count: int, **settings: Any) -> Iterator[FuzzOutcome]:
    """Derive and measure cases of a kind ("lora" or "deep"), one by one; settings of ``validate`` may be given."""
    for number in range(first, first + count):
        case = CASES[kind](number)
        yield FuzzOutcome(case, _measured(case, **settings))


def _measured(case: Case, **settings: Any) -> Validation:
    usual: dict[str, Any] = {"widths": WIDTHS, "wider": case.wider, "sizes": case.sizes[0], "seeds": 64}
    return validate(case.program, case.at, steps=case.steps, device="cpu", **{**usual, "most_seeds": 2048, **settings})


def _case(name: str) -> Case:
    """The case of a name such as "lora 7"."""
    torch.set_num_threads(1)  # many small programs: run several of these processes instead
    kind, number = name.split()
    return CASES[kind](int(number))


def _record(name: str) -> ProgramRecord:
    case, start = _case(name), time.perf_counter()
    return ProgramRecord.of(case.text, _measured(case), time.perf_counter() - start)


def _again(record: ProgramRecord) -> ProgramRecord:
    """What is left in doubt, with more seeds: at other sizes of the fixed dimensions, then at the usual ones."""
    case, start = _case(record.name), time.perf_counter()
    doubts = record.doubts
    for sizes in reversed(case.sizes):
        if doubts:
            asked = [(d.quantity, d.step) for d in doubts]
            found = _measured(case, sizes=sizes, only=asked, seeds=256, most_seeds=8192)
            doubts = still(doubts, found.rows)
    return replace(record, doubts=doubts, tries=record.tries + 1, seconds=record.seconds + time.perf_counter() - start)


def main(arguments: list[str] | None = None) -> int:
    """Run cases and print what is refuted and why the rest is undecided; 1 if anything is refuted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lora", type=int, default=300, help="how many LoRA programs")
    parser.add_argument("--deep", type=int, default=100, help="how many deep linear networks")
    parser.add_argument("--first", type=int, default=0, help="the number of the first of each")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--log", type=Path, help="file with a line for each case done; those in it are not run again")
    wanted = parser.parse_args(arguments)
    names = [f"{kind} {wanted.first + i}" for kind in CASES for i in range(getattr(wanted, kind))]
    known = _read(wanted.log)
    pool = Processes(wanted.jobs)
    for record in as_done(pool, _record, [name for name in names if name not in known]):
        known[record.name] = _told(record, wanted.log)
    once = [known[name] for name in names if known[name].doubts and known[name].tries == 1]
    for record in as_done(pool, _again, once):
        known[record.name] = _told(record, wanted.log)
    records = [known[name] for name in names]
    sys.stdout.write(f"{summary(records)}\n")
    return 1 if any(r.verdict is Verdict.REFUTED for r in records) else 0


def _read(log: Path | None) -> dict[str, ProgramRecord]:
    lines = log.read_text(encoding="utf-8").splitlines() if log is not None and log.exists() else []
    records = [ProgramRecord.from_data(json.loads(line)) for line in lines]
    return {record.name: record for record in records}


def _told(record: ProgramRecord, log: Path | None) -> ProgramRecord:
    sys.stdout.write(f"{record}\n")
    sys.stdout.flush()
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(record.as_data())}\n")
    return record


if __name__ == "__main__":
    sys.exit(main())
