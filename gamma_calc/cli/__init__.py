"""The command line ``gamma-calc``. Commands are named by import path and loaded when called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from cyclopts import App, CycloptsError

from gamma_calc import __version__
from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, GammaError

GOOD, REFUTED, BAD_INPUT, UNDECIDED = 0, 1, 2, 3
INTERRUPTED: Final = 128 + 2
PIPE_CLOSED: Final = 128 + 13
LONGEST_WORD: Final = 60
LONGEST_LINE: Final = 800
SELF_EXPLAINED: Final = ("Did you mean", "Choose from", "Must be ")  # in what the option parser says

OF_A_TARGET: Final = ("derive", "explain", "compare", "validate", "sweep", "plot")
COMMANDS: Final = {
    "derive": (
        "The orders of every quantity, the admissible learning rates, and why.",
        """
  gamma-calc derive
  gamma-calc derive --init B --at eta=-1
  gamma-calc derive --init general --lr per-factor --set b0=-1/2
  gamma-calc derive adapter_config.json --rank growing --format json
  gamma-calc derive toy --step all --trace""",
    ),
    "explain": (
        "Why a condition holds where it does, or nowhere.",
        """
  gamma-calc explain efficient --init B
  gamma-calc explain stable --init general
  gamma-calc explain feature-learning toy --lr per-factor""",
    ),
    "compare": (
        "Several initialisations in one table.",
        """
  gamma-calc compare --init A --init B --init AB
  gamma-calc compare --init all
  gamma-calc compare --init A --init B --lr per-factor --format json""",
    ),
    "robustness": (
        "How each start answers to a learning rate below its best.",
        """
  gamma-calc robustness
  gamma-calc robustness --init A,AB,pissa --assume additive
  gamma-calc robustness --init AB --at eta_A=-1,eta_B=0
  gamma-calc robustness --format json""",
    ),
    "shared-rate": (
        "What one learning rate makes of several starts, against each one's own largest rate.",
        """
  gamma-calc shared-rate --at eta=-1
  gamma-calc shared-rate --init default,pissa,inilora-beta,inilora-alpha,full --numbers rate=2e-5,n=4096,r=8
  gamma-calc shared-rate --init A,B,AB --at eta=-1,rho=1/4 --format json""",
    ),
    "audit": (
        "What a configuration trains, the largest rate of each kind, and what in it works against training.",
        """
  gamma-calc audit adapter_config.json --width 4096 --lr 2e-4
  gamma-calc audit path/to/adapter_folder --lr 2e-4 --sizes
  gamma-calc audit axolotl.yaml --width 4096 --strict --quiet
  gamma-calc audit lora.safetensors --format json""",
    ),
    "rates": (
        "A learning rate for every group of parameters that a peft configuration trains.",
        """
  gamma-calc rates adapter_config.json --width 4096 --lr 2e-4
  gamma-calc rates adapter_config.json --width 4096 --lr 2e-4 --from "n=1024 r=8" --lora-plus
  gamma-calc rates adapter_config.json --width 4096 --lr 2e-4 --format torch""",
    ),
    "transfer": (
        "A learning rate that is good at one setting, taken to another, in numbers.",
        """
  gamma-calc transfer --from "n=2048 r=8 alpha=16 lr=2e-4" --to "n=4096 r=64 rslora=true init=pissa"
  gamma-calc transfer --from "n=4096 adapter=full lr=1e-5" --to "adapter=lora r=16 alpha=32" --to adapter=lora+
  gamma-calc transfer --from "adapter_config.json n=4096 lr=2e-4" --to alpha=8 --format json""",
    ),
    "validate": (
        "Run the program at growing widths and judge every derived order.",
        """
  gamma-calc validate --at eta=-1/2
  gamma-calc validate --init B --at eta=-1 --widths 256:4096 --seeds 32 --figure slopes.svg
  gamma-calc validate --stable-rate --init B --widths 256:4096""",
    ),
    "coord-check": (
        "Train a model of your own at several widths and judge how its activations and their changes grow.",
        """
  gamma-calc coord-check my_model.py:make_model --widths 128,256,512,1024 --optimizer adam --steps 5
  gamma-calc coord-check my_model.py:make_model --lr 1e-2 --eta -1/2 --expect "change<=0 head:activation=1/2"
  gamma-calc coord-check norms.csv --format json""",
    ),
    "sweep": (
        "Run a grid of cells and keep the results in a file; the same command again resumes.",
        """
  gamma-calc sweep cells.sqlite --init A --init B --set eta=-1/2 --set eta=-1 --widths 256:4096 --seeds 8
  gamma-calc sweep cells.sqlite --init B --set eta=-1 --executor processes:2 --export cells.csv
  gamma-calc sweep cells.sqlite --lr per-factor --set eta_A=-1,eta_B=-1/2 --executor dask:tcp://HOST:8786""",
    ),
    "experiment": (
        "A published experiment run again, each cell kept in a file; the same command resumes.",
        """
  gamma-calc experiment teacher-student
  gamma-calc experiment teacher-student --figures figures --format json
  gamma-calc experiment teacher-student wide.sqlite --widths 128:8192 --steps 60 --rates 1e-6:1:25""",
    ),
    "claims": (
        "Published results: which of them the derivation and the measurement bear out.",
        """
  gamma-calc claims
  gamma-calc claims I7 --verify all --trace
  gamma-calc claims L10 N8 --format json
  gamma-calc claims --verify all --record measured.json
  gamma-calc claims --format markdown > docs/claims.md""",
    ),
    "disagreements": (
        "Where published sources differ: what follows from each side, and the numbers that decide.",
        """
  gamma-calc disagreements
  gamma-calc disagreements sums rank
  gamma-calc disagreements --verify all --record disagreements.json --format markdown""",
    ),
    "plot": (
        "A picture: sizes against one open exponent, or where the conditions hold over two.",
        """
  gamma-calc plot -o sizes.svg
  gamma-calc plot --init B --lr per-factor -o phase.svg
  gamma-calc plot --init A --numbers n=4096,r=64 -o sizes.png
  gamma-calc plot --init A --rank growing -o rank.pdf""",
    ),
    "repl": (
        "A Python prompt with everything loaded.",
        """
  gamma-calc repl""",
    ),
}


def targets() -> str:
    """What a TARGET may be, in the order of the catalogue."""
    from gamma_calc.catalogue.targets import TARGETS

    return f"Targets: {', '.join(TARGETS)}, or a path of an adapter_config.json."


def app(words: Sequence[str] = ()) -> App:
    """The command line, its commands not yet loaded. What only help needs is left out for words that run a command."""
    asked = not {"-h", "--help"}.isdisjoint(words)
    runs = bool(words) and words[0] in COMMANDS and not asked
    found = App(
        name="gamma-calc",
        help="Exact growth exponents of training programs, and the learning rates they admit.",
        help_epilogue="gamma-calc COMMAND --help shows the options and examples of a command.",
        help_format="plaintext",
        help_formatter=None if runs else "default" if sys.stdout.isatty() else "plain",
        version=__version__,
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for name, (text, examples) in COMMANDS.items():
        listed = f"{targets()}\n\n" if asked and name in OF_A_TARGET else ""
        found.command(
            "gamma_calc.cli.{0}:{0}".format(name.replace("-", "_")),
            name=name,
            help=text,
            help_epilogue=f"{listed}Examples:{examples}",
        )
    if not runs:
        found.register_install_completion_command(help="Install completion of commands and options for this shell.")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 good, 1 refuted, 2 bad input, 3 undecided."""
    words = sys.argv[1:] if arguments is None else list(arguments)
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
    text = " ".join(str(error).split())
    if isinstance(error, CycloptsError) and not any(mark in text for mark in SELF_EXPLAINED):
        command = next((word for word in words if word in COMMANDS), "")
        text = f"{text} See gamma-calc {command}{' ' if command else ''}--help."
    return shortened(text)


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
