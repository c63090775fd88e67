"""The command line ``gamma-calc``. A command is a file of this folder, loaded when it is called."""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from cyclopts import App, CycloptsError

from gamma_calc import __version__
from gamma_calc.cli.commands import Command, command, commands
from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, GammaError

GOOD, REFUTED, BAD_INPUT, UNDECIDED = 0, 1, 2, 3
INTERRUPTED: Final = 128 + 2
PIPE_CLOSED: Final = 128 + 13
LONGEST_WORD: Final = 60
LONGEST_LINE: Final = 800
NO_RATE: Final = ("Unknown option: --lr.", "Unknown option: --lr=", "instead of --lr?")
RATES_IN_NUMBERS: Final = (
    'a rate in numbers goes into transfer --from "... lr=2e-4", shared-rate --numbers rate=2e-4,n=4096,r=8, '
    "rates and audit --lr 2e-4"
)
EXPONENT: Final = re.compile(r"Unknown option: --(eta\w*|rho|sigma|beta|tau|a0|b0)\b")
SELF_EXPLAINED: Final = ("Did you mean", "Choose from", "Must be ")  # in what the option parser says

# As a process ends Python looks for circles among all that it has loaded, which took a tenth of a first answer.
atexit.register(gc.freeze)


def targets() -> str:
    """What a TARGET may be, in the order of the catalogue."""
    from gamma_calc.catalogue.targets import TARGETS

    return f"Targets: {', '.join(TARGETS)}, or a path of an adapter_config.json."


def app(words: Sequence[str] = ()) -> App:
    """The command line, its commands not yet loaded. For words that call a command it has that one alone."""
    asked = not {"-h", "--help"}.isdisjoint(words)
    first = command(words[0]) if words and not asked else None
    called = first if first and not first.parts else None
    found = App(
        name="gamma-calc",
        help="Exact growth exponents of training programs, and the learning rates they admit.",
        help_epilogue="gamma-calc COMMAND --help shows the options and examples of a command.",
        help_format="plaintext",
        help_formatter=None if called else _help_formatter(),
        version=__version__,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    if called:
        found.command(called.path, name=called.name)
        return found
    for one in (first,) if first else commands():
        _add(found, one, asked)
    found.register_install_completion_command(help="Install completion of commands and options for this shell.")
    return found


def _help_formatter() -> Any:
    """Boxes on a terminal, text elsewhere."""
    if sys.stdout.isatty():
        return "default"
    from gamma_calc.cli.help_text import HangingIndent

    return HangingIndent()


def _add(to: App, one: Command, asked: bool) -> None:
    """A command with its help; of a folder, what it holds."""
    listed = f"{targets()}\n\n" if asked and one.takes_target else ""
    ending = f"{listed}Examples:" + "".join(f"\n  {line}" for line in one.examples)
    if not one.parts:
        to.command(one.path, name=one.name, help=one.summary, help_epilogue=ending)
        return
    folder = App(name=one.name, help=one.summary, help_epilogue=ending)
    for part in one.parts:
        _add(folder, part, asked)
    to.command(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 good, 1 refuted, 2 bad input, 3 undecided."""
    words = sys.argv[1:] if arguments is None else [*arguments]
    try:
        check_streams(words)
        code = app(words)(words)
        sys.stdout.flush()
    except (GammaError, CycloptsError) as error:
        _say(hinted(error, words))
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED
    except OSError as error:
        _drop_output()
        place = f"{error.filename}: " if error.filename else ""
        _say(f"{place}cannot be written: {error.strerror}; name another place, or make room")
        return BAD_INPUT
    return code if isinstance(code, int) else GOOD


def check_streams(words: Sequence[str]) -> None:
    """Refuse what no command could work with. Raises ConfigError."""
    if sys.stdout is None or sys.stdout.closed:
        raise ConfigError("the output is closed", hint="leave it open, or redirect it: > /dev/null")
    for word in words:
        if "\0" in word:
            raise ConfigError("an argument holds a NUL character", where=shown(word, LONGEST_WORD), hint="leave it out")


def hinted(error: Exception, words: Sequence[str]) -> str:
    """An error on one line. The option parser's own says where to look where it does not say what to write."""
    if isinstance(error, CycloptsError):
        error.verbose = False
    text = " ".join(str(error).split()).replace("Unused Tokens:", "words too many:")
    if isinstance(error, CycloptsError) and any(mark in text for mark in NO_RATE):
        return f"--lr is no option of {words[0]}; {RATES_IN_NUMBERS}"
    if isinstance(error, CycloptsError) and (exponent := EXPONENT.match(text)):
        name = exponent[1]
        return f"--{name} is no option; write --set {name}=VALUE to fix it, --at {name}=VALUE to ask at a point"
    if isinstance(error, CycloptsError) and not any(mark in text for mark in SELF_EXPLAINED):
        name = _called(words)
        text = f"{text} See gamma-calc {name}{' ' if name else ''}--help."
    return shortened(text)


def _called(words: Sequence[str]) -> str:
    """The words that call a command: two where it is of a folder, none where there is none."""
    found = next((one for one in map(command, words) if one), None)
    parts = (part.name for part in found.parts if part.name in words) if found else ()
    return " ".join((found.name, *parts)) if found else ""


def shortened(text: str) -> str:
    """Its beginning and its end, where the hint is.

    >>> shortened("x" * 10_000 + "; the hint")[-20:]
    'xxxxxxxxxx; the hint'
    """
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE // 2]} ... {text[-LONGEST_LINE // 2 :]}"


def _say(text: str) -> None:
    from gamma_calc.cli.output import line

    with suppress(OSError):
        line(f"gamma-calc: {text}")


def _drop_output() -> None:
    """The reader is gone: what is still in the buffer must not raise again when the interpreter ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
