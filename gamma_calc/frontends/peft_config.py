"""Hugging Face peft's adapter_config.json as settings of a program, with everything it says besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from pathlib import Path
from typing import Any, Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, GammaError, unknown
from gamma_calc.frontends.json_file import named, read_object, value_text
from gamma_calc.frontends.peft_patterns import Modules, Pattern, is_literal, literal
from gamma_calc.language.program import Program

CONFIG: Final = "adapter_config.json"
LARGEST: Final = 10**9  # a rank or an alpha beyond it is a mistake
MOST_DIGITS: Final = 20
LONGEST: Final = 200  # of what a note repeats of the file
MOST_GROUPS: Final = 64  # that are listed

INITS: Final[Mapping[str | bool, str]] = {i.peft.value: i.name for i in INITIALISATIONS.values() if i.peft is not None}
ADAPTERS: Final[Mapping[str, str]] = {"LORA": "lora", "ADALORA": "adalora", "VERA": "vera"}  # names in the catalogue
OTHER_PROGRAMS: Final[Mapping[str, str]] = {"use_dora": "dora"}  # a field of LoRA and the program that it makes
AS_FIELDS: Final = {"dora": "use_dora", "rslora": "use_rslora"}  # adapters that are fields of LoRA
DIFFERENT: Final = ("use_qalora", "use_bdlora", "kasa_config", "monteclora_config", "velora_config")
KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "target_modules": (list, str),
    "exclude_modules": (list, str),
    "modules_to_save": (list,),
    "layers_to_transform": (list, int),
}
BESIDE: Final = {
    "lora_bias": "the bias of B is trained as well, which is not derived",
    "modules_to_save": "modules trained whole beside the adapters are not derived",
    "trainable_token_indices": "token embeddings trained beside the adapters are not derived",
    "target_parameters": "adapters on bare parameters are not derived",
}
OTHERS: Final = frozenset(
    [
        "alora_invocation_tokens",
        "arrow_config",
        "auto_mapping",
        "base_model_name_or_path",
        "bias",
        "corda_config",
        "ensure_weight_tying",
        "eva_config",
        "exclude_modules",
        "fan_in_fan_out",
        "inference_mode",
        "init_lora_weights",
        "layer_replication",
        "layers_pattern",
        "layers_to_transform",
        "loftq_config",
        "lora_alpha",
        "lora_dropout",
        "lora_ga_config",
        "megatron_config",
        "megatron_core",
        "alpha_pattern",
        "init_r",
        "d_initial",
        "projection_prng_key",
        "save_projection",
        "vera_dropout",
        "init_weights",
        "target_r",
        "tinit",
        "tfinal",
        "deltaT",
        "beta1",
        "beta2",
        "orth_reg_weight",
        "total_step",
        "use_dora",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "r",
        "rank_pattern",
        "revision",
        "runtime_config",
        "target_modules",
        "task_type",
        "use_rslora",
    ]
)
KNOWN: Final = OTHERS | set(DIFFERENT) | set(BESIDE)


@dataclass(frozen=True, slots=True)
class Group:
    """Modules with one rank and one alpha. The multiplier is alpha/r, or alpha/sqrt(r)."""

    modules: str
    rank: int
    alpha: Fraction
    rs: bool

    @property
    def multiplier(self) -> str:
        """The multiplier s as a number where it is rational, else as written."""
        root = isqrt(self.rank)
        if not self.rs:
            return str(self.alpha / self.rank)
        return str(self.alpha / root) if root**2 == self.rank else f"{self.alpha}/sqrt({self.rank})"

    def __str__(self) -> str:
        law = "alpha/sqrt(r)" if self.rs else "alpha/r"
        name = shown(self.modules, LONGEST)
        return f"{name}: r {self.rank}, alpha {self.alpha}, multiplier {law} = {self.multiplier}"


@dataclass(frozen=True, slots=True)
class PeftConfig:
    """A peft configuration: its program and what shapes it, its groups of modules, and notes in words.

    ``rank`` is that of an adapter without groups, AdaLoRA or VeRA.
    ``beyond`` says what else is trained at the same learning rate, so that no advice on it holds for the whole file.
    """

    path: Path
    init: str
    scaling: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    target: str = "lora"
    beyond: tuple[str, ...] = ()
    modules: Modules | None = field(default=None, repr=False, compare=False)
    unmatched: tuple[str, ...] = field(default=(), repr=False, compare=False)
    unknown: tuple[str, ...] = field(default=(), repr=False, compare=False)
    rank: int = field(default=1, repr=False, compare=False)

    @property
    def settings(self) -> dict[str, str]:
        """The options of the target that the config decides."""
        decided = {"init": self.init, "scaling": self.scaling}
        return {name: value for name, value in decided.items() if value and name in TARGETS[self.target].options}

    def program(self, **options: str) -> Program:
        """The program of the config; ``options`` are the arguments that it leaves open."""
        return TARGETS[self.target].build(**self.settings, **options)


def read_config(path: Path | str) -> PeftConfig:
    """A peft adapter_config.json. Raises ConfigError, with the path in front, for what is no such configuration."""
    path = named(path)
    try:
        path = config_in(path) if path.is_dir() else path
        fields = read_object(path)
        found = config_of(path, fields)
        if found.groups:
            _check_alphas(fields)
            _check_keys(fields)
    except GammaError as error:
        raise error.at(str(path)) from error
    return found


def config_in(folder: Path) -> Path:
    """The configuration in the folder of a saved adapter. Raises ConfigError where there is none."""
    path = folder / CONFIG
    if not path.exists():
        raise ConfigError(f"the folder has no {CONFIG}", hint="name the folder that save_pretrained wrote")
    return path


def config_of(path: Path, fields: dict[str, Any]) -> PeftConfig:
    """The configuration that fields in peft's words make.

    An alpha of 0 and keys that match nothing are left to the caller: nothing can be derived from them, but much said.
    Raises ConfigError for what is no such configuration.
    """
    target = _target(fields)
    _check_kinds(fields)
    if target in ("adalora", "vera"):
        return _other_adapter(path, fields, target)
    start, rs = _start(fields), bool(fields.get("use_rslora"))
    modules = _modules(fields)
    groups = tuple(_groups(fields, modules, rs))
    if start.peft is not None and start.peft.even:
        _check_even_ranks(groups)
    notes = (*_group_notes(groups), *_notes(fields, modules, start))
    scaling = "alpha/sqrt(r)" if rs else "alpha/r"
    return PeftConfig(
        path,
        start.name,
        scaling,
        groups,
        notes,
        target,
        beyond=tuple(_beyond(fields, modules)),
        modules=modules,
        unmatched=_unmatched(modules),
        unknown=_unknown(fields),
    )


def _other_adapter(path: Path, fields: dict[str, Any], target: str) -> PeftConfig:
    """AdaLoRA starts P and Q with a deviation of 0.02, VeRA has no choice of a start; neither has patterns to read."""
    modules = Modules(fields, Pattern(()), Pattern(()))
    rank = _rank("init_r", fields.get("init_r", 12)) if target == "adalora" else _rank("r", fields.get("r", 256))
    notes = (f"all modules: r {rank}", *_notes(fields, modules, None))
    if target == "adalora":
        notes = (*notes, "peft divides by the rank, which changes no exponent while the rank is fixed")
    init = "gaussian" if target == "adalora" else ""
    beyond = tuple(_beyond(fields, modules))
    return PeftConfig(path, init, "", (), notes, target, beyond, modules, unknown=_unknown(fields), rank=rank)


def _target(fields: dict[str, Any]) -> str:
    """The name of the program in the catalogue. Raises ConfigError where it is not there."""
    kind = fields.get("peft_type")
    if not isinstance(kind, str) or kind.upper() not in ADAPTERS:
        told = "no peft_type" if kind is None else f"peft_type {value_text(kind)} is not in the catalogue"
        raise ConfigError(told, hint=_elsewhere(_letters(kind if isinstance(kind, str) else "")) or _listed())
    for name in DIFFERENT:
        if fields.get(name):
            raise ConfigError(f"{name} is not yet in the catalogue", hint="without it the config is plain LoRA")
    own = (target for name, target in OTHER_PROGRAMS.items() if fields.get(name))
    return next(own, "lora") if kind.upper() == "LORA" else ADAPTERS[kind.upper()]


def _listed() -> str:
    names = ", ".join(f'"{name}"' for name in ADAPTERS)
    return f"the catalogue has {names}; a program of your own: docs/own-network.md"


def _elsewhere(letters: str) -> str:
    """Where the catalogue has an adapter under another name than peft_type; empty where it has none."""
    if letters in AS_FIELDS:
        return f'with "peft_type": "LORA" it is "{AS_FIELDS[letters]}": true'
    for start in INITIALISATIONS.values():
        if start.peft is not None and _letters(str(start.peft.value)) == letters:
            return f'with "peft_type": "LORA" it is "init_lora_weights": "{start.peft.value}"'
    found = next((name for name in TARGETS if _letters(name) == letters), "")
    return f"the catalogue has it as {found}: gamma-calc derive {found}" if found else ""


def _letters(name: str) -> str:
    """A name as people and papers spell it, without what they differ in."""
    return re.sub("[^a-z]", "", name.lower().replace("+", "plus"))


def _check_kinds(fields: dict[str, Any]) -> None:
    """What names modules is a list or a regular expression."""
    for name, kinds in KINDS.items():
        if not isinstance(fields.get(name) or [], kinds):
            told = "a list of names" + (", or a regular expression" if str in kinds else "")
            raise ConfigError(
                f"{name} is {value_text(fields[name])}",
                hint=f"write {told if int not in kinds else 'a list of numbers'}",
            )


def _start(fields: dict[str, Any]) -> Initialisation:
    """The start that peft goes by. Raises ConfigError and UnknownName for what is not in the catalogue."""
    asked = fields.get("init_lora_weights", True)
    if not isinstance(asked, bool | str):
        raise ConfigError(
            f"init_lora_weights is {value_text(asked)}", hint='write true, false or a name such as "gaussian"'
        )
    for start in INITIALISATIONS.values():
        if start.peft is not None and start.peft.means(asked):
            if start.peft.mode is not None:
                _check_mode(fields, *start.peft.mode)
            return start
    raise unknown("init_lora_weights", shown(str(asked), LONGEST), [str(known).lower() for known in INITS])


def _check_mode(fields: dict[str, Any], config: str, name: str, known: str) -> None:
    """Some starts have a configuration of their own, of which one mode is in the catalogue."""
    own = fields.get(config) or {}
    mode = own.get(name, known) if isinstance(own, dict) else own
    if mode != known:
        raise ConfigError(
            f"{config}.{name} is {value_text(mode)}", hint=f"only {value_text(known)} is in the catalogue"
        )


def _check_even_ranks(groups: tuple[Group, ...]) -> None:
    for group in groups:
        if group.rank % 2:
            raise ConfigError(
                f"{shown(group.modules, LONGEST)}: r is {group.rank}",
                hint="the orthogonal start halves the rank: write an even one",
            )


# -- groups of modules ------------------------------------------------------------------------------------------------


def _modules(fields: dict[str, Any]) -> Modules:
    ranks, alphas = (_pattern(name, fields) for name in ("rank_pattern", "alpha_pattern"))
    return Modules(fields, Pattern(tuple(ranks)), Pattern(tuple(alphas)))


def _pattern(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    found = fields.get(name) or {}
    if not isinstance(found, dict):
        raise ConfigError(f"{name} is {value_text(found)}", hint="write an object from module names to numbers")
    for key in found:
        _check_expression(name, key)
    return found


def _check_keys(fields: dict[str, Any]) -> None:
    targets = fields.get("target_modules")
    if isinstance(targets, list):
        for name in ("rank_pattern", "alpha_pattern"):
            for key in fields.get(name) or {}:
                _check_key(name, key, [t for t in targets if isinstance(t, str)])


def _check_alphas(fields: dict[str, Any]) -> None:
    """A multiplier of 0 or below trains nothing or climbs."""
    pattern = fields.get("alpha_pattern") or {}
    named = {f"alpha_pattern[{value_text(key)}]": value for key, value in pattern.items()}
    for name, value in ({"lora_alpha": fields.get("lora_alpha", 8)} | named).items():
        if value <= 0:
            raise ConfigError(f"{name} is {value_text(value)}", hint="write a positive number")


def _check_expression(pattern: str, key: str) -> None:
    try:
        re.compile(f"({key})")
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(
            f"{pattern} key {value_text(key)} is no regular expression: {error}", hint="write a module's name"
        ) from None


def _check_key(pattern: str, key: str, targets: list[str]) -> None:
    """A literal key names a module or the end of its path; a regular expression is left to peft."""
    name = literal(key)
    if is_literal(key) and not any(f".{name}".endswith(f".{t}") or f".{t}".endswith(f".{name}") for t in targets):
        error = unknown(f"{pattern} key", key, targets)
        raise ConfigError(f"{pattern} key {value_text(key)} matches no target module", hint=shown(error.hint, LONGEST))


def _groups(fields: dict[str, Any], modules: Modules, rs: bool) -> Iterator[Group]:
    """One for each pair of keys that some module matches, that of all others first."""
    rank, alpha = _rank("r", fields.get("r", 8)), _alpha("lora_alpha", fields.get("lora_alpha", 8))
    ranks = {k: _rank(f"rank_pattern[{value_text(k)}]", v) for k, v in (fields.get("rank_pattern") or {}).items()}
    alphas = {k: _alpha(f"alpha_pattern[{value_text(k)}]", v) for k, v in (fields.get("alpha_pattern") or {}).items()}
    pairs = modules.pairs
    for of_rank, of_alpha in pairs or ((None, None),):
        name = _name(of_rank, of_alpha) or ("other modules" if len(pairs) > 1 else "all modules")
        own_rank = rank if of_rank is None else ranks[of_rank]
        yield Group(name, own_rank, alpha if of_alpha is None else alphas[of_alpha], rs)


def _name(one: str | None, two: str | None) -> str:
    """What two keys have in common: the longer one where it ends in the other, else both."""
    if one is None or two is None or one == two:
        return one or two or ""
    longer, shorter = (one, two) if len(one) > len(two) else (two, one)
    within = is_literal(longer) and is_literal(shorter) and f".{literal(longer)}".endswith(f".{literal(shorter)}")
    return longer if within else f"{one} and {two}"


def _rank(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST:
        raise ConfigError(f"{name} is {value_text(value)}", hint="a rank is a positive whole number")
    return value


def _alpha(name: str, value: object) -> Fraction:
    """An exact alpha, 0 and below too. Bounds are checked before it becomes a fraction, whose size they keep sane."""
    match value:
        case int() | Decimal() if not isinstance(value, bool) and len(str(value)) <= MOST_DIGITS:
            known: int | Decimal = value
        case _:
            known = 2 * LARGEST
    least = Decimal(1) / LARGEST
    if not (least <= known <= LARGEST or known == 0 or -LARGEST <= known <= -least):
        raise ConfigError(f"{name} is {value_text(value)}", hint="write a positive number")
    return Fraction(known)


# -- what is said of the rest -----------------------------------------------------------------------------------------


def _group_notes(groups: tuple[Group, ...]) -> Iterator[str]:
    yield from map(str, groups[:MOST_GROUPS])
    if len(groups) > MOST_GROUPS:
        yield f"and {len(groups) - MOST_GROUPS} groups more"
    if len({group.rank for group in groups}) > 1:
        yield "ranks that do not grow with the width give one derivation, whatever they are"


def _notes(fields: dict[str, Any], modules: Modules, start: Initialisation | None) -> Iterator[str]:
    if unmatched := _unmatched(modules):
        listed = shown(", ".join(map(value_text, unmatched)), LONGEST)
        yield f"keys that match no module, which peft leaves out: {listed}"
    targets = fields.get("target_modules")
    if targets:
        told = ", ".join(map(str, targets)) if isinstance(targets, list) else str(targets)
        yield f"target modules: {shown(told, LONGEST)}"
    if modules.embeddings:
        yield "embeddings start with A = 0 and B random whatever the config says; this is for the linear layers"
    if start is not None and start.peft is not None and start.peft.call:
        yield f"without a call of {start.peft.call} peft starts as with true"
    if fields.get("bias") not in (None, "none", False):
        yield f"biases are trained as well (bias {value_text(fields['bias'])}), which is not derived"
    yield from (text for name, text in BESIDE.items() if fields.get(name))
    if extra := _unknown(fields):
        yield f"unknown fields, ignored: {shown(', '.join(map(value_text, extra)), LONGEST)}"


def _unmatched(modules: Modules) -> tuple[str, ...]:
    """Keys of the patterns that match no module."""
    return tuple(sorted(set(modules.keys).difference(key for pair in modules.pairs for key in pair)))


def _unknown(fields: dict[str, Any]) -> tuple[str, ...]:
    """Fields that peft's configuration does not have."""
    return tuple(sorted(fields.keys() - KNOWN))


def _beyond(fields: dict[str, Any], modules: Modules) -> Iterator[str]:
    """What is trained at the same learning rate and has another law than the adapters of linear layers."""
    saved = fields.get("modules_to_save")
    if saved:
        told = ", ".join(map(str, saved)) if isinstance(saved, list) else str(saved)
        yield f"modules trained whole ({shown(told, LONGEST)})"
    if fields.get("trainable_token_indices"):
        yield "token embeddings"
    if fields.get("target_parameters"):
        yield "adapters on bare parameters"
    if modules.embeddings:
        yield f"adapters on embeddings ({', '.join(modules.embeddings)})"
    if fields.get("bias") not in (None, "none", False) or fields.get("lora_bias"):
        yield "biases"
