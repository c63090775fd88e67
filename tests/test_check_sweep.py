"""A sweep read back: best rates with intervals, slopes inside groups, the verdict on derived laws, what is refused."""

import json
import math
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run

from gamma_calc.practice.setting import Setting
from gamma_calc.practice.sweep_law import sweep_laws
from validation.recorded_runs.trend import trend
from validation.statistics.verdict import Verdict

GRID = [10 ** (k / 4) for k in range(-20, -5)]
RANKS = (4, 8, 16, 32, 64)
Rows = Iterable[dict[str, Any]]


def sweep(
    best: Any, *, ranks: Iterable[int] = RANKS, models: Iterable[str] = "abc", noise: float = 0, seeds: int = 1
) -> Iterator[dict[str, Any]]:
    """Runs with a loss that is a parabola in the log rate about the best rate of a rank and a model."""
    draw = np.random.default_rng(7)
    for model in models:
        for rank in ranks:
            for lr in GRID:
                for seed in range(seeds):
                    loss = 1 + 0.1 * (math.log(lr) - math.log(best(rank, model))) ** 2 + noise * draw.normal()
                    yield {"model": model, "rank": rank, "lr": f"{lr:.6g}", "seed": seed, "loss": f"{loss:.9f}"}


def power(exponent: float) -> Any:
    """Best rates as a power of the rank, at another height in each model."""
    return lambda rank, model: {"a": 1e-3, "b": 3e-3, "c": 5e-4}[model] * (rank / 16) ** exponent


def write(path: Path, rows: Rows) -> Path:
    listed = list(rows)
    lines = [",".join(listed[0]), *(",".join(map(str, row.values())) for row in listed)]
    path.write_text("\n".join(lines) + "\n")
    return path


def checked(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    outcome = run(capsys, "check-sweep", str(path), "--format", "json", *words)
    assert outcome.err == ""
    return outcome.code, json.loads(outcome.out)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.csv"


@pytest.mark.parametrize("exponent", [0.0, 0.25, -0.5])
def test_an_exact_slope_is_found_inside_groups(capsys: pytest.CaptureFixture[str], path: Path, exponent: float) -> None:
    _, found = checked(capsys, write(path, sweep(power(exponent))), "--setting", "n=4096 alpha=16")
    slope = found["slopes"]["rank"]
    assert slope["slope"] == pytest.approx(exponent, abs=1e-4)
    assert (slope["groups"], slope["cells"]) == (3, 15)
    rates = {(cell["model"], cell["rank"]): cell["lr"] for cell in found["cells"]}
    assert rates["b", 16] == pytest.approx(3e-3, rel=1e-3)


def test_without_groups_heights_that_go_with_the_rank_pass_for_a_slope(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    rows = [*sweep(power(0), ranks=(4, 8), models="a"), *sweep(power(0), ranks=(32, 64), models="b")]
    write(path, rows)
    inside = checked(capsys, path, "--setting", "n=4096")[1]["slopes"]["rank"]
    together = checked(capsys, path, "--setting", "n=4096", "--group", "none")[1]["slopes"]["rank"]
    assert inside["slope"] == pytest.approx(0, abs=1e-4)
    assert (inside["groups"], together["groups"]) == (2, 1)
    assert together["slope"] > 0.4


def test_intervals_of_slopes_hold_what_they_say() -> None:
    """Many groups of two cells: each group's height is fitted, and takes from what is left to judge the scatter by."""
    draw, held = np.random.default_rng(3), 0
    x, groups = np.log(np.tile([4.0, 16.0], 10)), [(str(g),) for g in range(10) for _ in range(2)]
    heights = np.repeat(np.arange(10.0), 2)
    for _ in range(400):
        found = trend("rank", groups, x, 0.3 * x + heights + 0.2 * draw.normal(size=20), [None] * 20)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.3 <= found.high
    assert 0.92 < held / 400 < 0.98


def test_intervals_of_best_rates_hold_what_they_say(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    rows = sweep(power(0), ranks=range(1, 41), noise=0.01, seeds=2)
    _, found = checked(capsys, write(path, rows), "--setting", "n=4096", "--within", "10")
    truth = {"a": 1e-3, "b": 3e-3, "c": 5e-4}
    held = [cell["low"] <= truth[cell["model"]] <= cell["high"] for cell in found["cells"]]
    assert len(held) == 120
    assert 0.88 < sum(held) / 120 <= 1


def test_repeats_are_the_noise_and_without_any_there_is_no_interval(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    three = [row for row in sweep(power(0), seeds=2, noise=1e-4) if row["lr"] in ("0.000316228", "0.001", "0.00316228")]
    _, repeated = checked(capsys, write(path, three), "--setting", "n=4096")
    _, single = checked(capsys, write(path, [row for row in three if not row["seed"]]), "--setting", "n=4096")
    assert {cell["low"] is None for cell in repeated["cells"] if cell["status"] == "found"} == {False}
    assert {cell["low"] is None for cell in single["cells"] if cell["status"] == "found"} == {True}


def test_optima_at_the_end_of_their_grid_are_kept_apart(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    def best(rank: int, _: str) -> float:
        return 10.0 if rank == 64 else 1e-3

    _, found = checked(capsys, write(path, sweep(best)), "--setting", "n=4096")
    apart = [cell for cell in found["cells"] if cell["status"] != "found"]
    assert {(cell["rank"], cell["status"], cell["lr"]) for cell in apart} == {(64, "at the end of its grid", None)}
    assert found["slopes"]["rank"]["slope"] == pytest.approx(0, abs=1e-4)


def test_diverged_runs_are_left_out_and_counted(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    rows = [row | ({"loss": "nan"} if float(row["lr"]) > 1e-2 else {}) for row in sweep(power(0))]
    outcome = run(capsys, "check-sweep", str(write(path, rows)), "--setting", "n=4096")
    assert "runs without a finite loss are left out" in outcome.out


# -- the laws ---------------------------------------------------------------------------------------------------------


def test_a_law_that_made_the_sweep_is_confirmed_and_the_others_are_not(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    code, found = checked(capsys, write(path, sweep(power(0.5))), "--setting", "n=4096 alpha=16")
    verdicts = {(law["principle"], law["assumptions"]): law for law in found["verdict"]["laws"]}
    assert code == 0
    assert found["verdict"]["overall"] == "confirmed"
    assert verdicts["step", "additive, fresh"]["predicted"] == 0.5
    assert verdicts["step", "additive, fresh"]["verdict"] == "confirmed"
    assert 0.4 < verdicts["step", "fresh"]["predicted"] < 0.5  # some of the cells lie beyond its breakpoint
    assert verdicts["edge", "one repeated sample"]["verdict"] == "refuted"


def test_assumptions_asked_for_are_the_only_ones(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    write(path, sweep(power(0.5)))
    words = ("--setting", "n=4096 alpha=16", "--assume")
    assert {law["assumptions"] for law in checked(capsys, path, *words, "fresh")[1]["verdict"]["laws"]} == {"fresh"}
    code, found = checked(capsys, path, "--setting", "n=4096 rslora=true alpha=16", "--assume", "additive")
    assert (code, found["verdict"]["overall"]) == (1, "refuted")


def test_a_law_is_taken_at_the_numbers_of_the_cells_its_breakpoint_included() -> None:
    """Below rate 1/n a step of Init[A] is linear in the rate, above it quadratic: the width moves the one alone."""

    def factor(rate: float) -> float:
        known = [(Setting(n=n, r=8, alpha=8), math.log(rate)) for n in (1024, 4096)]
        (step,) = [law for law in sweep_laws(known[0][0], ()) if law.principle == "step"]
        small, large = step.rates(known) or [0.0, 0.0]
        return math.exp(large - small)

    assert factor(1e-7) == pytest.approx(1)
    assert factor(1e-1) == pytest.approx(1 / 2)
    assert 1 / 2 < factor(10**-3.3) < 1


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((-0.05, 0.05), Verdict.CONFIRMED),
        ((-0.2, 0.05), Verdict.UNDECIDED),
        ((0.15, 0.3), Verdict.REFUTED),
        ((0.05, 0.3), Verdict.UNDECIDED),
        ((None, None), Verdict.UNDECIDED),
    ],
)
def test_the_verdict_of_an_interval(interval: tuple[float | None, float | None], verdict: Verdict) -> None:
    from validation.recorded_runs.trend import Trend

    assert Trend("rank", 0.1, *interval, groups=1, cells=3).judged(0.0, 0.1) is verdict


@pytest.mark.parametrize("adapter", ["dora init=B", "full"])
def test_a_program_without_a_rank_says_nothing_of_a_slope_in_it(
    capsys: pytest.CaptureFixture[str], path: Path, adapter: str
) -> None:
    code, found = checked(capsys, write(path, sweep(power(0))), "--setting", f"n=4096 adapter={adapter}")
    assert (code, {law["predicted"] for law in found["verdict"]["laws"]}) == (3, {None})


def test_a_width_in_the_file_is_fitted_too(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    rows = [
        {"width": width, "lr": row["lr"], "loss": row["loss"]}
        for width in (256, 1024, 4096)
        for row in sweep(lambda *_, w=width: 1e-2 / math.sqrt(w / 256), ranks=[8], models="a")
    ]
    code, found = checked(capsys, write(path, rows), "--setting", "alpha=16 r=8", "--assume", "additive")
    assert code == 0
    assert found["slopes"]["width"]["slope"] == pytest.approx(-0.5, abs=1e-3)
    assert found["slopes"].keys() == {"width"}


def batches(exponent: float, *, sizes: Iterable[int] = (16, 64, 256, 1024), rank: int = 16) -> Rows:
    """Runs at one rank and several batches, whose best rate is a power of the batch."""
    for batch in sizes:
        for row in sweep(lambda *_, b=batch: 1e-3 * (b / 64) ** exponent, ranks=[rank], models="a"):
            yield {"batch": batch, "lr": row["lr"], "loss": row["loss"]}


@pytest.mark.parametrize(("exponent", "code"), [(0.25, 0), (0.5, 1), (0.0, 1)])
def test_a_slope_in_the_batch_is_held_against_the_law_of_batches(
    capsys: pytest.CaptureFixture[str], path: Path, exponent: float, code: int
) -> None:
    """Init[A], s = 1/r * alpha: above N = r the largest stable rate goes with N^(1/4)."""
    words = ("--setting", f"n={2**20} r=16 alpha=16", "--assume", "additive")
    found = checked(capsys, write(path, batches(exponent)), *words)
    edge = next(law for law in found[1]["verdict"]["laws"] if law["principle"] == "edge")
    assert found[1]["slopes"]["batch"]["slope"] == pytest.approx(exponent, abs=1e-3)
    assert edge["predicted"] == pytest.approx(0.25, abs=1e-6)
    assert (edge["in"], edge["verdict"]) == ("batch", "confirmed" if code == 0 else "refuted")


def test_knees_of_the_law_of_batches_are_those_of_the_cells(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    """N^(1/2) below r, N^(1/4) up to n, and nothing above."""
    slopes = {}
    for name, sizes in {"below": (2, 4, 8), "between": (64, 128, 256), "above": (2**14, 2**15, 2**16)}.items():
        write(path, batches(0, sizes=sizes, rank=32))
        laws = checked(capsys, path, "--setting", "n=1024 r=32 alpha=32", "--assume", "additive")[1]["verdict"]["laws"]
        slopes[name] = next(law["predicted"] for law in laws if law["principle"] == "edge")
    assert slopes == pytest.approx({"below": 1 / 2, "between": 1 / 4, "above": 0}, abs=1e-6)


def test_one_batch_for_all_runs_is_a_setting(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    """At N above r the edge goes with r^(1/4) at alpha/r, where one sample gives the same rate to every rank."""
    write(path, sweep(power(0.25)))
    predicted = {}
    for batch in ("", " batch=1024"):
        setting = f"n={2**20} alpha=16{batch}"
        laws = checked(capsys, path, "--setting", setting, "--assume", "additive")[1]["verdict"]["laws"]
        predicted[batch] = next(law["predicted"] for law in laws if law["principle"] == "edge")
    assert predicted == pytest.approx({"": 0, " batch=1024": 1 / 4}, abs=1e-6)


def test_a_batch_is_told_to_be_of_independent_samples(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    outcome = run(capsys, "check-sweep", str(write(path, batches(0.25))), "--setting", "n=4096 r=16 alpha=16")
    assert "the samples of a batch are independent" in " ".join(outcome.out.split())
    assert "one repeated batch" in outcome.out


def test_text_ends_with_the_verdict_and_fits_80_columns(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    outcome = run(capsys, "check-sweep", str(write(path, sweep(power(0.5)))), "--setting", "n=4096 alpha=16")
    assert "confirmed: step under fresh; " in outcome.out.split("Verdict\n")[1]
    assert "the multiplier is alpha/r with alpha = 16" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


@pytest.mark.skipif(not find_spec("matplotlib"), reason="matplotlib is not installed")
def test_the_figure_has_slopes_and_best_rates(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    figure = path.with_suffix(".svg")
    words = ["--setting", "n=4096 alpha=16", "--figure", str(figure)]
    assert run(capsys, "check-sweep", str(write(path, sweep(power(0.5), noise=1e-3))), *words).code == 0
    drawn = figure.read_text(encoding="utf-8")
    for words_there in (
        "measured slope +0.50",
        "derived +0.50: edge under additive, fresh",
        "best learning rate",
        "a, rank 4",
    ):
        assert words_there in drawn


# -- what is refused --------------------------------------------------------------------------------------------------

HEADS = "model,rank,lr,loss\n"
GOOD = HEADS + "".join(f"a,{rank},{lr},{1 + abs(lr - 2)}\n" for rank in (4, 8) for lr in (1, 2, 3))


@pytest.mark.parametrize(
    ("content", "words", "says"),
    [
        ("", "", "no column lr; there are none; the columns lr and loss are needed"),
        ("rank,loss\n4,1\n", "", "no column lr; there are rank, loss; the columns lr and loss are needed"),
        (
            "lr,test_loss,train_loss\n1,1,1\n",
            "",
            "no column loss; name the column with --loss: test_loss or train_loss",
        ),
        (HEADS, "", "no runs below the heads"),
        ("lr,lr,loss\n1,1,1\n", "", "two columns have one name"),
        (HEADS + "a,4,1\n", "", "line 2: 3 cells under 4 heads"),
        (HEADS + "a,four,1,1\n", "", "line 2: rank is 'four'; write a plain number without a unit"),
        (HEADS + "a,4,2e-4/s,1\n", "", "line 2: lr is '2e-4/s'; write a plain number without a unit"),
        (HEADS + "a,4,-1,1\n", "", "line 2: lr is '-1'; write a positive number"),
        (HEADS + "a,4,1,low\n", "", "line 2: loss is 'low'"),
        (HEADS + "a,4,1,1\na,8,1,1\n", "", "every cell has one rate; a best rate needs three or more"),
        (HEADS + "a,4,1,1\na,4,2,1\n", "", "neither rank nor width nor batch varies"),
        (HEADS + 'a,4,1,"1\n', "", "is no CSV"),
        (GOOD, "--where kind=dense", "unknown column of"),
        (GOOD, "--where model=z", "unknown model in"),
        (GOOD, "--where model", "--where: 'model' is no condition; write kind=dense"),
        (GOOD, "--by depth", "--by: unknown column to fit a slope in 'depth'; did you mean width?"),
        (GOOD, "--by width", "unknown column of"),
        (GOOD, "--group kind", "unknown column of"),
        (GOOD, "--assume stale", "--assume: unknown assumption 'stale'"),
        (GOOD, "--setting lr=1", "a learning rate in --setting; rates are in the file: leave it out"),
        (GOOD, "--setting adapter=lora+", "lora+ has a rate for each factor"),
        (GOOD, "--setting adapter=vera,init=A", "vera has no choice of a start"),
        (HEADS.replace("model", "batch"), "--setting adapter=dora", "no runs below the heads"),
        ("batch,lr,loss\nmany,1,1\n", "", "line 2: batch is 'many'; write a plain number without a unit"),
        (GOOD, "--setting n=4", "r is 8, more than n = 4"),
        (GOOD, "--setting alpha=0", "alpha is '0'"),
        (GOOD, "--tolerance wide", "--tolerance is 'wide'; write a positive number"),
        (GOOD, "--figure x.bmp", "unknown kind of figure"),
        (HEADS.replace("model", "x") + "a,4.5,1,1\na,4.5,2,0\na,4.5,3,1\na,8,1,1\n", "--setting n=64", "rank is 4.5"),
    ],
)
def test_what_is_no_sweep_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], path: Path, content: str, words: str, says: str
) -> None:
    path.write_text(content)
    outcome = run(capsys, "check-sweep", str(path), *words.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_file_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "cannot be read (No such file" in run(capsys, "check-sweep", str(tmp_path / "none.csv")).err
    assert "is no file; name a CSV" in run(capsys, "check-sweep", str(tmp_path)).err
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00lr,loss")
    assert "is no CSV" in run(capsys, "check-sweep", str(binary)).err


def test_without_a_width_there_is_no_law_and_it_says_so(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    code, found = checked(capsys, write(path, sweep(power(0))))
    assert (code, found["verdict"]) == (3, {"overall": "undecided", "laws": []})
    assert "no law without a width: add a column width, or --setting n=4096" in found["notes"]
