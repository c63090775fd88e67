"""gamma-calc validate: hands the program to the numeric side, if that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from gamma_calc.cli.numeric import refuse_missing, widths_of
from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.errors import OrderError

EXIT_CODES = {"confirmed": 0, "refuted": 1, "undecided": 3}


def validate(
    target: Annotated[str, Parameter(help="a name of the catalogue, or a peft adapter_config.json")] = "lora",
    /,
    *,
    options: Options = PLAIN,
    widths: Annotated[str, Parameter(help="LOW:HIGH in powers of two, or a list")] = "256:65536",
    seeds: Annotated[int, Parameter(help="repetitions to start with")] = 16,
    steps: Annotated[int, Parameter(help="training steps")] = 4,
    device: Annotated[Literal["auto", "cpu", "cuda"], Parameter(help="where to run")] = "auto",
    figure: Annotated[Path | None, Parameter(help="draw the slopes to this file")] = None,
    format: Annotated[Literal["text", "json"], Parameter(help="text or json")] = "text",  # noqa: A002 - option's name
) -> int:
    """Run the program at growing widths and judge every derived order."""
    question = Question(target, options)
    point, sizes = question.point or {}, widths_of(widths)
    if question.program.variables and not point:
        given = ",".join(f"{name}=VALUE" for name in question.program.variables)
        raise OrderError("a run needs a number for every exponent", mend=f"add --at {given}")
    refuse_missing("validate")
    numeric: Any = import_module("validation")
    with _progress() as tell:
        found = numeric.validate(
            question.program, point, widths=sizes, seeds=seeds, steps=steps, device=device, on_progress=tell
        )
    if figure is not None:
        found.figure(figure)
    _print(found, format)
    return EXIT_CODES[found.verdict.value]


@contextmanager
def _progress() -> Iterator[Callable[[Any], None]]:
    """A live line on the terminal's error stream; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("running")

        def tell(now: Any) -> None:
            told = f"n = {now.width}, {now.seeds} seeds"
            bar.update(task, completed=now.done, total=now.planned, description=told)

        yield tell


def _print(found: Any, format: str) -> None:  # noqa: A002 - the option's name
    from rich.console import Console

    console = Console(highlight=False)
    if format == "json":
        console.file.write(f"{found.to_json()}\n")
    elif console.is_terminal:
        console.print(found)
    else:
        console.file.write(f"{found}\n")
