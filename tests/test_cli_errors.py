"""Bad input: one line that says what, where and the hint; exit code 2; nothing on the output."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command import run

MESSAGES = [
    ("deriv", 'Unknown command "deriv". Did you mean "derive"? Available commands: derive, explain, compare, '),
    ("derive --opitmizer adam", "Unknown option: --opitmizer. Did you mean --optimizer?"),
    ("derive lroa", "unknown target 'lroa'; did you mean lora or lora+ or rslora?"),
    ("derive --init AC", "target lora: unknown initialisation 'AC'; did you mean A or AB?"),
    ("derive --optimizer adm", "--optimizer: unknown optimiser 'adm'; did you mean adam?"),
    (
        "derive --lr 2e-4",
        "--lr: 2e-4 is a number; eta is the exponent: rate = n^eta, as in --at eta=-1/2; for numb",
    ),
    ("derive --at eta=2e-4", "--at: 2e-4 is no exponent; eta is the exponent: rate = n^eta, as in --at eta=-1/2;"),
    ("derive --eta -1/2", "--eta is no option; write --set eta=VALUE to fix it, --at eta=VALUE to ask at a point"),
    ("explain stable --rho=1/2", "--rho is no option; write --set rho=VALUE to fix it"),
    ("shared-rate --lr 2e-4", "--lr is no option of shared-rate; a rate in numbers goes into transfer --from"),
    ("list targets losses", "words too many: ['losses']. See gamma-calc list --help."),
    ("list optimizers", "unknown kind of names 'optimizers'; did you mean optimisers?"),
    ("derive toy --lr sharde", "unknown value of --lr 'sharde'; did you mean shared?"),
    ("derive --rank grow", "target lora: unknown rank law 'grow'; did you mean growing?"),
    ("derive --scaling alpha", "target lora: unknown scaling 'alpha'; did you mean alpha/r or alpha/sqrt(r)?"),
    ("derive --loss quadratic", "target lora: unknown loss 'quadratic'; known: linear, readout, scalar, vector"),
    ("derive --stability Z_C", "--stability: unknown notion of stability 'Z_C'; did you mean Z_B?"),
    ("derive --assume additiv", "--assume: unknown assumption 'additiv'; did you mean additive?"),
    ("derive --format xml", 'Invalid value "xml" for --format. Choose from: "text", "json", "latex".'),
    ("derive toy --rank growing", "target toy does not take --rank; it takes --init, --optimizer, --lr"),
    ("derive deep-linear --init mip", "target deep-linear: unknown parametrisation 'mip'; did you mean mup?"),
    ("derive --step -1", "--step: '-1' is no step; write a whole number from 0 to 1000, or all"),
    ("derive --step 2000", "--step: '2000' is no step; write a whole number from 0 to 1000, or all"),
    ("derive --set a0", "--set: 'a0' is no setting; write NAME=VALUE, as in eta=-1/2"),
    ("derive --set a0=1,a0=2", "--set: a0 is given twice; give it once"),
    ("derive --set eat=-1", "--set: unknown exponent 'eat'; did you mean eta?"),
    ("derive --set eta=foo", "--set eta=foo: unknown exponent 'foo'; known: eta"),
    ("derive --set a0=foo", "--set a0=foo: unknown exponent 'foo'; known: eta"),
    ("derive --set eta_A=-1", "--set: unknown exponent 'eta_A'; --lr per-factor gives each factor its own rate"),
    (
        "derive --lr per-factor --set eta=-1",
        "--set: unknown exponent 'eta'; all rates are one with --lr shared",
    ),
    ("derive --at rho=1", "--at: unknown exponent 'rho'; --rank growing lets the rank be n^rho"),
    ("derive --set sigma=1", "--set: unknown exponent 'sigma'; --scaling free lets the multiplier be n^sigma"),
    ("derive deep-linear --at eta=1", "--at: unknown exponent 'eta'; this program leaves no exponent open"),
    ("derive --rank growing --at eta=-1", "--at: rho left open; add rho=VALUE"),
    (
        "derive --rank growing --at eta=-1,rho=2",
        "--at: eta=-1, rho=2 is outside the domain; the domain is 0 <= rho <= 1",
    ),
    ("derive --rank growing --set rho=-1", "--set: rho=-1 is outside the domain; the domain is 0 <= rho <= 1"),
    ("derive --at eta=eta", "--at eta=eta: eta is no rational; write a value such as -1/2"),
    ("derive --at eta=0.5", "--at eta=0.5: '0.5', character 1: 0.5 is a decimal, and exponents are exact; write 1/2"),
    (
        "derive --set eta=-inf",
        "--set: cannot put -inf for eta; substitute an affine exponent such as -1/2 or rho/2 - 1",
    ),
    ("explain efficent", "unknown condition 'efficent'; did you mean efficient?"),
    (
        "explain efficient deep-linear",
        "target deep-linear: unknown condition 'efficient'; known: feature_learning, sta",
    ),
    ("explain", "which condition?; write one of stable, internally_stable, feature_learning, efficient after explain"),
    ("compare --init A", "--init: 1 initialisations to compare; write --init A --init B, two or more"),
    ("validate", "a run needs a number for every exponent; add --at eta=VALUE"),
    (
        "validate --at eta=-1 --widths 9:5",
        "--widths: '9:5' is no range of widths; write LOW:HIGH, as in 256:65536, or a list",
    ),
]


@pytest.mark.parametrize(("line", "message"), MESSAGES)
def test_bad_input_gets_one_line(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    outcome = run(capsys, line)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"gamma-calc: {message}")
    assert outcome.err.endswith("\n")
    assert outcome.err.count("\n") == 1


HOSTILE = ["eta=1/0", "eta=nan", "eta=inf", "eta=" + "(" * 10_000, "eta=" + "9" * 5000, "=", ",", "eta==1", "eta=é\n1"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("option", ["--set", "--at"])
def test_hostile_exponents_get_one_line(capsys: pytest.CaptureFixture[str], option: str, text: str) -> None:
    outcome = run(capsys, "derive", option, text)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert len(outcome.err) < 400


def test_a_very_long_target_is_no_crash(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "derive", "x" * 5000).code == 2
    assert run(capsys, "derive", "x" * 5000 + ".json").code == 2


def test_a_nul_in_an_argument_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "derive", "a\0b.json")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "gamma-calc: a\\x00b.json: an argument holds a NUL character; leave it out\n"


@pytest.mark.parametrize("words", [["derive", "\ud800"], ["derive", "--init", "\x1b[31mA"], ["explain", "x" * 70_000]])
def test_strange_words_are_shown_harmlessly(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    outcome = run(capsys, *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.removesuffix("\n").isprintable()
    assert len(outcome.err) < 1000


@pytest.mark.parametrize("line", ["transfer", "validate --seeds x", "derive --trace=3", "sweep"])
def test_the_option_parser_says_where_to_look(capsys: pytest.CaptureFixture[str], line: str) -> None:
    outcome = run(capsys, line)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith(f" See gamma-calc {line.split(maxsplit=1)[0]} --help.\n")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("redirected", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_a_closed_output_is_no_traceback(redirected: str) -> None:
    code = "import sys; from gamma_calc.cli import main; sys.exit(main(['derive', '--at', 'eta=-1']))"
    line = f'"{sys.executable}" -c "{code}" {redirected}'
    found = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)
    assert found.returncode == (0 if redirected == "2>&-" else 2)
    expected = "gamma-calc: the output is closed; leave it open, or redirect it: > /dev/null\n"
    assert found.stderr == (expected if redirected == "1>&-" else "")


def test_what_the_output_cannot_show_is_spelled(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"peft_type": "LORA", "target_modules": ["\u00e9", "half \\ud800"]}', encoding="utf-8")
    code = "import sys; from gamma_calc.cli import main; sys.exit(main(sys.argv[1:]))"
    settings: dict[str, Any] = {"env": os.environ | {"PYTHONIOENCODING": "ascii"}, "capture_output": True, "text": True}
    found = subprocess.run([sys.executable, "-c", code, "derive", str(path)], check=False, **settings)
    assert (found.returncode, found.stderr) == (0, "")
    assert "target modules: \\xe9, half \\ud800" in found.stdout
