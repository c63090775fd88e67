"""The law of the advice: where it is followed training is stable, and wherever something is stable there is some."""

from collections.abc import Iterator
from itertools import product

import pytest

from gamma_calc import derive
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.lora import RANKS, SCALINGS, lora
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.derivation.advice import Advice, pieces
from gamma_calc.derivation.data import as_data
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.exponents import Order, Region, order
from gamma_calc.language.program import Program

SLOW = {
    "corda",
    "false",
    "inilora-beta",
    "lora-ga",
    "lora-ga-peft",
    "lora-one",
}  # with a growing rank; in the long suite
CASES = list(product(INITIALISATIONS, SCALINGS, RANKS))
QUICK = [case for case in CASES if not (case[2] == "growing" and case[0] in {*SLOW, "general"})]
OTHER_TARGETS = [name for name in TARGETS if name not in ("lora", "lora+", "rslora")]


def affine(rates: dict[str, Order], where: Region) -> Iterator[tuple[dict[str, Order], Region]]:
    """The same rates with one formula each, and where they are these."""
    if not rates:
        yield {}, where
        return
    name, *rest = rates
    for value, there in pieces(rates[name], where):
        for others, here in affine({key: rates[key] for key in rest}, there):
            yield {name: value, **others}, here


def check(derivation: Derivation) -> None:
    advice, stable = Advice(derivation), derivation.conditions["stable"].region
    left = stable.eliminate(*derivation.rates)
    for part in advice.parts:
        for rates, where in affine(dict(part.rates), part.where):
            for name in advice.conditions(part):
                region = derivation.conditions[name].region
                assert where <= (region.substitute(rates) if rates else region), (name, str(where), rates)
        assert "stable" in advice.conditions(part)
        assert part.where <= left, "parts overlap, or lie outside"
        left = left - part.where
    assert left.is_empty, str(left)


def program(init: str, scaling: str, rank: str) -> Program:
    return lora(init, scaling=scaling, rank=rank)


@pytest.mark.parametrize(("init", "scaling", "rank"), QUICK)
def test_following_the_advice_is_stable_everywhere(init: str, scaling: str, rank: str) -> None:
    check(derive(program(init, scaling, rank)))


@pytest.mark.long
@pytest.mark.parametrize(("init", "scaling"), list(product(sorted(SLOW), SCALINGS)))
def test_following_the_advice_is_stable_everywhere_from_slower_starts(init: str, scaling: str) -> None:
    check(derive(program(init, scaling, "growing")))


@pytest.mark.parametrize("init", ["A", "B", "AB", "default", "mica"])
def test_following_the_advice_on_two_rates_is_stable(init: str) -> None:
    check(derive(lora(init, lr="per-factor")))


@pytest.mark.parametrize("name", OTHER_TARGETS)
def test_following_the_advice_on_other_programs_is_stable(name: str) -> None:
    check(derive(TARGETS[name].build()))


def test_a_knee_divides_the_advice() -> None:
    found = as_data(derive(lora("B", rank="growing", scaling="alpha/r")))["advice"]
    assert [(part["where"], part["rates"]) for part in found["parts"]] == [
        ("1/2 <= rho <= 1", {"eta": "-1/2"}),
        ("0 <= rho < 1/2", {"eta": "rho - 1"}),
    ]
    assert [part["conditions"][-1] for part in found["parts"]] == ["efficient", "feature_learning"]
    assert found["text"].startswith("where 1/2 <= rho <= 1, scale the learning rate as n^-1/2")
    assert [Region.parse(part["where"]).is_empty for part in found["parts"]] == [False, False]
    assert [str(order(part["rates"]["eta"])) for part in found["parts"]] == ["-1/2", "rho - 1"]


def test_the_law_can_fail() -> None:
    """The advice of one part alone is not stable on the whole domain."""
    derivation = derive(lora("B", rank="growing", scaling="alpha/r"))
    rates = Advice(derivation).parts[0].rates
    assert not Region.parse("0 <= rho <= 1") <= derivation.conditions["stable"].region.substitute(rates)
