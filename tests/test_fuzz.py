"""Random programs: each kind is drawn as it says, records and summaries count, a stopped run goes on."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import derive
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.catalogue.mlp import Adapter
from gamma_calc.errors import GammaError
from validation.evidence.runs.fuzz import WIDTHS, deep_case, fuzz, lora_case, main
from validation.evidence.runs.summary import Doubt, ProgramRecord, still, summary
from validation.measurement.validate import agreed
from validation.statistics.verdict import Row, Verdict

ADAPTER = Adapter("-1/2", "-inf", "-1", "-1")


def test_a_case_is_found_again_by_its_number() -> None:
    assert lora_case(3).text == lora_case(3).text != lora_case(4).text
    assert deep_case(3).text == deep_case(3).text != deep_case(4).text


def test_deep_cases_have_two_to_four_layers_and_adapters_on_some() -> None:
    quantities = [set(deep_case(i).program.quantities) for i in range(40)]
    assert {sum(q in names for q in ("h1", "h2", "h3", "f")) for names in quantities} == {2, 3, 4}
    assert 5 < sum(bool({"A2", "A3"} & names) for names in quantities) < 30


def test_cases_are_measured_where_the_rank_is_a_whole_number() -> None:
    for i in range(60):
        case = lora_case(i)
        if "rho" in case.at:
            above, below = map(int, case.at["rho"].split("/"))
            ranks = [n ** (above / below) for n in (*WIDTHS, *case.wider)]
            assert all(abs(r - round(r)) < 1e-9 for r in ranks), case.text


def test_an_adapter_takes_the_place_of_a_layer_in_training() -> None:
    found = derive(deep_linear(PARAMETRISATIONS["sp"], optimiser="sign", adapters={2: ADAPTER}))
    assert {p.name for p in found.program.parameters} == {"w1", "A2", "B2", "w_out"}
    assert str(found.at_step(1)["B2"]) == "-1"
    assert str(found.at_step(1)["A2"]) == "-1/2"


def test_an_adapter_needs_a_hidden_layer() -> None:
    with pytest.raises(GammaError, match=r"an adapter on layer 4, which is no hidden layer; hidden layers are 2 .. 2"):
        deep_linear(PARAMETRISATIONS["sp"], adapters={4: Adapter(0, 0, 0, 0)})


# -- records -----------------------------------------------------------------------------------------------------------


def doubt(verdict: Verdict, reason: str = "near ties leave the exponent between -0.25 and 1.5") -> Doubt:
    return Doubt("Z_B", 1, "0", 0.3, verdict.value, reason)


def test_a_record_survives_being_written_down() -> None:
    record = ProgramRecord("lora 7 (x)", 17, (doubt(Verdict.UNDECIDED),), 64, 1.5)
    assert ProgramRecord.from_data(json.loads(json.dumps(record.as_data()))) == record
    assert record.name == "lora 7"
    assert record.verdict is Verdict.UNDECIDED


def test_a_summary_counts_programs_rows_and_reasons() -> None:
    records = [
        ProgramRecord("lora 0 (x)", 10, (), 64, 60.0),
        ProgramRecord(
            "lora 1 (x)", 10, (doubt(Verdict.UNDECIDED), doubt(Verdict.UNDECIDED, "a b 0.5 and 1.0")), 64, 60.0
        ),
        ProgramRecord("deep 0 (x)", 20, (doubt(Verdict.REFUTED, "a straight line of another slope"),), 64, 0.0),
    ]
    lines = summary(records).splitlines()
    assert "| lora | 2 | 0 | 1 (50.0%) | 20 | 0 | 2 (10.0%) | 2 |" in lines
    assert "| deep | 1 | 1 | 0 (0.0%) | 20 | 1 | 0 (0.0%) | 0 |" in lines
    assert "| all | 3 | 1 | 1 (33.3%) | 40 | 1 | 2 (5.0%) | 2 |" in lines
    assert "| 1 | near ties leave the exponent between .. and .. |" in lines


def test_a_run_that_was_stopped_goes_on_from_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "cases.jsonl"
    done = ProgramRecord(lora_case(0).text, 10, (doubt(Verdict.REFUTED),), 64, 60.0, tries=2)
    log.write_text(json.dumps(done.as_data()) + "\n", encoding="utf-8")
    assert main(["--lora", "1", "--deep", "0", "--log", str(log)]) == 1
    assert "| lora | 1 | 1 | 0 (0.0%) | 10 | 1 | 0 (0.0%) | 1 |" in capsys.readouterr().out


def test_a_second_measurement_decides_what_was_undecided_and_must_repeat_what_was_refuted() -> None:
    rows = {v: Row("Z_B", 1, Fraction(0), 0.3, 0.2, 0.4, v, "") for v in Verdict}

    def left(first: Verdict, second: Verdict) -> list[str]:
        return [d.verdict for d in still([doubt(first)], [rows[second]])]

    assert left(Verdict.UNDECIDED, Verdict.CONFIRMED) == []
    assert left(Verdict.UNDECIDED, Verdict.UNDECIDED) == ["undecided"]
    assert left(Verdict.UNDECIDED, Verdict.REFUTED) == ["refuted"]
    assert left(Verdict.REFUTED, Verdict.REFUTED) == ["refuted"]
    assert left(Verdict.REFUTED, Verdict.CONFIRMED) == ["undecided"]


# -- several constants -------------------------------------------------------------------------------------------------


def test_a_refutation_at_one_constant_is_not_turned_into_a_confirmation_by_another() -> None:

    def made(verdict: Verdict, measured: float = 0.5) -> Row:
        return Row("x", 1, Fraction(0), measured, measured - 0.05, measured + 0.05, verdict, "")

    refuted, confirmed, undecided = made(Verdict.REFUTED), made(Verdict.CONFIRMED), made(Verdict.UNDECIDED)
    assert agreed(refuted, [confirmed, undecided]).verdict is Verdict.UNDECIDED
    assert agreed(refuted, [confirmed, refuted]).verdict is Verdict.REFUTED
    assert agreed(undecided, [refuted, confirmed]).verdict is Verdict.CONFIRMED
    assert agreed(refuted, []).verdict is Verdict.REFUTED
    assert agreed(refuted, [made(Verdict.REFUTED, -0.5)]).verdict is Verdict.UNDECIDED  # by what no exponent would do
    assert refuted.may_be_hidden


def test_updates_that_undo_each_other_are_an_accident_of_the_constants() -> None:
    """Sign steps on a scalar error that overshoots go there and back: exactly zero, at that constant."""
    zero = Row("x", 2, Fraction(0), None, None, None, Verdict.REFUTED, "exactly zero at every width", method="exact")
    confirmed = Row("x", 2, Fraction(0), 0.0, -0.01, 0.01, Verdict.CONFIRMED, "line")
    assert zero.may_be_hidden
    assert agreed(zero, [confirmed]).verdict is Verdict.CONFIRMED
    assert agreed(zero, [zero]).verdict is Verdict.REFUTED


def test_what_is_predicted_zero_and_is_not_stands_refuted_at_any_constant() -> None:
    found = Row("x", 2, None, None, None, None, Verdict.REFUTED, "predicted zero, is not", method="exact")
    assert not found.may_be_hidden
    assert agreed(found, []).verdict is Verdict.REFUTED


# -- cases that one reading got wrong at some time ---------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "number"), [("lora", 21), ("lora", 32), ("lora", 40), ("lora", 58), ("lora", 83), ("deep", 40)]
)
def test_a_case_that_was_refuted_is_not_any_more(kind: str, number: int) -> None:
    (outcome,) = fuzz(kind, number, 1)
    assert outcome.validation.verdict is not Verdict.REFUTED, str(outcome)
