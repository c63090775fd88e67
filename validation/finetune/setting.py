"""How every cell of a fine-tuning experiment is trained, apart from what its axes say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import torch

from gamma_calc.errors import ConfigError, unknown
from validation.finetune.task import TASKS
from validation.kinds import check_count

DTYPES: Final = MappingProxyType(
    {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "float64": torch.float64}
)
REPEATED: Final = 3  # first steps, on one batch: what is derived for a repeated sample is measured on one
EVALUATIONS: Final = 4  # of the held-out part, evenly over the steps
SCHEDULES: Final[Mapping[str, Callable[[float], float]]] = MappingProxyType(
    {"constant": lambda _: 1.0, "linear": lambda share: 1 - share, "cosine": lambda x: (1 + math.cos(math.pi * x)) / 2}
)  # the rate by the share of the steps after the warm-up that are behind


@dataclass(frozen=True, slots=True)
class FinetuneSetting:
    """Plain data that another process can read.

    ``columns`` are pairs of the task's name and the data's. ``alpha`` is peft's lora_alpha, None for the rank itself,
    so that s = 1. ``schedule`` is of the rate: constant, or to zero on a line or a cosine, after ``warmup`` steps of
    growth. ``epsilon`` and ``second``, the mean square's coefficient, are Adam's. ``length`` is in tokens, ``held_out``
    the number of held-out examples that are looked at. Raises GammaError for what cannot be used.

    >>> FinetuneSetting("llama", "text.txt", "causal-lm", targets=("q_proj",), steps=8).evaluated
    (0, 2, 4, 6, 8)
    """

    model: str
    data: str
    task: str
    targets: tuple[str, ...]
    columns: tuple[tuple[str, str], ...] = ()
    steps: int = 40
    batch: int = 8
    length: int = 64
    held_out: int = 32
    alpha: float | None = None
    schedule: str = "constant"
    warmup: int = 0
    decay: float = 0.0
    epsilon: float = 1e-8
    second: float = 0.999
    dtype: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("task", self.task, TASKS),
            ("schedule", self.schedule, SCHEDULES),
            ("kind of numbers", self.dtype, DTYPES),
        ):
            if name not in known:
                raise unknown(kind, name, known)
        for name, least in (("steps", REPEATED + 1), ("batch", 1), ("length", 2), ("held_out", 1), ("warmup", 0)):
            value = getattr(self, name)
            check_count(name, value)
            if value < least:
                raise ConfigError(f"{name.replace('_', '-')} is {value}", hint=f"give {least} or more")
        if self.warmup >= self.steps:
            raise ConfigError(f"warmup is {self.warmup} of {self.steps} steps", hint="leave some steps after it")
        if self.alpha is not None and not 0 < self.alpha < math.inf:
            raise ConfigError(f"alpha is {self.alpha}", hint="give a positive number, or leave it out for s = 1")

    @property
    def named(self) -> Mapping[str, str]:
        return dict(self.columns)

    @property
    def evaluated(self) -> tuple[int, ...]:
        """The steps after which the held-out part is looked at."""
        return tuple(sorted({0, *(self.steps * k // EVALUATIONS for k in range(1, EVALUATIONS + 1))}))

    @property
    def recorded(self) -> tuple[int, ...]:
        """The steps after which anything is written down."""
        return tuple(sorted({*range(REPEATED + 1), *self.evaluated}))

    def multiplier(self, rank: int) -> float:
        """s."""
        return 1.0 if self.alpha is None else self.alpha / rank

    def rate_at(self, step: int, rate: float) -> float:
        """The rate of a step, from 1.

        >>> cosine = FinetuneSetting("llama", "x", "causal-lm", (), steps=6, schedule="cosine", warmup=2)
        >>> [round(cosine.rate_at(step, 1.0), 2) for step in range(1, 7)]
        [0.5, 1.0, 1.0, 0.85, 0.5, 0.15]
        """
        if step <= self.warmup:
            return rate * step / self.warmup
        return rate * SCHEDULES[self.schedule]((step - self.warmup - 1) / (self.steps - self.warmup))
