"""Every public callable of both packages, what it is given rightly, and what it is given wrongly."""

import inspect
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import sympy
import torch

import gamma_calc
import validation
from gamma_calc import exponents, operations
from gamma_calc.calculus.assumptions import CLT
from gamma_calc.exponents import Affine, Order, Region
from gamma_calc.frontends.peft_config import read_config
from gamma_calc.language.program import Program
from validation import Row, Settings, Validation, Verdict

CONFIG: Final = Path(__file__).parents[1] / "examples" / "adapter_config.json"
n, r = gamma_calc.Dim("n", 1), gamma_calc.Dim("r", 0)
VECTOR: Final = gamma_calc.data("v", n)
A: Final = gamma_calc.parameter("A", r, n, init=gamma_calc.iid("-1/2"), rate="eta")
LOSS: Final = gamma_calc.data("w", r) @ (A @ VECTOR)
WATCH: Final = gamma_calc.output("h", A @ VECTOR)
PROGRAM: Final = Program("small", LOSS, gamma_calc.sgd(), [WATCH])
FOUND: Final = gamma_calc.derive(PROGRAM)
REGION: Final = Region("eta <= -1 & b0 <= 0")
CLASH: Final = exponents.conflict({"a": Region("eta < 0"), "b": Region("eta > 1")})
ROW: Final = Row("h", 1, Fraction(0), 0.01, -0.01, 0.03, Verdict.CONFIRMED, "line")


WRONG: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0.5,
    float("nan"),
    float("inf"),
    1j,
    10**5000,
    "",
    "wrong",
    "eta <",
    "9" * 5000,
    "\ud800\0\x1b[2J",
    b"eta",
    (),
    [None],
    {"eta": None},
    {1: "eta"},
    ("a", 1, 2, 3),
    {"A"},
    range(3),
    object(),
    dict,
    len,
    Ellipsis,
    sympy.Symbol("x"),
    Fraction(1, 3),
    gamma_calc.Dim("k", 0),
    gamma_calc.data("s"),
    gamma_calc.Order("eta"),
    gamma_calc.Region("eta <= 0"),
    gamma_calc.adam(),
    gamma_calc.zero,
    PROGRAM,
)

NOTHING_KNOWN: Final = object()  # of an argument that stands in no table below

# A right value for each argument of each public callable, by its name.
RIGHT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "a0": 0,
        "adapter": "lora",
        "adapters": {},
        "at": {"eta": 0},
        "b0": 0,
        "batch": 1,
        "below": Order("eta").below,
        "change_name": "dh",
        "constraints": [(Affine.variable("eta"), "<=")],
        "decay": 0,
        "device": "cpu",
        "common": None,
        "construction": None,
        "dialect": "text",
        "domain": "all",
        "dtype": "float64",
        "entry": "-1/2",
        "epsilon": "-1",
        "exponent": 1,
        "expression": A @ VECTOR,
        "form": "eta",
        "freeze": "none",
        "fresh": False,
        "hidden_layers": 1,
        "hint": "write it",
        "init": gamma_calc.zero,
        "known": "",
        "layers": 2,
        "high": Order("eta"),
        "left": "eta",
        "loss": LOSS,
        "low": Order("eta"),
        "lr": "shared",
        "lr_A": None,
        "lr_B": None,
        "matrices": gamma_calc.sgd(),
        "memory": None,
        "most": 8,
        "most_seeds": 2,
        "name": "eta",
        "names": "eta",
        "notes": (),
        "on_progress": print,
        "only": {("h", 1)},
        "optimiser": gamma_calc.sgd(),
        "order": Order("eta"),
        "orders": "eta",
        "orthogonal": frozenset(),
        "other": "eta",
        "parametrisation": "sp",
        "parts": (),
        "path": CONFIG,
        "point": {"eta": -1, "b0": 0},
        "power": "1/2",
        "program": PROGRAM,
        "published": False,
        "quantity": "h",
        "rank": "fixed",
        "rate": "eta",
        "ratio": None,
        "rates": (1.0,),
        "region": REGION,
        "relation": "<=",
        "seconds": 20,
        "told": None,
        "time_limit": 20,
        "requirements": {"a": REGION},
        "rest": gamma_calc.adam(),
        "right": 0,
        "rslora": False,
        "rule": gamma_calc.sgd(),
        "scaling": "1",
        "seeds": 2,
        "settings": Settings(steps=1),
        "shape": n,
        "sizes": {"r": 2},
        "stability": "Z_B",
        "step": 1,
        "steps": 1,
        "sum_rule": CLT,
        "strict": False,
        "tau": None,
        "text": "eta",
        "tolerance": 0.05,
        "two_rates": False,
        "u": VECTOR,
        "value": "eta",
        "values": {"eta": -1},
        "w": VECTOR,
        "watch": [WATCH],
        "what": "a thing",
        "where": "here",
        "wider": (),
        "width": 4,
        "widths": (2, 3, 4, 5),
        "with_loss": False,
        "x": VECTOR,
    }
)

# The same for one callable, where the name means something else there.
ELSEWHERE: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "lora": {"init": "A", "optimiser": "adam", "loss": "linear", "sum_rule": "clt"},
        "toy": {"init": "1", "optimiser": "sgd"},
        "stacked": {"init": "A", "optimiser": "adam"},
        "deep_linear": {"optimiser": "sgd"},
        "mlp": {"depth": 3, "residual": False, "activation": "relu", "optimiser": "sgd", "lr": "shared"},
        "gamma": {"expression": sympy.Symbol("m") ** 2, "n": sympy.Symbol("m")},
        "largest": {"orders": ["eta", 0]},
        "Region": {"value": "eta <= -1"},
        "Region.parse": {"text": "eta <= -1"},
        "Region.eliminate": {"names": "eta"},
        "Region.largest_point": {"names": "eta"},
        "Order.at": {"point": {"eta": 0}},
        "Order.affine": {"form": Affine.variable("eta")},
        "Region.optimum": {"form": Affine.variable("eta")},
        "Affine.at": {"point": {"eta": Fraction(0)}},
        "Affine.build": {"coefficients": {"eta": Fraction(1)}, "constant": 0},
        "Affine.number": {"value": 1},
        "Affine.substitute": {"values": {"eta": Affine.variable("rho")}},
        "same_on": {"left": Order("eta"), "right": Order("0"), "domain": REGION},
        "at_most": {"value": Order("eta"), "bound": Order("eta")},
        "simplify": {"value": Order("eta"), "domain": REGION},
        "to_sympy": {"value": Order("eta")},
        "param_groups": {"model": torch.nn.Linear(3, 2), "rates": None, "optimiser": "adam", "lr": "1e-3"},
        "Setting": {"n": 8, "r": 2, "alpha": 4, "s": None, "init": "A", "optimizer": "adam", "lr": None},
        "transfer": {"from_": "n=1024 lr=1e-4", "to": "n=4096"},
        "Program.quantity": {"name": "h"},
        "Program.replaced": {"changes": {"name": "other"}},
        "audit": {"width": 4096, "optimiser": None, "lr": 2e-4, "sizes": False},
        "spans": {"window": {"eta": (-2, 0)}, "names": ("eta",)},
        "Derivation.plot": {"n": None, "marks": {}, "quantities": "h", "window": {"eta": (-2, 0)}},
        "Order.plot": {"window": {"eta": (-2, 0)}},
        "Region.plot": {"window": {"eta": (-2, 0)}},
        "Derivation.order": {"name": "h"},
        "Derivation.trace": {"names": "h"},
        "Derivation.diff": {"other": FOUND},
        "PeftConfig.program": {"options": {"optimiser": "adam"}},
    }
)

RESULTS: Final = {"Affine", "Conflict", "Contradiction", "Infeasible", "Optimal", "Optimum", "Supremum", "Unbounded"}
# What the engine needs of exponents to bound orders on a set, and no user calls.
MACHINERY: Final = {"CanonicalOn", "Ceiling", "Excess", "OnDomain", "Polyhedron", "Scope"}
SUBJECTS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "Affine": Affine.variable("eta"),
        "ConditionResult": FOUND.conditions["stable"],
        "ConditionResults": FOUND.conditions,
        "Derivation": FOUND,
        "Dim": n,
        "Expression": A,
        "Optimum": REGION.largest("eta"),
        "Order": Order("eta"),
        "OrderTable": FOUND.orders,
        "PeftConfig": read_config(CONFIG),
        "Power": n**1,
        "Program": PROGRAM,
        "Region": REGION,
        "Row": ROW,
        "Supremum": REGION.sup("eta")[0],
        "Trace": FOUND.trace("h"),
        "Validation": Validation("small", (ROW,), (2, 3, 4, 5), 2, {}),
    }
)
# What the house needs of its objects, and no user calls; a figure would be written.
INNER: Final = {
    "around",
    "because",
    "agrees_with",
    "block",
    "blocks",
    "clash",
    "demands",
    "figure",
    "formula",
    "formulas",
    "gradient_of",
    "keep",
    "largest_of",
    "made",
    "reduced",
    "slope",
    "smallest_of",
    "text",
    "times",
}
SIGNS: Final = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "@": operator.matmul,
    "&": operator.and_,
    "|": operator.or_,
    "<=": operator.le,
    "<": operator.lt,
}
SIGNS_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"Affine": "+ - *", "Expression": "+ - * @", "Order": "+ - * <= <", "Power": "*", "Region": "& | - <="}
)


@dataclass(frozen=True)
class Use:
    """One public callable with right arguments, each of which may be put wrong."""

    name: str
    function: Callable[..., Any]
    right: Mapping[str, Any]

    def with_wrong(self, parameter: str, value: object) -> Any:
        """Its result where one argument is this value."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for one in inspect.signature(self.function).parameters.values():
            given = value if one.name == parameter else self.right[one.name]
            if one.kind is one.VAR_KEYWORD:
                named |= {key: value if one.name == parameter else right for key, right in self.right[one.name].items()}
            elif one.kind is one.KEYWORD_ONLY:
                named[one.name] = given
            else:
                positional.append(given)
        return self.function(*positional, **named)


def uses() -> Iterator[Use]:
    """Every public callable that takes an argument."""
    for name, function in (*functions(), *methods()):
        parameters = inspect.signature(function).parameters
        if parameters:
            elsewhere = ELSEWHERE.get(name, {})
            yield Use(name, function, {one: elsewhere.get(one, RIGHT.get(one, NOTHING_KNOWN)) for one in parameters})
    for name, function in (*infix_signs(), *lookups()):
        yield Use(name, function, {next(iter(inspect.signature(function).parameters)): None})


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in (gamma_calc, exponents):
        for name in module.__all__:
            function = getattr(module, name)
            if (inspect.isroutine(function) or inspect.isclass(function)) and name not in RESULTS | MACHINERY:
                yield name, function
    for name in ("outer", "relu", "since_start", "tanh"):
        yield name, getattr(operations, name)
    for name in ("Settings", "measure_cell", "validate"):
        yield name, getattr(validation, name)
    yield "read_config", read_config


def methods() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, subject in SUBJECTS.items():
        if name != "Expression":  # its methods are for those who write operations
            for attribute in dir(type(subject)):
                if attribute not in INNER and is_method(type(subject), attribute):
                    yield f"{name}.{attribute}", getattr(subject, attribute)


def is_method(kind: type, name: str) -> bool:
    """Is it one of our own methods that a user may call?"""
    found = getattr(kind, name)
    ours = (getattr(found, "__module__", None) or "").startswith(("gamma_calc", "validation"))
    return ours and callable(found) and not name.startswith("_")


def infix_signs() -> Iterator[tuple[str, Callable[[object], Any]]]:
    """Each sign with the object on its left; what is commutative also with it on the right."""
    for name, signs in SIGNS_OF.items():
        for sign in signs.split():
            yield f"{name} {sign}", partial(_left, SIGNS[sign], SUBJECTS[name])
    for name in ("Expression", "Order"):
        for sign in SIGNS_OF[name].split()[:3]:
            yield f"{sign} {name}", partial(_right, SIGNS[sign], SUBJECTS[name])


def lookups() -> Iterator[tuple[str, Callable[[Any], Any]]]:
    yield "Order()", _at
    yield "in Region", _in_region
    yield "Dim **", partial(operator.pow, n)
    yield "OrderTable[]", partial(operator.getitem, FOUND.orders)
    yield "ConditionResults[]", partial(operator.getitem, FOUND.conditions)


def _in_region(point: Any) -> bool:
    return point in REGION


def _at(value: Any) -> Order:
    return Order("eta")(eta=value)


def _left(sign: Callable[[Any, Any], Any], subject: object, other: object) -> Any:
    return sign(subject, other)


def _right(sign: Callable[[Any, Any], Any], subject: object, other: object) -> Any:
    return sign(other, subject)
