"""Which commands there are: every file of this folder with EXAMPLES, which holds a function of the file's name.

A folder of such files is one command with a word more, as in ``experiment teacher-student``.

Files are read and not loaded, so that a call pays for its own command alone, and help for the words that it prints.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PACKAGE: Final = "gamma_calc.cli"
FIRST_FILE: Final = "__init__.py"
MARK: Final = "EXAMPLES"
# Where there is no room for all, as after a word that is no command, these are named.
FIRST: Final = ("derive", "explain", "compare", "robustness", "shared-rate", "audit", "rates", "transfer")


@dataclass(frozen=True)
class Command:
    """A command by the word that calls it, the text of its file, and where that is: ``parts`` of one that is a folder.

    >>> found = command("shared-rate")
    >>> found.path, found.takes_target, found.examples[0]
    ('gamma_calc.cli.shared_rate:shared_rate', False, 'gamma-calc shared-rate --at eta=-1')
    """

    name: str
    text: str
    room: str = PACKAGE
    parts: tuple[Command, ...] = ()

    @property
    def path(self) -> str:
        """Where the option parser loads it from."""
        return f"{self.room}.{_function(self.name)}:{_function(self.name)}"

    @cached_property
    def summary(self) -> str:
        """The first line of its docstring."""
        return str(ast.get_docstring(self._tree if self.parts else self._definition)).partition("\n")[0]

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Command lines that help shows; of a folder, the first of each part."""
        if self.parts:
            return tuple(part.examples[0] for part in self.parts)
        assigned = (node for node in self._tree.body if isinstance(node, ast.AnnAssign))
        value = next(node.value for node in assigned if ast.unparse(node.target) == MARK and node.value)
        return tuple(ast.literal_eval(value))

    @property
    def takes_target(self) -> bool:
        return not self.parts and any(argument.arg == "target" for argument in self._definition.args.posonlyargs)

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def _definition(self) -> ast.FunctionDef:
        functions = (node for node in self._tree.body if isinstance(node, ast.FunctionDef))
        return next(node for node in functions if node.name == _function(self.name))


def command(word: str, folder: Path = HERE) -> Command | None:
    """The command that a word calls, None for any other word."""
    return _read(word, _places(folder)[word]) if word in _places(folder) else None


def commands(folder: Path = HERE) -> tuple[Command, ...]:
    """Every command, the first ones first and the others by name."""
    words = sorted(_places(folder))
    words.sort(key=lambda word: FIRST.index(word) if word in FIRST else len(FIRST))
    return tuple(found for word in words if (found := command(word, folder)))


def _places(folder: Path) -> dict[str, Path]:
    """What a folder holds by the word that would call it: its files, and the folders in it by their first file."""
    files = {path.stem: path for path in folder.glob("*.py") if path.name != FIRST_FILE}
    folders = {path.parent.name: path for path in folder.glob(f"*/{FIRST_FILE}")}
    return {name.replace("_", "-"): path for name, path in (files | folders).items()}


def _read(word: str, path: Path) -> Command | None:
    text = path.read_text(encoding="utf-8")
    room = ".".join((PACKAGE, *path.relative_to(HERE).parts[:-1]))
    parts = commands(path.parent) if path.name == FIRST_FILE else ()
    return Command(word, text, room, parts) if parts or f"\n{MARK}: " in text else None


def _function(name: str) -> str:
    return name.replace("-", "_")
