"""Recorded programs with rows below the truth, looked into one by one: why the derivation is right all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SETTLED: Final[Mapping[tuple[str, int], str]] = {}
