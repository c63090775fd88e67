"""How names and signs are spelled: plain letters inside, Greek letters and mathematical signs in print.

One table serves the printers and the parser, so what is printed in either spelling can be read back.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from gamma_calc.errors import ExponentSyntaxError, require

GREEK: Final = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "iota": "ι",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
}
SUBSCRIPTS: Final = {str(digit): chr(ord("₀") + digit) for digit in range(10)}
SIGNS: Final = {"-": "−", "*": "·", "inf": "∞"}
RESERVED: Final = frozenset({"max", "min", "inf", "nan"})

_PLAIN: Final = str.maketrans({sign: plain for plain, sign in (GREEK | SUBSCRIPTS | SIGNS).items()})


def plain(text: str) -> str:
    """The plain spelling of a name or a sign.

    >>> plain("η_A"), plain("a₀"), plain("−")
    ('eta_A', 'a0', '-')
    """
    require(text, str, "text", "write one such as 'eta_A'", ExponentSyntaxError)
    return text.translate(_PLAIN)


def is_name(text: object) -> bool:
    """Can this name an exponent, so that what is printed can be read back?"""
    return isinstance(text, str) and text.isascii() and text.isidentifier() and text not in RESERVED


def stem_and_index(part: str) -> tuple[str, str]:
    """The two pieces of a name such as a0: letters and the number behind them, either possibly empty.

    >>> stem_and_index("delta1"), stem_and_index("A")
    (('delta', '1'), ('A', ''))
    """
    stem = part.rstrip("0123456789")
    return stem, part[len(stem) :]


Natural: TypeAlias = tuple[str, ...]


def natural(name: str) -> Natural:
    """The place of a name among others, numbers in it by their value.

    >>> sorted(["eta_10", "eta_2", "eta"], key=natural)
    ['eta', 'eta_2', 'eta_10']
    """
    require(name, str, "name", "give text such as 'eta_1'")
    return tuple(_by_value(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name))


def _by_value(digits: str) -> str:
    """A text that sorts as the number does, also one too long to be read."""
    digits = digits.lstrip("0")
    return f"{len(digits):09}{digits}"
