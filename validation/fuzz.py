"""The two readings against each other on programs drawn at random: what one refutes is a defect of one of them.

``python -m validation.fuzz --lora 300 --deep 100`` runs any number; a case is found again by its kind and number.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import torch

from gamma_calc import deep_linear, lora
from gamma_calc.catalogue.deep_linear import abc
from gamma_calc.language.program import Program
from validation.result import Validation
from validation.validate import validate
from validation.verdict import Verdict

WIDTHS: Final = tuple(2**k for k in range(7, 14))  # products of Gaussians want seeds more than width
RATES: Final = ("-5/4", "-1", "-3/4", "-1/2", "-1/4", "0")
ENTRIES: Final = ("-inf", "-1", "-1/2", "0")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A program at a point, in words and as objects."""

    text: str
    program: Program
    at: Mapping[str, str]
    steps: int


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A case and what the measurement says of it."""

    case: Case
    validation: Validation

    @property
    def undecided(self) -> float:
        """The share of its rows that are undecided."""
        rows = self.validation.rows
        return sum(r.verdict is Verdict.UNDECIDED for r in rows) / len(rows)

    def __str__(self) -> str:
        refuted = [r for r in self.validation.rows if r.verdict is Verdict.REFUTED]
        lines = [f"{self.case.text}: {len(refuted)} refuted, {self.undecided:.0%} undecided"]
        lines += [f"  {r.quantity} step {r.step}: {r.predicted}, measured {r.measured}: {r.reason}" for r in refuted]
        return "\n".join(lines)


def lora_case(number: int) -> Case:
    """A LoRA layer: starts, rates, optimiser, multiplier, rank law, steps and loss drawn from their lists."""
    draw = random.Random(f"lora {number}")  # noqa: S311 - a test case, not a secret
    a0, b0 = draw.choice([(a, b) for a in ENTRIES for b in ENTRIES if (a, b) != ("-inf", "-inf")])
    options = {
        "optimiser": draw.choice(["sign", "adam", "sgd"]),
        "rank": draw.choice(["fixed", "fixed", "growing"]),
        "scaling": draw.choice(["1", "alpha/r", "alpha/sqrt(r)", "free"]),
        "loss": draw.choice(["linear", "linear", "scalar"]),
        "lr": "per-factor",
    }
    program = lora("general", a0=a0, b0=b0, **options)  # type: ignore[arg-type]
    values = {
        "eta_A": draw.choice(RATES),
        "eta_B": draw.choice(RATES),
        "rho": draw.choice(["1/4", "1/2"]),
        "sigma": draw.choice(["-1/2", "0", "1/2"]),
    }
    steps = draw.choice([1, 2, 3])
    at = {name: value for name, value in values.items() if name in program.variables}
    return Case(f"lora {number} (a0={a0}, b0={b0}, {options}, {at}, {steps} steps)", program, at, steps)


def deep_case(number: int) -> Case:
    """A deep linear network of two to four layers in an abc-parametrisation, stable or not."""
    draw = random.Random(f"deep {number}")  # noqa: S311 - a test case, not a secret
    layers, optimiser = draw.choice([0, 1, 2]), draw.choice(["sgd", "sign"])
    entries = ("0", draw.choice(["1/2", "1"]), draw.choice(["0", "1/2", "1"]))
    rates = tuple(draw.choice(["0", "1/2", "1", "3/2"]) for _ in range(3))
    steps = draw.choice([1, 2])
    program = deep_linear(abc("drawn", (0, 0, 0), entries, rates), hidden_layers=layers, optimiser=optimiser)
    return Case(
        f"deep {number} ({layers} hidden, {optimiser}, b={entries}, c={rates}, {steps} steps)", program, {}, steps
    )


CASES: Final = {"lora": lora_case, "deep": deep_case}


def fuzz(kind: str, first: int, count: int, *, seeds: int = 64, most_seeds: int = 512) -> Iterator[Outcome]:
    """Derive and measure cases of a kind ("lora" or "deep"), one by one."""
    for number in range(first, first + count):
        case = CASES[kind](number)
        found = validate(
            case.program, case.at, widths=WIDTHS, seeds=seeds, most_seeds=most_seeds, steps=case.steps, device="cpu"
        )
        yield Outcome(case, found)


def main(arguments: list[str] | None = None) -> int:
    """Run cases and print what is refuted; 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lora", type=int, default=300)
    parser.add_argument("--deep", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    wanted = parser.parse_args(arguments)
    torch.set_num_threads(1)  # many small programs: run several of these processes instead
    outcomes = []
    for kind in CASES:
        for outcome in fuzz(kind, wanted.first, getattr(wanted, kind)):
            outcomes.append(outcome)
            sys.stdout.write(f"{outcome}\n")
            sys.stdout.flush()
    refuted = sum(o.validation.verdict is Verdict.REFUTED for o in outcomes)
    undecided = sum(o.undecided > 0 for o in outcomes)
    sys.stdout.write(f"{len(outcomes)} programs: {refuted} refuted, {undecided} with rows undecided\n")
    return 1 if refuted else 0


if __name__ == "__main__":
    sys.exit(main())
