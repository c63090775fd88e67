"""Fits and verdicts on data whose law is known: what must be confirmed, refuted, left undecided."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")
pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402 - after the checks
from hypothesis import strategies as st  # noqa: E402

from validation.executor.settings import SPANS  # noqa: E402
from validation.statistics.cause import Cause  # noqa: E402
from validation.statistics.slope import Floats, Points, crossover, line  # noqa: E402
from validation.statistics.verdict import Prediction, Row, Verdict, holm, judged, overall, row  # noqa: E402

WIDTHS = tuple(2**k for k in range(8, 17))
HALF = Fraction(1, 2)


def sizes(law: Callable[[float], float], *, seeds: int = 64, noise: float = 0.1, draw: int = 0) -> dict[int, Floats]:
    random = np.random.default_rng(draw)
    return {n: abs(law(n) * (1 + noise * random.standard_normal(seeds))) for n in WIDTHS}


def verdict(law: Callable[[float], float], exponent: Fraction | None, *lower: Fraction, noise: float = 0.1) -> Row:
    return row(Prediction("x", 1, exponent, lower), sizes(law, noise=noise))


@settings(max_examples=30, deadline=None)
@given(st.fractions(-3, 3, max_denominator=8), st.integers(0, 1000))
def test_a_power_law_is_confirmed_whatever_its_exponent(exponent: Fraction, draw: int) -> None:
    law = sizes(lambda n: 3 * n ** float(exponent), draw=draw)
    assert row(Prediction("x", 1, exponent), law).verdict is Verdict.CONFIRMED


@settings(max_examples=30, deadline=None)
@given(st.fractions(-3, 3, max_denominator=8), st.sampled_from([-1, -HALF / 2, HALF / 4, HALF]), st.integers(0, 1000))
def test_another_power_law_is_refuted(exponent: Fraction, off: Fraction, draw: int) -> None:
    law = sizes(lambda n: n ** float(exponent), noise=0.02, draw=draw)
    found = row(Prediction("x", 1, exponent + off), law)
    assert found.verdict is Verdict.REFUTED
    assert found.p_value < 1e-6


def test_the_interval_holds_the_true_slope_as_often_as_it_says() -> None:
    held = 0
    for draw in range(200):
        by_width = sizes(lambda n: n**0.5, seeds=16, draw=draw)
        points = Points.of(WIDTHS, list(by_width.values()))
        fit = line(points)
        held += abs(fit.slope - 0.5) <= points.quantile * fit.error
    assert held >= 180


def test_a_crossover_is_seen_through_with_the_lower_monomial() -> None:
    def law(n: float) -> float:
        return float(np.sqrt(n + 3e4))

    by_line = verdict(law, HALF, noise=0.02)
    assert by_line.verdict is not Verdict.CONFIRMED
    fitted = verdict(law, HALF, Fraction(0), noise=0.02)
    assert (fitted.verdict, fitted.method) == (Verdict.CONFIRMED, "crossover")
    assert fitted.share is not None
    assert fitted.share > 0.6


def test_a_leading_monomial_that_does_not_show_leaves_the_row_undecided() -> None:
    found = verdict(lambda n: float(np.sqrt(1e-3 * n**0.5 + 1)), HALF / 2, Fraction(0), noise=0.02)
    assert found.verdict is Verdict.UNDECIDED
    assert found.reason.startswith("crossover: ")


def test_a_leading_monomial_that_is_not_there_is_refuted() -> None:
    found = verdict(lambda _: 1.0, HALF, Fraction(0), noise=0.001)
    assert (found.verdict, found.reason) == (Verdict.REFUTED, "the leading monomial is not there")


def test_a_slope_that_has_not_settled_is_not_confirmed() -> None:
    found = verdict(lambda n: 1 / (1 + (n / 2**12) ** 0.5), Fraction(-1, 4), noise=0.001)
    assert found.verdict is Verdict.UNDECIDED
    assert "add larger widths" in found.reason


def test_a_transient_at_small_widths_does_not_hide_the_exponent_of_the_larger_half() -> None:
    found = verdict(lambda n: n**0.5 * (1 + 300 / n), HALF, noise=0.02)
    assert found.measured is not None
    assert (found.verdict, found.reason) == (Verdict.CONFIRMED, "line at the largest widths")
    early = {n: s for n, s in sizes(lambda n: n**0.5 * (1 + 300 / n), noise=0.02).items() if n < 2**11}
    assert row(Prediction("x", 1, HALF), early).verdict is not Verdict.CONFIRMED


def test_a_straight_line_that_bends_away_at_the_larger_half_is_not_confirmed() -> None:
    found = verdict(lambda n: n**0.5 * (1 + (n / 2**15) ** 0.5), HALF, noise=0.01)
    assert found.verdict is not Verdict.CONFIRMED


def test_a_width_with_fewer_seeds_counts_less() -> None:
    by_width = sizes(lambda n: n**0.5)
    few = [s[:4] if n == WIDTHS[-1] else s for n, s in by_width.items()]
    points = Points.of(WIDTHS, few)
    assert points.seeds == 4
    assert points.errors[-1] > 3 * points.errors[0]
    assert points.widest(4).widths.tolist() == [float(n) for n in WIDTHS[-4:]]


def test_a_sum_of_a_growing_number_of_squares_is_averaged_by_its_mean() -> None:
    """Of products of two sums of r squares the mean is exact at every r; the other two means are not."""
    random = np.random.default_rng(0)
    rank = {n: round(n**0.25) for n in (81, 256, 625, 1296, 2401, 4096)}

    def squares(r: int) -> Floats:
        found: Floats = (random.standard_normal((20000, r)) ** 2).mean(1)
        return found

    law = {n: n**0.5 * squares(r) * squares(r) for n, r in rank.items()}
    found = row(Prediction("x", 1, HALF), law)
    assert found.verdict is Verdict.CONFIRMED
    logs = np.log(list(rank))
    by_root = np.polyfit(logs, [np.log(np.sqrt((s**2).mean())) for s in law.values()], 1)[0]
    by_logs = np.polyfit(logs, [np.log(s).mean() for s in law.values()], 1)[0]
    assert found.measured is not None
    assert abs(found.measured - 0.5) < min(abs(by_root - 0.5), abs(by_logs - 0.5))


def test_noise_asks_for_seeds() -> None:
    found = row(Prediction("x", 1, HALF), sizes(lambda n: n**0.5, seeds=4, noise=1.0))
    assert found.verdict is Verdict.UNDECIDED
    assert found.wants_seeds


def test_products_of_many_normal_variables_are_not_judged_by_their_largest_seed() -> None:
    random = np.random.default_rng(1)
    heavy = {n: n**0.5 * np.exp(6 * random.standard_normal(64)) for n in WIDTHS}
    assert row(Prediction("x", 1, HALF), heavy).verdict is Verdict.UNDECIDED
    many = {n: n**0.5 * np.exp(2 * random.standard_normal(8000)) for n in WIDTHS}
    assert row(Prediction("x", 1, HALF), many).verdict is Verdict.CONFIRMED


def test_means_that_are_no_squares_refute_by_no_sum_of_squares() -> None:
    """A mean of logarithms of a sum of monomials is no sum of monomials, so their misfit says nothing."""
    by_width = sizes(lambda _: 1.0, noise=0.001)
    points = Points.of(WIDTHS, list(by_width.values()))
    prediction = Prediction("x", 1, HALF, (Fraction(0),))
    assert not points.heavy
    assert judged(prediction, points).verdict is Verdict.REFUTED
    assert judged(prediction, replace(points, heavy=True)).verdict is Verdict.UNDECIDED
    random = np.random.default_rng(2)
    assert Points.of(WIDTHS, [n * random.standard_normal(500) ** 4 for n in WIDTHS]).heavy


def test_minus_infinity_means_exactly_zero_at_every_width() -> None:
    zero = {n: np.zeros(4) for n in WIDTHS}
    tiny = zero | {WIDTHS[3]: np.full(4, 1e-300)}
    assert row(Prediction("x", 1, None), zero).verdict is Verdict.CONFIRMED
    assert row(Prediction("x", 1, None), tiny).verdict is Verdict.REFUTED
    assert row(Prediction("x", 1, HALF), zero).verdict is Verdict.REFUTED


def test_overflow_is_named_and_not_fitted() -> None:
    law = sizes(lambda n: n**0.5) | {WIDTHS[-1]: np.full(64, np.inf), WIDTHS[-2]: np.full(64, np.nan)}
    found = row(Prediction("x", 1, HALF), law)
    assert found.verdict is Verdict.CONFIRMED
    assert found.reason == f"line; overflow at n = {WIDTHS[-2]}, {WIDTHS[-1]}"
    most = row(Prediction("x", 1, HALF), {n: np.full(64, np.inf) for n in WIDTHS})
    assert most.verdict is Verdict.UNDECIDED


def test_an_upper_bound_is_confirmed_by_anything_below() -> None:
    bound = Prediction("x", 1, HALF, bound=True)
    assert row(bound, sizes(lambda n: n**0.25)).verdict is Verdict.CONFIRMED
    assert row(bound, sizes(lambda n: n**0.75)).verdict is Verdict.REFUTED
    assert row(bound, {n: np.zeros(4) for n in WIDTHS}).verdict is Verdict.CONFIRMED


def test_an_upper_bound_that_is_zero_at_some_widths_is_left_open() -> None:
    bound = Prediction("x", 1, HALF, bound=True)
    for law in (lambda n: n**0.25, lambda n: n**0.75):
        found = row(bound, sizes(law) | {n: np.zeros(4) for n in WIDTHS[2:4]})
        assert (found.verdict, found.reason) == (Verdict.UNDECIDED, "exactly zero at n = 1024, 2048: add seeds")


def made(kind: Verdict, p_value: float = 1.0) -> Row:
    return Row("x", 1, HALF, 0.5, 0.4, 0.6, kind, "", p_value=p_value)


def test_a_refutation_must_stand_among_all_rows() -> None:
    rows = [made(Verdict.REFUTED, 0.01), *[made(Verdict.CONFIRMED)] * 9]
    assert holm(rows)[0].verdict is Verdict.UNDECIDED
    assert holm([made(Verdict.REFUTED, 0.001), *rows[1:]])[0].verdict is Verdict.REFUTED


def test_one_refuted_row_refutes_and_one_undecided_row_undecides() -> None:
    confirmed, refuted, undecided = (made(v) for v in Verdict)
    assert overall([confirmed, confirmed]) is Verdict.CONFIRMED
    assert overall([confirmed, undecided]) is Verdict.UNDECIDED
    assert overall([confirmed, undecided, refuted]) is Verdict.REFUTED


def test_the_leading_exponent_of_a_sum_is_bounded_from_both_sides() -> None:
    by_width = sizes(lambda n: float(np.sqrt(n + 50 * n**0.5)), noise=0.02)
    fit = crossover(Points.of(WIDTHS, list(by_width.values())), 0.5, [0.25], 0.05)
    assert fit.low <= 0.5 <= fit.high
    assert fit.high - fit.low < 0.3


def test_the_exponent_of_a_sum_is_measured_and_not_that_of_a_grid_about_the_prediction() -> None:
    by_width = sizes(lambda n: float(np.sqrt(n**0.96 + 50 * n**0.5)), noise=1e-4)
    fit = crossover(Points.of(WIDTHS, list(by_width.values())), 0.5, [0.25], 0.05)
    assert abs(fit.slope - 0.48) < 2e-3


@pytest.mark.parametrize("exponent", [Fraction(-99), Fraction(99)])
def test_numbers_that_leave_the_range_refute_nothing(exponent: Fraction) -> None:
    span = SPANS["float64"]
    away = Prediction("x", 1, exponent, extremes=(exponent, Fraction(0)))
    zero = {n: np.zeros(4) for n in WIDTHS}
    for sizes_ in (zero, {**zero, WIDTHS[0]: np.ones(4)}, sizes(lambda _: 1.0)):
        assert row(away, sizes_).verdict is not Verdict.CONFIRMED
        found = row(away, sizes_, span=span)
        assert (found.verdict, found.cause) == (Verdict.UNDECIDED, Cause.OUT_OF_RANGE)
        assert found.reason.startswith(f"numbers of order n^({exponent}) leave the range at n = 2")
        assert not found.wants_seeds
        assert not found.may_be_hidden
    near = Prediction("x", 1, HALF, extremes=(-HALF, HALF))
    assert row(near, zero, span=span).verdict is Verdict.REFUTED


def test_every_reason_prints_and_asks_for_one_thing() -> None:
    gaps = {"widths": "2", "order": 1, "tolerance": 0.05, "before": "line", "rows": 3, "late": 0.1, "share": 0.2}
    texts = [reason.text(**gaps, low=0.0, high=1.0) for reason in Cause if reason is not Cause.NONE]
    assert len(set(texts)) == len(texts)
    for reason, text in zip(list(Cause)[1:], texts, strict=True):
        assert text.endswith(reason.remedy.value)
