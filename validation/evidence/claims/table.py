"""All claims by id, in the order of the letters G, L, I, N, E, C, T."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import pick
from validation.evidence.claim import Claim
from validation.evidence.claims import (
    adapters,
    batches,
    derived,
    formats,
    initialisation,
    lora_plus,
    networks,
    non_zero,
    optimisers,
    pending,
    rank,
    rules,
    scales,
    shared,
    starts,
    teacher_student,
)

_SOURCES: Final = (
    rules,
    lora_plus,
    initialisation,
    non_zero,
    derived,
    rank,
    starts,
    shared,
    scales,
    adapters,
    optimisers,
    networks,
    teacher_student,
    formats,
    batches,
    pending,
)


def _place(claim: Claim) -> tuple[int, int]:
    return "GLINECT".index(claim.id[0]), int(claim.id[1:])


CLAIMS: Final[Mapping[str, Claim]] = MappingProxyType(
    {c.id: c for c in sorted((c for module in _SOURCES for c in module.CLAIMS), key=_place)}
)


def chosen(ids: Iterable[str]) -> tuple[Claim, ...]:
    """The claims of some ids, all of them where none is given. Raises UnknownName."""
    return tuple(pick("claim", name.upper(), CLAIMS) for name in ids) or tuple(CLAIMS.values())
