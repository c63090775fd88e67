"""How the command starts and ends as a process, and what it leaves unloaded."""

import io
import shlex
import subprocess
import sys

import pytest
from command import run

from gamma_calc import __version__, cli
from gamma_calc.cli import anytime, output
from gamma_calc.cli.commands import Command, commands

NAMES = [one.name for one in commands()]
PROBE = """
import sys
from gamma_calc.cli import main
code = main(["derive", "--format", sys.argv[1]])
print(code, *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_piped_answer_loads_neither_rich_nor_sympy_nor_the_numeric_side(format_: str) -> None:
    found = subprocess.run([sys.executable, "-c", PROBE, format_], capture_output=True, text=True, check=True)
    code, *loaded = found.stderr.split()
    assert code == "0"
    assert {"rich", "sympy", "numpy", "torch", "validation"}.isdisjoint(loaded)
    assert "gamma_calc" in loaded


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_reader_that_leaves_ends_it_quietly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    outcome = run(capsys, "derive")
    assert (outcome.code, outcome.err) == (cli.PIPE_CLOSED, "")


FULL = "gamma-calc: cannot be written: No space left on device; name another place, or make room\n"


def test_a_full_disk_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    outcome = run(capsys, "derive")
    assert (outcome.code, outcome.err) == (2, FULL)


def test_control_c_ends_it_quietly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(anytime, "dialect", interrupted)
    outcome = run(capsys, "derive")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


def test_the_version_is_the_package_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--version").out == f"{__version__}\n"


@pytest.mark.parametrize("command", NAMES)
def test_the_help_of_a_command_shows_examples(capsys: pytest.CaptureFixture[str], command: str) -> None:
    outcome = run(capsys, f"{command} --help")
    assert outcome.code == 0
    assert f"\n  gamma-calc {command}" in outcome.out.partition("Examples:")[2]


@pytest.mark.parametrize("found", commands(), ids=NAMES)
def test_the_examples_of_the_help_are_accepted(found: Command) -> None:
    for line in found.examples:
        cli.app().parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)


def test_every_command_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "--help").out
    assert [name for name in (*NAMES, "--install-completion", "--version") if name not in out] == []


def test_completion_knows_commands_and_options() -> None:
    script = cli.app().generate_completion(shell="bash")  # noqa: S604 - it names a shell and runs none
    assert all(word in script for word in ("explain", "--scaling", "--install-completion"))


def test_the_output_helper_prints_what_it_gets(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("x")
    assert capsys.readouterr().out == "x\n"


def test_a_command_of_two_words_is_a_file_of_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    (group,) = (one for one in commands() if one.parts)
    for part in group.parts:
        out = run(capsys, f"{group.name} {part.name} --help").out
        assert all(line in " ".join(out.split()) for line in part.examples)
        assert out.startswith(f"Usage: gamma-calc {group.name} {part.name} ")
        for line in part.examples:
            cli.app().parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
    assert run(capsys, group.name).out.startswith(f"Usage: gamma-calc {group.name} COMMAND")
