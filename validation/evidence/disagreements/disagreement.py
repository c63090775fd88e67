"""A question with two answers or more: each is a claim of its own, derived on its own assumption and measured."""

from __future__ import annotations

from dataclasses import dataclass

from validation.evidence.claim import Claim


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``sides`` are what the sources say, each under the assumption it makes; ``decided`` is what comes of it."""

    name: str
    question: str
    sides: tuple[Claim, ...]
    decided: str
