"""Fine-tuning runs end as they should: killed, beside each other, in processes, on a cluster; stores are kept apart."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from clusters import a_scheduler, worker
from command import run
from finetuning import FEW, MANY, SMALL, refused, stored, words
from language_models import LanguageRun, finetune_record, main, make_worlds

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")

COMMAND = [sys.executable, "-c", "from gamma_calc.cli import main; raise SystemExit(main())"]


def cells_of(folder: Path, more: str = SMALL, out: str = "cells.sqlite") -> list[object]:
    """What a run of the same command in a process of its own finds."""
    asked = [*COMMAND, *words(folder, more, out=out), "--format", "json"]
    found = subprocess.run(asked, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert found.returncode in {0, 1, 3}
    cells: list[object] = json.loads(found.stdout)["cells"]
    return cells


def killed(asked: list[str], path: Path, after: int) -> int:
    """Start, wait until some cells are stored, kill; how many are there then."""
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while stored(path) < after:
            time.sleep(0.05)
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    return stored(path)


def test_a_killed_run_resumes_to_the_same_result(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = killed([*COMMAND, *words(tmp_path, FEW)], tmp_path / "cells.sqlite", 2)
    assert 2 <= there < 6
    resumed = run(capsys, *words(tmp_path, FEW), "--format", "json")
    assert f"{there} there before" in resumed.err
    whole = run(capsys, *words(tmp_path, FEW, out="other.sqlite"), "--format", "json")
    assert resumed.out == whole.out


@pytest.mark.long
def test_processes_find_the_same_and_a_kill_ends_them_all(tmp_path: Path) -> None:
    path = tmp_path / "cells.sqlite"
    there = killed([*COMMAND, *words(tmp_path, f"{MANY} --jobs 2")], path, 10)
    time.sleep(2)
    assert 10 <= there <= stored(path) < there + 4  # no worker goes on without its parent
    assert cells_of(tmp_path, f"{MANY} --jobs 2") == cells_of(tmp_path, MANY, "other.sqlite")


@pytest.mark.long
def test_two_processes_share_a_store_and_no_cell_is_computed_twice(tmp_path: Path) -> None:
    asked = [*COMMAND, *words(tmp_path, MANY), "--format", "json"]
    both = [subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert said[0] == said[1]
    assert stored(tmp_path / "cells.sqlite") == len(json.loads(said[0])["cells"]) == 90


@pytest.mark.long
def test_a_cluster_finds_the_same(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with ExitStack() as stack:
        address = stack.enter_context(a_scheduler())
        for _ in range(2):
            stack.enter_context(worker(address))
        on_cluster = cells_of(tmp_path, f"{SMALL} --executor dask:{address}")
    assert on_cluster == cells_of(tmp_path, SMALL, "other.sqlite")


# -- stores ------------------------------------------------------------------------------------------------------------


PRECISION = "experiment precision {path} --init B --dtypes float32 --widths 64:512 --seeds 2 --device cpu"
TEACHER = (
    "experiment teacher-student {path} --init A,B --readout mup --widths 16:128 --seeds 2 --steps 1 --rates 1e-4:1:3"
)
SWEEP = "sweep {path} --init A --set eta=-1 --widths 16 --seeds 1 --steps 1 --device cpu"


def ask(name: str, folder: Path) -> list[str]:
    """A small command of an experiment on the one store of a folder."""
    path = folder / "cells.sqlite"
    asked = {"precision": PRECISION, "teacher-student": TEACHER, "sweep": SWEEP}
    return asked[name].format(path=path).split() if name in asked else words(folder, FEW)


@pytest.mark.parametrize("first", ["finetune", "precision", "teacher-student", "sweep"])
def test_a_store_is_of_one_experiment(capsys: pytest.CaptureFixture[str], tmp_path: Path, first: str) -> None:
    path = tmp_path / "cells.sqlite"
    run(capsys, *ask(first, tmp_path))
    before, named = path.read_bytes(), {"sweep": "a sweep"}
    for other in {"finetune", "precision", "teacher-student", "sweep"} - {first}:
        told = f"{path}: is the store of {named.get(first, first)}, not of {named.get(other, other)}; name another file"
        refused(capsys, tmp_path, ask(other, tmp_path), told)
    assert path.read_bytes() == before


# -- the recorded runs -------------------------------------------------------------------------------------------------


TINY = LanguageRun(
    "tiny",
    "A tiny run",
    "--model world/llama --data world/continuation.txt --steps 4 --batch 2 --length 16 --held-out 4 --seeds 4 "
    "--init A,B --lrs 1e-3:1:4",
    "tiny.sqlite",
)


@pytest.mark.long
def test_a_recorded_run_that_is_killed_and_resumed_gives_the_record_of_one_that_is_not(tmp_path: Path) -> None:
    make_worlds(tmp_path, 1, (("llama", "16,32"),), steps=2)
    whole = finetune_record(TINY, tmp_path, 1, kill=False)
    (tmp_path / "tiny.sqlite").unlink()
    assert finetune_record(TINY, tmp_path, 1, kill=True) == whole
    assert len(json.loads(whole)["cells"]) == 64


@pytest.mark.long
@pytest.mark.skipif("GAMMA_CALC_RECORDED" not in os.environ, reason="takes twenty minutes; set GAMMA_CALC_RECORDED=1")
def test_every_recorded_run_killed_once_gives_its_record(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
