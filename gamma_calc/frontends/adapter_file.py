"""An adapter as a file of some trainer describes it, in the words of peft's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.peft_config import PeftConfig, config_of
from gamma_calc.frontends.safetensors_header import SavedTensors
from gamma_calc.frontends.saved_adapters import SavedAdapter, saved_adapters

NEAR: Final = 4 / 5  # the likeness of a misspelt name, of 1


@dataclass(frozen=True)
class TrainerSettings:
    """What a trainer's file says of the training: rate, optimiser and LoRA+'s ratio as they are written there.

    ``own_rates`` are rates of their own by what is trained: "head", "embedding", and "embedding adapter".
    """

    rate: object = None
    optimiser: str | None = None
    ratio: object = None
    own_rates: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class AdapterFile:
    """``fields`` are in peft's words, and ``words`` says what the file calls them where it is something else.

    ``misspelt`` are fields that nothing reads, with the nearest that there is, if one is near; ``unread`` is the name
    of a file of weights that is not opened.
    """

    path: Path
    layout: str
    fields: Mapping[str, Any]
    words: Mapping[str, str] = field(default_factory=dict)
    trainer: TrainerSettings = TrainerSettings()
    misspelt: tuple[tuple[str, str], ...] = ()
    saved: SavedTensors | None = None
    unread: str = ""

    @cached_property
    def config(self) -> PeftConfig:
        """The configuration. Raises ConfigError for what peft would not take, or the catalogue does not hold."""
        return config_of(self.path, dict(self.fields))

    @cached_property
    def adapters(self) -> tuple[SavedAdapter, ...]:
        """The saved factors; none where there is no file of weights."""
        return () if self.saved is None else tuple(saved_adapters(self.saved.tensors))

    @property
    def weights(self) -> Path:
        """The file of the saved weights. Raises ConfigError where there is none."""
        if self.saved is None:
            raise ConfigError(
                "no saved weights", where=str(self.path), hint="name the folder with its safetensors file"
            )
        return self.saved.path

    def word(self, name: str) -> str:
        """What the file calls a field of peft's."""
        return self.words.get(name, name)


def misspelt(fields: Mapping[str, Any], read: tuple[str, ...], *, closed: bool) -> tuple[tuple[str, str], ...]:
    """Fields that nothing reads. Of a file that holds much else besides (not ``closed``) only those nearly right.

    >>> misspelt({"lora_aplha": 1, "seed": 2}, ("lora_r", "lora_alpha"), closed=False)
    (('lora_aplha', 'lora_alpha'),)
    """
    nearest = {name: get_close_matches(name, read, n=1, cutoff=NEAR) for name in fields if name not in read}
    return tuple((name, near[0] if near else "") for name, near in nearest.items() if near or closed)
