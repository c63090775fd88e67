"""The comparison at one learning rate in print: for a terminal, as data, for a paper, for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import markdown
from gamma_calc.exponents import Order, order
from gamma_calc.studies.rate_point import RatePoint
from gamma_calc.studies.shared_rate import STEPS, RateComparison, descent

NOTES: Final = (
    "step: how far a step moves the output; aligned: along the gradient of the loss, so how far it descends",
    "edge: the largest rate at which training is stable; rate/edge: the shared rate over it",
    "every constant is taken as 1: a number is right up to a factor that does not grow with the width, rank or batch",
)


def table(standings: Sequence[RateComparison], point: RatePoint, dialect: str) -> Block:
    """One row for each start, the one that descends least at the first step first."""
    by_name = {one.name: one for one in standings}
    ranked = [by_name[name] for equals in descent(standings, point) for name in equals]
    heads = [head for step in STEPS for head in (f"step {step}", "aligned")]
    return Block(
        f"One learning rate for all: {point}",
        tuple((one.name, *(point.text(value, dialect) for value in _values(one, point))) for one in ranked),
        ("start", *heads, "edge", "rate/edge"),
    )


def blocks(standings: Sequence[RateComparison], point: RatePoint, dialect: str) -> Iterator[Block]:
    """What a terminal shows."""
    yield table(standings, point, dialect)
    yield Block("Descent of the first step", ((ranking(standings, point),),))
    yield Block("Verdict", tuple((line,) for line in verdict(standings, point, dialect)))
    yield Block("Notes", tuple((line,) for line in NOTES))


def section(standings: Sequence[RateComparison], point: RatePoint) -> str:
    """A section of a page."""
    first, *shares = verdict(standings, point)
    return "\n\n".join(
        [
            f"## {str(point)[0].upper()}{str(point)[1:]}",
            markdown(table(standings, point, "text")),
            f"The first step descends in the order {ranking(standings, point)}.",
            f"Verdict: {first}.",
            *(["\n".join(f"- {share}" for share in shares)] if shares else []),
        ]
    )


def ranking(standings: Sequence[RateComparison], point: RatePoint) -> str:
    """The order in which the starts would rank after one step."""
    return " < ".join(" = ".join(equals) for equals in descent(standings, point))


def verdict(standings: Sequence[RateComparison], point: RatePoint, dialect: str = "text") -> Iterator[str]:
    """Is the shared rate the same share of each start's own largest one? And which share is it?"""
    placed: dict[str, list[str]] = {}
    for one in sorted(standings, key=lambda one: one.above(point)):
        placed.setdefault(_placed(one.above(point), point, dialect), []).append(one.name)
    if len(placed) == 1:
        yield f"equal rate and equal distance from the largest stable one: all are {next(iter(placed))}"
        return
    yield "equal rate, not equal optimum: the starts get different shares of their own largest stable rate"
    yield from (f"{where}: {', '.join(names)}" for where, names in placed.items())


def as_data(standings: Sequence[RateComparison], point: RatePoint) -> dict[str, Any]:
    """For JSON: every size as it is printed."""
    return {
        "at": str(point),
        "starts": {one.name: _one(one, point) for one in standings},
        "descent": descent(standings, point),
        "verdict": list(verdict(standings, point)),
    }


def _one(one: RateComparison, point: RatePoint) -> dict[str, Any]:
    return {
        "steps": [
            {"step": each.step, "size": point.text(each.size), "aligned": point.text(each.aligned)}
            for each in one.updates
        ],
        "edge": point.text(order(one.largest_rate)),
        "rate_over_edge": point.text(order(one.above(point))),
    }


def _values(one: RateComparison, point: RatePoint) -> Iterator[Order]:
    for update in one.updates:
        yield update.size
        yield update.aligned
    yield order(one.largest_rate)
    yield order(one.above(point))


def _placed(above: Fraction, point: RatePoint, dialect: str) -> str:
    """Where a rate is that is n^above times the largest stable one."""
    if above == 0:
        return "at the edge"
    size = point.text(order(abs(above)), dialect)
    return f"{size} times above the edge, not stable" if above > 0 else f"{size} times below the edge"
