"""gamma-calc transfer as it is typed: words, files, tables, and one line for what cannot be answered."""

import json
from pathlib import Path

import pytest
from command import EXAMPLE, run

KNOWN = "n=2048 r=8 alpha=16 lr=2e-4"
WHOLE = "n=4096 r=64 alpha=16 rslora=true init=pissa"


def transfer(capsys: pytest.CaptureFixture[str], known: str, *targets: str, more: tuple[str, ...] = ()) -> str:
    outcome = run(capsys, "transfer", "--from", known, *(word for to in targets for word in ("--to", to)), *more)
    assert (outcome.code, outcome.err) == (0, "")
    return outcome.out


def test_the_answer_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    out = transfer(capsys, KNOWN, WHOLE)
    assert out.splitlines()[0] == "lr = 5.0e-5; the known rate x 0.25"
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80


def test_several_targets_give_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    out = transfer(capsys, KNOWN, "n=4096", "r=64 rslora=true", "adapter=full", "adapter=lora+", "optimizer=sgd")
    lines = out.splitlines()
    assert lines[1].split() == ["to", "lr", "by", "edge", "by", "step", "by", "descent", "regime"]
    assert lines[2].split() == ["n=4096", "1.4e-4", "0.71", "1", "1", "linear"]
    assert lines[6].split() == ["optimizer=sgd", "-", "-", "-", "-", "-"]
    assert max(map(len, lines)) <= 80


def test_json_of_one_target_and_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    one = json.loads(transfer(capsys, KNOWN, "alpha=8", more=("--format", "json")))
    assert one["schema"] == "gamma-calc/transfer/1"
    assert one["by"] == {"edge": pytest.approx(2**0.5), "step": pytest.approx(2), "descent": pytest.approx(2)}
    assert one["lr"] == pytest.approx(2e-4 * 2**0.5)
    two = json.loads(transfer(capsys, KNOWN, "alpha=8", "optimizer=sgd", more=("--format", "json")))
    assert {**one, **two["transfers"][0]} == one
    assert two["transfers"][1]["factor"] is None


def test_a_peft_configuration_says_what_the_words_leave_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fields = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "use_rslora": True, "init_lora_weights": "pissa"}
    path = tmp_path / "adapter config.json"
    path.write_text(json.dumps(fields))
    by_file = transfer(capsys, f"'{path}' n=2048 lr=2e-4", "n=4096")
    assert by_file == transfer(capsys, "n=2048 r=8 alpha=16 rslora=true init=pissa lr=2e-4", "n=4096")
    assert "lr = 4.0e-4" in transfer(capsys, f"{EXAMPLE} n=4096 lr=2e-4", "alpha=8")


def test_groups_that_differ_ask_for_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fields = {"peft_type": "LORA", "target_modules": ["q_proj", "v_proj"], "rank_pattern": {"q_proj": 16}}
    path = tmp_path / "adapter_config.json"
    path.write_text(json.dumps(fields))
    outcome = run(capsys, "transfer", "--from", f"{path} n=2048 lr=2e-4", "--to", "n=4096")
    assert outcome.code == 2
    assert "2 groups of modules differ in r or alpha; write the numbers of one of them beside the path" in outcome.err
    assert "x 0.71" in transfer(capsys, f"{path} r=16 alpha=8 n=2048 lr=2e-4", "n=4096")


AXOLOTL = """adapter: lora
lora_r: 8
lora_alpha: 16
learning_rate: 2e-4
optimizer: paged_adamw_8bit
"""


@pytest.mark.parametrize(
    ("more", "words", "meant"),
    [
        ("", "n=2048", "n=2048 r=8 alpha=16 lr=2e-4 optimizer=adamw"),
        ("", "n=2048 lr=1e-4 alpha=4", "n=2048 r=8 alpha=4 lr=1e-4 optimizer=adamw"),
        ("loraplus_lr_ratio: 16", "n=2048", "n=2048 r=8 alpha=16 lr_A=2e-4 lr_B=32e-4 optimizer=adamw"),
        ("loraplus_lr_ratio: 16", "n=2048 lr=1e-4", "n=2048 r=8 alpha=16 lr_A=1e-4 lr_B=16e-4 optimizer=adamw"),
    ],
)
def test_a_trainer_s_file_has_a_rate_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: str, words: str, meant: str
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(AXOLOTL + more)
    assert transfer(capsys, f"{path} {words}", "n=4096") == transfer(capsys, meant, "n=4096")


def test_the_rate_of_a_file_is_not_that_of_the_target(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(AXOLOTL + "loraplus_lr_ratio: 16")
    to_file = transfer(capsys, "n=2048 r=8 alpha=16 lr=2e-4", str(path))
    assert to_file.splitlines()[0] == transfer(capsys, "n=2048 r=8 alpha=16 lr=2e-4", "adapter=lora+").splitlines()[0]


BAD = [
    (
        "n=2048 r=8 alpha=16 lr=2e-4/step",
        "n=64",
        "from: lr is '2e-4/step'; write a positive number, as in lr=2e-4, without a unit",
    ),
    ("n=2048 lr=0", "n=64", "from: lr is '0'; write a positive number, as in lr=2e-4"),
    ("n=2048 lr=1e9999", "n=64", "from: lr is '1e9999'; write a positive number"),
    (f"n={'9' * 5000} lr=1e-4", "n=64", "from: n is '999"),
    (KNOWN, "r=8192", "to: r is 8192, more than n = 2048; a rank is at most the width"),
    (KNOWN, "alpha=0", "to: alpha is '0'; write a positive number, as in alpha=16"),
    (KNOWN, "alpha=-16", "to: alpha is '-16'; write a positive number"),
    (KNOWN, "alpha=many", "to: alpha is 'many'; write a positive number, as in alpha=16"),
    (KNOWN, "alpha=", "to: alpha is ''; write a positive number"),
    (KNOWN, "n=4k", "to: n is '4k'; write a whole number without a unit: n=4096"),
    (KNOWN, "n=1", "to: n is 1; write a whole number from 2"),
    (KNOWN, "widht=4096", "to: unknown word 'widht'; did you mean width?"),
    (KNOWN, "rslora", "to: unknown word 'rslora'; did you mean rslora=?"),
    (KNOWN, "rslora=maybe", "to: rslora is 'maybe'; write rslora=true or rslora=false"),
    (KNOWN, "init=pisa", "to: unknown start of lora 'pisa'; did you mean pissa or mica?"),
    (KNOWN, "init=", "to: init has no value; write init=VALUE"),
    (KNOWN, "init=general", "to: unknown start of lora 'general'; known: A, AB"),
    (KNOWN, "adapter=loha", "to: unknown adapter 'loha'; did you mean lora"),
    (KNOWN, "adapter=full init=B", "to: full has no choice of a start, and init is B; leave init out"),
    (KNOWN, "adapter=lora+ init=mica", "to: init mica trains one factor"),
    (KNOWN, "optimizer=adamm", "to: unknown optimiser 'adamm'; did you mean adam"),
    (KNOWN, "optimizer=riemannian-adam adapter=full", "to: program full fine-tuning: riemannian-adam does not know"),
    (KNOWN, "batch=16", "to: batch is given here, and not where the rate is known; add batch=256"),
    (KNOWN, "lr=3e-4", "to: lr given, and the rate there is what is asked; leave lr out"),
    (KNOWN, "s=2 alpha=3", "to: alpha and s are both given; give one of them"),
    (KNOWN, "n=64 n=128", "to: n is given twice; give it once"),
    (KNOWN, '"n=64', "to: the quotes do not close"),
    (KNOWN, "nope.json", "to: nope.json: no such file"),
    ("n=2048 r=8 alpha=16", "n=64", "from: no rate given, and lora has lr; add lr=2e-4"),
    ("n=2048 lr_A=1e-5", "n=64", "from: lr_A given, and lora+ has lr_A and lr_B; add lr_A=2e-4 lr_B=3e-3"),
    ("n=2048 lr=1e-5 lr_A=1e-5", "n=64", "from: lr and lr_A are both given; give one of them"),
    ("r=8 lr=1e-4", "n=64", "from: no width; add n=4096, the layer's hidden size"),
    ("n=2048 s=2 lr=1e-4", "rslora=true", "to: rslora and s are both given; give one of them"),
]


@pytest.mark.parametrize(("known", "target", "said"), BAD)
def test_what_cannot_be_answered_gets_one_line(
    capsys: pytest.CaptureFixture[str], known: str, target: str, said: str
) -> None:
    outcome = run(capsys, "transfer", "--from", known, "--to", target)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"gamma-calc: {said}")
    assert outcome.err.count("\n") == 1
