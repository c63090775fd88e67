"""The commands of pages for users print what the pages say. Three dots on a line of their own stand for any lines."""

import re
import shlex
from pathlib import Path

import pytest
from command import run

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("rates.md", "transfer.md")
BLOCK = re.compile(r"```console\n\$ gamma-calc (?P<command>.*)\n(?P<output>(?:.*\n)*?)```")
COMMANDS = [
    pytest.param(*found.group("command", "output"), id=f"{page}: {found['command'][:60]}")
    for page in PAGES
    for found in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8"))
]


def says(printed: str, page: str) -> bool:
    parts = (re.escape(part).replace(r"\.\.\.", ".*") for part in re.split(r"^\.\.\.\n", page, flags=re.MULTILINE))
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


@pytest.mark.parametrize(("command", "output"), COMMANDS)
def test_a_command_prints_what_its_page_says(capsys: pytest.CaptureFixture[str], command: str, output: str) -> None:
    outcome = run(capsys, *shlex.split(command))
    assert (outcome.code, outcome.err) == (0, "")
    assert says(outcome.out, output), outcome.out


def test_every_page_has_commands_and_a_wrong_line_is_seen() -> None:
    assert {page for page in PAGES if "```console" in (DOCS / page).read_text(encoding="utf-8")} == set(PAGES)
    assert len(COMMANDS) >= len(PAGES)
    assert says("a\nb\nc\n", "a\n...\nc\n")
    assert not says("a\nb\nd\n", "a\n...\nc\n")
