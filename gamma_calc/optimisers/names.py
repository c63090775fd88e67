"""Names of optimisers as people and trainers write them, and the optimiser of the catalogue that each one is."""

from __future__ import annotations

import re
from typing import Final

from gamma_calc.errors import unknown
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.optimisers import OPTIMISERS

PREFIXES: Final = re.compile(r"^(paged|optimi|bnb)_?")
ENDINGS: Final = re.compile(r"(_?(torch|hf|bnb|fused|xla|npu|4bit|8bit|32bit|4-bit|8-bit|apex|anyprecision|ao))+$")
SAME: Final = {"adamw": "adam", "signsgd": "sign", "nadam": "adam", "radam": "adam", "sgdnesterov": "sgd"}


def by_name(name: object) -> Optimiser:
    """The optimiser that a name stands for. Raises UnknownName.

    >>> by_name("adamw") == by_name("adam")
    True
    """
    return OPTIMISERS[catalogue_name(name)]


def catalogue_name(text: object) -> str:
    """The name in the catalogue. Decoupled decay, paging and short formats change no exponent. Raises UnknownName.

    >>> [catalogue_name(text) for text in ("adamw", "paged_adamw_8bit", "AdamW8bit", "SGD", "muon")]
    ['adam', 'adam', 'adam', 'sgd', 'muon']
    """
    if not isinstance(text, str):
        raise unknown("optimiser", text, OPTIMISERS)
    known = text if text in OPTIMISERS else ENDINGS.sub("", PREFIXES.sub("", text.lower()))
    known = SAME.get(known, known)
    if known not in OPTIMISERS:
        raise unknown("optimiser", text, OPTIMISERS)
    return known
