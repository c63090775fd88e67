"""What stands between two settings: constants that do not cancel, and why no number can be given."""

from __future__ import annotations

from math import isclose
from typing import Final

from gamma_calc.practice.loss_scale import knows_the_scale_of_the_loss
from gamma_calc.practice.position import Position
from gamma_calc.practice.setting_law import SettingLaw

SAME: Final = 1 / 10**9


def changed(known: SettingLaw, target: SettingLaw) -> tuple[str, ...]:
    """The adapter, the start and the optimiser, where they are not the same."""
    one, other = known.setting, target.setting
    pairs = {
        "adapter": (one.method.name, other.method.name),
        "start": (one.start, other.start) if one.start and other.start else ("", ""),
        "optimiser": (one.rule, other.rule),
    }
    return tuple(name for name, (before, after) in pairs.items() if before != after)


def obstacle(known: Position, target: SettingLaw) -> str:
    """Why no principle gives a number; empty where they can."""
    one, other = known.law.setting, target.setting
    scales = [name for name in (one.rule, other.rule) if knows_the_scale_of_the_loss(name)]
    if one.rule != other.rule and scales:
        return (
            f"From {one.rule} to {other.rule} no number can be given: a rate of {scales[0]} is in units of "
            "the loss's gradient, whose size no exponent knows."
        )
    return underived(known.law, target)


def underived(known: SettingLaw, target: SettingLaw) -> str:
    """What a move between two laws would need and one of them does not say; empty where they say enough."""
    one, other = known.setting, target.setting
    numbers = {"r": (one.rank, other.rank), "s": (one.multiplier, other.multiplier)}
    for law in (known, target):
        moved = [
            name
            for name in law.setting.lacks
            if one.method != other.method or not isclose(*numbers[name], rel_tol=SAME)
        ]
        if moved:
            return (
                f"No number can be given: {law.setting.method.name} is derived at fixed {' and '.join(moved)}, so how "
                f"its rate moves with {' or '.join(moved)} is not known."
            )
    return ""
