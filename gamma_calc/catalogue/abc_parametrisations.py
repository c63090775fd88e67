"""abc-parametrisations of networks, as data: W_l = n^-a_l w_l, entries w_l ~ n^-b_l, learning rate n^-c_l."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import pick, require

Exponent = int | Fraction | str
Triple = tuple[Exponent, Exponent, Exponent]


@dataclass(frozen=True, slots=True)
class ABC:
    """Exponents of the input layer, the hidden layers and the readout: multiplier -a, entry -b, rate -c.

    ``optimiser`` names the rule that the rates are for.
    """

    name: str
    a: Triple
    b: Triple
    c: Triple
    source: str
    optimiser: str = "sgd"


_H: Final = "1/2"
_TP4: Final = "Yang, Hu, arXiv 2011.14522, table 1"
_TP4B: Final = "Yang, Littwin, arXiv 2308.01814, section 2"

PARAMETRISATIONS: Final[Mapping[str, ABC]] = MappingProxyType(
    {
        p.name: p
        for p in (
            ABC("sp", (0, 0, 0), (0, _H, _H), (1, 1, 1), _TP4),
            ABC("ntk", (0, _H, _H), (0, 0, 0), (0, 0, 0), _TP4),
            ABC("mup", ("-1/2", 0, _H), (_H, _H, _H), (0, 0, 0), _TP4),
            ABC("ntk-adam", (0, _H, _H), (0, 0, 0), (_H, 1, _H), _TP4B, "adam"),
            ABC("mup-adam", ("-1/2", 0, _H), (_H, _H, _H), (_H, 1, _H), _TP4B, "adam"),
        )
    }
)


def known_abc(given: ABC | str) -> ABC:
    """The parametrisation of a name, or exponents of one's own as they are. Raises UnknownName and ProgramError."""
    require(given, ABC | str, "parametrisation", f"give a name: {', '.join(PARAMETRISATIONS)}")
    return given if isinstance(given, ABC) else pick("parametrisation", given, PARAMETRISATIONS)


def abc(name: str, a: Sequence[Exponent], b: Sequence[Exponent], c: Sequence[Exponent]) -> ABC:
    """A parametrisation of one's own: three exponents each, for input, hidden layers and readout."""
    (a1, a2, a3), (b1, b2, b3), (c1, c2, c3) = a, b, c
    return ABC(name, (a1, a2, a3), (b1, b2, b3), (c1, c2, c3), "given")
