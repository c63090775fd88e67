"""Both recorded experiments on language models, from nothing to their records.

``python benchmarks/language_models.py FOLDER`` makes the small worlds in a folder, starts each recorded run, kills it
once with SIGKILL, resumes it, and compares what it says with the record in ``docs/results``, which comes of a run that
nobody interrupted. It prints what each part took, and ends with 1 where a record differs.
With ``--record`` nothing is killed, and the records are written.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from gamma_calc.display.blocks import Block, plain
from validation.evidence.experiments.precision import page as precision_page
from validation.finetune.run_record import FinetuneRecord, record
from validation.sweep.store import Store

RESULTS: Final = Path(__file__).parents[1] / "docs" / "results"
CALL: Final = (sys.executable, "-c", "from gamma_calc.cli import main; raise SystemExit(main())")
WORLDS: Final = (("llama", "32,64,128,256,512"), ("roberta", "32,64,128"), ("t5", "32,64,128"))
KILLED_AFTER: Final = 12  # cells that a run has stored by itself
PRETRAINED: Final = 300  # steps
LOOK: Final = 0.05  # seconds
ALIKE: Final = "the record's verdicts, other last digits"
DIFFERS: Final = "differs from the record"
ANSWERS: Final = (0, 1, 3)  # exit codes of a run that came to its end: confirmed, refuted, undecided

_TEXT: Final = "--model world/llama --data world/continuation.txt --steps 24 --batch 4 --length 64 --held-out 16"
_ONE: Final = "--model world/llama --data world/continuation.txt --steps 4 --batch 1 --length 8 --seeds 16"
_RATES: Final = "--lrs 1e-4:3.1622776601684e-1:8"


@dataclass(frozen=True, slots=True)
class LanguageRun:
    """One recorded run: the name of its record, its title, the options, the store, and what is to be said of it."""

    name: str
    title: str
    options: str
    store: str
    remarks: tuple[str, ...] = ()

    @property
    def words(self) -> Sequence[str]:
        """The command, but for the program, the store and where it is computed."""
        return ("experiment", "finetune", *self.options.split())


RUNS: Final = (
    LanguageRun(
        "1-starts",
        "Starts: a text continued",
        f"{_TEXT} --init A,B,AB,pissa,inilora,inilora-alpha,inilora-beta {_RATES}",
        "text.sqlite",
        (
            "Init[AB] starts off the pretrained weights: much of what it lacks at small rates is so before training.",
            "PiSSA and the fitted IniLoRA both start from the product nearest to W*.",
        ),
    ),
    LanguageRun(
        "2-two-rates",
        "Two rates: a text continued",
        f"{_TEXT} --widths 32:256 --init A,B --b-rate n --lrs 1e-5:3.1622776601684e-2:8",
        "two-rates.sqlite",
        ("Rates are those of A; B's are n times as large.",),
    ),
    LanguageRun(
        "3-sizes-a",
        "Sizes from Init[A] and PiSSA",
        f"{_ONE} --init A,pissa --lrs 0.044194173824,0.0625,0.088388347648,0.125,0.1767766953",
        "sizes-a.sqlite",
        ("One example of eight tokens: a batch that is small against the width. Rates are n^(-1/2) at the widths.",),
    ),
    LanguageRun(
        "4-sizes-b",
        "Sizes from Init[B]",
        f"{_ONE} --init B --lrs 0.001953125,0.00390625,0.0078125,0.015625,0.03125",
        "sizes-b.sqlite",
        ("As above, at rates 1/n.",),
    ),
    LanguageRun(
        "5-ranks",
        "Two ranks: a text continued",
        f"{_TEXT} --widths 32:256 --init A,B --ranks 4,16 {_RATES}",
        "text.sqlite",
        ("The multiplier is 1 at both ranks; the cells of rank 4 are those of the first run.",),
    ),
    LanguageRun(
        "6-classes",
        "RoBERTa: prose or code",
        "--model world/roberta --data world/classes.jsonl --task classification --steps 24 --batch 4 --length 48 "
        "--init A,B,AB --lrs 3.1622776601684e-4:3.1622776601684e-1:7",
        "classes.sqlite",
        ("The classification head is new, and trained with the adapters at A's rate; it decides much of the loss.",),
    ),
    LanguageRun(
        "7-rewriting",
        "T5: letters in the other case",
        "--model world/t5 --data world/rewriting.jsonl --task seq2seq --steps 24 --batch 4 --length 48 "
        "--init A,B,AB --lrs 1e-3:1:7",
        "rewriting.sqlite",
    ),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a part took, in seconds of the clock and of processors, and how it ended.

    The processors' seconds of workers that a kill left without a parent are not in it.
    """

    part: str
    clock: float
    processors: float
    end: str

    @property
    def row(self) -> tuple[str, ...]:
        return self.part, f"{self.clock:.0f}", f"{self.processors:.0f}", self.end


def timed(part: str, work: Callable[[], str]) -> Taken:
    """Do it, and say what it took; the work says how it ended."""
    before, start = _processors(), time.monotonic()
    end = work()
    return Taken(part, time.monotonic() - start, _processors() - before, end)


def _processors() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


# -- parts -------------------------------------------------------------------------------------------------------------


def make_worlds(folder: Path, jobs: int, worlds: Sequence[tuple[str, str]] = WORLDS, steps: int = PRETRAINED) -> str:
    """The families, some at once."""
    call = (sys.executable, "-m", "validation.finetune.world", "world", "--steps", str(steps), "--family")
    with ThreadPoolExecutor(jobs) as pool:
        asked = [(*call, family, "--widths", widths) for family, widths in worlds]
        list(pool.map(partial(_made, folder), asked))
    return f"{', '.join(family for family, _ in worlds)}"


def _made(folder: Path, words: Sequence[str]) -> None:
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def answered(words: Sequence[str], folder: Path, store: Path, *, kill: bool) -> str:
    """What a command prints; ``kill``: after it was killed once, with some new cells in its store."""
    command = (*CALL, *words)
    if kill:
        _kill_once(command, folder, store)
    found = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.PIPE, text=True)
    if found.returncode not in ANSWERS:
        raise SystemExit(f"{' '.join(words)}: ended with {found.returncode}")
    return found.stdout


def _kill_once(command: Sequence[str], folder: Path, store: Path) -> None:
    before = stored(store)
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=folder, stdout=nowhere, stderr=nowhere) as process:
        while stored(store) < before + KILLED_AFTER:
            if process.poll() is not None:
                raise SystemExit(
                    f"{' '.join(command[3:])}: came to its end before it could be killed: name a new folder"
                )
            time.sleep(LOOK)
        os.kill(process.pid, signal.SIGKILL)


def stored(path: Path) -> int:
    """How many cells a store has."""
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.open(path) as store:
        return len(store.keys())


def finetune_record(run: LanguageRun, folder: Path, jobs: int, *, kill: bool) -> str:
    """The record of a run."""
    words = (*run.words, "--device", "cpu", "--out", run.store, "--jobs", str(jobs), "--format", "json")
    found = json.loads(answered(words, folder, folder / run.store, kill=kill))
    return record(found, run.title, f"gamma-calc {' '.join(run.words)}", run.remarks)


def precision_record(folder: Path, jobs: int, *, kill: bool) -> str:
    """The record of number formats."""
    asked = precision_page.COMMAND.removeprefix("gamma-calc ").split()
    store = folder / "precision.sqlite"
    answered((*asked, "--jobs", str(jobs)), folder, store, kill=kill)
    with Store.open(store) as kept:
        results = {row.key: row.measured for row in kept.rows()}
    return precision_page.record_of(results)


# -- all of them -------------------------------------------------------------------------------------------------------


def parts(folder: Path, jobs: int, *, write: bool) -> Iterator[Taken]:
    """Every part in turn, each as soon as it has ended."""
    yield timed("worlds", partial(make_worlds, folder, jobs))
    kill = not write
    for run in RUNS:
        place = RESULTS / "finetune" / f"{run.name}.json"
        yield timed(
            run.name, partial(_kept, partial(finetune_record, run, folder, jobs, kill=kill), place, write=write)
        )
    made = partial(precision_record, folder, jobs, kill=kill)
    yield timed("precision", partial(_kept, made, precision_page.RECORD, write=write))


def _kept(made: Callable[[], str], place: Path, *, write: bool) -> str:
    """How a record compares with the one there is."""
    text = made()
    before = place.read_text(encoding="utf-8") if place.exists() else ""
    if write:
        place.write_text(text, encoding="utf-8")
    if text == before:
        return "the record"
    if write:
        return "recorded"
    said = verdicts(text)
    return ALIKE if said and said == verdicts(before) else DIFFERS


def verdicts(text: str) -> Mapping[str, str]:
    """What a record of fine-tuning says of each statement.

    Models trained at another moment may differ in the last digits of single precision, and steps beyond the stable rate
    make much of that; a run that is killed and resumed on the same models differs in nothing.
    """
    found = json.loads(text) if text else {}
    if "quantities" not in found:  # a record of number formats, which has no other digits
        return {}
    return {one.text: one.verdict.value for one in FinetuneRecord.of(found).outcome.statements}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run everything; 1 where a record differs."""
    parser = argparse.ArgumentParser(prog="python benchmarks/language_models.py")
    parser.add_argument("folder", type=Path, help="for models, data and stores")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--record", action="store_true", help="write the records, and kill nothing")
    asked = parser.parse_args(arguments)
    folder = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for one in parts(folder, asked.jobs, write=asked.record):
        found.append(one)
        sys.stderr.write(f"{' '.join(one.row)}\n")
    total = Taken("all", sum(t.clock for t in found), sum(t.processors for t in found), "")
    heads = ("part", "seconds", "processors", "")
    sys.stdout.write(plain([Block("Both experiments", tuple(one.row for one in (*found, total)), heads)]) + "\n")
    return int(any(one.end == DIFFERS for one in found))


if __name__ == "__main__":
    sys.exit(main())
