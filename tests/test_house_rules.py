"""Rules of the house that a reader of one file cannot see broken: each is checked on every source file,
and each comes with a line of code that breaks it.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gamma_calc
from gamma_calc import errors

ROOT = Path(__file__).parents[1]
SYMBOLIC = sorted((ROOT / "gamma_calc").rglob("*.py"))
SOURCES = SYMBOLIC + sorted((ROOT / "validation").rglob("*.py"))
NUMERIC_PACKAGES = {"validation", "torch", "numpy", "scipy"}
LOADERS = {"import_module", "__import__"}
DOOR = ROOT / "gamma_calc" / "cli" / "numeric.py"  # the one file that may load the numeric side, by name
FACE = ROOT / "gamma_calc" / "__init__.py"  # loads rooms of its own by name, when they are asked for
CANVAS = ROOT / "gamma_calc" / "display" / "later.py"  # loads what pictures need when one is made
PICKLES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
READERS_OF_CODE = {"eval", "exec", "compile", "__import__"}
READERS_OF_TEXT = {"sympify", "parse_expr", "parse_latex"}  # sympy's readers evaluate what they read
BUILTIN_ERRORS = {"Exception", "ValueError", "TypeError", "KeyError", "LookupError", "RuntimeError", "ArithmeticError"}
INEXACT_BY_NATURE = {"errors.py", "painting.py", "watch.py"}  # a likeness of spellings, places on paper, seconds

Rule = Callable[[ast.AST], bool]


def imported(node: ast.AST) -> set[str]:
    """Top-level packages that this statement imports."""
    match node:
        case ast.Import(names=names):
            return {alias.name.partition(".")[0] for alias in names}
        case ast.ImportFrom(module=str(module), level=0):
            return {module.partition(".")[0]}
    return set()


def imports_the_numeric_side(node: ast.AST) -> bool:
    """By a statement, or by a name made while the program runs."""
    return bool(imported(node) & NUMERIC_PACKAGES) or loads_by_name(node)


def loads_by_name(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(names=names):
            return any(alias.name in LOADERS for alias in names)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in LOADERS
    return False


def imports_a_pickle(node: ast.AST) -> bool:
    return bool(imported(node) & PICKLES)


def runs_text(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in READERS_OF_CODE | READERS_OF_TEXT
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in READERS_OF_TEXT
    return False


def makes_a_float(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
            return True
    return False


def makes_a_mutable_record(node: ast.AST) -> bool:
    match node:
        case ast.ClassDef(decorator_list=decorators):
            return any("dataclass" in text and not settled(text) for text in map(ast.unparse, decorators))
    return False


def settled(decorator: str) -> bool:
    return "frozen=True" in decorator


def raises_a_builtin_error(node: ast.AST) -> bool:
    match node:
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name in BUILTIN_ERRORS
    return False


EVERYWHERE = [imports_a_pickle, runs_text]
SYMBOLIC_SIDE = [imports_the_numeric_side, makes_a_float, makes_a_mutable_record, raises_a_builtin_error]
BROKEN: list[tuple[Rule, str]] = [
    (imports_the_numeric_side, "def f():\n    from validation.run import sweep"),
    (imports_the_numeric_side, "import torch.nn as nn"),
    (imports_the_numeric_side, "def f():\n    from importlib import import_module"),
    (imports_the_numeric_side, "loader.import_module('validation')"),
    (imports_a_pickle, "from pickle import loads"),
    (runs_text, "eval('1 + 1')"),
    (runs_text, "sympy.sympify('x**2')"),
    (makes_a_float, "half = 0.5"),
    (makes_a_float, "half = float(x)"),
    (makes_a_mutable_record, "@dataclass\nclass Point: x: int"),
    (makes_a_mutable_record, "@dataclasses.dataclass(slots=True)\nclass Point: x: int"),
    (raises_a_builtin_error, "raise ValueError('no')"),
]


def offences(rule: Rule, paths: list[Path]) -> Iterator[str]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if rule(node):
                yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"


@pytest.mark.parametrize("rule", EVERYWHERE)
def test_the_whole_package_obeys(rule: Rule) -> None:
    assert list(offences(rule, SOURCES)) == []


@pytest.mark.parametrize("rule", SYMBOLIC_SIDE)
def test_the_symbolic_side_obeys(rule: Rule) -> None:
    paths = [path for path in SYMBOLIC if path.name not in INEXACT_BY_NATURE or rule is not makes_a_float]
    paths = [path for path in paths if path not in {DOOR, FACE, CANVAS} or rule is not imports_the_numeric_side]
    assert list(offences(rule, paths)) == []


def test_the_door_is_needed() -> None:
    assert list(offences(imports_the_numeric_side, [DOOR]))


def test_the_face_loads_rooms_of_its_own() -> None:
    assert [line for line in offences(imports_the_numeric_side, [FACE]) if "import_module" not in line] == []
    homes = {name: getattr(gamma_calc, name).__module__ for name in gamma_calc.FOR_PRACTICE}
    assert [name for name, home in homes.items() if not home.startswith("gamma_calc.practice.")] == []


@pytest.mark.parametrize(("rule", "code"), BROKEN)
def test_the_rule_sees_an_offence(rule: Rule, code: str) -> None:
    assert any(map(rule, ast.walk(ast.parse(code))))


def test_there_are_sources_to_check() -> None:
    assert ROOT / "gamma_calc" / "errors.py" in SOURCES


def test_every_error_is_one_of_the_family() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert [kind for kind in kinds if not issubclass(kind, errors.GammaError)] == []


def test_public_names_are_few_and_each_shows_an_example() -> None:
    public = {name: getattr(gamma_calc, name) for name in getattr(gamma_calc, "__all__", ())}
    described = {name: inspect.getdoc(value) or "" for name, value in public.items() if callable(value)}
    assert [name for name, text in described.items() if ">>>" not in text] == []
    assert len(public) <= 37
