"""A small JSON file read with care: what is no file, too large, or no JSON is refused in a line."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, require, written

MOST_BYTES: Final = 2**20  # a config has a few kB
POINTER: Final = b"version https://git-lfs.github.com/spec/"
LONGEST: Final = 60  # of a value of the file in a message


def read_object(path: Path) -> dict[str, Any]:
    """The object in a file. Numbers stay exact: one written in decimals becomes a Decimal. Raises ConfigError."""
    text = small_text(path, "JSON")
    try:
        found = json.loads(text, parse_float=Decimal, object_pairs_hook=_once)
    except ConfigError:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"not JSON: {error.msg}", where=place, hint="mend the file there") from None
    except InvalidOperation:
        raise ConfigError("a number beyond all that can be reckoned with", hint="write a smaller exponent") from None
    except (RecursionError, ValueError):
        raise ConfigError("not JSON that can be read: nested too deeply, or a number too long") from None
    if not isinstance(found, dict):
        raise ConfigError("the JSON is no object", hint='a config looks like {"peft_type": "LORA", "r": 16, ...}')
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a file. Of a field that stands twice another reader might take the other value."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ConfigError(f"{shown(name, LONGEST)} stands twice in an object", hint="keep one")
        found[name] = value
    return found


def value_text(value: object) -> str:
    """A value of a file in a message: JSON, on one line, cut short.

    >>> value_text({"r": "x" * 80})
    '{"r": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'
    """
    return shown(str(value) if isinstance(value, Decimal) else json.dumps(value, default=str), LONGEST)


def small_text(path: Path, kind: str) -> str:
    """The text of a file of at most a megabyte that should hold JSON or YAML. Raises ConfigError."""
    try:
        return _bytes(path).decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("no such file", hint="name an adapter_config.json, or a target of the catalogue") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", hint="name a readable adapter_config.json") from None
    except UnicodeEncodeError:
        raise ConfigError("no file can have this name", hint="name an adapter_config.json") from None
    except UnicodeDecodeError:
        raise ConfigError(f"not {kind}: the file is no UTF-8 text", hint="name an adapter_config.json") from None


def named(path: object) -> Path:
    """A path that a file can have. Raises ConfigError for any other."""
    require(path, Path | str, "path", "name an adapter_config.json", ConfigError)
    assert isinstance(path, Path | str)
    try:
        Path(path).exists()
    except OSError as error:
        raise ConfigError(f"{written(str(path))} is no path: {error.strerror}", hint="name a file") from None
    return Path(path)


def _bytes(path: Path) -> bytes:
    """The content; a pipe or a device, from which reading may never end, is not opened."""
    kind = path.stat().st_mode
    if S_ISDIR(kind):
        raise ConfigError("this is a folder", hint="name the adapter_config.json inside it")
    if not S_ISREG(kind):
        raise ConfigError("this is a pipe or a device, no file", hint="write what comes from it to a file first")
    with path.open("rb") as file:
        found = file.read(MOST_BYTES + 1)
    if found.startswith(POINTER):
        raise ConfigError("a Git LFS pointer, not the file itself", hint="run git lfs pull")
    if len(found) > MOST_BYTES:
        raise ConfigError(
            f"the file is larger than {MOST_BYTES // 2**20} MB, a config has a few kB",
            hint="name the adapter_config.json, not the weights",
        )
    return found
