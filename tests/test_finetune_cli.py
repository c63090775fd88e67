"""gamma-calc experiment finetune: what it prints and refuses, and that a killed run resumes to the same result."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from command import run
from finetuning import TEXT, refused, words, write

from validation.finetune import chosen, inputs, rates_between
from validation.finetune.presets import PRESETS
from validation.finetune.starts import check_start

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")


def test_it_prints_rates_statements_and_a_verdict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = run(capsys, *words(tmp_path))
    lines = found.out.splitlines()
    assert lines[0] == "Rates"
    assert lines[1].split() == ["start", "r", "n", "best", "rate", "usable", "Z_B", "=", "1"]
    assert lines[-2] == "Verdict"
    verdict = lines[-1].split()[0].rstrip(":")
    assert found.code == {"confirmed": 0, "refuted": 1, "undecided": 3}[verdict]
    assert max(map(len, lines)) <= 80
    again = run(capsys, *words(tmp_path), "--format", "json")
    data = json.loads(again.out)
    assert (data["verdict"], again.code) == (verdict, found.code)
    assert again.err.endswith("12 of 12 cells, 12 there before\n")
    assert [(c["init"], c["rate"], c["seed"]) for c in data["cells"]][:3] == [
        ("A", 0.01, 0),
        ("A", 0.01, 1),
        ("A", 0.1, 0),
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("--lrs 1e-3", "--lrs: one rate only; a best rate needs several"),
        ("--lrs 1:2:x", "--lrs: '1:2:x' is no range of rates; write LOW:HIGH"),
        ("--init A,Pissa", "unknown initialisation 'Pissa'; did you mean pissa"),
        ("--init general", "start general is not made here; its sizes are open; known: A, B, AB, "),
        ("--ranks 0", "ranks 0; a rank is at least 1"),
        ("--ranks 4,x", "--ranks: '4,x' is no list of numbers; write them as in 4,16,64"),
        ("--ranks 32 --widths 16", "--ranks: rank 32 at width 16; a rank is at most the width"),
        ("--widths 24", "llama: num_attention_heads is 4 at width 64 and no whole number at 24; take widths"),
        ("--targets q_porj", "llama: unknown target module 'q_porj'; did you mean q_proj"),
        ("--b-rate fast", "--b-rate: 'fast' is no ratio of rates; write a number, or n for the width"),
        ("--lrs nan,1", "--lrs: rates nan, 1; give them positive and increasing"),
        ("--alpha inf", "alpha is inf; give a positive number, or leave it out for s = 1"),
        ("--held-out 0", "held-out is 0; give 1 or more"),
        ("--warmup 40", "warmup is 40 of 40 steps; leave some steps after it"),
        ("--jobs 0", "'0' has no number of processes; write processes:2"),
        ("--seeds 1", "--seeds: 1 seed; an interval needs at least two"),
        ("--steps 2", "steps is 2; give 4 or more"),
        ("--length 600", "llama: texts of 600 tokens, and a model of 512 positions; take --length 510 or less"),
        ("--columns text", "--columns: 'text' names no columns; write text=sentence,label=class"),
        ("--executor threads", "unknown executor 'threads'; known: dask:ADDRESS, "),
    ],
)
def test_bad_words_get_one_line_and_make_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: str, said: str
) -> None:
    refused(capsys, tmp_path, words(tmp_path, more), said)


def test_too_little_memory_or_disk_is_said_with_what_would_fit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "allowed", lambda _: 16_000_000)
    told = "llama: the model of width 512 takes about 0.1 GB, and 0.0 GB may be taken; take one of 1 million numbers"
    refused(capsys, tmp_path, words(tmp_path, "--widths 16,512 --device cpu"), told)
    told = "llama: 64 processes take about 0.1 GB, and 0.0 GB may be taken; take --jobs 8"
    refused(capsys, tmp_path, words(tmp_path, "--widths 16,64 --jobs 64 --device cpu"), told)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20_000))
    told = f"{tmp_path / 'cells.sqlite'}: 12 cells take 0.0 GB, and 0.0 GB of the disk are free; free some, or take "
    refused(capsys, tmp_path, words(tmp_path), told)


# -- presets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "--model is missing; name a checkpoint folder, a config.json, or one of llama, roberta, t5"),
        ("--model llama", "--data is missing; name a file or a folder of JSONL, CSV, Parquet or text"),
        ("--preset glue-bert", "unknown preset 'glue-bert'; did you mean "),
        (
            "--preset glue-roberta",
            "--model is missing; glue-roberta needs RoBERTa-large (or -base): a folder with config",
        ),
        (
            "--preset wikitext-tinyllama --model x",
            "--data is missing; wikitext-tinyllama needs WikiText-2: a folder with ",
        ),
    ],
)
def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path, asked: str, said: str) -> None:
    refused(capsys, tmp_path, ["experiment", "finetune", "--out", str(tmp_path / "x.sqlite"), *asked.split()], said)


def test_a_preset_is_run_on_what_there_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Its settings hold where nothing else is said: two starts, r = alpha = 8, query and value, a linear schedule."""
    records = [{"text": f"word {i}", "label": i % 2} for i in range(60)]
    path = write(tmp_path, "data.jsonl", *records)
    more = "--preset glue-roberta --widths 16 --lrs 1e-2,1e-1 --seeds 2 --steps 4 --batch 2 --length 8 --dtype float32"
    found = run(capsys, *words(tmp_path, more, "roberta", path), "--format", "json")
    assert found.err.startswith(
        "glue-roberta of arXiv 2406.08447, with the code of arXiv 2402.12354; ours, as the source"
    )
    data = json.loads(found.out)
    assert {cell["init"] for cell in data["cells"]} == {"A", "B"}
    setting = data["setting"]
    named = ("task", "alpha", "targets", "schedule", "steps")
    assert [setting[name] for name in named] == ["classification", 8.0, ["query", "value"], "linear", 4]


def test_every_preset_is_of_starts_and_rates_that_there_are() -> None:
    for name in PRESETS:
        asked = chosen(name, {"model": "llama", "data": str(TEXT)})
        for start in asked["init"].split(","):
            check_start(start)
        assert len(rates_between(asked["lrs"])) >= 3
        assert set(PRESETS[name].ours) <= set(asked)
