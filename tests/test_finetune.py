"""Fine-tuning: cells, their starts and their data, and what is concluded from cells of a known law."""

import json
import math
import pickle
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch
from drawn import are_alike

from gamma_calc.display.figure import svg
from gamma_calc.errors import GammaError
from validation.finetune import Finetune, FinetuneOutcome, FinetuneSetting, blocks, outcome, rates_between
from validation.finetune.byte_tokens import ByteTokens
from validation.finetune.cells import AdapterArm, FinetuneCell, cell_of
from validation.finetune.encoded import encoded
from validation.finetune.model_source import model_sources
from validation.finetune.page import figures_of, page
from validation.finetune.records import read_records
from validation.finetune.run_record import FinetuneRecord, record, records_in
from validation.finetune.starts import STARTS
from validation.finetune.task import IGNORED, TASKS
from validation.finetune.training import measure
from validation.finetune.world import OBJECTIVES, pretrained, write_data
from validation.statistics.verdict import Verdict
from validation.sweep import Store, run

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")

ROOT = Path(__file__).parents[1]
TEXT = str(ROOT / "CONTRIBUTING.md")
TEXT_ITSELF = Path(TEXT).read_text(encoding="utf-8")
SETTING = FinetuneSetting("llama", TEXT, "causal-lm", targets=(), steps=4, batch=2, length=16)


def cells(
    setting: FinetuneSetting = SETTING, most: float = math.inf, **axes: Any
) -> dict[tuple[str, float], FinetuneCell]:
    """One width and the first seed, by start and rate."""
    asked: dict[str, Any] = {"inits": ("A",), "rates": (1e-2, 1e-1), "seeds": 2}
    grid = Finetune(setting, **(asked | {"widths": (16,) if setting.model == "llama" else ()} | axes))
    found = {}
    for job, request in grid.requests.items():
        if not request.seed and request.rate <= most:
            work, given = grid.task((job,))
            found[request.init, request.rate] = cell_of(request, work(given)[0])
    return found


# -- cells -------------------------------------------------------------------------------------------------------------


def test_a_cell_trains_and_is_the_same_again() -> None:
    first, again = cells(), cells()
    assert [cell.as_data() for cell in first.values()] == [cell.as_data() for cell in again.values()]
    cell = first["A", 1e-2]
    assert cell.steps == (0, 1, 2, 3, 4)
    assert first["A", 1e-1].loss < cell.before
    layer = "layers.*.self_attn.q_proj"
    assert [cell.at(f"{layer} {name}", 1) for name in ("delta1", "delta3", "Z_B")][:2] == [0, 0]
    assert cell.at(f"{layer} Z_B", 1) == cell.at(f"{layer} delta2", 1) > 0


def test_the_first_three_steps_see_one_batch() -> None:
    losses = cells(rates=(1e-9, 1e-2), most=1e-9)["A", 1e-9].sizes["train_loss"]
    assert losses[1] == losses[2] == losses[3] != losses[4]


@pytest.mark.parametrize("targets", [(), ("gate_proj", "down_proj")], ids=["square", "wide and tall"])
def test_starts_with_a_residual_begin_where_the_model_was(targets: tuple[str, ...]) -> None:
    starts = tuple(start for start in STARTS if start != "loram")
    found = cells(replace(SETTING, targets=targets), inits=starts, rates=(1e-9, 1e-2), most=1e-9)
    before = {init: cell.before for (init, _), cell in found.items()}
    moved = {init for init, loss in before.items() if abs(loss - before["A"]) > 2e-4}
    assert moved == {"AB", "false", "lora-one", "loftq"}  # of loftq the frozen weight is quantised
    assert set(before) == set(STARTS) - {"loram"}


def test_b_alone_and_a_alone() -> None:
    found = cells(inits=("A", "B", "mica"), rates=(1e-2, 1e-1))
    layer = "layers.*.self_attn.q_proj"
    assert found["A", 1e-2].at(f"{layer} B", 0) == 0 < found["A", 1e-2].at(f"{layer} A", 0)
    assert found["B", 1e-2].at(f"{layer} A", 0) == 0 < found["B", 1e-2].at(f"{layer} B", 0)
    assert found["mica", 1e-2].at(f"{layer} delta2", 4) == 0


def test_an_overflow_is_a_result() -> None:
    cell = cells(replace(SETTING, steps=6, dtype="float16"), rates=(1e-2, 1e8))["A", 1e8]
    assert cell.diverged > 0
    assert cell.loss == math.inf
    assert FinetuneCell.from_data(json.loads(json.dumps(cell.as_data()))).loss == math.inf


def test_b_at_n_times_the_rate_moves_n_times_as_far() -> None:
    grid = Finetune(SETTING, ("B",), ("1", "n"), rates=(1e-5, 1e-4), widths=(16,), seeds=2)
    assert [request.b_rate for request in grid.requests.values()][:1] == [1e-5]
    assert {request.b_rate for request in grid.requests.values() if request.ratio == "n"} == {16e-5, 16e-4}


def test_a_worker_with_other_files_is_refused() -> None:
    grid = Finetune(SETTING, ("A",), widths=(16,), seeds=2)
    request = next(iter(grid.requests.values()))
    with pytest.raises(GammaError, match="is another one here"):
        measure(replace(request, data="other"))
    with pytest.raises(GammaError, match="install the same versions"):
        measure(replace(request, versions="other"))


@pytest.mark.parametrize(
    ("model", "task", "records"),
    [
        ("roberta", "classification", [{"text": f"{'ab' * (i % 7)} {i}", "label": "yn"[i % 2]} for i in range(40)]),
        ("t5", "seq2seq", [{"input": f"word {i}", "target": f"WORD {i}"} for i in range(40)]),
    ],
)
def test_other_tasks_train(model: str, task: str, records: list[dict[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    setting = replace(SETTING, model=model, data=str(path), task=task, length=16)
    found = cells(setting, widths=(16,))["A", 1e-2]
    assert math.isfinite(found.loss)
    assert 0 <= found.sizes["held_accuracy"][-1] <= 1


# -- models and data ---------------------------------------------------------------------------------------------------


def test_a_family_scales_heads_and_layers() -> None:
    small, large = (source.fields for source in model_sources("llama", (32, 128)))
    assert (small["num_attention_heads"], large["num_attention_heads"]) == (2, 8)
    assert (small["intermediate_size"], large["intermediate_size"]) == (64, 256)
    assert large["initializer_range"] == 128**-0.5


def test_checkpoints_are_read_and_a_folder_of_them_is_a_family(tmp_path: Path) -> None:
    for source in model_sources("llama", (16, 32)):
        source.made("AutoModelForCausalLM").save_pretrained(tmp_path / f"n{source.width}")
    family = model_sources(str(tmp_path))
    assert [source.width for source in family] == [16, 32]
    assert len({source.identity for source in family}) == 2
    setting = replace(SETTING, model=str(tmp_path / "n16"))
    assert cells(setting)["A", 1e-2].width == 16


def test_a_pickle_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(model_sources("llama", (16,))[0].config)
    with pytest.raises(GammaError, match="has no weights"):
        model_sources(str(tmp_path))
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(GammaError, match=r"has its weights in pytorch_model\.bin only, which can run code"):
        model_sources(str(tmp_path))


def test_data_are_read_from_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\n"x, y",1\n')
    (tmp_path / "a.jsonl").write_text('{"text": "x, y", "label": 1}\n\n')
    (tmp_path / "a.tsv").write_text("text\tlabel\nx, y\t1\n")
    found = [read_records(str(tmp_path / name)).train for name in ("a.csv", "a.jsonl", "a.tsv")]
    assert [list(map(dict, one)) for one in found] == [[{"text": "x, y", "label": "1"}]] * 3
    for name in ("train.txt", "held-out.txt"):
        (tmp_path / name).write_text(name)
    split = read_records(str(tmp_path))
    assert ([r["text"] for r in split.train], [r["text"] for r in split.held]) == (["train.txt"], ["held-out.txt"])


def test_a_target_is_padded_with_what_counts_for_nothing() -> None:
    records = [{"input": "ab", "target": "a"}] * 20
    found = encoded(
        type("Split", (), {"train": records, "held": ()})(), TASKS["seq2seq"], ByteTokens(), 4, columns={}, where=""
    )
    assert found.train["labels"][0].tolist() == [100, 1, IGNORED, IGNORED]
    assert found.train["attention_mask"][0].tolist() == [1, 1, 1, 0]
    logits = torch.nn.functional.one_hot(torch.tensor([[100, 7, 3, 3]]), 260).float()
    assert TASKS["seq2seq"].right(logits, found.train["labels"][:1]) == (1, 2)


def test_rates_are_two_a_decade_or_as_many_as_said() -> None:
    assert rates_between("1e-3:1e-1:3") == (1e-3, 1e-2, 1e-1)
    assert len(rates_between("1e-5:1e-2")) == 7


# -- conclusions -------------------------------------------------------------------------------------------------------

WIDTHS, RATES = (32, 64, 128, 256), tuple(10 ** (-4 + k / 4) for k in range(17))


def lawful(
    best: dict[str, tuple[float, float]], least: dict[str, float], noise: float = 1e-3, slack: float = 0.3
) -> FinetuneOutcome:
    """Cells of which the best rate is c n^e, the loss a parabola about it, and Z_B in proportion to the rate."""
    found = []
    for (init, (c, e)), width, rate, seed in product(best.items(), WIDTHS, RATES, range(4)):
        off = math.log(rate / (c * width**e))
        loss = least[init] + slack * off**2 + noise * math.sin(7 * seed + width + 50 * off)
        loss = min(loss, 1.99) if off < 0 else loss  # a rate that is too small does no harm
        z_b = rate / (2 * c * width**e) * (1 + noise * math.sin(seed))
        sizes = {f"q {name}": (0.0, z_b, z_b, z_b) for name in ("B", "Z_B", "delta1", "delta2", "delta3")}
        sizes |= {"q Z_A": (1.0, 1.0, 1.0, 1.0 + width**0.5), "held_loss": (2.0, math.nan, math.nan, loss)}
        arm = AdapterArm(*init.split("@"))
        found.append(FinetuneCell(arm, 4, width, seed, rate, -1, (0, 1, 2, 3), sizes))
    return FinetuneOutcome({"model": "llama", "alpha": None, "task": "causal-lm", "steps": 3, "batch": 1}, tuple(found))


GOOD = lawful({"A": (0.5, -0.5), "B": (2.0, -1.0), "AB": (0.5, -0.5)}, {"A": 1.0, "B": 1.1, "AB": 1.0})


def verdicts(found: FinetuneOutcome) -> dict[str, str]:
    return {one.name: one.verdict.value for one in found.statements}


def test_a_known_law_is_found() -> None:
    found = verdicts(GOOD)
    named = (
        "stable A",
        "stable B",
        "best A",
        "best B",
        "order best",
        "order stable",
        "A not worse",
        "no grid",
    )
    assert {name: found[name] for name in named} == dict.fromkeys(named, "confirmed")
    assert found["robust AB"] == "refuted"
    slope = next(one for one in GOOD.statements if one.name == "usable A").findings[0].found
    assert slope.low < -0.5 < slope.high


def test_another_law_is_refuted() -> None:
    found = verdicts(lawful({"A": (0.1, 0.0), "B": (0.5, -0.5)}, {"A": 1.2, "B": 1.0}))
    named = ("stable A", "best A", "best B", "A not worse", "no grid")
    assert {name: found[name] for name in named} == dict.fromkeys(named, "refuted")


def test_a_start_is_compared_at_a_shared_rate_and_at_its_own() -> None:
    """PiSSA learns the same at a tenth of the rate: worse at the shared one, the same at its own."""
    found = lawful({"A": (0.5, -0.5), "pissa": (0.05, -0.5)}, {"A": 1.0, "pissa": 1.0}, slack=0.05)
    assert verdicts(found)["own rate pissa"] == "confirmed"
    shared = next(one for one in found.statements if one.name == "shared rate pissa")
    assert min(finding.found.low for finding in shared.findings) > 0.1


def test_two_rates_mend_what_one_lacks() -> None:
    found = verdicts(lawful({"A": (0.5, -0.5), "A@n": (0.5, -1.0)}, {"A": 1.1, "A@n": 1.0}))
    assert found["two rates A"] == found["best A, B x n"] == "confirmed"


def test_rates_outside_the_grid_are_no_best_rates() -> None:
    found = lawful({"A": (1e-7, -0.5)}, {"A": 1.0}, slack=0.001)
    assert all(not one.found for one in found.evidence.settings)
    assert verdicts(found)["best A"] == Verdict.UNDECIDED.value


def test_the_outcome_is_the_same_from_its_own_data() -> None:
    text = GOOD.to_json()
    data = json.loads(text)
    assert FinetuneOutcome.from_data(data).to_json() == text
    assert set(data) >= {"cells", "statements", "verdict"}
    assert next(iter(blocks(GOOD))).title == "Rates"


def test_a_store_gives_the_outcome_of_its_grid(tmp_path: Path) -> None:
    grid = Finetune(SETTING, ("A", "B"), rates=(1e-2, 1e-1), widths=(16,), seeds=2)
    with Store.open(tmp_path / "cells.sqlite") as store:
        assert run(grid, store).failed == 0
        found = outcome(grid, store)
    assert len(found.cells) == 8
    assert [(c.arm.init, c.rate, c.seed) for c in found.cells][:3] == [("A", 1e-2, 0), ("A", 1e-2, 1), ("A", 1e-1, 0)]


# -- small worlds ------------------------------------------------------------------------------------------------------


def test_a_world_is_pretrained_and_its_data_have_two_classes(tmp_path: Path) -> None:
    for kind in OBJECTIVES:
        source = model_sources(kind, (16,))[0]
        made = pretrained(source, 16, steps=2)
        torch.manual_seed(source.width)
        drawn = source.made(OBJECTIVES[kind][0])
        moved = [bool((a - b).abs().max() > 0) for a, b in zip(made.parameters(), drawn.parameters(), strict=True)]
        assert sum(moved) > len(moved) / 2
    write_data(tmp_path, TEXT_ITSELF)
    found = read_records(str(tmp_path / "classes.jsonl")).train
    assert {record["label"] for record in found} == {"code", "prose"}
    assert read_records(str(tmp_path / "continuation.txt")).train[0]["text"] == TEXT_ITSELF
    assert all(r["target"].swapcase() == r["input"] for r in read_records(str(tmp_path / "rewriting.jsonl")).train)


# -- the page ----------------------------------------------------------------------------------------------------------


def test_a_record_keeps_what_is_concluded() -> None:
    run_of_it = json.loads(GOOD.to_json())
    again = FinetuneRecord.of(json.loads(record(run_of_it, "Title", "command"))).outcome
    assert [one.as_data() for one in again.statements] == [one.as_data() for one in GOOD.statements]


def test_a_page_is_made_of_its_records_and_follows_them(tmp_path: Path) -> None:
    data = json.loads(GOOD.to_json())
    (tmp_path / "one.json").write_text(record(data, "A run", "gamma-calc experiment", ["A remark."]))
    first = page(tmp_path)
    assert all(f"\n{line}\n" in first for line in ("## A run", "    gamma-calc experiment", "* A remark.", "### Rates"))
    for cell in data["cells"]:
        cell["sizes"]["held_loss"][-1] += 0.1 * (cell["init"] == "A")
    (tmp_path / "one.json").write_text(record(data, "A run", "gamma-calc experiment", ["A remark."]))
    assert page(tmp_path) != first


def test_the_recorded_page_is_that_of_its_records() -> None:
    results = ROOT / "docs" / "results"
    assert (results / "finetune.md").read_text(encoding="utf-8") == page(results / "finetune")


def test_the_recorded_figures_are_those_of_the_records() -> None:
    pytest.importorskip("matplotlib")
    folder = ROOT / "docs" / "results" / "finetune"
    drawn = figures_of(records_in(folder))
    assert sorted(path.stem for path in folder.glob("*.svg")) == sorted(drawn)
    kept = {name: (folder / f"{name}.svg").read_text("utf-8") for name in drawn}
    stale = [name for name, figure in drawn.items() if not are_alike(kept[name], svg(figure))]
    assert stale == []
