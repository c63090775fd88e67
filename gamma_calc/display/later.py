"""What only pictures need is loaded when the first one is made: most answers are read, and start sooner without it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def later(name: str) -> Any:
    """A module by its name, loaded now.

    >>> later("gamma_calc.display.shapes").__name__
    'gamma_calc.display.shapes'
    """
    return import_module(name)
