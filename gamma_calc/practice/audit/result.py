"""An audit in hand: the answer first, then what was found, what is trained, and what all of it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gamma_calc.display.blocks import Block
from gamma_calc.display.json import Data, document, number
from gamma_calc.display.numbers import short
from gamma_calc.display.showing import SelfShowing
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import Finding, Severity
from gamma_calc.practice.audit.sizes import SavedSizes
from gamma_calc.practice.audit.trained import Trained, times
from gamma_calc.practice.loss_scale import shape_of, unit_of

MOST_ROWS = 24  # that are printed
WEIGHT = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Audit(SelfShowing):
    """What an audit found. ``failed`` says whether there is an error among it.

    ``rows`` are the kinds of things trained, ``findings`` come worst first, ``sizes`` are those of saved factors where
    they were asked for.
    """

    case: AuditCase = field(repr=False)
    findings: tuple[Finding, ...]
    sizes: tuple[SavedSizes, ...] = ()

    @property
    def rows(self) -> tuple[Trained, ...]:
        return self.case.rows

    @property
    def failed(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.findings)

    @property
    def strict(self) -> Audit:
        """The same audit with every warning an error."""
        raised = (replace(f, severity=Severity.ERROR) if f.severity is Severity.WARNING else f for f in self.findings)
        return replace(self, findings=tuple(sorted(raised, key=_weight)))

    # -- as data --------------------------------------------------------------------------------------------------

    def as_data(self) -> Data:
        """Plain data: rows and findings, and what they hold for."""
        tightest = self.case.tightest
        serves = tightest.largest if tightest is not None else None
        return {
            "file": str(self.case.file.path),
            "layout": self.case.file.layout,
            "optimizer": self.case.inventory.optimiser,
            "rows": [row.as_data() for row in self.rows],
            "serves_all": None if serves is None else number(serves),
            "findings": [one.as_data() for one in self.findings],
            "sizes": [one.as_data() for one in self.sizes],
            "assumptions": list(self.assumptions),
        }

    def to_json(self) -> str:
        """The data as JSON, with its schema and the version of the package."""
        return document("audit", self.as_data())

    # -- in print -------------------------------------------------------------------------------------------------

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The answer, the findings, the rows, what they rest on."""
        yield Block("Audit", tuple((line,) for line in self._answer()))
        yield Block("Findings", tuple((line,) for one in self.findings for line in _told(one)))
        columns = ("trained", "largest stable rate", "number", "efficient", "rate/largest")
        yield Block("Trained", tuple(tuple(row.cells()) for row in self.rows[:MOST_ROWS]), columns)
        if (more := len(self.rows) - MOST_ROWS) > 0:
            yield Block("And", ((f"{more} rows more: --format json has them",),))
        heads = ("saved", "A", "B", "largest from there")
        yield Block("Sizes of saved factors", tuple(one.cells() for one in self.sizes), heads)
        yield Block("This rests on", tuple((text,) for text in self.assumptions))

    @property
    def short_lines(self) -> tuple[str, ...]:
        """A line for each error and warning; nothing where there is none."""
        serious = [one for one in self.findings if one.severity is not Severity.NOTE]
        return tuple(f"{self.case.file.path}: {_headline(one)}" for one in serious)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What all numbers rest on."""
        return tuple(self._assumptions())

    def _answer(self) -> Iterator[str]:
        tightest, rate = self.case.tightest, self.case.inventory.rate
        counts = Counter(one.severity for one in self.findings)
        told = [f"{counts[s]} {s.value}{'s' if counts[s] > 1 else ''}" for s in Severity if counts[s]]
        yield f"{self.case.file.path.name} ({self.case.file.layout}): {', '.join(told) or 'nothing found'}"
        if tightest is None or tightest.largest is None:
            yield "give --width for numbers: the laws below are powers of it"
            return
        units = " in units of 1 over the gradient's size" if tightest.unit else ""
        yield f"largest rate that serves all: {short(tightest.largest)}{units}, of {tightest.what}"
        if rate is not None and tightest.share is not None:
            yield f"the rate {short(rate)} is {times(tightest.share)} {'times' if tightest.share > 1 else 'of'} it"

    def _assumptions(self) -> Iterator[str]:
        yield f"steps of {self.case.inventory.optimiser}, one repeated sample, inputs of a layer of order one"
        yield from filter(None, (unit_of(self.case.inventory.optimiser), shape_of(self.case.inventory.optimiser)))
        yield "every constant is 1: a number is right up to a factor that moves with neither width nor rank"
        if self.case.start is not None:
            yield f"start {self.case.start.name}: {self.case.start.statement}"
            yield from self.case.start.caveats
        yield "efficient: where each tensor alone moves the output by order one, at a fixed rank and multiplier"
        if self.case.tightest is not None:
            widths = sorted({row.width for row in self.rows if row.width is not None})
            yield f"width n = {', '.join(map(str, widths))}"
        if relative := dict.fromkeys(row.what for row in self.rows if row.role.relative):
            yield f"{', '.join(relative)}: a rate in units of the size of an entry"
        if self.sizes:
            yield "largest from there: as from random factors of these sizes"


def _told(one: Finding) -> Iterator[str]:
    yield _headline(one)
    yield f"  why: {one.why}"
    yield f"  mend: {one.mend}"


def _headline(one: Finding) -> str:
    assert one.severity is not None
    return f"{one.severity.value} {one.id}: {one.where}: {one.what}"


def _weight(one: Finding) -> int:
    assert one.severity is not None
    return WEIGHT[one.severity]


def audit_of(case: AuditCase, findings: Iterator[Finding], sizes: Iterator[SavedSizes]) -> Audit:
    """The findings worst first, in the order of the rules among equals."""
    return Audit(case, tuple(sorted(findings, key=_weight)), tuple(sizes))
