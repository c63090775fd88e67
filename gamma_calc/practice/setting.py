"""A setting of fine-tuning in numbers: the width, the rank, the multiplier, the start, the optimiser and the rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import sqrt
from types import MappingProxyType
from typing import Any, Final, TypeVar

from gamma_calc.errors import ConfigError, pick, written
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.optimisers.names import catalogue_name
from gamma_calc.practice.method import METHODS, ONE_SAMPLE, Method

Value = TypeVar("Value")
LARGEST: Final = 10**12  # a number beyond it, or below one over it, is a mistake
LONGEST: Final = 40  # of a value in a message
PEFT_ALPHA, PEFT_RANK = 8, 8  # what peft takes where nothing is said
WORDS: Final = MappingProxyType({"optimiser": "optimizer"})  # that are not the names of fields
RATES: Final = MappingProxyType({"eta": "lr", "eta_A": "lr_A", "eta_B": "lr_B"})
EXAMPLES: Final = MappingProxyType(
    {"n": "4096", "r": "8", "alpha": "16", "s": "2", "lr": "2e-4", "lr_A": "2e-4", "lr_B": "3e-3", "batch": "256"}
)
OTHERS: Final[Mapping[str, tuple[type, str]]] = MappingProxyType(
    {"rslora": (bool, "true"), "init": (str, "pissa"), "optimiser": (str, "adam"), "adapter": (str, "lora")}
)
DECAY: Final = (
    "adamw is taken as adam: decoupled decay with a coefficient of order one changes no order while rate x decay < 1"
)


@either_spelling
@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run is set to; None for what is not said. Numbers are numbers, not exponents.

    ``n`` is the width, ``r`` the rank, ``alpha`` peft's lora_alpha, or ``s`` the whole multiplier in its place;
    ``rslora`` divides alpha by the root of the rank. ``batch`` is the number of independent samples a step, tokens as
    a rule; without it one sample makes each step. ``lr`` is one learning rate, ``lr_A`` and ``lr_B`` one a factor.
    Raises ConfigError for a number that no run has, UnknownName for an unknown adapter, start or optimiser.

    >>> known = Setting(n=2048, r=8, alpha=16, lr=2e-4)
    >>> known.multiplier, known.updated(Setting(r=32, rslora=True)).multiplier
    (2.0, 2.82842712474619)
    """

    n: int | None = None
    r: int | None = None
    alpha: float | None = None
    s: float | None = None
    rslora: bool | None = None
    init: str | None = None
    optimiser: str | None = None
    batch: int | None = None
    adapter: str | None = None
    lr: float | None = None
    lr_A: float | None = None  # noqa: N815 - the field's name
    lr_B: float | None = None  # noqa: N815 - the field's name

    def __post_init__(self) -> None:
        for name in EXAMPLES:
            _check_number(name, getattr(self, name))
        for name, (kind, example) in OTHERS.items():
            if not isinstance(value := getattr(self, name), kind | None):
                raise ConfigError(f"{name} is {written(value)}", hint=f"write {name}={example}")
        if self.adapter is not None:
            pick("adapter", self.adapter, METHODS)
        _ = self.rule
        for one, other in (("alpha", "s"), ("rslora", "s"), ("lr", "lr_A"), ("lr", "lr_B")):
            if getattr(self, one) and getattr(self, other) is not None:
                raise ConfigError(f"{one} and {other} are both given", hint="give one of them")

    # -- what it amounts to ---------------------------------------------------------------------------------------

    @property
    def method(self) -> Method:
        """What is trained; with a rate for each factor, LoRA is LoRA+."""
        name = self.adapter or "lora"
        return METHODS["lora+" if name == "lora" and self.lr_A is not None else name]

    @property
    def rule(self) -> str:
        """The optimiser's name in the catalogue."""
        return catalogue_name(self.optimiser or "adam")

    @property
    def start(self) -> str | None:
        """The initialisation by name; None where the method has one only."""
        return self.init or self.method.start

    @property
    def lacks(self) -> tuple[str, ...]:
        """What of the numbers the law of what is trained has no exponent for."""
        return self.method.lacks(self.start, self.rule, self.samples)

    @property
    def rank(self) -> int:
        return self.r or PEFT_RANK

    @property
    def multiplier(self) -> float:
        """The whole multiplier s, a number: alpha/r, or alpha/sqrt(r) with rslora."""
        if self.s is not None:
            return self.s
        return (self.alpha or PEFT_ALPHA) / (sqrt(self.rank) if self.rslora else self.rank)

    @property
    def samples(self) -> str:
        """The samples of a step by name."""
        return ONE_SAMPLE if self.batch is None else "growing"

    @property
    def rates(self) -> Mapping[str, float]:
        """The learning rates by the name of their exponent."""
        given = {exponent: getattr(self, name) for exponent, name in RATES.items()}
        return {exponent: rate for exponent, rate in given.items() if rate is not None}

    @property
    def words(self) -> dict[str, Any]:
        """What is given, by the words of the command line."""
        return {WORDS.get(name, name): value for name, value in self.said.items()}

    @property
    def said(self) -> dict[str, Any]:
        """What is given, by the names of the fields."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in named.items() if value is not None}

    # -- another setting ------------------------------------------------------------------------------------------

    def updated(self, change: Setting) -> Setting:
        """The setting after a change: what the change leaves out stays, what it replaces goes."""
        said = change.said
        gone = {"alpha", "rslora"} if "s" in said else {"s"} if "alpha" in said else set()
        if "adapter" in said and METHODS[said["adapter"]].starts != self.method.starts:
            gone.add("init")
        return replace(self, **(dict.fromkeys(gone) | said))

    def without_rates(self) -> Setting:
        """What is trained stays, said by name where only the rates said it."""
        name = self.method.name
        adapter = self.adapter if name == (self.adapter or "lora") else name
        return replace(self, adapter=adapter, lr=None, lr_A=None, lr_B=None)

    def checked(self) -> Setting:
        """The setting, if its parts fit each other. Raises ConfigError."""
        if self.n is None:
            raise ConfigError("no width", hint="add n=4096, the layer's hidden size")
        if self.method.has_rank and self.rank > self.n:
            raise ConfigError(f"r is {self.rank}, more than n = {self.n}", hint="a rank is at most the width")
        self.method.check_start(self.init)
        return self

    @property
    def conditions(self) -> tuple[str, ...]:
        """What is taken for granted where nothing is said."""
        taken = self.method.has_multiplier and self.s is None and self.alpha is None
        found = (
            (taken, f"alpha = {PEFT_ALPHA}, peft's default, as none is given"),
            (self.method.has_rank and self.r is None, f"r = {PEFT_RANK}, peft's default, as none is given"),
            ("adamw" in (self.optimiser or "").lower(), DECAY),
        )
        return tuple(text for holds, text in found if holds)

    def __str__(self) -> str:
        return " ".join(f"{name}={_text(value)}" for name, value in self.words.items())


def _text(value: object) -> str:
    """As it is written in a setting."""
    if isinstance(value, float):
        return f"{value:g}".replace("e-0", "e-").replace("e+0", "e")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_number(name: str, value: object) -> None:
    """Raises ConfigError for what is no positive number, or no whole one where parts make no sense."""
    if value is None:
        return
    whole = name in ("n", "r", "batch")
    least = 2 if name == "n" else 1 if whole else 1 / LARGEST
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= LARGEST:
        kind = f"a whole number from {least}" if whole else "a positive number"
        raise ConfigError(
            f"{name} is {_text(value) if isinstance(value, float | bool) else written(value)}",
            hint=f"write {kind}, as in {name}={EXAMPLES[name]}",
        )


def by_rate(values: Mapping[str, Value]) -> Value | dict[str, Value]:
    """One value for one learning rate, else one for each by its word.

    >>> by_rate({"eta": 1}), by_rate({"eta_A": 1, "eta_B": 2})
    (1, {'lr_A': 1, 'lr_B': 2})
    """
    return values["eta"] if "eta" in values else {RATES[name]: value for name, value in values.items()}
