"""Rates for every parameter: derived laws, tables, files a trainer reads, and trainings with them."""

import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from command import EXAMPLE, run

from gamma_calc import Region, Setting, derive, rates
from gamma_calc.catalogue.dora import dora
from gamma_calc.errors import OrderError, ProgramError
from gamma_calc.practice.law import Law, Numbers
from gamma_calc.practice.roles import ROLES, Training
from gamma_calc.practice.setting_law import SettingLaw

HERE = Numbers(4096, 8, Decimal(2))
EVERYTHING = EXAMPLE.with_name("whole_config.json")

SHARED = {
    "lora_A": "n^-1/2 r^-1/2 s^-1/2",
    "lora_B": "n^-1/2 r^-1/2 s^-1/2",
    "magnitude": "1",
    "lora_bias": "s^-1",
    "embedding_A": "r^-1/2 s^-1",
    "weight": "n^-1",
    "head": "n^-1",
    "embedding": "1",
    "norm": "1",
    "bias": "1",
}


@pytest.mark.parametrize(("role", "law"), SHARED.items())
def test_every_role_has_a_law_in_width_rank_and_multiplier(role: str, law: str) -> None:
    assert str(ROLES[role].law(Training(), HERE)) == law


@pytest.mark.parametrize(
    ("init", "law"),
    [("B", "n^-1 s^-1"), ("gaussian", "n^-1/2 r^-1/2 s^-1/2"), ("corda", "n^-1 r^-1/2 s^-1/2")],
)
def test_the_law_of_one_rate_depends_on_the_start(init: str, law: str) -> None:
    assert str(ROLES["lora_A"].law(Training(init), HERE)) == law


def test_a_law_is_that_of_the_side_of_a_knee() -> None:
    """From Init[B] the cap of B's growth overtakes at r = n / s."""
    assert str(ROLES["lora_A"].law(Training("B"), Numbers(64, 64, Decimal(4)))) == "n^-1 s^-1"
    assert str(ROLES["lora_A"].law(Training("B"), Numbers(64, 64, Decimal("0.25")))) == "n^-1/2 r^-1/2 s^-1/2"


@pytest.mark.parametrize(("init", "ratio"), [("default", 4096 // 16), ("pissa", 4096 // 16), ("B", 4096 * 2 // 8)])
def test_two_rates_have_the_ratio_that_the_start_asks_for(init: str, ratio: int) -> None:
    laws = [ROLES[role].law(Training(init, two_rates=True), HERE) for role in ("lora_A", "lora_B")]
    assert laws[1].at(HERE) / laws[0].at(HERE) == pytest.approx(Decimal(ratio))


def test_two_rates_are_refused_where_a_z_starts_too_large() -> None:
    with pytest.raises(ProgramError, match="one rate"):
        ROLES["lora_A"].law(Training("gaussian", two_rates=True), HERE)


@pytest.mark.parametrize("numbers", [(1, 1, 1), (8, 16, 1), (8, 0, 1), (8, 2, 0), (8, 2, -1)])
def test_numbers_of_no_layer_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(OrderError, match="no layer"):
        Numbers(numbers[0], numbers[1], Decimal(numbers[2]))


# -- the command ------------------------------------------------------------------------------------------------------

WHOLE = {
    "peft_type": "LORA",
    "r": 8,
    "lora_alpha": 16,
    "use_dora": True,
    "bias": "all",
    "target_modules": ["q_proj", "v_proj", "embed_tokens"],
    "rank_pattern": {"v_proj": 64},
    "modules_to_save": ["lm_head", "norm"],
}


def answer(capsys: pytest.CaptureFixture[str], *more: str, path: Path = EXAMPLE, lr: str = "2e-4") -> Any:
    found = run(capsys, "rates", str(path), "--width", "4096", "--lr", lr, "--format", "json", *more)
    assert found.code == 0, found.err
    return json.loads(found.out)


def rates_of(found: Any) -> dict[tuple[str, str], float]:
    return {(group["role"], group["modules"]): group["rate"] for group in found["groups"]}


def write(folder: Path, fields: object) -> Path:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(fields))
    return path


def test_one_rate_halves_with_four_times_the_width(capsys: pytest.CaptureFixture[str]) -> None:
    """r 16, alpha 32 as at home: what is left out of --from stays."""
    found = answer(capsys, "--from", "n=1024")
    assert rates_of(found) == {("lora_A", "all modules"): 1e-4, ("lora_B", "all modules"): 1e-4}
    assert [group["exponents"]["n"] for group in found["groups"]] == ["-1/2", "-1/2"]


def test_alpha_over_r_leaves_the_rate_at_every_rank(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(rates_of(answer(capsys, "--from", "r=64")).values()) == {2e-4}


def test_the_rate_goes_by_the_root_of_rank_and_multiplier(capsys: pytest.CaptureFixture[str]) -> None:
    """r s is 256 * 4 where the rate is known, and 16 * 2 here."""
    found = rates_of(answer(capsys, "--from", "r=256 rslora=true alpha=64"))
    assert found["lora_A", "all modules"] == pytest.approx(2e-4 * 32**0.5, rel=1e-4)


def test_two_rates_multiply_to_the_square_of_the_one_rate(capsys: pytest.CaptureFixture[str]) -> None:
    found = rates_of(answer(capsys, "--lora-plus"))
    a, b = found["lora_A", "all modules"], found["lora_B", "all modules"]
    assert a * b == pytest.approx(2e-4**2, rel=1e-4)
    assert b / a == pytest.approx(4096 / (2 * 16), rel=1e-4)


def test_a_known_pair_takes_the_place_of_constants(capsys: pytest.CaptureFixture[str]) -> None:
    """Ratio 16 at n = 1024: four times the width, four times the ratio."""
    found = rates_of(answer(capsys, "--lora-plus", "--from", "n=1024 lr_A=1e-4 lr_B=16e-4"))
    assert found["lora_A", "all modules"] == pytest.approx(1e-4 / 4)
    assert found["lora_B", "all modules"] == pytest.approx(16e-4)


def test_the_whole_file_has_rates(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = answer(capsys, path=write(tmp_path, WHOLE))
    rates = rates_of(found)
    roles = {role for role, _ in rates}
    assert roles == {"lora_A", "lora_B", "magnitude", "embedding_A", "embedding_B", "head", "norm", "bias"}
    share = found["share_of_largest"]
    assert rates["head", "lm_head"] == pytest.approx(share / 4096, rel=1e-4)
    assert rates["magnitude", ""] == pytest.approx(share, rel=1e-4)
    assert rates["lora_A", "v_proj"] == pytest.approx(rates["lora_A", "other modules"], rel=1e-4)


def test_a_folder_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    assert answer(capsys, path=tmp_path) == answer(capsys, path=tmp_path / "adapter_config.json")


def test_a_frozen_factor_has_no_rate(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fields = {"peft_type": "LORA", "target_modules": ["q_proj"], "init_lora_weights": "mica"}
    assert [role for role, _ in rates_of(answer(capsys, path=write(tmp_path, fields)))] == ["lora_A"]


def test_what_is_not_derived_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE | {"init_lora_weights": "pissa"})
    found = answer(capsys, path=path)
    assert rates_of(found)["magnitude", ""] is None
    assert "dora" in next(group["why"] for group in found["groups"] if group["role"] == "magnitude")
    assert "not derived" in run(capsys, "rates", str(path), "--width", "4096", "--lr", "2e-4").out


REFUSED = [
    ("--lr", "2e-4x", "positive number"),
    ("--lr", "0", "positive number"),
    ("--lr", "nan", "positive number"),
    ("--from", "n", "unknown word"),
    ("--from", "init=pissa", "no number of a layer"),
    ("--from", "n=0", "whole number from 2"),
    ("--from", "n=8 r=64", "no layer"),
    ("--from", "wdith=8", "unknown word"),
    ("--from", "lr_Z=8", "unknown role"),
    ("--from", "rslora=maybe", "rslora=true"),
    ("--optimizer", "sdg", "unknown optimiser 'sdg'; did you mean sgd"),
    ("--width", "8", "no layer"),
]


@pytest.mark.parametrize(("option", "value", "said"), REFUSED)
def test_bad_input_is_refused_in_a_line(option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"--width": "4096", "--lr": "2e-4"} | {option: value}
    found = run(capsys, "rates", str(EXAMPLE), *(word for pair in given.items() for word in pair))
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert found.err.count("\n") == 1


def test_an_adapter_without_roles_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = run(capsys, "rates", str(write(tmp_path, {"peft_type": "ADALORA"})), "--width", "64", "--lr", "1e-3")
    assert found.code == 2
    assert "adalora" in found.err


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("adamw_8bit", "torch.optim.AdamW"),
        ("adam_torch", "torch.optim.Adam"),
        ("Lion", "Lion"),
        ("SGD", "torch.optim.SGD"),
        ("shampoo", "Shampoo"),
    ],
)
def test_an_optimiser_may_have_its_trainers_name(capsys: pytest.CaptureFixture[str], name: str, known: str) -> None:
    words = ("rates", str(EXAMPLE), "--width", "4096", "--lr", "2e-4", "--format", "torch", "--optimizer", name)
    assert f"optimizers=({known}(param_groups(model)), None)" in run(capsys, *words).out


# -- rules whose steps follow the gradient's size, and rules of matrices alone ----------------------------------------


def laws(optimiser: str, roles: Iterable[str]) -> dict[str, str]:
    """The law of each role at a rank of 16 and a multiplier of 1/2."""
    return {
        name: str(ROLES[name].law(Training(optimiser=optimiser), Numbers(4096, 16, Decimal("0.5")))) for name in roles
    }


def test_laws_of_sgd_are_for_an_error_of_one_size() -> None:
    """A step of descent is the gradient: of W (n by n) each output sums n terms of the rate; of A and B the same."""
    found = laws("sgd", ("lora_A", "lora_B", "weight", "head", "embedding", "bias", "norm", "lora_bias"))
    assert found == {
        "lora_A": "n^-1 s^-1",
        "lora_B": "n^-1 s^-1",
        "weight": "n^-1",
        "head": "n^-1",
        "embedding": "1",
        "bias": "1",
        "norm": "1",
        "lora_bias": "s^-2",
    }


def test_laws_of_muon_are_those_of_a_matrix_of_length_one() -> None:
    """u w'/(|u| |w|) moves an output by the rate times |w| over the root of the rows."""
    found = laws("muon", ("lora_A", "weight", "head", "embedding"))
    assert found == {"lora_A": "s^-1/2", "weight": "1", "head": "n^-1/2", "embedding": "n^1/2"}


@pytest.mark.parametrize("role", [name for name, role in ROLES.items() if role.vector])
def test_a_rule_of_matrices_has_no_rate_for_a_vector(role: str) -> None:
    with pytest.raises(ProgramError, match="muon makes steps of matrices alone: not of") as caught:
        laws("muon", [role])
    assert "adamw" in caught.value.hint


@pytest.mark.parametrize("init", ["default", "A", "B", "gaussian", "false", "AB", "pissa", "olora", "corda", "lora-ga"])
@pytest.mark.parametrize("rule", ["adam", "sgd", "muon"])
def test_the_law_of_a_role_is_that_of_a_setting(init: str, rule: str) -> None:
    """`rates` and `audit` speak of the same edge as `transfer`."""
    for r, s in ((8, "2"), (64, "0.125"), (16, "4")):
        law = SettingLaw(Setting(n=2048, r=r, s=float(s), init=init, optimiser=rule, lr=1e-5))
        assert law.edge is not None
        assert ROLES["lora_A"].law(Training(init, rule), Numbers(2048, r, Decimal(s))) == Law.of(law.edge["eta"])


def test_two_rates_are_those_of_lora_plus() -> None:
    for init in ("default", "B", "false", "olora"):
        law = SettingLaw(Setting(n=2048, r=8, s=2.0, init=init, lr_A=1e-5, lr_B=1e-4))
        assert law.edge is not None
        for factor in "AB":
            role = ROLES[f"lora_{factor}"].law(Training(init, two_rates=True), Numbers(2048, 8, Decimal(2)))
            assert role == Law.of(law.edge[f"eta_{factor}"])


@pytest.mark.long
@pytest.mark.parametrize("init", ["default", "gaussian"])
def test_no_rank_or_multiplier_moves_the_largest_rate_of_m(init: str) -> None:
    """While A and B are at theirs, (n r s)^-1/2, and s B A Z starts no larger than W* Z."""
    whole = dora(init, magnitude="eta_m", rank="growing", scaling="free").substitute({"eta": "-1/2 - rho/2 - sigma/2"})
    stable = derive(whole).conditions["stable"].region
    small = Region("0 <= rho <= 1 & rho + sigma <= 1 & rho >= sigma")
    assert stable & small == Region("eta_m <= 0") & small


def test_what_is_not_derived_of_a_rule_is_named_in_a_line() -> None:
    whole = rates(EVERYTHING, width=4096, lr="0.02", optimiser="sgd")
    (magnitude,) = [rate for rate in whole.rates if rate.group.role == "magnitude"]
    assert (magnitude.rate, magnitude.law) == (None, None)
    assert magnitude.why.startswith("how large a rate of sgd m takes is not derived")


@pytest.mark.parametrize(("optimiser", "told"), [("sgd", "units of 1 over the loss's gradient"), ("muon", "divide")])
def test_what_a_rate_is_a_number_of_is_told(optimiser: str, told: str) -> None:
    said = [rates(EXAMPLE, width=4096, lr="0.02", optimiser=one).notes for one in (optimiser, "adamw")]
    assert [any(told in note for note in notes) for notes in said] == [True, False]


def test_a_large_rate_of_descent_is_not_called_too_large() -> None:
    notes = [rates(EXAMPLE, width=4096, lr="1", optimiser=name).notes for name in ("sgd", "adamw")]
    assert [any("above the largest" in note for note in one) for one in notes] == [False, True]
