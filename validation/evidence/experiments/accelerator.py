"""One device measured: sizes up to large widths, a step beside a copy of the parameters, and the processor's numbers.

The layer is LoRA from Init[A] at n^(-1/2) under Adam, in float32. What a step costs is said as the share that a copy
of both factors takes of it: a step that only read and wrote them once would have a share of one.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import Final

import torch

from gamma_calc.catalogue.lora import lora
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.language.program import Program
from gamma_calc.optimisers.adam import adam
from validation.arrays.draws import Draws
from validation.errors import DeviceError
from validation.evidence.experiments.precision.formats import LayerFormats
from validation.evidence.experiments.precision.simulate import LayerSize, RoundedLayer
from validation.executor.budget import check_memory
from validation.executor.cell import measure_cell
from validation.executor.execute import TrainingRun
from validation.executor.plan import Plan
from validation.executor.settings import Settings, checked_seeds, checked_widths, found_device
from validation.measurement.predict import predictions
from validation.statistics.slope import Floats, Points, root_mean_square
from validation.statistics.verdict import Row, Verdict, holm, judged, overall

WATCHED: Final = ("Z_A", "B", "Z_B")
RANK: Final = 5
ROUNDS: Final = 5
WARM: Final = 2
COMPARED: Final = 2**17  # the widest at which the processor is asked for its numbers as well
TOLERANCE: Final = 0.1
SAME: Final = 1e-3  # what float32 sums in another order may be off by


@dataclass(frozen=True, slots=True, eq=False)
class DeviceRow:
    """One width: sizes by name (one for each seed), seconds of a step and of a copy of both factors.

    ``difference`` is the largest relative difference of a factor from the processor's; None where it was not asked, as
    on the processor itself.
    """

    width: int
    sizes: Mapping[str, Floats] = field(repr=False)
    step: float
    copy: float
    difference: float | None

    @property
    def share(self) -> float:
        """Of the bandwidth of a copy."""
        return self.copy / self.step


@dataclass(frozen=True, slots=True)
class DeviceOutcome:
    """A device, its widths, and the verdict on each size."""

    device: str
    rows: tuple[DeviceRow, ...]
    verdicts: tuple[Row, ...]

    @property
    def verdict(self) -> Verdict:
        """Refuted where the processor's numbers are others, otherwise what the sizes say."""
        known = [r.difference for r in self.rows if r.difference is not None]
        return Verdict.REFUTED if max(known, default=0) > SAME else overall(self.verdicts)

    def to_json(self) -> str:
        """One object: the device, a row for each width, the exponents, the verdict."""
        rows = [
            {
                "width": r.width,
                **{name: root_mean_square(x) for name, x in r.sizes.items()},
                "step_seconds": r.step,
                "copy_share": r.share,
                "difference_from_cpu": r.difference,
            }
            for r in self.rows
        ]
        exponents = [
            {"quantity": v.quantity, "derived": str(v.predicted), "measured": v.measured, "verdict": v.verdict.value}
            for v in self.verdicts
        ]
        asked = {"experiment": "accelerator", "device": self.device, "rows": rows, "exponents": exponents}
        return document("experiment", asked | {"verdict": self.verdict.value})


def measure_device(
    device: str,
    widths: Sequence[int],
    seeds: int,
    steps: int,
    on_width: Callable[[int, int], None] = lambda _done, _of: None,
) -> DeviceOutcome:
    """Every width on one device. Raises DeviceError where it is not there, SettingError, BudgetError.

    >>> measure_device("cpu", (64, 128, 256, 512), seeds=4, steps=3).verdicts[0].quantity
    'Z_A'
    """
    if device == "cuda" and not torch.cuda.is_available():
        hint = "--device cpu measures this processor instead, at --widths that it has time for"
        raise DeviceError("no cuda device is there", hint=hint)
    settings = Settings(steps, "float32", found_device(device))
    checked_seeds(seeds, seeds)
    program = _program().replaced(optimiser=adam())
    check_memory(program, checked_widths(widths)[-1], settings)
    rows = []
    for done, width in enumerate(widths, 1):
        rows.append(_row(program, width, seeds, settings))
        on_width(done, len(widths))
    return DeviceOutcome(_name(settings.device), tuple(rows), tuple(_verdicts(program, steps, rows)))


def device_blocks(outcome: DeviceOutcome) -> Iterator[Block]:
    """The widths, the exponents and the verdict, for a terminal."""
    cells = [
        (
            str(r.width),
            *(f"{root_mean_square(r.sizes[name]):.3g}" for name in WATCHED),
            f"{1000 * r.step:.2f}",
            f"{r.share:.2f}",
            "-" if r.difference is None else f"{r.difference:.1e}",
        )
        for r in outcome.rows
    ]
    columns = ("n", *WATCHED, "step, ms", "share of copy", "off the processor by")
    yield Block(f"Init[A] at n^(-1/2) on {outcome.device}", tuple(cells), columns)
    exponents = tuple(
        (v.quantity, str(v.predicted), "-" if v.measured is None else f"{v.measured:+.3f}", v.verdict.value, v.reason)
        for v in outcome.verdicts
    )
    yield Block("Exponents", exponents, ("size", "derived", "measured", "verdict", "why"))
    yield Block("Verdict", ((outcome.verdict.value,),))


def _program() -> Program:
    return lora(init="A").substitute({"eta": "-1/2"})


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else f"cpu, {torch.get_num_threads()} threads"


def _row(program: Program, width: int, seeds: int, settings: Settings) -> DeviceRow:
    cell = measure_cell(program, width, range(seeds), settings)
    sizes = {name: cell.sizes[0, :, -1, cell.quantities.index(name)] for name in WATCHED}
    asked = settings.device != "cpu" and width <= COMPARED
    difference = difference_from_cpu(width, settings) if asked else None
    return DeviceRow(width, sizes, *_seconds(program, width, seeds, settings.device), difference)


def _seconds(program: Program, width: int, seeds: int, device: str) -> tuple[float, float]:
    """Of a step and of a copy, each the median of some rounds."""
    there = torch.device(device)
    with torch.inference_mode():
        draws = Draws("accelerator", width, tuple(range(seeds)), 1, torch.float32, there)
        run, steps = TrainingRun(Plan(program, width, {"r": RANK}), draws, torch.ones(seeds, device=there)), count(1)
        ours, others = (torch.zeros((2, seeds, width, RANK), device=there) for _ in range(2))
        actions = (lambda: run.take_step(next(steps)), lambda: ours.copy_(others))
        rounds = [[_timed(act, device) for act in actions] for _ in range(WARM + ROUNDS)][WARM:]
    step, copy = (statistics.median(times) for times in zip(*rounds, strict=True))
    return step, copy


def _timed(action: Callable[[], object], device: str) -> float:
    start = perf_counter()
    action()
    if device == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - start


def difference_from_cpu(width: int, settings: Settings) -> float:
    """The same draws through the same operations on both, sums added in halves.

    >>> difference_from_cpu(64, Settings(2, "float32", "cpu"))
    0.0
    """
    formats = LayerFormats.of("float32", "float64", "same", 1e-8)
    size = LayerSize(width, RANK, {"A": width**-0.5, "B": 0.0}, width**-0.5)
    factors = []
    with torch.inference_mode():
        for device in ("cpu", settings.device):
            layer = RoundedLayer(size, formats, (0,), device)
            for step in range(1, settings.steps + 1):
                layer.take_step(step)
            factors.append([layer.now[name].cpu() for name in ("A", "B")])
    off = [(one - two).abs().max() / one.abs().max() for one, two in zip(*factors, strict=True)]
    return float(torch.stack(off).max())


def _verdicts(program: Program, steps: int, rows: Sequence[DeviceRow]) -> Iterator[Row]:
    wanted = {p.quantity: p for p in predictions(program, {}, steps) if p.step == steps}
    points = {name: Points.of([r.width for r in rows], [r.sizes[name] for r in rows]) for name in WATCHED}
    yield from holm([judged(wanted[name], points[name], TOLERANCE) for name in WATCHED])
