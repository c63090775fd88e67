"""The saved weights against what the configuration says of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from gamma_calc.display.shown import shown
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule, Finding, Severity

MOST: Final = 8  # modules that are named
LONGEST: Final = 60


def rank_differs(case: AuditCase) -> Iterator[Finding]:
    """Modules whose factors have another rank than the file gives them, or two ranks."""
    yield from islice(_differing(case), MOST)


def _differing(case: AuditCase) -> Iterator[Finding]:
    said = dict(zip(case.inventory.modules.pairs or ((None, None),), case.inventory.config.groups, strict=False))
    for keys, adapters in case.inventory.saved.items():
        group = said.get(keys)
        for one in adapters:
            if not one.sound or (group is not None and one.rank != group.rank):
                yield Finding(
                    shown(one.module, LONGEST),
                    f"A is {_shape(one.a.shape)} and B {_shape(one.b.shape)}"
                    + ("" if group is None else f", where the file says r = {group.rank}"),
                    "s = alpha/r is reckoned with the rank in the file, and loading refuses other shapes",
                    "correct r or rank_pattern, or name the folder that these weights were saved in",
                )


def no_weights(case: AuditCase) -> Iterator[Finding]:
    """A file of weights without an adapter in it."""
    if case.file.saved is not None and not case.file.adapters:
        yield Finding(
            case.file.saved.path.name,
            "holds no pair of factors",
            "shapes give the widths, and the ranks to check",
            "save the adapter again",
        )


def not_opened(case: AuditCase) -> Iterator[Finding]:
    """Weights in a form that runs code when it is read."""
    if case.file.unread:
        yield Finding(
            case.file.unread,
            "a pickle, which is not opened",
            "reading it would run what it holds; so no shapes give the widths, and no rank is checked",
            "save with safetensors, peft's default",
        )


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    AuditRule("saved-rank-differs", Severity.ERROR, "saved factors have another rank than the file says", rank_differs),
    AuditRule("pickle-not-opened", Severity.NOTE, "saved weights are a pickle", not_opened),
    AuditRule("no-saved-adapters", Severity.WARNING, "saved weights hold no adapter", no_weights),
)
