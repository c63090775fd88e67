"""The outcome as tables of a terminal and of a page."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from gamma_calc.display.blocks import Block
from validation.finetune.best_rates import SettingRates
from validation.finetune.outcome import FinetuneOutcome
from validation.finetune.regret import CarriedRegret
from validation.finetune.setting import REPEATED
from validation.finetune.statement import Statement, StatementFinding
from validation.statistics.slope import Floats
from validation.statistics.verdict import Verdict

RATES = ("start", "r", "n", "best rate", "usable", "Z_B = 1")
LOSSES = ("start", "r", "n", "before", "least", "over seeds", "accuracy")
REGRETS = ("start", "r", "n", "carried", "regret", "as it was")
SIZES = ("start", "r", "size", "derived", "layer", "measured", "verdict")


def blocks(outcome: FinetuneOutcome) -> Iterator[Block]:
    """What a terminal shows."""
    yield rates_block(outcome)
    yield losses_block(outcome)
    yield regrets_block(outcome)
    yield sizes_block(outcome)
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.CONFIRMED):
        its = [one for one in outcome.statements if one.verdict is verdict and not one.table]
        yield Block(verdict.value.capitalize(), tuple((_told(one),) for one in its))
    yield Block("Notes", tuple((note,) for note in notes(outcome)))
    yield Block("Verdict", ((f"{outcome.verdict.value}: {counted(outcome)}",),))


def _told(one: Statement) -> str:
    return f"{one.name}: {one.text} [{one.source}]; {one.reason}"


def rates_block(outcome: FinetuneOutcome) -> Block:
    """The rates of every setting."""
    return Block("Rates", tuple(map(_rates_row, outcome.evidence.settings)), RATES)


def losses_block(outcome: FinetuneOutcome) -> Block:
    """The losses of every setting, before training and at its best rate."""
    return Block("Held-out losses", tuple(map(_losses_row, outcome.evidence.settings)), LOSSES)


def regrets_block(outcome: FinetuneOutcome) -> Block:
    """What rates cost that are set without a grid."""
    return Block("The best rate at the smallest width, carried", tuple(map(_regret_row, outcome.regrets)), REGRETS)


def sizes_block(outcome: FinetuneOutcome) -> Block:
    """Sizes against the width, a row for each layer."""
    its = [(one, found) for one in outcome.statements if one.table for found in one.findings]
    rows = tuple((*one.table, *_size_row(found)) for one, found in its)
    return Block(f"Exponents after {REPEATED} steps on one batch, at rates of the derived power", rows, SIZES)


def _size_row(found: StatementFinding) -> tuple[str, ...]:
    reason = "" if found.verdict is Verdict.CONFIRMED else f": {found.reason}"
    return found.where.rpartition(" ")[0].rpartition(".")[2], str(found.found), found.verdict.value + reason


def counted(outcome: FinetuneOutcome) -> str:
    """How many statements have which verdict."""
    counts = {verdict: sum(one.verdict is verdict for one in outcome.statements) for verdict in Verdict}
    return ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count)


def notes(outcome: FinetuneOutcome) -> Iterator[str]:
    """What the numbers mean, and on what they rest."""
    table, setting = outcome.evidence.table, outcome.setting
    low, high = table.rates[0], table.rates[-1]
    yield (
        f"{setting['task']}, {setting['steps']} steps of {setting['batch']} examples, {len(table.seeds)} seeds, "
        f"{len(table.rates)} rates from {low:g} to {high:g}; losses on what is held out"
    )
    yield "best rate: the least of a parabola through the losses, with a 95 % interval"
    yield "usable: the rate beyond the best one from which training does harm, least and most over seeds"
    yield "Z_B = 1: the rate at which an adapter has added one to its layer's output after three steps on one batch"
    yield "regret: what a rate costs against the best of the grid, as a share of what training gains there"
    if table.without_numbers:
        yield f"{table.without_numbers} of {len(table.cells)} cells overflowed, which counts as the largest loss"


def _rates_row(one: SettingRates) -> tuple[str, ...]:
    return str(one.arm), str(one.rank), str(one.width), _best(one), _span(one.usable), _span(one.stable)


def _losses_row(one: SettingRates) -> tuple[str, ...]:
    return str(one.arm), str(one.rank), str(one.width), f"{one.before.mean():.4f}", *_at_best(one)


def _at_best(one: SettingRates) -> tuple[str, str, str]:
    accuracy = f"{one.accuracy:.1%}" if math.isfinite(one.accuracy) else "-"
    return f"{one.least.mean():.4f}", f"{one.least.min():.4f} .. {one.least.max():.4f}", accuracy


def _best(one: SettingRates) -> str:
    found = one.optimum
    if found.rate is None:
        return found.status
    rate = _short(math.exp(found.rate))
    if found.interval is None:
        return rate
    low, high = (math.exp(end) for end in found.interval)
    if low < one.rates[0] and high > one.rates[-1]:
        return f"{rate} (any tried)"
    return f"{rate} ({_short(low)}..{_short(high)})"


def _short(rate: float) -> str:
    """Two digits, without what an exponent does not need.

    >>> _short(0.0312), _short(12.0)
    ('3.1e-2', '1.2e1')
    """
    digits, _, exponent = f"{rate:.1e}".partition("e")
    return f"{digits}e{int(exponent)}"


def _span(rates: Floats) -> str:
    if not np.isfinite(rates).all():
        return "outside"
    low, high = _short(rates.min()), _short(rates.max())
    return low if low == high else f"{low}..{high}"


def _regret_row(one: CarriedRegret) -> tuple[str, ...]:
    carried = "no law" if math.isnan(one.rate) else _short(one.rate)
    return (str(one.arm), str(one.rank), str(one.width), carried, _percent(one.regret), _percent(one.kept))


def _percent(share: float) -> str:
    return f"{share:.1%}" if math.isfinite(share) else "outside"
