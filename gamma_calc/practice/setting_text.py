"""A setting in words: NAME=VALUE, and the path of a peft adapter_config.json for what the words leave out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, require, unknown, written
from gamma_calc.frontends.peft_config import PeftConfig, read_config
from gamma_calc.practice.method import OF_LORA
from gamma_calc.practice.setting import EXAMPLES, LONGEST, Setting

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
ADAPTERS: Final = MappingProxyType({"rslora": ("lora", {"rslora": True}), "matrix": ("full", {})})
TRUTH: Final = MappingProxyType(dict.fromkeys(("true", "yes", "1"), True) | dict.fromkeys(("false", "no", "0"), False))
NUMBER: Final = re.compile(
    r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})(e[+-]?[0-9]{1,2})?", re.IGNORECASE | re.ASCII
)
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)


def as_setting(given: Given) -> Setting:
    """A setting from words, a path, a mapping, or one already made. Raises ConfigError and UnknownName.

    >>> as_setting("n=2048 r=8 alpha=16 optimiser=sgd lr=2e-4")
    Setting(n=2048, r=8, alpha=16.0, ..., optimiser='sgd', ..., lr=0.0002, lr_A=None, lr_B=None)
    >>> as_setting({"n": 2048, "init": "PiSSA"}).init
    'pissa'
    """
    match given:
        case Setting():
            return given
        case Path():
            return _made(_from_config(str(given), {}))
        case str():
            return _from_words(given)
        case Mapping():
            return _made({_word(name): value for name, value in given.items()})
    raise ConfigError(f"{written(given)} is no setting", hint='write one such as "n=2048 r=8 alpha=16"')


def _from_words(text: str) -> Setting:
    found: dict[str, Any] = {}
    parts = [part.partition("=") for part in _parts(text)]
    for name, _, value in (part for part in parts if part[1]):
        word = _word(name)
        if word in found:
            raise ConfigError(f"{word} is given twice", hint="give it once")
        found[word] = _read(word, value)
    for path in (name for name, equals, _ in parts if not equals):
        found = _from_config(path, found) | found
    return _made(found)


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


# -- values -----------------------------------------------------------------------------------------------------------


def _read(name: str, text: str) -> object:
    return READERS.get(name, _number if name in EXAMPLES else _plain)(name, text.strip())


def _plain(name: str, text: str) -> str:
    if not text:
        raise ConfigError(f"{name} has no value", hint=f"write {name}=VALUE")
    return shown(text, LONGEST)


def _number(name: str, text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise ConfigError(
            f"{name} is {shown(text, LONGEST)!r}", hint=f"write a plain number without a unit: {name}={EXAMPLES[name]}"
        )
    exact = Fraction(text)
    return exact.numerator / exact.denominator


def _whole(name: str, text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ConfigError(
            f"{name} is {shown(text, LONGEST)!r}", hint=f"write a whole number without a unit: {name}={EXAMPLES[name]}"
        )
    return int(text)


def _truth(name: str, text: str) -> bool:
    if text.lower() not in TRUTH:
        raise ConfigError(f"{name} is {shown(text, LONGEST)!r}", hint=f"write {name}=true or {name}=false")
    return TRUTH[text.lower()]


READERS: Final[Mapping[str, Callable[[str, str], object]]] = MappingProxyType(
    {"n": _whole, "r": _whole, "batch": _whole, "rslora": _truth}
)

# -- files ------------------------------------------------------------------------------------------------------------


def _from_config(text: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a peft configuration adds to what is said. Raises ConfigError for what is no path and no word."""
    path = Path(text)
    if not (path.suffix or len(path.parts) > 1):
        raise unknown("word", shown(text, LONGEST), (f"{word}=" for word in WORDS))
    config = read_config(path)
    found = {"adapter": config.target, "init": config.init or None, **_numbers(config, said)}
    return {name: value for name, value in found.items() if value is not None}


def _numbers(config: PeftConfig, said: Mapping[str, Any]) -> dict[str, Any]:
    """The rank and alpha. Raises ConfigError where groups of modules differ in them and the words do not decide."""
    groups = {(group.rank, group.alpha.numerator / group.alpha.denominator, group.rs) for group in config.groups}
    if len(groups) > 1 and not {"r", "alpha"} <= said.keys():
        raise ConfigError(
            f"{len(groups)} groups of modules differ in r or alpha",
            where=str(config.path),
            hint="write the numbers of one of them beside it: r=8 alpha=16",
        )
    gone = {"alpha", "rslora"} if "s" in said else set()
    named = (zip(("r", "alpha", "rslora"), group, strict=True) for group in groups)
    return {name: value for group in named for name, value in group if name not in gone}
