"""Real models: derived exponents on a Llama's attention, rates by parameter in a training loop, and a measured edge."""

import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from command import run
from real_models import batch, llama
from transformers import Trainer, TrainingArguments

from gamma_calc import audit, param_groups
from gamma_calc.errors import ConfigError, ProgramError
from validation.coordinate_check.check import TrainingPlan, coordinate_check
from validation.coordinate_check.result import CoordinateCheck
from validation.coordinate_check.training import trained
from validation.statistics.verdict import Row, Verdict

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")

LAYERS = ("layers.*.self_attn.q_proj", "layers.*.self_attn.v_proj")
FEATURES = ("Z_A", "B", "Z_B", "delta1", "delta2", "delta3")
LAST = 3


def checked(
    widths: tuple[int, ...], init: bool | str, eta: str, lr: float, seeds: int, **adapter: Any
) -> CoordinateCheck:
    """Rate ``lr`` at n = 64, in proportion to n^eta."""
    first = lr * (widths[0] / 64) ** float(Fraction(eta))
    plan = TrainingPlan(
        lr=first,
        eta=Fraction(eta),
        steps=LAST,
        seeds=seeds,
        most_seeds=seeds,
        init="B" if init == "B" else "",
        judged=True,
    )
    return coordinate_check(lambda n: (llama(n, init=init, **adapter), batch()), widths, plan)


def of_adapters(found: CoordinateCheck, *names: str) -> list[Row]:
    wanted = {(f"{layer} {name}", LAST) for layer in LAYERS for name in names or FEATURES}
    return [row for row in found.rows if (row.quantity, row.step) in wanted]


def off(row: Row) -> float:
    assert row.measured is not None
    assert row.predicted is not None
    return abs(row.measured - float(row.predicted))


def test_a_real_attention_layer_grows_as_derived() -> None:
    """Init[A] at n^-1/2: B falls as n^-1/2 and A Z grows as n^1/2, whatever the layers around do."""
    found = checked((32, 64, 128, 256), True, "-1/2", 0.125, seeds=3)
    rows = of_adapters(found, "Z_A", "A", "B")
    assert {row.predicted for row in rows} == {Fraction(1, 2), Fraction(-1, 2)}
    assert max(map(off, rows)) < 0.2
    assert not [row for row in of_adapters(found) if row.verdict is Verdict.REFUTED]


@pytest.mark.long
@pytest.mark.parametrize(
    ("init", "eta", "lr", "adapter"),
    [
        (True, "-1/2", 0.125, {}),
        ("B", "-1", 2e-2, {}),
        ("gaussian", "-1/2", 0.125, {}),
        ("pissa", "-1/2", 0.125, {}),
        (True, "-1/2", 0.06, {"use_rslora": True, "r": 16, "lora_alpha": 16}),
    ],
    ids=["A", "B", "gaussian", "pissa", "rslora"],
)
def test_every_start_grows_as_derived_from_64_to_1024(
    init: bool | str, eta: str, lr: float, adapter: dict[str, Any]
) -> None:
    """Within 0.1 of what is derived, or undecided with the reason."""
    rows = of_adapters(checked((64, 128, 256, 512, 1024), init, eta, lr, seeds=8, **adapter))
    assert [row for row in rows if row.verdict is Verdict.REFUTED] == []
    assert all(row.reason for row in rows if row.verdict is Verdict.UNDECIDED)
    assert sum(off(row) <= 0.1 for row in rows) >= len(rows) * 3 // 4


@pytest.mark.long
def test_a_transferred_rate_stands_where_it_stood_before_the_edge(capsys: pytest.CaptureFixture[str]) -> None:
    """The largest rate that keeps Z_B within one at n = 64, times the printed factor, is the largest one at n = 512."""
    small, large = edge(64), edge(512)
    asked = run(capsys, "transfer", "--from", f"n=64 r=8 alpha=8 lr={small:.6g}", "--to", "n=512", "--format", "json")
    factor = json.loads(asked.out)["by"]["edge"]
    assert small * factor / large == pytest.approx(1, abs=0.35)
    assert small / large > 2


def edge(n: int, seeds: int = 6, steps: int = 5) -> float:
    """The rate at which the adapter of q_proj has added order one after some steps, by halving in the logarithm."""
    low, high = math.log(1e-3), 0.0
    for _ in range(7):
        middle = (low + high) / 2
        sizes = [one_run(n, math.exp(middle), seed, steps) for seed in range(seeds)]
        low, high = (middle, high) if math.hypot(*sizes) <= math.sqrt(seeds) else (low, middle)
    return math.exp((low + high) / 2)


def one_run(n: int, rate: float, seed: int, steps: int) -> float:
    torch.manual_seed(seed)
    model = llama(n)
    found = trained(model, batch(), torch.optim.Adam([p for p in model.parameters() if p.requires_grad], rate), steps)
    return found.sizes[LAYERS[0], "Z_B", steps]


# -- rates by parameter ------------------------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {"use_dora": True, "modules_to_save": ["lm_head"], "bias": "none"}


def losses(model: Any, groups: list[dict[str, Any]], steps: int = 8) -> list[float]:
    torch.manual_seed(0)
    words, optimiser, found = batch(), torch.optim.AdamW(groups), []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = model(**words).loss
        loss.backward()
        optimiser.step()
        found.append(float(loss))
    return found


def by_name(groups: list[dict[str, Any]]) -> dict[str, float]:
    return {group["name"].split()[0]: group["lr"] for group in groups}


def test_groups_of_a_real_model_train_it() -> None:
    model = llama(64, **WHOLE)
    before = {name: dict(vars(parameter)) for name, parameter in model.named_parameters()}
    groups = param_groups(model, lr=2e-2)
    trained_parameters = [p for p in model.parameters() if p.requires_grad]
    assert sorted(map(id, (p for g in groups for p in g["params"]))) == sorted(map(id, trained_parameters))
    assert set(by_name(groups)) == {"lora_A", "lora_B", "magnitude", "head"}
    assert by_name(groups)["lora_A"] == pytest.approx(2e-2)
    found = losses(model, groups)
    assert found[-1] < found[0]
    assert {name: dict(vars(parameter)) for name, parameter in model.named_parameters()} == before


def test_two_rates_of_a_model_have_the_derived_ratio() -> None:
    rates = by_name(param_groups(llama(64), lr="2e-4", two_rates=True))
    assert rates["lora_B"] / rates["lora_A"] == pytest.approx(64 / 8, rel=1e-4)


@pytest.mark.parametrize(("known", "factor"), [("n=256", 2.0), ("r=2 alpha=2", 0.5), ("", 1.0)])
def test_a_rate_known_elsewhere_is_taken_here(known: str, factor: float) -> None:
    """The edge of the default start at s = 1 goes by (n r)^-1/2."""
    rates = by_name(param_groups(llama(64), lr="1e-3", known=known))
    assert rates["lora_A"] == pytest.approx(1e-3 * factor, rel=1e-4)


def test_each_layer_goes_by_what_enters_it() -> None:
    model = llama(64, target_modules=["q_proj", "down_proj"], rank_pattern={"down_proj": 2})
    rates = {group["name"]: group["lr"] for group in param_groups(model, lr="1e-3")}
    assert set(rates) == {f"lora_{x} n = 64, r = {r}, s = {s}" for x in "AB" for r, s in ((8, 1), (2, 4))}


def test_gains_and_embeddings_go_by_the_size_of_their_entries() -> None:
    model = llama(64)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora" in name or "norm" in name or "embed_tokens" in name)
    half = {p: 0.5 * g["lr"] for g in param_groups(model, lr="1e-3") for p in g["params"] if "norm" in g["name"]}
    with torch.no_grad():
        for parameter in half:
            parameter.mul_(0.5)
    again = {p: g["lr"] for g in param_groups(model, lr="1e-3") for p in g["params"]}
    assert all(again[p] == pytest.approx(rate, rel=1e-4) for p, rate in half.items())


def test_a_saved_configuration_gives_the_rates_of_its_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As JSON read back, and as a snippet run on its own."""
    model = llama(64, rank_pattern={"v_proj": 4}, bias="lora_only", use_rslora=True)
    model.peft_config["default"].save_pretrained(tmp_path)
    asked = ("rates", str(tmp_path), "--width", "64", "--lr", "1e-3", "--lora-plus")
    listed = tmp_path / "rates.json"
    listed.write_text(run(capsys, *asked, "--format", "json").out)
    direct = {p: g["lr"] for g in param_groups(model, lr="1e-3", two_rates=True) for p in g["params"]}
    read = {p: g["lr"] for g in param_groups(model, rates=listed) for p in g["params"]}
    space: dict[str, Any] = {}
    exec(run(capsys, *asked, "--format", "torch").out, space)  # noqa: S102 - it is what a user would paste
    pasted = {p: g["lr"] for g in space["param_groups"](model) for p in g["params"]}
    assert direct.keys() == read.keys() == pasted.keys()
    for p, rate in direct.items():
        assert read[p] == pytest.approx(rate, rel=1e-4)
        assert pasted[p] == pytest.approx(rate, rel=5e-3)


REFUSED: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda m: param_groups(m.requires_grad_(False), lr=1e-3), ProgramError, "nothing of the model is trained"),
    (lambda m: param_groups(m, lr=-1), ValueError, "positive number"),
    (lambda m: param_groups(m, lr=1e-3, optimiser="sdg"), LookupError, "did you mean sgd"),
    (lambda m: param_groups(m, rates="nowhere.json"), ConfigError, "no such file"),
]


@pytest.mark.parametrize(("call", "error", "said"), REFUSED)
def test_what_has_no_rate_is_refused(call: Callable[[Any], Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call(llama(32))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "no file of rates"),
        ('{"schema": "gamma-calc/rates/1"}', "damaged"),
        ('{"schema": "gamma-calc/rates/1", "groups": [{"role": "x", "match": "(", "rate": 1}]}', "damaged"),
        ('{"schema": "gamma-calc/rates/1", "groups": []}', "no group matches"),
    ],
)
def test_a_file_that_is_none_of_rates_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(said)):
        param_groups(llama(32), rates=path)


def test_a_saved_adapter_is_audited_from_disk(tmp_path: Path) -> None:
    """Ranks, multipliers and widths come from the shapes that peft wrote."""
    llama(64, rank_pattern={"v_proj": 4}, modules_to_save=["lm_head"]).save_pretrained(tmp_path)
    rows = json.loads(audit(tmp_path, lr="2e-2").to_json())["rows"]
    assert [(row["role"], row["width"], row["rank"], row["multiplier"]) for row in rows] == [
        ("lora_A", 64, 8, 1),
        ("lora_A", 64, 4, 2),
        ("head", 64, 1, 1),
    ]


@pytest.mark.long
def test_the_trainer_of_transformers_takes_the_groups(tmp_path: Path) -> None:
    model = llama(32)
    optimiser = torch.optim.AdamW(param_groups(model, lr=1e-2, two_rates=True))
    arguments = TrainingArguments(tmp_path, max_steps=3, report_to=[], use_cpu=True, save_strategy="no")
    texts = [{name: value[0] for name, value in batch().items()}] * 8
    trainer = Trainer(model, arguments, train_dataset=texts, optimizers=(optimiser, None))
    found = trainer.train()
    assert found.global_step == 3
    first = {group["name"].split()[0]: group["initial_lr"] for group in trainer.optimizer.param_groups}
    assert first["lora_B"] / first["lora_A"] == pytest.approx(32 / 8, rel=1e-4)
