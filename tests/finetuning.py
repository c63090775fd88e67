"""What tests of gamma-calc experiment finetune have in common: small commands, data files, and refusals."""

import json
import shlex
from pathlib import Path

import pytest
from command import run

from validation.sweep import Store

ROOT = Path(__file__).parents[1]
TEXT = ROOT / "CONTRIBUTING.md"
SMALL = "--widths 16 --seeds 2 --steps 4 --batch 2 --length 16 --lrs 1e-2:1:3 --init A,B --device cpu"
PLAIN = SMALL.removeprefix("--widths 16 ")
FEW = SMALL.replace("A,B", "A")
MANY = SMALL.replace("A,B", "A,B,AB,pissa,milora").replace("--seeds 2", "--seeds 6")  # 90 cells


def words(
    folder: Path, more: str = SMALL, model: str | Path = "llama", data: Path = TEXT, out: str = "cells.sqlite"
) -> list[str]:
    """A command; paths may have spaces."""
    asked = ["--model", str(model), "--data", str(data), "--out", str(folder / out)]
    return ["experiment", "finetune", *asked, *shlex.split(more)]


def write(folder: Path, name: str, *records: object) -> Path:
    """Records as JSONL."""
    path = folder / name
    path.write_text("\n".join(map(json.dumps, records)))
    return path


def refused(capsys: pytest.CaptureFixture[str], folder: Path, asked: list[str], said: str) -> None:
    """One line, exit code 2, and no file more or less in the folder."""
    before = sorted(folder.iterdir())
    found = run(capsys, *asked)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"gamma-calc: {said}"), found.err
    assert found.err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def stored(path: Path) -> int:
    """How many cells a store has."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.open(path) as store:
        return len(store.keys())
