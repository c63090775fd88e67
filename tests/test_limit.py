"""The limit on the time of a computation, where an exception would be lost."""

from __future__ import annotations

import gc
import time

import pytest
from oracle.limit import limit


def endless() -> None:
    gc.collect()
    while True:
        pass


def test_a_computation_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError), limit(0.02):
        endless()


def test_an_alarm_in_a_callback_of_the_collector_ends_what_it_interrupted() -> None:
    """Raised in the callback it would be a warning, which is an error here, and the computation would go on."""

    def slow(*_: object) -> None:
        time.sleep(0.05)

    gc.callbacks.append(slow)
    try:
        with pytest.raises(TimeoutError), limit(0.02):
            endless()
    finally:
        gc.callbacks.remove(slow)


def test_the_error_is_the_one_asked_for() -> None:
    with pytest.raises(KeyError), limit(0.02, KeyError):
        endless()
