"""Regions in print and from text: what is printed is read back, and what cannot be read is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamma_calc.errors import ExponentSyntaxError, UnknownName
from gamma_calc.exponents import Region

CASES = [
    ("eta <= -1/2", "eta <= -1/2", "η ≤ −1/2", r"\eta \le -\frac{1}{2}"),
    ("-1/2 >= eta > -1", "-1 < eta <= -1/2", "−1 < η ≤ −1/2", r"-1 < \eta \le -\frac{1}{2}"),
    ("2*eta = -1", "eta = -1/2", "η = −1/2", r"\eta = -\frac{1}{2}"),
    ("eta < 0 & eta > 0", "none", "∅", r"\varnothing"),
    ("eta <= 0 | 0 < eta", "all", "all", r"\text{all}"),
    ("eta > 1 | eta <= 0", "eta <= 0 | eta > 1", "η ≤ 0 ∨ η > 1", r"\eta \le 0 \lor \eta > 1"),
    (
        "eta_B = -1 - eta_A & eta_A + 1 >= 0",
        "eta_A + eta_B = -1 & eta_A >= -1",
        "η_A + η_B = −1 ∧ η_A ≥ −1",
        r"\eta_{A} + \eta_{B} = -1 \land \eta_{A} \ge -1",
    ),
    ("rho/2 - 1 >= eta", "2*eta <= rho - 2", "2η ≤ ρ − 2", r"2\eta \le \rho - 2"),
    ("max(eta, 2*eta + 1) <= 0", "eta <= -1/2", "η ≤ −1/2", r"\eta \le -\frac{1}{2}"),
    ("eta <= min(-1/2, -1 - b0)", "eta + b0 <= -1 & eta <= -1/2", "η + b₀ ≤ −1 ∧ η ≤ −1/2", None),
    ("(eta <= 0 | eta >= 1) & eta >= -1", "-1 <= eta <= 0 | eta >= 1", None, None),
    ("-1 <= x - y <= 1", "-1 <= x - y <= 1", None, None),
    ("(x + 1)/2 <= (y) & (x <= (y))", "x <= y & x <= 2*y - 1", None, None),
    ("((x = 0 & y <= 1))", "x = 0 & y <= 1", None, None),
    ("x >= 0 & x > 0 & y > 0 & y >= 0", "x > 0 & y > 0", None, None),
    ("-inf <= eta", "all", None, None),
    ("1 <= 0", "none", None, None),
]


@pytest.mark.parametrize(("written", "text", "unicode", "latex"), CASES)
def test_regions_print(written: str, text: str, unicode: str | None, latex: str | None) -> None:
    found = Region.parse(written)
    assert str(found) == text
    assert repr(found) == f"Region({text!r})"
    assert unicode is None or f"{found:unicode}" == unicode
    assert latex is None or found._repr_latex_() == f"${latex}$"


_SIDE = st.sampled_from(["x", "y/2 - 1", "2*x - y", "0", "-1/2", "max(x, y)", "min(0, x + y)", "eta_A"])
_COMPARISON = st.builds(
    lambda a, sign, b: f"{a} {sign} {b}", _SIDE, st.sampled_from(["<", "<=", "=", ">", ">="]), _SIDE
)
_TEXT = st.lists(st.lists(_COMPARISON, min_size=1, max_size=3).map(" & ".join), min_size=1, max_size=2).map(" | ".join)


@settings(max_examples=40)
@given(_TEXT)
def test_what_is_printed_is_read_back(text: str) -> None:
    found = Region.parse(text)
    assert Region.parse(str(found)).polyhedra == found.polyhedra
    assert Region.parse(f"{found:unicode}") == found


MEND = "write comparisons such as -1 <= eta < 0 & eta_A + eta_B = -1"
MESSAGES = [
    ("eta", f"'eta' is no comparison; {MEND}"),
    ("", f"'' is no comparison; {MEND}"),
    ("eta <= 0 &", f"'' is no comparison; {MEND}"),
    ("eta <=", f"'eta <=' lacks one side; {MEND}"),
    (
        "(" * 60 + "eta <= 0" + ")" * 60,
        f"a region with more than 50 parentheses around each other; {MEND}",
    ),
]


@pytest.mark.parametrize(("text", "message"), MESSAGES)
def test_what_is_no_region_is_refused(text: str, message: str) -> None:
    with pytest.raises(ExponentSyntaxError) as caught:
        Region.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["eta <= 1/0", "eta < nan", "eta <= inf", "eta ! 0 <= 1", "(" * 10_000, "(eta <= 0"])
def test_hostile_text_gets_one_line(text: str) -> None:
    with pytest.raises(ExponentSyntaxError) as caught:
        Region.parse(text)
    assert "\n" not in str(caught.value)


def test_an_error_in_a_side_names_the_comparison() -> None:
    with pytest.raises(ExponentSyntaxError, match=r"^'eta <= 2/0': "):
        Region.parse("eta <= 2/0 & eta >= -1")


def test_an_unknown_dialect_is_named() -> None:
    with pytest.raises(UnknownName, match=r"^unknown dialect 'latx'; did you mean latex"):
        format(Region.parse("eta <= 0"), "latx")
