"""``optimizer=`` means what ``optimiser=`` means, wherever a name of the house takes it."""

import inspect
import pkgutil
from importlib import import_module
from typing import Any

import pytest

import gamma_calc
from gamma_calc import Program, lora, muon, sgd
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.errors import ProgramError

REQUIRED: dict[str, dict[str, Any]] = {
    "deep_linear": {"parametrisation": PARAMETRISATIONS["sp"]},
    "network": {"a": "0,0,0", "b": "0,1/2,1/2", "c": "0,0,0"},
}


def catalogue() -> dict[str, Any]:
    """Every function of the catalogue's files."""
    package = import_module("gamma_calc.catalogue")
    modules = [import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


def takers(named: dict[str, Any]) -> dict[str, Any]:
    """What is given an optimiser."""
    called = {name: value for name, value in named.items() if callable(value)}
    return {name: value for name, value in called.items() if "optimiser" in inspect.signature(value).parameters}


BUILDERS = takers(catalogue())
PUBLIC = takers({name: getattr(gamma_calc, name) for name in gamma_calc.__all__})


def test_the_takers_are_found() -> None:
    assert {"lora", "toy", "deep_linear", "network", "full", "vera"} <= BUILDERS.keys()
    assert {"Program", "Setting", "audit", "lora", "param_groups"} <= PUBLIC.keys()


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_either_keyword_is_taken(name: str) -> None:
    given, build = REQUIRED.get(name, {}), BUILDERS[name]
    assert build(**given, optimizer="sgd") == build(**given, optimiser="sgd")
    assert build(**given, optimizer="sign") != build(**given, optimiser="sgd")


def test_a_program_is_written_and_changed_with_either() -> None:
    program = lora()
    kept: dict[str, Any] = {name: getattr(program, name) for name in ("name", "loss", "watch", "domain", "notes")}
    written = Program(**kept, optimizer=sgd())  # type: ignore[call-arg]
    assert written == program.replaced(optimizer=sgd()) == program.replaced(optimiser=sgd())
    assert written != program.replaced(optimizer=muon())


@pytest.mark.parametrize("name", sorted(BUILDERS.keys() | PUBLIC.keys()))
def test_both_are_refused(name: str) -> None:
    with pytest.raises(ProgramError, match="optimiser and optimizer are both given; give one of them"):
        (BUILDERS | PUBLIC)[name](optimiser="sgd", optimizer="sgd")


def test_both_are_refused_where_a_program_is_changed() -> None:
    with pytest.raises(ProgramError, match="both given"):
        lora().replaced(optimiser=sgd(), optimizer=sgd())


def test_other_keywords_are_refused_as_before() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'optimizers'"):
        lora(optimizers="sgd")  # type: ignore[call-arg]
