"""The questions by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import pick
from validation.evidence.disagreements import preconditioning, starts, training
from validation.evidence.disagreements.disagreement import Disagreement

DISAGREEMENTS: Final[Mapping[str, Disagreement]] = MappingProxyType(
    {
        one.name: one
        for one in (
            training.STABILITY,
            training.SUMS,
            training.RANK,
            training.RSLORA,
            training.DESCENT,
            training.BATCH,
            preconditioning.RIEMANNIAN,
            starts.GAUSSIAN,
            starts.PAPER_AND_PEFT,
        )
    }
)


def chosen(names: Iterable[str]) -> tuple[Disagreement, ...]:
    """The questions of some names, all of them where none is given. Raises UnknownName."""
    return tuple(pick("question", name, DISAGREEMENTS) for name in names) or tuple(DISAGREEMENTS.values())
