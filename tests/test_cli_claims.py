"""gamma-calc claims: its table, its data, its page, and how it ends."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from command import run

from gamma_calc.cli import numeric
from validation.evidence import record as record_file
from validation.evidence import run as running
from validation.evidence import setting
from validation.evidence.checks import Where
from validation.evidence.claim import Claim
from validation.evidence.claims import table
from validation.evidence.measure import Measurement, Reading
from validation.evidence.outcome import derived
from validation.evidence.record import Record
from validation.evidence.setting import on

PAGE = Path(__file__).parents[1] / "docs" / "claims.md"


class Fixed(Measurement):
    """A measurement that ends as it is told to."""

    def __init__(self, verdict: str) -> None:
        self.verdict = verdict

    def __repr__(self) -> str:
        return f"Fixed({self.verdict})"

    def readings(self, instruments: object) -> Any:
        yield Reading("a slope", "1", "+0.500", self.verdict, "so")


@pytest.fixture
def nothing_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record.of_package("claims")
    replace(record, entries=MappingProxyType({})).save(tmp_path / "claims.json")
    monkeypatch.setattr(record_file, "RECORDED", tmp_path)


def changed(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    """Claim I7 with other fields."""
    claims = dict(table.CLAIMS) | {"I7": replace(table.CLAIMS["I7"], **fields)}
    monkeypatch.setattr(table, "CLAIMS", MappingProxyType(claims))


@pytest.mark.usefixtures("nothing_recorded")
def test_the_table_lists_the_outcome_and_what_it_rests_on(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "claims I7 L10 L12")
    assert (outcome.code, outcome.err) == (0, "")
    assert (
        outcome.out.splitlines()
        == """\
Claims
  id   arXiv         statement                         derived          measured
  I7   2406.08447    From Init[B] training is stable   holds            not run
                     exactly for learning rates up to
                     1/n.
  L10  derived here  With Z_A and Z_B bounded, (1/n,   holds otherwise  not run
                     1) is the only efficient pair of
                     rates, from both starts.
  L12  2402.12354    The best ratio of the rates is    -                -
                     about 2^4 (RoBERTa, Init[2]),
                     2^2 to 2^3 (Init[1]), 2^1 to 2^2
                     (Llama).

Hold under another assumption
  L10  B is bounded as well, or the start is Init[A]; from Init[B] a larger B
       serves too, with a smaller Z_A

No symbolic check
  L12  values of real training runs: nothing in them is an exponent

Summary
  3 claims: 1 holds, 1 holds under another assumption, 1 no symbolic check""".splitlines()
    )


@pytest.mark.usefixtures("nothing_recorded")
def test_the_data_have_fixed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "claims I7 L10 --format json")
    found = json.loads(outcome.out)["claims"]
    assert [list(one) for one in found] == [["id", "source", "statement", "derived", "measured"]] * 2
    assert found[0] == {
        "id": "I7",
        "source": "Hayou, Ghosh, Yu 2024, arXiv 2406.08447, theorem for Init[B] (quoted)",
        "statement": "From Init[B] training is stable exactly for learning rates up to 1/n.",
        "derived": "holds",
        "measured": "not run",
    }
    assert found[1]["derived"].startswith("holds under another assumption: B is bounded as well")


def test_every_claim_is_in_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "claims --verify symbolic --format json")
    assert outcome.code == 0
    assert [one["id"] for one in json.loads(outcome.out)["claims"]] == list(table.CLAIMS)


def test_the_recorded_run_has_every_measurement_as_it_is_defined_now() -> None:
    """If this fails: gamma-calc claims --verify all --record FILE with the recorded one; then renew the page."""
    recorded = set(Record.of_package("claims").entries)
    wanted = {m.digest: claim.id for claim in table.CLAIMS.values() for m in claim.measurements}
    assert sorted({wanted[digest] for digest in wanted.keys() - recorded}) == []
    assert recorded <= wanted.keys()


@pytest.mark.parametrize("claim", table.CLAIMS.values(), ids=table.CLAIMS)
def test_what_is_recorded_is_what_is_derived(claim: Claim) -> None:
    """If this fails: gamma-calc claims --verify symbolic --record FILE with the recorded one; then renew the page."""
    assert Record.of_package("claims").concluded(claim) == derived(claim)


def test_what_is_recorded_is_shown_without_a_derivation(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting, "derive", None)
    outcome = run(capsys, "claims")
    assert (outcome.code, outcome.err) == (0, "")
    assert "87 holds, 8 holds under another assumption" in outcome.out


def test_what_is_derived_is_recorded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert run(capsys, f"claims I7 L10 --verify symbolic --record {path}").code == 0
    record = Record.load(path)
    assert [record.concluded(table.CLAIMS[name]) for name in ("I7", "L10")] == [
        derived(table.CLAIMS[name]) for name in ("I7", "L10")
    ]
    other = replace(table.CLAIMS["I7"], checks=(Where(on("lora", init="B"), "eta <= -1/2", ("stable",)),))
    assert record.concluded(other) is None


def test_claims_are_read_and_derived_where_nothing_numeric_is_installed() -> None:
    code = """
import sys
sys.modules |= dict.fromkeys(("torch", "numpy", "scipy"))  # none of them can be imported
from gamma_calc.cli import main
sys.exit(main(sys.argv[1:]))
"""
    for words in (["claims", "I7"], ["claims", "I7", "--verify", "symbolic", "--trace"], ["disagreements", "sums"]):
        found = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
        assert (found.returncode, found.stderr) == (0, "")
        assert "hold" in found.stdout
    asked = [sys.executable, "-c", code, "claims", "I7", "--verify", "all"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert "needs torch, numpy, scipy, which is not installed" in found.stderr


def test_the_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """If this fails: gamma-calc claims --format markdown > docs/claims.md."""
    assert run(capsys, "claims --format markdown").out == PAGE.read_text(encoding="utf-8")


def test_a_trace_shows_what_was_asked_and_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "claims L10 --trace").out
    assert "L10: asked of the derivation" in printed
    assert "L10: lora init=B lr=per-factor, stability Z_A,Z_B" in printed
    assert "coherent sum" in printed
    found = json.loads(run(capsys, "claims L10 --trace --format json").out)["claims"][0]["checks"]
    assert [check["good"] for check in found] == [True, False, True, True, True]


@pytest.mark.parametrize("name", ["G1", "L2", "I10", "N9", "E4", "C08", "N10"])
def test_every_kind_of_claim_can_be_traced(capsys: pytest.CaptureFixture[str], name: str) -> None:
    outcome = run(capsys, f"claims {name} --trace")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Lemmas" in outcome.out


def test_an_unknown_id_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "claims I77")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "gamma-calc: unknown claim 'I77'; did you mean I7?\n"


def test_a_record_keeps_what_was_measured_and_is_resumed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda _: object())
    path = tmp_path / "record.json"
    changed(monkeypatch, measurements=(Fixed("confirmed"),))
    assert run(capsys, f"claims I7 --verify numeric --record {path}").code == 0
    assert [list(entry.readings) for entry in Record.load(path).entries.values()] == [
        list(Fixed("confirmed").readings(None))
    ]
    monkeypatch.setattr(Fixed, "readings", None)  # nothing is measured again
    outcome = run(capsys, f"claims I7 --verify all --record {path}")
    assert (outcome.code, outcome.err) == (0, "")
    assert "1 claim: 1 holds; measured: 1 confirmed" in outcome.out


def test_an_interrupted_record_says_how_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(_: object) -> Any:
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr(numeric, "find_spec", lambda _: object())
    monkeypatch.setattr(running, "run", stopped)
    path = tmp_path / "record.json"
    outcome = run(capsys, f"claims I7 --verify numeric --record {path}")
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err == f"interrupted: {path} has 0 measurements; the same command again resumes\n"


def test_a_record_needs_something_new(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run(capsys, "claims I7 --record new.json")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "gamma-calc: --record without --verify; add --verify all, or --verify symbolic\n"


def test_without_the_numeric_side_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda name: None if name == "torch" else object())
    outcome = run(capsys, "claims I7 --verify all")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "gamma-calc: claims --verify all needs torch, which is not installed; pip install 'gamma-calc[validation]'\n"
    )
    assert run(capsys, "claims I7 --verify symbolic").code == 0


@pytest.mark.parametrize(
    ("verify", "verdict", "code"),
    [("all", "confirmed", 0), ("all", "refuted", 1), ("numeric", "undecided", 3), ("numeric", "confirmed", 0)],
)
def test_the_exit_code_is_that_of_the_worst_outcome(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verify: str, verdict: str, code: int
) -> None:
    monkeypatch.setattr(numeric, "find_spec", lambda _: object())
    changed(monkeypatch, measurements=(Fixed(verdict),))
    outcome = run(capsys, f"claims I7 --verify {verify}")
    assert (outcome.code, outcome.err) == (code, "")
    assert ("I7  " + verdict + ": a slope: +0.500" in outcome.out) == (verdict != "confirmed")


def test_a_contradiction_without_a_known_assumption_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(monkeypatch, checks=(Where(on("lora", init="B"), "eta <= -1/2", ("stable",)),))
    outcome = run(capsys, "claims I1 I7 --verify symbolic")
    assert outcome.code == 1
    assert "2 claims: 1 holds, 1 contradicted" in outcome.out


def test_where_nothing_could_be_checked_nothing_is_decided(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "claims L12").code == 3
