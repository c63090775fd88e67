"""What a user installs: a wheel in an environment of its own, its command, its types and its page on an index."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import cyclopts
import pytest

import gamma_calc

ROOT = Path(__file__).parents[1]
LENT = Path(cyclopts.__file__).parents[1]  # where what the wheel needs is installed
VERSIONS = ("3.11", "3.12", "3.13")

USER = """
from fractions import Fraction

from gamma_calc import Order, Region, derive, lora
from validation import Settings

answer = derive(lora(init="B"))
region: Region = answer.conditions["stable"].region
order: Order = answer.order("delta1")
settings = Settings(steps=2)
reveal_type(answer)
reveal_type(answer.order)
reveal_type(settings.steps)
wrong: int = answer.order("delta1")
"""


def run(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MYPYPATH"}}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=clean | (env or {}), cwd=cwd)


def good(*command: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    done = run(*command, env=env, cwd=cwd)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the sources as they are, built from a copy without network."""
    source, target = tmp_path_factory.mktemp("source") / "tree", tmp_path_factory.mktemp("wheel")
    leave = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
    shutil.copytree(ROOT, source, ignore=leave)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    good(*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(target), str(source))
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an empty environment with the wheel; what the wheel needs is lent by this environment."""
    place = tmp_path_factory.mktemp("user") / "venv"
    good(sys.executable, "-m", "venv", str(place))
    python = place / "bin" / "python"
    good(str(python), "-m", "pip", "install", "--no-deps", "--no-index", str(wheel))
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(str(LENT))
    return python


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_citation_and_the_change_log_speak_of_this_version() -> None:
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    logged = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert cited is not None
    assert logged is not None
    assert cited[1] == logged[1] == gamma_calc.__version__


def test_the_change_log_names_modules_that_are_there() -> None:
    rows = re.findall(r"^\| `[\w.]+` \| `([\w.]+)` \| (.*) \|$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    named = [(folder, item.split("`")[-2]) for folder, items in rows for item in items.split(", ")]
    missing = [one for one in named if not (ROOT / one[0].replace(".", "/") / one[1]).with_suffix(".py").exists()]
    assert len(named) > 100
    assert [one for one in missing if not (ROOT / one[0].replace(".", "/") / one[1]).is_dir()] == []


@pytest.mark.long
def test_a_wheel_holds_both_packages_their_types_and_their_records(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"gamma_calc/py.typed", "validation/py.typed", "validation/evidence/recorded/claims.json"} <= names
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"gamma_calc", "validation", f"gamma_calc-{gamma_calc.__version__}.dist-info"}


@pytest.mark.long
def test_the_page_on_an_index_has_no_link_that_only_a_clone_can_follow(wheel: Path) -> None:
    told = metadata(wheel)
    links = re.findall(r"\]\(([^)]*)\)", str(told.get_payload()))
    assert len(links) > 5
    assert [link for link in links if not link.startswith("https://")] == []
    assert {f"Programming Language :: Python :: {version}" for version in VERSIONS} <= set(
        told.get_all("Classifier", [])
    )


@pytest.mark.long
def test_the_installed_command_derives_and_reads_the_claims(installed: Path, tmp_path: Path) -> None:
    command = str(installed.with_name("gamma-calc"))
    assert good(command, "--version", cwd=tmp_path) == f"{gamma_calc.__version__}\n"
    assert "stable             eta <= -1\n" in good(command, "derive", "--init", "B", cwd=tmp_path)
    assert "L10" in good(command, "claims", "L10", cwd=tmp_path)
    where = good(str(installed), "-c", "import gamma_calc; print(gamma_calc.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parents[1])


@pytest.mark.long
def test_a_user_sees_types(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text(USER)
    mypy = (sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed), "user.py")
    said = run(*mypy, cwd=tmp_path).stdout
    assert 'Revealed type is "gamma_calc.derivation.derivation.Derivation"' in said
    assert re.search(r'Revealed type is "def \(name: str\) -> gamma_calc\.exponents\.orders\.order\.Order"', said), said
    assert 'Revealed type is "int"' in said or 'Revealed type is "builtins.int"' in said
    errors = [line for line in said.splitlines() if ": error:" in line]
    assert len(errors) == 1, said
    assert "Incompatible types in assignment" in errors[0]


@pytest.mark.long
@pytest.mark.parametrize("version", VERSIONS)
def test_each_python_that_is_named_derives(version: str) -> None:
    """As far as the interpreter is there; the pure-Python packages of this environment serve it."""
    python = shutil.which(f"python{version}")
    if python is None or run(python, "-c", "").returncode:
        pytest.skip(f"no python{version} here")
    paths = os.pathsep.join((str(ROOT), str(LENT)))
    code = "from gamma_calc.cli import main; main(['derive', '--at', 'eta=-1/2'])"
    said = good(python, "-W", "error", "-c", code, env={"PYTHONPATH": paths})
    assert said == good(sys.executable, "-c", code, env={"PYTHONPATH": paths})
