"""The groups of parameters that a peft configuration trains, at a width, with patterns that find them by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.errors import ConfigError
from gamma_calc.frontends.peft_config import Group, PeftConfig
from gamma_calc.practice.known import numbers_of
from gamma_calc.practice.law import Numbers
from gamma_calc.practice.rates import TrainedGroup
from gamma_calc.practice.setting import Setting

WHOLE: Final = (  # a module trained whole, by the last part of its name
    (re.compile(r"embed(?!_out)|wte|wpe"), "embedding"),
    (re.compile(r"norm|ln_|layernorm"), "norm"),
    (re.compile(r"lm_head|score|classifier|embed_out|output"), "head"),
)
PREFIX: Final = r"(base_model\.model\.)?"


def config_groups(config: PeftConfig, width: int) -> tuple[TrainedGroup, ...]:
    """One group for each kind of parameter that the file trains. Raises ConfigError for an adapter without roles."""
    if config.target not in ("lora", "dora", "vera"):
        raise ConfigError(
            f"rates of {config.target} are not derived by parameter",
            where=str(config.path),
            hint=f"gamma-calc derive {config.target} has one rate for all of it",
        )
    return tuple(_groups(config, width))


def usual_setting(config: PeftConfig, width: int) -> Setting:
    """The numbers of the modules that no pattern names; rank and multiplier 1 where there are none."""
    if not config.groups:
        return Setting(n=width, r=1, s=1)
    group = config.groups[0]
    return Setting(n=width, r=group.rank, alpha=group.alpha.numerator / group.alpha.denominator, rslora=group.rs)


def multiplier_of(group: Group) -> Decimal:
    """The whole multiplier of the modules of a group, a number.

    >>> from fractions import Fraction
    >>> multiplier_of(Group("all modules", 16, Fraction(32), rs=True))
    Decimal('8')
    """
    alpha = Decimal(group.alpha.numerator) / group.alpha.denominator
    return alpha / (Decimal(group.rank).sqrt() if group.rs else group.rank)


def _groups(config: PeftConfig, width: int) -> Iterator[TrainedGroup]:
    assert config.modules is not None
    fields = config.modules.fields
    usual = numbers_of(usual_setting(config, width))
    for group, keys in reversed(list(zip(config.groups, config.modules.pairs or ((None, None),), strict=True))):
        yield from _adapters(config, group, keys, width)
    if config.target == "vera":
        yield TrainedGroup("vera", Numbers(width), "", r".*vera_lambda_.*")
    if fields.get("use_dora"):
        yield TrainedGroup("magnitude", usual, "", r".*\.lora_magnitude_vector\..*")
    if config.modules.embeddings:
        for factor in "AB":
            yield TrainedGroup(f"embedding_{factor}", usual, "", rf".*\.lora_embedding_{factor}\..*")
    yield from _beside(fields, Numbers(width))


def _adapters(
    config: PeftConfig, group: Group, keys: tuple[str | None, str | None], width: int
) -> Iterator[TrainedGroup]:
    numbers = Numbers(width, group.rank, multiplier_of(group))
    assert config.modules is not None
    frozen = INITIALISATIONS[config.init].frozen
    for role, ending in _roles(config.modules.fields, frozen):
        yield TrainedGroup(role, numbers, group.modules, "".join(map(_ahead, filter(None, keys))) + ending)


def _roles(fields: Mapping[str, Any], frozen: str) -> Iterator[tuple[str, str]]:
    if frozen != "A":
        yield "lora_A", r".*\.lora_A\..*"
    if fields.get("lora_bias"):
        yield "lora_bias", r".*\.lora_B\..*\.bias"
    if frozen != "B":
        yield "lora_B", r".*\.lora_B\..*"


def _ahead(key: str) -> str:
    """That a module's name matches a key of a pattern, as peft matches."""
    path = rf"{PREFIX}({key[1:]})" if key.startswith("^") else rf"(.*\.)?({key})"
    return rf"(?={path}\.lora_)"


def _beside(fields: Mapping[str, Any], numbers: Numbers) -> Iterator[TrainedGroup]:
    saved = fields.get("modules_to_save") or ()
    for module in saved:
        role = next((role for known, role in WHOLE if known.search(str(module))), "weight")
        yield TrainedGroup(role, numbers, str(module), rf".*{re.escape(str(module))}\..*weight")
    if fields.get("trainable_token_indices"):
        yield TrainedGroup("embedding", numbers, "tokens", r".*trainable_tokens_.*")
    if saved or fields.get("bias") not in (None, "none", False):
        yield TrainedGroup("bias", numbers, "", r".*bias")
