"""Who is shown the steps of the derivations that are made inside a calculation.

As with the watch of a calculation, nothing that is derived depends on it: it holds where it was set, in this thread, so
that a command which is stopped can tell how far each derivation behind its answer had come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from gamma_calc.engine.fixed_point import Observer
from gamma_calc.language.program import Program

Recorder = Callable[[Program], Observer]  # a program that is derived, to who is shown its steps


def _nobody(_: Program) -> Observer:
    return lambda _: None


_PRESENT: Final[ContextVar[Recorder]] = ContextVar("recorder", default=_nobody)


@contextmanager
def recorded(recorder: Recorder) -> Iterator[None]:
    """Every derivation that is made inside is shown to the recorder.

    >>> from gamma_calc import derive, lora
    >>> seen = []
    >>> with recorded(lambda program: seen.append(program.name) or (lambda step: None)):
    ...     _ = derive(lora())
    >>> seen
    ['lora']
    """
    before = _PRESENT.set(recorder)
    try:
        yield
    finally:
        _PRESENT.reset(before)


def observer(program: Program) -> Observer:
    """Who is shown the steps of a program that is derived now."""
    return _PRESENT.get()(program)
