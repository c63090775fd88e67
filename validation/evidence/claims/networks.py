"""Networks trained whole: parametrisations by width."""

from __future__ import annotations

from typing import Any, Final

from gamma_calc.catalogue.parametrisations import FULL_ALIGNMENT, STARTS, TRANSFER_TABLES
from validation.evidence.checks import LATE, Orders, Same
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import ADAPTIVE, EVERETT, FEATURE_LEARNING, TRANSFER
from validation.evidence.measure import Slopes
from validation.evidence.setting import ProgramSetting, on
from validation.evidence.trial import Trial

_CHEAP: Final[dict[str, Any]] = {"widths": (64, 256, 1024, 4096), "seeds": 512, "most_seeds": 2048}
_LARGE: Final = (256, 1024, 4096, 2**14)  # the readout of the start is of order one, the change n^(1/2) below it

_WATCHED: Final = ("h1", "h2", "f", "dh1", "dh2", "df")
_OPTIMISERS: Final = ("sgd", "adam")
_UNIFORM: Final = {"a": "0, 0, 1/2", "b": "0, 1/2, 1/2 - s", "c": "s, 1 + s, 1/2"}
_BETWEEN: Final = "0 <= s <= 1/2"


def _table(name: str, optimiser: str) -> ProgramSetting:
    return on("network", optimiser=optimiser, **TRANSFER_TABLES[name][optimiser])


def _cell(name: str, optimiser: str) -> ProgramSetting:
    return on("network", optimiser=optimiser, **STARTS[name], c=FULL_ALIGNMENT[name, optimiser])


CLAIMS: Final = (
    Claim(
        "C32",
        FEATURE_LEARNING,
        "table 1",
        "Hidden features move as n^-r with r = 1/2 (standard at 1/n), 1/2 (NTK), 0 (mean field) and 0 (muP).",
        (
            Orders(on("deep-linear", init="sp"), {"dh2": "-1/2"}),
            Orders(on("deep-linear", init="ntk"), {"dh2": "-1/2"}),
            Orders(on("mean field"), {"dh1": "0"}),
            Orders(on("deep-linear", init="mup"), {"dh2": "0"}),
        ),
        ("a deep linear network", "one hidden layer for the mean-field parametrisation"),
        measurements=(
            Slopes(on("deep-linear", init="sp"), {"dh2": "-1/2"}, 2, **_CHEAP),
            Slopes(on("deep-linear", init="ntk"), {"dh2": "-1/2"}, 2, **_CHEAP),
            Slopes(on("mean field"), {"dh1": "0"}, 2, **_CHEAP),
            Slopes(on("deep-linear", init="mup"), {"dh2": "0"}, 2, **_CHEAP),
        ),
    ),
    Claim(
        "C35",
        ADAPTIVE,
        "remark 2.2.7",
        "The standard parametrisation under sign updates of 1/n learns features, though its logits grow as n^(1/2).",
        tuple(
            Orders(on("deep-linear", init="sp", optimiser=optimiser), {"dh2": "0", "f": "1/2"})
            for optimiser in ("sign", "adam")
        ),
        ("a deep linear network",),
        measurements=(
            Slopes(on("deep-linear", init="sp", optimiser="sign"), {"dh2": "0", "df": "1/2"}, 1, widths=_LARGE),
        ),
    ),
    Claim(
        "C36",
        ADAPTIVE,
        "UP_s",
        "For s from 0 to 1/2 a family of parametrisations moves all features as n^-s and f by order one: muP to NTK.",
        (
            Orders(on("network", optimiser="sign", **_UNIFORM), {"dh1": "-s", "dh2": "-s", "df": "0"}, within=_BETWEEN),
            *(
                Same(
                    on("network", f"s={s}", optimiser="sign", **_UNIFORM),
                    on("deep-linear", init=end, optimiser="sign"),
                    _WATCHED,
                )
                for s, end in (("0", "mup-adam"), ("1/2", "ntk-adam"))
            ),
        ),
        ("a deep linear network", "a readout with a + c = 1"),
        measurements=(
            Slopes(on("network", "s=1/4", optimiser="sign", **_UNIFORM), {"dh2": "-1/4", "df": "0"}, 2, **_CHEAP),
        ),
    ),
    Claim(
        "C37",
        TRANSFER,
        "tables 3, 8 and 9",
        "The three tables of muP are one orbit: they train the same network, by gradient descent and by Adam.",
        tuple(
            Same(_table("table 3", optimiser), _table(other, optimiser), _WATCHED, (0, 1, 2, 3, LATE))
            for optimiser in _OPTIMISERS
            for other in ("table 8", "table 9")
        ),
        ("a deep linear network",),
        measurements=tuple(
            Trial(
                "same_network",
                f"{rule}, {other} against table 3: largest relative difference of f over 20 steps",
                "0",
                "1e-9",
                (rule, other),
            )
            for rule in _OPTIMISERS
            for other in ("table 8", "table 9")
        ),
    ),
    Claim(
        "C39",
        EVERETT,
        "equivalence",
        "At their rates the standard and the NTK parametrisation train one network, and muP and mean field another.",
        tuple(
            Same(_cell(one, optimiser), _cell(two, optimiser), _WATCHED, (0, 1, 2, 3, LATE))
            for optimiser in _OPTIMISERS
            for one, two in (("sp", "ntk"), ("mup", "mfp"))
        ),
        ("a deep linear network", "the rates under full alignment, by gradient descent and by Adam"),
    ),
)
