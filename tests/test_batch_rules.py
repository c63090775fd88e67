"""Batches under rules and starts that one sample has of its own: Gram matrices, and factors with B A = 0."""

from typing import Any

import pytest
import torch

from gamma_calc import Dim, Program, data, derive, lora
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import Region
from gamma_calc.operations.gram import gram_inverse
from gamma_calc.operations.sign import sign_of_matrix
from validation import validate

n, r, N = Dim("n", 1), Dim("r", 0), Dim("N", "1/2")


def _edge(init: str, rule: str, **values: Any) -> Region:
    return derive(lora(init, optimiser=rule, batch="growing"), **values).conditions["stable"].region


def test_scaled_descent_of_a_batch_by_hand() -> None:
    """B is eta N^-1/2; (B'B)^-1 B'U Z' Z / N is n / N at n above N whatever eta is, and one at n below."""
    assert _edge("A", "riemannian-sgd") == Region("0 <= beta & 2*eta <= beta & 2*eta <= 3*beta - 2")
    at = derive(lora("A", optimiser="riemannian-sgd", batch="growing"), eta="-3/4", beta="1/2").at_step(2)
    assert [str(at[name]) for name in ("B", "A", "Z_A", "Z_B", "delta2")] == ["-1", "-1/4", "1/2", "-1/2", "-1"]


@pytest.mark.parametrize("init", ["A", "B"])
def test_before_adam_the_preconditioner_gains_nothing(init: str) -> None:
    assert _edge(init, "riemannian-adam") == _edge(init, "adam")


def test_after_the_sign_a_factor_from_zero_divides_by_the_rate() -> None:
    """(B'B)^-1 is (n eta^2)^-1, so Z_B is N^-1/2 after two steps whatever the rate, and eta by what B does alone."""
    assert _edge("A", "sign-riemannian") == Region("0 <= beta & eta <= 0")
    assert derive(lora("A", optimiser="sign-riemannian", batch="growing"), eta="-3/4", beta="1/2").orders["Z_B"] == (
        -N.exponent / 2
    )


@pytest.mark.parametrize("arguments", [{"batch": "fixed"}, {"batch": "growing", "rank": "growing"}])
def test_a_gram_matrix_that_may_be_singular_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ProgramError, match="B' may have fewer directions than rows"):
        derive(lora(optimiser="riemannian-sgd", **arguments), eta=-1)


def test_what_samples_share_makes_a_gram_matrix_a_bound() -> None:
    program = lora("A", optimiser="riemannian-sgd", batch="growing", common=0).substitute({"eta": -1, "beta": "1/2"})
    assert not derive(program).exact("Z_B")
    program = lora("A", optimiser="riemannian-sgd", batch="growing", common=2).substitute({"eta": -1, "beta": "1/2"})
    assert derive(program).exact("Z_B")


def test_the_inverse_on_a_matrix_is_that_on_its_columns() -> None:
    torch.manual_seed(0)
    rows, x = torch.randn(3, 7, dtype=torch.float64), torch.randn(3, 5, dtype=torch.float64)
    whole = gram_inverse(data("G", r, n), data("X", r, N))
    one = gram_inverse(data("G", r, n), data("x", r))
    for column in range(5):
        torch.testing.assert_close(whole.numeric(rows, x)[:, column], one.numeric(rows, x[:, column]))
    assert str(whole) == "(G G')^-1 X"
    with pytest.raises(ShapeError, match="cannot act on"):
        gram_inverse(data("G", r, n), data("X", n, N))


def test_the_sign_of_a_matrix_is_for_optimisers() -> None:
    node = sign_of_matrix(data("G", n, N))
    assert str(node) == "sign(G)"
    with pytest.raises(ProgramError, match="an operation on gradients"):
        node.pull_back(data("G", n, N))


# -- B A = 0 -------------------------------------------------------------------------------------------------------


def test_signs_leave_of_orthogonal_factors_that_the_start_adds_nothing() -> None:
    """Row k of B'U Z' is divided by the length of row k of B'U, so the step of A has a share of A'B' = 0 no more."""
    found, apart = (derive(lora(init, batch="growing"), beta="1/2") for init in ("orthogonal", "inilora-alpha"))
    assert found.conditions["stable"].region == apart.conditions["stable"].region == Region("eta <= -3/4")
    assert found.orders == apart.orders
    assert found.at_step(0)["Z_B"].is_zero_quantity
    assert _edge("orthogonal", "sign", beta="1/2", eta="-11/16").is_empty


def _measured(program: Program, **at: str) -> None:
    found = validate(program.substitute(at), widths=(64, 128, 256, 512), seeds=8, most_seeds=16, steps=2)
    assert [str(row) for row in found.rows if row.verdict.value == "refuted"] == []
    assert sum(row.verdict.value == "confirmed" for row in found.rows) > len(found.rows) / 3


@pytest.mark.long
@pytest.mark.parametrize(
    ("rule", "eta"), [("riemannian-sgd", "-3/4"), ("riemannian-adam", "-1/2"), ("sign-riemannian", "-1/2")]
)
def test_gram_matrices_of_batches_are_measured(rule: str, eta: str) -> None:
    _measured(lora("A", optimiser=rule, batch="growing"), eta=eta, beta="1/2")
