"""Files that an audit reads: those of five trainers, and those that lie, explode or are something else."""

import json
import random
import struct
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from safetensors_file import floats, raw, written

from gamma_calc.errors import ConfigError, GammaError
from gamma_calc.frontends.reading import read_adapter
from gamma_calc.frontends.safetensors_header import read_header
from gamma_calc.frontends.saved_sizes import root_mean_square
from gamma_calc.frontends.yaml_file import read_mapping
from gamma_calc.practice.audit.auditing import audit

CONFIG = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "down_proj"]}
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def text(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def saved(folder: Path, rank: int = 4, value: float = 0.5) -> Path:
    """A folder as save_pretrained writes it, of two layers with two widths."""
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    tensors = {}
    for layer in range(2):
        for name, inputs in (("self_attn.q_proj", 64), ("mlp.down_proj", 256)):
            stem = f"base_model.model.model.layers.{layer}.{name}"
            tensors[f"{stem}.lora_A.weight"] = floats(rank, inputs, value=value)
            tensors[f"{stem}.lora_B.weight"] = floats(64, rank, value=value / 5)
    written(folder / "adapter_model.safetensors", tensors)
    return folder


# -- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_gives_widths_by_its_shapes(tmp_path: Path) -> None:
    (row,) = audit(saved(tmp_path), lr="1e-3").rows
    assert (row.what, row.width, row.rank) == ("adapters, q_proj, down_proj (n = 256)", 256, 4)


def test_sizes_are_read_on_request(tmp_path: Path) -> None:
    assert audit(saved(tmp_path)).sizes == ()
    (sizes,) = audit(tmp_path, sizes=True).sizes
    assert sizes.a == pytest.approx(Decimal("0.5"))
    assert sizes.b == pytest.approx(Decimal("0.1"), rel=Decimal("1e-6"))
    assert sizes.a0 == pytest.approx(-0.125)  # 256^(-1/8) = 1/2
    assert sizes.largest is not None
    assert sizes.largest < audit(tmp_path).rows[0].largest  # type: ignore[operator]


def test_sizes_of_an_untrained_adapter_leave_its_start(tmp_path: Path) -> None:
    folder = saved(tmp_path, value=1 / 16)
    header = read_header(folder / "adapter_model.safetensors")
    data = (folder / "adapter_model.safetensors").read_bytes()
    for tensor in header.tensors.values():
        if ".lora_B." in tensor.name:
            data = data[: tensor.start] + bytes(tensor.end - tensor.start) + data[tensor.end :]
    (folder / "adapter_model.safetensors").write_bytes(data)
    (sizes,) = audit(folder, sizes=True).sizes
    assert sizes.b == 0
    assert sizes.b0 is None
    assert sizes.largest == pytest.approx(audit(folder).rows[0].largest, rel=Decimal("1e-3"))


def test_saved_ranks_are_held_against_the_file(tmp_path: Path) -> None:
    assert not audit(saved(tmp_path)).failed
    found = audit(saved(tmp_path, rank=8))
    assert {one.id for one in found.findings} == {"saved-rank-differs"}
    assert found.failed
    assert found.findings[0].what == "A is 8 x 64 and B 64 x 8, where the file says r = 4"


def test_two_factors_of_two_ranks_are_told(tmp_path: Path) -> None:
    text(tmp_path, "adapter_config.json", json.dumps(CONFIG))
    pair = {"q_proj.lora_A.weight": floats(4, 64), "q_proj.lora_B.weight": floats(64, 8)}
    written(tmp_path / "adapter_model.safetensors", pair)
    assert [one.what for one in audit(tmp_path).findings] == ["A is 4 x 64 and B 64 x 8, where the file says r = 4"]


def test_an_embedding_has_the_width_of_its_rows(tmp_path: Path) -> None:
    text(tmp_path, "adapter_config.json", json.dumps(CONFIG | {"target_modules": ["q_proj", "embed_tokens"]}))
    tensors = {
        "model.embed_tokens.lora_embedding_A": floats(4, 1000),
        "model.embed_tokens.lora_embedding_B": floats(64, 4),
        "model.q_proj.lora_A.weight": floats(4, 64),
        "model.q_proj.lora_B.weight": floats(128, 4),
    }
    written(tmp_path / "adapter_model.safetensors", tensors)
    assert [(row.role_name, row.width) for row in audit(tmp_path).rows] == [("lora_A", 64), ("embedding_B", 64)]


def test_factors_of_mlx_lm_are_the_other_way_round(tmp_path: Path) -> None:
    text(tmp_path, "adapter_config.json", json.dumps({"lora_parameters": {"rank": 4, "scale": 2}}))
    pair = {"model.layers.0.q_proj.lora_a": floats(64, 4), "model.layers.0.q_proj.lora_b": floats(4, 32)}
    written(tmp_path / "adapters.safetensors", pair)
    (row,) = audit(tmp_path).rows
    assert (row.width, row.rank) == (64, 4)
    assert audit(tmp_path).findings == ()


def test_saved_ranks_follow_the_patterns(tmp_path: Path) -> None:
    saved(tmp_path, rank=8)
    text(tmp_path, "adapter_config.json", json.dumps(CONFIG | {"rank_pattern": {"q_proj": 8, "down_proj": 8}}))
    assert not audit(tmp_path).failed


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    text(tmp_path, "adapter_config.json", json.dumps(CONFIG))
    assert audit(tmp_path).findings == ()
    (tmp_path / "adapter_model.bin").write_bytes(b"cos\nsystem\n")
    assert [one.id for one in audit(tmp_path).findings] == ["pickle-not-opened"]


def test_weights_without_adapters_are_told(tmp_path: Path) -> None:
    text(tmp_path, "adapter_config.json", json.dumps(CONFIG))
    written(tmp_path / "adapter_model.safetensors", {"x": floats(2, 2)})
    assert [one.id for one in audit(tmp_path).findings] == ["no-saved-adapters"]


@pytest.mark.parametrize(
    ("numbers", "code", "dtype"), [((1.0, -2.0, 0.5), "d", "F64"), ((1.0, -2.0, 0.5), "f", "F32"), ((3.0,), "e", "F16")]
)
def test_sizes_of_every_format(tmp_path: Path, numbers: tuple[float, ...], code: str, dtype: str) -> None:
    content = struct.pack(f"<{len(numbers)}{code}", *numbers)
    path = written(tmp_path / "x.safetensors", {"x": (dtype, [len(numbers)], content)})
    square = sum(x * x for x in numbers) / len(numbers)
    assert root_mean_square(path, read_header(path).tensors["x"]) ** 2 == pytest.approx(Decimal(square))


def test_sizes_of_bf16(tmp_path: Path) -> None:
    content = struct.pack("<4f", 1.0, -2.0, 0.5, 4.0)
    halves = b"".join(content[i + 2 : i + 4] for i in range(0, 16, 4))
    path = written(tmp_path / "x.safetensors", {"x": ("BF16", [2, 2], halves)})
    assert root_mean_square(path, read_header(path).tensors["x"]) ** 2 == pytest.approx(Decimal("5.3125"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e200])
def test_sizes_of_what_diverged_are_refused(tmp_path: Path, value: float) -> None:
    path = written(tmp_path / "x.safetensors", {"x": ("F64", [2], struct.pack("<2d", value, 1.0))})
    with pytest.raises(ConfigError, match="not finite; the adapter diverged"):
        root_mean_square(path, read_header(path).tensors["x"])


# -- hostile headers --------------------------------------------------------------------------------------------------

ENTRY = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
LIES: list[tuple[Any, bytes, int | None, str]] = [
    ({"x": ENTRY}, b"\0" * 16, 2**60, "the header is longer than the file"),
    ({"x": ENTRY}, b"\0" * 16, 2**24 + 1, "the header is longer than the file"),
    ({"x": ENTRY}, b"\0" * 16, 0, "the header is longer than the file"),
    ({"x": ENTRY}, b"\0" * 15, None, "tensors overlap, or lie beyond the end of the file"),
    ({"x": ENTRY}, b"\0" * 17, None, "bytes between tensors belong to none"),
    ({"x": ENTRY, "y": ENTRY}, b"\0" * 32, None, "tensors overlap"),
    ({"x": ENTRY, "y": ENTRY | {"data_offsets": [8, 24]}}, b"\0" * 24, None, "tensors overlap"),
    ({"x": ENTRY | {"shape": [10**6, 10**6]}}, b"\0" * 16, None, "the shape does not take the bytes it claims"),
    (
        {"x": ENTRY | {"shape": [10**6, 10**6], "data_offsets": [0, 4 * 10**12]}},
        b"",
        None,
        "beyond the end of the file",
    ),
    ({"x": ENTRY | {"shape": [-2, -2]}}, b"\0" * 16, None, "no shape"),
    ({"x": ENTRY | {"shape": [True, 4]}}, b"\0" * 16, None, "no shape"),
    ({"x": ENTRY | {"shape": [4, 1] + [1] * 90}}, b"\0" * 16, None, "no shape"),
    ({"x": ENTRY | {"data_offsets": [16, 0]}}, b"\0" * 16, None, "the shape does not take"),
    ({"x": ENTRY | {"data_offsets": [0, 16, 32]}}, b"\0" * 16, None, "not a dtype, a shape and two offsets"),
    ({"x": ENTRY | {"dtype": "F128"}}, b"\0" * 16, None, "'F128' is not known"),
    ({"x": ENTRY | {"more": 1}}, b"\0" * 16, None, "not a dtype"),
    ({"x": 3}, b"", None, "not a dtype"),
    ([], b"", None, "no JSON object"),
    (b"{" * 1000, b"", None, "no JSON object"),
    (b'{"a": {}, "a": {}}', b"", None, "names something twice"),
    (b"\xff\xfe", b"", None, "no JSON object"),
    ({"__metadata__": {"a": 1}}, b"", None, "no object of texts"),
]


@pytest.mark.parametrize(("header", "data", "length", "said"), LIES)
def test_a_header_that_lies_is_refused(tmp_path: Path, header: Any, data: bytes, length: int | None, said: str) -> None:
    path = raw(tmp_path / "x.safetensors", header, data, length)
    with pytest.raises(ConfigError, match=said):
        read_header(path)


def test_a_header_that_breaks_off_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "x.safetensors", {"x": floats(2, 2)}).read_bytes()
    for length in range(len(whole)):
        (tmp_path / "x.safetensors").write_bytes(whole[:length])
        with pytest.raises(ConfigError, match="no sound safetensors file"):
            read_header(tmp_path / "x.safetensors")


@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json"])
def test_a_pointer_of_git_lfs_says_what_to_run(tmp_path: Path, name: str) -> None:
    saved(tmp_path)
    text(tmp_path, name, LFS)
    with pytest.raises(ConfigError, match="a Git LFS pointer, not the file itself; run git lfs pull"):
        audit(tmp_path)


# -- trainers' files --------------------------------------------------------------------------------------------------

AXOLOTL = """
base_model: some/model
adapter: qlora
lora_r: 32
lora_alpha: 16
lora_target_linear: true
lora_modules_to_save: [embed_tokens]
peft_use_rslora: true
learning_rate: 2e-4
optimizer: paged_adamw_8bit
loraplus_lr_ratio: 16
lora_dropot: 0.05
"""
FACTORY = """
stage: sft
finetuning_type: lora
lora_rank: 8
lora_target: q_proj, v_proj
additional_target: lm_head
pissa_init: true
learning_rate: 1.0e-4
optim: adamw_torch
"""
MLX = """
fine_tune_type: dora
optimizer: adamw
learning_rate: 1e-5
lora_parameters: {keys: [self_attn.q_proj], rank: 8, scale: 20.0, dropout: 0.0}
"""


def told(folder: Path, name: str, content: str) -> tuple[Any, ...]:
    file = read_adapter(text(folder, name, content))
    return file.layout, dict(file.fields), file.trainer.rate, file.trainer.optimiser, file.trainer.ratio


def test_axolotl(tmp_path: Path) -> None:
    layout, fields, rate, optimiser, ratio = told(tmp_path, "a.yml", AXOLOTL)
    assert (layout, rate, optimiser, ratio) == ("axolotl", Decimal("2e-4"), "paged_adamw_8bit", 16)
    assert fields == {
        "peft_type": "LORA",
        "r": 32,
        "lora_alpha": 16,
        "target_modules": "all-linear",
        "modules_to_save": ["embed_tokens"],
        "use_rslora": True,
    }
    assert read_adapter(tmp_path / "a.yml").misspelt == (("lora_dropot", "lora_dropout"),)


def test_rates_of_their_own_stand_in_their_rows(tmp_path: Path) -> None:
    """axolotl's embedding_lr is that of the readout too; LoRA+'s own rate of embedding adapters has a default."""
    more = AXOLOTL.replace("[embed_tokens]", "[embed_tokens, lm_head]") + "embedding_lr: 1e-5\n"
    found = audit(text(tmp_path, "a.yml", more), width=1024)
    assert [str(row.rate) for row in found.rows[2:]] == ["0.00001", "0.00001"]
    assert not {"embedding-stands-still", "whole-at-adapter-rate"} & {one.id for one in found.findings}
    words = "lora_target: q_proj,embed_tokens\nloraplus_lr_ratio: 16\nlora_rank: 8\nlearning_rate: 1e-4\n"
    rows = audit(text(tmp_path, "f.yml", words), width=1024).rows
    assert [(row.role_name, str(row.rate)) for row in rows][-1] == ("embedding_B", "0.000001")


def test_fields_with_nearly_the_same_names_are_no_mistakes(tmp_path: Path) -> None:
    true = "adapter: lora\nlora_r: 8\nlora_alpha: 8\noptim_target_modules: x\npeft_use_relora: false\n"
    assert read_adapter(text(tmp_path, "a.yml", true)).misspelt == ()
    assert read_adapter(text(tmp_path, "f.yml", "lora_rank: 8\ngalore_target: all\n")).misspelt == ()


def test_llama_factory(tmp_path: Path) -> None:
    layout, fields, rate, optimiser, _ = told(tmp_path, "f.yaml", FACTORY)
    assert (layout, rate, optimiser) == ("LLaMA-Factory", Decimal("1e-4"), "adamw_torch")
    assert fields == {
        "peft_type": "LORA",
        "r": 8,
        "lora_alpha": 16,  # twice the rank where the file says nothing
        "target_modules": ["q_proj", "v_proj"],
        "modules_to_save": ["lm_head"],
        "init_lora_weights": "pissa_niter_16",
    }


@pytest.mark.parametrize("name", ["m.yaml", "adapter_config.json"])
def test_mlx_lm_writes_the_multiplier_itself(tmp_path: Path, name: str) -> None:
    content = MLX if name.endswith("yaml") else json.dumps({"lora_parameters": {"rank": 8, "scale": 20}, "x": 1})
    file = read_adapter(text(tmp_path, name, content))
    (row, *_) = audit(file.path, width=1024).rows
    assert (file.layout, row.rank, row.multiplier) == ("mlx-lm", 8, Decimal(20))


def test_sd_scripts(tmp_path: Path) -> None:
    metadata = {
        "ss_network_module": "networks.lora",
        "ss_network_dim": "32",
        "ss_network_alpha": "1.0",
        "ss_unet_lr": "None",
        "ss_learning_rate": "1e-4",
        "ss_optimizer": "bitsandbytes.optim.adamw.AdamW8bit(weight_decay=0.1)",
    }
    tensors = {"lora_unet_q.lora_down.weight": floats(32, 320), "lora_unet_q.lora_up.weight": floats(320, 32)}
    found = audit(written(tmp_path / "l.safetensors", tensors, metadata))
    (row,) = found.rows
    assert (row.rank, row.multiplier, row.width, row.rate) == (32, Decimal(1) / 32, 320, Decimal("1e-4"))
    assert found.case.inventory.optimiser == "adam"


REFUSED: list[tuple[str, str, str]] = [
    ("a.yml", "adapter: llama-adapter\nlora_r: 8\n", "adapter is 'llama-adapter'; the readers know lora and qlora"),
    ("a.yml", "adapter: lora\nlora_r: 8\n", "no lora_alpha; write lora_alpha: 16"),
    ("f.yaml", "finetuning_type: full\n", "finetuning_type is 'full'; the reader knows lora"),
    ("m.yaml", "fine_tune_type: full\nlora_parameters: {}\n", "fine_tune_type is 'full'"),
    ("m.yaml", "lora_parameters: 3\n", "lora_parameters is 3; write rank"),
    ("m.yaml", "lora_parameters: {rank: -3}\n", "a rank is a positive whole number"),
    ("x.yaml", "a: 1\n", "the config of no trainer that is known here"),
    ("x.yaml", "- 1\n", "the YAML is no mapping"),
    ("x.yaml", "", "the YAML is no mapping"),
    ("x.yaml", "a: [1\n", "not YAML: expected"),
    ("x.yaml", "a: *b\n", "not YAML: found undefined alias"),
    ("x.yaml", "a: !!python/object/apply:os.system [x]\n", "nothing in a file is executed"),
    ("x.yaml", "a: !own 3\n", "the tag '!own' asks for more than plain data"),
    ("x.yaml", "a: &a [*a]\n", "aliases stand for more than can be read"),
    ("x.yaml", "a: " + "[" * 5000 + "\n", "nested too deeply"),
    ("c.json", '{"peft_type": "IA3"}', 'peft_type "IA3" is not in the catalogue'),
    ("c.json", '{"peft_type": "LORA", "r": 0}', "r is 0; a rank is a positive whole number"),
]


@pytest.mark.parametrize(("name", "content", "said"), REFUSED)
def test_other_files_are_refused_in_a_line(tmp_path: Path, name: str, content: str, said: str) -> None:
    with pytest.raises(GammaError) as caught:
        audit(text(tmp_path, name, content))
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    path = text(tmp_path, "x.yaml", "\n".join(lines))
    before = time.monotonic()
    with pytest.raises(ConfigError, match="write out what the anchors stand for"):
        read_mapping(path)
    assert time.monotonic() - before < 5


def test_aliases_that_stay_small_are_read(tmp_path: Path) -> None:
    found = read_mapping(text(tmp_path, "x.yaml", "a: &a [1, 2.5, yes, ~, '3', x, 2e-4]\nb: *a\n"))
    assert found["a"] == found["b"] == [1, Decimal("2.5"), True, None, "3", "x", Decimal("2e-4")]


def test_a_folder_without_a_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; name a configuration, or the folder of a saved adapter"):
        audit(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"the folder has no adapter_config\.json"):
        audit(tmp_path)
    weights = written(tmp_path / "w.safetensors", {"q.lora_A.weight": floats(2, 4)})
    with pytest.raises(ConfigError, match="alpha is nowhere: name the adapter's folder"):
        audit(weights)


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", denied)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied; name a readable file or folder"):
        read_adapter(tmp_path)


def test_another_network_of_sd_scripts_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.safetensors", {}, {"ss_network_dim": "4", "ss_network_module": "lycoris.kohya"})
    with pytest.raises(ConfigError, match=r"ss_network_module is 'lycoris\.kohya'; the reader knows networks\.lora"):
        audit(path)


# -- files that are nearly right --------------------------------------------------------------------------------------


def damaged(draw: random.Random, content: bytes) -> bytes:
    """A few bytes changed, left out, doubled or replaced by what such files hold."""
    pieces = [b"!!", b"&a ", b"*a", b"[", b"{", b'"', b"-", b"1e999999999", b"null", b"\0", b": ", b"9" * 30, b"\xff"]
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content))
        content = content[:at] + draw.choice([b"", content[at : at + 9] * 2, draw.choice(pieces)]) + content[at + 3 :]
    return content or b" "


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.yml", AXOLOTL), ("f.yaml", FACTORY), ("m.yaml", MLX), ("c.json", json.dumps(CONFIG)), ("l.safetensors", "")],
)
def test_damaged_files_are_read_or_refused_in_a_line(tmp_path: Path, name: str, content: str, seed: int) -> None:
    draw = random.Random(f"{name} {seed}")  # noqa: S311 - a repeatable choice
    path = tmp_path / name
    tensors = {"q.lora_down.weight": floats(4, 8), "q.lora_up.weight": floats(8, 4)}
    written(path, tensors, {"ss_network_dim": "4", "ss_network_alpha": "1.0", "ss_learning_rate": "1e-4"})
    sound = content.encode() or path.read_bytes()
    for _ in range(20):
        path.write_bytes(damaged(draw, sound))
        try:
            audit(path, width=1024, sizes=name.endswith("safetensors"))
        except GammaError as error:
            assert "\n" not in str(error)  # noqa: PT017 - it may be read as well
