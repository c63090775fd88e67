"""Recorded programs with rows below the truth, looked into one by one: why the derivation is right all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SETTLED: Final[Mapping[tuple[str, int], str]] = {
    ("any", 40601): "slopes of 1.3 up to n = 10^6, derived 5/4: the few large entries of powers come late",
    ("any", 41012): "Adam on an error that overshoots: slopes 1/4 too high here, none from 10^5 on, by its recursion",
    ("any", 41190): "a part along a gradient: -0.97 with 128 seeds at n = 256 to 1024 (+- 0.10), derived -1",
    ("batch", 111): "1 - c n^(-1/2) with c near 5: slopes of 0.13 up to n = 625, of 0.07 up to 2304, derived 0",
    ("batch", 143): "steps that cancel exactly in some seeds, where rounding is left of them: an interval of 6.6",
    ("deep", 35): "one in a few seeds saturates: logarithms vary by 2 between seeds, slopes by 1 between widths",
}
