"""Each recipe of docs/architecture.md, done to a copy of the tree: the files it names are touched and no others, and
its commands print what it says.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^`(?P<path>[^`]+)`, (?P<how>new|above `(?P<above>[^`]+)`|`(?P<old>[^`]+)` becomes):\n\n", re.MULTILINE
)
BLOCK = re.compile(r"```(?:python|text)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """One edit: a new file, or text put above or in place of what must be there once."""

    path: str
    text: str
    above: str | None
    old: str | None

    def take(self, root: Path) -> None:
        path = root / self.path
        if self.above is None and self.old is None:
            assert not path.exists()
            path.write_text(self.text, encoding="utf-8")
            return
        before = path.read_text(encoding="utf-8")
        anchor = (self.above or self.old or "").replace("\\n", "\n")
        assert before.count(anchor) == 1, f"{anchor!r} stands {before.count(anchor)} times in {self.path}"
        place = before.index(anchor)
        if self.above is not None:
            place = before.rfind("\n", 0, place + (anchor[0] == "\n")) + 1
            path.write_text(before[:place] + self.text + before[place:], encoding="utf-8")
        else:
            path.write_text(before[:place] + self.text.rstrip("\n") + before[place + len(anchor) :], encoding="utf-8")


@dataclass(frozen=True)
class Recipe:
    """A heading of the page with its edits, commands and what they print."""

    title: str
    text: str

    @property
    def steps(self) -> Iterator[Step]:
        for found in STEP.finditer(self.text):
            block = BLOCK.match(self.text, found.end())
            assert block is not None, found[0]
            yield Step(found["path"], block[1], found["above"], found["old"])

    @property
    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command with the texts that its output must hold, in order."""
        console = self.text.split("```console\n")[1].split("```")[0]
        for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            end = lines.index("END") + 1 if "<<'END'" in lines[0] else 1
            yield "\n".join(lines[:end]), lines[end:]


RECIPES = [Recipe(part.splitlines()[0], part) for part in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]]


def in_tree(root: Path, *command: str) -> str:
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {**os.environ, "PYTHONPATH": str(root), "PATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "160"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the recipes change, under version control."""
    for name in ("gamma_calc", "validation"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    author = ("-c", "user.name=a reader", "-c", "user.email=reader@example.org")
    in_tree(tmp_path, "git", "init", "--quiet")
    in_tree(tmp_path, "git", "add", "--all")
    in_tree(tmp_path, "git", *author, "commit", "--quiet", "--message", "before")
    return tmp_path


def test_the_page_has_a_recipe_for_each_kind_of_thing() -> None:
    kinds = (
        "operation function optimiser initialisation parametrisation adapter condition stability claim command reader"
    )
    titles = " ".join(recipe.title for recipe in RECIPES)
    assert [kind for kind in [*kinds.split(), "command", "reader"] if kind not in titles] == []


@pytest.mark.long
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: str(recipe.title))
def test_a_recipe_does_what_it_says_and_touches_no_other_file(recipe: Recipe, tree: Path) -> None:
    steps = list(recipe.steps)
    for step in steps:
        step.take(tree)
    for command, expected in recipe.commands:
        said = in_tree(tree, "bash", "-c", command)
        place = 0
        for line in expected:
            assert line in said[place:], f"{line!r} is not in\n{said}"
            place = said.index(line, place)
    in_tree(tree, "git", "add", "--all", "--intent-to-add")
    touched = in_tree(tree, "git", "diff", "--name-only").split()
    assert sorted(touched) == sorted({step.path for step in steps})


def test_a_step_that_does_not_fit_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    Step("a.py", "w = 0\n", "x = ", None).take(tmp_path)
    assert (tmp_path / "a.py").read_text() == "w = 0\nx = 1\n"
    with pytest.raises(AssertionError, match="stands 0 times"):
        Step("a.py", "y = 2\n", "z = 3", None).take(tmp_path)
