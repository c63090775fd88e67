"""Every prompt block in the README and in docs/ prints what it says. The blocks of one page form one session."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^ *```.*$", re.MULTILINE)


def failures(page: str, name: str) -> str:
    """The report of what does not come out as written, empty when all does.

    A closing fence would be read as part of the output above it, so fences become blank lines.
    """
    session = doctest.DocTestParser().get_doctest(FENCE.sub("", page), {}, name, name, 0)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(session, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_prints_what_it_says(path: Path) -> None:
    assert failures(path.read_text(encoding="utf-8"), str(path)) == ""


@pytest.mark.parametrize(("answer", "good"), [("2", True), ("3", False)])
def test_a_wrong_answer_is_seen(answer: str, good: bool) -> None:
    assert (failures(f"Text.\n\n```pycon\n>>> 1 + 1\n{answer}\n```\nMore.\n", "page") == "") is good
