"""Objects at a prompt and in a notebook: what they say of themselves, when they are equal, how they are copied."""

import copy
import pickle
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from gamma_calc import Dim, Program, adam, data, derive, iid, lora, output, parameter, stacked, toy
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.display.blocks import Block
from gamma_calc.display.html import html
from gamma_calc.errors import UnknownName
from gamma_calc.language.expression import Expression
from gamma_calc.operations.relu import relu
from gamma_calc.operations.tanh import tanh

FOUND = derive(lora("A"))
OPEN = derive(lora("general"))
CLASH = derive(lora("B")).conditions["efficient"]


class Reader(HTMLParser):
    """Cells row by row; fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def network(function: Callable[[Expression], Expression]) -> Program:
    n, m = Dim("n", 1), Dim("m", 0)
    first, second = (parameter(k, *shape, init=iid("-1/2"), rate="eta") for k, shape in (("V", (n, m)), ("w", (n,))))
    out = second @ function(first @ data("x", m))
    return Program("network", out, adam(), [output("f", out)])


# -- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FOUND.program, "<Program lora: loss -w (W* Z + B (A Z)), optimiser adam (epsilon 0), open exponents: eta>"),
        (CLASH, "<ConditionResult efficient: none>"),
        (CLASH.conflict, "<Conflict of Z_B = O(1) and delta2 = Theta(1)>"),
        (FOUND.trace("Z_A", step=2), "<Trace of Z_A after step 2: 3 expressions>"),
        (derive(toy()).at_step(0), None),
        (FOUND.diff(FOUND), "<Difference of first and second: none>"),
    ],
)
def test_an_object_says_in_one_line_what_it_is(value: object, expected: str | None) -> None:
    assert expected is None or repr(value) == expected
    assert "\n" not in repr(value)
    assert " object at 0x" not in repr(value)


def test_mappings_print_as_tables() -> None:
    assert str(FOUND.orders).splitlines()[:2] == [
        "Orders for every step t >= 3, as exponents of n",
        "  quantity  size                 loss-aligned",
    ]
    assert str(FOUND.conditions).splitlines()[:2] == ["Conditions", "  stable             eta <= -1/2"]
    assert dict(FOUND.orders) == FOUND.orders
    assert list(FOUND.conditions) == [result.condition.name for result in FOUND.conditions.values()]


# -- tables and formulas ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "row"),
    [
        (FOUND, ["Z_B", "max(η, 2η + 1)", "same"]),
        (FOUND, ["η, stable", "−1/2"]),
        (FOUND.orders, ["Z_B", "max(η, 2η + 1)", "same"]),
        (FOUND.conditions, ["stable", "η ≤ −1/2"]),
        (FOUND.program, ["A", "r x n, trained from iid entries n^(-1/2) with learning rate n^η"]),
        (FOUND.trace("Z_A", step=2), ["A", "max(−1/2, η)", "given"]),
        (CLASH, ["delta2 = Theta(1)", "2η + 1 = 0", "η = −1/2"]),
        (FOUND.conditions["stable"], ["η", "−1/2"]),
        (FOUND.diff(OPEN), ["B", "η", "max(η, b₀)"]),
    ],
)
def test_a_notebook_gets_tables(value: Any, row: list[str]) -> None:
    assert row in Reader(value._repr_html_()).rows


def test_cells_are_escaped() -> None:
    text = html([Block("<script>", (("a & b", "<b>"),), ("x < 1", "y"))])
    assert "<script>" not in text
    assert Reader(text).rows == [["x < 1", "y"], ["a & b", "<b>"]]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (FOUND, r"\text{stable} &\iff \eta \le -\frac{1}{2} \\"),
        (FOUND.orders, r"\gamma[Z_{A}] &= \max\left(0, \eta + 1\right)"),
        (FOUND.conditions, r"\text{efficient} &\iff \eta = -\frac{1}{2}"),
        (CLASH, r"\text{efficient} &\iff \varnothing"),
        (FOUND.program, r"Z_{B} &= "),
        (FOUND.trace("Z_A", step=2), r"\gamma[A\, Z] &= \max\left(0, \eta + 1\right) && \text{central limit}"),
    ],
)
def test_a_notebook_gets_formulas(value: Any, part: str) -> None:
    formulas = value._repr_latex_()
    assert formulas.startswith("$$\\begin{aligned}\n")
    assert part in formulas
    assert formulas.count("{") == formulas.count("}")


# -- content ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TARGETS)
def test_programs_written_alike_are_equal(name: str) -> None:
    one, two = TARGETS[name].build(), TARGETS[name].build()
    assert one.loss is not two.loss
    assert one == two
    assert len({one, two}) == 1
    inside = dict.fromkeys(one.variables, "1/2")
    assert (one.substitute(inside) == one) is (one.variables == ())


@pytest.mark.parametrize(
    "other",
    [
        lora("B"),
        lora("A", optimiser="sgd"),
        lora("A", fresh=True),
        lora("A", sum_rule="additive"),
        lora("A", rank="growing"),
        lora("A", scaling="alpha/r"),
        FOUND.program.replaced(watch=FOUND.program.watch[:-1]),
        FOUND.program.replaced(domain="eta <= 0"),
        FOUND.program.replaced(orthogonal=frozenset({("B", "A")})),
    ],
)
def test_any_difference_in_content_counts(other: Program) -> None:
    assert other != FOUND.program
    assert derive(other) != FOUND


def test_equality_sees_what_a_text_does_not() -> None:
    assert network(relu) != network(tanh)
    assert network(relu) == network(relu)


def test_a_domain_is_compared_as_a_set() -> None:
    one, two = (FOUND.program.replaced(domain=text) for text in ("eta <= 0 & eta >= -1", "-1 <= eta <= 0"))
    assert one == two
    assert hash(one) == hash(two)


def test_derivations_are_equal_by_content() -> None:
    assert derive(lora("A")) == FOUND
    assert hash(derive(lora("A"))) == hash(FOUND)
    assert derive(lora("A"), stability="theta") != FOUND
    assert not FOUND.diff(derive(lora("A")))
    assert derive(lora("A")).conditions == FOUND.conditions


def test_a_difference_prints_what_differs_and_nothing_else() -> None:
    found = FOUND.diff(derive(lora("B")))
    assert found
    assert "Z" not in found.orders
    assert "internally_stable" not in found.conditions
    assert [str(region) for region in found.conditions["stable"]] == ["eta <= -1/2", "eta <= -1"]
    assert "stable            eta <= -1/2  eta <= -1" in str(found)
    assert str(FOUND.diff(FOUND)) == "No difference\n  orders, regions and conditions are the same"


def test_what_one_side_lacks_is_named() -> None:
    assert FOUND.diff(derive(toy())).orders["Z_B"][1] is None


# -- copies -----------------------------------------------------------------------------------------------------------


def sent(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - of this test's own making


@pytest.mark.parametrize("copied", [sent, copy.deepcopy, copy.copy])
@pytest.mark.parametrize(
    "program",
    [
        lora("A"),
        lora("general", rank="growing"),
        dora(),
        stacked(),
        TARGETS["deep-linear"].build(),
        network(relu),
        network(tanh),
    ],
)
def test_programs_and_derivations_can_be_copied(copied: Callable[[Any], Any], program: Program) -> None:
    assert copied(program) == program
    found = derive(program)
    assert found.orders
    again = copied(found)
    assert isinstance(again, Derivation)
    assert again == found
    assert again.to_json() == found.to_json()


@pytest.mark.parametrize("copied", [sent, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("value", [CLASH, FOUND.conditions["stable"], FOUND.trace("Z_B"), FOUND.trace("Z_B.aligned")])
def test_results_and_traces_can_be_copied(copied: Callable[[Any], Any], value: Any) -> None:
    str(getattr(value, "largest", value)), getattr(value, "conflict", None)  # what was computed is no obstacle
    again = copied(value)
    assert again == value
    assert list(again.blocks("text")) == list(value.blocks("text"))


# -- traces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in FOUND.orders if name.endswith(".aligned")])
def test_an_aligned_quantity_is_traced_to_its_order(name: str) -> None:
    trace = FOUND.trace(name)
    assert trace.steps[-1].order == FOUND.orders[name]
    assert [reason.lemma.name for reason in trace.steps[-1].reasons] == ["projection"]
    ((node, steps),) = trace.gradients
    assert str(FOUND.gradient_of(FOUND.program.quantity(name.removesuffix(".aligned")).node)) == steps[-1].expression
    assert f"Gradient of the loss by {node}, before step 3" in str(trace)
    assert "projection" in [lemma.name for lemma in trace.lemmas()]


def test_a_condition_is_traced_by_what_it_speaks_of() -> None:
    trace = FOUND.trace("efficient")
    spoken_of = dict.fromkeys(constraint.quantity for constraint in FOUND.conditions["efficient"].constraints)
    assert list(spoken_of) == ["Z_B", "delta1", "delta2"]
    assert trace.steps == FOUND.trace(*spoken_of).steps
    assert trace.quantity == "efficient"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown quantity 'delta9\.aligned'; did you mean"):
        FOUND.trace("delta9.aligned")
