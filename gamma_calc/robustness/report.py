"""Robustness in print: blocks of a terminal, data for JSON, a page, a table for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gamma_calc.derivation import Derivation
from gamma_calc.orders.order import Order, order
from gamma_calc.regions.region import Region
from gamma_calc.reports.advice import rates as learning_rates
from gamma_calc.reports.layout import Block
from gamma_calc.reports.tables import markdown
from gamma_calc.robustness.degree import Stretch
from gamma_calc.robustness.starts import Robustness, robust_and_efficient, robustness

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
INTRODUCTION: Final = """\
# Robustness to a small learning rate

A learning rate is rarely the best one. How much is lost at a smaller rate depends on the start: what one factor adds
to the output may fall with the rate, or with its square. This page gives the *degree* in the rate of each part of a
change, for every start of the catalogue. It is the output of `gamma-calc robustness --format markdown`, and every cell
of it is derived.

The notion is that of Li et al., arXiv 2505.23194. Here it is read off the orders: the degree of a quantity in the
learning rate n^eta is the slope of its order in eta, at late steps, under one shared rate. From Init[A], delta1 has
the order 2 eta + 1, so its degree is 2: half the rate moves the output a quarter as far, as B is made of updates and A
moves by another one. From Init[AB] its order is eta + 1/2 up to the edge, and its degree is 1.

## Degrees below the largest stable rate

*edge* is the exponent of the largest stable rate under Adam. A cell such as "1, 2 above -1" is 1 for rates up to n^-1
and 2 from there to the edge; "-" is a quantity that is zero. *noise* is the order of s B0 A0 Z, what a start puts into
the layer's output before training; it is in parentheses where the frozen weight takes it back. *efficient*: at some
shared rate both factors learn. *robust*: delta1 and delta2 have degree 1 up to the edge."""
BEST: Final = """\
The two rules of sums differ in A0 Z. By the central limit Init[AB] is robust for rates up to 1/n only: above, what A
has learnt outgrows A0 Z, and delta2 is quadratic. In the additive reading A0 Z starts n^(1/2) larger and Init[AB] is
robust up to the edge, as arXiv 2505.23194 has it. Starts that put a growing noise into the output have no stable rate.

## The best variances

Which starts with independent entries, n^a0 in A and n^b0 in B, are efficient and robust? Efficiency alone bounds both
from above. Robustness makes the bounds equalities: each factor starts as large as its updates become."""
MEASURED: Final = """\
At eta_A = -1 and eta_B = 0 the central limit gives a0 = -1/2 and b0 = 0: the rates of LoRA+ want variance 1/n in A and
1 in B. `gamma-calc robustness --at eta_A=-1,eta_B=0` prints the starts for a pair of rates.

## In numbers

A degree is measured as the slope of a size in the learning rate at one width. The tests do so at width 1024 between
n^-2 and n^(-3/2): the degrees of delta1 and delta2 after two steps are 2 and 1 from Init[A], 1 and 2 from Init[B], 1
and 1 from Init[AB], to within 0.05. Next to a knee a measured slope lies between the two degrees."""
Starts = Mapping[str, Derivation]
Anywhere = Iterable[Derivation]  # of any start, one for each rule of sums and scheme of learning rates


def table(starts: Starts, dialect: str, *, knees: bool = False) -> Block:
    """One row for each start; with ``knees`` a degree that changes says where."""
    answers = {name: robustness(found) for name, found in starts.items()}
    parts = tuple(dict.fromkeys(name for answer in answers.values() for name in answer.degrees))
    heads = [f"${order(name):latex}$" if dialect == "latex" else name for name in parts]
    rows = [
        (
            name,
            "none" if answer.edge is None else spelled(order(answer.edge), dialect),
            *(_degree(answer.degrees.get(part), dialect, knees=knees) for part in parts),
            f"({_noise(answer, dialect)})" if answer.subtracted else _noise(answer, dialect),
            _yes(answer.efficient),
            _yes(answer.robust),
        )
        for name, answer in answers.items()
    ]
    return Block(TITLE, tuple(rows), ("start", "edge", *heads, "noise", "efficient", "robust"))


def best(anywhere: Anywhere, rates: Mapping[str, Order], dialect: str) -> Block:
    """The starts that are efficient and robust, at the rates that are given."""
    rows = [(*_labels(found), spelled(_at(found, rates), dialect)) for found in anywhere]
    given = ", ".join(f"{name} = {value}" for name, value in rates.items())
    title = f"Efficient and robust starts{f' at {given}' if given else ''}"
    return Block(title, tuple(rows), ("sum rule", "rates", "where"))


def blocks(starts: Starts, anywhere: Anywhere, rates: Mapping[str, Order], dialect: str) -> Iterator[Block]:
    """What a terminal shows."""
    yield table(starts, dialect)
    yield best(anywhere, rates, dialect)
    yield Block("Key", KEY)


def page(each: Iterable[Starts], anywhere: Anywhere) -> str:
    """The page in the documentation: a table for each rule of sums, and the best starts."""
    tables = (f"{_rule(starts)}:\n\n{markdown(table(starts, 'text', knees=True))}" for starts in each)
    return "\n\n".join((INTRODUCTION, *tables, BEST, markdown(best(anywhere, {}, "text")), MEASURED))


def as_data(starts: Starts, anywhere: Anywhere, rates: Mapping[str, Order]) -> dict[str, Any]:
    """For JSON; exponents are texts, and a stretch of degrees ends at the rate n^until."""
    return {
        "starts": {name: _one(robustness(found)) for name, found in starts.items()},
        "robust_and_efficient": [
            dict(zip(("sum_rule", "rates", "region"), (*_labels(found), str(_at(found, rates))), strict=True))
            for found in anywhere
        ],
    }


def spelled(value: Order | Region, dialect: str) -> str:
    """An exponent or a set in a dialect; within dollar signs in LaTeX."""
    return f"${value:latex}$" if dialect == "latex" else f"{value:{dialect}}"


def _one(answer: Robustness) -> dict[str, Any]:
    return {
        "edge": None if answer.edge is None else str(answer.edge),
        "degrees": {
            name: [{"until": str(stretch.until), "degree": str(stretch.degree)} for stretch in stretches]
            for name, stretches in answer.degrees.items()
        },
        "noise": str(answer.noise),
        "subtracted": answer.subtracted,
        "efficient": answer.efficient,
        "robust": answer.robust,
    }


def _degree(stretches: tuple[Stretch, ...] | None, dialect: str, *, knees: bool) -> str:
    if not stretches:
        return "" if stretches is None else "-"
    first, *others = stretches
    if not knees:
        return f"{first.degree} to {others[-1].degree}" if others else str(first.degree)
    ends = [first.until, *(stretch.until for stretch in others)]
    later = (f"{s.degree} above {spelled(order(end), dialect)}" for s, end in zip(others, ends, strict=False))
    return ", ".join((str(first.degree), *later))


def _noise(answer: Robustness, dialect: str) -> str:
    return spelled(answer.noise, dialect)


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


def _rule(starts: Starts) -> str:
    """The rule of sums, in words."""
    statement = next(iter(starts.values())).program.sum_rule.statement
    return statement[0].upper() + statement[1:]


def _labels(found: Derivation) -> tuple[str, str]:
    """The rule of sums, and the scheme of learning rates."""
    return found.program.sum_rule.name, "shared" if len(learning_rates(found)) == 1 else "per factor"


def _at(found: Derivation, rates: Mapping[str, Order]) -> Region:
    return robust_and_efficient(found).substitute(rates)
