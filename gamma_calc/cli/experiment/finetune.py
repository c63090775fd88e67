"""gamma-calc experiment finetune: language models with adapters, by the numeric side and the libraries behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED, Device, Executor
from gamma_calc.cli.running import fill, refuse_failures
from gamma_calc.errors import ExponentSyntaxError

EXAMPLES: Final = (
    "gamma-calc experiment finetune --model llama --data notes.txt --task causal-lm --widths 64:512",
    "gamma-calc experiment finetune --model ./roberta --data ./sst2 --task classification --init A,B --ranks 4,16",
    "gamma-calc experiment finetune --preset glue-roberta --model ./roberta-large --data ./mnli",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}
TASKS: Final = ("classification", "causal-lm", "seq2seq")


def finetune(
    *,
    model: Annotated[
        str, Parameter(help="a checkpoint folder, one of several widths, a config.json, or llama, roberta, t5")
    ],
    data: Annotated[str, Parameter(help="JSONL, CSV, Parquet or text, or a folder of train.* and held-out.*")],
    task: Annotated[Literal["classification", "causal-lm", "seq2seq"], Parameter(help="what is learned")] = "causal-lm",
    init: Annotated[str, Parameter(help="initialisations of the catalogue, as in A,B,pissa")] = "A,B,AB",
    lrs: Annotated[str, Parameter(help="rates: LOW:HIGH (two a decade), LOW:HIGH:COUNT, or a list")] = "1e-4:1e-1",
    b_rate: Annotated[str, Parameter(help="the rate of B over that of A, as in 1,n")] = "1",
    ranks: Annotated[str, Parameter(help="ranks, as in 4,16")] = "4",
    alpha: Annotated[float | None, Parameter(help="lora_alpha; the rank if not given, so that s = 1")] = None,
    widths: Annotated[str, Parameter(help="of a configuration: LOW:HIGH in powers of two, or a list")] = "",
    seeds: Annotated[int, Parameter(help="repetitions, from seed 0 on")] = 3,
    steps: Annotated[int, Parameter(help="training steps")] = 40,
    batch: Annotated[int, Parameter(help="examples of a step")] = 8,
    length: Annotated[int, Parameter(help="tokens of an example")] = 64,
    targets: Annotated[
        str, Parameter(help="modules with adapters, as in q_proj,v_proj; the usual ones if not given")
    ] = "",
    columns: Annotated[str, Parameter(help="columns of the data, as in text=sentence,label=class")] = "",
    out: Annotated[Path, Parameter(help="the SQLite file that keeps the results")] = Path("finetune.sqlite"),
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"], Parameter(help="numbers of the frozen model")
    ] = "float32",
    device: Device = "auto",
    executor: Executor = "serial",
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Language models fine-tuned from several starts at many rates."""
    numbers = widths_of(widths) if widths else ()
    refuse_missing("experiment finetune")
    numeric("finetune.libraries").refuse_missing()
    side = numeric("finetune")
    side.check_store(out)
    setting = side.FinetuneSetting(
        model=model,
        data=data,
        task=task,
        targets=_names(targets),
        columns=_pairs(columns),
        steps=steps,
        batch=batch,
        length=length,
        alpha=alpha,
        dtype=dtype,
        device=device,
    )
    axes = _names(init), _names(b_rate), _whole("--ranks", ranks), side.rates_between(lrs)
    grid = side.Finetune(setting, *axes, numbers, seeds)

    def then(kept: Any, found: Any) -> int:
        refuse_failures(kept, grid, found)
        outcome = side.outcome(grid, kept)
        if format == "json":
            say(outcome.to_json())
        else:
            show(lambda _: side.blocks(outcome))
        return EXIT_CODES[outcome.verdict.value]

    return fill(out, grid, executor, then)


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _whole(option: str, text: str) -> tuple[int, ...]:
    """Whole numbers, separated by commas. Raises ExponentSyntaxError."""
    parts = _names(text)
    if not parts or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise ExponentSyntaxError(f"{text!r} is no list of numbers", where=option, hint="write them as in 4,16,64")
    return tuple(map(int, parts))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Names with columns. Raises ExponentSyntaxError."""
    pairs = [part.partition("=") for part in _names(text)]
    if not all(name and column for name, _, column in pairs):
        raise ExponentSyntaxError(
            f"{text!r} names no columns", where="--columns", hint="write text=sentence,label=class"
        )
    return tuple((name, column) for name, _, column in pairs)
