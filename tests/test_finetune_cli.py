"""gamma-calc experiment finetune: what it prints and refuses, and that a killed run resumes to the same result."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from command import run

from validation.finetune import chosen, inputs, rates_between
from validation.finetune.model_source import model_sources
from validation.finetune.presets import PRESETS
from validation.finetune.starts import check_start
from validation.sweep import Grid, Store
from validation.sweep import run as sweep

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")

ROOT = Path(__file__).parents[1]
TEXT = ROOT / "CONTRIBUTING.md"
SMALL = "--widths 16 --seeds 2 --steps 4 --batch 2 --length 16 --lrs 1e-2:1:3 --init A,B --device cpu"
FEW = SMALL.replace("A,B", "A")


def words(
    folder: Path, more: str = SMALL, model: str = "llama", data: Path = TEXT, out: str = "cells.sqlite"
) -> list[str]:
    return ["experiment", "finetune", "--model", model, "--data", str(data), "--out", str(folder / out), *more.split()]


def test_it_prints_rates_statements_and_a_verdict(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = run(capsys, *words(tmp_path))
    lines = found.out.splitlines()
    assert (
        lines[:2] == ["Rates", "  start  r  n   best rate                      usable   Z_B = 1  loss   before"]
        or lines[0] == "Rates"
    )
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


def write(folder: Path, name: str, *records: object) -> Path:
    path = folder / name
    path.write_text("\n".join(map(json.dumps, records)))
    return path


CLASSES = "--task classification --lrs 1e-2:1:3 --device cpu"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("--lrs 1e-3", "--lrs: one rate only; a best rate needs several"),
        ("--lrs 1:2:x", "--lrs: '1:2:x' is no range of rates; write LOW:HIGH"),
        ("--init A,Pissa", "unknown initialisation 'Pissa'; did you mean pissa"),
        ("--init corda", "start corda is not made here; its covariance is that of many more inputs"),
        ("--ranks 0", "ranks 0; a rank is at least 1"),
        ("--ranks 4,x", "--ranks: '4,x' is no list of numbers; write them as in 4,16,64"),
        ("--ranks 32 --widths 16", "--ranks: rank 32 at width 16; a rank is at most the width"),
        ("--widths 24", "llama: num_attention_heads is 4 at width 64 and no whole number at 24; take widths"),
        ("--targets q_porj", "llama: unknown target module 'q_porj'; did you mean q_proj"),
        ("--b-rate fast", "--b-rate: 'fast' is no ratio of rates; write a number, or n for the width"),
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


def refused(capsys: pytest.CaptureFixture[str], folder: Path, asked: list[str], said: str) -> None:
    before = sorted(folder.iterdir())
    found = run(capsys, *asked)
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"gamma-calc: {said}")
    assert found.err.count("\n") == 1
    assert sorted(folder.iterdir()) == before


def test_bad_data_get_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    refused(capsys, tmp_path, words(tmp_path, data=nowhere), f"{nowhere}: no such file or folder; name data as JSONL, ")
    one = write(tmp_path, "one.jsonl", *[{"text": "a", "label": 1}] * 20)
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", one), f"{one}: every label is '1'; name data of two")
    none = write(tmp_path, "none.jsonl")
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", none), f"{none}: has no records; ")
    other = write(tmp_path, "other.jsonl", {"sentence": "a", "label": 1})
    told = f"{other}: record 1 has no text, but sentence, label; --task classification needs text, label; say which"
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", other), told)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": "a", "label": 1}\n{')
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", broken), f"{broken}:2: is no JSON object; ")
    short = tmp_path / "short.txt"
    short.write_text("a few words")
    refused(
        capsys,
        tmp_path,
        words(tmp_path, data=short),
        f"{short}: gives ",
    )
    odd = tmp_path / "data.xyz"
    odd.write_text("x")
    refused(capsys, tmp_path, words(tmp_path, data=odd), f"{odd}: unknown kind of data '.xyz'; did you mean .txt?")


def test_bad_checkpoints_get_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = tmp_path / "model"
    refused(capsys, tmp_path, words(tmp_path, model=str(place)), f"{place}: no such model; name a checkpoint folder, ")
    place.mkdir()
    refused(
        capsys, tmp_path, words(tmp_path, model=str(place)), f"{place}: a checkpoint has its own width; leave --widths"
    )
    plain = SMALL.removeprefix("--widths 16")
    refused(capsys, tmp_path, words(tmp_path, plain, str(place)), f"{place}: has no config.json; ")
    source = model_sources("llama", (16,))[0]
    (place / "config.json").write_text(source.config)
    refused(capsys, tmp_path, words(tmp_path, plain, str(place)), f"{place}: has no weights; ")
    (place / "pytorch_model.bin").write_text("")
    refused(capsys, tmp_path, words(tmp_path, plain, str(place)), f"{place}: has its weights in pytorch_model.bin only")
    (place / "config.json").write_text(json.dumps(source.fields | {"auto_map": {}}))
    refused(capsys, tmp_path, words(tmp_path, plain, str(place)), f"{place}/config.json: asks for code of its own; ")
    small = tmp_path / "small.json"
    small.write_text(json.dumps(source.fields | {"vocab_size": 100}))
    told = "--model: a vocabulary of 100, and a tokenizer of 260 tokens; "
    refused(capsys, tmp_path, words(tmp_path, model=str(small)), told)


def test_the_store_of_another_experiment_is_refused_untouched(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "cells.sqlite"
    with Store.open(path) as store:
        sweep(Grid(axes={"init": ["A"], "eta": ["-1"]}, widths=[16], seeds=1, steps=1), store)
    before = path.read_bytes()
    refused(capsys, tmp_path, words(tmp_path), f"{path}: is the store of lora; name another file")
    assert path.read_bytes() == before


def test_a_killed_run_resumes_to_the_same_result(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from gamma_calc.cli import main; raise SystemExit(main())"]
    path = tmp_path / "cells.sqlite"
    with subprocess.Popen(
        [*command, *words(tmp_path, FEW)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while stored(path) < 2:
            time.sleep(0.05)
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    there = stored(path)
    assert 2 <= there < 6
    resumed = run(capsys, *words(tmp_path, FEW), "--format", "json")
    assert f"{there} there before" in resumed.err
    whole = run(capsys, *words(tmp_path, FEW, out="other.sqlite"), "--format", "json")
    assert resumed.out == whole.out


def stored(path: Path) -> int:
    if not path.exists() or not path.stat().st_size:
        return 0
    with Store.open(path) as store:
        return len(store.keys())


def test_too_little_memory_or_disk_is_said_with_what_would_fit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "allowed", lambda _: 16_000_000)
    told = "llama: the model of width 512 takes about 0.1 GB, and 0.0 GB may be taken; take one of 1 million numbers"
    refused(capsys, tmp_path, words(tmp_path, "--widths 16,512 --device cpu"), told)
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
