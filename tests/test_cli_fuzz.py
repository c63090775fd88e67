"""Random command lines and files: whatever is typed, there is an answer or one line, and no traceback and no hang.

A line is found again by its number. Where it opens more than a point, the derivation may take long, so every line that
could be derived fixes its exponents.
"""

import json
import random
import signal
from pathlib import Path

import pytest
from command import run
from oracle.limit import limit

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.cli.commands import commands

NAMES = [one.name for one in commands()]
SECONDS = 20  # for one line
DERIVING = ("derive", "explain", "compare")
WORDS = (
    "",
    "-",
    "--",
    "=",
    "lora",
    "-1/2",
    "nan",
    "\x1b[31m",
    "\ud800",
    "é",
    "\0",
    "x" * 5000,
    "'",
    "{",
    "9" * 30,
    "all",
)
OPTIONS = ("--init", "--optimizer", "--lr", "--rank", "--scaling", "--loss", "--assume", "--stability", "--set", "--at")
OTHERS = (
    "--step",
    "--trace",
    "--format",
    "--widths",
    "--seeds",
    "--steps",
    "--record",
    "--verify",
    "--figure",
    "--unknown",
)
VALUES = {
    "--init": (*INITIALISATIONS, "1", "sp"),
    "--optimizer": ("adam", "sign", "sgd", "muon", "riemannian-adam"),
    "--lr": ("shared", "per-factor"),
    "--rank": ("fixed", "growing"),
    "--scaling": ("1", "alpha/r", "alpha/sqrt(r)", "free"),
    "--loss": ("linear", "scalar", "readout", "vector"),
    "--assume": ("additive", "fresh"),
    "--stability": ("Z_B", "Z_A,Z_B", "theta"),
    "--set": ("a0=-1/2", "b0=0", "tau=1/2", "eta=eta", "eta==1"),
    "--at": ("eta=-1/2", "eta=-1/2,rho=1/2", "eta_A=-1,eta_B=0", "eta=1e9", "eta=1/0", "eta=-50"),
    "--step": ("0", "1", "3", "all", "-1"),
    "--format": ("text", "json", "latex", "markdown", "xml"),
}
FIELDS = {
    "peft_type": ("LORA", "ADALORA", "VERA", "lora", None, 1),
    "r": (8, 0, -1, 1.5, "8", 10**30, True),
    "lora_alpha": (16, 0, 1e300, None, "x"),
    "target_modules": (["q_proj"], "all-linear", ".*q_proj|embed_tokens", [], [1, None], {"a": 1}, "(a+)+$", "["),
    "rank_pattern": ({"q_proj": 4}, {"^q_proj": 4}, {"(": 4}, {"(a+)+": 4}, [], "x", {"q_proj": "4"}),
    "alpha_pattern": ({"q_proj": 4}, {".*": 4}, {"": 4}, None, {"q_proj": 1e-30}),
    "init_lora_weights": (True, False, "pissa", "PISSA", "orthogonal", "corda", None, 3, "\x1b[0m"),
    "use_dora": (True, False, 1),
    "use_rslora": (True, False, "yes"),
    "modules_to_save": (["classifier"], "x", [None], {}),
    "layers_to_transform": (1, [1, 2], ["a"], None),
    "exclude_modules": ("(", ["q_proj"], 3),
    "bias": ("none", "all", 5, []),
    "corda_config": ({"corda_method": "kpm"}, "x", 4),
    "\ud800": (1,),
}


def command_line(draw: random.Random, folder: Path) -> list[str]:
    """A command with some options, most of which have a value that may fit."""
    command = draw.choice([*NAMES, "deriv"]) if draw.random() < 0.3 else draw.choice(DERIVING)
    words = [command]
    if command == "explain":
        words.append(draw.choice(["stable", "efficient", "nothing"]))
    if draw.random() < 0.6:
        words.append(draw.choice([*TARGETS, str(folder / "c.json"), str(folder), *WORDS]))
    for _ in range(draw.randint(0, 4)):
        option = draw.choice(OPTIONS if draw.random() < 0.8 else OTHERS)
        words.append(option)
        if draw.random() < 0.95:
            words.append(draw.choice(VALUES.get(option, WORDS) if draw.random() < 0.8 else WORDS))
    if command in DERIVING:
        words += ["--at", draw.choice(["eta=-1/2", "eta=-1", "eta=-1,rho=1/4", "nothing=1"])]
    return words


def file_text(draw: random.Random) -> bytes:
    """A configuration with some fields as they should not be; now and then cut short."""
    fields = {name: draw.choice(values) for name, values in FIELDS.items() if draw.random() < 0.3}
    content = json.dumps({"peft_type": "LORA"} | fields).encode()
    return content[: draw.randint(0, len(content))] if draw.random() < 0.1 else content


RUNS_FOR_LONG = {"validate", "sweep", "experiment", "robustness", "shared-rate", "repl", "claims", "disagreements"}


def tried(capsys: pytest.CaptureFixture[str], number: int, folder: Path) -> None:
    draw = random.Random(number)  # noqa: S311 - a test case, not a secret
    (folder / "c.json").write_bytes(file_text(draw))
    words = command_line(draw, folder)
    if words[0] in RUNS_FOR_LONG:
        words.append(draw.choice(["--nothing", "--help"]))
    with limit(SECONDS):
        outcome = run(capsys, *words) if len(words) > 1 else run(capsys, words[0], "--help")
    assert outcome.code in (0, 2), (number, words, outcome)
    assert "Traceback" not in outcome.out + outcome.err, (number, words)
    if outcome.code == 2:
        assert outcome.out == "", (number, words)
        assert outcome.err.count("\n") == 1, (number, words, outcome.err)
        assert outcome.err.startswith("gamma-calc: "), (number, words)
        assert outcome.err.removesuffix("\n").isprintable(), (number, words)
        assert len(outcome.err) < 1000, (number, words)
        assert any(mark in outcome.err for mark in (";", "Did you mean", "Choose from", "--help")), (
            number,
            outcome.err,
        )


HINTS = (";", "Did you mean", "Choose from", "Must be ", "--help")
needs_alarm = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarm on this system")


@needs_alarm
@pytest.mark.parametrize("block", range(10))
def test_no_line_ends_in_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, block: int
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(30 * block, 30 * (block + 1)):
        tried(capsys, number, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"c.json"}  # nothing half-written


@needs_alarm
@pytest.mark.long
def test_no_line_of_very_many_ends_in_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(300, 10_300):
        tried(capsys, number, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"c.json"}
