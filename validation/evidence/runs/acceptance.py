"""What the measurement must show, as data, and the page that records it.

``python -m validation.evidence.runs.acceptance > docs/results/acceptance.md`` measures everything and prints the page,
in about a quarter of an hour on one core; parts may be named. The expected exponents are those of the sources, not of
the derivation, and stand for themselves: a derivation that says otherwise is an error of this package or of the source.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import torch

from gamma_calc.catalogue.lora import lora
from gamma_calc.display.tables import bars
from gamma_calc.exponents import order
from gamma_calc.language.expression import Time
from gamma_calc.language.leaves import Change
from gamma_calc.language.program import Program, other
from validation.measurement.result import Validation
from validation.measurement.stable_rate import largest_stable_rate
from validation.measurement.validate import WIDTHS, validate
from validation.statistics.verdict import Row

QUANTITIES: Final = ("Z_A", "B", "Z_B", "delta1", "delta2", "delta3")


@dataclass(frozen=True, slots=True)
class ChosenPoint:
    """A LoRA layer at fixed rates: the exponents of ``QUANTITIES`` after a step, in the order of that list."""

    name: str
    options: Mapping[str, Any]
    at: Mapping[str, str]
    step: int
    expected: str

    @property
    def exponents(self) -> dict[str, Fraction]:
        """Quantity to expected exponent."""
        return dict(zip(QUANTITIES, map(Fraction, self.expected.split()), strict=True))

    def measured(self, **settings: Any) -> Validation:
        """Each of the quantities at the step; ``settings`` are those of ``validate``."""
        program = lora(**self.options, lr="per-factor")
        only = [(name, self.step) for name in QUANTITIES]
        return validate(program, self.at, steps=self.step, only=only, **settings)


def _point(init: str, eta: str, step: int, expected: str, **options: Any) -> ChosenPoint:
    rates = eta.split()
    beside = "".join(f", {name} {value}" for name, value in options.items())
    name = f"Init[{init}] {'(' + ', '.join(rates) + ')' if len(rates) == 2 else 'e = ' + eta}{beside}"
    at = {"eta_A": rates[0], "eta_B": rates[-1]}
    return ChosenPoint(name, {"optimiser": "sign"} | options | {"init": init}, at, step, expected)


TABLE: Final = (
    _point("A", "-1", 3, "0 -1 -1 -1 -1 -1"),
    _point("A", "-3/4", 3, "1/4 -3/4 -1/2 -1/2 -1/2 -1/2"),
    _point("A", "-1/2", 2, "1/2 -1/2 0 0 -1/2 0"),
    _point("A", "-1/2", 3, "1/2 -1/2 0 0 0 0"),
    _point("A", "-1/4", 3, "3/4 -1/4 1/2 1/2 1/2 1/2"),
    _point("B", "-1", 2, "0 0 0 0 -1 -1"),
    _point("B", "-1/2", 2, "1/2 0 1/2 1/2 0 0"),
    _point("A", "-1 0", 3, "0 0 0 0 0 0"),
    _point("B", "-1 0", 3, "0 0 0 0 0 0"),
    _point("A", "-3/4 -1/4", 3, "1/4 -1/4 0 0 0 0"),
    _point("AB", "-1", 3, "0 -1/2 -1/2 -1/2 -1 -1"),
    _point("AB", "-1/2", 3, "1/2 -1/2 0 0 0 0"),
    _point("A", "-1/2", 3, "1/2 -1/2 0 0 0 0", optimiser="adam"),
    _point("A", "-1/2", 3, "1/2 -1/2 0 0 0 0", batch=8),
)


@dataclass(frozen=True, slots=True)
class ExpectedRate:
    """The largest rate that keeps the output within 1, and how near its exponent must be."""

    init: str
    value: str
    tolerance: float
    options: Mapping[str, str] = field(default_factory=dict)
    at: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """In words."""
        beside = [*(f"{name} {value}" for name, value in self.options.items())]
        return ", ".join((f"Init[{self.init}]", *beside, *(f"{name} = {value}" for name, value in self.at.items())))

    def measured(self, **settings: Any) -> Any:
        """The edge at each width; ``settings`` are those of ``largest_stable_rate``."""
        program = lora(self.init, **self.options)  # type: ignore[arg-type]
        return largest_stable_rate(program, at=self.at, tolerance=self.tolerance, **settings)


TOLERANCES: Final = {"A": 0.05, "B": 0.07, "AB": 0.1}
FIXED: Final = {"A": "-1/2", "B": "-1", "AB": "-1/2"}
GROWING: Final = {  # at r = n^1/2: (s r n)^-1/2, min(1/(s n), (s r n)^-1/2), and for both factors the first
    "A": {"1": "-3/4", "alpha/sqrt(r)": "-5/8", "alpha/r": "-1/2"},
    "B": {"1": "-1", "alpha/sqrt(r)": "-3/4", "alpha/r": "-1/2"},
    "AB": {"1": "-3/4", "alpha/sqrt(r)": "-5/8", "alpha/r": "-1/2"},
}
EDGES: Final = tuple(
    ExpectedRate(init, value, TOLERANCES[init], {"optimiser": optimiser, "loss": loss})
    for optimiser, loss in (("sign", "linear"), ("sign", "readout"), ("adam", "linear"))
    for init, value in FIXED.items()
)
RANKS: Final = tuple(
    ExpectedRate(
        init,
        value,
        TOLERANCES[init],
        {"optimiser": "sign", "loss": "linear", "rank": "growing", "scaling": scaling},
        {"rho": "1/2"},
    )
    for init, values in GROWING.items()
    for scaling, value in values.items()
)


def on_a_sample(init: str, optimiser: str, *, fresh: bool) -> Program:
    """A LoRA layer that watches ``g_A Z``: what a step adds to A, over the rate, applied to the sample of the next."""
    program = lora(init, optimiser=optimiser, fresh=fresh)
    A, Z = program.quantities["A"].node, program.quantities["Z"].node
    seen = Z.shape[0] ** order("-eta") * (Change(A, Time.PREVIOUS) @ Z)  # type: ignore[arg-type]
    return program.replaced(watch=[*program.watch, other("g_A Z", seen)])


ASSUMPTION: Final = tuple(
    (init, optimiser, fresh) for init in ("A", "B") for optimiser in ("sign", "adam") for fresh in (False, True)
)


# -- the page ----------------------------------------------------------------------------------------------------------


def table() -> Iterator[str]:
    """The reference table: every quantity of every case."""
    yield "## Exponents of a layer in training"
    yield ""
    yield f"Linear loss, one repeated sample unless a batch is named, rank 5, widths {WIDTHS[0]} to {WIDTHS[-1]}."
    yield ""
    yield from _head("case", "t", "quantity")
    for case in TABLE:
        found = case.measured(seeds=32, most_seeds=512)
        for name, expected in case.exponents.items():
            row = found.row(name, case.step)
            yield bars((case.name, str(case.step), name, *_cells(row, expected), str(found.seeds)))


def edges() -> Iterator[str]:
    """The largest stable rates at fixed rank."""
    yield "## Largest stable rate"
    yield ""
    yield "The largest rate with max over five steps of RMS(Z_B) <= 1, for each seed; rank 5, widths 256 to 32768. The"
    yield "slope of the rate with the least mean loss is for information: where the loss is flat about its minimum"
    yield "(from Init[B] here) it says little."
    yield ""
    yield from _edges(EDGES, seeds=16, most_seeds=256)


def ranks() -> Iterator[str]:
    """The largest stable rates at a growing rank."""
    yield "## Largest stable rate at rank n^(1/2)"
    yield ""
    yield from _edges(RANKS, seeds=8, most_seeds=32)


def assumption() -> Iterator[str]:
    """The sum g_A Z on the same sample and on fresh ones."""
    yield "## The update on the sample: g_A Z"
    yield ""
    yield "After the third step; the derivation says the same of both cases (`fresh` draws a new sample at every step)."
    yield ""
    yield from _head("case", "sample", "quantity")
    for init, optimiser, fresh in ASSUMPTION:
        program = on_a_sample(init, optimiser, fresh=fresh)
        at, only = {"eta": "-3/4"}, [("g_A Z", 3)]
        found = validate(program, at, widths=WIDTHS, seeds=64, most_seeds=1024, steps=3, only=only)
        expected = Fraction(1, 2) if fresh else Fraction(1)
        sample = "fresh" if fresh else "repeated"
        cells = _cells(found.row("g_A Z", 3), expected)
        yield bars((f"Init[{init}], {optimiser}", sample, "g_A Z", *cells, str(found.seeds)))


def _edges(cases: tuple[ExpectedRate, ...], **settings: Any) -> Iterator[str]:
    yield from _head("case", "tolerance", "loss-optimal slope")
    for case in cases:
        found = case.measured(**settings)
        optimal = "" if found.loss_optimal is None else f"{found.loss_optimal:+.2f}"
        cells = _cells(found.row, Fraction(case.value))
        yield bars((case.name, str(case.tolerance), optimal, *cells, str(found.seeds)))


def _head(*names: str) -> Iterator[str]:
    columns = (*names, "expected", "derived", "measured", "95 % interval", "verdict", "seeds")
    yield bars(columns)
    yield bars("---" for _ in columns)


def _cells(row: Row, expected: Fraction) -> tuple[str, ...]:
    reason = "" if row.verdict.value == "confirmed" else f" ({row.reason})"
    low, high = row.low or 0, row.high or 0
    return (
        str(expected),
        str(row.predicted),
        f"{row.measured or 0:+.3f}",
        f"{low:+.3f} .. {high:+.3f}",
        f"{row.verdict.value}{reason}",
    )


PARTS: Final[Mapping[str, Callable[[], Iterator[str]]]] = {
    "table": table,
    "edges": edges,
    "ranks": ranks,
    "assumption": assumption,
}


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts named, all by default, and print the page."""
    parser = argparse.ArgumentParser(
        prog="python -m validation.evidence.runs.acceptance", description="What must be shown, measured."
    )
    parser.add_argument("parts", nargs="*", choices=(*PARTS, []), help="what to measure; everything by default")
    parts = parser.parse_args(arguments).parts or list(PARTS)
    _say("# What the measurement must show")
    _say("")
    _say(
        f"Printed by `python -m validation.evidence.runs.acceptance {' '.join(parts)}`; torch {torch.__version__}, "
        "float64, one CPU."
    )
    for part in parts:
        _say("")
        begun = time.monotonic()
        for line in PARTS[part]():
            _say(line)
        _say("")
        _say(f"{time.monotonic() - begun:.0f} s.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
