"""gamma-calc plot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from gamma_calc.catalogue.published_rates import published
from gamma_calc.cli import GOOD
from gamma_calc.cli.anytime import stoppable
from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.cli.output import line
from gamma_calc.cli.output_file import Force, new_file
from gamma_calc.cli.parameters import MANY, Target, Texts, TimeLimit
from gamma_calc.cli.shared_rate import numbers_of
from gamma_calc.display.chart import Chart
from gamma_calc.display.figure import blank, checked_kind
from gamma_calc.errors import ExponentSyntaxError, OrderError
from gamma_calc.exponents import Region, order
from gamma_calc.practice.law import Numbers

EXAMPLES: Final = (
    "gamma-calc plot -o sizes.svg",
    "gamma-calc plot --init B --lr per-factor -o phase.svg",
    "gamma-calc plot --init A --numbers n=4096,r=64 -o sizes.png",
    "gamma-calc plot --init A --rank growing -o rank.pdf",
)

ADAPTERS: Final = ("lora", "lora+")  # whose rates publications speak of, by these names of exponents
START: Final = "A"
USUAL: Final[Mapping[str, tuple[object, ...]]] = {
    "optimizer": (None, "adam"),
    "scaling": (None, "1"),
    "rank": (None, "fixed"),
    "assume": ((),),
    "set_": ((),),
}


def plot(
    target: Target = "lora",
    /,
    *,
    options: Options = PLAIN,
    output: Annotated[Path, Parameter(name=("--output", "-o"), help="the figure: .svg, .png or .pdf")],
    quantity: Annotated[Texts, Parameter(help="draw the sizes of these; may be repeated", **MANY)] = (),
    numbers: Annotated[Texts, Parameter(help="axes in numbers: n=4096, or n=4096,r=64", **MANY)] = (),
    time_limit: TimeLimit = None,
    force: Force = False,
) -> int:
    """A picture: sizes against one open exponent, or where the conditions hold over two."""
    path = new_file(checked_kind(output), force=force)
    blank(1, 1)
    known = _numbers(numbers)
    question = Question(target, _at_rank(options, known))
    if question.point is not None:
        raise OrderError("--at leaves nothing open to draw", hint="fix other exponents with --set, and leave one open")

    def kept(drawn: Chart) -> int:
        drawn.save(path)
        line(f"wrote {path}: {drawn.title}")
        return GOOD

    return stoppable(lambda: chart(question, quantity, known), kept, time_limit)


def chart(question: Question, quantities: Texts = (), numbers: Mapping[str, Decimal] | None = None) -> Chart:
    """The chart of a question, with what is published on its rates."""
    n = None if not numbers else int(numbers["n"])
    return question.derivation.plot(*quantities, n=n, marks=_marks(question))


def _marks(question: Question) -> Mapping[str, Region]:
    """Published rates, for an adapter and a training as the publications have them."""
    given = question.options.named()
    if question.target not in ADAPTERS or any(given[name] not in usual for name, usual in USUAL.items()):
        return {}
    return published(question.options.init or START, question.program.variables)


def _numbers(texts: Texts) -> Mapping[str, Decimal]:
    """A width, and a rank where the rank matters. Raises ExponentSyntaxError."""
    if not texts:
        return {}
    known = numbers_of(texts, "n=4096,r=64")
    if "n" not in known or known.keys() - {"n", "r"} or any(value != int(value) for value in known.values()):
        raise ExponentSyntaxError(
            f"{', '.join(texts)} given", where="--numbers", hint="give whole numbers: n=4096, or n=4096,r=64"
        )
    return known


def _at_rank(options: Options, known: Mapping[str, Decimal]) -> Options:
    """The options with a rank that grows, held at the exponent that this rank has at this width."""
    if "r" not in known:
        return options
    rho: Fraction = Numbers(int(known["n"]), int(known["r"])).rank_exponent
    return replace(options, rank="growing", set_=(*options.set_, f"rho={order(rho)}"))
