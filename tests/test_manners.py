"""What every command does alike: names that people use, choices and defaults in help, the Tab key, labelled JSON."""

import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from command import EXAMPLE, run

import gamma_calc
from gamma_calc import cli, derive, lora, stacked, toy
from gamma_calc.catalogue.assumed import ASSUMPTIONS
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.cli.choices import KINDS, names_and_files
from gamma_calc.cli.commands import commands
from gamma_calc.optimisers import OPTIMISERS

LABELLED = [
    "derive",
    "explain stable",
    "compare --init A,B",
    "list",
    "robustness --init A",
    "shared-rate --init A --at eta=-1",
    "claims L10",
    "disagreements sums",
    f"audit {EXAMPLE}",
    f"rates {EXAMPLE} --width 4096 --lr 2e-4",
    "transfer --from lr=2e-4,n=64 --to n=128",
]


@pytest.mark.parametrize("line", LABELLED)
def test_every_json_says_what_it_is_and_who_made_it(capsys: pytest.CaptureFixture[str], line: str) -> None:
    answer = json.loads(run(capsys, f"{line} --format json").out)
    assert answer["schema"] == f"gamma-calc/{line.split(maxsplit=1)[0]}/1"
    assert answer["version"] == gamma_calc.__version__


@pytest.mark.parametrize(
    "option", ["--optimizer adamw", "--optimiser AdamW", "--optimiser adam", "--optimizer paged_adamw_8bit"]
)
def test_names_of_optimisers_that_people_use(capsys: pytest.CaptureFixture[str], option: str) -> None:
    assert run(capsys, f"derive --init B {option}").out == run(capsys, "derive --init B").out


def test_they_are_understood_from_python_too() -> None:
    assert lora(optimiser="adamw") == lora(optimizer="adam")  # type: ignore[call-arg]
    assert toy(optimiser="adamw") == toy(optimiser="adam")
    assert stacked(optimiser="adamw_torch") == stacked(optimiser="adam")


def test_a_folder_is_a_target(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_bytes(EXAMPLE.read_bytes())
    assert run(capsys, "derive", str(tmp_path)).out == run(capsys, "derive", str(EXAMPLE)).out


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_has_every_name_with_a_sentence(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    out = run(capsys, f"list {kind}").out
    assert max(map(len, out.splitlines())) <= 80
    assert [name for name, sentence in KINDS[kind].items() if f"\n  {name} " not in out or len(sentence) < 12] == []


def test_what_is_listed_is_what_there_is() -> None:
    assert list(KINDS["targets"]) == list(TARGETS)
    assert list(KINDS["optimisers"]) == list(OPTIMISERS)
    assert list(KINDS["assumptions"]) == list(ASSUMPTIONS)
    assert list(KINDS["conditions"]) == list(derive(lora()).conditions)


def test_help_has_every_default_and_every_choice(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(run(capsys, "derive --help").out.split())
    for target in TARGETS.values():
        arguments = inspect.signature(target.build).parameters
        for option in target.options:
            said = text.partition(f"--{option}")[2].partition("]")[0].partition("[default: ")[2]
            given = arguments.get(target.options[option])
            if given is not None and given.default not in (None, False) and option != "assume":
                assert str(given.default) in said.replace(";", " ").split(), (target.name, option)
    kinds = ("targets", "initialisations", "optimisers", "losses")
    assert [name for kind in kinds for name in KINDS[kind] if name not in text] == []


@pytest.mark.parametrize("command", ["derive", "audit", "rates", "shared-rate", "sweep"])
def test_every_optimiser_is_named_where_one_is_asked_for(capsys: pytest.CaptureFixture[str], command: str) -> None:
    text = " ".join(run(capsys, f"{command} --help").out.split())
    assert [name for name in OPTIMISERS if name not in text.partition("--optimizer")[2]] == []


@pytest.mark.parametrize("command", ["", *(one.name for one in commands() if not one.parts)])
def test_help_in_a_pipe_keeps_to_80_columns(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """An entry begins in the third column and goes on in the fifth; only examples are left as they are typed."""
    entries = run(capsys, f"{command} --help").out.partition("Examples:")[0]
    assert max(map(len, entries.splitlines())) <= 80
    first, *blocks = entries.split("\n\n")
    assert first.startswith("Usage: ")
    lines = [line for block in blocks if block.startswith(("Parameters:", "Commands:")) for line in block.splitlines()]
    assert [line for line in lines[1:] if not line.startswith("  ") and not line.endswith(":")] == []


def test_the_tab_key_offers_names_and_files(tmp_path: Path) -> None:
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter_config.json").touch()
    offered = names_and_files(KINDS["targets"])(SimpleNamespace(incomplete=f"{tmp_path}/ad"))
    assert [name for name, _ in offered] == [*TARGETS, f"{tmp_path}/adapter/", f"{tmp_path}/adapter_config.json"]
    assert list(names_and_files({})(SimpleNamespace(incomplete="/no/such/folder/x"))) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_the_tab_key_asks_for_values(shell: str) -> None:
    script = cli.app().generate_completion(shell=shell)  # type: ignore[arg-type]
    assert "__complete" in script
    assert all(one.name in script for one in commands())


def test_the_short_answer_comes_first_and_says_what_it_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    short, whole = run(capsys, "derive --init B --short").out, run(capsys, "derive --init B").out
    assert short.startswith("Advice\n")
    assert len(short.splitlines()) < len(whole.splitlines()) / 2
    assert [line for line in short.split("\n\n")[0].splitlines() if line not in whole] == []
    assert all(text in " ".join(short.split()) for text in derive(lora("B")).assumptions)
    assert run(capsys, "derive --init B --short --trace").code == cli.BAD_INPUT


@pytest.mark.parametrize("line", ["derive", "derive --at eta=-1", "compare --init A,B"])
def test_a_glossary_ends_the_tables(capsys: pytest.CaptureFixture[str], line: str) -> None:
    *_, words = run(capsys, line).out.split("\n\n")
    assert words.startswith("Words, all as exponents of the width n\n  size: root mean square")
