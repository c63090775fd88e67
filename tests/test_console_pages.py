"""The shell blocks of pages for users print what the pages say, in order, in one folder that holds the examples.

Three dots on a line of their own stand for any lines, three dots inside a line for any text. A block's `<<'END'` and
its redirections are the shell's own, so what is read is what a reader can type.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```console\n(?P<lines>(?:.*\n)*?)```", re.MULTILINE)
PROMPT = re.compile(r"^\$ ", re.MULTILINE)
HEREDOC = re.compile(r"<<'(?P<word>\w+)'")
ELSEWHERE = ("architecture.md",)  # whose blocks change a copy of the tree
PAGES = sorted(page for page in DOCS.glob("*.md") if page.name not in ELSEWHERE and BLOCK.search(page.read_text()))
OURS = re.compile(r"wrote |gamma-calc: ")
SECONDS = 300


def commands(page: str) -> Iterator[tuple[str, str]]:
    """Each command of a page, with what it prints."""
    for block in BLOCK.finditer(page):
        for typed in PROMPT.split(block["lines"])[1:]:
            yield _split(typed)


def _split(typed: str) -> tuple[str, str]:
    first, _, rest = typed.partition("\n")
    while first.endswith("\\"):
        line, _, rest = rest.partition("\n")
        first += f"\n{line}"
    if word := HEREDOC.search(first):
        body, _, rest = rest.partition(f"\n{word['word']}\n")
        return f"{first}\n{body}\n{word['word']}\n", rest
    return first, rest


def says(printed: str, page: str) -> bool:
    parts = (re.escape(part).replace(r"\.\.\.", ".*") for part in re.split(r"^\.\.\.\n", page, flags=re.MULTILINE))
    return re.fullmatch("(?:.*\n)*".join(parts), printed) is not None


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The surroundings of a shell in which gamma-calc and python are those of this run."""
    here, tools = tmp_path / "here", tmp_path / "tools"
    here.mkdir()
    tools.mkdir()
    (here / "examples").symlink_to(ROOT / "examples")
    (tools / "python").symlink_to(sys.executable)
    command = tools / "gamma-calc"
    command.write_text(f"#!{sys.executable}\nimport sys\nfrom gamma_calc.cli import main\nsys.exit(main())\n")
    command.chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PWD": str(here)}


def typed(command: str, shell: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what a reader sees in the end: progress is gone by then, and what a library warns of."""
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - the reader's
        env=shell,
        cwd=shell["PWD"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    told = (line for line in done.stderr.splitlines(keepends=True) if OURS.match(line))
    return done.returncode, done.stdout + "".join(told)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_prints_what_it_says(page: Path, shell: dict[str, str]) -> None:
    for command, output in commands(page.read_text(encoding="utf-8")):
        code, printed = typed(command, shell)
        assert code == 0, (command, printed)
        assert says(printed, output), f"$ {command}\n{printed}"


def test_every_command_is_found_and_a_wrong_line_is_seen() -> None:
    page = "```console\n$ one \\\n  two\na\n$ cat > x <<'END'\nin\nEND\n$ three\nb\n```\n\n```console\n$ four\n```\n"
    found = [("one \\\n  two", "a\n"), ("cat > x <<'END'\nin\nEND\n", ""), ("three", "b\n"), ("four", "")]
    assert list(commands(page)) == found
    assert says("a\nb\nc\n", "a\n...\nc\n")
    assert not says("a\nb\nd\n", "a\n...\nc\n")
