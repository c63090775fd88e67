"""transformers and peft, loaded when they are needed, offline and silent."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

from gamma_calc.errors import ConfigError

NEEDED: Final = ("transformers", "peft", "safetensors")
OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def refuse_missing() -> None:
    """Say which extra is needed. Raises ConfigError."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"fine-tuning needs {', '.join(missing)}, which is not installed", hint="pip install 'gamma-calc[peft]'"
        )


def transformers() -> Any:
    """The library; it asks no hub and shows no bars."""
    for name in OFFLINE:
        os.environ.setdefault(name, "1")
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def peft() -> Any:
    """The library of adapters."""
    transformers()
    import peft

    return peft


@contextmanager
def quiet() -> Iterator[None]:
    """Without what these libraries say to their own developers."""
    with warnings.catch_warnings(action="ignore"):
        yield


def library_versions() -> str:
    """Both libraries by name, as they decide numbers too.

    >>> library_versions().startswith("transformers ")
    True
    """
    return ", ".join(f"{name} {version(name)}" for name in NEEDED[:2])
