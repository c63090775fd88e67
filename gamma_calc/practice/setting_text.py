"""A setting in words: NAME=VALUE, and the path of a peft adapter_config.json for what the words leave out."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, require, unknown, written
from gamma_calc.practice.method import OF_LORA
from gamma_calc.practice.setting import LONGEST, Setting
from gamma_calc.practice.setting_file import from_file
from gamma_calc.practice.setting_values import TRUTH, read_value

Given = Setting | Mapping[str, Any] | str | Path
WORDS: Final = tuple(f.name for f in fields(Setting))
ALSO: Final = MappingProxyType(
    {
        "optimizer": "optimiser",
        "width": "n",
        "hidden_size": "n",
        "rank": "r",
        "lora_alpha": "alpha",
        "use_rslora": "rslora",
        "init_lora_weights": "init",
        "learning_rate": "lr",
    }
)
ADAPTERS: Final = MappingProxyType(
    {"rslora": ("lora", {"rslora": True}), "qlora": ("lora", {}), "matrix": ("full", {})}  # QLoRA: of a frozen matrix
)


def as_setting(given: Given, *, with_rates: bool = True) -> Setting:
    """A setting from words, a path, a mapping, or one already made. Raises ConfigError and UnknownName.

    ``with_rates``: take the learning rate that the file of a trainer gives.

    >>> as_setting("n=2048 r=8 alpha=16 optimiser=sgd lr=2e-4")
    Setting(n=2048, r=8, alpha=16.0, ..., optimiser='sgd', ..., lr=0.0002, lr_A=None, lr_B=None)
    >>> as_setting({"n": 2048, "init": "PiSSA"}).init
    'pissa'
    """
    match given:
        case Setting():
            return given
        case Path():
            return _made(from_file(given, {}, with_rates=with_rates))
        case str():
            return _from_words(given, with_rates=with_rates)
        case Mapping():
            return _made({_word(name): value for name, value in given.items()})
    raise ConfigError(f"{written(given)} is no setting", hint='write one such as "n=2048 r=8 alpha=16"')


def _from_words(text: str, *, with_rates: bool) -> Setting:
    found: dict[str, Any] = {}
    parts = [part.partition("=") for part in _parts(text)]
    for name, _, value in (part for part in parts if part[1]):
        word = _word(name)
        if word in found:
            raise ConfigError(f"{word} is given twice", hint="give it once")
        found[word] = read_value(word, value)
    for path in (name for name, equals, _ in parts if not equals):
        found = from_file(_path(path), found, with_rates=with_rates)
    return _made(found)


def _path(text: str) -> Path:
    """Raises UnknownName for what looks like no path."""
    path = Path(text)
    if not (path.suffix or len(path.parts) > 1 or os.path.exists(path)):  # noqa: PTH110 - never raises
        raise unknown("word", shown(text, LONGEST), (f"{word}=" for word in WORDS))
    return path


def _parts(text: str) -> list[str]:
    try:
        return shlex.split(text.replace(",", " "))
    except ValueError as error:
        raise ConfigError(f"the quotes do not close: {error}", hint="close them, or leave them out") from None


def _word(name: str) -> str:
    require(name, str, "word of a setting", f"write one of {', '.join(WORDS)}", ConfigError)
    word = ALSO.get(name.strip(), name.strip())
    if word not in WORDS:
        raise unknown("word", shown(word, LONGEST), (*WORDS, *ALSO))
    return word


def _made(found: dict[str, Any]) -> Setting:
    """With the names that people use put into the catalogue's."""
    if isinstance(start := found.get("init"), str | bool):
        found["init"] = _start(start)
    if isinstance(adapter := found.get("adapter"), str):
        name = adapter.lower().replace("_", "-")
        known, more = ADAPTERS.get(name, (name, {}))
        found = more | found | {"adapter": known}
    return Setting(**found)


def _start(asked: str | bool) -> str:
    """A start by its name, or by what peft calls it; other names are left to the method."""
    word = TRUTH.get(asked.lower(), asked) if isinstance(asked, str) else asked
    of_peft = (i.name for i in OF_LORA.values() if i.peft is not None and i.peft.means(word))
    in_any_case = (name for name in OF_LORA if name.lower() == str(asked).lower())
    return next((name for name in (str(asked),) if name in OF_LORA), "") or next(of_peft, next(in_any_case, str(asked)))
