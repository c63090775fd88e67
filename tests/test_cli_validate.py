"""The command that hands a program to the numeric side: what it asks for, and how it ends."""

from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from command import run

import gamma_calc.cli.validate as command
from gamma_calc.cli import numeric


class Verdict(Enum):
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict

    def to_json(self) -> str:
        return '{"verdict": "' + self.verdict.value + '"}'

    def __str__(self) -> str:
        return f"lora: {self.verdict.value}"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The numeric side replaced by one that notes what it is asked and answers with ``verdict``."""
    seen: dict[str, Any] = {"verdict": Verdict.CONFIRMED}

    def validate(_: object, at: object, **settings: Any) -> Answer:
        settings.pop("on_progress")(SimpleNamespace(done=1, planned=2, width=64, seeds=4))
        seen.update(settings, at=at)
        return Answer(seen["verdict"])

    monkeypatch.setattr(numeric, "find_spec", lambda _: object())
    monkeypatch.setattr(command, "import_module", lambda _: SimpleNamespace(validate=validate))
    return seen


def test_without_the_numeric_side_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda name: None if name == "torch" else object())
    outcome = run(capsys, "validate --at eta=-1")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "gamma-calc: validate needs torch, which is not installed; pip install 'gamma-calc[validation]'\n"
    )


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.CONFIRMED, 0), (Verdict.REFUTED, 1), (Verdict.UNDECIDED, 3)])
def test_the_verdict_is_the_exit_code(
    capsys: pytest.CaptureFixture[str], asked: dict[str, Any], verdict: Verdict, code: int
) -> None:
    asked["verdict"] = verdict
    outcome = run(capsys, "validate --at eta=-1")
    assert (outcome.code, outcome.out, outcome.err) == (code, f"lora: {verdict.value}\n", "")


def test_options_arrive(capsys: pytest.CaptureFixture[str], asked: dict[str, Any]) -> None:
    run(capsys, "validate --at eta=-1/2 --widths 64:512 --seeds 8 --steps 2 --device cpu --format json")
    assert {name: asked[name] for name in ("widths", "seeds", "steps", "device")} == {
        "widths": (64, 128, 256, 512),
        "seeds": 8,
        "steps": 2,
        "device": "cpu",
    }
    assert {name: str(value) for name, value in asked["at"].items()} == {"eta": "-1/2"}


def test_widths_may_be_listed(capsys: pytest.CaptureFixture[str], asked: dict[str, Any]) -> None:
    run(capsys, "validate --at eta=-1 --widths 100,200,300,500")
    assert asked["widths"] == (100, 200, 300, 500)


@pytest.mark.usefixtures("asked")
def test_json_is_what_the_numeric_side_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "validate --at eta=-1 --format json").out == '{"verdict": "confirmed"}\n'
