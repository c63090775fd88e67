"""The JSON answers: fixed keys, strings that the parsers read back, golden values of Init[A] and Init[B]."""

import json
from typing import Any

import pytest
from command import EXAMPLE, run

import gamma_calc
from gamma_calc import Region, derive, lora, order
from gamma_calc.derivation.data import as_data

KEYS = {"program", "assumptions", "variables", "from_step", "orders", "conditions"}
CONDITIONS = ["stable", "internally_stable", "feature_learning", "efficient"]

GOLDEN_A = {
    "Z": "0",
    "Z_A": "max(0, eta + 1)",
    "A": "max(-1/2, eta)",
    "B": "eta",
    "Z_B": "max(eta, 2*eta + 1)",
    "dZ_B": "max(eta, 2*eta + 1)",
    "delta1": "2*eta + 1",
    "delta2": "max(eta, 2*eta + 1)",
    "delta3": "2*eta + 1",
    "Z_B.aligned": "max(eta, 2*eta + 1)",
}
GOLDEN_B = {
    "Z": "0",
    "Z_A": "eta + 1",
    "A": "eta",
    "B": "max(0, eta)",
    "Z_B": "max(eta + 1, 2*eta + 1)",
    "dZ_B": "max(eta + 1, 2*eta + 1)",
    "delta1": "max(eta + 1, 2*eta + 1)",
    "delta2": "2*eta + 1",
    "delta3": "2*eta + 1",
    "delta1.aligned": "max(eta + 1/2, 2*eta + 1)",
}
SETS_A = {"stable": "eta <= -1/2", "internally_stable": "eta <= -1"} | dict.fromkeys(CONDITIONS[2:], "eta = -1/2")
SETS_B = dict.fromkeys(CONDITIONS[:2], "eta <= -1") | {"feature_learning": "eta = -1", "efficient": "none"}


def answer(capsys: pytest.CaptureFixture[str], line: str) -> Any:
    outcome = run(capsys, f"{line} --format json")
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


@pytest.mark.parametrize(("init", "orders", "sets"), [("A", GOLDEN_A, SETS_A), ("B", GOLDEN_B, SETS_B)])
def test_the_answer_for_an_initialisation(
    capsys: pytest.CaptureFixture[str], init: str, orders: dict[str, str], sets: dict[str, str]
) -> None:
    found = answer(capsys, f"derive --init {init}")
    assert found.keys() >= KEYS
    assert found["variables"] == {"eta": "all"}
    assert found["from_step"] == 3
    assert {name: found["orders"][name] for name in orders} == orders
    assert {name: found["conditions"][name]["region"] for name in CONDITIONS} == sets


def test_each_condition_says_its_set_its_maxima_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --init B")["conditions"]
    assert all(condition.keys() == {"region", "empty", "max", "why"} for condition in found.values())
    assert found["stable"]["max"] == {"eta": "-1"}
    assert found["stable"]["empty"] is False
    assert found["efficient"] == {
        "region": "none",
        "empty": True,
        "max": {},
        "why": "Z_B = O(1) and delta2 = Theta(1) exclude each other",
    }


def test_an_exponent_without_a_bound_is_said_to_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --lr per-factor")
    assert found["conditions"]["stable"]["max"] == {"eta_A": "unbounded", "eta_B": "0"}


def test_everything_printed_is_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --init general --rank growing")
    known = derive(lora("general", rank="growing"))
    assert {name: order(text) for name, text in found["orders"].items()} == known.orders
    for name, condition in found["conditions"].items():
        assert Region.parse(condition["region"]) == known.conditions[name].region
    assert Region.parse(found["variables"]["rho"]) == Region.parse("0 <= rho <= 1")


def test_the_supremum_is_a_function_of_the_other_exponents(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --init A --scaling free")
    assert found["sup"]["stable"] == {
        "eta": [{"value": "min(-sigma, -1/2 - sigma/2)", "where": "all", "attained": True}]
    }


def test_at_a_point_orders_are_rationals_and_conditions_true_or_false(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --at eta=-1/2")
    assert found.keys() >= KEYS
    assert found["at"] == {"eta": "-1/2"}
    assert found["variables"] == {"eta": "all"}
    assert (found["orders"]["Z_A"], found["orders"]["B"], found["orders"]["Z_B"]) == ("1/2", "-1/2", "0")
    assert found["conditions"] == {
        "stable": True,
        "internally_stable": False,
        "feature_learning": True,
        "efficient": True,
    }


def test_what_is_identically_zero_has_the_order_minus_infinity(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "derive lora-fa --at eta=0")["orders"]["delta1"] == "-inf"


def test_what_grows_with_every_step_has_no_order(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --optimizer sgd --at eta=1/2")
    assert found["from_step"] is None
    assert (found["orders"]["Z"], found["orders"]["Z_A"]) == ("0", None)
    assert found["growth"]["Z_A"] == "3/2"


def test_one_early_step(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --step 1")
    assert found["step"] == 1
    assert (found["orders"]["Z_A"], found["orders"]["delta2"], found["orders"]["delta1"]) == ("0", "eta", "-inf")


def test_all_steps_end_with_the_settled_one(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --step all")
    assert [(step["step"], step["onwards"]) for step in found["steps"]] == [
        (0, False),
        (1, False),
        (2, False),
        (3, True),
    ]
    assert found["steps"][-1]["orders"] == found["orders"]
    assert found["steps"][2]["orders"]["delta2"] == "eta"


def test_the_trace_names_each_lemma_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    trace = answer(capsys, "derive --trace")["trace"]
    (line,) = [step for step in trace["steps"] if step["expression"] == "A Z"]
    assert line["by"] == [{"order": "0", "lemma": "central limit"}, {"order": "eta + 1", "lemma": "coherent sum"}]
    assert {reason["lemma"] for step in trace["steps"] for reason in step["by"]} <= trace["lemmas"].keys()
    assert trace["updates"].keys() == {"A", "B"}
    assert all(lemma["source"] for lemma in trace["lemmas"].values())


def test_a_growing_rank_at_a_fixed_value_is_one_of_the_open_answers(capsys: pytest.CaptureFixture[str]) -> None:
    fixed = answer(capsys, "derive --rank growing --scaling alpha/r --set rho=1/2")
    opened = answer(capsys, "derive --rank growing --scaling alpha/r")
    assert {k: order(v).substitute({"rho": "1/2"}) for k, v in opened["orders"].items()} == {
        k: order(v) for k, v in fixed["orders"].items()
    }


def test_a_start_given_by_exponent_replaces_the_one_of_the_initialisation(capsys: pytest.CaptureFixture[str]) -> None:
    given = answer(capsys, "derive --init A --set b0=-1/2")
    named = answer(capsys, "derive --init AB")
    assert given["orders"] == named["orders"]
    assert answer(capsys, "derive --init general --set a0=-1/2,b0=-1/2")["orders"] == named["orders"]


def test_assumptions_are_chosen_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive --init AB --assume additive,fresh")
    assert "a fresh independent sample at every step" in found["assumptions"]
    assert any("literal reading" in text for text in found["assumptions"])


def test_a_comparison_holds_each_answer_whole(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "compare --init A --init B")
    assert (found.pop("schema"), found.pop("version")) == ("gamma-calc/compare/1", gamma_calc.__version__)
    rates = {init: one.pop("largest_rate") for init, one in found.items()}
    assert found == {init: json.loads(json.dumps(as_data(derive(lora(init))))) for init in ("A", "B")}
    assert rates["B"] == {
        "alpha/r": {"n": "-1", "r": "1", "sixteenfold": {"n": 1 / 16, "r": 16}},
        "alpha/sqrt(r)": {"n": "-1", "r": "1/2", "sixteenfold": {"n": 1 / 16, "r": 4}},
        "1": {"n": "-1", "r": "0", "sixteenfold": {"n": 1 / 16, "r": 1}},  # alpha in proportion to r
    }


def test_a_config_is_the_default_lora_with_its_own_notes(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, f"derive {EXAMPLE}")
    assert found["orders"] == answer(capsys, "derive")["orders"]
    assert found["configuration"][0] == "all modules: r 16, alpha 32, multiplier alpha/r = 2"


def test_the_object_gives_the_same_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(derive(lora()).to_json()) == answer(capsys, "derive")
