"""Measurements other than slopes in the width: each confirms what holds and refutes what does not."""

from collections.abc import Iterator
from fractions import Fraction
from math import log
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import lora  # noqa: E402 - after the check that torch is there
from validation.evidence import instruments  # noqa: E402
from validation.evidence.along import Along, EdgeAlong, evenly  # noqa: E402
from validation.evidence.measure import Measurement, Slopes  # noqa: E402
from validation.evidence.run import run  # noqa: E402
from validation.evidence.setting import on  # noqa: E402
from validation.evidence.trial import Constructed, Trial  # noqa: E402
from validation.evidence.trials import Found, growth_of_the_product, same_run, steps_to_escape  # noqa: E402
from validation.measurement.along import slopes_along  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Many small arrays: threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def verdicts(measurement: Measurement) -> list[str]:
    return [reading.verdict for reading in measurement.readings(instruments)]


def degree(text: str) -> Along:
    return Along(on("lora", init="A", optimiser="sign"), "eta", evenly("-9/4", "-3/2", 4), {"delta1": text}, 2, 256)


def test_a_degree_in_the_learning_rate() -> None:
    assert verdicts(degree("2")) == ["confirmed"]
    assert verdicts(degree("1")) == ["refuted"]
    (reading,) = degree("2").readings(instruments)
    assert reading.asked == (
        "lora init=A optimiser=sign, n = 256: exponent of delta1 in the learning rate after step 2, +-0.05"
    )
    assert reading.seeds == 16


def test_seeds_are_added_until_it_is_decided() -> None:
    values = [Fraction(v) for v in evenly("-9/4", "-3/2", 4)]
    program, wanted = lora("A", optimiser="sign"), {"delta2": Fraction(1)}
    few, more = (
        slopes_along(program, "eta", values, wanted, width=64, step=2, seeds=4, most_seeds=most, tolerance=0.02)
        for most in (4, 64)
    )
    assert few.rows["delta2"].wants_seeds
    assert (few.seeds, more.seeds) == (4, 64)


@pytest.mark.parametrize(("slope", "verdict"), [("1", "confirmed"), ("0", "refuted")])
def test_an_edge_along_the_rank(slope: str, verdict: str) -> None:
    setting = on("lora", init="B", optimiser="sign", rank="growing", scaling="alpha/r")
    measurement = EdgeAlong(setting, "rho", evenly("1/8", "3/8", 4), slope, 256, Fraction(1, 10))
    assert verdicts(measurement) == [verdict]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("closed_forms", ("A",)),
        ("closed_forms", ("B",)),
        ("closed_forms", ("AB",)),
        ("sum_of_parts", ("toy",)),
        ("sum_of_parts", ("lora",)),
        ("merged_start", ()),
        ("same_run", ("sgd", "2")),
        ("same_run", ("sign", "1")),
        ("same_run", ("adam", "1")),
        ("same_network", ("sgd", "table 8")),
        ("same_network", ("adam", "table 9")),
    ],
)
def test_an_identity_holds_to_round_off(name: str, options: tuple[str, ...]) -> None:
    assert verdicts(Trial(name, "the difference", "0", "1e-9", options)) == ["confirmed"]


def test_another_exchange_is_another_run() -> None:
    """Under sign steps the rate moves by u, not by u^2."""
    assert same_run("sign", "2").value > 0.1


def test_the_time_to_escape_grows_with_the_logarithm_of_the_width() -> None:
    found = steps_to_escape("0.2")
    assert found.judged(log(4) / (4 * log(1.2)), 0.05)[0] == "confirmed"
    assert found.judged(1.8, 0.05)[0] == "refuted"


@pytest.mark.long
def test_the_product_grows_at_the_stated_rate() -> None:
    assert growth_of_the_product("1", "0").judged(1, 0.1)[0] == "confirmed"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [(Found(1, 0.1, 2), "confirmed"), (Found(1.15, 0.1, 2), "undecided"), (Found(1.5, 0.1, 2), "refuted")],
)
def test_a_number_is_judged_with_its_error(found: Found, verdict: str) -> None:
    assert found.judged(1, 0.2)[0] == verdict


@pytest.mark.parametrize(
    ("init", "orders", "options", "expected"),
    [
        ("lora-ga", {"A": "-1/4", "B A": "-1/2"}, {}, ["confirmed", "confirmed"]),
        ("lora-ga", {"A": "-1/2"}, {}, ["refuted"]),
        ("gaussian", {"A": "-1"}, {"widths": (256,), "ranks": (2, 4, 8, 16)}, ["confirmed"]),
        ("orthogonal", {"B A": "-inf"}, {"widths": (16, 32, 64, 128)}, ["confirmed"]),
        ("inilora-alpha", {"B A": "-inf"}, {"widths": (16, 32, 64, 128)}, ["refuted"]),
    ],
)
def test_a_start_as_it_is_constructed(
    init: str, orders: dict[str, str], options: dict[str, Any], expected: list[str]
) -> None:
    assert verdicts(Constructed(init, orders, **options)) == expected


@pytest.mark.long
def test_measurements_run_on_every_core() -> None:
    wanted = [Slopes(on("lora", f"eta={eta}", init="B"), {"Z_B": f"{eta} + 1"}, 1) for eta in ("-1", "-3/4")]
    found = dict(run(wanted))
    assert {m.digest for m in wanted} == set(found)
    assert [r.verdict for m in wanted for r in found[m.digest].readings] == ["confirmed", "confirmed"]
