"""Initialisations as they are published, in runs: which was run is said, and what is run is what was made."""

import json
from typing import Any

import pytest
from command import run

pytest.importorskip("torch")

from gamma_calc import Program, derive, lora
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from validation import Settings, measure_cell, validate
from validation.errors import BudgetError
from validation.executor.budget import check_memory
from validation.executor.published import as_published, how_started
from validation.initialisations import CONSTRUCTIONS, Layer, construct
from validation.initialisations.catalogue import largest_width

WIDTHS = (32, 64, 128, 256)
MADE = [name for name, i in INITIALISATIONS.items() if i.constructed]
PUBLISHED = Settings(steps=1, published=True, sizes={"r": 4})


def layer_of(init: str, eta: str = "-1") -> Program:
    return lora(init, optimiser="sign").substitute({"eta": eta})


@pytest.mark.parametrize("init", sorted(set(MADE) - {"inilora"}))
def test_a_run_starts_at_the_factors_that_the_construction_makes(init: str) -> None:
    found = measure_cell(layer_of(init), 32, [0, 1], PUBLISHED)
    for name, made in zip("AB", construct(init, Layer(32, 4, (0, 1))), strict=True):
        there = found.sizes[0, :, 0, found.quantities.index(name)]
        assert there == pytest.approx(made.square().mean((1, 2)).sqrt().numpy())


def test_the_sample_lies_in_the_span_of_the_inputs_that_the_construction_saw() -> None:
    """So A Z is as long as Z, and not a random sum."""
    layer = Layer(64, 4, (0, 1))
    made = (construct("eva", layer)[0] @ layer.inputs[:, 0, :, None]).square().mean((1, 2)).sqrt()
    found = measure_cell(layer_of("eva"), 64, [0, 1], PUBLISHED)
    assert found.sizes[0, :, 0, found.quantities.index("Z_A")] == pytest.approx(made.numpy())


def test_every_rate_and_grouping_starts_at_the_same_factors() -> None:
    alone = measure_cell(layer_of("mica"), 32, [1], PUBLISHED)
    both = measure_cell(layer_of("mica"), 32, [0, 1], PUBLISHED, rates=(1.0, 0.5))
    assert both.sizes[0, 1] == pytest.approx(alone.sizes[0, 0])
    assert (both.sizes[0, :, 0] == both.sizes[1, :, 0]).all()


def test_independent_factors_of_a_scale_have_no_other_construction() -> None:
    assert set(MADE) <= set(CONSTRUCTIONS)
    assert lora("A").construction is None
    assert lora("pissa", a0="-1/2").construction is None
    made = lora("pissa", rank="growing", scaling="alpha/r").substitute({"rho": "1/2"}).construction
    assert made is not None
    assert str(made.multiplier) == "-1/2"


def test_the_answer_says_which_start_was_run() -> None:
    few: dict[str, Any] = {
        "widths": WIDTHS,
        "seeds": 4,
        "most_seeds": 4,
        "steps": 1,
        "tolerance": 2,
        "only": [("A", 1)],
    }
    program = lora("loram", optimiser="sign")
    found = [validate(program, {"eta": -1}, published=published, **few) for published in (True, False)]
    assert ", loram as published)" in found[0].summary
    assert ", loram by independent draws of its orders)" in found[1].summary
    assert [json.loads(f.to_json())["start"]["published"] for f in found] == [True, False]
    assert "start" not in json.loads(validate(lora("A"), {"eta": -1}, published=True, **few).to_json())


def test_one_width_that_is_too_wide_leaves_all_to_independent_factors() -> None:
    program = layer_of("pissa")
    assert as_published(program, (512, 1024), PUBLISHED).published
    wide = as_published(program, (512, 2048), PUBLISHED)
    assert str(how_started(program, wide)) == "pissa by independent draws of its orders"
    assert as_published(layer_of("eva"), (2**16,), PUBLISHED).published
    with pytest.raises(BudgetError, match="pissa is not constructed at width 2048 and rank 4; take"):
        measure_cell(program, 2048, [0, 1], PUBLISHED)


def test_what_a_decomposition_takes_is_counted() -> None:
    program, free = layer_of("pissa"), Settings(steps=1)
    assert check_memory(program, 1024, PUBLISHED) > check_memory(program, 1024, free) + 2 * 8 * 1024**2
    assert largest_width("pissa") == 1024


def test_a_construction_does_not_enter_what_is_derived() -> None:
    assert derive(lora("pissa")).orders == derive(lora("pissa").replaced(construction=None)).orders


@pytest.mark.parametrize("asked", ["--at eta=-1 --seeds 4 --steps 1", "--stable-rate --seeds 2 --steps 2"])
def test_the_command_runs_the_construction_and_says_so(capsys: pytest.CaptureFixture[str], asked: str) -> None:
    found = run(capsys, f"validate --init loram {asked} --widths 32:256 --tolerance 2 --format json")
    assert json.loads(found.out)["start"] == {"initialisation": "loram", "published": True}
