"""Charts read the same regions and orders as the text, exactly; what is painted is legible without colour."""

import re
from fractions import Fraction
from html import unescape
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from command import run

from gamma_calc import GammaError, Order, Region, derive, lora, order
from gamma_calc.display.chart import Chart
from gamma_calc.display.painting import COLOURS, DASHES, FILLS
from gamma_calc.display.shapes import Area, Place

needs_figures = pytest.mark.skipif(not find_spec("matplotlib"), reason="matplotlib is not installed")


def points_inside(area: Area) -> list[dict[str, Fraction]]:
    """The middle of the corners, and points near each corner; of an area in eta_A and eta_B."""
    x, y = (sum(values, Fraction(0)) / len(area.corners) for values in zip(*area.corners, strict=True))
    near = [(x + (a - x) * Fraction(9, 10), y + (b - y) * Fraction(9, 10)) for a, b in area.corners]
    return [{"eta_A": a, "eta_B": b} for a, b in [(x, y), *near]]


@pytest.mark.parametrize("init", ["A", "B", "AB"])
def test_a_phase_diagram_shows_the_regions_that_are_printed(init: str) -> None:
    found = derive(lora(init=init, lr="per-factor"))
    drawn = found.plot()
    stable = found.conditions["stable"].region
    for area in drawn.areas:
        title, _, text = area.text.partition(": ")
        region = Region(text) if text else Region("all") - stable
        named = found.conditions.get(title.replace(" ", "_"))
        assert named is None or named.region == region
        assert all(point in region for point in points_inside(area))
    assert any(area.text == f"efficient: {found.conditions['efficient'].region:unicode}" for area in drawn.areas)


def test_every_border_is_where_its_equation_holds_and_lies_on_the_edge_of_a_region() -> None:
    found = derive(lora(init="B", lr="per-factor"))
    borders = found.plot().borders
    assert {border.text for border in borders if border.text} >= {"η_A + η_B = −1", "η_A = −1"}
    for border in borders:
        for a, b in border.ends:
            assert not border.text or {"eta_A": a, "eta_B": b} in Region(border.text)


def test_a_border_between_two_parts_of_one_region_is_none() -> None:
    assert [border.text for border in Region("x <= 0 & y <= 0 | x >= 0 & y <= 0").plot().borders] == ["y = 0"]
    halves = Region("x <= 0 & y <= 0 | x >= 0 & y <= 1 & x <= 1")
    inner = [border.ends for border in halves.plot(x=(-1, 2), y=(-1, 2)).borders if border.text == "x = 0"]
    assert inner == [((Fraction(0), Fraction(0)), (Fraction(0), Fraction(1)))]


def test_an_open_border_is_told_from_a_closed_one() -> None:
    assert {border.text: border.open for border in Region("-1 < eta <= 0").plot().borders} == {
        "η = −1": True,
        "η = 0": False,
    }


def test_corners_go_round() -> None:
    (area,) = Region("0 <= x <= 1 & 0 <= y <= 1 & x + y <= 3/2").plot().areas
    assert len(area.corners) == 5
    assert doubled_area(area.corners) == 2 - Fraction(1, 4)


def doubled_area(corners: tuple[Place, ...]) -> Fraction:
    turns = zip(corners, (*corners[1:], corners[0]), strict=True)
    return sum((a * d - b * c for (a, b), (c, d) in turns), Fraction(0))


def test_a_curve_has_a_place_at_each_breakpoint_and_the_value_there() -> None:
    size = Order("max(-3/2, eta, 2*eta + 1) - max(0, eta)")
    (curve,) = size.plot(eta=(-2, 1)).curves
    assert [x for x, _ in curve.places] == [-2, Fraction(-3, 2), -1, 0, 1]
    assert all(size(eta=x) == order(y) for x, y in curve.places)


def test_the_pieces_of_an_order_are_where_it_is_that_form() -> None:
    size = Order("max(0, eta_A + 1, eta_A + eta_B + 1)")
    drawn = size.plot()
    assert {area.text for area in drawn.areas} == {"0", "η_A + 1", "η_A + η_B + 1"}
    for area in drawn.areas:
        for point in points_inside(area):
            assert Order(area.text).at(point) == size.at(point)


def test_numbers_are_the_same_places_on_axes_of_powers() -> None:
    found = derive(lora(init="A"))
    in_exponents, in_numbers = found.plot(), found.plot(n=4096)
    assert in_numbers.curves == in_exponents.curves
    assert in_numbers.x.base == 4096
    assert "largest stable: η = −1/2: 0.0156" in in_numbers.entries
    assert any("every constant 1" in note for note in in_numbers.notes)


def test_the_conditions_of_an_answer_are_on_the_picture() -> None:
    words = derive(lora(init="B")).plot().description
    assert "optimiser adam" in words
    assert "efficient: nowhere, as Z_B = O(1) and delta2 = Theta(1) exclude each other" in words


def test_quantities_of_one_order_share_a_line_and_zero_has_none() -> None:
    texts = [curve.text for curve in derive(lora(init="B", freeze="A")).plot("Z_A", "Z_B").curves]
    assert texts == []
    assert derive(lora(init="B")).plot("Z_B", "dZ_B").curves[0].text == "Z_B, dZ_B: max(η + 1, 2η + 1)"


@pytest.mark.parametrize(
    ("drawn", "says"),
    [
        (
            lambda: derive(lora(init="general")).plot(),
            "a0, b0 and eta are open, and .*; fix all but two: --set a0=VALUE",
        ),
        (lambda: derive(lora(), eta=-1).plot(), "no exponent is open"),
        (lambda: Order("a + b + c").plot(), "a, b and c are open"),
        (lambda: order(1).plot(), "no exponent is open"),
        (lambda: Order("eta").plot(eta=(0, -1)), r"no span of eta: \(0, -1\); write its ends"),
        (lambda: Order("eta").plot(eta=3), "no span of eta: 3;"),  # type: ignore[arg-type]
        (lambda: Order("eta").plot(rho=(0, 1)), "unknown exponent 'rho'"),
        (lambda: derive(lora()).plot("Z_C"), "unknown quantity 'Z_C'"),
        (lambda: derive(lora()).plot(n=1), "1 as a width; give a whole number from 2"),
        (lambda: derive(lora()).plot(marks={"LoRA+": Region("eta_A = -1")}), "LoRA.: unknown exponent 'eta_A'"),
        (lambda: Region("x <= 0").plot().save("x.bmp"), "unknown kind of figure '.bmp'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(drawn: object, says: str) -> None:
    with pytest.raises(GammaError, match=says):
        drawn()  # type: ignore[operator]


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(GammaError, match="a figure needs matplotlib; pip install 'gamma-calc"):
        Order("eta").plot().figure()


# -- on paper ---------------------------------------------------------------------------------------------------------


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_areas_fall_in_lightness_and_lines_differ_in_dashes() -> None:
    shades = [lightness(colour) for colour in FILLS]
    assert all(lighter - darker > 0.03 for lighter, darker in pairwise(shades))
    assert len(set(map(str, DASHES))) == len(DASHES) == len(COLOURS)


@needs_figures
@pytest.mark.parametrize(("kind", "head"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_chart_is_written_whole_and_alike_each_time(kind: str, head: bytes, tmp_path: Path) -> None:
    drawn = derive(lora(init="B", lr="per-factor")).plot()
    for name in ("one", "two"):
        drawn.save(tmp_path / f"{name}.{kind}")
    first = (tmp_path / f"one.{kind}").read_bytes()
    assert first.startswith(head)
    assert first == (tmp_path / f"two.{kind}").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


@needs_figures
def test_every_line_of_the_legend_and_every_equation_is_text_in_the_svg() -> None:
    drawn = derive(lora(init="B", lr="per-factor")).plot(marks={"LoRA+": Region("eta_A = -1 & eta_B = 0")})
    text = " ".join(line.strip() for line in re.findall(r"<text[^>]*>([^<]*)</text>", drawn._repr_svg_()))
    for words in (*drawn.entries, *(border.text for border in drawn.borders)):
        assert words in unescape(text)


@needs_figures
def test_no_text_of_a_chart_leaves_the_paper() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = derive(lora(init="A")).plot(n=4096).figure()
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    (legend,) = figure.legends
    box, paper = legend.get_window_extent(), figure.bbox
    assert box.x0 >= paper.x0
    assert box.x1 <= paper.x1
    assert box.y0 >= paper.y0
    assert box.y1 <= figure.axes[0].get_window_extent().y0


# -- at the command line ----------------------------------------------------------------------------------------------


@needs_figures
def test_the_command_writes_and_does_not_write_over(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "phase.svg"
    words = ["plot", "--init", "B", "--lr", "per-factor", "-o", str(path)]
    outcome = run(capsys, *words)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"wrote {path}: lora: where the conditions hold\n"
    drawn = path.read_text(encoding="utf-8")
    assert "LoRA+ (Hayou, Ghosh, Yu, arXiv 2402.12354): η_A = −1 ∧ η_B = 0" in drawn
    path.write_text("mine")
    refused = run(capsys, *words)
    assert refused.code == 2
    assert refused.err == f"gamma-calc: {path}: is there already; name another file, or add --force\n"
    assert path.read_text() == "mine"
    assert run(capsys, *words, "--force").code == 0
    assert path.read_text(encoding="utf-8") == drawn


@needs_figures
def test_a_rank_in_numbers_moves_the_largest_rate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "sizes.svg"
    run(capsys, "plot", "--init", "A", "--numbers", "n=4096,r=64", "-o", str(path))
    drawn = path.read_text(encoding="utf-8")
    assert "largest stable: η = −3/4: 0.00195" in drawn
    assert "best from Init[A]" not in drawn  # said of a fixed rank


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("plot --init general -o {}/x.svg", "a0, b0 and eta are open, and a picture has two axes; fix all but two: "),
        ("plot deep-linear -o {}/x.svg", "no exponent is open, so there is nothing to draw; "),
        ("plot --at eta=-1 -o {}/x.svg", "--at leaves nothing open to draw; "),
        ("plot -o {}/x.gif", "unknown kind of figure '.gif'; "),
        ("plot -o {}/no/x.svg", "cannot be written (No such file or directory); name a file in a folder that is there"),
        (
            "plot --numbers n=4096,k=2 -o {}/x.svg",
            "--numbers: n=4096,k=2 given; give whole numbers: n=4096, or ",
        ),
        ("plot --numbers n=4.5 -o {}/x.svg", "--numbers: n=4.5 given; give whole numbers"),
        ("plot --numbers n=2e-4k -o {}/x.svg", "--numbers: n is '2e-4k'; write a positive number"),
        ("plot --numbers n=64,r=128 -o {}/x.svg", "no layer has n = 64, r = 128"),
        ("plot", "Missing argument"),
    ],
)
@needs_figures
def test_what_the_command_refuses(capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, says: str) -> None:
    outcome = run(capsys, *words.format(tmp_path).split())
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err or says == "Missing argument"
    assert outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_chart_says_what_it_is() -> None:
    drawn = Order("max(eta, 2*eta + 1)").plot()
    assert isinstance(drawn, Chart)
    assert repr(drawn) == "<Chart of max(η, 2η + 1): max(η, 2η + 1)>"
