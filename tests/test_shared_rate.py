"""Starts at one learning rate: exact numbers, the first updates, the distance from each edge, and what is measured."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from command import run
from hypothesis import given
from hypothesis import strategies as st

from gamma_calc import derive, lora, order
from gamma_calc.catalogue.specimens import full
from gamma_calc.errors import OrderError, ProgramError
from gamma_calc.exponents import MINUS_INFINITY
from gamma_calc.language.program import Program
from gamma_calc.studies.rate_point import RatePoint
from gamma_calc.studies.shared_rate import RateComparison, descent, standing
from gamma_calc.studies.shared_rate_blocks import verdict
from validation.evidence.claims.shared import Ascending
from validation.evidence.setting import on

PAGE = Path(__file__).parents[1] / "docs" / "shared-rate.md"
PUBLISHED = "shared-rate --init default,pissa,inilora-beta,inilora-alpha,full --set tau=1/2"
NUMBERS = "--numbers rate=2e-5,n=4096,r=8"
RANKED = ("default", "pissa", "inilora-beta", "inilora-alpha", "full")
HERE = RatePoint.of_numbers(Decimal("2e-5"), Decimal(4096), Decimal(8))
OF_NUMBERS = {"rho": Fraction(1, 4), "beta": Fraction(1, 2)}  # the rank 8 and 64 samples there
QUARTER = {"rho": "1/4"}  # the rank 8 at the width 4096


def at(eta: str, rho: str | None = None) -> RatePoint:
    return RatePoint(Fraction(eta), None if rho is None else Fraction(rho))


def program(name: str) -> Program:
    if name == "full":
        return full()
    more = {"tau": "1/2"} if name == "pissa" else {}
    return lora(name, rank="growing", **more).substitute(QUARTER)  # type: ignore[arg-type]


# -- numbers as powers ------------------------------------------------------------------------------------------------


@given(st.integers(1, 12), st.integers(0, 12))
def test_powers_of_one_number_have_exact_exponents(rate: int, rank: int) -> None:
    point = RatePoint.of_numbers(Decimal(1) / 2**rate, Decimal(4096), Decimal(2**rank))
    assert (point.eta, point.rho) == (Fraction(-rate, 12), Fraction(rank, 12))


@given(st.decimals("1e-9", "1e3"), st.integers(2, 10**6))
def test_a_rate_is_printed_as_it_was_given(rate: Decimal, width: int) -> None:
    printed = Decimal(RatePoint.of_numbers(rate, Decimal(width), Decimal(1)).text(order("eta")))
    assert abs(printed - rate) <= Decimal("0.051") * rate


@pytest.mark.parametrize(
    ("rate", "text"),
    [("2e-5", "2.0e-5"), ("0.0123", "0.012"), ("279", "280"), ("1e4", "10000"), ("1e6", "1.0e6"), ("1", "1")],
)
def test_two_digits_are_printed(rate: str, text: str) -> None:
    assert RatePoint.of_numbers(Decimal(rate), Decimal(4096), Decimal(1)).text(order("eta")) == text


def test_what_is_zero_stays_zero() -> None:
    assert HERE.value(MINUS_INFINITY) is None
    assert HERE.text(MINUS_INFINITY) == "0" == at("-1").text(MINUS_INFINITY)


@pytest.mark.parametrize(("rate", "n", "r"), [(0, 8, 2), (1, 1, 1), (1, 8, 9), (1, 8, 0)])
def test_a_point_has_a_rate_and_a_rank_within_the_width(rate: int, n: int, r: int) -> None:
    with pytest.raises(OrderError, match=f"no point has rate {rate}, n = {n}, r = {r}; take a"):
        RatePoint.of_numbers(Decimal(rate), Decimal(n), Decimal(r))
    with pytest.raises(OrderError, match="no point has eta = -1, rho = 2; take a rank from 1 to the width: rho from 0"):
        at("-1", rho="2")


# -- a batch ----------------------------------------------------------------------------------------------------------


def test_the_number_of_samples_is_a_power_of_the_width_too() -> None:
    numbers = (Decimal("2e-5"), Decimal(4096), Decimal(8), Decimal(64))
    point = RatePoint.of_numbers(*numbers)
    assert point.opened == OF_NUMBERS
    assert str(point) == "rate 0.00002, n = 4096, r = 8, N = 64"
    with pytest.raises(OrderError, match="beta = -1; take a batch of at least one sample"):
        RatePoint(Fraction(-1), None, beta=Fraction(-1))


def test_full_fine_tuning_and_init_b_are_as_far_below_their_edges_on_a_batch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """N^(1/2)/n for both, and n^(-1/2) N^(1/4) from Init[A]: at n^-1 they are N^(1/2) and n^(1/2) N^(1/4) below."""
    found = run(capsys, "shared-rate --init A,B,full --batch growing --at eta=-1,beta=1/2 --format json")
    shares = {name: one["rate_over_edge"] for name, one in json.loads(found.out)["starts"].items()}
    assert shares == {"A": "n^-5/8", "B": "n^-1/4", "full": "n^-1/4"}
    unsaid = run(capsys, "shared-rate --init A,B,full --at eta=-1,beta=1/2 --format json")
    assert unsaid.out == found.out


def test_a_fixed_batch_has_the_comparison_of_one_sample(capsys: pytest.CaptureFixture[str]) -> None:
    one, fixed = (run(capsys, f"shared-rate --init A,B,full --at eta=-1 --batch {b}").out for b in ("one", "fixed"))
    assert one == fixed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--batch growing --at eta=-1", "beta left open; add beta=1/2 to --at, or batch=512 to --numbers"),
        ("--batch fixed --at eta=-1,beta=1/2", "has a batch that grows; leave --batch or beta out"),
        ("--at eta=-1,beta=-1/4", "take a batch of at least one sample: beta from 0 on"),
        ("--numbers rate=1e-4,n=4096,r=8,batch=1/2", "batch is '1/2'; write a positive number"),
        ("--batch many --at eta=-1", "unknown batch 'many'; known: fixed, growing, one"),
    ],
)
def test_a_wrong_batch_is_answered_on_one_line(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused = run(capsys, f"shared-rate --init A,full {words}")
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert message in refused.err


# -- the comparison ---------------------------------------------------------------------------------------------------


def standings(*names: str) -> list[RateComparison]:
    return [standing(name, derive(program(name))) for name in names]


def test_the_published_comparison_is_derived() -> None:
    assert descent(reversed(standings(*RANKED)), HERE) == [[name] for name in RANKED]


ALIGNED = {
    "default": "eta + rho",
    "pissa": "max(eta + rho + 1/4, 2*eta + rho/2 + 1)",
    "inilora-beta": "max(eta + rho/2 + 1/2, 2*eta + rho/2 + 1)",
    "inilora-alpha": "max(eta + rho + 1/2, 2*eta + rho/2 + 1)",
    "full": "eta + 1",
}


@pytest.mark.parametrize("name", RANKED)
def test_the_first_descent_of_each(name: str) -> None:
    (found,) = standings(name)
    assert found.updates[0].aligned == order(ALIGNED[name]).substitute({"rho": "1/4"})


def test_a_flat_spectrum_leaves_pissa_at_the_descent_of_lora() -> None:
    flat = standing("pissa", derive(lora("pissa", rank="growing").substitute(QUARTER)))
    assert descent([flat, *standings("default")], HERE) == [["pissa", "default"]]


@pytest.mark.parametrize(
    ("name", "numbers", "exponent"),
    [
        ("default", "3.6e-3", "n^-3/8"),
        ("pissa", "0.029", "n^-1/8"),
        ("inilora-beta", "0.082", "1"),
        ("inilora-alpha", "0.23", "n^1/8"),
        ("full", "0.082", "1"),
    ],
)
def test_the_distance_from_the_edge_as_a_number_and_as_a_power(name: str, numbers: str, exponent: str) -> None:
    (found,) = standings(name)
    for point, expected in ((HERE, numbers), (at("-1", rho="1/4"), exponent)):
        assert point.text(order(found.above(point))) == expected


def test_the_verdict_names_the_share_of_each() -> None:
    assert list(verdict(standings("inilora-alpha", "default", "full"), at("-1", rho="1/4"))) == [
        "equal rate, not equal optimum: the starts get different shares of their own largest stable rate",
        "n^3/8 times below the edge: default",
        "at the edge: full",
        "n^1/8 times above the edge, not stable: inilora-alpha",
    ]


def test_a_comparison_at_equal_distance_is_said_to_be_one() -> None:
    found = [standing(name, derive(lora(name))) for name in ("A", "AB")]
    (line,) = verdict(found, at("-1"))
    assert line == "equal rate and equal distance from the largest stable one: all are n^1/2 times below the edge"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lora("general"), "no largest stable learning rate with a0, b0, eta open; leave eta alone open"),
        (lora(lr="per-factor"), "with eta_A, eta_B open"),
        (lora("A").substitute({"eta": -1}), "with nothing open"),
        (lora("AB", a0=1, b0=1), "with eta open; leave eta alone open, of a start that is stable at some rate"),
    ],
)
def test_one_rate_is_open_and_has_an_edge(asked: Program, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        standing("it", derive(asked))


def test_orders_that_do_not_ascend_are_seen() -> None:
    a, b = (on("lora", init=init, rank="growing") for init in ("A", "B"))
    up, down = ((a, "dZ_B.aligned"), (b, "dZ_B.aligned")), ((b, "dZ_B.aligned"), (a, "dZ_B.aligned"))
    (good,) = Ascending(up, 1, "0 <= rho < 1").seen()
    assert (good.good, good.found) == (True, "eta + rho < eta + rho/2 + 1/2")
    (tied,) = Ascending(up, 1, "0 <= rho <= 1").seen()
    assert (tied.good, tied.found) == (False, "not for rho = 1")
    (bad,) = Ascending(down, 1, "0 <= rho < 1").seen()
    assert not bad.good


# -- measured ---------------------------------------------------------------------------------------------------------


def test_the_measured_descents_come_in_the_derived_order_and_size() -> None:
    """The first step at the published rate, width and rank."""
    pytest.importorskip("torch")
    from validation import Settings, measure_cell

    assert descent(standings(*RANKED), HERE) == [[name] for name in RANKED]
    measured = []
    for name in RANKED:
        change = "dZ_W" if name == "full" else "dZ_B"
        found = measure_cell(program(name).substitute({"eta": 0}), 4096, range(4), Settings(steps=1), rates=(2e-5,))
        measured.append(found.aligned[0, :, 1, found.quantities.index(change)].mean())
        (derived,) = standings(name)
        assert 0.5 < measured[-1] / float(HERE.text(derived.updates[0].aligned)) < 2, name
    assert measured == sorted(measured)


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_at_exponents(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "shared-rate --init A,B,full --at eta=-1")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(
        """\
One learning rate for all: eta = -1
  start  step 1  aligned  step 2  aligned  edge    rate/edge
  A      n^-1    n^-1     n^-1    n^-1     n^-1/2  n^-1/2
  B      1       n^-1/2   1       n^-1/2   n^-1    1
  full   1       1        1       1        n^-1    1

Descent of the first step
  A < B < full

Verdict
  equal rate, not equal optimum: the starts get different shares of their own
    largest stable rate
  n^1/2 times below the edge: A
  at the edge: B, full

Notes
"""
    )


def test_every_start_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for point in ("--at eta=-1,rho=1/4", NUMBERS):
        out = run(capsys, f"shared-rate {point}").out
        assert out.isascii()
        assert max(map(len, out.splitlines())) <= 80


def test_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, f"{PUBLISHED} {NUMBERS} --format json").out)
    assert found["descent"] == [[name] for name in RANKED]
    assert found["starts"]["default"]["edge"] == "5.5e-3"
    assert found["starts"]["full"]["steps"][0] == {"step": 1, "size": "0.082", "aligned": "0.082"}


def test_a_table_for_a_paper(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "shared-rate --init A --at eta=-1 --format latex").out
    assert r"A & $n^{-1}$ & $n^{-1}$ & $n^{-1}$ & $n^{-1}$ & $n^{-\frac{1}{2}}$ & $n^{-\frac{1}{2}}$ \\" in out


def test_another_optimiser_holds_for_full_fine_tuning_too(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "shared-rate --init A,full --at eta=-1 --optimizer sgd").out
    assert "all are at the edge" in out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "one learning rate is needed; write --at eta=-1, or --numbers rate=2e-5,n=4096,r=8"),
        (f"--at eta=-1 {NUMBERS}", "one learning rate is needed; write --at eta=-1, or --numbers rate=2e-5,n=4096,r=8"),
        ("--at rho=1/4", "--at: rho given; give eta, rho where the rank grows, and beta where the batch does"),
        ("--at eta=a0", "--at eta=a0: a0 is no rational; write a value such as -1/2"),
        ("--numbers rate=1,n=8", "--numbers: rate, n given; give rate, n, r"),
        (
            "--numbers rate=1e-999999999,n=8,r=2",
            "--numbers: rate is '1e-999999999'; write a positive number",
        ),
        ("--numbers rate=nan,n=8,r=2", "--numbers: rate is 'nan'; write a positive number, as in rate="),
        ("--numbers rate,n=8,r=2", "--numbers: rate is ''; write a positive number, as in rate="),
        ("--init pisa --at eta=-1", "target lora: unknown initialisation 'pisa'; did you mean pissa"),
        ("--init A --at eta=-1 --scaling free", "program lora: no largest stable learning rate with eta, sigma open"),
    ],
)
def test_what_cannot_be_asked(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    outcome = run(capsys, f"shared-rate {line}")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"gamma-calc: {message}")


def test_the_page_has_the_section_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    section = run(capsys, f"{PUBLISHED} {NUMBERS} --format markdown").out
    assert section.startswith("## Rate 0.00002, n = 4096, r = 8")
    assert section in PAGE.read_text(encoding="utf-8")
