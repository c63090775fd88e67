"""gamma-calc audit as a person types it: the answer first, exit codes, and one line for what it cannot read."""

import json
from pathlib import Path
from typing import Any

import pytest
from command import EXAMPLE, run

import gamma_calc

FILE = str(EXAMPLE)


def config(folder: Path, **changes: object) -> str:
    path = folder / "adapter_config.json"
    fields: dict[str, Any] = {"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj"]}
    path.write_text(json.dumps(fields | changes), encoding="utf-8")
    return str(path)


def test_the_answer_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "audit", FILE, "--width", "4096", "--lr", "2e-4")
    assert found.out.splitlines()[:4] == [
        "Audit",
        "  adapter_config.json (Hugging Face peft): nothing found",
        "  largest rate that serves all: 2.76e-3, of adapters, all modules",
        "  the rate 2e-4 is 1/13.8 of it",
    ]
    assert (found.code, found.err) == (0, "")
    assert max(map(len, found.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "code"), [("", 0), ("--strict", 1), ("--lr 1", 1), ("--strict --quiet", 1), ("--quiet", 0)]
)
def test_exit_codes(capsys: pytest.CaptureFixture[str], tmp_path: Path, options: str, code: int) -> None:
    path = config(tmp_path, lora_aplha=3)
    assert run(capsys, "audit", path, "--width", "4096", *options.split()).code == code


def test_quiet_prints_a_line_for_each_error_and_warning(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = config(tmp_path, lora_aplha=3, init_lora_weights="pissa")
    found = run(capsys, "audit", path, "--quiet")
    told = "warning unknown-field: lora_aplha: Hugging Face peft has no field 'lora_aplha'"
    assert found.out == f"{path}: {told}\n"
    assert run(capsys, "audit", config(tmp_path), "--quiet").out == ""


def test_json_has_rows_and_findings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = config(tmp_path, modules_to_save=["lm_head"])
    answer = json.loads(run(capsys, "audit", path, "--width", "4096", "--lr", "2e-4", "--format", "json").out)
    assert (answer["schema"], answer["version"]) == ("gamma-calc/audit/1", gamma_calc.__version__)
    adapters, head = answer["rows"]
    assert adapters["largest"]["exponents"] == {"n": "-1/2", "r": "-1/2", "s": "-1/2"}
    assert head["largest"]["rate"] == answer["serves_all"] == pytest.approx(1 / 4096, rel=1e-5)
    (found,) = answer["findings"]
    assert set(found) == {"id", "severity", "where", "what", "why", "mend"}
    assert (found["id"], found["severity"]) == ("whole-at-adapter-rate", "warning")


REFUSED = [
    ("--lr 2e-4/step", "--lr is '2e-4/step'; write a positive number, as in 2e-4, without a unit"),
    ("--width 8", "r is 16, more than the width 8; take a rank of at most the width"),
    ("--optimizer adamm", "unknown optimiser 'adamm'; did you mean adam"),
    ("--sizes", "no saved weights; name the folder with its safetensors file"),
    ("--ratio x", "--ratio is 'x'; write a positive number"),
    ("--width x", "--width"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_bad_options_get_a_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, options: str, said: str) -> None:
    found = run(capsys, "audit", config(tmp_path), *options.split())
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert found.err.count("\n") == 1


def test_a_folder_is_a_target_of_derive(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = config(tmp_path)
    whole = [run(capsys, "derive", target) for target in (path, str(tmp_path))]
    assert whole[0].out == whole[1].out != ""
    (tmp_path / "adapter_config.json").unlink()
    assert "the folder has no adapter_config.json" in run(capsys, "derive", str(tmp_path)).err


def test_one_call_from_python() -> None:
    found = gamma_calc.audit(FILE, lr=2e-4, width=4096)
    assert str(found).startswith("Audit\n")
    assert gamma_calc.audit(FILE, optimiser="lion").case.inventory.optimiser == "lion"
