"""How the sizes inside the adapters grow: against the derived exponents over the first steps, and during training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from validation.finetune.cells import AdapterArm, CellTable
from validation.finetune.predicted import largest_rate_exponent, sizes_along
from validation.finetune.setting import REPEATED
from validation.finetune.statement import SeedInterval, Statement, StatementFinding, negative
from validation.finetune.statements import Evidence
from validation.statistics.slope import FEWEST_WIDTHS, Floats
from validation.statistics.verdict import Prediction, Row, holm, row

QUANTITIES: Final = ("Z_A", "B", "Z_B", "delta1", "delta2", "delta3")
TOLERANCE: Final = 0.1


def size_statements(evidence: Evidence) -> Iterator[Statement]:
    """One statement for each start and quantity, and one on Z_A in training."""
    table = evidence.table
    for arm in table.arms:
        for rank in table.ranks if len(table.widths) >= FEWEST_WIDTHS else ():
            yield from _along(table, arm, rank)
    for arm in table.arms:
        if arm == AdapterArm("A"):
            yield _growth(evidence, arm)


def _along(table: CellTable, arm: AdapterArm, rank: int) -> Iterator[Statement]:
    """At rates in proportion to the derived power of the width, after the steps on one batch."""
    exponent = largest_rate_exponent(arm)
    if exponent is None:
        return
    rates = _rates(table, float(exponent))
    wanted = sizes_along(arm, exponent, REPEATED)
    asked = [
        (layer, replace(wanted[name], lower=())) for layer in table.layers for name in QUANTITIES if name in wanted
    ]
    rows = holm(
        [
            row(_named(layer, p), _taken(table, arm, rank, f"{layer} {p.quantity}", rates), TOLERANCE)
            for layer, p in asked
        ]
    )
    for name in QUANTITIES:
        its = [one for one, (_, p) in zip(rows, asked, strict=True) if p.quantity == name]
        if its:
            power = "zero" if its[0].predicted is None else f"n^({its[0].predicted})"
            text = f"from {arm} with r = {rank}, {name} grows as {power} at rates {rates[0]:.3g} .. {rates[-1]:.3g}"
            yield Statement(
                f"{name} {arm} r{rank}",
                text,
                "derived of one sample",
                tuple(map(_finding, its)),
                (str(arm), str(rank), name, power),
            )


def _named(layer: str, prediction: Prediction) -> Prediction:
    return replace(prediction, quantity=f"{layer} {prediction.quantity}")


def _finding(found: Row) -> StatementFinding:
    low, high, value = (np.nan if x is None else x for x in (found.low, found.high, found.measured))
    return StatementFinding(
        found.quantity, SeedInterval(value, low, high), found.verdict, found.reason, found.predicted
    )


def _rates(table: CellTable, exponent: float) -> Floats:
    """c n^e at every width with c one, or the nearest at which all lie within the rates tried."""
    powers = np.array(table.widths, dtype=float) ** exponent
    low, high = table.rates[0] / powers.min(), table.rates[-1] / powers.max()
    constant = min(max(1.0, low), high)
    found: Floats = constant * powers
    return found


def _taken(table: CellTable, arm: AdapterArm, rank: int, name: str, rates: Floats) -> Mapping[int, Floats]:
    """A size at these rates, straight between neighbours on log axes, by width: one number for each seed."""
    logs, count = np.log(table.rates), len(table.seeds)
    found = {}
    for width, rate in zip(table.widths, rates, strict=True):
        cells = table.at(arm, rank, width)
        sizes = np.array([cell.at(name, REPEATED) for cell in cells]).reshape(len(table.rates), count)
        found[width] = np.array([_at(logs, sizes[:, seed], float(np.log(rate))) for seed in range(count)])
    return found


def _at(logs: Floats, sizes: Floats, log_rate: float) -> float:
    """Zero where it is zero at every rate; infinite next to an overflow."""
    if not sizes.any():
        return 0.0
    with np.errstate(divide="ignore"):
        found = float(np.exp(np.interp(log_rate, logs, np.log(sizes))))
    return np.inf if np.isnan(found) else found


def _growth(evidence: Evidence, arm: AdapterArm) -> Statement:
    """Z_A at the best rate of every width, after the last step, against its size at the start."""
    findings = []
    for rank in evidence.table.ranks:
        for width in evidence.table.widths:
            found = SeedInterval.of(np.log(grown(evidence, arm, rank, width)))
            shown = f"log of Z_A over its start, r = {rank}, n = {width}"
            findings.append(StatementFinding(shown, found, negative(-found)))
    text = "at the best rate of every width Z_A grows in training: the internal growth is there where losses are least"
    return Statement(f"Z_A grows {arm}", text, "arXiv 2406.08447", tuple(findings))


def grown(evidence: Evidence, arm: AdapterArm, rank: int, width: int) -> Floats:
    """Z_A after the last step over its size at the start, for each seed; infinite from nothing."""
    sizes = size_of_Z_A(evidence, arm, rank, width)
    with np.errstate(divide="ignore"):
        found: Floats = sizes.late / sizes.start
    return found


class ZASizes(NamedTuple):
    """Sizes of Z_A at the start, after the steps on one batch and after the last step, for each seed."""

    start: Floats
    early: Floats
    late: Floats


def size_of_Z_A(evidence: Evidence, arm: AdapterArm, rank: int, width: int) -> ZASizes:
    """At the best rate of a setting; over layers by mean squares."""
    setting, table = evidence.of(arm, rank, width), evidence.table
    best = setting.rates[setting.best]
    cells = [cell for cell in table.at(arm, rank, width) if cell.rate == best]
    squares = np.array([[np.square(cell.sizes[f"{layer} Z_A"]) for layer in table.layers] for cell in cells])
    sizes = np.sqrt(squares.mean(1))
    return ZASizes(sizes[:, 0], sizes[:, cells[0].steps.index(REPEATED)], sizes[:, -1])
