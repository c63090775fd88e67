"""What a fine-tuning run is given: data of every format, checkpoints and tokenizers; and what of these is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from command import run
from finetuning import PLAIN, SMALL, TEXT, refused, words, write

from gamma_calc.errors import GammaError
from validation.finetune.byte_tokens import SIZE, TrainedTokens
from validation.finetune.checkpoint_tokens import tokens_of
from validation.finetune.inputs import read_inputs
from validation.finetune.libraries import quiet
from validation.finetune.model_source import ModelSource, model_sources
from validation.finetune.records import read_records
from validation.finetune.setting import FinetuneSetting

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")

ROWS = [{"text": f"{'ab' * (i % 5)} {i}", "label": i % 2} for i in range(40)]
READ = [{"text": row["text"], "label": str(row["label"])} for row in ROWS]
CLASSES = "--task classification --widths 16 --lrs 1e-2:1:3 --device cpu --seeds 2 --steps 4 --batch 2 --length 16"


# -- formats -----------------------------------------------------------------------------------------------------------


def as_csv(folder: Path) -> Path:
    path = folder / "rows.csv"
    path.write_text("text,label\n" + "".join(f'"{row["text"]}",{row["label"]}\n' for row in ROWS))
    return path


def as_jsonl(folder: Path) -> Path:
    return write(folder, "rows.jsonl", *ROWS)


def as_parquet(folder: Path) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is read with pyarrow, of the datasets extra")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(ROWS), folder / "rows.parquet")
    return folder / "rows.parquet"


def saved(folder: Path, **splits: list[dict[str, Any]]) -> Path:
    datasets = pytest.importorskip("datasets", reason="a saved folder is read with datasets, of the datasets extra")
    datasets.disable_progress_bars()
    with quiet():  # its pickler speaks of a class that it cannot find
        made = {name: datasets.Dataset.from_list(rows) for name, rows in splits.items()}
        found = datasets.DatasetDict(made) if splits else datasets.Dataset.from_list(ROWS)
        found.save_to_disk(str(folder / "saved"))
    return folder / "saved"


@pytest.mark.parametrize("made", [as_csv, as_jsonl, as_parquet, saved])
def test_every_format_gives_the_same_records(tmp_path: Path, made: Any) -> None:
    assert [dict(record) for record in read_records(str(made(tmp_path))).train] == READ


@pytest.mark.parametrize("held", ["validation", "test"])
def test_a_saved_folder_may_say_what_is_held_out(tmp_path: Path, held: str) -> None:
    split = read_records(str(saved(tmp_path, train=ROWS[:30], **{held: ROWS[30:]})))
    assert ([dict(r) for r in split.train], [dict(r) for r in split.held]) == (READ[:30], READ[30:])


def test_a_folder_of_parquet_is_trained_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = tmp_path / "parts"
    place.mkdir()
    as_parquet(place).rename(place / "train.parquet")
    as_parquet(place).rename(place / "held-out.parquet")
    found = run(capsys, *words(tmp_path, CLASSES, "roberta", place), "--init", "A", "--format", "json")
    assert json.loads(found.out)["setting"]["task"] == "classification"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PAR1 but not really", "is no Parquet file, or a damaged one; write it again"),
        (b"", "is no Parquet file, or a damaged one; write it again"),
    ],
)
def test_a_damaged_parquet_file_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, said: str
) -> None:
    pytest.importorskip("pyarrow", reason="Parquet is read with pyarrow, of the datasets extra")
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", path), f"{path}: {said}")


def test_a_saved_folder_without_its_files_or_without_train_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = saved(tmp_path, other=ROWS)
    told = f"{place}: has no split train, but other; name the split to train on so"
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", place), told)
    for file in place.rglob("*.arrow"):
        file.unlink()
    told = f"{place}: datasets cannot read it (FileNotFoundError); save it again with save_to_disk"
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", place), told)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.jsonl", "", "has no records; "),
        ("none.csv", "text,label\n", "has no records; "),
        ("none.txt", " \n", "has no records; "),
        ("one.csv", "text,label\n" + "a,x\n" * 20, "every label is 'x'; name data of two classes or more"),
        (
            "other.csv",
            "sentence,label\na,x\n",
            "record 1 has no text, but sentence, label; --task classification needs ",
        ),
        ("short.csv", "text,label\na,x\nb\n", "record 2 has no label, but text; --task classification needs text, "),
        ("few.csv", "text,label\na,x\nb,y\n", "gives 1 examples of 16 tokens to train on and 1 to hold out; name more"),
        ("broken.jsonl", '{"text": "a", "label": 1}\n{', "is no JSON object; write one object a line"),
        ("listed.jsonl", "[1, 2]\n", "is no JSON object; write one object a line"),
        ("odd.xyz", "x", "unknown kind of data '.xyz'; did you mean .txt?"),
        ("latin.csv", b"text,label\n\xe9,x\n", "is no text in UTF-8 ("),
    ],
)
def test_bad_data_get_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = run(capsys, *words(tmp_path, CLASSES, "roberta", path))
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert found.err.startswith(f"gamma-calc: {path}")
    assert f": {said}" in found.err
    assert list(tmp_path.iterdir()) == [path]


def test_data_that_are_not_there_or_too_short_get_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    refused(capsys, tmp_path, words(tmp_path, data=nowhere), f"{nowhere}: no such file or folder; name data as JSONL, ")
    short = tmp_path / "short.txt"
    short.write_text("a few words")
    refused(capsys, tmp_path, words(tmp_path, data=short), f"{short}: gives 0 examples of 16 tokens to train on and ")
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(capsys, tmp_path, words(tmp_path, data=empty), f"{empty}: has no file train.*; name a file, or put ")


def test_a_label_that_is_held_out_alone_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = tmp_path / "parts"
    place.mkdir()
    write(place, "train.jsonl", *ROWS)
    write(place, "held-out.jsonl", {"text": "a", "label": "new"})
    told = f"{place}: label 'new' is held out alone; have every label in what is trained on"
    refused(capsys, tmp_path, words(tmp_path, CLASSES, "roberta", place), told)


# -- checkpoints -------------------------------------------------------------------------------------------------------


def checkpoint(folder: Path, kind: str = "llama", *, width: int = 16, shards: str = "5GB", **fields: Any) -> Path:
    """A checkpoint of a tiny configuration, as save_pretrained writes it."""
    source = model_sources(kind, (width,))[0]
    source.made("AutoModelForCausalLM", **fields).save_pretrained(folder / "model", max_shard_size=shards)
    return folder / "model"


def with_tokenizer(place: Path, *texts: str, room: int = 400) -> Path:
    """Beside a checkpoint, a tokenizer of its own."""
    from transformers import PreTrainedTokenizerFast

    pieces = TrainedTokens(texts, room)._pieces  # noqa: SLF001 - the tokenizer itself is what a checkpoint keeps
    PreTrainedTokenizerFast(tokenizer_object=pieces, pad_token="<pad>", eos_token="<end>").save_pretrained(place)  # noqa: S106
    return place


def test_a_checkpoint_in_shards_is_that_in_one_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import torch

    answers = []
    for name, shards in (("whole", "5GB"), ("parts", "8KB")):
        folder = tmp_path / name
        folder.mkdir()
        torch.manual_seed(0)
        place = checkpoint(folder, shards=shards)
        assert (len(list(place.glob("*.safetensors"))) > 1) == (name == "parts")
        found = run(capsys, *words(tmp_path, PLAIN, place, out=f"{name}.sqlite"), "--format", "json")
        answers.append([(cell["rate"], cell["sizes"]) for cell in json.loads(found.out)["cells"]])
    assert answers[0] == answers[1]


def test_a_checkpoint_is_read_with_its_own_tokenizer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = with_tokenizer(checkpoint(tmp_path, vocab_size=400), TEXT.read_text())
    setting = FinetuneSetting(str(place), str(TEXT), "causal-lm", (), length=16)
    its = read_inputs(setting, ()).data.train["input_ids"]
    assert SIZE < int(its.max()) < 400
    assert run(capsys, *words(tmp_path, PLAIN, place)).code in {0, 1, 3}


def test_a_configuration_with_room_gets_a_tokenizer_trained_on_the_data(tmp_path: Path) -> None:
    source = model_sources("llama", (16,))[0]
    config = tmp_path / "config.json"
    config.write_text(json.dumps(source.fields | {"vocab_size": 500}))
    setting = FinetuneSetting(str(config), str(TEXT), "causal-lm", (), length=16)
    first, again = (read_inputs.__wrapped__(setting, (16,)).data for _ in range(2))
    assert first.identity == again.identity
    assert len(first.train["input_ids"]) < len(TEXT.read_bytes()) / 16 * 0.6  # fewer tokens than bytes
    assert int(first.train["input_ids"].max()) > SIZE


def test_a_pickle_beside_weights_is_left_alone(tmp_path: Path) -> None:
    place = checkpoint(tmp_path)
    (place / "pytorch_model.bin").write_bytes(b"not read")
    assert [source.width for source in model_sources(str(place))] == [16]


def test_widths_choose_among_checkpoints(tmp_path: Path) -> None:
    for width in (16, 32, 64):
        checkpoint(tmp_path, width=width).rename(tmp_path / f"n{width}")
    assert [source.width for source in model_sources(str(tmp_path), (16, 64))] == [16, 64]
    with pytest.raises(GammaError, match="has no checkpoint of width 128; there are 16, 32, 64"):
        model_sources(str(tmp_path), (16, 128))


def test_bad_checkpoints_get_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = tmp_path / "model"

    def said(what: str, more: str = PLAIN) -> None:
        refused(capsys, tmp_path, words(tmp_path, more, place), f"{place}{what}")

    said(": no such model; name a checkpoint folder, ")
    place.mkdir()
    said(": has no config.json; name a folder that save_pretrained wrote")
    source = model_sources("llama", (16,))[0]
    (place / "config.json").write_text(source.config)
    said(": has no weights; ")
    (place / "pytorch_model.bin").write_text("")
    said(": has its weights in pytorch_model.bin only, which can run code when read; save it with save_pretrained of ")
    (place / "config.json").write_text(json.dumps(source.fields | {"auto_map": {}}))
    said("/config.json: asks for code of its own; ")
    (place / "config.json").write_text("{")
    said("/config.json: is no JSON; ")
    (place / "config.json").write_text("{}")
    said("/config.json: says no model_type; ")
    (place / "config.json").write_text('{"model_type": "lama"}')
    said("/config.json: unknown model_type 'lama'; did you mean llama")


def test_weights_that_are_damaged_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = checkpoint(tmp_path)
    file = place / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    told = f"{file}: no sound safetensors file: tensors overlap, or lie beyond the end of the file; save or download it"
    refused(capsys, tmp_path, words(tmp_path, PLAIN, place), told)


def test_a_shard_that_is_missing_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = checkpoint(tmp_path, shards="8KB")
    first = min(place.glob("*.safetensors"))
    first.unlink()
    told = f"{place}: lacks {first.name}, which model.safetensors.index.json names; get the checkpoint again"
    refused(capsys, tmp_path, words(tmp_path, PLAIN, place), told)


def test_a_head_of_other_classes_is_made_anew(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = model_sources("roberta", (16,))[0]
    source.made("AutoModelForSequenceClassification", num_labels=5).save_pretrained(tmp_path / "model")
    more = CLASSES.replace("--widths 16 ", "")
    found = run(capsys, *words(tmp_path, more, tmp_path / "model", as_jsonl(tmp_path)), "--format", "json")
    assert found.code in {0, 1, 3}, found.err


def test_weights_of_another_configuration_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = checkpoint(tmp_path)
    fields = json.loads((place / "config.json").read_text())
    (place / "config.json").write_text(json.dumps(fields | {"hidden_size": 32, "head_dim": 16}))
    told = (
        f"{place}: its weights do not fit its configuration (model.embed_tokens.weight is 260 x 16, not 260 x 32); get"
    )
    refused(capsys, tmp_path, words(tmp_path, PLAIN, place), told)


def test_a_tokenizer_that_does_not_fit_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = checkpoint(tmp_path, vocab_size=400)
    told = f"{place}: a checkpoint of 400 tokens without a tokenizer; put its tokenizer.json beside it"
    refused(capsys, tmp_path, words(tmp_path, PLAIN, place), told)
    with_tokenizer(place, TEXT.read_text(), room=450)
    told = f"{place}: a vocabulary of 400, and a tokenizer of 450 tokens; put the tokenizer of the checkpoint beside it"
    refused(capsys, tmp_path, words(tmp_path, PLAIN, place), told)
    (place / "tokenizer.json").write_text("{")
    told = f"{place}: the tokenizer cannot be read ("
    refused(capsys, tmp_path, words(tmp_path, PLAIN, place), told)
    config = tmp_path / "small.json"
    config.write_text(json.dumps(model_sources("llama", (16,))[0].fields | {"vocab_size": 100}))
    told = "--model: a vocabulary of 100, and a tokenizer of 260 tokens; "
    refused(capsys, tmp_path, words(tmp_path, SMALL, config), told)


def test_a_model_without_the_named_modules_is_told_the_nearest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = checkpoint(tmp_path)
    asked = words(tmp_path, f"{PLAIN} --targets q_porj", place)
    refused(capsys, tmp_path, asked, f"{place}: unknown target module 'q_porj'; did you mean q_proj")
    asked = words(tmp_path, f"{PLAIN} --targets q_proj,query", place)
    refused(capsys, tmp_path, asked, f"{place}: unknown target module 'query'; ")


def test_a_model_that_is_of_no_use_for_a_task_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    more = f"{SMALL} --task seq2seq --targets q_proj"
    told = "llama: no model for seq2seq; transformers has no AutoModelForSeq2SeqLM of llama; take another --task"
    pairs = write(tmp_path, "pairs.jsonl", *[{"input": "a", "target": "b"}] * 20)
    refused(capsys, tmp_path, words(tmp_path, more, data=pairs), told)


def test_bytes_are_the_tokens_of_a_model_that_has_room_for_no_more() -> None:
    source: ModelSource = model_sources("t5", (16,))[0]
    assert tokens_of(source, ["text"]).size == SIZE
