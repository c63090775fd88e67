"""How a checkout of this project is built: rooms, floors, circles, class tests, and the files one derivation runs.

``python benchmarks/house.py`` measures this checkout, ``python benchmarks/house.py BEFORE AFTER`` sets several side by
side. Nothing is imported from a checkout but in a process of its own; everything else is read from the syntax trees.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from graph import Graph

HERE = Path(__file__).parents[1]
PACKAGES = ("gamma_calc", "validation")
GROUND = {"gamma_calc.errors", "gamma_calc.version", "validation.errors"}  # of every room
OUTSIDE = {"gamma_calc", "validation"} | GROUND
KINDS = {"Expression": "node classes", "Optimiser": "optimiser classes"}
DIRECTIONS, OTHERS = "directions", "others"

# What a derivation runs: files with a function, method or comprehension that was called.
PROBE = """
import os, sys
files = set()

def note(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_name != "<module>":
        name = os.path.relpath(code.co_filename, os.getcwd())
        if name.startswith(("gamma_calc" + os.sep, "validation" + os.sep)):
            files.add(name)

from gamma_calc.cli import main
sys.setprofile(note)
code = main(sys.argv[1:])
sys.setprofile(None)
print(code, *sorted(files), sep="\\n", file=sys.stderr)
"""


@dataclass(frozen=True)
class Import:
    """One file needs another: where, and whether the import stands inside a function."""

    source: str
    target: str
    line: int
    inside: bool


@dataclass(frozen=True)
class ClassTest:
    """One ``isinstance`` or ``case`` on a class of the house."""

    file: str
    line: int
    name: str
    kind: str


@dataclass(frozen=True)
class House:
    """The modules of both packages of one checkout."""

    root: Path

    @cached_property
    def files(self) -> dict[str, Path]:
        """Module name to file."""
        found = {}
        for package in PACKAGES:
            for path in sorted((self.root / package).rglob("*.py")):
                parts = path.relative_to(self.root).with_suffix("").parts
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.files.items()}

    def file_of(self, module: str) -> str:
        return self.files[module].relative_to(self.root).as_posix()

    def folder_of(self, module: str) -> str | None:
        """The folder a module lies in. The face of a package and what everything stands on lie in none."""
        if module in OUTSIDE:
            return None
        return module if self.files[module].name == "__init__.py" else module.rpartition(".")[0]

    @cached_property
    def folders(self) -> Graph:
        """Which folder imports from which."""
        return self._graph_of(self.folder_of)

    @cached_property
    def rooms(self) -> Graph:
        """The same for the folders of the packages, what lies deeper counted to the room it lies in."""
        return self._graph_of(lambda module: _first_two(self.folder_of(module)))

    @cached_property
    def modules(self) -> Graph:
        return self._graph_of(lambda module: module)

    def _graph_of(self, place: Callable[[str], str | None]) -> Graph:
        nodes = {found for name in self.files if (found := place(name))}
        arrows = ((place(one.source), place(one.target)) for one in self.imports)
        return Graph.of(sorted(nodes), ((a, b) for a, b in arrows if a and b))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import of one module of the house by another, by statement or by name; type-only ones count."""
        return tuple(one for name in self.files for one in self._imports_of(name))

    def _imports_of(self, module: str) -> Iterator[Import]:
        for node, inside in _with_depth(self.trees[module]):
            targets = {self._module(name) for name in _imported(node)} - {None, module}
            yield from (Import(module, target, getattr(node, "lineno", 0), inside) for target in targets if target)

    def _module(self, name: str) -> str | None:
        """The module that an imported name is, or that defines it."""
        if name in self.files:
            return name
        parent = name.rpartition(".")[0]
        return parent if parent in self.files else None

    @cached_property
    def against_layers(self) -> int | None:
        """Imports against the layers that the checkout declares for import-linter; None where it declares none."""
        with (self.root / "pyproject.toml").open("rb") as file:
            declared = tomllib.load(file).get("tool", {}).get("importlinter", {}).get("contracts", ())
        layers = [contract for contract in declared if contract["type"] == "layers"]
        return sum(self._against(contract) for contract in layers) if layers else None

    def _against(self, contract: Mapping[str, list[str]]) -> int:
        floors = {}
        for floor, layer in enumerate(reversed(contract["layers"])):
            for name in layer.strip("()").replace("|", ":").split(":"):
                for container in contract.get("containers", [""]):
                    floors[f"{container}.{name.strip(' ()')}".lstrip(".")] = floor
        ends = ((_longest_prefix(one.source, floors), _longest_prefix(one.target, floors)) for one in self.imports)
        return sum(floors[source] < floors[target] for source, target in ends if source and target)

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Qualified name to definition, of classes at the top of a file."""
        return {
            f"{module}.{node.name}": node
            for module, tree in self.trees.items()
            for node in tree.body
            if isinstance(node, ast.ClassDef)
        }

    @cached_property
    def names_with_two_meanings(self) -> dict[str, list[str]]:
        """Public class names that more than one file defines."""
        homes = defaultdict(list)
        for name in self.classes:
            module, _, short = name.rpartition(".")
            homes[short].append(module)
        return {name: found for name, found in homes.items() if len(found) > 1 and not name.startswith("_")}

    @cached_property
    def class_tests(self) -> tuple[ClassTest, ...]:
        """Every question for one of the house's own classes."""
        return tuple(test for module in self.files for test in self._tests_of(module))

    def _tests_of(self, module: str) -> Iterator[ClassTest]:
        names = self._names_in(module)
        for node in ast.walk(self.trees[module]):
            asked = [(name, names[name]) for name in _asked(node) if name in names]
            kinds = {self._kind(full): name for name, full in asked}
            for kind, name in kinds.items():  # one question, however many classes it names
                yield ClassTest(self.file_of(module), getattr(node, "lineno", 0), name, kind)

    def _names_in(self, module: str) -> dict[str, str]:
        """Names of the house's classes in a file, as it writes them, to their qualified names."""
        names = {full.rpartition(".")[2]: full for full in self.classes if full.rpartition(".")[0] == module}
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    if full in self.classes:
                        names[alias.asname or alias.name] = full
        return names

    def _kind(self, full: str) -> str:
        module, _, name = full.rpartition(".")
        if name in KINDS:
            return KINDS[name]
        if any(part in {"direction", "directions"} for part in module.split(".")):
            return DIRECTIONS
        names = self._names_in(module)
        parents = (names.get(base) for base in map(_last_name, self.classes[full].bases))
        return next((kind for parent in parents if parent and (kind := self._kind(parent)) != OTHERS), OTHERS)

    @cached_property
    def imports_inside_functions(self) -> tuple[Import, ...]:
        by_name = {(one.source, one.line) for one in self.imports_by_name}
        return tuple(one for one in self.imports if one.inside and (one.source, one.line) not in by_name)

    @cached_property
    def imports_by_name(self) -> tuple[Import, ...]:
        """Calls of ``import_module``, whatever they import."""
        return tuple(
            Import(module, ast.unparse(node), node.lineno, inside)
            for module, tree in self.trees.items()
            for node, inside in _with_depth(tree)
            if isinstance(node, ast.Call) and _last_name(node.func) == "import_module"
        )

    def run_by(self, *arguments: str) -> tuple[str, ...]:
        """Files of which a command runs code other than the definitions."""
        run = subprocess.run(
            [sys.executable, "-c", PROBE, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        code, *files = run.stderr.split()
        if code != "0":
            raise SystemExit(f"{self.root}: gamma-calc {' '.join(arguments)} ends with code {code}")
        return tuple(files)


def _first_two(folder: str | None) -> str | None:
    return folder and ".".join(folder.split(".")[:2])


def _with_depth(tree: ast.AST, inside: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node, and whether it stands in a function."""
    for node in ast.iter_child_nodes(tree):
        yield node, inside
        yield from _with_depth(node, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from dict.fromkeys(f"{module}.{alias.name}" for alias in names)
        case ast.Call(args=[ast.Constant(value=str(name))]) if _last_name(node.func) == "import_module":
            yield name


def _asked(node: ast.AST) -> Iterator[str]:
    """Names of the classes that an ``isinstance`` or a class pattern asks for."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kinds]):
            yield from (name for part in ast.walk(kinds) if (name := _last_name(part)))
        case ast.MatchClass(cls=cls):
            yield _last_name(cls)


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last_name(value)
    return ""


def _longest_prefix(module: str, names: Iterable[str]) -> str:
    return max((name for name in names if f"{module}.".startswith(f"{name}.")), key=len, default="")


def measures(house: House) -> dict[str, int | str]:
    """What is told of a checkout, in the order it is printed."""
    run = house.run_by("derive", "--at", "eta=-1/2")
    tests = Counter(test.kind for test in house.class_tests)
    declared = house.against_layers
    return {
        "files": len(house.files),
        "rooms": len(house.rooms.below),
        "floors (longest chain of rooms)": house.rooms.floors,
        "arrows between rooms that point upwards": house.rooms.upwards,
        "folders, those inside rooms too": len(house.folders.below),
        "floors (longest chain of folders)": house.folders.floors,
        "arrows between folders that point upwards": house.folders.upwards,
        "circles of rooms": len(house.rooms.circles),
        "circles of files": len(house.modules.circles),
        "imports against the declared layers": "none declared" if declared is None else declared,
        "files that derive --at eta=-1/2 runs": len(run),
        "folders that it runs through": len({file.rpartition("/")[0] for file in run}),
        "class tests": tests.total(),
        **{f"  on {kind}": tests[kind] for kind in (*KINDS.values(), DIRECTIONS, OTHERS)},
        "files with class tests on nodes or optimisers": len(
            {test.file for test in house.class_tests if test.kind in KINDS.values()}
        ),
        "public class names with two meanings": len(house.names_with_two_meanings),
        "imports of own modules inside functions": len(house.imports_inside_functions),
        "calls of import_module": len(house.imports_by_name),
    }


def table(roots: Iterable[Path]) -> Iterator[str]:
    """One line a measure, one column a checkout."""
    columns = {str(root): measures(House(root)) for root in roots}
    names = list(next(iter(columns.values())))
    first = max(map(len, names))
    yield "  ".join([" " * first, *columns])
    for name in names:
        cells = (str(column[name]).rjust(len(title)) for title, column in columns.items())
        yield "  ".join([name.ljust(first), *cells]).rstrip()


def main() -> None:
    for line in table(map(Path, sys.argv[1:] or [str(HERE)])):
        print(line)


if __name__ == "__main__":
    main()
