"""The options that say which program is asked about, and the refusal of those that do not fit together."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from gamma_calc.catalogue.assumed import assumed
from gamma_calc.catalogue.targets import SCHEMES, TARGETS, Target
from gamma_calc.cli.choices import KINDS, one_of
from gamma_calc.cli.parameters import (
    ACTIVATION,
    BATCH,
    COMMON,
    DEPTH,
    INIT,
    LAYERS,
    LOSS,
    LR,
    MANY,
    OPTIMIZER,
    RANK,
    RESIDUAL,
    SCALING,
)
from gamma_calc.derivation import data
from gamma_calc.derivation.conditions import STABILITY, Stability
from gamma_calc.derivation.derivation import Derivation, derived
from gamma_calc.display.json import Data
from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, ExponentSyntaxError, GammaError, OrderError, UnknownName, unknown, written
from gamma_calc.exponents import Order, Region, order
from gamma_calc.language.program import Program
from gamma_calc.optimisers.names import catalogue_name

if TYPE_CHECKING:
    from gamma_calc.frontends.peft_config import PeftConfig

Text = str | None
LONGEST: Final = 60  # of an assignment in a message
COMPARED: Final = re.compile("[<>=]")
RATE: Final = re.compile(r"\+?(\d+\.?\d*|\.\d+)e[-+]?\d+", re.IGNORECASE | re.ASCII)
IN_NUMBERS: Final = "eta is the exponent: rate = n^eta, as in --at eta=-1/2; for numbers see gamma-calc transfer"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What every command that derives programs takes; an option left out has the target's default."""

    optimizer: Annotated[Text, OPTIMIZER] = None
    lr: Annotated[Text, LR] = None
    rank: Annotated[Text, RANK] = None
    scaling: Annotated[Text, SCALING] = None
    loss: Annotated[Text, LOSS] = None
    batch: Annotated[Text, BATCH] = None
    common: Annotated[Text, COMMON] = None
    depth: Annotated[int | None, DEPTH] = None
    activation: Annotated[Text, ACTIVATION] = None
    residual: Annotated[bool | None, RESIDUAL] = None
    layers: Annotated[int | None, LAYERS] = None
    assume: Annotated[
        tuple[str, ...],
        one_of(
            KINDS["assumptions"], "additive (terms of W v agree in sign), fresh (a new sample at each step)", **MANY
        ),
    ] = ()
    stability: Annotated[str, one_of(STABILITY, "bounded: Z_B, or Z_A,Z_B; theta: Z_B of order one")] = "Z_B"
    set_: Annotated[
        tuple[str, ...],
        Parameter(name="--set", help="fix exponents, as in a0=-1/2,rho=1/2", **MANY),
    ] = ()
    at: Annotated[
        tuple[str, ...],
        Parameter(help="answer at one point, as in eta=-1/2; no exponent stays open", **MANY),
    ] = ()

    def named(self) -> dict[str, Any]:
        """The options by field name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Common):
    """The options of one program."""

    init: Annotated[Text, INIT] = None


NOTHING: Final = Common()
PLAIN: Final = Options()
_NOT_OF_A_PROGRAM: Final = {"stability", "set_", "at"}


@dataclass(frozen=True)
class Question:
    """A target with its options: the program asked about, its derivation, and the point, if one is given."""

    target: str
    options: Options
    within: Text = None

    @cached_property
    def program(self) -> Program:
        """The program with everything fixed that ``--set`` fixes."""
        settings = assignments("--set", self.options.set_)
        written = self._written({})
        starts = {name: value for name, value in settings.items() if name in self._known.starts}
        others = {name: value for name, value in settings.items() if name not in starts}
        self._refuse_unknown("--set", others, written)
        for name, value in settings.items():
            _refuse_open(f"--set {name}={value}", value, written)
        program = self._written(starts) if starts else written
        return _fixed(program, others) if others else program

    @cached_property
    def point(self) -> Mapping[str, Order] | None:
        """The values of ``--at``, None without it."""
        values = assignments("--at", self.options.at)
        if not values:
            return None
        self._refuse_unknown("--at", values, self.program)
        refuse_open_values("--at", values)
        missing = [name for name in self.program.variables if name not in values]
        if missing:
            raise OrderError(
                f"{', '.join(missing)} left open",
                where="--at",
                hint="add " + ",".join(f"{name}=VALUE" for name in missing),
            )
        _refuse_outside("--at", values, self.program)
        return values

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation, at the point or on the region where there is one."""
        program, region = self.program, self.region
        if region is not None:
            return self._derived(restricted(program, region))
        return self._derived(program if self.point is None else program.substitute(self.point))

    @property
    def stability(self) -> Stability:
        """The notion of ``--stability``."""
        if self.options.stability not in STABILITY:
            raise unknown("notion of stability", self.options.stability, STABILITY).at("--stability")
        return STABILITY[self.options.stability]

    def _derived(self, program: Program) -> Derivation:
        return derived(program, self.stability)

    @cached_property
    def region(self) -> Region | None:
        """The region of ``--within``, which is a condition's name or a text; None without it."""
        if self.within is None:
            return None
        if self.options.at:
            raise OrderError("--within asks for a region and --at for a point", hint="leave one of them out")
        if COMPARED.search(self.within):
            return region_named(self.within, self.program)
        name, conditions = self.within.strip().replace("-", "_"), self._derived(self.program).conditions
        if name not in conditions:
            raise unknown("condition", self.within, conditions).at("--within")
        if conditions[name].empty:
            why = f"{conditions[name].condition.title} holds nowhere: {conditions[name].why}"
            raise OrderError(why, where="--within", hint="name another condition, or write a region")
        return conditions[name].region

    def answer(self) -> Data:
        """The derivation as data for JSON."""
        if self.point is None:
            found = data.as_data(self.derivation) | ({} if self.region is None else {"within": str(self.region)})
        else:
            found = data.at_a_point(self.derivation, self.program.variables, self.program.region, self.point)
        if self.silence and "advice" in found:
            found["advice"] = {"text": f"none on one rate for the whole file: {self.silence}", "parts": []}
        return found | ({"configuration": list(self.notes)} if self.notes else {})

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a configuration file says besides the program."""
        if self._config is None:
            return ()
        grows = (ALPHA_GROWS,) if self.options.scaling else ()
        return (*self._config.notes, *grows)

    @cached_property
    def silence(self) -> str:
        """Why no advice on the learning rate holds for the whole of a configuration file; empty where it does."""
        beyond = self._config.beyond if self._config is not None else ()
        return f"{' and '.join(beyond)} are trained at the same rate and are not derived" if beyond else ""

    # -- the program ----------------------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> Target:
        return TARGETS[self.target if self._config is None else self._config.target]

    @cached_property
    def _config(self) -> PeftConfig | None:
        return config_of(self.target)

    def _written(self, starts: Mapping[str, Order]) -> Program:
        given = self._given()
        if self._config is None:
            return self._built(given, starts)
        refuse_contradictions(self._config, given)
        return self._built(self._config.settings | given, starts)

    def _built(self, given: Mapping[str, Any], starts: Mapping[str, Order]) -> Program:
        target = self._known
        for name in given:
            if name not in target.options:
                taken = ", ".join(f"--{option}" for option in target.options)
                raise UnknownName(f"target {target.name} does not take --{name}", hint=f"it takes {taken}")
        arguments: dict[str, Any] = {target.options[name]: value for name, value in given.items()}
        arguments |= assumed(self.options.assume) if arguments.pop("assume", None) else {}
        try:
            return target.build(**arguments, **starts)
        except GammaError as error:
            raise error.at(f"target {target.name}") from error

    def _given(self) -> dict[str, Any]:
        """The options that were given and that shape the program."""
        named = self.options.named()
        given = {k: value for k, value in named.items() if k not in _NOT_OF_A_PROGRAM and value not in (None, ())}
        return given | {name: read(given[name]) for name, read in READERS.items() if name in given}

    def _refuse_unknown(self, option: str, values: Iterable[str], program: Program) -> None:
        known = (*program.variables, *(self._known.starts if option == "--set" else ()))
        for name in values:
            if name not in known:
                error = unknown("exponent", name, known or ("none",))
                opened = _OPENED_BY.get(name, "") if _OPENERS.get(name) in self._known.options else ""
                listed = "" if known else "this program leaves no exponent open"
                raise UnknownName(error.what, where=option, hint=opened or listed or error.hint)


def region_named(text: str, program: Program) -> Region:
    """A region of exponents that a program leaves open. Raises UnknownName and OrderError for an empty one."""
    try:
        region = Region.parse(text)
        for name in region.variables:
            if name not in program.variables:
                raise unknown("exponent", name, program.variables or ("none",))
    except GammaError as error:
        raise error.at(f"--within {shown(text, LONGEST)}") from error
    if (region & program.region).is_empty:
        domain = "" if program.region.is_everything else f" of the domain {program.region}"
        raise OrderError(f"no point{domain} meets {shown(text, LONGEST)}", where="--within", hint="widen the region")
    return region


def restricted(program: Program, region: Region) -> Program:
    """The program on a part of its domain."""
    return program.replaced(domain=str(program.region & region))


def rule_named(text: str) -> str:
    """The optimiser that ``--optimizer`` names. Raises UnknownName.

    >>> rule_named("adamw")
    'adam'
    """
    try:
        return catalogue_name(text)
    except GammaError as error:
        raise error.at("--optimizer") from error


def scheme_named(text: str) -> str:
    """How ``--lr`` gives rates to factors; a number is answered. Raises UnknownName and ExponentSyntaxError."""
    if text in SCHEMES:
        return text
    if looks_like_a_rate(text):
        raise ExponentSyntaxError(f"{text} is a number", where="--lr", hint=IN_NUMBERS)
    raise unknown("value of --lr", text, SCHEMES)


def looks_like_a_rate(text: str) -> bool:
    """Is it a number, as learning rates are written?

    >>> [looks_like_a_rate(text) for text in ("2e-4", ".0002", "-1/2", "shared")]
    [True, True, True, False]
    """
    return text.strip().lstrip("+-.")[:1].isdigit()


READERS: Final[Mapping[str, Callable[[str], str]]] = {"optimizer": rule_named, "lr": scheme_named}


def config_of(target: str) -> PeftConfig | None:
    """The adapter configuration that a target is the path of; None for a name of the catalogue. Raises GammaError."""
    if target in TARGETS:
        return None
    path = Path(target)
    if not os.path.exists(path) and not (path.suffix or len(path.parts) > 1):  # noqa: PTH110 - never raises
        raise unknown("target", target, TARGETS)
    from gamma_calc.frontends.peft_config import read_config

    return read_config(path)


def refuse_contradictions(config: PeftConfig, given: Mapping[str, Any]) -> None:
    """A configuration decides some options. Raises ConfigError where one of them is given too.

    That alpha grows with the rank, so that the multiplier stays, is no contradiction: the file has one rank.
    """
    for name, field in DECIDED.items():
        stays = name == "scaling" and given.get(name) == "1" and config.settings.get(name) == "alpha/r"
        if name in given and name in config.settings and not stays:
            raise ConfigError(
                f"--{name} {given[name]} contradicts the config, which sets it by {field}",
                where=str(config.path),
                hint=f"leave --{name} out, or name a target of the catalogue instead of the config",
            )


DECIDED: Final = {"init": "init_lora_weights", "scaling": "lora_alpha, r and use_rslora"}
ALPHA_GROWS: Final = "--scaling 1: alpha grows in proportion to r, so the multiplier stays"

_OPENED_BY: Final = {
    "eta": "all rates are one with --lr shared",
    "eta_A": "--lr per-factor gives each factor its own rate",
    "eta_B": "--lr per-factor gives each factor its own rate",
    "eta_1": "--lr per-layer gives each weight its own rate",
    "rho": "--rank growing lets the rank be n^rho",
    "sigma": "--scaling free lets the multiplier be n^sigma",
    "beta": "--batch growing lets the number of samples be n^beta",
}
_OPENERS: Final = {
    "eta": "lr",
    "eta_A": "lr",
    "eta_B": "lr",
    "eta_1": "depth",
    "rho": "rank",
    "sigma": "scaling",
    "beta": "batch",
}


def assignments(option: str, texts: Iterable[str]) -> dict[str, Order]:
    """Exponents from texts such as "a0=-1/2,rho=1/2". Raises ExponentSyntaxError.

    >>> assignments("--set", ["a0=-1/2,rho=1/2"])
    {'a0': Order('-1/2'), 'rho': Order('1/2')}
    """
    found: dict[str, Order] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value):
            raise ExponentSyntaxError(
                f"{written(part)} is no setting", where=option, hint="write NAME=VALUE, as in eta=-1/2"
            )
        if name in found:
            raise ExponentSyntaxError(f"{name} is given twice", where=option, hint="give it once")
        if RATE.fullmatch(value):
            raise ExponentSyntaxError(f"{shown(value, LONGEST)} is no exponent", where=option, hint=IN_NUMBERS)
        try:
            found[name] = order(value)
        except GammaError as error:
            raise error.at(f"{option} {shown(part, LONGEST)}") from error
    return found


def refuse_open_values(option: str, values: Mapping[str, Order]) -> None:
    """The values of a point are rationals. Raises ExponentSyntaxError."""
    for name, value in values.items():
        if value.variables or value.is_zero_quantity:
            raise ExponentSyntaxError(
                f"{value} is no rational", where=f"{option} {name}={value}", hint="write a value such as -1/2"
            )


def _refuse_open(where: str, value: Order, program: Program) -> None:
    """A value may use exponents that the program leaves open, and no others."""
    for name in value.variables:
        if name not in program.variables:
            raise unknown("exponent", name, program.variables or ("a rational such as -1/2",)).at(where)


def _fixed(program: Program, values: Mapping[str, Order]) -> Program:
    try:
        return program.substitute(values)
    except GammaError as error:
        raise error.at("--set") from error


def _refuse_outside(option: str, values: Mapping[str, Order], program: Program) -> None:
    try:
        program.check_inside(values)
    except GammaError as error:
        raise error.at(option) from error
