"""Hugging Face peft's adapter_config.json as settings of the LoRA program, with everything it says besides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from pathlib import Path
from typing import Any, Final

from gamma_calc.catalogue.lora import lora
from gamma_calc.errors import ConfigError, GammaError, unknown
from gamma_calc.language.program import Program

MOST_BYTES: Final = 2**20  # a config has a few kB
LARGEST: Final = 10**9  # a rank or an alpha beyond it is a mistake
MOST_DIGITS: Final = 20

INITS: Final[Mapping[object, str]] = {
    True: "default",
    False: "false",
    "corda": "corda",
    "eva": "eva",
    "gaussian": "gaussian",
    "loftq": "loftq",
    "lora_ga": "lora-ga-peft",
    "mica": "mica",
    "olora": "olora",
    "orthogonal": "orthogonal",
    "pissa": "pissa",
}
ANY_CASE: Final = ("gaussian", "mica", "olora")  # the others peft takes in small letters only
APPROXIMATE: Final = re.compile(r"pissa_niter_[0-9]+")  # the singular value decomposition by that many iterations
MODES: Final = {"corda": ("corda_config", "corda_method", "ipm"), "lora_ga": ("lora_ga_config", "scale", "stable")}
STARTED_LATER: Final = {
    "eva": "without a call of initialize_lora_eva_weights peft starts as with true",
    "lora_ga": "without a call of preprocess_loraga peft starts as with true",
}
DIFFERENT: Final = ("use_dora", "use_qalora", "use_bdlora", "kasa_config", "monteclora_config", "velora_config")
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
        return f"{self.modules}: r {self.rank}, alpha {self.alpha}, multiplier {law} = {self.multiplier}"


@dataclass(frozen=True, slots=True)
class PeftConfig:
    """A peft LoRA configuration: what shapes the program, its groups of modules, and notes in words."""

    path: Path
    init: str
    scaling: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...]

    @property
    def settings(self) -> dict[str, str]:
        """The options of the LoRA target that the config decides."""
        return {"init": self.init, "scaling": self.scaling}

    def program(self, **options: str) -> Program:
        """The LoRA program of the config; ``options`` are the arguments of ``lora`` that it leaves open."""
        return lora(self.init, scaling=self.scaling, **options)  # type: ignore[arg-type]


def read_config(path: Path | str) -> PeftConfig:
    """A PEFT adapter_config.json. Raises ConfigError, with the path in front, for what is no LoRA configuration."""
    path = Path(path)
    try:
        return _config(path, _object(_text(path)))
    except GammaError as error:
        raise error.at(str(path)) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
        if len(found) > MOST_BYTES:
            raise ConfigError(
                f"the file is larger than {MOST_BYTES // 2**20} MB, a config has a few kB",
                hint="name the adapter_config.json, not the weights",
            )
        return found.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("no such file", hint="name an adapter_config.json, or a target of the catalogue") from None
    except IsADirectoryError:
        raise ConfigError("this is a folder", hint="name the adapter_config.json inside it") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", hint="name a readable adapter_config.json") from None
    except UnicodeDecodeError:
        raise ConfigError("not JSON: the file is no UTF-8 text", hint="name an adapter_config.json") from None


def _object(text: str) -> dict[str, Any]:
    """Numbers stay exact: a fraction written in decimals becomes a Decimal."""
    try:
        found = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(f"not JSON: {error.msg}", where=place, hint="mend the file there") from None
    except (RecursionError, ValueError):
        raise ConfigError("not JSON that can be read: nested too deeply, or a number too long") from None
    if not isinstance(found, dict):
        raise ConfigError("the JSON is no object", hint='a config looks like {"peft_type": "LORA", "r": 16, ...}')
    return found


def _config(path: Path, fields: dict[str, Any]) -> PeftConfig:
    _refuse_other_adapters(fields)
    init, rs = _init(fields), bool(fields.get("use_rslora"))
    groups = tuple(_groups(fields, rs))
    if init == "orthogonal":
        _refuse_odd_ranks(groups)
    return PeftConfig(path, init, "alpha/sqrt(r)" if rs else "alpha/r", groups, tuple(_notes(fields, groups)))


def _refuse_other_adapters(fields: dict[str, Any]) -> None:
    kind = fields.get("peft_type")
    if kind != "LORA":
        told = "no peft_type" if kind is None else f"peft_type {_shown(kind)} is not LoRA"
        raise ConfigError(told, hint='only "peft_type": "LORA" is in the catalogue')
    for name in DIFFERENT:
        if fields.get(name):
            raise ConfigError(f"{name} is not yet in the catalogue", hint="without it the config is plain LoRA")


def _init(fields: dict[str, Any]) -> str:
    """The name that peft goes by. Raises ConfigError and UnknownName for what is not in the catalogue."""
    asked = fields.get("init_lora_weights", True)
    if not isinstance(asked, bool | str):
        raise ConfigError(
            f"init_lora_weights is {_shown(asked)}", hint='write true, false or a name such as "gaussian"'
        )
    name = _plain_name(asked)
    if name not in INITS:
        raise unknown("init_lora_weights", str(asked), [str(known).lower() for known in INITS])
    if name in MODES:
        _refuse_other_modes(fields, *MODES[str(name)])
    return INITS[name]


def _plain_name(asked: bool | str) -> bool | str:
    if isinstance(asked, bool):
        return asked
    return "pissa" if APPROXIMATE.fullmatch(asked) else asked.lower() if asked.lower() in ANY_CASE else asked


def _refuse_other_modes(fields: dict[str, Any], config: str, field: str, known: str) -> None:
    """Some starts have a configuration of their own, of which one mode is in the catalogue."""
    own = fields.get(config) or {}
    mode = own.get(field, known) if isinstance(own, dict) else own
    if mode != known:
        raise ConfigError(f"{config}.{field} is {_shown(mode)}", hint=f"only {_shown(known)} is in the catalogue")


def _refuse_odd_ranks(groups: tuple[Group, ...]) -> None:
    for group in groups:
        if group.rank % 2:
            raise ConfigError(
                f"{group.modules}: r is {group.rank}", hint="the orthogonal start halves the rank: write an even one"
            )


def _groups(fields: dict[str, Any], rs: bool) -> Iterator[Group]:
    """The group of everything else first, then one for each key of a pattern."""
    rank, alpha = _rank("r", fields.get("r", 8)), _alpha("lora_alpha", fields.get("lora_alpha", 8))
    ranks, alphas = (_pattern(name, fields) for name in ("rank_pattern", "alpha_pattern"))
    keys = dict.fromkeys((*ranks, *alphas))
    yield Group("other modules" if keys else "all modules", rank, alpha, rs)
    for key in keys:
        own_rank = _rank(f"rank_pattern[{_shown(key)}]", ranks[key]) if key in ranks else rank
        own_alpha = _alpha(f"alpha_pattern[{_shown(key)}]", alphas[key]) if key in alphas else alpha
        yield Group(key, own_rank, own_alpha, rs)


def _pattern(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    found = fields.get(name) or {}
    if not isinstance(found, dict):
        raise ConfigError(f"{name} is {_shown(found)}", hint="write an object from module names to numbers")
    targets = fields.get("target_modules")
    if isinstance(targets, list):
        for key in found:
            _refuse_a_key_without_match(name, key, [t for t in targets if isinstance(t, str)])
    return found


def _refuse_a_key_without_match(pattern: str, key: str, targets: list[str]) -> None:
    """A literal key names a module or the end of its path; a regular expression is left to peft."""
    literal = key.removeprefix("^").removesuffix("$").replace("\\.", ".")
    if not all(c.isalnum() or c in "_.-" for c in literal):
        return
    if not any(f".{literal}".endswith(f".{t}") or f".{t}".endswith(f".{literal}") for t in targets):
        error = unknown(f"{pattern} key", key, targets)
        raise ConfigError(f"{pattern} key {_shown(key)} matches no target module", hint=error.hint)


def _rank(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST:
        raise ConfigError(f"{name} is {_shown(value)}", hint="a rank is a positive whole number")
    return value


def _alpha(name: str, value: object) -> Fraction:
    """An exact alpha. The bounds are checked before it becomes a fraction, whose size they keep sane."""
    match value:
        case int() | Decimal() if not isinstance(value, bool) and len(str(value)) <= MOST_DIGITS:
            known: int | Decimal = value
        case _:
            known = 0
    if not Decimal(1) / LARGEST <= known <= LARGEST:
        raise ConfigError(f"{name} is {_shown(value)}", hint="write a positive number")
    return Fraction(known)


def _notes(fields: dict[str, Any], groups: tuple[Group, ...]) -> Iterator[str]:
    for group in groups:
        yield str(group)
    if len({group.rank for group in groups}) > 1:
        yield "ranks that do not grow with the width give one derivation, whatever they are"
    targets = fields.get("target_modules")
    if targets:
        yield f"target modules: {', '.join(map(str, targets)) if isinstance(targets, list) else targets}"
    if isinstance(targets, list) and any("embed" in str(t) or t in ("wte", "wpe") for t in targets):
        yield "embeddings start with A = 0 and B random whatever the config says; this is for the linear layers"
    later = STARTED_LATER.get(fields.get("init_lora_weights", True))
    if later:
        yield later
    yield from (text for name, text in BESIDE.items() if fields.get(name))
    extra = sorted(fields.keys() - KNOWN)
    if extra:
        yield f"unknown fields, ignored: {', '.join(map(_shown, extra))}"


def _shown(value: object) -> str:
    """A value of the file in a message: JSON, on one line, cut short."""
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
