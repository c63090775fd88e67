"""A report is one page that needs nothing else: a browser reads it, unfolds it, and has nothing to complain of."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from browser import MISSING, Browser, browser
from command import run

from gamma_calc import derive, lora

pytestmark = pytest.mark.skipif(
    not (find_spec("latex2mathml") and find_spec("matplotlib")), reason="the extra 'report' is not installed"
)
needs_browser = pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} not installed (apt-get install {MISSING})")
VOID = {"meta", "link", "br"}
MEASURED = {
    "program": "lora",
    "widths": [64, 128, 256, 512],
    "seeds": 8,
    "verdict": "refuted",
    "rows": [
        {
            "quantity": "Z_B",
            "step": 3,
            "predicted": "-1/2",
            "measured": -0.25,
            "low": -0.3,
            "high": -0.2,
            "verdict": "refuted",
            "reason": "another slope <b>",
        }
    ],
}


class Tags(HTMLParser):
    """The tags of a page: which are open, what they point to, and all text outside style."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.targets: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [] if tag in VOID else [tag]
        self.targets += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "action")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += "" if self.open and self.open[-1] == "style" else data


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Path:
    """The report on Init[B] with what was measured."""
    path, measured = tmp_path / "report.html", tmp_path / "measured.json"
    measured.write_text(json.dumps(MEASURED))
    outcome = run(capsys, "report", "lora", "--init", "B", "--measured", str(measured), "-o", str(path))
    assert (outcome.code, outcome.out) == (0, "")
    assert re.fullmatch(rf"wrote {path}: lora, \d+ kB\n", outcome.err)
    return path


def read(path: Path) -> Tags:
    tags = Tags()
    tags.feed(path.read_text(encoding="utf-8"))
    return tags


def test_a_page_is_whole_and_points_to_nothing_outside(page: Path) -> None:
    tags = read(page)
    assert tags.open == []
    assert all(target.startswith(("#", "data:,")) for target in tags.targets)
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "@import" not in text
    assert set(re.findall(r"url\(([^)])", text)) <= {"#"}


def test_a_page_holds_what_the_derivation_says(page: Path) -> None:
    words = " ".join(read(page).words.split())
    found = derive(lora(init="B"))
    for assumption in found.assumptions:
        assert assumption in words
    assert "Z_B = O(1) and delta2 = Theta(1) exclude each other" in words
    assert "gamma-calc derive --init B" in words
    assert "refuted: 8 seeds at n = 64, 128, 256, 512" in words
    assert "another slope <b>" in words
    for name in ("gamma-calc", "Python", "sympy", "matplotlib", "latex2mathml"):
        assert re.search(rf"{name} \d+\.\d+", words)


def test_every_step_of_a_derivation_is_there_with_its_lemma(page: Path) -> None:
    words = read(page).words
    trace = derive(lora(init="B")).trace("Z_B")
    for lemma in trace.lemmas():
        assert f"{lemma.name}: {lemma.statement} [{lemma.source}]" in words
    assert words.count("Update of A in step") >= 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--init general", "No figure: a0, b0 and eta are open, and a picture has two axes"),
        ("--at eta=-1", "No figure: no exponent is open"),
        ("--init B --lr per-factor", "one rate for both factors"),
    ],
)
def test_a_page_without_a_figure_says_why(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, says: str
) -> None:
    path = tmp_path / "report.html"
    assert run(capsys, "report", *words.split(), "-o", str(path)).code == 0
    assert says in " ".join(read(path).words.split())


def test_every_target_has_a_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for target in ("dora", "toy", "deep-linear"):
        path = tmp_path / f"{target}.html"
        assert run(capsys, "report", target, "-o", str(path)).code == 0
        assert read(path).open == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[]", "the JSON is no object; give what gamma-calc validate --format json printed"),
        ("{}", "no program, widths, seeds, verdict, rows; give what"),
        ("{", "not JSON"),
        (json.dumps(MEASURED | {"program": "dora"}), "measures 'dora', and the report is on 'lora'"),
        (json.dumps(MEASURED | {"rows": [3]}), "a row without quantity, step"),
        (json.dumps(MEASURED | {"rows": 3}), "no list of rows"),
    ],
)
def test_another_measurement_is_refused_and_nothing_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, says: str
) -> None:
    measured = tmp_path / "measured.json"
    measured.write_text(content)
    outcome = run(capsys, "report", "--measured", str(measured), "-o", str(tmp_path / "report.html"))
    assert outcome.code == 2
    assert says in outcome.err
    assert outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [measured]


def test_a_page_is_not_written_over_another_unasked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("mine")
    assert "is there already" in run(capsys, "report", "-o", str(path)).err
    assert "is no page" in run(capsys, "report", "-o", str(tmp_path / "report.pdf")).err
    assert path.read_text() == "mine"
    assert run(capsys, "report", "-o", str(path), "--force").code == 0
    assert path.read_text().startswith("<!doctype html>")


# -- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow() -> Iterator[Browser]:
    with browser(400) as found:
        yield found


@needs_browser
def test_a_reader_with_a_small_screen_reads_and_unfolds_it(narrow: Browser, page: Path) -> None:
    narrow.open(page)
    assert narrow.run("return innerWidth") == 400
    before = narrow.text
    assert "a random matrix sums over an axis of size N to sqrt(N) (central limit)" in before
    assert "coherent sum: " not in before
    narrow.run("for (const part of document.querySelectorAll('summary')) part.click()")
    assert "coherent sum: " in narrow.text
    assert narrow.run("return document.querySelectorAll('details:not([open])').length") == 0
    assert narrow.run("return document.documentElement.scrollWidth") == 400
    assert narrow.complaints == []


@needs_browser
def test_formulas_and_figures_are_drawn_and_no_letter_is_too_small(narrow: Browser, page: Path) -> None:
    narrow.open(page)
    drawn = (
        "return [...document.querySelectorAll('{0}')].filter(one => one.getBoundingClientRect().height > {1}).length"
    )
    assert narrow.run(drawn.format("mfrac", 15)) >= 1
    assert narrow.run(drawn.format("figure svg", 200)) == 1
    heights = "return Math.min(...[...document.querySelectorAll('figure svg text')].map({0}))"
    assert narrow.run(heights.format("one => one.getBoundingClientRect().height")) > 9
    assert narrow.run("return document.querySelector('figure svg').getBoundingClientRect().right") <= 400


@needs_browser
def test_the_browser_sees_what_is_wrong(narrow: Browser, tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    path.write_text('<link rel="icon" href="data:,"><body style="width: 500px"><script>broken()</script>')
    narrow.open(path)
    assert any("broken is not defined" in said for said in narrow.complaints)
    assert narrow.run("return document.documentElement.scrollWidth") > 400
