"""An interactive Python prompt with the public names loaded."""

from __future__ import annotations

from code import InteractiveConsole
from contextlib import suppress
from types import CodeType
from typing import Final

import gamma_calc

BANNER: Final = """\
Exponents of n. Try:
>>> found = derive(lora(init="A"))
>>> found.orders["Z_A"]
>>> found.conditions["stable"].region
>>> print(found.trace("Z_B"))"""


def names() -> dict[str, object]:
    """The public names of the package, as the prompt has them.

    >>> sorted(names())[:3]
    ['Dim', 'GammaError', 'Order']
    """
    return {name: getattr(gamma_calc, name) for name in gamma_calc.__all__}


def interact() -> None:
    """Run the prompt until the input ends."""
    namespace = names()
    _complete(namespace)
    Prompt(namespace).interact(banner=BANNER, exitmsg="")


class Prompt(InteractiveConsole):
    """The interpreter's own prompt. It tells of what takes long, and in one line of errors and Ctrl-C."""

    def runcode(self, code: CodeType) -> None:
        from gamma_calc.cli.anytime import LATE, Work
        from gamma_calc.cli.progress import progress

        with progress(every=False, after=LATE, lines=False) as tell:
            self.work = Work(tell)
            with self.work.told_of():
                super().runcode(code)

    def showtraceback(self) -> None:
        import sys

        error = sys.exc_info()[1]
        if isinstance(error, gamma_calc.GammaError):
            self.write(f"{type(error).__name__}: {error}\n")
        elif isinstance(error, KeyboardInterrupt):
            known = [f": known is {last.summary}; {last.hint}" for last in self.work.unfinished[-1:]]
            self.write("".join(("\ninterrupted", *known, "\n")))
        else:
            super().showtraceback()


def _complete(namespace: dict[str, object]) -> None:
    """Completion by the Tab key, where the system has readline."""
    with suppress(ImportError):
        import readline
        from rlcompleter import Completer

        readline.set_completer(Completer(namespace).complete)
        readline.parse_and_bind("tab: complete")
