"""Settings of published experiments as data: what the source says, what is ours, and which files are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.errors import ConfigError, pick

MANY: Final = 2000  # held-out examples of a run at full size
USUAL: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "task": "causal-lm",
        "init": "A,B,AB",
        "lrs": "1e-4:1e-1",
        "b_rate": "1",
        "ranks": "4",
        "alpha": None,
        "seeds": 3,
        "steps": 40,
        "batch": 8,
        "length": 64,
        "held_out": 32,
        "targets": "",
        "columns": "",
        "dtype": "float32",
        "schedule": "constant",
        "warmup": 0,
        "epsilon": 1e-8,
        "second": 0.999,
    }
)


@dataclass(frozen=True, slots=True)
class FinetunePreset:
    """One paper's experiment. ``settings`` are options by name; ``ours`` names those that the source leaves open.

    ``model`` and ``data`` say which files are needed and in which form; ``differs`` what is not as in the source.
    """

    name: str
    source: str
    model: str
    data: str
    settings: Mapping[str, Any]
    ours: tuple[str, ...]
    differs: str = ""


_CHECKPOINT: Final = "a folder with config.json, model.safetensors and its tokenizer"
_HELD: Final = "a folder with train.jsonl and held-out.jsonl, one object a line"
_EVERY: Final = "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj"
_HAYOU: Final = "arXiv 2406.08447, with the code of arXiv 2402.12354"

_GLUE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "alpha": 8.0,
        "steps": 36_816,
        "batch": 32,
        "length": 128,
        "targets": "query,value",
        "dtype": "float16",
        "schedule": "linear",
        "second": 0.99,
        "held_out": MANY,
    }
)  # of RoBERTa in both papers: three epochs of MNLI
PRESETS: Final[Mapping[str, FinetunePreset]] = MappingProxyType(
    {
        one.name: one
        for one in (
            FinetunePreset(
                "glue-roberta",
                _HAYOU,
                f"RoBERTa-large (or -base): {_CHECKPOINT}",
                f"MNLI, SST-2 or QNLI: {_HELD}, with text, text_pair (of pairs) and label; else name --columns",
                {
                    "task": "classification",
                    "init": "A,B",
                    "lrs": "1e-5,2e-5,5e-5,1e-4,2e-4,4e-4,8e-4",
                    "ranks": "8",
                    **_GLUE,
                },
                ours=("lrs", "steps", "held_out"),
                differs="steps are three epochs of MNLI",
            ),
            FinetunePreset(
                "glue-roberta-plus",
                "arXiv 2402.12354, appendix C, and its code",
                f"RoBERTa-base: {_CHECKPOINT}",
                f"a GLUE task: {_HELD}, with text, text_pair (of pairs) and label; else name --columns",
                {
                    "task": "classification",
                    "init": "A",
                    "lrs": "1e-5,2e-5,5e-5,1e-4,2e-4,4e-4,8e-4",
                    "b_rate": "1,5,20,80",
                    "ranks": "8",
                    **_GLUE,
                },
                ours=("b_rate", "steps", "held_out"),
                differs="a grid of its own for each factor there, a ratio here; steps are three epochs of MNLI",
            ),
            FinetunePreset(
                "mnli-llama",
                "arXiv 2402.12354, appendix C",
                f"Llama-7b: {_CHECKPOINT}",
                f"MNLI: {_HELD}, with text, text_pair and label; else name --columns",
                {
                    "task": "classification",
                    "init": "A",
                    "lrs": "1e-6:1e-3",
                    "b_rate": "1,4,16",
                    "ranks": "8",
                    "alpha": 16.0,
                    "steps": 12_272,
                    "batch": 32,
                    "length": 128,
                    "targets": _EVERY,
                    "dtype": "float16",
                    "epsilon": 1e-6,
                    "held_out": MANY,
                },
                ours=("lrs", "b_rate", "length", "held_out"),
                differs="no dropout here, 0.1 there; steps are one epoch",
            ),
            FinetunePreset(
                "wikitext-tinyllama",
                _HAYOU,
                f"TinyLlama: {_CHECKPOINT}",
                "WikiText-2: a folder with train.txt and held-out.txt",
                {
                    "task": "causal-lm",
                    "init": "A,B",
                    "lrs": "1e-5:1e-3",
                    "ranks": "4,16,64",
                    "steps": 2000,
                    "batch": 8,
                    "length": 512,
                    "targets": _EVERY,
                    "dtype": "bfloat16",
                    "schedule": "linear",
                    "held_out": MANY,
                },
                ours=("lrs", "ranks", "steps", "batch", "length", "targets", "schedule", "held_out"),
            ),
            FinetunePreset(
                "flan-llama",
                "arXiv 2402.12354, appendix C",
                f"Llama-7b: {_CHECKPOINT}",
                f"100 000 examples of Flan-v2, question and answer as one text: {_HELD}, with text",
                {
                    "task": "causal-lm",
                    "init": "A,B",
                    "lrs": "1e-6:1e-4",
                    "b_rate": "1,4,16",
                    "ranks": "64",
                    "alpha": 16.0,
                    "steps": 6250,
                    "batch": 16,
                    "length": 2048,
                    "targets": _EVERY,
                    "dtype": "bfloat16",
                    "held_out": MANY,
                },
                ours=("b_rate", "steps", "init", "held_out"),
                differs="the loss is on the whole text, there on the answer; accuracy is of tokens, there MMLU",
            ),
            FinetunePreset(
                "gsm8k-llama",
                _HAYOU,
                f"Llama-7b: {_CHECKPOINT}",
                f"GSM8k, question and answer as one text: {_HELD}, with text",
                {
                    "task": "causal-lm",
                    "init": "A,B",
                    "lrs": "1e-5:1e-3",
                    "ranks": "8",
                    "steps": 1400,
                    "batch": 16,
                    "length": 512,
                    "targets": _EVERY,
                    "dtype": "bfloat16",
                    "schedule": "linear",
                    "held_out": MANY,
                },
                ours=("lrs", "ranks", "steps", "batch", "length", "targets", "dtype", "schedule", "held_out"),
                differs="accuracy is of tokens, there of final answers",
            ),
            FinetunePreset(
                "glue-t5",
                "arXiv 2505.23194",
                f"T5-base: {_CHECKPOINT}",
                f"a GLUE task in words: {_HELD}, with input and target",
                {
                    "task": "seq2seq",
                    "init": "A,AB,AB+",
                    "lrs": "1e-5:1e-2",
                    "ranks": "16",
                    "steps": 2000,
                    "batch": 32,
                    "length": 128,
                    "targets": "q,v",
                    "schedule": "linear",
                    "held_out": MANY,
                },
                ours=("lrs", "ranks", "steps", "batch", "length", "targets", "schedule", "held_out"),
            ),
            FinetunePreset(
                "metamath-llama",
                "arXiv 2510.03731 and its code",
                f"Llama: {_CHECKPOINT}",
                f"10 000 examples of MetaMathQA, question and answer as one text: {_HELD}, with text",
                {
                    "task": "causal-lm",
                    "init": "default,pissa,inilora,inilora-alpha,inilora-beta",
                    "lrs": "2e-6,6e-6,2e-5,6e-5,2e-4,6e-4",
                    "ranks": "8",
                    "steps": 468,
                    "batch": 64,
                    "length": 512,
                    "dtype": "bfloat16",
                    "schedule": "cosine",
                    "held_out": MANY,
                },
                ours=("lrs", "ranks", "length", "dtype", "held_out"),
                differs="one rate, 2e-5, for all starts there",
            ),
        )
    }
)


def chosen(preset: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for: the usual settings, those of a preset over them, what is given over both.

    Raises UnknownName for no preset, ConfigError where the model or the data are missing: it says which are needed.

    >>> chosen("glue-t5", {"model": "t5", "data": "x.jsonl", "steps": 5})["init"]
    'A,AB,AB+'
    """
    one = pick("preset", preset, PRESETS) if preset else None
    for name in ("model", "data"):
        if not given.get(name):
            raise ConfigError(f"--{name} is missing", hint=_needed(name, one))
    return {**USUAL, **(one.settings if one else {}), **given}


def _needed(name: str, preset: FinetunePreset | None) -> str:
    if preset is not None:
        return f"{preset.name} needs {getattr(preset, name)}; get it, and name where it lies"
    if name == "model":
        return "name a checkpoint folder, a config.json, or one of llama, roberta, t5"
    return "name a file or a folder of JSONL, CSV, Parquet or text"


def words_of(preset: str) -> str:
    """What a preset rests on, in one line; empty for none.

    >>> words_of("flan-llama")[:61]
    'flan-llama of arXiv 2402.12354, appendix C; ours, as the sour'
    """
    if not preset:
        return ""
    one = PRESETS[preset]
    ours = f"; ours, as the source leaves them open: {', '.join(one.ours)}" if one.ours else ""
    return f"{one.name} of {one.source}{ours}" + (f"; {one.differs}" if one.differs else "")
