"""tanh(x): linear while x is small, a sign where it is large."""

from __future__ import annotations

from typing import Final

    rest=_slope_rest,
    apply=_slope,
