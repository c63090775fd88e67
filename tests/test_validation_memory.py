"""What a run may take of the machine: a share of what is free, said; what would take more is refused at once."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from command import run  # noqa: E402 - after the checks

from gamma_calc import lora  # noqa: E402
from validation import Settings, validate  # noqa: E402
from validation.errors import BudgetError, SettingError  # noqa: E402
from validation.executor import memory  # noqa: E402
from validation.executor.cell import check_memory  # noqa: E402
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
    with pytest.raises(BudgetError, match=r"more than 1000000000, half of what is free, at width 65536; take fewer"):
        check_memory(WIDE, 2**16, Settings())
    assert check_memory(WIDE, 2**10, Settings()) < MEMORY


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
