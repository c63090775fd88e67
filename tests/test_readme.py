"""The output that the README shows is the output that the command prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from gamma_calc.cli import main

ROOT = Path(__file__).parent.parent


def test_the_readme_shows_what_the_demo_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(ROOT)
    assert main(["derive", "examples/adapter_config.json"]) == 0
    printed = capsys.readouterr().out
    shown = (ROOT / "README.md").read_text().split("```text\n")[1].split("```")[0]
    assert shown.strip() in printed
