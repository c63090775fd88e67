"""``optimizer`` beside ``optimiser``: what takes the one as a keyword takes the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from gamma_calc.errors import ProgramError

HERE: Final = "optimiser"
ELSEWHERE: Final = "optimizer"
Taker = TypeVar("Taker", bound=Callable[..., Any])


def either_spelling(taker: Taker) -> Taker:
    """The function or class, with ``optimizer`` accepted as the keyword ``optimiser``.

    To type checkers the keyword is ``optimiser`` alone. A call that gives both raises ProgramError.

    >>> from gamma_calc import lora
    >>> lora(optimizer="sgd") == lora(optimiser="sgd")
    True
    """
    if isinstance(taker, type):
        taker.__init__ = _respelled(taker.__init__)  # type: ignore[misc]
        return taker
    return _respelled(taker)


def _respelled(function: Taker) -> Taker:
    @wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if ELSEWHERE in keywords:
            if HERE in keywords:
                raise ProgramError(f"{HERE} and {ELSEWHERE} are both given", hint="give one of them")
            keywords[HERE] = keywords.pop(ELSEWHERE)
        return function(*arguments, **keywords)

    return call  # type: ignore[return-value]
