"""Fine-tuning of language models with adapters: cells, how they are trained, and what they say together."""

from __future__ import annotations

from validation.finetune.figures import draw as draw
from validation.finetune.grid import Finetune as Finetune
from validation.finetune.grid import rates_between as rates_between
from validation.finetune.outcome import FinetuneOutcome as FinetuneOutcome
from validation.finetune.outcome import outcome as outcome
from validation.finetune.presets import chosen as chosen
from validation.finetune.presets import words_of as words_of
from validation.finetune.setting import FinetuneSetting as FinetuneSetting
from validation.finetune.store import check_disk as check_disk
from validation.finetune.tables import blocks as blocks
