"""Programs are checked when they are written: one line, the offending piece, what was expected, the hint."""

from __future__ import annotations

import pytest

from gamma_calc import (
    Dim,
    Program,
    data,
    derive,
    frozen,
    given,
    iid,
    internal,
    lora,
    order,
    output,
    parameter,
    zero,
)
from gamma_calc.errors import OrderError, ProgramError, ShapeError, UnknownName
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import Parameter
from gamma_calc.operations import outer
from gamma_calc.optimisers import OPTIMISERS

N, R = Dim("n", 1), Dim("r", "rho")
SIGN = OPTIMISERS["sign"]


def vector(name: str = "Z") -> Expression:
    return data(name, N)


def weight(name: str = "A") -> Parameter:
    return parameter(name, R, N, init=iid("-1/2"), rate="eta")


def message(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_lora_is_ten_lines_of_mathematics() -> None:
    n, r = Dim("n", 1), Dim("r", 0)
    Z, w, W = data("Z", n), data("w", n), frozen("W*", n, n)
    A = parameter("A", r, n, init=iid("-1/2"), rate="eta")
    B = parameter("B", n, r, init=zero, rate="eta")
    Z_A = A @ Z
    Z_B = n ** "sigma" * (B @ Z_A)
    loss = -(w @ (W @ Z + Z_B))
    watch = [internal("Z_A", Z_A), output("Z_B", Z_B, parts=("delta1", "delta2", "delta3"))]
    written = derive(Program("mine", loss, OPTIMISERS["adam"], watch))
    listed = derive(lora(scaling="free"))
    assert {q: written.orders[q] for q in written.orders} == {q: listed.orders[q] for q in written.orders}


def test_a_wrong_contraction_names_both_shapes() -> None:
    with pytest.raises(ShapeError) as error:
        weight() @ data("u", R)
    assert message(error) == (
        "cannot contract A of shape r x n with u of shape r; the last axis of the left must be the first of the right; "
        ".T transposes, * scales"
    )


def test_a_wrong_sum_names_both_shapes() -> None:
    with pytest.raises(ShapeError, match=r"cannot add Z of shape n and u of shape r; both must have the same axes"):
        vector() + data("u", R)


def test_a_wrong_entrywise_product_says_what_a_star_takes() -> None:
    with pytest.raises(ShapeError, match=r"cannot multiply Z of shape n by u of shape r; \* takes a number"):
        vector() * data("u", R)


def test_only_matrices_have_a_transpose() -> None:
    with pytest.raises(ShapeError, match="Z of shape n has no transpose"):
        _ = vector().T


def test_a_loss_is_a_scalar() -> None:
    with pytest.raises(ProgramError) as error:
        Program("p", weight() @ vector(), SIGN, [])
    assert message(error) == (
        "program p: the loss A Z has shape r; a loss is a scalar: w @ Z is the linear loss, e @ e the squared error"
    )


def test_a_parameter_needs_a_learning_rate() -> None:
    with pytest.raises(ProgramError) as error:
        parameter("A", R, N, init=zero)
    assert message(error) == ("parameter A has no learning rate; give rate='eta', or write frozen('A', ...) instead")


def test_a_watched_parameter_that_the_loss_ignores_is_refused() -> None:
    used, unused = weight("A"), weight("C")
    with pytest.raises(ProgramError) as error:
        Program("p", data("u", R) @ (used @ vector()), SIGN, [internal("y", unused @ vector())])
    assert message(error) == (
        "program p: parameter C is watched but the loss does not depend on it; use it in the loss, or write "
        "frozen('C', ...)"
    )


def test_a_program_without_parameters_is_refused() -> None:
    with pytest.raises(ProgramError, match="no parameter reaches the loss"):
        Program("p", vector("w") @ vector("Z"), SIGN, [])


def test_two_tensors_of_one_name_are_refused() -> None:
    with pytest.raises(ProgramError, match="two tensors are named Z"):
        Program("p", data("Z", R) @ (weight() @ data("Z", N)), SIGN, [])


def test_two_unknown_exponents_do_not_multiply() -> None:
    with pytest.raises(OrderError, match="multiplies two unknown exponents"):
        _ = R ** "sigma"


def test_a_start_from_data_must_fit() -> None:
    with pytest.raises(ShapeError, match="parameter A of shape r x n starts as Z of shape n"):
        parameter("A", R, N, init=given(vector()), rate="eta")


def test_a_start_from_trained_tensors_is_refused() -> None:
    with pytest.raises(ProgramError, match="starts as A, which is trained"):
        parameter("B", R, N, init=given(weight("A")), rate="eta")


def test_a_start_along_the_data_is_coherent_with_it() -> None:
    """Rows of size n^-1/2 along the sample: A0 Z is n^1/2 and not 1 (an initialisation by principal components)."""
    n, r = Dim("n", 1), Dim("r", 0)
    Z = data("Z", n)
    A = parameter("A", r, n, init=given(n ** "-1/2" * outer(data("u", r), Z)), rate="eta")
    found = derive(Program("eva", data("v", r) @ (A @ Z), SIGN, [internal("Z_A", A @ Z)]))
    assert found.at_step(0)["Z_A"] == order("1/2")


def test_exponents_can_be_fixed_and_unknown_ones_are_named() -> None:
    program = lora(rank="growing", scaling="free")
    assert derive(program, rho="1/2", sigma="-1/2").program.variables == ("eta",)
    with pytest.raises(UnknownName, match=r"unknown exponent 'sigm'; did you mean sigma\?"):
        program.substitute({"sigm": 0})


def test_fixing_an_exponent_agrees_with_substituting_it() -> None:
    open_, fixed = derive(lora("B", rank="growing")), derive(lora("B", rank="growing"), rho="1/3")
    assert {k: v.substitute({"rho": "1/3"}) for k, v in open_.orders.items()} == dict(fixed.orders)


@pytest.mark.parametrize(
    ("keyword", "value", "text"),
    [
        ("init", "C", "unknown initialisation 'C'; known: A, AB, AB+, B, corda, default, eva, false, gaussian"),
        ("optimiser", "adan", "unknown optimiser 'adan'; did you mean adam?"),
        ("scaling", "alpha", "unknown scaling 'alpha'; did you mean alpha/r"),
        ("sum_rule", "cl", "unknown sum rule 'cl'; did you mean clt?"),
    ],
)
def test_unknown_names_list_what_there_is(keyword: str, value: str, text: str) -> None:
    with pytest.raises(UnknownName) as error:
        lora(**{keyword: value})  # type: ignore[arg-type]
    assert message(error).startswith(text)
