"""Results that nothing is derived from yet: each is listed with what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from validation.evidence.claim import Claim
from validation.evidence.claims.sources import (
    ADAPTIVE,
    COMPLETE_P,
    DEPTH_MUP,
    DERIVED,
    EVERETT,
    FEATURE_LEARNING,
    HAAS,
    MATRIX,
)

_DEPTH: Final = "depth is no base of the calculus yet"
_NUMBERS: Final = "a statement on numbers, not on exponents"
_NETWORK: Final = "the table of networks is not written as claims yet"

_ROWS: Final = (
    ("C31", FEATURE_LEARNING, "theorem 3.3", "Six (in)equalities say when an abc-parametrisation is stable.", _NETWORK),
    ("C33", FEATURE_LEARNING, "corollary 3.9", "A stable network is a kernel or learns features.", _NETWORK),
    ("C34", ADAPTIVE, "(2.27), (2.28)", "Faithful gradient scalings satisfy a linear system.", _NETWORK),
    ("C38", EVERETT, "table 1", "24 cells of parametrisation and setting have one best exponent each.", _NETWORK),
    ("C40", DERIVED, "maxP", "The readout of one cell is -1/2, not +1/2.", _NETWORK),
    ("C41", HAAS, "regimes", "Cross-entropy has three regimes of the rate, squared error one.", _NETWORK),
    ("C44", MATRIX, "depth", "Shampoo's depth factor is L^(1-2e).", _DEPTH),
    ("C45", COMPLETE_P, "table", "Hidden rates are n^-1 L^(kappa-1).", _DEPTH),
    ("C46", DEPTH_MUP, "table", "At kappa = 1/2 Adam takes L^(-1/2), SGD L^0.", _DEPTH),
    ("C49", DERIVED, "mup", "The package mup misjudges the factor A of LoRA.", "a statement on a package's code"),
    ("C50", DERIVED, "weight decay", "Published rules for weight decay differ in the product of rate and decay.",
     "weight decay is not in the calculus yet"),
)  # fmt: skip


def _claims() -> Iterator[Claim]:
    for name, source, place, statement, missing in _ROWS:
        yield Claim(name, source, place, statement, pending=missing)


CLAIMS: Final = tuple(_claims())
