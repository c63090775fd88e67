"""Which commands there are: every file of this folder with EXAMPLES, which holds a function of the file's name.

Files are read and not loaded, so that a call pays for its own command alone, and help for the words that it prints.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
MARK: Final = "EXAMPLES"
# Where there is no room for all, as after a word that is no command, these are named.
FIRST: Final = ("derive", "explain", "compare", "robustness", "shared-rate", "audit", "rates", "transfer")


@dataclass(frozen=True)
class Command:
    """A command by the word that calls it, and the text of its file.

    >>> found = command("shared-rate")
    >>> found.path, found.takes_target, found.examples[0]
    ('gamma_calc.cli.shared_rate:shared_rate', False, 'gamma-calc shared-rate --at eta=-1')
    """

    name: str
    text: str

    @property
    def path(self) -> str:
        """Where the option parser loads it from."""
        return f"gamma_calc.cli.{_function(self.name)}:{_function(self.name)}"

    @cached_property
    def summary(self) -> str:
        """The first line of its docstring."""
        return str(ast.get_docstring(self._definition)).partition("\n")[0]

    @cached_property
    def examples(self) -> tuple[str, ...]:
        """Command lines that help shows."""
        assigned = (node for node in self._tree.body if isinstance(node, ast.AnnAssign))
        value = next(node.value for node in assigned if ast.unparse(node.target) == MARK and node.value)
        return tuple(ast.literal_eval(value))

    @property
    def takes_target(self) -> bool:
        return any(argument.arg == "target" for argument in self._definition.args.posonlyargs)

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def _definition(self) -> ast.FunctionDef:
        functions = (node for node in self._tree.body if isinstance(node, ast.FunctionDef))
        return next(node for node in functions if node.name == _function(self.name))


def command(word: str) -> Command | None:
    """The command that a word calls, None for any other word."""
    files = {path.stem.replace("_", "-"): path for path in HERE.glob("*.py")}
    text = files[word].read_text(encoding="utf-8") if word in files else ""
    return Command(word, text) if f"\n{MARK}: " in text else None


def commands() -> tuple[Command, ...]:
    """Every command, the first ones first and the others by name."""
    words = sorted(path.stem.replace("_", "-") for path in HERE.glob("*.py"))
    words.sort(key=lambda word: FIRST.index(word) if word in FIRST else len(FIRST))
    return tuple(found for found in map(command, words) if found is not None)


def _function(name: str) -> str:
    return name.replace("-", "_")
