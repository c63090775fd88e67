"""Robustness in print: blocks of a terminal, data for JSON, sections of a page, a table for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gamma_calc.derivation.derivation import Derivation
from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import markdown
from gamma_calc.exponents import Order, Region, order
from gamma_calc.studies.degree import Interval
from gamma_calc.studies.robustness import Robustness, robust_and_efficient, robustness

TITLE: Final = "Degree in the learning rate of what a step adds, below the largest stable rate"
KEY: Final = (
    ("edge", "exponent of the largest stable rate; none: the start alone is too large"),
    ("1", "linear: half the rate, half the change; 2: a quarter; -: it is zero"),
    ("1 to 2", "1 for small rates, 2 next to the edge; --format json has the knees"),
    ("noise", "order of s B0 A0 Z; in parentheses where the frozen weight takes it back"),
    ("efficient", "at some shared rate both factors learn"),
    ("robust", "delta1 and delta2 are linear up to the edge"),
    ("a0, b0", "exponents of an entry of A and of B before training"),
)
Starts = Mapping[str, Derivation]
Anywhere = Iterable[Derivation]  # of any start, one for each rule of sums and scheme of learning rates


def table(starts: Starts, dialect: str, *, breakpoints: bool = False) -> Block:
    """One row for each start; with ``breakpoints`` a degree that changes says where."""
    answers = {name: robustness(derivation) for name, derivation in starts.items()}
    parts = tuple(dict.fromkeys(name for answer in answers.values() for name in answer.degrees))
    heads = [f"${order(name):latex}$" if dialect == "latex" else name for name in parts]
    rows = [
        (
            name,
            "none" if answer.largest_rate is None else exponent_text(order(answer.largest_rate), dialect),
            *(_degree(answer.degrees.get(part), dialect, breakpoints=breakpoints) for part in parts),
            f"({_noise(answer, dialect)})" if answer.subtracted else _noise(answer, dialect),
            _yes(answer.efficient),
            _yes(answer.robust),
        )
        for name, answer in answers.items()
    ]
    return Block(TITLE, tuple(rows), ("start", "edge", *heads, "noise", "efficient", "robust"))


def best(anywhere: Anywhere, rates: Mapping[str, Order], dialect: str) -> Block:
    """The starts that are efficient and robust, at the rates that are given."""
    rows = [(*_labels(derivation), exponent_text(_at(derivation, rates), dialect)) for derivation in anywhere]
    given = ", ".join(f"{name} = {value}" for name, value in rates.items())
    title = f"Efficient and robust starts{f' at {given}' if given else ''}"
    return Block(title, tuple(rows), ("sum rule", "rates", "where"))


def blocks(starts: Starts, anywhere: Anywhere, rates: Mapping[str, Order], dialect: str) -> Iterator[Block]:
    """What a terminal shows."""
    yield table(starts, dialect)
    yield best(anywhere, rates, dialect)
    yield Block("Key", KEY)


def sections(each: Iterable[Starts], anywhere: Anywhere, rates: Mapping[str, Order]) -> str:
    """Sections of a page: a table for each rule of sums, and the best starts."""
    tables = (f"{_rule(starts)}:\n\n{markdown(table(starts, 'text', breakpoints=True))}" for starts in each)
    block = best(anywhere, rates, "text")
    return "\n\n".join((*tables, f"{block.title}:\n\n{markdown(block)}"))


def as_data(starts: Starts, anywhere: Anywhere, rates: Mapping[str, Order]) -> dict[str, Any]:
    """For JSON; exponents are texts, and an interval of degrees ends at the rate n^until."""
    return {
        "starts": {name: _one(robustness(derivation)) for name, derivation in starts.items()},
        "robust_and_efficient": [
            dict(zip(("sum_rule", "rates", "region"), (*_labels(derivation), str(_at(derivation, rates))), strict=True))
            for derivation in anywhere
        ],
    }


def exponent_text(value: Order | Region, dialect: str) -> str:
    """An exponent or a set in a dialect; within dollar signs in LaTeX."""
    return f"${value:latex}$" if dialect == "latex" else f"{value:{dialect}}"


def _one(answer: Robustness) -> dict[str, Any]:
    return {
        "edge": None if answer.largest_rate is None else str(answer.largest_rate),
        "degrees": {
            name: [{"until": str(interval.until), "degree": str(interval.degree)} for interval in intervals]
            for name, intervals in answer.degrees.items()
        },
        "noise": str(answer.noise),
        "subtracted": answer.subtracted,
        "efficient": answer.efficient,
        "robust": answer.robust,
    }


def _degree(intervals: tuple[Interval, ...] | None, dialect: str, *, breakpoints: bool) -> str:
    if not intervals:
        return "" if intervals is None else "-"
    first, *others = intervals
    if not breakpoints:
        return " to ".join(str(interval.degree) for interval in intervals)
    ends = [first.until, *(interval.until for interval in others)]
    later = (f"{s.degree} above {exponent_text(order(end), dialect)}" for s, end in zip(others, ends, strict=False))
    return ", ".join((str(first.degree), *later))


def _noise(answer: Robustness, dialect: str) -> str:
    return exponent_text(answer.noise, dialect)


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


def _rule(starts: Starts) -> str:
    """The rule of sums, in words."""
    statement = next(iter(starts.values())).program.sum_rule.statement
    return statement[0].upper() + statement[1:]


def _labels(derivation: Derivation) -> tuple[str, str]:
    """The rule of sums, and the scheme of learning rates."""
    return derivation.program.sum_rule.name, "shared" if len(derivation.rates) == 1 else "per factor"


def _at(derivation: Derivation, rates: Mapping[str, Order]) -> Region:
    return robust_and_efficient(derivation).substitute(rates)
