"""The audit of a configuration: what each rule finds and where it is silent, and the rows with their laws."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gamma_calc.errors import ConfigError
from gamma_calc.practice.audit.auditing import audit
from gamma_calc.practice.audit.finding import Finding, Severity
from gamma_calc.practice.audit.result import Audit
from gamma_calc.practice.audit.rules import RULES

GOOD: dict[str, Any] = {"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj", "v_proj"]}
WIDTH = 4096


def audited(folder: Path, changes: Mapping[str, Any], **options: Any) -> Audit:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(GOOD | dict(changes)), encoding="utf-8")
    settings: dict[str, Any] = {"width": WIDTH, "lr": "2e-4"} | options
    return audit(path, **settings)


def ids(found: Audit) -> set[str]:
    return {one.id for one in found.findings}


def only(found: Audit, name: str) -> Finding:
    (one,) = (one for one in found.findings if one.id == name)
    return one


# id, what makes it fire, what is nearly the same and leaves it silent, a part of what it says
FIRES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("rate-above-largest", {"lr": "4e-3"}, {"lr": "2.7e-3"}, "1.45 times above the largest stable one, 2.76e-3"),
    ("rate-far-below", {"lr": "1e-6"}, {"lr": "5e-5"}, "2760 times below"),
    ("rate-in-units-of-gradient", {"optimiser": "sgd", "lr": "1"}, {"optimiser": "muon"}, "held against nothing"),
    ("no-width", {"width": None}, {"width": None, "lr": None}, "no width"),
    ("alpha-left-at-default", {"r": 64, "lora_alpha": 8}, {"r": 64, "lora_alpha": 64}, "s = 1/8"),
    ("multiplier-not-positive", {"lora_alpha": 0}, {"lora_alpha": 1}, "multiplier is 0"),
    ("multiplier-not-positive", {"lora_alpha": -16}, {"lora_alpha": 16}, "multiplier is -1"),
    ("multiplier-far-from-1", {"lora_alpha": 128}, {"lora_alpha": 64}, "multiplier is 8"),
    ("multiplier-far-from-1", {"lora_alpha": 2}, {"lora_alpha": 4}, "multiplier is 1/8"),
    ("large-rank", {"r": 1024, "lora_alpha": 1024}, {"r": 512, "lora_alpha": 512}, "1/4 of the width"),
    ("lora-plus-ratio", {"ratio": 16}, {"ratio": 128}, "it is 128"),
    ("rslora-rate", {"use_rslora": True}, {"use_rslora": False}, "sqrt(r) = 4 times"),
    ("start-feature-grows", {"init_lora_weights": "gaussian"}, {"init_lora_weights": True}, "n^1/2"),
    ("start-feature-grows", {"init_lora_weights": "orthogonal"}, {"init_lora_weights": "pissa"}, "n^1/2"),
    ("start-lowers-rate", {"init_lora_weights": "orthogonal"}, {"init_lora_weights": "gaussian"}, "n^-1 r^-1/2"),
    ("start-needs-a-call", {"init_lora_weights": "eva"}, {"init_lora_weights": "olora"}, "initialize_lora_eva_weights"),
    ("start-merged", {"init_lora_weights": "pissa_niter_4"}, {"init_lora_weights": True}, "changes the frozen weights"),
    ("start-adds-at-once", {"init_lora_weights": False}, {"init_lora_weights": "orthogonal"}, "before anything"),
    ("whole-at-adapter-rate", {"modules_to_save": ["lm_head"]}, {"modules_to_save": ["norm"]}, "n^1/2; these are log"),
    ("whole-at-adapter-rate", {"modules_to_save": ["mlp"]}, {"init_lora_weights": "orthogonal"}, "grows as n^1/2"),
    ("embedding-stands-still", {"modules_to_save": ["embed_tokens"]}, {"modules_to_save": ["lm_head"]}, "n^-1/2"),
    ("embedding-stands-still", {"target_modules": ["wte", "q_proj"]}, {"target_modules": ["q_proj"]}, "n^-1/2"),
    ("embedding-stands-still", {"trainable_token_indices": [1]}, {"trainable_token_indices": None}, "n^-1/2"),
    ("magnitude-at-one-rate", {"use_dora": True}, {"use_dora": False}, "it moves by n^-1/2"),
    ("vector-stands-still", {"bias": "all"}, {"bias": "none"}, "it moves by n^-1/2"),
    ("vector-stands-still", {"lora_bias": True}, {"lora_bias": False}, "it moves by n^-1/2"),
    ("not-derived", {"use_dora": True, "init_lora_weights": "pissa"}, {"use_dora": True}, "no largest rate"),
    ("unknown-field", {"lora_aplha": 1}, {"lora_dropout": 0}, "has no field 'lora_aplha'"),
    ("key-matches-nothing", {"rank_pattern": {"qproj": 4}}, {"rank_pattern": {"q_proj": 4}}, "no target module"),
]
OPTIONS = {"lr", "width", "ratio", "optimiser"}


def with_options(folder: Path, changes: Mapping[str, Any]) -> Audit:
    options = {name: value for name, value in changes.items() if name in OPTIONS}
    return audited(folder, {name: v for name, v in changes.items() if name not in OPTIONS}, **options)


@pytest.mark.parametrize(("rule", "bad", "good", "said"), FIRES)
def test_a_rule_fires_and_is_silent(
    tmp_path: Path, rule: str, bad: dict[str, Any], good: dict[str, Any], said: str
) -> None:
    assert said in only(with_options(tmp_path, bad), rule).what
    assert rule not in ids(with_options(tmp_path, good))


SAVED = {"saved-rank-differs", "no-saved-adapters", "pickle-not-opened"}  # tested with folders


def test_every_rule_is_tested() -> None:
    assert {rule.id for rule in RULES} == {one[0] for one in FIRES} | SAVED
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_a_good_configuration_has_no_findings(tmp_path: Path) -> None:
    assert audited(tmp_path, {}).findings == ()


def test_a_rate_of_descent_is_held_against_no_number(tmp_path: Path) -> None:
    found = audited(tmp_path, {}, lr="1", optimiser="sgd")
    assert {row.share for row in found.rows} == {None}
    assert ids(found) == {"rate-in-units-of-gradient"}
    assert "units of 1 over the gradient's size" in str(found)
    assert [str(row.largest_law) for row in found.rows] == ["n^-1 s^-1"]


def test_vectors_have_no_law_under_a_rule_of_matrices(tmp_path: Path) -> None:
    found = audited(tmp_path, {"bias": "all"}, optimiser="muon", lr="0.02")
    adapters, biases = found.rows
    assert adapters.not_derived == ""
    assert biases.not_derived.startswith("muon makes steps of matrices alone: not of a bias; train it by another rule")


def test_far_above_is_an_error_and_nearly_there_a_warning(tmp_path: Path) -> None:
    above = [audited(tmp_path, {}, lr=lr) for lr in ("4e-3", "1e-2")]
    assert [only(one, "rate-above-largest").severity for one in above] == [Severity.WARNING, Severity.ERROR]
    assert [one.failed for one in above] == [False, True]


def test_of_many_rates_too_large_the_worst_are_named(tmp_path: Path) -> None:
    pattern = {f"layers.{i}.self_attn.q_proj": i + 1 for i in range(12)}
    found = audited(tmp_path, {"rank_pattern": pattern, "init_lora_weights": "olora"}, lr="1")
    above = [one for one in found.findings if one.id == "rate-above-largest"]
    assert len(found.rows) == 13
    assert len(above) == 8
    assert above[0].where == "adapters, layers.0.self_attn.q_proj"  # of the largest multiplier


@pytest.mark.parametrize(("rank", "told", "severity"), [(64, "1 at", Severity.NOTE), (8, "8 at", Severity.WARNING)])
def test_a_start_that_is_small_at_these_numbers_is_a_note(
    tmp_path: Path, rank: int, told: str, severity: Severity
) -> None:
    """Gaussian A of deviation 1/r: A Z starts as n^(1/2)/r."""
    found = only(audited(tmp_path, {"init_lora_weights": "gaussian", "r": rank}), "start-feature-grows")
    assert f": {told} n = 4096, r = {rank}" in found.what
    assert found.severity is severity


def test_strict_makes_warnings_errors_and_leaves_notes(tmp_path: Path) -> None:
    found = audited(tmp_path, {"lora_aplha": 1, "init_lora_weights": "pissa"}, strict=True)
    assert only(found, "unknown-field").severity is Severity.ERROR
    assert only(found, "start-merged").severity is Severity.NOTE
    assert found.failed


def test_the_worst_comes_first(tmp_path: Path) -> None:
    found = audited(tmp_path, {"lora_aplha": 1, "init_lora_weights": "pissa"}, lr="1")
    assert [one.severity for one in found.findings] == [Severity.ERROR, Severity.WARNING, Severity.NOTE]


def test_rslora_is_a_warning_where_the_factor_decides(tmp_path: Path) -> None:
    """1.9e-3 lies below the largest rate with and without; 1.2e-3 only without what rsLoRA adds."""
    low, high = (audited(tmp_path, {"use_rslora": True}, lr=lr) for lr in ("2e-4", "1.2e-3"))
    assert only(low, "rslora-rate").severity is Severity.NOTE
    assert only(high, "rslora-rate").severity is Severity.WARNING
    assert "2 times smaller" in only(high, "rslora-rate").why


# -- rows -------------------------------------------------------------------------------------------------------------


def test_one_row_for_each_kind_of_thing(tmp_path: Path) -> None:
    whole = {
        "target_modules": ["q_proj", "embed_tokens", "lm_head"],
        "rank_pattern": {"layers.[01].self_attn.q_proj": 8},
        "modules_to_save": ["score", "norm"],
        "bias": "all",
        "use_dora": True,
        "trainable_token_indices": {"embed_tokens": [1]},
        "target_parameters": ["experts.gate"],
    }
    rows = audited(tmp_path, whole).rows
    assert [(row.what, row.role_name) for row in rows] == [
        ("adapters, q_proj", "lora_A"),
        ("embedding adapters, embed_tokens", "embedding_B"),
        ("readout adapters, lm_head", "head_adapter"),
        ("adapters, layers.[01].self_attn.q_proj", "lora_A"),
        ("adapters on bare parameters", "lora_A"),
        ("DoRA's magnitudes m", "magnitude"),
        ("score, trained whole", "head"),
        ("norm, trained whole", "norm"),
        ("tokens of embed_tokens", "embedding"),
        ("biases", "bias"),
    ]
    assert [f"{row.rank} {row.multiplier}" for row in rows[:4]] == ["16 2", "16 2", "16 2", "8 4"]


LAWS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "n^-1/2 r^-1/2 s^-1/2", "n^-1/2 r^-1/2 s^-1/2"),
    ({"init_lora_weights": "orthogonal"}, "n^-1 r^-1/2 s^-1", "None"),
    ({"init_lora_weights": False}, "n^-1 s^-1", "None"),
    ({"init_lora_weights": "corda"}, "n^-1 r^-1/2 s^-1/2", "None"),
    ({"peft_type": "VERA", "r": 256}, "1", "1"),
    ({"peft_type": "ADALORA"}, "n^-1/2", "None"),
]


@pytest.mark.parametrize(("changes", "largest", "efficient"), LAWS)
def test_laws_are_those_of_the_derivation(
    tmp_path: Path, changes: dict[str, Any], largest: str, efficient: str
) -> None:
    row = audited(tmp_path, changes).rows[0]
    assert (str(row.largest_law), str(row.efficient_law)) == (largest, efficient)


@pytest.mark.parametrize(
    ("fields", "rank"), [({"peft_type": "VERA"}, 16), ({"peft_type": "ADALORA", "init_r": 24}, 24)]
)
def test_an_adapter_without_groups_has_its_rank(tmp_path: Path, fields: dict[str, Any], rank: int) -> None:
    assert audited(tmp_path, fields).rows[0].rank == rank
    with pytest.raises(ConfigError, match=f"r is {rank}, more than the width 8"):
        audited(tmp_path, fields, width=8)


def test_numbers_are_laws_with_constant_1(tmp_path: Path) -> None:
    row = audited(tmp_path, {"r": 8, "lora_alpha": 16}).rows[0]
    assert row.largest is not None
    assert row.largest == pytest.approx(Decimal(2) ** -8)  # (4096 x 8 x 2)^-1/2
    assert row.distance is not None
    assert Decimal(WIDTH) ** row.distance * row.largest == pytest.approx(Decimal("2e-4"))


def test_two_rates_of_lora_plus_are_two_rows(tmp_path: Path) -> None:
    a, b = audited(tmp_path, {}, ratio=128, lr="1e-4").rows
    assert (str(a.largest_law), str(b.largest_law)) == ("n^-1", "r^-1 s^-1")
    assert (a.rate, b.rate) == (Decimal("1e-4"), Decimal("128e-4"))


def test_the_rate_that_serves_all_is_the_smallest(tmp_path: Path) -> None:
    found = audited(tmp_path, {"modules_to_save": ["lm_head"]})
    assert found.as_data()["serves_all"] == pytest.approx(1 / WIDTH, rel=1e-3)
    assert "lm_head, trained whole" in str(found)


def test_an_all_linear_target_has_no_readout(tmp_path: Path) -> None:
    assert [row.role_name for row in audited(tmp_path, {"target_modules": "all-linear"}).rows] == ["lora_A"]


def test_a_rank_beyond_the_width_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="r is 16, more than the width 8; take a rank of at most the width"):
        audited(tmp_path, {}, width=8)


@pytest.mark.parametrize("lr", ["2e-4/s", "0", "-1", "nan", "inf", "true", True, "2 e-4", "1e999999999999"])
def test_a_rate_that_is_no_number_is_refused(tmp_path: Path, lr: object) -> None:
    with pytest.raises(Exception, match="write a positive number, as in 2e-4, without a unit"):
        audited(tmp_path, {}, lr=lr)


def test_it_shows_itself(tmp_path: Path) -> None:
    found = audited(tmp_path, {"modules_to_save": ["lm_head"]})
    assert str(found).startswith("Audit\n")
    assert max(map(len, str(found).splitlines()), default=0) <= 80
    assert "<table>" in found._repr_html_()
    assert json.loads(found.to_json())["schema"] == "gamma-calc/audit/1"
