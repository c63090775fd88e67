"""Answers that may take long: told of while they are derived, and stopped with what is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from gamma_calc.cli import GOOD, INTERRUPTED, UNDECIDED
from gamma_calc.cli.collector import collected_seldom
from gamma_calc.cli.output import dialect, line, say, show
from gamma_calc.cli.progress import Tell, progress
from gamma_calc.derivation.recording import recorded
from gamma_calc.derivation.unfinished import StepsSoFar, Unfinished
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.engine.fixed_point import MOST_STEPS, Observer
from gamma_calc.errors import TimeUp
from gamma_calc.exponents import watched
from gamma_calc.language.program import Program

LATE: Final = 2  # seconds before a derivation is told of
Answer = str | Iterable[Block]
Made = TypeVar("Made")


def answered(make: Callable[[str], Answer], time_limit: float | None, format: str) -> int:  # noqa: A002
    """Make an answer in a dialect and print it; the exit code. Stopped, it prints the steps that are known."""

    def whole() -> str | list[Block]:
        made = make(dialect())
        return made if isinstance(made, str) else list(made)

    return stoppable(whole, print_answer, time_limit, format)


def stoppable(
    make: Callable[[], Made],
    then: Callable[[Made], int],
    time_limit: float | None,
    format: str = "text",  # noqa: A002 - the option's name
) -> int:
    """Make something and do something with it; the exit code. Stopped, it prints the steps that are known."""
    with progress(every=False, after=LATE, lines=False) as tell:
        work = Work(tell)
        try:
            with work.told_of(math.inf if time_limit is None else time_limit):
                made = make()
        except TimeUp:
            why, code = f"time is up after {time_limit:g} s", UNDECIDED
        except KeyboardInterrupt:
            if not work.records:
                raise
            why, code = "interrupted", INTERRUPTED
        else:
            why, code = "", GOOD
    if why:
        work.print(why, format)
        return code
    return then(made)


def print_answer(answer: str | list[Block]) -> int:
    """Print a text, or blocks as the output can show them; the exit code."""
    if isinstance(answer, str):
        say(answer)
    else:
        show(lambda _: answer)
    return GOOD


class Work:
    """The derivations behind an answer."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.records: list[StepsSoFar] = []

    @contextmanager
    def told_of(self, limit: float = math.inf) -> Iterator[None]:
        """What is calculated inside is told of, ends after ``limit`` seconds, and leaves its steps here."""
        with collected_seldom(), watched(limit, self.told), recorded(self.record):
            yield

    def record(self, program: Program) -> Observer:
        self.records.append(StepsSoFar(program))
        return self.records[-1].add

    def told(self) -> None:
        """Which step it is; of what is calculated from an earlier derivation, that it goes on."""
        if self.records:
            last = self.records[-1]
            self.tell(last.program.name, len(last.steps), MOST_STEPS, " steps at most")
        else:
            self.tell("calculating", 0, None)

    @property
    def unfinished(self) -> list[Unfinished]:
        """What is known of each program."""
        return [record.unfinished for record in self.records]

    def print(self, why: str, format: str) -> None:  # noqa: A002 - the option's name
        """What is known: all of it where it can be printed, a line for each program on the error stream."""
        found = self.unfinished
        if format == "json":
            whole = [one.as_data() for one in found]
            say(document("unfinished", {"complete": False, "stopped": why, "programs": whole}))
        elif format == "text":
            show(lambda dialect: (block for one in found for block in one.blocks(dialect)))
        for one in found:
            line(f"gamma-calc: {why}: known is {one.summary}; {one.hint}")
        if not found:
            line(f"gamma-calc: {why}: nothing is known; give more time")
