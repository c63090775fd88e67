"""PEFT configurations: what they say of the program, and what is refused."""

import json
import os
import random
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import product
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


GROUPS: list[tuple[dict[str, object], list[tuple[int, Fraction | int, str]]]] = [
    (
        {"rank_pattern": {"q_proj": 32}, "alpha_pattern": {"layers.0.self_attn.q_proj": 64}},
        [(8, 16, "2"), (32, 16, "1/2"), (32, 64, "2")],
    ),
    ({"alpha_pattern": {"^q_proj": 100}}, [(8, 16, "2")]),
    ({"alpha_pattern": {"^model.layers.0.self_attn.q_proj": 100}}, [(8, 16, "2"), (8, 100, "25/2")]),
    (
        {"rank_pattern": {r"layers\.[0-3]\..*": 4}, "alpha_pattern": {".*q_proj": 32}},
        [(8, 16, "2"), (4, 16, "4"), (8, 32, "4"), (4, 32, "8")],
    ),
    ({"rank_pattern": {"q_proj": 4, "self_attn.q_proj": 2, "v_proj": 2}}, [(4, 16, "4"), (2, 16, "8")]),
    ({"rank_pattern": {"q_proj|v_proj": 4}}, [(4, 16, "4")]),
    ({"target_modules": "all-linear", "rank_pattern": {"q_proj|v_proj": 4}}, [(8, 16, "2"), (4, 16, "4")]),
    ({"rank_pattern": {"layers.5.self_attn.q_proj": 4}, "layers_to_transform": [0, 1]}, [(8, 16, "2")]),
    ({"rank_pattern": {"(a+)+q": 4}}, [(8, 16, "2"), (4, 16, "4")]),  # left to peft: it may take for ever
]


@pytest.mark.parametrize(("changes", "groups"), GROUPS)
def test_modules_are_grouped_as_peft_matches_them(
    tmp_path: Path, changes: dict[str, object], groups: list[tuple[int, Fraction | int, str]]
) -> None:
    found = read_config(written(tmp_path, **{"r": 8, "lora_alpha": 16, **changes})).groups
    assert [(group.rank, group.alpha, group.multiplier) for group in found] == groups


KEYS = ["q_proj", "v_proj", "^q_proj", "self_attn.q_proj", "layers.0.self_attn.q_proj", ".*proj", "layers.[12].*"]


def test_groups_are_those_of_peft_itself_on_a_model(tmp_path: Path) -> None:
    """Random patterns on a model with many modules: each module's key, and so its rank and alpha, is that of peft."""
    other = pytest.importorskip("peft.utils.other")
    pick: Callable[[list[str], str], str] = other.get_pattern_key
    places = product(range(4), ("self_attn", "mlp"), ("q_proj", "v_proj"))
    names = [f"model.layers.{i}.{block}.{module}" for i, block, module in places]
    draw = random.Random(0)  # noqa: S311 - a test case, not a secret
    for _ in range(200):
        ranks, alphas = (draw.sample(KEYS, draw.randint(0, 3)) for _ in range(2))
        r, alpha = ({key: i for i, key in enumerate(keys, start)} for keys, start in ((ranks, 2), (alphas, 64)))
        config = read_config(written(tmp_path, rank_pattern=r, alpha_pattern=alpha))
        expected = {(r.get(pick(ranks, name), 16), alpha.get(pick(alphas, name), 32)) for name in names}
        assert expected <= {(group.rank, int(group.alpha)) for group in config.groups}
        assert config.modules is not None
        for name in names:
            assert (config.modules.ranks.key(name) or name) == pick(ranks, name)


def test_many_keys_and_hostile_ones_take_no_time(tmp_path: Path) -> None:
    literal = {f"model.layers.{i}.self_attn.q_proj": 1 + i for i in range(2000)}
    hostile = {"(" * 40 + ")*" * 40: 1, ".*" * 60 + "q": 2, "(.*)*(.*)*x": 3}
    begun = time.monotonic()
    assert len(read_config(written(tmp_path, rank_pattern=literal)).groups) > 2
    assert len(read_config(written(tmp_path, rank_pattern=hostile)).groups) > 2
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("changes", "program"),
    [({"use_dora": True}, "dora"), ({"peft_type": "ADALORA"}, "adalora"), ({"peft_type": "VERA", "r": 256}, "vera")],
)
def test_other_adapters_are_those_of_the_catalogue(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, changes: dict[str, object], program: str
) -> None:
    outcome = run(capsys, "derive", str(written(tmp_path, **changes)), "--format", "json")
    assert (outcome.code, json.loads(outcome.out)["program"]) == (0, program)


def test_alpha_in_proportion_to_the_rank(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = json.loads(run(capsys, f"derive {written(tmp_path)} --rank growing --scaling 1 --format json").out)
    assert found["sup"]["stable"]["eta"][0]["value"] == "-1/2 - rho/2"
    assert any("alpha grows in proportion to r" in note for note in found["configuration"])
    outcome = run(capsys, f"derive {written(tmp_path, use_rslora=True)} --rank growing --scaling 1")
    assert outcome.code == 2
    assert "contradicts the config" in outcome.err


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"modules_to_save": ["classifier"]}, "modules trained whole (classifier)"),
        ({"bias": "lora_only"}, "biases"),
        ({"target_modules": ".*(q_proj|embed_tokens)"}, "adapters on embeddings (embed_tokens)"),
        ({"trainable_token_indices": [1]}, "token embeddings"),
    ],
)
def test_no_rate_is_advised_for_what_is_trained_beside(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    path = written(tmp_path, **changes)
    expected = f"none on one rate for the whole file: {why} are trained at the same rate and are not derived"
    assert json.loads(run(capsys, f"derive {path} --format json").out)["advice"] == {"text": expected, "parts": []}
    assert expected in " ".join(run(capsys, f"derive {path}").out.split())


def test_what_a_file_holds_is_shown_harmlessly(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    strange = ["q\x1b[31m_proj", "half \ud800", "\u00e9", "v" * 70_000]
    long = {"zero": {"x" * 70_000: 1}, "y" * 70_000: 1}
    outcome = run(capsys, f"derive {written(tmp_path, target_modules=strange, **long)}")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert len(outcome.out) < 5_000
    outcome = run(capsys, f"derive {written(tmp_path, init_lora_weights='z' * 70_000)}")
    assert outcome.code == 2
    assert len(outcome.err) < 1_000


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


LISTED = 'the catalogue has "LORA", "ADALORA", "VERA"; a program of your own: docs/own-network.md'
ELSEWHERE: dict[object, str] = {  # what is no peft_type, and where the catalogue has it
    "DORA": 'with "peft_type": "LORA" it is "use_dora": true',
    "PiSSA": 'with "peft_type": "LORA" it is "init_lora_weights": "pissa"',
    "LORA_XS": "the catalogue has it as lora-xs: gamma-calc derive lora-xs",
    "LoRA+": "the catalogue has it as lora+: gamma-calc derive lora+",
}
REFUSED: list[tuple[dict[str, object], str]] = [
    *(({"peft_type": kind}, f'peft_type "{kind}" is not in the catalogue; {mend}') for kind, mend in ELSEWHERE.items()),
    ({"peft_type": None}, f"no peft_type; {LISTED}"),
    (
        {"peft_type": "DORA"},
        'peft_type "DORA" is not in the catalogue; with "peft_type": "LORA" it is "use_dora": true',
    ),
    (
        {"peft_type": "PiSSA"},
        'peft_type "PiSSA" is not in the catalogue; with "peft_type": "LORA" it is "init_lora_weights": "pissa"',
    ),
    (
        {"peft_type": "LORA_XS"},
        'peft_type "LORA_XS" is not in the catalogue; the catalogue has it as lora-xs: gamma-calc derive lora-xs',
    ),
    (
        {"peft_type": "LoRA+"},
        'peft_type "LoRA+" is not in the catalogue; the catalogue has it as lora+: gamma-calc derive lora+',
    ),
    ({"peft_type": "LOHA"}, f'peft_type "LOHA" is not in the catalogue; {LISTED}'),
    ({"peft_type": ["LORA"]}, f'peft_type ["LORA"] is not in the catalogue; {LISTED}'),
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
    ({"use_qalora": True}, "use_qalora is not yet in the catalogue; without it the config is plain LoRA"),
    (
        {"rank_pattern": {"q_proj(": 4}},
        (
            'rank_pattern key "q_proj(" is no regular expression: missing ), unterminated subpattern at position 0; '
            "write a module's name"
        ),
    ),
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
    (b'{"r": 8, "r": 64}', "r stands twice in an object; keep one"),
    (b'{"peft_type": "LORA", "lora_alpha": 1e999999999}', "lora_alpha is 1E+999999999; write a positive number"),
    (
        b'{"peft_type":"LORA","x":1e99999999999999999999}',
        "a number beyond all that can be reckoned with; write a smaller exponent",
    ),
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
    with pytest.raises(ConfigError, match=r"the folder has no adapter_config\.json; name the folder that"):
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    outcome = run(capsys, f"derive {tmp_path / 'pipe.json'}")
    assert outcome.code == 2
    assert outcome.err.endswith("this is a pipe or a device, no file; write what comes from it to a file first\n")


def test_a_growing_rank_asks_what_if(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = run(capsys, f"derive {written(tmp_path, use_rslora=True)} --rank growing").out
    assert "min(" in out or "-1/2 - rho/4" in out
