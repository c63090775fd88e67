"""What a model is trained to do: which columns of the data it needs, which class of transformers, what is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import torch

IGNORED: Final = -100  # a label that counts for nothing, in transformers


@dataclass(frozen=True, slots=True)
class TaskKind:
    """``columns`` are needed and ``optional`` taken where they are there; ``auto`` is a class of transformers.

    ``peft`` is peft's name of the task; ``guessed`` and ``wanted`` are what is compared for the accuracy.
    """

    name: str
    columns: tuple[str, ...]
    auto: str
    peft: str
    optional: tuple[str, ...]
    compared: Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

    def right(self, logits: Any, labels: torch.Tensor) -> tuple[int, int]:
        """How many answers are right, and of how many."""
        guessed, wanted = self.compared(logits.argmax(-1), labels)
        counts = wanted != IGNORED
        return int(((guessed == wanted) & counts).sum()), int(counts.sum())


def _next(guessed: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A causal model's answer at a place is about the next one."""
    return guessed[:, :-1], labels[:, 1:]


def _same(guessed: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return guessed, labels


TASKS: Final[Mapping[str, TaskKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            TaskKind(
                "classification",
                ("text", "label"),
                "AutoModelForSequenceClassification",
                "SEQ_CLS",
                ("text_pair",),
                _same,
            ),
            TaskKind("causal-lm", ("text",), "AutoModelForCausalLM", "CAUSAL_LM", (), _next),
            TaskKind("seq2seq", ("input", "target"), "AutoModelForSeq2SeqLM", "SEQ_2_SEQ_LM", (), _same),
        )
    }
)
