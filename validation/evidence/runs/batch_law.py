"""The law of batches measured along n, r and N together, and the page that records it.

``python -m validation.evidence.runs.batch_law > docs/results/batch.md`` measures everything and prints the page. The
expected exponents are worked out by hand from sums over samples, width and rank; they stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import torch

from gamma_calc.catalogue.adalora import adalora
from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.specimens import full
from gamma_calc.catalogue.vera import vera
from gamma_calc.display.tables import bars
from gamma_calc.language.program import Program
from validation.executor.settings import Settings
from validation.measurement.stable_rate import StableRate, largest_stable_rate

STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class BatchPoint:
    """A start at a rank n^rho and a batch n^beta, with the exponent of its largest stable rate by hand."""

    name: str
    program: Program
    at: Mapping[str, str]
    expected: str
    widths: tuple[int, ...] = (128, 256, 512, 1024, 2048)

    def measured(self, seeds: int, most_seeds: int) -> StableRate:
        """The largest stable rate at each width, and the verdict on the derived exponent."""
        settings = Settings(steps=STEPS)
        return largest_stable_rate(
            self.program, at=self.at, widths=self.widths, seeds=seeds, most_seeds=most_seeds, settings=settings
        )


def _lora(init: str, scaling: str, rho: str, beta: str, expected: str, *widths: int) -> BatchPoint:
    program = lora(init, optimiser="sign", rank="growing", scaling=scaling, batch="growing")
    name = f"Init[{init}], s = {scaling}, r = n^{rho}, N = n^{beta}"
    return BatchPoint(name, program, {"rho": rho, "beta": beta}, expected, *([widths] if widths else []))


def _grown(name: str, program: Program, expected: str, **at: str) -> BatchPoint:
    """Another adapter; ``at`` has the exponents of its rank, where one grows, and of its batch."""
    grown = ", ".join(
        f"{letter} = n^{at[exponent]}" for letter, exponent in (("r", "rho"), ("N", "beta")) if exponent in at
    )
    return BatchPoint(f"{name}, {grown}", program, at, expected)


_VERA: Final = vera(optimiser="sign", rank="growing", batch="growing")
_ADALORA: Final = adalora("orthonormal", optimiser="sign", batch="growing")
POINTS: Final = (
    _lora("A", "alpha/r", "0", "0", "-1/2"),
    _lora("A", "alpha/r", "0", "1/2", "-3/8"),
    _lora("A", "alpha/r", "1/4", "1/2", "-5/16"),
    _lora("A", "alpha/r", "1/2", "1/4", "-3/8"),
    _lora("A", "alpha/r", "0", "1", "-1/4"),
    _lora("A", "alpha/r", "1/2", "1", "-1/8"),
    _lora("A", "alpha/r", "1/2", "5/4", "-1/8", 64, 128, 256, 512),
    _lora("A", "1", "1/2", "1/2", "-1/2"),
    _lora("A", "alpha/sqrt(r)", "1/2", "1/2", "-3/8"),
    _lora("B", "1", "0", "1/2", "-3/4"),
    _lora("B", "1", "1/2", "1/2", "-3/4"),
    _lora("B", "1", "0", "1", "-1/2"),
    BatchPoint("full fine-tuning, N = n^1/2", full("sign", batch="growing"), {"beta": "1/2"}, "-3/4"),
    BatchPoint("full fine-tuning, N = n", full("sign", batch="growing"), {"beta": "1"}, "-1/2", (64, 128, 256, 512)),
    _grown("VeRA", _VERA, "0", rho="1/2", beta="1/2"),
    _grown("AdaLoRA from orthonormal factors", _ADALORA, "-1/4", beta="1/2"),
    _grown("AdaLoRA from orthonormal factors", _ADALORA, "-1/6", beta="1"),
)
HEADS: Final = ("case", "by hand", "derived", "measured", "95 % interval", "verdict", "n", "seeds")


def rows(seeds: int = 4, most_seeds: int = 16) -> Iterator[tuple[str, ...]]:
    """A line of the table for each point, as it is measured."""
    for point in POINTS:
        found = point.measured(seeds, most_seeds)
        row = found.row
        yield (
            point.name,
            point.expected,
            str(row.predicted),
            f"{row.measured:+.3f}",
            f"{row.low:+.3f} .. {row.high:+.3f}",
            " ".join(filter(None, (str(row.verdict.value), row.reason))),
            f"{point.widths[0]} .. {point.widths[-1]}",
            str(found.seeds),
        )


def page() -> Iterator[str]:
    """The page, line by line."""
    yield "# The law of batches, measured\n"
    yield (
        "Printed by `python -m validation.evidence.runs.batch_law`; torch "
        f"{torch.__version__}, float64, on a CPU. [Batches](../batches.md) says what it means.\n"
    )
    yield (
        f"Slopes of the largest stable learning rate in n, where r and N grow with it: sign descent, {STEPS} steps on "
        "one repeated batch, loss linear in the output with an error signal of its own for every sample.\n"
    )
    yield from (bars(HEADS), bars("---" for _ in HEADS))
    yield from map(bars, rows())


if __name__ == "__main__":
    for line in page():
        print(line, flush=True)  # noqa: T201 - what it is for
