"""PEFT configurations: what they say of the program, and what is refused."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from command import EXAMPLE, run

from gamma_calc import derive
from gamma_calc.errors import ConfigError, GammaError
from gamma_calc.frontends.peft_config import Group, read_config

GOOD: dict[str, Any] = {
    "peft_type": "LORA",
    "r": 16,
    "lora_alpha": 32,
    "init_lora_weights": True,
    "target_modules": ["q_proj", "v_proj"],
}


def written(folder: Path, **changes: object) -> Path:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(GOOD | changes), encoding="utf-8")
    return path


def test_the_example_reads_as_the_default_lora() -> None:
    config = read_config(EXAMPLE)
    assert (config.init, config.scaling) == ("default", "alpha/r")
    assert config.groups == (Group("all modules", 16, Fraction(32), rs=False),)
    assert config.notes == (
        "all modules: r 16, alpha 32, multiplier alpha/r = 2",
        "target modules: q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj",
    )
    assert str(derive(config.program()).conditions["efficient"].region) == "eta = -1/2"


NAMES = {
    True: "default",
    False: "false",
    "gaussian": "gaussian",
    "Gaussian": "gaussian",
    "orthogonal": "orthogonal",
    "pissa": "pissa",
    "pissa_niter_16": "pissa",
    "olora": "olora",
    "OLoRA": "olora",
    "eva": "eva",
    "corda": "corda",
    "loftq": "loftq",
    "lora_ga": "lora-ga-peft",
    "MiCA": "mica",
}


@pytest.mark.parametrize(("value", "init"), NAMES.items())
def test_the_initialisation_is_one_of_the_catalogue(tmp_path: Path, value: object, init: str) -> None:
    config = read_config(written(tmp_path, init_lora_weights=value))
    assert config.init == init
    assert not derive(config.program()).conditions["stable"].empty


@pytest.mark.parametrize(
    ("name", "call"), [("eva", "initialize_lora_eva_weights"), ("lora_ga", "preprocess_loraga"), ("pissa", "")]
)
def test_a_start_that_needs_a_call_says_so(tmp_path: Path, name: str, call: str) -> None:
    notes = read_config(written(tmp_path, init_lora_weights=name)).notes
    assert [note for note in notes if note.startswith("without a call")] == (
        [f"without a call of {call} peft starts as with true"] if call else []
    )


def test_the_known_mode_of_a_start_may_be_written_out(tmp_path: Path) -> None:
    path = written(tmp_path, init_lora_weights="corda", corda_config={"corda_method": "ipm"})
    assert read_config(path).init == "corda"


def test_what_is_left_out_has_the_default_of_peft(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"peft_type": "LORA"}', encoding="utf-8")
    config = read_config(path)
    assert (config.init, config.groups) == ("default", (Group("all modules", 8, Fraction(8), rs=False),))


def test_rslora_divides_by_the_root(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, use_rslora=True, rank_pattern={"q_proj": 8}))
    assert config.scaling == "alpha/sqrt(r)"
    assert [group.multiplier for group in config.groups] == ["8", "32/sqrt(8)"]


def test_each_pattern_is_a_group_and_all_have_one_derivation(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, rank_pattern={"q_proj": 4}, alpha_pattern={"^m.0.v_proj": 8}))
    assert list(map(str, config.groups)) == [
        "other modules: r 16, alpha 32, multiplier alpha/r = 2",
        "q_proj: r 4, alpha 32, multiplier alpha/r = 8",
        "^m.0.v_proj: r 16, alpha 8, multiplier alpha/r = 1/2",
    ]
    assert "ranks that do not grow with the width give one derivation, whatever they are" in config.notes


def test_unknown_fields_are_accepted_and_listed(tmp_path: Path) -> None:
    notes = read_config(written(tmp_path, foo=1, bar={"a": []})).notes
    assert notes[-1] == 'unknown fields, ignored: "bar", "foo"'


def test_what_is_trained_beside_the_adapters_is_said(tmp_path: Path) -> None:
    notes = read_config(written(tmp_path, modules_to_save=["lm_head"], target_modules=["embed_tokens"])).notes
    assert any(note.startswith("modules trained whole") for note in notes)
    assert any(note.startswith("embeddings start with A = 0") for note in notes)


def test_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text("\ufeff" + json.dumps(GOOD), encoding="utf-8")
    assert read_config(path).groups[0].rank == 16


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"peft_type": None}, 'no peft_type; only "peft_type": "LORA" is in the catalogue'),
    ({"peft_type": "ADALORA"}, 'peft_type "ADALORA" is not LoRA; only "peft_type": "LORA" is in the catalogue'),
    ({"r": 0}, "r is 0; a rank is a positive whole number"),
    ({"r": -4}, "r is -4; a rank is a positive whole number"),
    ({"r": True}, "r is true; a rank is a positive whole number"),
    ({"r": 1.5}, "r is 1.5; a rank is a positive whole number"),
    ({"r": "16"}, 'r is "16"; a rank is a positive whole number'),
    ({"lora_alpha": 0}, "lora_alpha is 0; write a positive number"),
    ({"lora_alpha": None}, "lora_alpha is null; write a positive number"),
    ({"rank_pattern": {"q_proj": 0}}, 'rank_pattern["q_proj"] is 0; a rank is a positive whole number'),
    ({"rank_pattern": ["q_proj"]}, 'rank_pattern is ["q_proj"]; write an object from module names to numbers'),
    (
        {"rank_pattern": {"q_prj": 4}},
        'rank_pattern key "q_prj" matches no target module; did you mean q_proj or v_proj?',
    ),
    (
        {"alpha_pattern": {"x.lm_head": 4}},
        'alpha_pattern key "x.lm_head" matches no target module; known: q_proj, v_proj',
    ),
    (
        {"init_lora_weights": "PISSA"},
        (
            "unknown init_lora_weights 'PISSA'; known: corda, eva, false, gaussian, loftq, lora_ga, mica, olora, "
            "orthogonal, pissa, true"
        ),
    ),
    ({"init_lora_weights": "pissa_niter_"}, "unknown init_lora_weights 'pissa_niter_'; did you mean pissa?"),
    (
        {"init_lora_weights": "corda", "corda_config": {"corda_method": "kpm"}},
        'corda_config.corda_method is "kpm"; only "ipm" is in the catalogue',
    ),
    (
        {"init_lora_weights": "lora_ga", "lora_ga_config": {"scale": "unit"}},
        'lora_ga_config.scale is "unit"; only "stable" is in the catalogue',
    ),
    (
        {"init_lora_weights": "orthogonal", "rank_pattern": {"q_proj": 7}},
        "q_proj: r is 7; the orthogonal start halves the rank: write an even one",
    ),
    ({"init_lora_weights": "gausian"}, "unknown init_lora_weights 'gausian'; did you mean gaussian?"),
    ({"init_lora_weights": None}, 'init_lora_weights is null; write true, false or a name such as "gaussian"'),
    ({"use_dora": True}, "use_dora is not yet in the catalogue; without it the config is plain LoRA"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_what_is_refused_is_named(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(GammaError) as caught:
        read_config(path)
    assert str(caught.value) == f"{path}: {message}"


FILES = [
    (b"{a", "line 1, column 2: not JSON: Expecting property name enclosed in double quotes; mend the file there"),
    (b"[1]", 'the JSON is no object; a config looks like {"peft_type": "LORA", "r": 16, ...}'),
    (b"\xff\xfe\x00", "not JSON: the file is no UTF-8 text; name an adapter_config.json"),
    (b"[" * 100_000, "not JSON that can be read: nested too deeply, or a number too long"),
    (b'{"r": ' + b"9" * 5000 + b"}", "not JSON that can be read: nested too deeply, or a number too long"),
    (b'{"peft_type": "LORA", "lora_alpha": 1e999999999}', "lora_alpha is 1E+999999999; write a positive number"),
    (b'{"peft_type": "LORA", "r": NaN}', "r is NaN; a rank is a positive whole number"),
    (
        b" " * 50_000_000,
        "the file is larger than 1 MB, a config has a few kB; name the adapter_config.json, not the weights",
    ),
]


@pytest.mark.parametrize(("content", "message"), FILES, ids=[str(i) for i in range(len(FILES))])
def test_a_file_that_is_no_config(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file; name an adapter_config\.json, or a target"):
        read_config(tmp_path / "missing.json")
    with pytest.raises(ConfigError, match=r"this is a folder; name the adapter_config\.json inside it"):
        read_config(tmp_path)


@pytest.mark.parametrize(
    ("option", "field"), [("--init A", "init_lora_weights"), ("--scaling free", "lora_alpha, r and use_rslora")]
)
def test_what_the_config_sets_is_not_set_twice(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, field: str
) -> None:
    path = written(tmp_path)
    outcome = run(capsys, f"derive {path} {option}")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"gamma-calc: {path}: {option} contradicts the config, which sets it by {field}; ")


def test_a_growing_rank_asks_what_if(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = run(capsys, f"derive {written(tmp_path, use_rslora=True)} --rank growing").out
    assert "min(" in out or "-1/2 - rho/4" in out
