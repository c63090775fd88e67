"""What decides the numbers of a cell besides its settings: the versions of this package and of torch."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import torch


@cache
def versions() -> str:
    """This package and torch, by name; the kind of device is a setting of its own, so torch's build is left out.

    >>> versions().startswith("gamma-calc ")
    True
    """
    return f"gamma-calc {version('gamma-calc')}, torch {torch.__version__.partition('+')[0]}"
