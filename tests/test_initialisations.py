"""The catalogue of initialisations: what each start is derived to admit, and where that comes from."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from command import run

from gamma_calc import Order, derive, lora, order
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.stacked import stacked
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.errors import GammaError, ProgramError
from gamma_calc.exponents import Region
from gamma_calc.frontends.peft_config import INITS
from gamma_calc.language.leaves import Frozen, Parameter
from gamma_calc.studies.largest_rate import LargestRate, largest_shared_rate, table

PAGE = Path(__file__).parents[1] / "docs" / "initialisations.md"


def largest_rate(name: str, **options: str) -> Order:
    (found,) = derive(lora(name, **options)).conditions["stable"].region.sup("eta")  # type: ignore[arg-type]
    assert found.attained
    assert found.value is not None
    return found.value


# Largest stable rate at fixed rank, A0 Z, and whether a shared rate is efficient at that edge.
EDGES = {
    "default": ("-1/2", "0", True),
    "gaussian": ("-1/2", "1/2", True),
    "false": ("-1", "0", False),
    "orthogonal": ("-1", "1/2", False),
    "pissa": ("-1/2", "0", True),
    "milora": ("-1/2", "-1/2", True),
    "olora": ("-1/2", "0", True),
    "eva": ("-1/2", "1/2", True),
    "corda": ("-1", "-1/2", False),
    "loftq": ("-1/2", "0", True),
    "lora-ga": ("-3/4", "3/4", True),
    "lora-ga-peft": ("-3/4", "1/2", False),
    "lora-one": ("-1/2", "1/2", True),
    "loram": ("-3/4", "1/4", False),
    "mica": ("-1/2", "-inf", True),
    "inilora": ("-1/2", "0", True),
    "inilora-alpha": ("-1", "1/2", False),
    "inilora-beta": ("-1", "0", False),
}


@pytest.mark.parametrize("name", EDGES)
def test_the_edge_of_each_start(name: str) -> None:
    rate, feature, efficient = EDGES[name]
    found = derive(lora(name))
    assert found.conditions["stable"].region == Region.parse(f"eta <= {rate}")
    assert found.at_step(0)["Z_A"] == order(feature)
    assert found.conditions["efficient"].empty is not efficient
    if efficient:
        assert found.conditions["efficient"].region == Region.parse(f"eta = {rate}")


def test_every_start_of_the_catalogue_has_its_edge_tested() -> None:
    assert set(INITIALISATIONS) - set(EDGES) == {"A", "B", "AB", "AB+", "general"}


@pytest.mark.parametrize("name", [i.name for i in INITIALISATIONS.values() if i.residual or i.orthogonal])
def test_a_residual_or_orthogonal_start_adds_nothing_to_the_output(name: str) -> None:
    assert derive(lora(name)).at_step(0)["Z_B"].is_zero_quantity


# The edge where the rank grows as n^rho, with s = 1.
GROWING = {
    "orthogonal": "-1 - rho/2",
    "pissa": "-1/2 - rho/2",
    "milora": "-1/2 - rho/2",
    "eva": "-1/2 - rho/2",
    "loram": "-3/4 - rho/4",
    "mica": "-1/2 - rho/2",
    "inilora-alpha": "-1 - rho/2",
    "inilora-beta": "-1",
}


@pytest.mark.parametrize("name", GROWING)
def test_edges_with_a_growing_rank(name: str) -> None:
    assert largest_rate(name, rank="growing") == order(GROWING[name])


@pytest.mark.parametrize("name", ["lora-ga", "lora-ga-peft", "lora-one"])
@pytest.mark.parametrize("rho", ["1/4", "1"])
def test_edges_of_gradient_starts_with_a_growing_rank(name: str, rho: str) -> None:
    fixed = order(EDGES[name][0])
    found = derive(lora(name, rank="growing"), rho=rho).conditions["stable"].region
    assert found == Region.parse(f"eta <= {fixed - order(rho) / 2}")


# -- the spectrum -------------------------------------------------------------------------------------------------


def test_a_larger_kept_singular_value_costs_half_of_itself() -> None:
    """PiSSA with sigma_1 = n^tau: both factors have n^((tau - 1)/2); independent entries are tau = 0."""
    edge_in_tau = largest_rate("pissa", tau="tau")
    assert edge_in_tau == order("min(-1/2, -1/2 - tau/2)")
    assert edge_in_tau(tau=0) == largest_rate("pissa")
    assert edge_in_tau(tau="1/2") == largest_rate("pissa", tau="1/2") == order("-3/4")


def test_a_larger_gradient_costs_peft_lora_ga_all_of_itself() -> None:
    """The edge of lora-ga-peft moves with the scale of the loss, that of the paper's start does not."""
    assert largest_rate("lora-ga-peft", tau="tau") == order("min(-1/2, -3/4 - tau)")
    with pytest.raises(ProgramError, match=r"^initialisation lora-ga keeps no singular values; leave tau out"):
        lora("lora-ga", tau=0)


def test_olora_feels_a_large_singular_value_through_every_row_of_r() -> None:
    assert largest_rate("olora", tau="1/4") == largest_rate("olora") == order("-1/2")
    assert derive(lora("olora", tau="1/2")).at_step(0)["Z_A"] == order("1/2")


@pytest.mark.parametrize(
    ("name", "half"), [("pissa", "rho/2"), ("milora", "rho/2"), ("corda", "rho/2"), ("loftq", "0")]
)
def test_who_divides_by_the_multiplier(name: str, half: str) -> None:
    """With s = 1/r the kept singular values are r times as large, where the start divides them by s."""
    divided, plain = (derive(lora(name, rank="growing", scaling=s)).at_step(0) for s in ("alpha/r", "1"))
    for factor in "AB":
        assert divided[factor] - plain[factor] == order(half)


def test_overridden_entries_stand() -> None:
    assert derive(lora("pissa", a0=0, b0="-1")).at_step(0)["Z_A"] == order("1/2")


def test_the_command_line_may_set_tau() -> None:
    """Wherever singular values are kept: none are by a start with a zero factor, from which alone DoRA is derived."""
    those = (target for name, target in TARGETS.items() if "scaling" in target.options and name != "dora")
    assert all("tau" in target.starts for target in those)
    zero = (one for one in INITIALISATIONS.values() if any(entry.is_zero_quantity for entry in one.entries()))
    assert not any(one.tau for one in zero)


# -- where the alignment comes from --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["eva", "lora-ga", "lora-ga-peft", "lora-one"])
def test_a_start_along_the_sample_is_aligned_by_where_it_comes_from(name: str) -> None:
    """A0 Z is a root of n larger than from independent entries of the same size, on the sample itself and no other."""
    start = derive(lora(name)).at_step(0)
    independent = derive(lora("general", a0=start["A"], b0=start["B"])).at_step(0)
    assert start["A"] == independent["A"]
    assert start["Z_A"] - independent["Z_A"] == Fraction(1, 2)
    assert derive(lora(name, fresh=True)).at_step(0)["Z_A"] == independent["Z_A"]


def test_a_frozen_factor_keeps_its_alignment() -> None:
    repeated, fresh = (derive(lora("eva", freeze="A", fresh=fresh), eta=-1) for fresh in (False, True))
    assert (repeated.orders["Z_A"], fresh.orders["Z_A"]) == (order("1/2"), order("0"))


def test_along_the_sample_the_rank_shares_its_length() -> None:
    found = derive(lora("eva", rank="growing")).at_step(0)
    assert (found["A"], found["Z_A"]) == (order("-1/2"), order("1/2 - rho/2"))


def test_what_a_start_assumes_is_listed() -> None:
    found = derive(lora("eva")).assumptions
    assert "this start assumes: the training sample lies in the span of the rows of A and is spread over them" in found


# -- what is fixed and what is refused -----------------------------------------------------------------------------


def test_mica_trains_a_alone() -> None:
    program = lora("mica")
    assert [p.name for p in program.parameters] == ["A"]
    (b,) = (node for node in program.nodes if isinstance(node, Frozen) and node.name == "B")
    assert b.init.entry == order("-1/2")
    with pytest.raises(ProgramError, match="mica freezes B, and A is frozen: nothing is trained; name another"):
        lora("mica", freeze="A")


def test_orthogonal_factors_are_declared_and_others_are_not() -> None:
    assert lora("orthogonal").orthogonal == {("B", "A")}
    assert lora("inilora-alpha").orthogonal == frozenset()


def test_stacked_layers_take_independent_starts_only() -> None:
    assert all(isinstance(p, Parameter) for p in stacked("false").parameters)
    for name in ("AB+", "orthogonal", "eva", "mica"):
        with pytest.raises(ProgramError, match=r"is not of two independent factors, .*; name one of A, B, AB, general"):
            stacked(name)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_each_start_has_a_source_and_parses(name: str) -> None:
    start = INITIALISATIONS[name]
    assert start.source
    assert start.statement
    a, b = start.entries(rho="rho", s="s")
    assert {*a.variables, *b.variables} <= {"rho", "s", "a0", "b0"}
    assert bool(start.tau) == ("tau" in start.a0 + start.b0)


def test_an_unknown_start_gets_a_suggestion() -> None:
    with pytest.raises(GammaError, match=r"unknown initialisation 'pisssa'; did you mean pissa\?"):
        lora("pisssa")


# -- the page ------------------------------------------------------------------------------------------------------


def test_the_page_has_the_table_as_it_is_derived() -> None:
    assert table() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("value", INITS)
def test_each_value_of_peft_has_its_line_on_the_page(value: str | bool) -> None:
    (line,) = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if f"| `{value!r}` |" in line)
    assert f"| `{INITS[value]}` |" in line


def test_all_starts_are_compared_in_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "compare --init all").out
    assert max(map(len, out.splitlines())) <= 80
    sets, _, laws = out.partition("\n\n")
    for name in set(INITIALISATIONS) - {"general"}:
        assert f"\n  {name} " in sets
        assert f"\n  {name} " in laws
    assert "  default        n^-1/2 (/ 4)  keep it          r^-1/4 (/ 2)   r^-1/2 (/ 4)\n" in laws
    assert "  false          n^-1 (/ 16)   r^1 (x 16)       r^1/2 (x 4)    keep it\n" in laws


def test_the_data_of_a_comparison_hold_both_powers(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "compare --init A,false --optimizer sgd --format json").out)
    powers = {s: {name: law[name] for name in "nr"} for s, law in found["A"]["largest_rate"].items()}
    assert powers == {
        "alpha/r": {"n": "-1", "r": "1"},
        "alpha/sqrt(r)": {"n": "-1", "r": "1/2"},
        "1": {"n": "-1", "r": "0"},
    }
    toy = json.loads(run(capsys, "compare toy --init 1 --init 2 --format json").out)
    assert "largest_rate" not in toy["1"]


def test_a_start_without_a_stable_rate_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "compare --init A,false --assume additive").out
    assert "  false  no largest rate" in out


@pytest.mark.parametrize(
    "line",
    [
        "--init A,B --lr per-factor",
        "--init A,B --set eta=-1",
        "--init A,B --rank growing --set rho=1/2",
        "toy --init 1,2",
    ],
)
def test_laws_are_asked_of_one_open_rate(capsys: pytest.CaptureFixture[str], line: str) -> None:
    outcome = run(capsys, f"compare {line}")
    assert (outcome.code, outcome.err) == (0, "")
    assert "16 times" not in outcome.out


def test_starts_of_a_layer_with_a_frozen_factor_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "compare lora-frozen-b --init AB,B").out
    assert "  AB     n^-1/2 (/ 4)" in out
    assert "  A      keep it" in run(capsys, "compare lora-fa --init A,AB").out


def test_a_law_without_a_whole_change_at_16_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert "n^-5/8 " in run(capsys, "compare --init pissa,loftq --set tau=1/4").out


@pytest.mark.parametrize(("name", "n", "r"), [("default", "-1/2", "0"), ("B", "-1", "1"), ("loram", "-3/4", "3/4")])
def test_the_line_of_a_start(name: str, n: str, r: str) -> None:
    assert largest_shared_rate(name, "alpha/r") == LargestRate(Fraction(n), Fraction(r))


def test_the_largest_rates_are_those_of_the_notion_of_stability_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """A bounded Z_A asks for n^-1 from Init[A] under every multiplier, a bounded Z_B for n^-1/2."""
    assert (
        "  A      n^-1/2 (/ 4)  keep it          r^-1/4 (/ 2)   r^-1/2 (/ 4)\n" in run(capsys, "compare --init A,B").out
    )
    both = run(capsys, "compare --init A,B --stability Z_A,Z_B").out
    assert "  A      n^-1 (/ 16)  keep it          keep it        keep it\n" in both
    refused = run(capsys, "compare --init A,B --stability Z_A")
    assert (refused.code, refused.err.partition("; ")[0]) == (
        2,
        "gamma-calc: --stability: unknown notion of stability 'Z_A'",
    )
