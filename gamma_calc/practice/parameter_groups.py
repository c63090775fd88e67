"""The parameters of a model in groups with rates: by name and shape alone, so that torch is not needed here.

Nothing is kept on parameters or modules; what a group is called stands in the group.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.display.json import labels, number
from gamma_calc.errors import ConfigError, ProgramError, require, written
from gamma_calc.frontends.json_file import read_object
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.practice.known import KnownRates, number_text, read_known
from gamma_calc.practice.law import Numbers
from gamma_calc.practice.positive_number import positive
from gamma_calc.practice.rates import JSON, RateTable, TrainedGroup, optimiser_named, rate_table
from gamma_calc.practice.roles import ROLES, Training
from gamma_calc.practice.setting import Setting

ADAPTER: Final = re.compile(r"(?P<layer>.*)\.lora_(?P<part>A|B)\.(?P<adapter>[^.]+)\.(?P<kind>weight|bias)")
OTHER_ADAPTERS: Final = (
    (re.compile(r".*\.lora_embedding_(?P<part>[AB])\..*"), "embedding_{part}"),
    (re.compile(r".*\.lora_magnitude_vector\..*"), "magnitude"),
    (re.compile(r".*vera_lambda_.*"), "vera"),
    (re.compile(r".*trainable_tokens_.*"), "embedding"),
)
HEAD: Final = re.compile(r"(.*\.)?(lm_head|score|classifier|embed_out)\.(.*\.)?weight")
Groups = list[dict[str, Any]]


@either_spelling
def param_groups(
    model: Any,
    *,
    lr: object = None,
    rates: str | Path | None = None,
    known: str = "",
    optimiser: str = "adamw",
    two_rates: bool = False,
) -> Groups:
    """The trained parameters of a torch model in groups with learning rates, for any torch optimiser.

    Args:
        model: a ``torch.nn.Module``; adapters of peft are known by their names, ranks and multipliers.
        lr: a rate known to be good for the adapters (without any, for whole weights).
        rates: a file of ``gamma-calc rates --format json`` in place of ``lr``: its rates, by its patterns.
        known: where ``lr`` was good, as in "n=1024 r=8"; the model's own most frequent numbers if left out.
        optimiser: adamw, sgd, muon or another of the catalogue, also by a trainer's name for it.
        two_rates: a rate for A and one for B (LoRA+), in the ratio that is derived for the start.

    Returns:
        groups with "params", "lr" and "name". Rates of magnitudes, embeddings and gains are in proportion to the root
        mean square that their entries have now.

    Raises:
        GammaError: a parameter for which no rate is derived or listed, a rate that is no positive number.

    >>> class Layer:
    ...     def named_parameters(self):
    ...         return iter(())
    >>> param_groups(Layer(), lr="2e-4")
    Traceback (most recent call last):
        ...
    gamma_calc.errors.ProgramError: nothing of the model is trained; unfreeze something, or add an adapter
    """
    _check_kinds(model, rates, known, two_rates)
    require(optimiser, str, "name of an optimiser", "write one such as adamw, sgd or muon")
    trained = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
    if not trained:
        raise ProgramError("nothing of the model is trained", hint="unfreeze something, or add an adapter")
    if rates is not None:
        return _by_patterns(trained, Path(rates))
    members = _members(model, trained)
    training = Training(_start(model), optimiser_named(optimiser), two_rates)
    reference = _reference(members)
    where = read_known(known, _setting(reference)) if known else None
    table = rate_table(
        list(members), positive("lr", number_text(lr)), where or KnownRates(reference), training, optimiser=optimiser
    )
    return _with_rates(table, members)


def _check_kinds(model: object, rates: object, known: object, two_rates: object) -> None:
    if not callable(getattr(model, "named_parameters", None)) or isinstance(model, type):
        raise ProgramError(f"{written(model)} is no model", hint="give a torch.nn.Module")
    require(rates, str | Path | NoneType, "path", "name a file of `gamma-calc rates --format json`")
    require(known, str, "text", "say where the rate was good, as in 'n=1024 r=8'")
    require(two_rates, bool, "truth value", "write two_rates=True for a rate of A and one of B")


def _with_rates(table: RateTable, members: Mapping[TrainedGroup, list[Any]]) -> Groups:
    found = []
    for rate in table.rates:
        if rate.rate is None:
            raise ProgramError(
                f"no rate is derived for {rate.group.role}: {rate.why}", hint="freeze it, or give --from"
            )
        name = f"{rate.group.role} {rate.group.numbers}"
        found.append({"params": members[rate.group], "lr": number(rate.rate), "name": name})
    return found


# -- which parameter is what ------------------------------------------------------------------------------------------


def _members(model: Any, trained: Iterable[tuple[str, Any]]) -> dict[TrainedGroup, list[Any]]:
    """Parameters by role and numbers; the unit of a group is the size that the entries of all of it have."""
    found: dict[TrainedGroup, list[Any]] = {}
    sizes: dict[TrainedGroup, list[Any]] = {}
    for name, value in trained:
        group, sized = _group(model, name, value)
        found.setdefault(group, []).append(value)
        sizes.setdefault(group, []).append(sized)
    return {_in_units(group, sizes[group]): values for group, values in found.items()}


def _in_units(group: TrainedGroup, sized: list[Any]) -> TrainedGroup:
    if not ROLES[group.role].relative:
        return group
    squares = sum(Decimal(str(value.detach().square().sum().item())) for value in sized)
    size = (squares / sum(value.numel() for value in sized)).sqrt()
    return replace(group, unit=size) if size else group


def _group(model: Any, name: str, value: Any) -> tuple[TrainedGroup, Any]:
    """The group of a parameter, and the tensor whose size its rate is relative to, where it is."""
    adapter = ADAPTER.fullmatch(name)
    if adapter is not None:
        role = "lora_bias" if adapter["kind"] == "bias" else f"lora_{adapter['part']}"
        return TrainedGroup(
            role, _adapter_numbers(name, _module(model, adapter["layer"]), adapter["adapter"]), "", ""
        ), value
    for pattern, role in OTHER_ADAPTERS:
        match = pattern.fullmatch(name)
        if match is not None:
            return _other_adapter(model, name, role.format(**match.groupdict()), value)
    return TrainedGroup(_whole(model, name, value), Numbers(_fan_in(model, name, value)), "", ""), value


def _adapter_numbers(name: str, layer: Any, adapter: str) -> Numbers:
    width = layer.lora_A[adapter].weight
    if width.ndim != 2:
        raise ProgramError(f"{name} is an adapter on no linear layer", hint="only linear layers are derived")
    return Numbers(width.shape[1], width.shape[0], Decimal(str(layer.scaling[adapter])))


def _other_adapter(model: Any, name: str, role: str, value: Any) -> tuple[TrainedGroup, Any]:
    if not role.startswith("embedding_"):
        return TrainedGroup(role, Numbers(max(2, value.shape[-1])), "", ""), value
    path, _, rest = name.partition(".lora_embedding_")
    layer, adapter = _module(model, path), rest.split(".")[1]
    table = layer.get_base_layer().weight
    numbers = Numbers(table.shape[1], layer.r[adapter], Decimal(str(layer.scaling[adapter])))
    return TrainedGroup(role, numbers, "", ""), table


def _whole(model: Any, name: str, value: Any) -> str:
    """The role of a parameter that is no adapter's."""
    if name.endswith("bias"):
        return "bias"
    if value.ndim == 1:
        return "norm"
    if value.ndim != 2:
        raise ProgramError(f"{name} has {value.ndim} axes", hint="matrices and vectors are derived; freeze it")
    owner = _module(model, name.rpartition(".")[0])
    tied = getattr(getattr(model, "config", None), "tie_word_embeddings", False)
    if HEAD.fullmatch(name) or (hasattr(owner, "num_embeddings") and tied):
        return "head"
    return "embedding" if hasattr(owner, "num_embeddings") else "weight"


def _fan_in(model: Any, name: str, value: Any) -> int:
    """What enters the module: the second axis, or the first where peft and transformers say so."""
    owner = _module(model, name.rpartition(".")[0])
    return max(2, int(value.shape[0 if value.ndim == 2 and hasattr(owner, "nf") else -1]))


def _module(model: Any, path: str) -> Any:
    return model.get_submodule(path) if path else model


def _reference(members: Mapping[TrainedGroup, list[Any]]) -> Numbers:
    """The numbers that most adapters have; without adapters, most whole weights."""
    for roles in (("lora_A", "lora_B"), ("weight",)):
        counts: Counter[Numbers] = Counter()
        for group, values in members.items():
            if group.role in roles:
                counts[group.numbers] += len(values)
        if counts:
            return counts.most_common(1)[0][0]
    return next(iter(members)).numbers


def _setting(numbers: Numbers) -> Setting:
    """By alpha, which stays where a rank changes."""
    return Setting(n=numbers.n, r=numbers.r, alpha=number(numbers.s * numbers.r))


def _start(model: Any) -> str:
    """The name in the catalogue of the start of the model's adapters. Raises ConfigError for one that is not there."""
    configs = getattr(model, "peft_config", None) or {}
    asked = next((getattr(one, "init_lora_weights", True) for one in configs.values()), True)
    for start in INITIALISATIONS.values():
        if start.peft is not None and start.peft.means(asked):
            return start.name
    raise ConfigError(f"init_lora_weights is {asked!r}", hint="no rates are derived for that start")


# -- a file of rates --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Listed:
    role: str
    match: re.Pattern[str]
    rate: Decimal


def _by_patterns(trained: Iterable[tuple[str, Any]], path: Path) -> Groups:
    listed = list(_listed(path))
    members: dict[int, list[Any]] = {}
    for name, value in trained:
        which = next((i for i, one in enumerate(listed) if one.match.fullmatch(name)), None)
        if which is None:
            raise ConfigError(f"no group matches {name}", where=str(path), hint="add one, or freeze the parameter")
        members.setdefault(which, []).append(value)
    return [
        {"params": values, "lr": number(listed[which].rate), "name": listed[which].role}
        for which, values in sorted(members.items())
    ]


def _listed(path: Path) -> Iterator[_Listed]:
    found = read_object(path)
    if found.get("schema") != labels(JSON)["schema"]:
        raise ConfigError("no file of rates", where=str(path), hint="make one: gamma-calc rates ... --format json")
    try:
        for group in found["groups"]:
            if group["rate"] is not None:
                yield _Listed(group["role"], re.compile(group["match"]), positive("rate", str(group["rate"])))
    except (KeyError, TypeError, re.error) as error:
        raise ConfigError(f"a damaged file of rates: {error}", where=str(path), hint="make it anew") from error
