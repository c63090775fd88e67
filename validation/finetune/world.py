"""Small worlds: families of models pretrained here on text that Python ships, and data to fine-tune them on.

``python -m validation.finetune.world FOLDER --family llama`` writes ``FOLDER/llama/n64`` and so on, and
``FOLDER/continuation.txt``, ``FOLDER/classes.jsonl``, ``FOLDER/rewriting.jsonl``, made of the source of some of
Python's modules, or of the Markdown in ``--text FOLDER``. The same command gives the same files with the same versions
of torch, transformers and Python.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from pydoc_data.topics import topics
from types import MappingProxyType
from typing import Any, Final

import torch

from validation.finetune.byte_tokens import MASK, ByteTokens
from validation.finetune.libraries import quiet
from validation.finetune.model_source import ModelSource, model_sources
from validation.finetune.task import IGNORED

LENGTH: Final = 64  # tokens of an example
BATCH: Final = 16
RATE: Final = 4e-3  # of what does not grow with the width; hidden weights have it at the first width, then as 1/n
MODULES: Final = ("argparse", "difflib", "doctest", "inspect", "tarfile")  # those that are long
MASKED: Final = 0.15
SHORT: Final = 48  # characters of a text that is classified or rewritten
MOST: Final = 2000  # of these texts


def pretraining_text() -> str:
    """The help of Python on itself, about half a million characters of English and of code."""
    return "\n".join(str(topics[name]) for name in sorted(topics))


def source_text() -> str:
    """The source of some of Python's modules, about half a million characters of code and of words on it."""
    found = (find_spec(name) for name in MODULES)
    return "\n".join(Path(one.origin).read_text(encoding="utf-8") for one in found if one and one.origin)


# -- models ------------------------------------------------------------------------------------------------------------


def pretrained(source: ModelSource, first: int, steps: int) -> Any:
    """A model of a family after some steps on Python's help; ``first`` is the smallest width of the family."""
    auto, batch_of = OBJECTIVES[source.kind]
    stream = torch.tensor(ByteTokens().encode(pretraining_text()))
    with torch.random.fork_rng(), quiet():
        torch.manual_seed(source.width)
        model = source.made(auto)
        optimiser = torch.optim.AdamW(_groups(model, source.width, first), weight_decay=0.0)
        for step in range(steps):
            for group in optimiser.param_groups:
                group["lr"] = group["initial"] * (1 - step / steps)
            starts = torch.randint(len(stream) - LENGTH, (BATCH, 1))
            loss = model(**batch_of(stream[starts + torch.arange(LENGTH)])).loss
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
    return model.eval()


def _groups(model: Any, width: int, first: int) -> list[dict[str, Any]]:
    """Matrices of which both sides grow have a rate that falls with the width."""
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n and "shared" not in n]
    inside = set(map(id, hidden))
    others = [p for p in model.parameters() if id(p) not in inside]
    rates = ((others, RATE), (hidden, RATE * first / width))
    return [{"params": params, "lr": rate, "initial": rate} for params, rate in rates]


def _causal(texts: torch.Tensor) -> Mapping[str, torch.Tensor]:
    return {"input_ids": texts, "labels": texts}


def _filled(texts: torch.Tensor) -> Mapping[str, torch.Tensor]:
    """Some tokens are hidden, and asked for."""
    hidden = torch.rand(texts.shape) < MASKED
    return {"input_ids": texts.masked_fill(hidden, MASK), "labels": texts.masked_fill(~hidden, IGNORED)}


def _restored(texts: torch.Tensor) -> Mapping[str, torch.Tensor]:
    """Some tokens are hidden, and the whole text is asked for."""
    hidden = torch.rand(texts.shape) < MASKED
    return {"input_ids": texts.masked_fill(hidden, MASK), "labels": texts}


Objective = tuple[str, Callable[[torch.Tensor], Mapping[str, torch.Tensor]]]
OBJECTIVES: Final[Mapping[str, Objective]] = MappingProxyType(
    {
        "llama": ("AutoModelForCausalLM", _causal),
        "roberta": ("AutoModelForMaskedLM", _filled),
        "t5": ("AutoModelForSeq2SeqLM", _restored),
    }
)


# -- data --------------------------------------------------------------------------------------------------------------


def texts_in(folder: Path) -> str:
    """All Markdown of a folder, in the order of names."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md")))


def short_texts(text: str) -> Sequence[str]:
    """Pieces of a text of one length, evenly from all of it."""
    pieces = [text[at : at + SHORT].replace("\n", " ") for at in range(0, len(text) - SHORT, SHORT)]
    return pieces[:: max(1, len(pieces) // MOST)][:MOST]


def classes(text: str) -> Iterator[Mapping[str, str]]:
    """Is a piece prose, or is it code or a table? By the share of its characters that are no letters and no spaces."""
    pieces = short_texts(text)
    shares = [sum(not (c.isalpha() or c.isspace()) for c in piece) for piece in pieces]
    middle = sorted(shares)[len(shares) // 2]
    for piece, share in zip(pieces, shares, strict=True):
        yield {"text": piece, "label": "code" if share > middle else "prose"}


def rewriting(text: str) -> Iterator[Mapping[str, str]]:
    """Every letter in the other case."""
    for piece in short_texts(text):
        yield {"input": piece, "target": piece.swapcase()}


def write_data(folder: Path, text: str) -> None:
    """The three data sets."""
    (folder / "continuation.txt").write_text(text, encoding="utf-8")
    for name, records in (("classes", classes(text)), ("rewriting", rewriting(text))):
        lines = "".join(f"{json.dumps(record)}\n" for record in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a world."""
    parser = argparse.ArgumentParser(prog="python -m validation.finetune.world", description="A small world.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", choices=tuple(OBJECTIVES), default="llama")
    parser.add_argument("--widths", default="32,64,128,256")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--text", type=Path, help="a folder of Markdown, in place of Python's source")
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    write_data(asked.folder, texts_in(asked.text) if asked.text else source_text())
    widths = tuple(map(int, asked.widths.split(",")))
    for source in model_sources(asked.family, widths):
        place = asked.folder / asked.family / f"n{source.width}"
        pretrained(source, widths[0], asked.steps).save_pretrained(place)
        sys.stdout.write(f"{place}\n")


if __name__ == "__main__":
    main()
