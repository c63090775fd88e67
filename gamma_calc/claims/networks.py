"""Networks trained whole: parametrisations by width."""

from __future__ import annotations

from typing import Any, Final

from gamma_calc.claims.checks import Orders
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Slopes
from gamma_calc.claims.setting import on
from gamma_calc.claims.sources import ADAPTIVE, FEATURE_LEARNING

_CHEAP: Final[dict[str, Any]] = {"widths": (64, 256, 1024, 4096), "most_seeds": 2048}
_LARGE: Final = (256, 1024, 4096, 2**14)  # the readout of the start is of order one, the change n^(1/2) below it

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
)
