"""gamma-calc experiment finetune: language models with adapters, by the numeric side and the libraries behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.output import line, say, show
from gamma_calc.cli.parameters import PRINTED, Device, Executor
from gamma_calc.cli.running import fill, refuse_failures
from gamma_calc.errors import ExponentSyntaxError

EXAMPLES: Final = (
    "gamma-calc experiment finetune --model llama --data notes.txt --widths 32:256",
    "gamma-calc experiment finetune --model ./roberta --data ./sst2 --task classification --init A,B --ranks 4,16",
    "gamma-calc experiment finetune --preset glue-roberta --model ./roberta-large --data ./mnli",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}
OF_SETTING: Final = (
    *("model", "data", "task", "steps", "batch", "length", "held_out", "alpha", "dtype"),
    *("schedule", "warmup", "epsilon", "second"),
)


def _unless_given(text: str) -> Parameter:
    return Parameter(help=text, show_default=False)


Model = Annotated[
    str, Parameter(help="a checkpoint folder, one with several widths, a config.json; or llama, roberta, t5")
]
Data = Annotated[str, _unless_given("JSONL, CSV, Parquet or text, or a folder of train.* and held-out.*")]
Preset = Annotated[str, _unless_given("the settings of a paper: glue-roberta, wikitext-tinyllama, flan-llama, ...")]
Task = Literal["classification", "causal-lm", "seq2seq"]
Schedule = Literal["constant", "linear", "cosine"]
Numbers = Literal["float32", "bfloat16", "float16"]


def finetune(
    *,
    model: Model = "",
    data: Data = "",
    preset: Preset = "",
    task: Annotated[Task | None, _unless_given("what is learned [default: causal-lm]")] = None,
    init: Annotated[str | None, _unless_given("starts of the catalogue [default: A,B,AB]")] = None,
    lrs: Annotated[str | None, _unless_given("rates: LOW:HIGH[:COUNT] or a list [default: 1e-4:1e-1]")] = None,
    b_rate: Annotated[str | None, _unless_given("rates of B over those of A, as in 1,n [default: 1]")] = None,
    ranks: Annotated[str | None, _unless_given("as in 4,16,64 [default: 4]")] = None,
    alpha: Annotated[float | None, _unless_given("lora_alpha [default: the rank, so that s = 1]")] = None,
    widths: Annotated[str, _unless_given("LOW:HIGH or a list [default: all there are, or 64:512]")] = "",
    seeds: Annotated[int | None, _unless_given("repetitions, from seed 0 on [default: 3]")] = None,
    steps: Annotated[int | None, _unless_given("training steps [default: 40]")] = None,
    batch: Annotated[int | None, _unless_given("examples of a step [default: 8]")] = None,
    length: Annotated[int | None, _unless_given("tokens of an example [default: 64]")] = None,
    held_out: Annotated[int | None, _unless_given("held-out examples that are looked at [default: 32]")] = None,
    schedule: Annotated[Schedule | None, _unless_given("of the rates [default: constant]")] = None,
    warmup: Annotated[int | None, _unless_given("steps in which rates grow to theirs [default: 0]")] = None,
    targets: Annotated[
        str | None, _unless_given("modules that get adapters [default: those usual for the model]")
    ] = None,
    columns: Annotated[str | None, _unless_given("columns of the data, as in text=sentence,label=class")] = None,
    dtype: Annotated[Numbers | None, _unless_given("numbers of the frozen model [default: float32]")] = None,
    out: Annotated[Path, Parameter(help="the SQLite file that keeps the results")] = Path("finetune.sqlite"),
    device: Device = "auto",
    executor: Executor = "serial",
    figures: Annotated[
        Path | None, Parameter(help="draw loss, rates, growth and regret in this folder, as SVG and PNG")
    ] = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Language models with adapters: best rates by start, width and rank."""
    said = {name: value for name, value in locals().items() if value is not None}
    numbers = widths_of(widths) if widths else ()
    refuse_missing("experiment finetune")
    numeric("finetune.libraries").refuse_missing()
    side = numeric("finetune")
    asked = side.chosen(preset, said)
    numeric("sweep.refusals").refuse_others(out, "finetune")
    setting = side.FinetuneSetting(
        targets=_names(asked["targets"]),
        columns=_pairs(asked["columns"]),
        device=device,
        **{name: asked[name] for name in OF_SETTING},
    )
    axes = _names(asked["init"]), _names(asked["b_rate"]), _whole("--ranks", asked["ranks"])
    grid = side.Finetune(setting, *axes, side.rates_between(asked["lrs"]), numbers, asked["seeds"])
    side.check_disk(out, grid)
    grid.check_processes(numeric("sweep").pool(executor).count)
    folder = figures and numeric("evidence.experiments").checked_folder(figures)
    if preset:
        line(side.words_of(preset))

    def then(kept: Any, found: Any) -> int:
        refuse_failures(kept, grid, found)
        outcome = side.outcome(grid, kept)
        if folder is not None:
            side.draw(outcome, folder)
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
