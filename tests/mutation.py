"""One thing in the package replaced for a while, in process: what a test of the tests needs.

A mutant says where something stands, which text of its source gives way, and to what. An example: ``dim.exponent == 0``
of ``calculus.direction:on_axis`` by ``False``. No file is touched.
"""

from __future__ import annotations
import __future__

import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from gamma_calc import order

SHIFTS: Final = {"QUARTER": order("1/4"), "HALF": order("1/2")}  # what an exponent is changed by
POSTPONED: Final = __future__.annotations.compiler_flag


@dataclass(frozen=True)
class Mutant:
    """``where`` is a module of the package and a name in it; a value that is no function is replaced as a whole."""

    where: str
    old: str
    new: str
    caught_by: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.old} -> {self.new}"


@contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """The package with the mutant in it, wherever it was imported by name."""
    module_name, _, path = mutant.where.partition(":")
    module = import_module(f"gamma_calc.{module_name}")
    *way, name = path.split(".")
    owner: Any = module
    for step in way:
        owner = getattr(owner, step)
    before = vars(owner)[name] if isinstance(owner, type | ModuleType) else getattr(owner, name)
    after = _mutant_of(before, owner, module, mutant)
    holders = [(owner, name)] if owner is not module or not callable(before) else list(_holders(before))
    try:
        _write(holders, after)
        yield
    finally:
        _write(holders, before)


def _mutant_of(before: Any, owner: Any, module: ModuleType, mutant: Mutant) -> Any:
    namespace = {**vars(module), **SHIFTS}
    if not isinstance(owner, type | ModuleType) or not (callable(before) or isinstance(before, property)):
        assert before == eval(mutant.old, namespace), f"{mutant}: it is {before} now"  # noqa: S307 - our own text
        return eval(mutant.new, namespace)  # noqa: S307
    function: Any = before.fget if isinstance(before, property) else inspect.unwrap(before)
    text = textwrap.dedent(inspect.getsource(function))
    assert text.count(mutant.old) == 1, f"{mutant}: stands there {text.count(mutant.old)} times"
    code = compile(text.replace(mutant.old, mutant.new), str(mutant), "exec", POSTPONED)
    exec(code, namespace)  # noqa: S102 - the package's own text but for one word
    return namespace[function.__name__]


def _holders(function: Any) -> list[tuple[Any, str]]:
    modules = [module for name, module in sys.modules.items() if name.startswith("gamma_calc")]
    return [(module, name) for module in modules for name, value in vars(module).items() if value is function]


def _write(holders: list[tuple[Any, str]], value: Any) -> None:
    """Frozen objects are written to as well; what was computed by the old text is forgotten."""
    for owner, name in holders:
        (setattr if isinstance(owner, type) else object.__setattr__)(owner, name, value)
    for module in [module for name, module in sys.modules.items() if name.startswith("gamma_calc.calculus")]:
        for cached in list(vars(module).values()):
            if hasattr(cached, "cache_clear"):
                cached.cache_clear()
