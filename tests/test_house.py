"""The house keeps its shape: what the measure of ``benchmarks/house.py`` finds in this checkout, and in small ones
that break a rule. The floors themselves are import contracts, checked by ``make lint``.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from graph import Graph
from house import KINDS, House

ROOT = Path(__file__).parents[1]
HOUSE = House(ROOT)

# Where a class of node or optimiser may be asked for: where these are defined, and the table of fast paths.
MAY_ASK = ("gamma_calc/language/", "gamma_calc/operations/", "validation/executor/fast_paths.py")
# One door to what is numeric, faces that load when asked, and what paints with matplotlib.
FACES = {"gamma_calc.cli.numeric", "gamma_calc", "validation", "gamma_calc.display.later"}


def asks_for_a_node_or_optimiser(house: House) -> set[str]:
    return {
        test.file for test in house.class_tests if test.kind in KINDS.values() and not test.file.startswith(MAY_ASK)
    }


RUN = "gamma_calc.engine.run"


def imports_inside_a_function(house: House) -> set[str]:
    return {one.source for one in house.imports_inside_functions if not f"{one.source}.".startswith("gamma_calc.cli.")}


def imports_by_name(house: House) -> set[str]:
    return {one.source for one in house.imports_by_name} - FACES


def means_two_things(house: House) -> set[str]:
    return set(house.names_with_two_meanings)


def says_nothing_of_itself(house: House) -> set[str]:
    return {name for name, tree in house.trees.items() if not ast.get_docstring(tree)}


def in_a_circle(house: House) -> set[str]:
    return {name for circle in house.modules.circles for name in circle}


def test_classes_of_nodes_and_optimisers_are_asked_for_where_they_may_be() -> None:
    assert asks_for_a_node_or_optimiser(HOUSE) == set()


def test_own_modules_are_imported_at_the_top() -> None:
    assert imports_inside_a_function(HOUSE) == set()
    assert imports_by_name(HOUSE) == set()


def test_a_public_class_name_means_one_thing() -> None:
    assert means_two_things(HOUSE) == set()


def test_every_module_says_what_it_is() -> None:
    assert says_nothing_of_itself(HOUSE) == set()


def test_no_circle_nothing_upwards_and_few_floors() -> None:
    assert in_a_circle(HOUSE) == set()
    assert HOUSE.folders.upwards == 0
    assert HOUSE.against_layers == 0
    assert HOUSE.rooms.floors <= 12


BROKEN: list[tuple[Callable[[House], set[str]], dict[str, str], set[str]]] = [
    (
        asks_for_a_node_or_optimiser,
        {"engine/run.py": "from gamma_calc.language.leaves import Data\n\ndef f(x): return isinstance(x, int | Data)"},
        {"gamma_calc/engine/run.py"},
    ),
    (
        asks_for_a_node_or_optimiser,
        {"engine/run.py": "from gamma_calc.language.leaves import Data as D\n\nmatch 1:\n    case D(): pass"},
        {"gamma_calc/engine/run.py"},
    ),
    (imports_inside_a_function, {"engine/run.py": "def f():\n    import gamma_calc.language"}, {RUN}),
    (imports_by_name, {"engine/run.py": "from importlib import import_module\nimport_module('x')"}, {RUN}),
    (means_two_things, {"engine/run.py": "class Data: pass"}, {"Data"}),
    (says_nothing_of_itself, {"engine/run.py": "x = 1"}, {"gamma_calc.engine.run"}),
    (
        in_a_circle,
        {"engine/run.py": "import gamma_calc.language.leaves", "language/leaves.py": "import gamma_calc.engine.run"},
        {"gamma_calc.engine.run", "gamma_calc.language.leaves"},
    ),
]


@pytest.mark.parametrize(("rule", "files", "offenders"), BROKEN)
def test_a_rule_sees_an_offence(
    rule: Callable[[House], set[str]], files: dict[str, str], offenders: set[str], tmp_path: Path
) -> None:
    leaf = '"""Leaves."""\n\nclass Expression: pass\n\nclass Data(Expression): pass'
    for name, text in ({"language/leaves.py": leaf, "__init__.py": '"""A house."""'} | files).items():
        path = tmp_path / "gamma_calc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert rule(House(tmp_path)) == offenders


def test_a_graph_has_floors_circles_and_upward_arrows() -> None:
    graph = Graph.of("abcdef", [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "b"), ("d", "e")])
    assert graph.circles == [["b", "c", "d"]]
    assert graph.floors == 5
    assert graph.upwards == 1


@pytest.mark.parametrize(
    ("contract", "module", "line"),
    [
        ("floors", "gamma_calc/calculus/dims.py", "from gamma_calc.engine import run"),
        ("symbolic", "gamma_calc/engine/run.py", "from validation import errors"),
        ("exponents-face", "gamma_calc/engine/run.py", "from gamma_calc.exponents.orders import power"),
        ("numeric-floors", "validation/arrays/draws.py", "from validation.sweep import store"),
        ("measurement", "validation/measurement/predict.py", "from validation.measurement import validate"),
        ("circles", "gamma_calc/calculus/dims.py", "from gamma_calc.calculus import direction"),
    ],
)
def test_a_contract_sees_an_offence(contract: str, module: str, line: str, tmp_path: Path) -> None:
    for package in ("gamma_calc", "validation"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--contract", contract]
    said = subprocess.run(lint, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    names = line.split()
    assert "1 broken" in said
    assert f"{names[1]}.{names[3]}" in said or contract == "circles"
