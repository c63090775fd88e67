"""Recorded programs with rows below the truth, looked into one by one.

``SETTLED``: why the derivation is right all the same. ``WRONG``: where it is not, and why that is not mended yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SETTLED: Final[Mapping[tuple[str, int], str]] = {
    ("any", 40601): "slopes of 1.3 up to n = 10^6, derived 5/4: the few large entries of powers come late",
    ("batch", 111): "1 - c n^(-1/2) with c near 5: slopes of 0.13 up to n = 625, of 0.07 up to 2304, derived 0",
    ("batch", 143): "steps that cancel exactly in some seeds, where rounding is left of them: an interval of 6.6",
    ("deep", 35): "one in a few seeds saturates: logarithms vary by 2 between seeds, slopes by 1 between widths",
}

WRONG: Final[Mapping[tuple[str, int], str]] = {
    # Slopes of tanh of what counts for more than it is, marked as bounds: they are larger than they count for, and what
    # they multiply at the next step comes out below the truth, marked as a bound that it is not.
    ("deep", 74): "h5 at step 2: derived 9/8, measured 1.30 at n = 64 ... 512, falling",
    ("deep", 135): "h4 and h5 at step 2: derived 7/4 and 11/8, measured 1.99 and 1.8",
    ("deep", 164): "h6 and h7 at step 2: derived 19/8 and 7/4, measured 3.0 and 2.4, with intervals of 0.6",
}
