"""Results on a student network that is trained to a teacher's answers: arXiv 2406.08447, section 5.4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from validation.evidence.checks import Check, Largest, Orders, Ratio, Where
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED, INITIALISATION
from validation.evidence.measure import Instruments, Measurement, Reading, on_claim, within
from validation.evidence.setting import on

WIDTHS: Final = (64, 128, 256, 512, 1024)
SEEDS: Final = 12
TOLERANCE: Final = Fraction(1, 10)  # of the experiment
EDGE, BEST, FEATURE = "largest stable rate", "rate of the least loss", "Z_A"
AROUND: Final = {EDGE: "1e-4:1:17", BEST: "2e-4:0.6:15", FEATURE: "2e-4:0.6:15"}  # the rates that each lies among


@dataclass(frozen=True, slots=True)
class Students(Measurement):
    """In the teacher-student experiment these starts have these exponents of a quantity after some steps."""

    quantity: str
    readout: str
    exponents: tuple[tuple[str, str], ...]
    steps: int = 20

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        found = _run(
            instruments.experiments,
            tuple(init for init, _ in self.exponents),
            self.readout,
            self.steps,
            AROUND[self.quantity],
        )
        for init, exponent in self.exponents:
            asked = f"students from {init}, readout {self.readout}: exponent of {self.quantity}{within(TOLERANCE)}"
            yield on_claim(asked, exponent, found.of(init, self.readout, self.quantity, self.steps).row, SEEDS)


@dataclass(frozen=True, slots=True)
class Larger(Measurement):
    """A quantity is larger for students from ``one`` start than from ``two``, at every width from ``width`` on."""

    quantity: str
    readout: str
    one: str
    two: str
    width: int
    steps: int = 5

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        outcome = _run(instruments.experiments, (self.one, self.two), self.readout, self.steps, AROUND[self.quantity])
        found = outcome.ratio(self.readout, self.quantity, self.steps, (self.one, self.two), self.width)
        asked = f"students, readout {self.readout}: {self.quantity} from {self.one} over that from {self.two}"
        measured = f"{found.least:.3g} .. {found.most:.3g}"
        yield Reading(f"{asked}, n >= {self.width}", "> 1", measured, found.above_one, found.reason, SEEDS)


def _run(experiments: Any, inits: tuple[str, ...], readout: str, steps: int, rates: str) -> Any:
    grid = experiments.TeacherStudent(inits, (readout,), WIDTHS, SEEDS, steps, experiments.rates_of(rates), "cpu")
    return experiments.outcome(grid, experiments.computed(grid))


def _best(init: str, readout: str, region: str) -> Check:
    """The loss prefers the largest rate at which the network's output stays bounded."""
    return Where(on("student", init=init, readout=readout), region, demands=("f <= 0",))


def _edges(readout: str) -> tuple[Check, ...]:
    one, two = (on("student", init=init, readout=readout) for init in ("A", "B"))
    return Largest(one, "-1/2"), Largest(two, "-1"), Ratio(one, two, "1/2")


_A_SP, _B_SP = (on("student", at, init=init, readout="sp") for init, at in (("A", "eta=-3/4"), ("B", "eta=-1")))
_BEST_IS: Final = "the best rate is the largest at which the output of the network stays bounded"

CLAIMS: Final = (
    Claim(
        "I12",
        INITIALISATION,
        "teacher-student figure",
        "In a teacher-student experiment the best learning rate is larger with Init[A] for widths from 2^9 on.",
        (*_edges("sp"), *_edges("mup"), _best("A", "sp", "eta <= -3/4"), _best("B", "sp", "eta <= -1")),
        (
            _BEST_IS,
            "the readout is n^(-1/2); with 1/n both best rates are n^(-1/2)",
            "the largest stable rates, n^(1/2) apart with either readout, are what is measured",
        ),
        measurements=(Larger(EDGE, "sp", "A", "B", 512), Larger(EDGE, "mup", "A", "B", 512)),
    ),
    Claim(
        "I13",
        INITIALISATION,
        "teacher-student figure",
        "In a teacher-student experiment Z_A is much larger with Init[A] at n = 8192, and the loss is lower.",
        (Orders(_A_SP, {"Z_A": "1/4"}), Orders(_B_SP, {"Z_A": "0"})),
        (
            f"each start is trained at its own best rate, and {_BEST_IS}",
            "the readout is n^(-1/2); with 1/n Z_A grows as n^(1/2) from both",
            "that the loss is lower is no statement on exponents",
        ),
        measurements=(Students(FEATURE, "sp", (("A", "1/4"), ("B", "0"))),),
    ),
    Claim(
        "E5",
        DERIVED,
        "readouts of the teacher-student experiment",
        "The loss-optimal rate is -3/4 (Init[A]) or -1 (Init[B]) with a readout n^(-1/2), -1/2 for both with 1/n.",
        (
            _best("A", "sp", "eta <= -3/4"),
            _best("B", "sp", "eta <= -1"),
            _best("A", "mup", "eta <= -1/2"),
            _best("B", "mup", "eta <= -1/2"),
        ),
        (_BEST_IS,),
        measurements=(
            Students(BEST, "sp", (("A", "-3/4"), ("B", "-1"))),
            Students(BEST, "mup", (("A", "-1/2"), ("B", "-1/2"))),
        ),
    ),
)
