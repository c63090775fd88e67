"""The rooms of the numeric side stand on floors: an import goes down, or stays in its room without turning back."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import validation

ROOT = Path(__file__).parents[1]
FLOORS = (
    {"evidence", "finetune"},
    {"sweep", "coordinate_check", "recorded_runs"},
    {"measurement"},
    {"executor"},
    {"initialisations"},
    {"arrays", "statistics"},
    {"kinds"},
    {"errors"},
)
FACE = "validation"  # the public names, which stand above every room
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "validation").rglob("*.py")
}
SOURCES = {name: path.read_text(encoding="utf-8") for name, path in MODULES.items()}


def imports(source: str) -> Iterator[tuple[str, bool]]:
    """The modules of this side that a source imports, types included, and whether it does so inside a function."""
    tree = ast.parse(source)
    inner = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == FACE:
            for alias in node.names:
                longer = f"{node.module}.{alias.name}"
                yield (longer if longer in MODULES else node.module), id(node) in inner


def floor(module: str) -> int:
    room = module.split(".")[1] if module != FACE else ""
    return next((i for i, rooms in enumerate(FLOORS) if room in rooms), -1)


def upward(sources: Mapping[str, str]) -> list[str]:
    return [
        f"{name} imports {other}"
        for name, source in sources.items()
        for other, _ in imports(source)
        if floor(other) < floor(name)
    ]


def between_siblings(sources: Mapping[str, str]) -> list[str]:
    pairs = [(n.split(".")[1], o.split(".")[1]) for n in sources if n != FACE for o, _ in imports(sources[n])]
    return [f"{a} imports {b}" for a, b in pairs if a != b and any({a, b} <= rooms for rooms in FLOORS)]


def circle(sources: Mapping[str, str]) -> list[str]:
    try:
        TopologicalSorter({name: {other for other, _ in imports(s)} for name, s in sources.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_file_has_a_floor() -> None:
    assert [name for name in MODULES if name != FACE and floor(name) < 0] == []


def test_no_import_goes_up() -> None:
    assert upward(SOURCES) == []


def test_rooms_of_one_floor_do_not_know_each_other() -> None:
    assert between_siblings(SOURCES) == []


def test_no_imports_turn_back() -> None:
    assert circle(SOURCES) == []


def test_no_function_imports_a_module_of_this_side() -> None:
    assert [(name, other) for name, s in SOURCES.items() for other, inside in imports(s) if inside] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("validation.statistics.slope", "from validation.executor.settings import Settings"),
        ("validation.errors", "if TYPE_CHECKING:\n    from validation.measurement.result import Validation"),
    ],
)
def test_an_import_that_goes_up_is_seen(name: str, source: str) -> None:
    assert upward({name: source})


def test_an_import_between_siblings_a_circle_and_an_inner_import_are_seen() -> None:
    assert between_siblings({"validation.arrays.draws": "from validation.statistics.slope import line"})
    one, two = "validation.arrays.draws", "validation.arrays.sizes"
    assert circle({one: f"from {two} import length", two: f"from {one} import Draws"})
    assert list(imports("def f():\n    from validation.arrays.draws import Draws")) == [(one, True)]


def test_every_public_name_is_described_and_shows_an_example() -> None:
    pytest.importorskip("torch")
    described = {name: inspect.getdoc(getattr(validation, name)) or "" for name in dir(validation)}
    assert [name for name, text in described.items() if ">>>" not in text] == []
