"""Everything that a file trains, one row for each kind: adapters by pattern group, and what is trained beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.errors import ConfigError
from gamma_calc.frontends.adapter_file import AdapterFile
from gamma_calc.frontends.peft_config import Group, PeftConfig
from gamma_calc.frontends.peft_patterns import EMBEDDINGS, Modules
from gamma_calc.frontends.saved_adapters import SavedAdapter
from gamma_calc.practice.audit.trained import Trained
from gamma_calc.practice.config_groups import WHOLE, multiplier_of
from gamma_calc.practice.roles import Training

LINEAR, EMBEDDING, HEAD = "lora_A", "embedding_B", "head_adapter"
TITLES: Final = {LINEAR: "adapters", EMBEDDING: "embedding adapters", HEAD: "readout adapters"}
HEADS: Final = ("lm_head", "score", "classifier", "embed_out")
NAMED: Final = 4  # modules in the title of a row

Keys = tuple[str | None, str | None]  # of rank_pattern and alpha_pattern


@dataclass(frozen=True)
class Inventory:
    """What a file trains at a width. ``rate`` is that of everything but B, which has ``ratio`` times it.

    ``own_rates`` are those of roles that have one of their own.

    ``width`` is for every layer; without it each layer has the width of its saved tensors, where there are any.
    """

    file: AdapterFile
    optimiser: str
    width: int | None = None
    rate: Decimal | None = None
    ratio: Decimal | None = None
    own_rates: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def config(self) -> PeftConfig:
        return self.file.config

    @property
    def modules(self) -> Modules:
        assert self.config.modules is not None
        return self.config.modules

    @property
    def training(self) -> Training:
        """What all rows share; an adapter without a choice of a start is derived from its own."""
        init = self.config.init if self.config.init in INITIALISATIONS else "default"
        return Training(init, self.optimiser)

    @cached_property
    def rows(self) -> tuple[Trained, ...]:
        """One for each kind. Raises ConfigError for a rank beyond the width."""
        return (*self._adapters(), *self._beside())

    @cached_property
    def saved(self) -> dict[Keys, list[SavedAdapter]]:
        """The saved factors by the keys of the patterns that their modules match, as ``Modules.pairs`` has them."""
        found: dict[Keys, list[SavedAdapter]] = {}
        for one in self.file.adapters:
            found.setdefault(self._keys(one.module), []).append(one)
        return found

    # -- adapters -----------------------------------------------------------------------------------------------------

    def _adapters(self) -> Iterator[Trained]:
        for group, keys in zip(self.config.groups, self.modules.pairs or ((None, None),), strict=False):
            found = self._named.get(keys, {LINEAR: {}})
            for role, names in ((role, found[role]) for role in TITLES if role in found):
                yield from self._rows_of(group, role, tuple(names), self.saved.get(keys, ()))
        if self.config.target in ("vera", "adalora"):
            title = f"{self.config.target} vectors and factors"
            yield self._ranked(title, self.config.target, self.config.rank, self._any_width)
        if self.modules.fields.get("target_parameters") and self.config.groups:
            yield self._scaled("adapters on bare parameters", LINEAR, self.config.groups[0], self._any_width)

    @cached_property
    def _named(self) -> dict[Keys, dict[str, dict[str, None]]]:
        """The last parts of names of modules, each once, by the keys of their group and by what the modules are."""
        found: dict[Keys, dict[str, dict[str, None]]] = {}
        for name in self._names():
            end = name.rpartition(".")[2]
            found.setdefault(self._keys(name), {}).setdefault(self._role(end), {})[end] = None
        return found

    def _keys(self, name: str) -> Keys:
        return self.modules.ranks.key(name), self.modules.alphas.key(name)

    def _names(self) -> Sequence[str]:
        """Names of modules with an adapter: the saved ones, or what the configuration may match."""
        return [one.module for one in self.file.adapters] or self.modules.names

    def _role(self, end: str) -> str:
        """What all linear layers are asked for has no readout among them."""
        if end in EMBEDDINGS:
            return EMBEDDING
        return HEAD if end in HEADS and (self.file.adapters or self.modules.names_readouts) else LINEAR

    def _rows_of(
        self, group: Group, role: str, names: Sequence[str], saved: Sequence[SavedAdapter]
    ) -> Iterator[Trained]:
        of_role = [one for one in saved if self._role(one.module.rpartition(".")[2]) == role]
        width = self._width(of_role)
        title = f"{TITLES[role]}, {_listed(group, names)}" + (f" (n = {width})" if of_role else "")
        row = replace(self._scaled(title, role, group, width), saved=tuple(of_role))
        if self.ratio is None or role != LINEAR:
            yield row
            return
        pair = replace(row.training, two_rates=True)
        yield replace(row, what=f"A of {title}", training=pair)
        yield replace(
            row,
            what=f"B of {title}",
            role_name="lora_B",
            training=pair,
            rate=None if self.rate is None else self.rate * self.ratio,
        )

    def _scaled(self, what: str, role: str, group: Group, width: int | None) -> Trained:
        return replace(self._ranked(what, role, group.rank, width), multiplier=multiplier_of(group))

    def _ranked(self, what: str, role: str, rank: int, width: int | None) -> Trained:
        if width is not None and rank > width:
            raise ConfigError(
                f"{what}: r is {rank}, more than the width {width}", hint="take a rank of at most the width"
            )
        return replace(self._row(what, role, width), rank=rank)

    def _row(self, what: str, role: str, width: int | None) -> Trained:
        own = self.own_rates.get(role)
        return Trained(what, role, self.training, width, rate=own or self.rate, own_rate=own is not None)

    # -- widths -------------------------------------------------------------------------------------------------------

    def _width(self, saved: Sequence[SavedAdapter]) -> int | None:
        """The largest: it has the smallest rate. An embedding looks rows up, so its outputs count."""
        if self.width is not None:
            return self.width
        found = [one.outputs if one.embedding else one.inputs for one in saved]
        return max(found, default=None) or self._any_width

    @cached_property
    def _any_width(self) -> int | None:
        """Of what has no saved tensors of its own: the width that most adapters see."""
        if self.width is not None:
            return self.width
        seen = [one.inputs for one in self.file.adapters if not one.embedding]
        return max(seen, key=seen.count, default=None)

    # -- beside adapters ----------------------------------------------------------------------------------------------

    def _beside(self) -> Iterator[Trained]:
        fields, width = self.modules.fields, self._any_width
        if fields.get("use_dora"):
            yield self._row("DoRA's magnitudes m", "magnitude", width)
        if fields.get("lora_bias") and self.config.groups:
            yield self._scaled("biases of B", "lora_bias", self.config.groups[0], width)
        for module in _texts(fields.get("modules_to_save")):
            yield self._row(f"{module}, trained whole", _whole(module), width)
        if tokens := fields.get("trainable_token_indices"):
            for module in tokens if isinstance(tokens, dict) else ("the embedding",):
                yield self._row(f"tokens of {module}", "head" if module in HEADS else "embedding", width)
        if fields.get("bias") not in (None, "none", False):
            yield self._row("biases", "bias", width)


def _whole(module: str) -> str:
    """The role of a module that is trained whole, by its name."""
    return next((role for known, role in WHOLE if known.search(module)), "weight")


def _texts(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _listed(group: Group, names: Sequence[str]) -> str:
    """The names of modules, or the group's own where it is a pattern's or they are many."""
    named = [name for name in names if " " not in name]
    plain = group.modules in ("all modules", "other modules")
    return ", ".join(named) if plain and 0 < len(named) <= NAMED else group.modules
