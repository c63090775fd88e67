"""The limit on the time of a computation, where an exception would be lost."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from collections.abc import Callable

import pytest
from oracle.limit import limit


def endless(first: Callable[[], object] = gc.collect) -> None:
    first()
    while True:
        pass


def test_a_computation_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError), limit(0.02):
        endless()


def slow(*_: object) -> None:
    time.sleep(0.05)


def test_an_alarm_in_a_callback_of_the_collector_ends_what_it_interrupted() -> None:
    """Raised in the callback it would be a warning, which is an error here, and the computation would go on."""
    gc.callbacks.append(slow)
    try:
        with pytest.raises(TimeoutError), limit(0.02):
            endless()
    finally:
        gc.callbacks.remove(slow)


@pytest.mark.filterwarnings("error")
def test_an_alarm_in_a_callback_of_a_weak_reference_ends_what_it_interrupted() -> None:
    """As above, where the standard library keeps the books of its weak sets."""

    class Held:
        """Something that ends at once."""

    held = [Held()]
    weakref.finalize(held[0], slow)
    with pytest.raises(TimeoutError), limit(0.02):
        endless(held.clear)


def test_what_else_is_ignored_is_told_of_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    def fails(*_: object) -> None:
        raise KeyError

    gc.callbacks.append(fails)
    try:
        with limit(5):
            gc.collect()
    finally:
        gc.callbacks.remove(fails)
    assert told


def test_the_error_is_the_one_asked_for() -> None:
    with pytest.raises(KeyError), limit(0.02, KeyError):
        endless()
