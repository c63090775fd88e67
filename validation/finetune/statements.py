"""The statements that an experiment is asked about. Differences of losses are shares of what training gains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from gamma_calc.errors import GammaError
from validation.finetune.best_rates import SettingRates
from validation.finetune.cells import AdapterArm, CellTable
from validation.finetune.predicted import shared
from validation.finetune.rate_slopes import FIRST, TOLERANCE, rate_statements
from validation.finetune.statement import SeedInterval, Statement, StatementFinding, at_most, negative, within
from validation.statistics.slope import Floats
from validation.statistics.verdict import Verdict

A, B = AdapterArm("A"), AdapterArm("B")
SLACK: Final = 0.02  # of what training gains: losses nearer than that are the same
NON_ZERO: Final = (AdapterArm("AB"), AdapterArm("AB+"))
BELOW: Final = 4.0  # a rate this many times below the best one, or more, is well below it
NEW: Final = ("pissa", "milora", "olora", "inilora", "inilora-alpha", "inilora-beta", "lora-ga", "lora-one", "loram")


@dataclass(frozen=True, eq=False)
class Evidence:
    """The cells, and what every setting gave."""

    table: CellTable
    settings: tuple[SettingRates, ...]

    def of(self, arm: AdapterArm, rank: int, width: int) -> SettingRates:
        """One setting."""
        return next(s for s in self.settings if (s.arm, s.rank, s.width) == (arm, rank, width))

    def places(self) -> Iterator[tuple[int, int]]:
        """Every rank and width."""
        yield from product(self.table.ranks, self.table.widths)

    def has(self, *arms: AdapterArm) -> bool:
        """Were all of these trained?"""
        return set(arms) <= set(self.table.arms)


def statements(evidence: Evidence) -> Iterator[Statement]:
    """Every statement of which there is something to say."""
    yield from rate_statements(evidence.settings, evidence.table)
    if evidence.has(A, B):
        yield _at_least_as_good(evidence)
    for arm in NON_ZERO:
        if evidence.has(A, arm):
            yield _robust(evidence, arm)
    for arm in evidence.table.arms:
        if evidence.has(A) and arm.init in NEW and arm.ratio == "1":
            yield from _against_lora(evidence, arm)
    for init in ("A", "B"):
        if evidence.has(AdapterArm(init), AdapterArm(init, "n")):
            yield _mended(evidence, init)


# -- losses ------------------------------------------------------------------------------------------------------------


def _share(evidence: Evidence, one: Floats, other: Floats, rank: int, width: int) -> SeedInterval:
    """How much higher one loss is than another, seed against seed, as a share of what the better start gains."""
    gain = max(s.gain for s in evidence.settings if (s.rank, s.width) == (rank, width))
    return SeedInterval.of((one - other) / gain)


def _own(evidence: Evidence, arm: AdapterArm, against: AdapterArm) -> Iterator[tuple[str, SeedInterval]]:
    """Each at its own best rate."""
    for rank, width in evidence.places():
        one, other = evidence.of(arm, rank, width), evidence.of(against, rank, width)
        yield f"r = {rank}, n = {width}", _share(evidence, one.least, other.least, rank, width)


def _at_least_as_good(evidence: Evidence) -> Statement:
    findings = tuple(StatementFinding(where, found, at_most(found, SLACK)) for where, found in _own(evidence, A, B))
    return Statement("A not worse", "at own best rates Init[A] is at least as good as Init[B]", FIRST, findings)


def _robust(evidence: Evidence, arm: AdapterArm) -> Statement:
    """At every rate well below the best one of Init[A]."""
    findings = []
    for rank, width in evidence.places():
        one, zero = evidence.of(arm, rank, width), evidence.of(A, rank, width)
        limit = zero.rates[zero.best] / BELOW * (1 + 1e-9)
        below = [i for i, rate in enumerate(zero.rates) if rate <= limit][-2:]
        if below:
            found = _share(evidence, one.losses[below].mean(0), zero.losses[below].mean(0), rank, width)
            findings.append(StatementFinding(f"r = {rank}, n = {width}", found, negative(found)))
    text = f"well below the best rate, {arm} learns more than Init[A]: it is robust to a small rate"
    return Statement(f"robust {arm}", text, "arXiv 2505.23194", tuple(findings))


def _against_lora(evidence: Evidence, arm: AdapterArm) -> Iterator[Statement]:
    """At the best rate of Init[A], and at own best rates."""
    apart, text = (
        [],
        f"at the best rate of Init[A], {arm} does better or worse than it as shared-rate says of the two",
    )
    for rank, width in evidence.places():
        one, usual = evidence.of(arm, rank, width), evidence.of(A, rank, width)
        found = _share(evidence, one.losses[usual.best], usual.losses[usual.best], rank, width)
        apart.append(_ranked(arm, usual, found))
    yield Statement(f"shared rate {arm}", text, "shared-rate", tuple(apart))
    own = tuple(StatementFinding(where, found, within(found, SLACK)) for where, found in _own(evidence, arm, A))
    text = f"at own best rates {arm} and Init[A] are within {SLACK:.0%} of what training gains"
    yield Statement(f"own rate {arm}", text, "arXiv 2602.04998", own)


def _ranked(arm: AdapterArm, usual: SettingRates, found: SeedInterval) -> StatementFinding:
    """Does the sign of a difference agree with what ``shared-rate`` says of the two starts at the rate?"""
    rate, where = usual.rates[usual.best], f"r = {usual.rank}, n = {usual.width}"
    try:
        (one, point), (other, _) = (shared(each, rate, usual.width, usual.rank) for each in (arm, usual.arm))
    except GammaError as error:
        return StatementFinding(where, found, Verdict.UNDECIDED, error.what)
    above = [float(each.above(point)) for each in (one, other)]
    if above[0] > 0 >= above[1]:
        told = f"rate {rate:g}, n^{above[0]:+.2f} of its largest stable one, so worse"
        return StatementFinding(where, found, negative(-found), told)
    ahead = float((point.value(one.updates[0].aligned) or 0) - (point.value(other.updates[0].aligned) or 0))
    told = f"rate {rate:g}, first step n^{ahead:+.2f} of Init[A]'s, so {_word(ahead)}"
    if abs(ahead) < TOLERANCE:
        return StatementFinding(where, found, within(found, SLACK), told)
    return StatementFinding(where, found, negative(found if ahead > 0 else -found), told)


def _word(ahead: float) -> str:
    return "the same" if abs(ahead) < TOLERANCE else "better" if ahead > 0 else "worse"


def _mended(evidence: Evidence, init: str) -> Statement:
    """LoRA+ with the derived ratio against one rate."""
    findings = tuple(
        StatementFinding(where, found, at_most(found, SLACK))
        for where, found in _own(evidence, AdapterArm(init, "n"), AdapterArm(init))
    )
    text = f"Init[{init}] with B at n times the rate of A is at least as good as with one rate, each at its best"
    return Statement(f"two rates {init}", text, "arXiv 2402.12354", findings)
