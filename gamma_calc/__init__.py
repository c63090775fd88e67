"""The calculus of orders in the width n: when training is stable, and when it learns features.

Write a training program, or take one from the catalogue; ``derive`` it; ask for orders, conditions and reasons.
Operations without a sign of their own (``relu``, ``tanh``, ``outer``, ``since_start``) are in
``gamma_calc.operations``. What is there for practice is loaded when it is first asked for: to derive needs none of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.mlp import mlp
from gamma_calc.catalogue.stacked import stacked
from gamma_calc.catalogue.toy import toy
from gamma_calc.derivation.derivation import derive
from gamma_calc.errors import GammaError
from gamma_calc.exponents import Order, Region, gamma, maximum, minimum, order
from gamma_calc.language.initialisation import given, iid, zero
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.program import Program, internal, other, output
from gamma_calc.optimisers import adam, by_shape, decayed, lion, muon, sgd, shampoo, sign
from gamma_calc.version import __version__ as __version__

if TYPE_CHECKING:
    from gamma_calc.practice.audit.auditing import audit
    from gamma_calc.practice.config_rates import rates
    from gamma_calc.practice.parameter_groups import param_groups
    from gamma_calc.practice.setting import Setting
    from gamma_calc.practice.transfer import transfer

FOR_PRACTICE: Final = {
    "Setting": "setting",
    "audit": "audit.auditing",
    "param_groups": "parameter_groups",
    "rates": "config_rates",
    "transfer": "transfer",
}

__all__ = [
    "Dim",
    "GammaError",
    "Order",
    "Program",
    "Region",
    "Setting",
    "adam",
    "audit",
    "by_shape",
    "data",
    "decayed",
    "deep_linear",
    "derive",
    "frozen",
    "gamma",
    "given",
    "iid",
    "internal",
    "lion",
    "lora",
    "maximum",
    "minimum",
    "mlp",
    "muon",
    "order",
    "other",
    "output",
    "param_groups",
    "parameter",
    "rates",
    "sgd",
    "shampoo",
    "sign",
    "stacked",
    "toy",
    "transfer",
    "zero",
]


def __getattr__(name: str) -> Any:
    if name not in FOR_PRACTICE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.practice.{FOR_PRACTICE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
