"""The package's own measurement sees a wrong rule wherever it is used: changed exponents of rules are refuted.

The programs are those whose exponents are known (``tests/oracle/cases.py``). What runs them in numbers knows no orders,
so that a changed exponent meets a measurement that did not change.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import pytest

pytest.importorskip("torch")

from mutation import Mutant, mutated
from oracle.cases import Case
from test_mutants import BY_NAME, EXPONENTS

from validation import Verdict, validate

UNSEEN: Final = {
    "optimisers.shampoo:Shampoo.optimiser_input",  # what an optimiser asks for is asked for in numbers too
    "optimisers.riemannian:Riemannian._preconditioned",
    "optimisers.riemannian:SignRiemannian.optimiser_input",
    "optimisers.lion:Lion.signed",  # its orders are bounds, and come out lower
    "operations.difference:_averaged",  # comes out undecided
    "calculus.contraction:multiply",  # of a size before any step
}
FIRST: Final = {"layer: riemannian-sgd", "layer: sign-riemannian"}  # settle slowly after their first step
SEEN: Final = tuple(mutant for mutant in EXPONENTS if mutant.where not in UNSEEN)


def verdict(case: Case) -> Verdict:
    """What the package says of its own derivation."""
    widths, steps = ((128, 256, 512, 1024), 1) if case.name in FIRST else (case.widths[:4], case.steps)
    return validate(case.fixed, {}, widths=widths, seeds=48, steps=steps).verdict


@cache
def as_it_is(name: str) -> Verdict:
    return verdict(BY_NAME[name])


@pytest.mark.long
@pytest.mark.parametrize("mutant", SEEN, ids=str)
def test_a_mutant_is_refuted(mutant: Mutant) -> None:
    assert as_it_is(mutant.caught_by) is not Verdict.REFUTED
    with mutated(mutant):
        assert verdict(BY_NAME[mutant.caught_by]) is Verdict.REFUTED


def test_they_are_of_many_rules_and_optimisers() -> None:
    assert len({mutant.where for mutant in SEEN}) > 25
