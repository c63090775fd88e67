"""Robustness to a small learning rate: degrees derived and measured, the starts that are robust, the command."""

import json
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from command import run
from hypothesis import given
from hypothesis import strategies as st

from gamma_calc import Order, derive, lora, maximum, order
from gamma_calc.errors import OrderError, ProgramError
from gamma_calc.exponents import Region
from gamma_calc.studies.degree import Interval, degrees, linear_part
from gamma_calc.studies.robustness import robust_and_efficient, robustness

PAGE = Path(__file__).parents[1] / "docs" / "robustness.md"
HALF = Fraction(-1, 2)


def spelled(value: Order, edge: Fraction = HALF) -> list[tuple[str, str]]:
    return [(str(s.until), str(s.degree)) for s in degrees(value, "eta", edge)]


# -- the degree of an order -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2*eta + 1", [("-1/2", "2")]),
        ("max(eta, 2*eta + 1)", [("-1", "1"), ("-1/2", "2")]),
        ("max(eta + 1/2, 2*eta + 1)", [("-1/2", "1")]),
        ("max(0, eta + 1)", [("-1", "0"), ("-1/2", "1")]),
        ("max(eta, 3*eta + 3) - max(0, eta + 1)", [("-3/2", "1"), ("-1", "3"), ("-1/2", "2")]),
        ("min(0, eta + 1)", [("-1", "1"), ("-1/2", "0")]),
        ("-inf", []),
    ],
)
def test_the_degree_on_each_stretch(text: str, expected: list[tuple[str, str]]) -> None:
    assert spelled(order(text)) == expected


@given(
    st.lists(st.tuples(st.integers(0, 3), st.fractions(-2, 2, max_denominator=4)), min_size=1, max_size=4),
    st.fractions(-3, 0, max_denominator=8),
)
def test_the_degrees_add_up_to_the_order(forms: list[tuple[int, Fraction]], point: Fraction) -> None:
    """Going down from the edge stretch by stretch, degree times length is what the order falls by."""
    value = maximum(*(degree * order("eta") + constant for degree, constant in forms))
    found = degrees(value, "eta", Fraction(0))
    passed = [s for s in found if s.until > point]
    lengths = (high - low for low, high in pairwise([point, *(s.until for s in passed)]))
    fallen = sum(s.degree * length for s, length in zip(passed, lengths, strict=True))
    assert value(eta=0).rational - fallen == value(eta=point).rational
    assert all(one.degree != two.degree for one, two in pairwise(found))


def test_a_degree_needs_the_other_exponents_fixed() -> None:
    with pytest.raises(OrderError, match="still depends on a0; give each a value"):
        degrees(order("eta + a0"), "eta", HALF)


def test_the_linear_part_leaves_out_products_of_rates() -> None:
    rates = ("eta_A", "eta_B")
    assert linear_part(order("max(eta_A + b0, eta_A + eta_B + 1)"), rates) == order("eta_A + b0")
    assert linear_part(order("2*eta + 1"), ("eta",)).is_zero_quantity
    with pytest.raises(OrderError, match="is no maximum of monomials"):
        linear_part(order("min(0, eta)"), ("eta",))


# -- the starts -------------------------------------------------------------------------------------------------------


def delta_degrees(init: str, **options: str) -> dict[str, list[str]]:
    found = robustness(derive(lora(init, **options)))  # type: ignore[arg-type]
    return {name: [str(s.degree) for s in found.degrees[name]] for name in ("delta1", "delta2")}


def test_the_degrees_of_zero_and_non_zero_starts() -> None:
    assert delta_degrees("A") == {"delta1": ["2"], "delta2": ["1", "2"]}
    assert delta_degrees("B") == {"delta1": ["1"], "delta2": ["2"]}
    assert delta_degrees("AB") == {"delta1": ["1"], "delta2": ["1", "2"]}
    assert delta_degrees("AB", sum_rule="additive") == {"delta1": ["1"], "delta2": ["1"]}
    assert delta_degrees("A", optimiser="sgd") == {"delta1": ["3"], "delta2": ["1"]}


def test_the_paper_calls_init_ab_robust_in_its_own_rule_of_sums() -> None:
    assert not robustness(derive(lora("AB"))).robust
    assert robustness(derive(lora("AB", sum_rule="additive"))).robust
    assert not robustness(derive(lora("A", sum_rule="additive"))).robust
    assert robustness(derive(lora("AB", a0=0))).robust


@pytest.mark.parametrize(("rule", "noise"), [("clt", "-1/2"), ("additive", "0")])
def test_the_noise_of_both_random_factors(rule: str, noise: str) -> None:
    for init, subtracted in (("AB", False), ("AB+", True)):
        found = robustness(derive(lora(init, sum_rule=rule)))
        assert (found.noise, found.subtracted) == (order(noise), subtracted)


@pytest.mark.parametrize("init", ["A", "B", "orthogonal", "mica"])
def test_a_start_whose_product_is_zero_makes_no_noise(init: str) -> None:
    assert robustness(derive(lora(init))).noise.is_zero_quantity


def test_what_a_frozen_factor_would_add_has_no_degree() -> None:
    found = robustness(derive(lora("mica")))
    assert found.degrees["delta2"] == ()
    assert found.degrees["delta1"] == (Interval(HALF, Fraction(1)),)
    assert found.robust


PAIRS = [
    ("clt", "shared", "eta = -1/2 & a0 = 0 & b0 = -1/2"),
    ("additive", "shared", "eta = -1/2 & a0 = -1/2 & b0 = -1/2"),
    ("clt", "per-factor", "eta_A + eta_B = -1 & a0 = eta_A + 1/2 & b0 = eta_B"),
    ("additive", "per-factor", "eta_A + eta_B = -1 & a0 = eta_A & b0 = eta_B"),
]


@pytest.mark.parametrize(("rule", "lr", "expected"), PAIRS)
def test_the_best_variances_under_both_rules_of_sums(rule: str, lr: str, expected: str) -> None:
    found = derive(lora("general", lr=lr, sum_rule=rule))
    region = robust_and_efficient(found)
    assert region == Region.parse(expected)
    assert region <= found.conditions["efficient"].region


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lora("general"), "leave open the exponent of one shared learning rate alone, as by --set a0=VALUE,b0=VALUE"),
        (lora(lr="per-factor"), "with eta_A, eta_B open"),
        (lora(batch="growing"), "with beta, eta open; .* alone, as by --set beta=VALUE"),
        (lora().substitute({"eta": -1}), "with nothing open"),
    ],
)
def test_robustness_is_asked_of_one_rate(program: object, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        robustness(derive(program))  # type: ignore[arg-type]


def test_a_start_that_is_too_large_has_no_edge() -> None:
    found = robustness(derive(lora("false", sum_rule="additive")))
    assert (found.largest_rate, dict(found.degrees), found.robust, found.noise) == (None, {}, False, order("1/2"))


# -- the command and its page -----------------------------------------------------------------------------------------


def test_the_table_at_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "robustness --init A,AB+ --at eta=-1/2")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(
        """\
Degree in the learning rate of what a step adds, below the largest stable rate
  start  edge  dZ_B    delta1  delta2  delta3  noise   efficient  robust
  A      -1/2  1 to 2  2       1 to 2  2       -inf    yes        no
  AB+    -1/2  1       1       1 to 2  2       (-1/2)  yes        no

Efficient and robust starts at eta = -1/2
  sum rule  rates   where
  clt       shared  a0 = 0 & b0 = -1/2
  additive  shared  a0 = -1/2 & b0 = -1/2

Key
"""
    )


def test_every_start_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "robustness --assume additive").out
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    assert "  false          none                                  1/2    no" in out


def test_a_degree_that_comes_and_goes_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "robustness --init AB --rank growing --set rho=1/4").out
    assert "2 to 3 to 2" in " ".join(out.split())


def test_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "robustness --init AB --init mica --format json").out)
    assert found["starts"]["AB"]["degrees"]["delta2"] == [
        {"until": "-1", "degree": "1"},
        {"until": "-1/2", "degree": "2"},
    ]
    assert found["starts"]["mica"]["degrees"]["delta2"] == []
    assert [(one["sum_rule"], one["rates"]) for one in found["robust_and_efficient"]] == [
        ("clt", "shared"),
        ("clt", "per factor"),
        ("additive", "shared"),
        ("additive", "per factor"),
    ]


def test_a_table_for_a_paper(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "robustness --init A --format latex").out
    assert r"A & $-\frac{1}{2}$ & 1 to 2 & 2 & 1 to 2 & 2 & $-\infty$ & yes & no \\" in out
    assert r"$\delta_{1}$" in out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--init A,AC", "target lora: unknown initialisation 'AC'; did you mean A or AB?"),
        (
            "--at eta=-1,eta_A=0",
            "--at: eta, eta_A are not the learning rates of one program; write eta=-1/2, or eta_A=-1,eta_B=0",
        ),
        ("--at eta=a0", "--at eta=a0: a0 is no rational; write a value such as -1/2"),
        (
            "--lr per-factor",
            "program lora: the degree in one learning rate, with eta_A, eta_B open; leave open the exponent of one ",
        ),
    ],
)
def test_what_cannot_be_asked(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    outcome = run(capsys, f"robustness {line}")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"gamma-calc: {message}")


def test_the_page_has_the_tables_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    sections = run(capsys, "robustness --format markdown").out.strip().split("\n\n")
    assert [section for section in sections if section not in page] == []
    assert sum(section.startswith("|") for section in sections) == page.count("\n\n|") == 3


# -- measured ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("init", "degrees"), [("A", (2, 1)), ("B", (1, 2)), ("AB", (1, 1))])
def test_the_slopes_in_the_rate_at_one_width(init: str, degrees: tuple[int, int]) -> None:
    """At rates well below 1/n, where Z_A stays as it was, and after the second step, when both factors have moved."""
    pytest.importorskip("torch")
    import numpy as np

    from validation import measure_cell

    width, step, program = 1024, 2, lora(init)
    derived = derive(program).at_step(step)
    rates = np.geomspace(width**-2, width**-1.5, 6)
    found = measure_cell(program.substitute({"eta": 0}), width, range(16), rates=tuple(rates))
    for name, degree in zip(("delta1", "delta2"), degrees, strict=True):
        sizes = found.sizes[:, :, step, found.quantities.index(name)]
        slope = np.polyfit(np.log(rates), np.log(np.sqrt((sizes**2).mean(1))), 1)[0]
        assert spelled(derived[name])[0][1] == str(degree)
        assert slope == pytest.approx(degree, abs=0.05)
