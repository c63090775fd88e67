"""What trained parameters are to their module, and how large each one's learning rate may be: derived, not listed.

Every role has a program of one module on one sample. The largest rate that keeps what training adds to the module's
output within order one is asked of the derivation at the exponents of the rank and the multiplier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.adalora import adalora
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.catalogue.vera import vera
from gamma_calc.derivation.condition_result import ConditionResult
from gamma_calc.derivation.derivation import derive
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.initialisation import iid, zero
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.program import Program, output
from gamma_calc.operations.since_start import since_start
from gamma_calc.optimisers import OPTIMISERS
from gamma_calc.practice.adapted_layer import PARTS, adapted_layer
from gamma_calc.practice.edges import BOUNDED, edges
from gamma_calc.practice.law import Law, Numbers
from gamma_calc.practice.loss_scale import knows_the_scale_of_the_loss

STABLE, EFFICIENT = "stable", "efficient"  # conditions on a program
TWO: Final = ("eta_A", "eta_B")
MAGNITUDE: Final = "eta_m"


@dataclass(frozen=True, slots=True)
class Training:
    """What all roles share: how adapters start, the optimiser, and whether both factors have one rate.

    >>> Training(optimiser="lion")
    Training(init='default', optimiser='lion', two_rates=False)
    """

    init: str = "default"
    optimiser: str = "adam"
    two_rates: bool = False


Programs = Callable[[Training], Program]  # rank and multiplier open, at the rates of the role


@dataclass(frozen=True, slots=True)
class ParameterRole:
    """A kind of trained parameter, with the program of a module that has it.

    ``relative``: the size that its entries (or what it adds to) have is a number of the model that no exponent knows,
    so a rate is in units of it. ``vector``: its entries stand in one row, which optimisers of matrices do not know.
    ``factor`` is that of an adapter with a rate for each, "A" or "B"; ``rate`` the open rate where there is one.
    """

    name: str
    statement: str
    program: Programs
    relative: bool = False
    vector: bool = False
    factor: str = ""
    rate: str = "eta"

    def law(self, training: Training, numbers: Numbers) -> Law:
        """The law of the largest stable rate around these numbers. Raises ProgramError where there is none.

        >>> print(ROLES["lora_B"].law(Training(two_rates=True), Numbers(4096, 8)))
        r^-1 s^-1
        """
        return _law(self, training, numbers)

    def in_width(self, training: Training, condition: str) -> Fraction | None:
        """The exponent of n of the largest rate under a condition, at a fixed rank and multiplier; None without one.

        >>> [ROLES["lora_A"].in_width(Training(init), EFFICIENT) for init in ("default", "B")]
        [Fraction(-1, 2), None]
        """
        return _in_width(self, training, condition)

    def rates(self, training: Training) -> tuple[str, ...]:
        """The open rates of its program, in the order in which they are taken as large as they may be."""
        return TWO if self.factor and training.two_rates else (self.rate,)

    def own(self, training: Training) -> str:
        """Which of them is its own."""
        return f"eta_{self.factor}" if self.rates(training) == TWO else self.rate


@lru_cache(maxsize=1024)
def _law(role: ParameterRole, training: Training, numbers: Numbers) -> Law:
    if role.vector and OPTIMISERS[training.optimiser].of_matrices:
        raise ProgramError(
            f"{training.optimiser} makes steps of matrices alone: not of {role.statement}",
            hint="train it by another rule, such as adamw, at a rate of that rule",
        )
    rates = role.rates(training)
    found = edges(_conditions(role, training)[STABLE].region, rates, numbers.logarithms)
    if found is None and len(rates) > 1:
        raise ProgramError(
            f"no two rates keep A Z within order one from {training.init}", hint="give both factors one rate"
        )
    if found is None:
        raise ProgramError("no rate is the largest stable one", hint="leave this group out")
    return Law.of(found[role.own(training)])


@lru_cache(maxsize=1024)
def _in_width(role: ParameterRole, training: Training, condition: str) -> Fraction | None:
    """Of one tensor, to be efficient is to learn."""
    conditions = _conditions(role, training)
    region = (conditions[condition] if condition in conditions else conditions["feature_learning"]).region
    values: dict[str, Exponent] = {"rho": 0, "sigma": 0}
    for rate in role.rates(training):
        here = region.substitute(values)
        value = None if here.is_empty else here.largest(rate).value
        if value is None:
            return None
        values[rate] = value
    return order(values[role.own(training)]).number


@lru_cache(maxsize=1024)
def _conditions(role: ParameterRole, training: Training) -> Mapping[str, ConditionResult]:
    """On what training adds; with two rates, on A Z as well."""
    notion = BOUNDED if training.two_rates and role.factor else "Z_B"
    return derive(role.program(training), stability=notion).conditions


# -- adapters ---------------------------------------------------------------------------------------------------------


def _factors(training: Training) -> Program:
    """The layer of an adapter, with one rate for both factors or one for each."""
    if not training.two_rates:
        return adapted_layer(training.init, optimiser=training.optimiser)
    program = adapted_layer(training.init, optimiser=training.optimiser, lr="per-factor")
    if not {*TWO} <= set(program.variables):
        raise ProgramError(f"{training.init} trains one factor", hint="give both factors one rate")
    return program


def _magnitude(training: Training) -> Program:
    """DoRA's m while A and B take their largest rate; at a fixed rank and multiplier, as neither moves its own."""
    if knows_the_scale_of_the_loss(training.optimiser):
        raise ProgramError(
            f"how large a rate of {training.optimiser} m takes is not derived",
            hint="freeze it, or train it by adamw, at a rate of that rule",
        )
    factors = derive(dora(training.init, optimiser=training.optimiser)).conditions[STABLE].largest["eta"].value
    assert factors is not None, "a rate bounds what A and B add"
    beside = dora(training.init, optimiser=training.optimiser, magnitude=MAGNITUDE)
    return beside.substitute({"eta": factors})


def embedding_adapter(optimiser: str) -> Program:
    """s B A e with A = 0 of a column for each token, and B random of order one, as peft starts it."""
    n, r, tokens = Dim("n", 1), Dim("r", "rho"), Dim("tokens", 0)
    A, B = parameter("A", r, tokens, init=zero, rate="eta"), parameter("B", n, r, init=iid(0), rate="eta")
    added = n ** order("sigma") * (B @ (A @ data("e", tokens)))
    return _module("embedding adapter", added, optimiser, PARTS)


def readout_adapter(optimiser: str) -> Program:
    """s B A h on a readout of a number of outputs that does not grow: A of variance 1/n, B = 0."""
    n, r, outputs = Dim("n", 1), Dim("r", "rho"), Dim("v", 0)
    h_A = parameter("A", r, n, init=iid("-1/2"), rate="eta") @ data("h", n)
    logits = n ** order("sigma") * (parameter("B", outputs, r, init=zero, rate="eta") @ h_A)
    return Program(
        "readout adapter", -(data("u", outputs) @ logits), OPTIMISERS[optimiser], [output("Z_B", logits, parts=PARTS)]
    )


# -- what is trained whole --------------------------------------------------------------------------------------------


def _matrix(rows: int, columns: int) -> Programs:
    """A matrix of n^rows times n^columns entries, with an error of order one at each output as in all programs here."""

    def program(training: Training) -> Program:
        whole = matrix(optimiser=training.optimiser).substitute({"p": rows, "q": columns})
        return whole.replaced(loss=Dim("n", 1) ** order(rows) * whole.loss)

    return program


def bias(optimiser: str, multiplier: Exponent = 0) -> Program:
    """s b, added to the output; ``multiplier`` is the exponent of s."""
    n = Dim("n", 1)
    return _module("bias", n ** order(multiplier) * parameter("b", n, init=zero, rate="eta"), optimiser)


def gain(optimiser: str) -> Program:
    """g * x, the gain of a normalisation, from entries of order one."""
    n = Dim("n", 1)
    return _module("gain", since_start(parameter("g", n, init=iid(0), rate="eta") * data("x", n)), optimiser)


def _of(program: Callable[[str], Program]) -> Programs:
    return lambda training: program(training.optimiser)


def _module(name: str, added: object, optimiser: str, parts: Sequence[str] = ()) -> Program:
    n = Dim("n", 1)
    out = frozen("W*", n, n) @ data("z", n) + added  # type: ignore[operator]
    return Program(name, -(data("w", n) @ out), OPTIMISERS[optimiser], [output("Z_B", added, parts=parts)])  # type: ignore[arg-type]


ROLES: Final[Mapping[str, ParameterRole]] = MappingProxyType(
    {
        role.name: role
        for role in (
            ParameterRole("lora_A", "A of an adapter on a linear layer", _factors, factor="A"),
            ParameterRole("lora_B", "B of an adapter on a linear layer", _factors, factor="B"),
            ParameterRole(
                "magnitude",
                "DoRA's m, the trained lengths of rows",
                _magnitude,
                relative=True,
                vector=True,
                rate=MAGNITUDE,
            ),
            ParameterRole("lora_bias", "the bias of B", _of(partial(bias, multiplier="sigma")), vector=True),
            ParameterRole("embedding_A", "A of an adapter on an embedding, from zero", _of(embedding_adapter), True),
            ParameterRole("embedding_B", "B of an adapter on an embedding", _of(embedding_adapter), True),
            ParameterRole("head_adapter", "an adapter on a readout, A random and B = 0", _of(readout_adapter)),
            ParameterRole("adalora", "AdaLoRA's factors and vector", _of(lambda o: adalora(optimiser=o)), vector=True),
            ParameterRole("vera", "VeRA's two vectors", _of(lambda optimiser: vera(optimiser=optimiser)), vector=True),
            ParameterRole("weight", "a hidden weight trained whole", _matrix(1, 1)),
            ParameterRole("head", "a readout trained whole: a fixed number of outputs", _matrix(0, 1)),
            ParameterRole("embedding", "an embedding trained whole, or some tokens", _matrix(1, 0), relative=True),
            ParameterRole("norm", "the gain of a normalisation", _of(gain), relative=True, vector=True),
            ParameterRole("bias", "a bias", _of(bias), vector=True),
        )
    }
)
