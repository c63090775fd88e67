"""Families of small models as data: a configuration of transformers for each kind, and how it is scaled in width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from validation.finetune.byte_tokens import END, PAD, SIZE, START

_TOKENS: Final = {"vocab_size": SIZE, "pad_token_id": PAD, "eos_token_id": END, "bos_token_id": START}
_LAYERS: Final = {"num_hidden_layers": 2, "num_attention_heads": 4}
_HIDDEN: Final = {"hidden_size": 64, "intermediate_size": 128}


@dataclass(frozen=True, slots=True)
class WidthFamily:
    """How models of one kind grow.

    ``width`` is the field that is called the width; ``scaled`` grow with it; ``heads`` are numbers of heads, which grow
    too, so that a head keeps its size; ``spread`` is the field of the deviation that weights are drawn with, which
    falls as n^(-1/2), or by itself where it is empty. ``targets`` get adapters where nothing else is said. ``small`` is
    the configuration behind the family's name.
    """

    width: str
    scaled: tuple[str, ...]
    heads: tuple[str, ...]
    targets: tuple[str, ...]
    spread: str
    small: Mapping[str, Any]


FAMILIES: Final[Mapping[str, WidthFamily]] = MappingProxyType(
    {
        "llama": WidthFamily(
            width="hidden_size",
            scaled=("intermediate_size",),
            heads=("num_attention_heads", "num_key_value_heads"),
            targets=("q_proj", "v_proj"),
            spread="initializer_range",
            small=_TOKENS
            | _LAYERS
            | _HIDDEN
            | {"num_key_value_heads": 4, "max_position_embeddings": 512, "tie_word_embeddings": False},
        ),
        "roberta": WidthFamily(
            width="hidden_size",
            scaled=("intermediate_size",),
            heads=("num_attention_heads",),
            targets=("query", "value"),
            spread="initializer_range",
            small=_TOKENS
            | _LAYERS
            | _HIDDEN
            | {
                "max_position_embeddings": 514,
                "type_vocab_size": 1,
                "hidden_dropout_prob": 0.0,
                "attention_probs_dropout_prob": 0.0,
            },
        ),
        "t5": WidthFamily(
            width="d_model",
            scaled=("d_ff",),
            heads=("num_heads",),
            targets=("q", "v"),
            spread="",
            small=_TOKENS
            | {
                "d_model": 64,
                "d_ff": 128,
                "d_kv": 16,
                "num_heads": 4,
                "num_layers": 2,
                "num_decoder_layers": 2,
                "dropout_rate": 0.0,
                "decoder_start_token_id": PAD,
            },
        ),
    }
)
