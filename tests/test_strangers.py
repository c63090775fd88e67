"""Wrong kinds of arguments, in every public call: the package answers with its own error and the hint, and at once."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from oracle.limit import limit
from strangers import NOTHING_KNOWN, WRONG, Use, uses

import gamma_calc
from gamma_calc.errors import GammaError
from gamma_calc.exponents import Order, Region
from gamma_calc.operations import relu
from validation import Validation

USES = list(uses())
PATIENCE = 60  # seconds for a call that is refused or answered in milliseconds
# Where an object of no kind is no mistake: texts of errors, a question with an answer, a callable's own business.
TAKES_ANYTHING = {
    ("GammaError", "what"),
    ("GammaError", "where"),
    ("GammaError", "hint"),
    ("Order", "below"),  # of a collection of forms alone
    ("is_name", "text"),
    ("Order.form_for", "name"),
    ("Affine.coefficient", "name"),
    ("watched", "seconds"),  # asked when the block is entered
    ("watched", "told"),
}


class TooLongError(BaseException):
    """A call that does not come back."""


def outcome(call: Callable[[], Any]) -> GammaError | None:
    """The package's own error; None where the value was taken. Any other error is raised."""
    try:
        with limit(PATIENCE, TooLongError):
            call()
    except GammaError as error:
        return error
    return None


def strangers(parameter: str) -> Iterator[object]:
    for value in WRONG:
        calls_it = parameter == "on_progress" and callable(value)  # whatever that raises is its own
        is_spelling = parameter == "dialect" and not isinstance(value, str)  # Python's business, before ours
        if not (calls_it or is_spelling):
            yield value


def test_each_argument_of_a_public_call_has_a_right_value() -> None:
    """A new one gets its line in ``RIGHT`` of strangers.py."""
    assert [(use.name, one) for use in USES for one, right in use.right.items() if right is NOTHING_KNOWN] == []


def test_there_are_thousands_of_calls() -> None:
    assert sum(len(list(strangers(parameter))) for use in USES for parameter in use.right) >= 2000


@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_a_wrong_argument_gets_the_packages_own_error_or_an_answer(use: Use) -> None:
    for parameter in use.right:
        for value in strangers(parameter):
            error = outcome(partial(use.with_wrong, parameter, value))
            assert error is None or "\n" not in str(error)


@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_an_object_of_no_kind_is_refused_with_a_hint(use: Use) -> None:
    for parameter in use.right:
        if (use.name, parameter) not in TAKES_ANYTHING:
            error = outcome(partial(use.with_wrong, parameter, object()))
            assert error is not None, f"{use.name} takes anything as {parameter}"
            assert error.hint, f"{use.name}, {parameter}: {error}"


@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_too_many_arguments_are_pythons_own_error(use: Use) -> None:
    with pytest.raises((TypeError, GammaError)):
        use.function(*[object()] * 20)


gamma: Any = gamma_calc  # a newcomer's slips are seen by a type checker too, but not by a notebook
n: Any = gamma.Dim("n", 1)
x: Any = gamma.data("x", n)
found: Any = gamma.derive(gamma.toy())
nonlinear: Any = relu
Measured: Any = Validation
w: Any = gamma.data("w", n)


@pytest.mark.parametrize(
    ("typo", "message"),
    [
        (lambda: Region("eta <= -1").sup("wrong"), "unknown exponent 'wrong'; known: eta"),
        (lambda: Order("max(eta, 0)")(foo=1), "unknown exponent 'foo'; known: eta"),
        (lambda: gamma.derive("lora"), "'lora' is no program; give one such as lora() or Program(...) makes"),
        (lambda: x @ 1, "x @ 1; @ takes two expressions; * multiplies by a number or a power of n"),
        (lambda: 1 @ x, "x @ 1; @ takes two expressions; * multiplies by a number or a power of n"),
        (
            lambda: gamma.Program("p", x @ w, "adam", []),
            "program p: 'adam' is no optimiser; give one such as adam()",
        ),
        (lambda: found.order("delta4"), "unknown quantity 'delta4'; did you mean delta3"),
        (
            lambda: found.conditions["stabel"],
            "unknown condition 'stabel'; did you mean stable",
        ),
        (lambda: gamma.derive(gamma.toy(), etta=0), "unknown exponent 'etta'; did you mean eta?"),
        (lambda: found.at_step("all"), "'all' is no step; steps count from 0 to 1000000"),
        (found.trace, "a trace of nothing; name a quantity or a condition"),
        (lambda: gamma.toy().replaced(los=x), "unknown field of a program 'los'; did you mean loss"),
        (lambda: gamma.output("y", x, parts=("one", "two")), "2 parts of a change; name three"),
        (lambda: gamma.deep_linear("mupp"), "unknown parametrisation 'mupp'; did you mean mup"),
        (lambda: gamma.stacked(layers=10**9), "1000000000 layers; give a whole number from 1 to 1000"),
        (lambda: gamma.by_shape("muon", "adam"), "'muon' is no optimiser; give one such as adam()"),
        (lambda: nonlinear("x"), "'x' is no expression; write one such as A @ Z"),
        (lambda: 0.5 * x, "x * 0.5; * takes an exact number such as Fraction(1, 2)"),
        (lambda: gamma.lora("x" * 70_000), "unknown initialisation 'xxx"),
        (lambda: Measured("p", (), (2, 3), 2, {}).figure(3), "3 is no path; name a file such as 'slopes.svg'"),
    ],
)
def test_a_slip_is_answered_by_name_with_what_to_write(typo: Callable[[], Any], message: str) -> None:
    with pytest.raises(GammaError) as caught:
        typo()
    assert message in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_multiple_of_a_power_multiplies_as_it_is_written() -> None:
    assert str(-(n**-1) * x) == str(-(n**-1 * x)) == "-n^(-1) x"
    assert str(-(n**-1) * x) == "-n^(-1) x"
    assert str(2 * n**-1 * x) == "2 n^(-1) x"
    assert str(n**-1 * 2 * x) == "2 n^(-1) x"
