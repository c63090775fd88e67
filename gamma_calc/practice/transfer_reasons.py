"""Why a transfer gives the number it gives, or none, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isclose
from typing import Final

from gamma_calc.catalogue.lora import SCALINGS
from gamma_calc.display.numbers import two_digits
from gamma_calc.practice.carried_rate import CarriedRate
from gamma_calc.practice.loss_scale import unit_of
from gamma_calc.practice.position import PerRate
from gamma_calc.practice.setting_law import SettingLaw

SAME: Final = 1 / 10**9
ONE_SAMPLE: Final = "one sample at each step; with batch=N on both sides, the law of N independent samples is used"
INDEPENDENT: Final = (
    "the samples of a batch are independent; tokens of one text share a part, which leads towards the law of one sample"
)
ONE: Final = "every constant is taken as 1: regimes, knees and edges are right up to a factor without n, r and s"


def reason(found: CarriedRate) -> str:
    """Why the recommended number is what it is, or why there is none."""
    return " ".join(_sentences(found))


def _sentences(found: CarriedRate) -> Iterator[str]:
    if found.obstacle:
        yield found.obstacle
    elif found.factor is None:
        yield from _no_edge(found)
    else:
        yield from _recommendation(found)
    yield from _constants(found)
    if found.on_one_sample is not None:
        yield f"One sample at each step would have given {times(found.on_one_sample)}."


def _no_edge(found: CarriedRate) -> Iterator[str]:
    for law in (found.known.law, found.target):
        if law.edge is None:
            goal = "is stable" if len(law.setting.method.rates) == 1 else "keeps the feature inside the adapter bounded"
            yield f"No number can be given: at {law.setting} no rate {goal}, however small; the start is too large."
            return
    yield "No number can be given: the known rate has no distance to an edge."


def _recommendation(found: CarriedRate) -> Iterator[str]:
    if found.known.room is not None and found.known.room < 0:
        yield "The known rate is above the edge, where a run should not be stable: see whether the numbers are right."
    others = [one for name, one in found.by.items() if name != "edge"]
    if all(_same(found.by["edge"], one) for one in others):
        yield "All principles agree."
        return
    yield (
        "By edge: the rate stays the same share of the largest stable one, which bounds a whole run. Step and descent "
        "keep the size of a single step."
    )
    if found.known.regime == "linear" and found.known.knees and not found.changed:
        yield (
            "They differ as one step is linear in the rate here; moves add up over a run, and once rate x steps is "
            "past the knee, all agree."
        )


def _constants(found: CarriedRate) -> Iterator[str]:
    if not found.changed:
        return
    names = " and the ".join(found.changed)
    if found.factor is not None:
        yield (
            f"The {names} change{'s' if len(found.changed) == 1 else ''}, and constants do not cancel: all are taken "
            "as 1, so the factor is right up to one that is free of n, r and s."
        )
    if any(not isclose(value, 1) for value in _values(found.moved)):
        yield f"What does transfer: n, r and the multiplier, at the new {names}, ask for {times(found.moved or 1)}."


def _same(one: PerRate | None, other: PerRate | None) -> bool:
    """Do two factors agree, each of the two where there are two?"""
    pairs = zip(_values(one), _values(other), strict=False)
    return one is not None and other is not None and all(isclose(*pair, rel_tol=SAME) for pair in pairs)


def _values(factor: PerRate | None) -> Iterable[float]:
    return factor.values() if isinstance(factor, dict) else () if factor is None else (factor,)


def times(factor: PerRate) -> str:
    """A factor in print.

    >>> times(0.5), times({"lr_A": 0.25, "lr_B": 1.0})
    ('x 0.5', 'x 0.25 for lr_A, x 1 for lr_B')
    """
    if isinstance(factor, dict):
        return ", ".join(f"{times(value)} for {name}" for name, value in factor.items())
    return f"x {two_digits(factor)}"


def assumptions(found: CarriedRate) -> tuple[str, ...]:
    """What the numbers rest on, each once."""
    free = {SCALINGS["free"].statement}
    sides = (found.known.law, found.target)
    said = [text for law in sides for text in law.setting.conditions]
    derived = [text for law in sides for text in law.found.assumptions if text not in free]
    batch = ONE_SAMPLE if found.target.setting.batch is None else INDEPENDENT
    fixed = [_fixed(law) for law in sides if law.setting.lacks]
    units = [unit for law in sides if (unit := unit_of(law.setting.rule))]
    return tuple(dict.fromkeys([ONE, batch, *units, *fixed, *said, *derived]))


def _fixed(law: SettingLaw) -> str:
    names = " and ".join(law.setting.lacks)
    return (
        f"{law.setting.method.name} is derived at fixed {names}: its knees and edges are right up to a factor in them"
    )
