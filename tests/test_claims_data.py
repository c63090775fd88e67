"""Published results as data: every one is derived, every outcome can fail, and what is measured is what is derived."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gamma_calc import lora, toy
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import start
from gamma_calc.errors import ConfigError, ExponentSyntaxError, UnknownName
from gamma_calc.exponents import order
from gamma_calc.language.leaves import Leaf
from validation.evidence.along import Along, EdgeAlong
from validation.evidence.answer import Answer, summary
from validation.evidence.checks import Check, Implied, Largest, Orders, Ratio, Same, Shown, Where
from validation.evidence.claim import Claim, Otherwise, Source
from validation.evidence.claims.table import _SOURCES, CLAIMS, chosen
from validation.evidence.claims_page import page
from validation.evidence.identity import parts_add_up
from validation.evidence.measure import Edge, Measurement, Reading, Slopes
from validation.evidence.outcome import NO_MEASUREMENT, NOT_RUN, Derived, Measured, Outcome, derived
from validation.evidence.record import Entry, Record
from validation.evidence.setting import on
from validation.evidence.trial import Constructed

LISTED = {"G": (1, 6), "L": (1, 12), "I": (1, 16), "N": (1, 12), "E": (1, 11), "C": (1, 50)}
DERIVED = {
    "G": (1, 2, 3, 4, 5, 6),
    "L": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "I": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15),
    "N": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12),
    "E": (2, 3, 4, 5, 6),
    "C": (
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        *range(11, 23),
        23,
        25,
        26,
        27,
        28,
        29,
        30,
        32,
        35,
        36,
        37,
        39,
        42,
        43,
        47,
        48,
    ),
}
UNDER_ANOTHER_ASSUMPTION = {"L10", "L11", "N1", "N2", "N6", "N10", "C27"}
A, B = on("lora", init="A"), on("lora", init="B")
MET = Where(A, "eta <= -1/2", ("stable",))
FAILED = Where(A, "eta <= -1", ("stable",))
SOMEBODY = Source("Somebody", 2000, "Something")


@cache
def outcome(name: str) -> Derived:
    return derived(CLAIMS[name])


def claim(*checks: Check, otherwise: Otherwise | None = None, pending: str = "", numeric: str = "") -> Claim:
    return Claim(
        "X1", SOMEBODY, "a place", "a statement", checks, otherwise=otherwise, pending=pending, numeric=numeric
    )


# -- the table --------------------------------------------------------------------------------------------------------


def spelled(letter: str, number: int) -> str:
    return f"{letter}{number:02}" if letter == "C" else f"{letter}{number}"


def test_every_result_is_listed_once() -> None:
    expected = [spelled(letter, i) for letter, (first, last) in LISTED.items() for i in range(first, last + 1)]
    expected += [f"T{i}" for i in (36, 38, 39, 40, 41, 42, 56)]  # of the table of what others measured: on batches
    assert list(CLAIMS) == expected
    assert sum(len(source.CLAIMS) for source in _SOURCES) == len(CLAIMS)


@pytest.mark.parametrize("one", CLAIMS.values(), ids=lambda one: one.id)
def test_a_claim_is_checked_or_says_what_is_missing(one: Claim) -> None:
    assert sum(map(bool, (one.checks, one.pending, one.numeric))) == 1
    assert not (one.pending and one.measurements)
    assert one.statement.endswith(".")


def test_a_claim_is_found_whatever_the_case_of_its_letter() -> None:
    assert [one.id for one in chosen(["i7", "C01"])] == ["I7", "C01"]
    assert chosen([]) == tuple(CLAIMS.values())
    with pytest.raises(UnknownName, match="unknown claim 'I77'; did you mean I7"):
        chosen(["I77"])


@pytest.mark.parametrize("name", [spelled(letter, i) for letter, numbers in DERIVED.items() for i in numbers])
def test_a_derived_claim_holds_as_stated_or_under_the_assumption_it_names(name: str) -> None:
    found = outcome(name)
    expected = Outcome.OTHERWISE if name in UNDER_ANOTHER_ASSUMPTION else Outcome.HOLDS
    assert found.outcome is expected, [seen for seen in found.seen if not seen.good]
    assert bool(found.detail) == (name in UNDER_ANOTHER_ASSUMPTION)


def test_no_other_claim_is_contradicted() -> None:
    assert [name for name in CLAIMS if outcome(name).outcome is Outcome.CONTRADICTED] == []


def test_from_init_b_the_efficient_pairs_with_a_bounded_feature_are_a_ray() -> None:
    first = next(seen for seen in outcome("L10").seen if not seen.good)
    assert first.found == "eta_A + eta_B = -1 & eta_A <= -1"


def test_in_the_additive_reading_the_noise_of_a_random_start_does_not_vanish() -> None:
    literal = claim(Orders(on("lora", init="AB", sum_rule="additive"), {"Z_B": "-1/2"}, (0,)))
    assert derived(literal).seen[0].found == "0"


# -- outcomes ---------------------------------------------------------------------------------------------------------


def test_an_outcome_is_what_the_checks_say() -> None:
    helped, helpless = Otherwise("if so", (MET,)), Otherwise("if so", (FAILED,))
    assert derived(claim(MET)).outcome is Outcome.HOLDS
    assert derived(claim(MET, FAILED)).outcome is Outcome.CONTRADICTED
    assert str(derived(claim(FAILED, otherwise=helped))) == "holds under another assumption: if so"
    assert derived(claim(FAILED, otherwise=helpless)).outcome is Outcome.CONTRADICTED
    assert derived(claim(MET, otherwise=helpless)).outcome is Outcome.HOLDS
    assert str(derived(claim(pending="a reason"))) == "not yet checked: a reason"
    assert str(derived(claim(numeric="a reason"))) == "no symbolic check: a reason"


GENERAL = on("lora", init="general")
GOOD: list[Check] = [
    Orders(A, {"B": "eta", "Z_A": "0"}, (1,)),
    Orders(A, {"Z_A": "eta + 1"}, within="eta >= -1"),
    Where(A, "-1 < eta <= -1/2", ("stable",), ("Z_A > 0",)),
    Where(GENERAL, "b0 <= -1/2", ("efficient",), onto=("b0",)),
    Implied(A, ("delta3 <= 0",), ("stable",)),
    Largest(GENERAL, "min(-1/2, -1/2 - a0, -1 - b0)", "a0 + 1/2 + b0 <= 0"),
    Ratio(A, B, "1/2"),
    Same(A, on("lora", init="default"), ("Z_B", "delta1")),
    Shown("parts", lambda: parts_add_up(toy(), "f", ("delta1", "delta2", "delta3"))),
]
BAD: list[Check] = [
    Orders(A, {"B": "eta + 1"}, (1,)),
    Orders(A, {"Z_A": "eta + 1"}),
    Where(A, "-1 <= eta <= -1/2", ("stable",), ("Z_A > 0",)),
    Where(GENERAL, "b0 <= 0", ("efficient",), onto=("b0",)),
    Implied(A, ("delta3 <= -1",), ("stable",)),
    Implied(B, ("delta3 = 0",), ("efficient",)),
    Largest(GENERAL, "min(-1/2, -1/2 - a0, -1 - b0)"),
    Largest(A, "-1/3"),
    Largest(A, "-1/2", where="eta <= 0 & rho = 0"),
    Ratio(A, B, "1"),
    Ratio(A, on("lora", "eta=-1", init="B"), "0"),
    Same(A, B, ("Z_B",)),
    Shown("parts", lambda: parts_add_up(toy(), "f", ("delta1", "delta2"))),
]


@pytest.mark.parametrize("check", GOOD, ids=lambda check: type(check).__name__)
def test_a_check_is_met(check: Check) -> None:
    assert [seen for seen in check.seen() if not seen.good] == []


@pytest.mark.parametrize("check", BAD, ids=lambda check: type(check).__name__)
def test_a_check_can_fail(check: Check) -> None:
    assert [seen for seen in check.seen() if not seen.good] != []


def test_what_holds_nowhere_implies_nothing() -> None:
    (seen,) = Implied(B, ("delta3 = 0",), ("efficient",)).seen()
    assert seen.found == "the premise holds nowhere"


def test_a_demand_has_a_form() -> None:
    with pytest.raises(ExponentSyntaxError, match="'Z_A is 0' is no demand; write QUANTITY = ORDER"):
        list(Where(A, "all", demands=("Z_A is 0",)).seen())


@pytest.mark.parametrize("parts", [("delta1", "delta2"), ("delta1", "delta2", "delta3", "delta3"), ("delta3",)])
def test_other_parts_do_not_add_up_to_the_change(parts: tuple[str, ...]) -> None:
    assert not parts_add_up(lora(scaling="free"), "Z_B", parts)


# -- numbers ----------------------------------------------------------------------------------------------------------

MEASURED = {f"{one.id}-{i}": m for one in CLAIMS.values() for i, m in enumerate(one.measurements)}


def names(*kinds: type[Measurement]) -> pytest.MarkDecorator:
    found = {name: m for name, m in MEASURED.items() if isinstance(m, kinds)}
    return pytest.mark.parametrize("measurement", found.values(), ids=found)


@names(Slopes)
def test_a_measured_slope_is_the_derived_exponent(measurement: Slopes) -> None:
    found = measurement.setting.found.at_step(measurement.step)
    assert {k: found[k] for k in measurement.orders} == {k: order(v) for k, v in measurement.orders.items()}


@names(Edge)
def test_a_measured_edge_is_the_derived_one(measurement: Edge) -> None:
    (bound,) = measurement.setting.found.conditions["stable"].region.sup("eta")
    assert bound.value == order(measurement.value)


@names(Along)
def test_a_slope_along_an_exponent_is_that_of_the_derived_order(measurement: Along) -> None:
    found = measurement.setting.found.at_step(measurement.step)
    for name, slope in measurement.slopes.items():
        values = [found[name].at({measurement.exponent: Fraction(v)}) for v in measurement.values]
        check_slope(measurement.values, values, slope)


@names(EdgeAlong)
def test_an_edge_along_an_exponent_is_the_derived_one(measurement: EdgeAlong) -> None:
    pieces = measurement.setting.found.conditions["stable"].region.sup("eta")
    points = [{measurement.exponent: Fraction(v)} for v in measurement.values]
    values = [next(p.value.at(point) for p in pieces if p.value is not None and point in p.where) for point in points]
    check_slope(measurement.values, values, measurement.slope)


def check_slope(places: Sequence[str], values: Sequence[Any], slope: str) -> None:
    steps = [Fraction(b) - Fraction(a) for a, b in pairwise(places)]
    assert [b - a for a, b in pairwise(values)] == [Fraction(slope) * step for step in steps]


@names(Constructed)
def test_the_slope_of_a_constructed_start_is_that_of_the_catalogue(measurement: Constructed) -> None:
    rank = "growing" if len(measurement.widths) == 1 else "fixed"
    program = lora(measurement.init, rank=rank, tau=None if measurement.tau == "0" else measurement.tau)
    leaf = {node.name: node for node in program.nodes if isinstance(node, Leaf)}
    nodes = {"A": leaf["A"], "B": leaf["B"], "A Z": leaf["A"] @ leaf["Z"], "B A": leaf["B"] @ leaf["A"]}
    here = Evaluation(program, start(program))
    for name, text in measurement.orders.items():
        found = here.value(nodes[name]).order
        if rank == "growing":
            found = found.substitute({"rho": 1}) - found.substitute({"rho": 0})
        assert found == order(text), name


def numeric_side(predicted: Fraction | None, verdict: str) -> tuple[dict[str, Any], Any]:
    """What the numeric side was asked, and in its place one that finds one row and notes that."""
    row = SimpleNamespace(predicted=predicted, measured=0.25, verdict=SimpleNamespace(value=verdict), reason="so")
    asked: dict[str, Any] = {}

    def validate(_: object, at: object, **settings: object) -> Any:
        asked.update(settings, at=at)
        return SimpleNamespace(row=lambda *_: row, seeds=16)

    def largest_stable_rate(_: object, **settings: object) -> Any:
        asked.update(settings)
        return SimpleNamespace(row=row, seeds=16)

    side = SimpleNamespace(validate=validate, largest_stable_rate=largest_stable_rate, Settings=SimpleNamespace)
    return asked, side


SLOPE = Slopes(on("lora", "eta=-3/4", init="A"), {"Z_A": "1/4"}, 2, Fraction(3, 100))


def readings(measurement: Slopes | Edge, side: object) -> list[Reading]:
    return list(measurement.readings(side))


@pytest.mark.parametrize(
    ("predicted", "verdict", "expected"),
    [
        (Fraction(1, 4), "confirmed", "confirmed"),
        (Fraction(1, 4), "refuted", "refuted"),
        (Fraction(1, 4), "undecided", "undecided"),
        (Fraction(1, 2), "confirmed", "refuted"),
        (Fraction(1, 2), "refuted", "undecided"),
        (None, "confirmed", "refuted"),
    ],
)
def test_a_verdict_is_on_what_the_claim_says(predicted: Fraction | None, verdict: str, expected: str) -> None:
    asked, side = numeric_side(predicted, verdict)
    assert [reading.verdict for reading in readings(SLOPE, side)] == [expected]
    assert (asked["at"], asked["steps"], asked["tolerance"]) == ({"eta": "-3/4"}, 2, 0.03)
    edge = Edge(on("lora", "sigma=1/2", init="A", scaling="free"), "1/4")
    assert [reading.verdict for reading in readings(edge, side)] == [expected]
    assert asked["at"] == {"sigma": "1/2"}


def test_the_worst_verdict_is_that_of_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    running = pytest.importorskip("validation.evidence.run")
    monkeypatch.setattr(running, "instruments", numeric_side(Fraction(1, 4), "confirmed")[1])
    two = replace(claim(MET), measurements=(SLOPE, replace(SLOPE, orders={"Z_A": "1"})))
    record = Record.new()
    for digest, entry in running.run(two.measurements[:1]):
        record = record.having(digest, entry)
    assert record.measured(two) == NOT_RUN
    for digest, entry in map(running.one, two.measurements[1:]):
        record = record.having(digest, entry)
    found = record.measured(two)
    assert found.verdict == "refuted"
    assert str(found) == "refuted: lora init=A, at eta = -3/4: exponent of Z_A after step 2, +-0.03: +0.250"
    assert record.measured(claim(MET)) == NO_MEASUREMENT


def test_a_claim_is_measured() -> None:
    instruments = pytest.importorskip("validation.evidence.instruments")
    slopes = Slopes(on("lora", "eta=-1/2", init="A"), {"delta1": "-inf", "B": "-1/2"}, 1, widths=(64, 128, 256, 512))
    assert [reading.verdict for reading in readings(slopes, instruments)] == ["confirmed", "confirmed"]
    edge = Edge(on("lora", init="B", optimiser="sign"), "-1", Fraction(1, 10), (64, 128, 256, 512))
    assert [reading.verdict for reading in readings(edge, instruments)] == ["confirmed"]


# -- what is told -----------------------------------------------------------------------------------------------------


def told(one: Claim, found: Measured = NO_MEASUREMENT) -> Answer:
    return Answer(one, derived(one), found)


def test_wrong_open_and_decided() -> None:
    refuted, undecided = (
        Measured(verdict, (Reading("", "", "", verdict, ""),)) for verdict in ("refuted", "undecided")
    )
    assert not told(claim(MET)).wrong
    assert told(claim(FAILED)).wrong
    assert told(claim(MET), refuted).wrong
    assert told(claim(MET)).decided
    assert told(claim(MET), undecided).open
    assert not told(claim(MET), undecided).decided
    assert not told(claim(pending="so")).decided
    assert not told(claim(numeric="so")).decided
    assert told(claim(numeric="so"), refuted).decided
    assert not Answer(claim(MET), None, NO_MEASUREMENT).decided


def test_a_recorded_verdict_is_shown_and_judges_nothing() -> None:
    recorded = told(claim(MET), Measured("refuted", (Reading("", "", "", "refuted", ""),), "2000-01-01"))
    assert not recorded.wrong
    assert recorded.said[1].startswith("refuted (recorded 2000-01-01)")
    assert summary([recorded]) == "1 claim: 1 holds; measured (recorded 2000-01-01): 1 refuted"


def test_the_summary_counts_every_outcome() -> None:
    answers = [told(one) for one in (claim(MET), claim(FAILED), claim(pending="so"), claim(numeric="so"))]
    assert summary(answers) == "4 claims: 1 holds, 1 contradicted, 1 no symbolic check, 1 not yet checked"
    assert summary([Answer(claim(MET), None, Measured("confirmed", (Reading("", "", "", "confirmed", ""),)))]) == (
        "1 claim; measured: 1 confirmed"
    )


def test_the_page_keeps_a_bar_inside_its_cell() -> None:
    one = told(replace(claim(MET), id="G1", statement="|x| is small."))
    line = "| G1 | Somebody 2000, a place (quoted) | \\|x\\| is small. | holds | no measurement |"
    assert line in page([one], Record.new())


# -- the record -------------------------------------------------------------------------------------------------------


def test_a_record_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    entry = Entry("2000-01-01", 3, (Reading("a", "1", "+1.0", "confirmed", "so", 16),))
    record = Record.new().having("abc", entry)
    record.save(path)
    assert Record.load(path) == record == Record.resumed(path)
    assert Record.resumed(tmp_path / "none.json") == Record.new()


def test_what_other_versions_measured_is_kept_and_each_entry_tells_its_own(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    old = Record(Record.new().machine, "python 1", {"abc": Entry("2000-01-01", 3, ())})
    old.save(path)
    found = Record.resumed(path)
    assert found == old
    more = found.having("def", Entry("2000-01-02", 3, ()))
    assert more.entries["abc"] == old.entries["abc"]
    assert more.entries["def"].versions == Record.new().versions
    assert more.made_with == f"python 1; 1 of them with {Record.new().versions}"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine": "", "versions": "", "entries": {"a": {}}}'])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="no record of measurements; name a new file"):
        Record.load(path)


def test_what_is_asked_for_no_more_is_dropped() -> None:
    entry, asked = Entry("2000-01-01", 3, ()), replace(claim(MET), measurements=(SLOPE,))
    record = Record.new().having(SLOPE.digest, entry).having("abc", entry)
    assert set(record.only([asked]).entries) == {SLOPE.digest}


def test_what_is_recorded_belongs_to_a_claim() -> None:
    """A renamed class would leave every number that was measured before without its claim."""
    record = Record.of_package("claims")
    assert record.only(tuple(CLAIMS.values())).entries.keys() == record.entries.keys()


def test_another_definition_has_another_digest() -> None:
    assert SLOPE.digest == replace(SLOPE).digest
    others = (replace(SLOPE, step=3), replace(SLOPE, tolerance=Fraction(1, 10)), replace(SLOPE, orders={"Z_A": "0"}))
    assert len({SLOPE.digest, *(other.digest for other in others)}) == 4


def test_what_cannot_be_measured_is_undecided_for_that_reason() -> None:
    _, entry = pytest.importorskip("validation.evidence.run").one(Slopes(A, {"Z_A": "0"}, 1))
    assert entry.readings[0].verdict == "undecided"
    assert "the exponents eta are open" in entry.readings[0].reason
