"""A learning rate at another setting: what the laws of the published starts say, and what any such rule must keep."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from math import exp, log
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamma_calc import GammaError, Setting, adam, decayed, derive, lora, transfer
from gamma_calc.practice.law import Numbers
from gamma_calc.practice.loss_scale import knows_the_scale_of_the_loss
from gamma_calc.practice.principle import PRINCIPLES
from gamma_calc.practice.roles import ROLES, Training
from gamma_calc.practice.setting_law import SettingLaw
from gamma_calc.practice.setting_text import as_setting
from gamma_calc.practice.transfers import transfers

KNOWN = "n=2048 r=8 alpha=16 lr=2e-4"
QUADRATIC = "n=2048 r=8 alpha=16 lr=2e-3"


def by(known: str, target: str) -> Mapping[str, Any]:
    return transfer(known, target).by


# -- the laws ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "target", "edge", "step"),
    [
        (KNOWN, "alpha=8", 2**0.5, 2),
        (QUADRATIC, "alpha=8", 2**0.5, 2**0.5),
        ("n=1024 r=8 alpha=16 lr=2e-4", "n=4096", 1 / 2, 1),
        ("n=1024 r=8 alpha=16 lr=4e-3", "n=4096", 1 / 2, 1 / 2),
        (KNOWN, "r=32", 1, 1),
        (KNOWN, "r=128", 1, 1),
        (QUADRATIC + " rslora=true", "r=128", 16 ** (-1 / 4), 16 ** (-1 / 4)),
        (KNOWN, "r=128 alpha=256", 16 ** (-1 / 2), 16**-1),
        ("n=1024 r=8 s=1 init=B lr=1e-5", "n=4096", 1 / 4, 1 / 4),
        ("n=1024 r=8 s=1 init=B lr=1e-5", "r=64", 1, 1),
        ("n=1024 r=8 s=1 init=B lr=1e-5", "adapter=full", 1, 1),
        ("n=1024 adapter=full lr=1e-5", "n=4096", 1 / 4, 1 / 4),
        ("n=768 adapter=full lr=1e-5", "adapter=lora r=8 s=4", (768 / 32) ** 0.5, None),
        ("n=1024 r=8 alpha=8 optimizer=sgd lr=1e-5", "alpha=4", 2, 4),
        ("n=1024 r=8 alpha=8 adapter=lora-fa lr=1e-3", "n=4096", 1, 1),
    ],
)
def test_the_laws_that_are_published_come_out(known: str, target: str, edge: float, step: float | None) -> None:
    found = by(known, target)
    assert found["edge"] == pytest.approx(edge)
    assert step is None or found["step"] == pytest.approx(step)


def test_a_step_of_the_default_start_is_free_of_n_below_the_knee_and_the_knee_is_1_over_n() -> None:
    for n in (512, 2048, 8192):
        known = transfer(f"n={n} r=8 alpha=16 lr={0.4 / n}", "").known
        assert known.regime == "linear"
        (knee,) = known.knees
        assert (knee["lr"], knee["distance"]) == (pytest.approx(1 / n), pytest.approx(0.4))
        assert (knee["below"], knee["above"]) == ("linear", "quadratic")
        assert known.exponents["step"]["n"] == "0"
    assert transfer(QUADRATIC, "").known.regime == "quadratic"


def test_the_edge_is_the_root_of_n_r_s_and_its_exponents_are_told() -> None:
    known = transfer(KNOWN, "").known
    assert known.edge["lr"] == pytest.approx((2048 * 8 * 2) ** -0.5)
    assert known.edge["distance"] == pytest.approx((2048 * 8 * 2) ** -0.5 / 2e-4)
    assert known.exponents["edge"] == {"n": "-1/2", "r": "0", "alpha": "-1/2"}
    with_root = transfer(KNOWN + " rslora=true", "").known.exponents
    assert with_root["edge"] == {"n": "-1/2", "r": "-1/4", "alpha": "-1/2"}


def test_descent_follows_the_aligned_order() -> None:
    """From Init[B] a step is sqrt(n/r) times as large as what of it is along the gradient."""
    law = SettingLaw(as_setting("n=4096 r=4 s=1 init=B lr=1e-6"))
    rates = {"eta": log(1e-6)}
    step, descent = (max(one.now for one in size(rates)) for size in (law.step, law.descent))
    assert exp(step - descent) == pytest.approx((4096 / 4) ** 0.5)


# -- one rate and two -------------------------------------------------------------------------------------------------


def test_one_rate_becomes_two_in_the_proportion_of_their_edges_and_comes_back() -> None:
    there = transfer(KNOWN, "adapter=lora+")
    assert isinstance(there.lr, dict)
    assert there.lr["lr_B"] / there.lr["lr_A"] == pytest.approx(2048 / 16)  # n/(s r), not 16
    assert there.arrived is not None
    assert there.arrived.edge["distance"] == pytest.approx(there.known.edge["distance"])
    words = " ".join(f"{name}={rate:.12g}" for name, rate in there.lr.items())
    assert transfer(f"n=2048 r=8 alpha=16 {words}", "adapter=lora").lr == pytest.approx(2e-4)


def test_two_rates_each_follow_their_own_law() -> None:
    found = transfer("n=1024 r=8 alpha=16 lr_A=1e-5 lr_B=1e-3", "n=4096 r=64 alpha=64")
    assert found.target.setting.method.name == "lora+"
    assert found.factor == pytest.approx({"lr_A": 1 / 4, "lr_B": 1 / 4})
    assert found.lr == pytest.approx({"lr_A": 2.5e-6, "lr_B": 2.5e-4})


def test_rates_of_one_size_keep_it_in_their_proportion() -> None:
    found = transfer("n=1024 r=8 alpha=16 lr_A=1e-5 lr_B=1e-3", "alpha=8")
    step = found.by["step"]
    assert isinstance(step, dict)
    assert step["lr_B"] == pytest.approx(2)


# -- where no number can be given --------------------------------------------------------------------------------------


def test_no_number_leads_from_one_unit_of_the_rate_to_another() -> None:
    found = transfer(KNOWN, "optimizer=sgd n=4096")
    assert (found.lr, found.factor, set(found.by.values())) == (None, None, {None})
    assert "units of the loss's gradient" in found.why
    assert found.moved == pytest.approx(0.5)  # sgd's own edge is 1/(s n)
    assert "What does transfer" in found.why


def test_the_unit_is_a_fact_of_the_derivation() -> None:
    known = {name: knows_the_scale_of_the_loss(name) for name in ("adam", "sign", "lion", "muon", "sgd")}
    assert [name for name, answer in known.items() if answer] == ["sgd"]


def test_constants_that_do_not_cancel_are_told() -> None:
    assert "constants do not cancel" in transfer(KNOWN, "init=pissa").why
    assert "constants do not cancel" in transfer(KNOWN, "optimizer=muon").why
    assert "constants" not in transfer(KNOWN, "n=4096").why
    assert transfer(KNOWN, "init=pissa n=8192").moved == pytest.approx(0.5)


@pytest.mark.parametrize(("optimiser", "edge"), [("adam", 1), ("sgd", 4)])
def test_the_rank_of_vera_is_free(optimiser: str, edge: float) -> None:
    """B has variance 1/r: under Adam the rank drops out, under descent the gradient of d goes with r^-1/2."""
    found = transfer(f"n=1024 r=16 adapter=vera optimizer={optimiser} lr=1e-2", "r=256")
    assert found.by["edge"] == pytest.approx(edge)
    assert found.by["step"] is not None


@pytest.mark.parametrize(
    ("known", "target", "lacks"),
    [
        ("n=1024 r=8 alpha=8 adapter=dora init=B lr=1e-4", "r=16", "dora is derived at fixed r and s"),
        ("n=1024 r=8 alpha=8 adapter=dora init=B batch=64 lr=1e-4", "s=2", "dora is derived at fixed s"),
        ("n=1024 r=8 alpha=8 adapter=lora-xs lr=1e-4", "adapter=lora", "lora-xs is derived at fixed s"),
    ],
)
def test_what_a_program_has_no_exponent_for_is_not_moved(known: str, target: str, lacks: str) -> None:
    assert transfer(known, "n=4096").factor is not None
    refused = transfer(known, target)
    assert refused.factor is None
    assert lacks in refused.why


@pytest.mark.parametrize("target", ["n=4096", "r=32", "r=32 s=8", "alpha=64", "r=32 rslora=true"])
def test_the_edge_of_dora_moves_as_that_of_lora(target: str) -> None:
    """Rows of trained length around a LoRA layer: with A and B at their edge the lengths stay of order one."""
    known = "n=1024 r=8 alpha=16 lr=1e-4"
    found = transfer(f"{known} adapter=dora", target)
    assert found.factor == pytest.approx(transfer(known, target).factor)
    assert transfer(known, "adapter=dora").factor == pytest.approx(1)
    assert found.known.exponents["edge"] == {"n": "-1/2", "r": "0", "alpha": "-1/2"}
    assert found.by["step"] == pytest.approx(transfer(known, target).by["step"])
    assert found.known.knees == transfer(known, target).known.knees


@pytest.mark.parametrize("init", ["B", pytest.param("default", marks=pytest.mark.long)])
def test_the_edge_of_dora_moves_with_the_batch_as_that_of_lora(init: str) -> None:
    known, target = f"n=1024 r=8 alpha=16 lr=1e-4 init={init} batch=256", "n=4096 batch=64"
    found, lora = transfer(f"{known} adapter=dora", target), transfer(known, target)
    assert found.by["edge"] == pytest.approx(lora.by["edge"])
    assert found.by["edge"] != pytest.approx(transfer(f"{known} adapter=dora", "n=4096").by["edge"])


def test_two_rates_from_a_feature_that_is_too_large_have_no_number() -> None:
    found = transfer(KNOWN, "init=gaussian adapter=lora+")
    assert found.factor is None
    assert "no rate keeps the feature inside the adapter bounded" in found.why


@pytest.mark.parametrize("init", ["false", "AB", "lora-one"])
def test_a_start_that_adds_at_once_is_judged_by_what_training_adds(init: str) -> None:
    """Its output is large at s = 4 before the first step; the rate is that of the audit's row."""
    found = transfer(f"n=2048 r=8 alpha=32 init={init} lr=1e-5", "n=8192")
    role = ROLES["lora_A"].law(Training(init), Numbers(2048, 8, Decimal(4)))
    assert found.known.edge["lr"] == pytest.approx(float(role.at(Numbers(2048, 8, Decimal(4)))))
    assert any("what is bounded is what training adds" in text for text in found.assumptions)


def test_a_rate_above_the_edge_is_told() -> None:
    found = transfer("n=2048 r=8 alpha=16 lr=0.1", "n=4096")
    assert found.known.regime == "quadratic, above the edge"
    assert "above the edge" in found.why
    assert found.known.edge["distance"] < 1


def test_where_no_order_holds_there_is_no_step() -> None:
    found = transfer("n=2048 r=8 alpha=16 optimizer=sgd lr=0.1", "n=4096")
    assert found.known.regime == "above the edge"
    assert found.by["step"] is None


# -- what any transfer keeps ------------------------------------------------------------------------------------------

WIDTHS = st.integers(64, 10**6)
RATES = st.floats(1e-7, 1e-2)


@st.composite
def some_settings(draw: st.DrawFn) -> Setting:
    n = draw(WIDTHS)
    return Setting(
        n=n,
        r=draw(st.integers(1, min(n, 4096))),
        alpha=draw(st.floats(0.1, 1000)),
        rslora=draw(st.booleans()),
        init=draw(st.sampled_from(["default", "B", "gaussian", "pissa", "orthogonal"])),
    )


@settings(max_examples=60, deadline=None)
@given(some_settings(), RATES)
def test_a_setting_to_itself_changes_nothing(setting: Setting, lr: float) -> None:
    found = transfer(replace(setting, lr=lr), setting)
    assert all(factor == 1 for factor in found.by.values())
    assert found.lr == pytest.approx(lr)


@settings(max_examples=60, deadline=None)
@given(some_settings(), some_settings(), some_settings(), RATES, st.sampled_from(list(PRINCIPLES)))
def test_there_and_on_is_the_whole_way_and_back_is_home(
    one: Setting, two: Setting, three: Setting, lr: float, principle: str
) -> None:
    first = carried(replace(one, lr=lr), two, principle)
    assume(first > 1e-11)  # smaller ones are refused as what no one types
    assert carried(replace(two, lr=first), three, principle) == pytest.approx(
        carried(replace(one, lr=lr), three, principle)
    )
    assert carried(replace(two, lr=first), one, principle) == pytest.approx(lr)


def carried(known: Setting, target: Setting, principle: str) -> float:
    factor = transfer(known, target).by[principle]
    assert isinstance(factor, float)
    assert known.lr is not None
    return factor * known.lr


@settings(max_examples=40, deadline=None)
@given(some_settings(), some_settings(), RATES)
def test_each_principle_keeps_what_it_says(one: Setting, two: Setting, lr: float) -> None:
    found = transfer(replace(one, lr=lr), two)
    before = {"edge": found.known.room, **sizes(found.known.law, found.known.rates)}
    for name, rates in found.rates.items():
        assert rates is not None
        after = {"edge": found.target.room(rates), **sizes(found.target, rates)}
        assert after[name] == pytest.approx(before[name], abs=1e-6)


def sizes(law: SettingLaw, rates: Mapping[str, float]) -> dict[str, float]:
    return {name: max(one.now for one in getattr(law, name)(rates)) for name in ("step", "descent")}


# -- settings ---------------------------------------------------------------------------------------------------------


def test_what_the_target_leaves_out_stays() -> None:
    known = as_setting(KNOWN + " init=pissa rslora=true optimiser=lion")
    assert known == replace(as_setting(KNOWN), init="pissa", rslora=True, optimiser="lion")
    target = transfer(known, "n=4096").target.setting
    assert target == replace(known, n=4096, lr=None)
    assert transfer(known, "s=3").target.setting.multiplier == 3
    assert transfer("n=64 r=4 s=3 lr=1e-3", "alpha=8").target.setting.multiplier == 2


def test_a_start_does_not_follow_to_an_adapter_that_has_none() -> None:
    assert transfer(KNOWN + " init=pissa", "adapter=full").target.setting.start is None
    assert transfer(KNOWN + " init=pissa", "adapter=lora-fa").target.setting.start == "pissa"


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("true", "default"),
        ("false", "false"),
        ("PiSSA", "pissa"),
        ("pissa_niter_16", "pissa"),
        ("lora_ga", "lora-ga-peft"),
    ],
)
def test_peft_s_names_of_starts_are_understood(text: str, start: str) -> None:
    assert as_setting(f"init={text}").init == start


def test_three_ways_to_say_a_setting_agree() -> None:
    words = as_setting("n=2048 rank=8 lora_alpha=16 use_rslora=true adapter=lora learning_rate=2e-4")
    assert words == as_setting({"n": 2048, "r": 8, "alpha": 16, "rslora": True, "adapter": "lora", "lr": 2e-4})
    assert words == as_setting("n=2048 r=8 alpha=16 lr=2e-4 adapter=rslora")
    assert as_setting(str(words)) == words
    american = Setting(n=64, optimizer="sgd")  # type: ignore[call-arg]
    assert Setting(n=64, optimiser="sgd") == as_setting("n=64 optimizer=sgd") == american


def test_adamw_is_adam_with_its_condition_and_decay_changes_no_size() -> None:
    found = transfer(KNOWN, "optimizer=adamw")
    assert found.factor == 1
    assert any("decay" in text for text in found.assumptions)
    plain, with_decay = (derive(lora().replaced(optimiser=rule)) for rule in (adam(), decayed(adam(), 0)))
    assert plain.conditions["stable"].region == with_decay.conditions["stable"].region


def test_what_is_taken_where_nothing_is_said_is_told() -> None:
    assert any(text.startswith("alpha = 8, peft's default") for text in transfer("n=64 lr=1e-3", "n=128").assumptions)
    assert not any("peft's default, as" in text for text in transfer(KNOWN, "n=128").assumptions)


# -- how it shows itself ----------------------------------------------------------------------------------------------


def test_it_prints_the_answer_first_and_shows_itself_in_a_notebook() -> None:
    found = transfer(KNOWN, "n=4096")
    assert str(found).splitlines()[0] == "lr = 1.4e-4; the known rate x 0.71"
    assert "<td>1.4e-4</td>" in found._repr_html_()
    assert max(map(len, str(found).splitlines())) <= 80
    assert repr(found).startswith("<Transfer to n=4096 r=8 alpha=16: lr 0.000141")


def test_several_targets_are_a_table() -> None:
    found = transfers(KNOWN, ["n=4096", "optimizer=sgd"])
    assert [one.factor for one in found.answers] == [pytest.approx(2**-0.5), None]
    assert str(found).splitlines()[1].split() == ["to", "lr", "by", "edge", "by", "step", "by", "descent", "regime"]
    assert "<td>1.4e-4</td>" in found._repr_html_()
    assert [one["factor"] for one in json.loads(found.to_json())["transfers"]] == [pytest.approx(2**-0.5), None]


@pytest.mark.parametrize("wrong", ["n=4096", {"n": 4096}, [], 3])
def test_what_is_no_list_of_targets_is_refused(wrong: Any) -> None:
    with pytest.raises(GammaError, match=r'write one such as \["n=2048", "n=4096"\]'):
        transfers(KNOWN, wrong)


def test_as_json_it_holds_numbers() -> None:
    answer = json.loads(transfer(KNOWN, "n=4096").to_json())
    assert {"lr", "factor", "by", "regime", "exponents", "knees", "assumptions", "why"} <= answer.keys()
    assert answer["by"] == {"edge": pytest.approx(2**-0.5), "step": 1.0, "descent": 1.0}
    assert answer["factor"] == answer["by"]["edge"]
    assert answer["regime"] == "linear"


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"n": "2048"}, "n is '2048'; write a whole number"),
        ({"n": 2048.0}, "n is 2048; write a whole number"),
        ({"alpha": True}, "alpha is true; write a positive number"),
        ({"lr": float("nan")}, "lr is nan; write a positive number"),
        ({"lr": float("inf")}, "lr is inf; write a positive number"),
        ({"adapter": 3}, "adapter is 3; write adapter=lora"),
        ({"rslora": "yes"}, "rslora is 'yes'; write rslora=true"),
        (3, "3 is no setting"),
    ],
)
def test_what_is_no_setting_is_refused(given_: Any, said: str) -> None:
    with pytest.raises(GammaError, match=f"from: {said}"):
        transfer(given_, "")


def test_with_batches_the_rate_grows_with_the_rank_up_to_the_batch() -> None:
    """n^-1/2 N^1/4 r^1/4 below r = N, n^-1/2 N^1/2 above it; (r/n)^1/4 where N is above n (alpha = 1 for each rank)."""
    start = "n=4096 r=4 s=0.25 lr=1e-6 batch=64"
    assert transfer(start, "r=16 s=0.0625").factor == pytest.approx(4**0.25)
    assert transfer(start, "batch=256").factor == pytest.approx(4**0.25)
    assert transfer("n=4096 r=256 s=0.00390625 lr=1e-6 batch=16", "batch=64").factor == pytest.approx(2)
    assert transfer("n=64 r=4 s=0.25 lr=1e-6 batch=4096", "n=256").factor == pytest.approx(4**-0.25)
    assert transfer("n=64 r=4 s=0.25 lr=1e-6 batch=4096", "batch=8192").factor == pytest.approx(1)


def test_full_fine_tuning_follows_the_square_root_of_the_batch() -> None:
    found = transfer("n=4096 adapter=full lr=1e-5 batch=64", "batch=256")
    assert found.factor == pytest.approx(2)
    assert found.on_one_sample == pytest.approx(1)
    assert "One sample at each step would have given x 1." in found.why


def test_a_batch_of_one_is_one_sample() -> None:
    one, batch = (transfer(f"n=1024 r=8 alpha=16 lr=1e-4{word}", "n=4096 r=64") for word in ("", " batch=1"))
    assert one.by == batch.by
