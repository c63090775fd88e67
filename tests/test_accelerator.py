"""gamma-calc experiment accelerator: one line where there is none, the same measurement on the processor."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

import torch
from command import run

from validation.evidence.experiments.accelerator import measure_device
from validation.statistics.verdict import Verdict


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_where_there_is_none_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "experiment accelerator")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith("gamma-calc: no cuda device is there; --device cpu measures this processor instead, ")
    assert found.err.count("\n") == 1


def test_the_processor_is_measured_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "experiment accelerator --device cpu --widths 64:1024 --seeds 16 --format json")
    answer = json.loads(found.out)
    assert (found.code, answer["verdict"]) == (0, "confirmed")
    assert [row["width"] for row in answer["rows"]] == [64, 128, 256, 512, 1024]
    assert all(row["copy_share"] > 0 for row in answer["rows"])
    assert {row["quantity"]: row["derived"] for row in answer["exponents"]} == {"Z_A": "1/2", "B": "-1/2", "Z_B": "0"}
    shown = run(capsys, "experiment accelerator --device cpu --widths 64:1024 --seeds 4").out
    assert max(map(len, shown.splitlines())) <= 80


def test_other_numbers_than_the_processors_refute() -> None:
    outcome = measure_device("cpu", (64, 128, 256, 512), 16, 4)
    off = tuple(replace(row, difference=0.5) for row in outcome.rows)
    assert replace(outcome, rows=off).verdict is Verdict.REFUTED
