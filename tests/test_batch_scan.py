"""Every target of the catalogue on a batch, under every rule: it answers, or it is refused by name with what to do."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from gamma_calc import Program, derive
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.catalogue.adalora import STARTS as ADALORA
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.lora import SCALINGS
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.catalogue.mlp import ACTIVATIONS
from gamma_calc.catalogue.targets import SCHEMES, TARGETS
from gamma_calc.catalogue.toy import STARTS as TOY
from gamma_calc.errors import GammaError
from gamma_calc.optimisers import OPTIMISERS

POINT: Final = {"beta": "1/2", "rho": "1/4", "sigma": "-1/4", "a0": "-1/2", "b0": "-1/2", "p": "1", "q": "1"}
RATE: Final = "-1"
ENTRYWISE: Final = ("adam", "sign", "sgd", "lion")
NETWORKS: Final = dict.fromkeys(("mlp", "deep-linear"), tuple(PARAMETRISATIONS))
STARTS: Final[Mapping[str, tuple[str, ...]]] = {**NETWORKS, "toy": tuple(TOY), "adalora": tuple(ADALORA)}
SECONDS: Final = 20
CHOICES: Final[Mapping[str, tuple[object, ...]]] = {
    "optimizer": tuple(OPTIMISERS),
    "lr": SCHEMES,
    "rank": ("fixed", "growing"),
    "scaling": tuple(SCALINGS),
    "loss": tuple(LOSSES),
    "common": ("0", "1/4", "1"),
    "depth": (2, 4),
    "activation": tuple(ACTIVATIONS),
    "residual": (True,),
    "layers": (1, 3),
}


def _built(target: str, **given: Any) -> Program:
    """The program with options as the command line names them, where it takes them, at a point."""
    known = TARGETS[target].options
    program = TARGETS[target].build(**{known[name]: value for name, value in given.items() if name in known})
    return program.substitute({name: POINT.get(name, RATE) for name in program.variables})


def _asked(target: str, **given: Any) -> str:
    """What a refusal says, empty where there is an answer. It is the package's own, on one line, with what to do."""
    refusal: GammaError | None = None
    try:
        found = derive(_built(target, **given), time_limit=SECONDS)
        assert all(order.variables == () for order in found.orders.values())
        assert found.bounds is not None
    except GammaError as error:
        refusal = error
    if refusal is None:
        return ""
    assert refusal.hint
    assert "\n" not in str(refusal)
    return str(refusal)


@pytest.mark.parametrize("batch", ["fixed", "growing"])
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_takes_a_batch_under_rules_of_entries(target: str, batch: str) -> None:
    assert "batch" in TARGETS[target].options
    assert [_asked(target, batch=batch, optimizer=rule) for rule in ENTRYWISE] == [""] * len(ENTRYWISE)


REFUSED: Final[Mapping[str, str]] = {
    "lora": "may have fewer directions than rows|more than one product, are not known",
    "rslora": "may have fewer directions than rows|more than one product, are not known",
    "lora+": "may have fewer directions than rows|more than one product, are not known",
    "vera": "takes matrices, and b is a vector",
    "dora": "takes matrices, and m is a vector",
    "toy": "takes matrices, and b is a scalar",
    "mlp": "takes matrices, and w_out is a vector",
    "deep-linear": "takes matrices, and w_out is a vector",
    "adalora": "takes matrices, and lambda is a vector|does not know the parameter P",
    "lora-xs": "does not know the parameter R",
    "matrix": "does not know the parameter W",
    "stacked": "does not know the parameter B1|more than one product, are not known",
}


@pytest.mark.parametrize("batch", ["fixed", "growing"])
@pytest.mark.parametrize("target", REFUSED)
def test_rules_of_matrices_answer_or_name_what_they_do_not_know(target: str, batch: str) -> None:
    said = [_asked(target, batch=batch, optimizer=rule) for rule in OPTIMISERS if rule not in ENTRYWISE]
    for text in filter(None, said):
        assert any(part in text for part in REFUSED[target].split("|")), text


def _some(seed: int, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Targets with three of their options changed."""
    drawn = random.Random(seed)  # noqa: S311 - a test draws the same cases each time
    for _ in range(count):
        target = drawn.choice(list(TARGETS))
        takes = {name: CHOICES[name] for name in CHOICES if name in TARGETS[target].options}
        if "init" in TARGETS[target].options:
            takes["init"] = STARTS.get(target, tuple(INITIALISATIONS))
        chosen = drawn.sample(list(takes), min(3, len(takes)))
        yield target, {"batch": drawn.choice(["fixed", "growing"]), **{n: drawn.choice(takes[n]) for n in chosen}}


@pytest.mark.long
@pytest.mark.parametrize(("target", "given"), list(_some(seed=1, count=150)))
def test_options_together_answer_or_are_refused_by_name(target: str, given: dict[str, Any]) -> None:
    _asked(target, **given)
