"""The user's function from a width to a model and a batch: found by name, called with care.

To name a Python file is to ask for it to be run, as ``python FILE`` would. Nothing else is run from a file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final

import torch

from gamma_calc.errors import ConfigError, GammaError, unknown
from validation.errors import SettingError

Factory = Callable[[int], Any]
MEND: Final = "mend it; --debug shows where"
HINT: Final = "write a function of a width that returns (model, batch)"


class FactoryError(GammaError, RuntimeError):
    """The user's own function raised; the error behind it is its cause."""


def load(place: str) -> Factory:
    """The function at FILE.py:NAME; the file is run. Raises GammaError, with the user's own error as its cause."""
    path, _, name = place.rpartition(":")
    file = Path(path)
    if not path or not name.isidentifier():
        raise ConfigError(f"{place!r} names no function", hint="write FILE.py:FUNCTION, as in my_model.py:make_model")
    if not file.is_file():
        raise ConfigError("no such file", where=path, hint="name a Python file that is there")
    module = _module(file)
    found = getattr(module, name, None)
    if found is None:
        raise unknown("function", name, [n for n, v in vars(module).items() if callable(v)]).at(path)
    if not callable(found):
        raise ConfigError(f"{name} is no function", where=path, hint=HINT)
    return found  # type: ignore[no-any-return]


def _module(file: Path) -> Any:
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ConfigError("no Python file", where=str(file), hint="name a file that ends in .py")
    module = module_from_spec(spec)
    sys.path.insert(0, str(file.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise FactoryError(f"raises {error_text(error)}", where=str(file), hint=MEND) from error
    finally:
        sys.path.pop(0)
    return module


def built(factory: Factory, width: int) -> tuple[torch.nn.Module, Any]:
    """A model and a batch. Raises FactoryError for a function that raises, SettingError for one that returns others."""
    name = getattr(factory, "__name__", "the function")
    try:
        pair = factory(width)
    except Exception as error:
        raise FactoryError(f"raises {error_text(error)}", where=f"{name}({width})", hint=MEND) from error
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise SettingError(f"returns {_kind(pair)}", where=f"{name}({width})", hint=HINT)
    if not isinstance(pair[0], torch.nn.Module):
        raise SettingError(f"returns {_kind(pair[0])} for a model", where=f"{name}({width})", hint=HINT)
    return pair[0], pair[1]


def check_widths(factory: Factory, widths: Sequence[int]) -> None:
    """Build it at every width. Raises FactoryError that names the widths at which it cannot be built."""
    failed: dict[int, FactoryError] = {}
    for width in widths:
        try:
            built(factory, width)
        except FactoryError as error:
            failed[width] = error
    if failed:
        first = next(iter(failed.values()))
        if len(failed) == len(widths):
            raise first
        listed = ", ".join(map(str, failed))
        raise FactoryError(
            f"cannot be built at widths {listed}: {first.what}", hint="leave these widths out; --debug shows where"
        ) from first.__cause__


def error_text(error: Exception) -> str:
    """An error of somebody else's code on one line, with its kind."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _kind(value: object) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple | list) else f"a {type(value).__name__}"
