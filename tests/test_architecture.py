"""The pages point at what is there: rooms of the tree, files of the walks, links between pages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = [ROOT / "gamma_calc", ROOT / "validation"]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def of_the_walks() -> list[str]:
    walks = PAGE[PAGE.index("## From the command line") : PAGE.index("## Before and after")]
    return re.findall(r"`([\w/]+\.py)`", walks)


def is_there(name: str) -> bool:
    return any(path.match(f"*/{name}") for package in PACKAGES for path in package.rglob("*.py"))


def test_every_room_is_on_the_page() -> None:
    rooms = [one.name for package in PACKAGES for one in package.iterdir() if (one / "__init__.py").exists()]
    assert [room for room in rooms if f"{room}/ " not in PAGE] == []


def test_the_walks_name_files_that_are_there() -> None:
    named = of_the_walks()
    assert len(named) > 20
    assert [name for name in named if not is_there(name)] == []
    assert not is_there("engine/no_such_file.py")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_file_of_the_clone_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
