"""What a run may take of the machine: a share of what is free, said; what would take more is refused at once."""

import re
from fractions import Fraction
from math import log
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from command import run  # noqa: E402 - after the checks

from gamma_calc import lora  # noqa: E402
from validation import Settings, validate  # noqa: E402
from validation.errors import BudgetError, SettingError  # noqa: E402
from validation.executor import memory  # noqa: E402
from validation.executor.budget import check_memory  # noqa: E402
from validation.executor.memory import MEMORY, allowed, check_results  # noqa: E402

WIDE = lora(init="A", rank="growing").substitute({"eta": "-1/2", "rho": "1/2"})
GIGABYTE = 10**9
WIDTHS = (64, 128, 256, 512)


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(memory, "_free", lambda: size)


def test_a_cell_larger_than_a_gibibyte_takes_a_share_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 24 * GIGABYTE)
    assert MEMORY < check_memory(WIDE, 2**16, Settings()) < 12 * GIGABYTE
    free(monkeypatch, 2 * GIGABYTE)
    with pytest.raises(BudgetError, match=r"more than 1000000000, half of what is free, at width 65536 \(r = 256\); t"):
        check_memory(WIDE, 2**16, Settings())
    assert check_memory(WIDE, 2**10, Settings()) < MEMORY


BATCH = lora("A", rank="growing", batch="growing").substitute({"eta": "-3/8", "rho": "1/4", "beta": "1/2"})
LAYER = lora().substitute({"eta": "-1/2"})


@pytest.mark.parametrize("kept", [None, 8 * GIGABYTE])
def test_a_batch_too_large_is_refused_with_the_widths_and_samples_that_fit(
    monkeypatch: pytest.MonkeyPatch, kept: int | None
) -> None:
    """What is offered does fit, and a tenth more does not."""
    free(monkeypatch, 16 * GIGABYTE)
    settings = Settings(memory=kept)
    with pytest.raises(BudgetError, match=r"at width 1048576 \(N = 1024, r = 32\); ") as caught:
        check_memory(BATCH, 2**20, settings)
    said = re.search(r"take widths up to (\d+) \(N = (\d+), r = (\d+)\), or N up to (\d+)$", str(caught.value))
    assert said is not None
    width, samples, rank, fewer = map(int, said.groups())
    assert (samples, rank) == (round(width**0.5), round(width**0.25))
    assert check_memory(BATCH, width, settings) <= 8 * GIGABYTE
    with pytest.raises(BudgetError):
        check_memory(BATCH, width * 11 // 10, settings)
    beta = Fraction(log(fewer) / log(2**20)).limit_denominator(10**6)
    few = lora("A", rank="growing", batch="growing").substitute({"eta": "-3/8", "rho": "1/4", "beta": beta})
    assert check_memory(few, 2**20, settings) <= 8 * GIGABYTE


def test_steps_that_fit_are_said_where_fewer_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 2 * GIGABYTE)
    with pytest.raises(BudgetError, match=r"half of what is free, at width 512; take (\d+) steps$") as caught:
        check_memory(LAYER, 512, Settings(steps=10**9))
    steps = int(caught.value.hint.split()[1])
    assert check_memory(LAYER, 512, Settings(steps=steps)) <= GIGABYTE
    with pytest.raises(BudgetError):
        check_memory(LAYER, 512, Settings(steps=steps * 11 // 10))


def test_more_samples_than_any_memory_holds_are_refused_with_how_many_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 16 * GIGABYTE)
    many = lora("A", batch="growing").substitute({"eta": "-3/8", "beta": 20})
    with pytest.raises(BudgetError, match=r"dimension N has n\^\(20\) entries.* at width 1024; take N up to \d+$"):
        check_memory(many, 1024, Settings())


@pytest.mark.parametrize(
    "words",
    [
        "validate --rank growing --batch growing --at eta=-3/8,rho=1/4,beta=1/2 --widths 4096:1048576",
        "validate --stable-rate --batch growing --set beta=1/2 --widths 4096:1048576",
        "validate --stable-rate --batch growing --along beta=1/4,1/2,3/4,1 --widths 1048576",
        "sweep {path} --set batch=growing,eta=-3/8,beta=1/2 --widths 4096:1048576",
    ],
)
def test_every_command_says_which_batch_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str
) -> None:
    free(monkeypatch, 16 * GIGABYTE)
    found = run(capsys, words.format(path=tmp_path / "cells.sqlite"))
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert re.search(r"at width 1048576 \(N = \d+(, r = 32)?\); take widths up to \d+ \(N = \d+", found.err)


def test_it_is_said_what_a_large_cell_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = validate(lora(), {"eta": "-1/2"}, widths=WIDTHS, seeds=2, most_seeds=2, steps=1)
    assert found.memory is not None
    assert found.summary.endswith(" 4 widths, 2 seeds)")
    monkeypatch.setattr("validation.measurement.result.MEMORY", 1000)
    assert found.summary.endswith(" 4 widths, 2 seeds, 0.0 GB for the largest cell)")
    assert f'"memory": {found.memory},' in found.to_json()


def test_a_container_may_have_less_than_its_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    8 kB\n")
    assert allowed("cpu") == 4096
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert allowed("cpu") == 2000
    (tmp_path / "memory.max").write_text("max\n")
    assert allowed("cpu") == 4096


def test_results_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, 2000)
    check_results(125, "some")
    with pytest.raises(BudgetError, match="some give 1008 bytes of results, more than 1000, half of what is free"):
        check_results(126, "some")


def test_no_memory_at_all_is_no_setting() -> None:
    with pytest.raises(SettingError, match="0 bytes of memory; leave it out to take half of what is free"):
        Settings(memory=0)


@pytest.mark.parametrize(
    "words",
    [
        "validate --at eta=-1/2 --widths 64:512 --steps 1000000000",
        "validate --at eta=-1/2 --widths 64:512 --seeds 999999999999",
        "validate --stable-rate --widths 64:512 --seeds 999999999999",
        "validate --stable-rate --widths 64:512 --steps 1000000000",
        "sweep {path} --set eta=-1 --seeds 999999999999",
        "sweep {path} --set eta=-1 --seeds 99999999999999999999999",
        "sweep {path} --set eta=-1 --steps 1000000000",
        "experiment teacher-student {path} --seeds 1000000000",
        "experiment teacher-student {path} --steps 1000000000",
    ],
)
def test_work_without_bound_is_refused_before_it_starts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str
) -> None:
    path = tmp_path / "cells.sqlite"
    found = run(capsys, words.format(path=path))
    assert (found.code, found.out) == (2, "")
    assert "half of what is free" in found.err
    assert found.err.count("\n") == 1
    assert not path.exists()
