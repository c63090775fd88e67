"""``optimizer=`` means what ``optimiser=`` means, wherever a name of the house takes it."""

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import gamma_calc
from gamma_calc import Program, lora, muon, sgd
from gamma_calc.catalogue.deep_linear import PARAMETRISATIONS
from gamma_calc.errors import ProgramError

ROOMS = ("catalogue", "frontends", "practice", "studies")
REQUIRED: dict[str, dict[str, Any]] = {
    "deep_linear": {"parametrisation": PARAMETRISATIONS["sp"]},
    "network": {"a": "0,0,0", "b": "0,1/2,1/2", "c": "0,0,0"},
}


def modules() -> Iterator[Any]:
    yield gamma_calc
    for room in ROOMS:
        package = import_module(f"gamma_calc.{room}")
        yield from (import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__))


def takers() -> dict[str, Any]:
    """Every public function and class that is given an optimiser."""
    named = {name: value for module in modules() for name, value in vars(module).items() if not name.startswith("_")}
    own = {name: value for name, value in named.items() if getattr(value, "__module__", "").startswith("gamma_calc.")}
    callables = {name: value for name, value in own.items() if inspect.isfunction(value) or inspect.isclass(value)}
    return {name: value for name, value in callables.items() if "optimiser" in inspect.signature(value).parameters}


TAKERS = takers()


def test_the_takers_are_found() -> None:
    assert {"Program", "lora", "toy", "deep_linear", "network", "full", "vera"} <= TAKERS.keys()


@pytest.mark.parametrize("name", sorted(TAKERS.keys() - {"Program"}))
def test_either_keyword_is_taken(name: str) -> None:
    given, build = REQUIRED.get(name, {}), TAKERS[name]
    assert build(**given, optimizer="sgd") == build(**given, optimiser="sgd")
    assert build(**given, optimizer="sign") != build(**given, optimiser="sgd")


def test_a_program_is_written_and_changed_with_either() -> None:
    program = lora()
    kept: dict[str, Any] = {name: getattr(program, name) for name in ("name", "loss", "watch", "domain", "notes")}
    written = Program(**kept, optimizer=sgd())  # type: ignore[call-arg]
    assert written == program.replaced(optimizer=sgd()) == program.replaced(optimiser=sgd())
    assert written != program.replaced(optimizer=muon())


def test_both_are_refused() -> None:
    with pytest.raises(ProgramError, match="optimiser and optimizer are both given; give one of them"):
        lora(optimiser="sgd", optimizer="sgd")  # type: ignore[call-arg]
    with pytest.raises(ProgramError, match="both given"):
        lora().replaced(optimiser=sgd(), optimizer=sgd())


def test_other_keywords_are_refused_as_before() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'optimizers'"):
        lora(optimizers="sgd")  # type: ignore[call-arg]
