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
from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.catalogue.vera import vera
from gamma_calc.derivation.derivation import derive
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.initialisation import iid, zero
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.program import Program, internal, output
from gamma_calc.operations.since_start import since_start
from gamma_calc.optimisers import OPTIMISERS
from gamma_calc.practice.law import Law, Numbers, law
from gamma_calc.practice.loss_scale import knows_the_scale_of_the_loss

DOMAIN: Final = "0 <= rho <= 1"
STABLE, EFFICIENT = "stable", "efficient"  # conditions on a program
PARTS: Final = ("delta1", "delta2", "delta3")  # of the change of a product


@dataclass(frozen=True, slots=True)
class Training:
    """What all roles share: how adapters start, the optimiser, and whether both factors have one rate.

    >>> Training(optimiser="lion")
    Training(init='default', optimiser='lion', two_rates=False)
    """

    init: str = "default"
    optimiser: str = "adam"
    two_rates: bool = False


Largest = Callable[[Training, Fraction, Fraction, str], Fraction]  # under a condition on the program


@dataclass(frozen=True, slots=True)
class ParameterRole:
    """A kind of trained parameter: its exponent from a training and the exponents of rank and multiplier.

    ``relative``: the size that its entries (or what it adds to) have is a number of the model that no exponent knows,
    so a rate is in units of it. ``vector``: its entries stand in one row, which optimisers of matrices do not know.
    """

    name: str
    statement: str
    largest: Largest
    relative: bool = False
    vector: bool = False

    def law(self, training: Training, numbers: Numbers, condition: str = STABLE) -> Law:
        """The law of the largest stable (or efficient) rate around these numbers. Raises ProgramError where none is.

        >>> print(ROLES["lora_B"].law(Training(two_rates=True), Numbers(4096, 8)))
        r^-1 s^-1
        """
        return _law(self, training, numbers, condition)


@lru_cache(maxsize=1024)
def _law(role: ParameterRole, training: Training, numbers: Numbers, condition: str) -> Law:
    if role.vector and OPTIMISERS[training.optimiser].of_matrices:
        raise ProgramError(
            f"{training.optimiser} makes steps of matrices alone: not of {role.statement}",
            hint="train it by another rule, such as adamw, at a rate of that rule",
        )
    return law(lambda rho, sigma: role.largest(training, rho, sigma, condition), numbers)


# -- adapters ---------------------------------------------------------------------------------------------------------


def _shared(training: Training, rho: Fraction, sigma: Fraction, condition: str) -> Fraction:
    """One rate for both factors of a linear layer's adapter."""
    return _edge(adapted_layer(training.init, training.optimiser), rho, sigma, condition)


def adapted_layer(init: str, optimiser: str, **sizes: Exponent) -> Program:
    """A LoRA layer of which what training adds is watched: a start whose product is not zero adds more, at once.

    ``sizes`` are exponents a0 and b0 of the factors' entries in place of the start's own.

    >>> derive(adapted_layer("false", "adam"), rho=0, sigma="1/9").conditions["stable"].region
    Region('eta <= -10/9')
    """
    layer = lora(init, optimiser=optimiser, rank="growing", scaling="free", **sizes)  # type: ignore[arg-type]
    if not INITIALISATIONS[init].adds_at_once:
        return layer
    added = output("Z_B", since_start(layer.quantity("Z_B").node), parts=PARTS)
    return layer.replaced(watch=[internal("Z_A", layer.quantity("Z_A").node), added])


def _factor(name: str) -> Largest:
    def largest(training: Training, rho: Fraction, sigma: Fraction, condition: str) -> Fraction:
        if not training.two_rates:
            return _shared(training, rho, sigma, condition)
        return _pair(training, rho, sigma)[f"eta_{name}"]

    return largest


def _pair(training: Training, rho: Fraction, sigma: Fraction) -> Mapping[str, Fraction]:
    """Efficient rates with A Z bounded too: the largest for A, and then the largest for B."""
    program = lora(training.init, optimiser=training.optimiser, lr="per-factor", rank="growing", scaling="free")
    efficient = derive(program, stability="Z_A,Z_B", rho=rho, sigma=sigma).conditions["efficient"].region
    if efficient.is_empty or program.variables != ("eta_A", "eta_B", "rho", "sigma"):
        raise ProgramError(
            f"no two rates keep A Z within order one and train both factors from {training.init}",
            hint="give both factors one rate",
        )
    of_a = _number(efficient.largest("eta_A").value)
    return {"eta_A": of_a, "eta_B": _number(efficient.substitute({"eta_A": of_a}).largest("eta_B").value)}


def _magnitude(training: Training, rho: Fraction, sigma: Fraction, condition: str) -> Fraction:
    """DoRA's m, while A and B take their largest rate."""
    if knows_the_scale_of_the_loss(training.optimiser):
        raise ProgramError(
            f"how large a rate of {training.optimiser} m takes is not derived",
            hint="freeze it, or train it by adamw, at a rate of that rule",
        )
    factors = _edge(dora(training.init, optimiser=training.optimiser), rho, sigma, STABLE)
    beside = dora(training.init, optimiser=training.optimiser, magnitude="eta_m").substitute({"eta": factors})
    return _edge(beside, rho, sigma, condition, "eta_m")


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


def _readout_adapter(training: Training, rho: Fraction, sigma: Fraction, condition: str) -> Fraction:
    return _edge(readout_adapter(training.optimiser), rho, sigma, condition)


def _embedding_adapter(training: Training, rho: Fraction, sigma: Fraction, condition: str) -> Fraction:
    return _edge(embedding_adapter(training.optimiser), rho, sigma, condition)


# -- what is trained whole --------------------------------------------------------------------------------------------


def _matrix(rows: int, columns: int) -> Largest:
    """A matrix of n^rows times n^columns entries."""

    def largest(training: Training, rho: Fraction, sigma: Fraction, condition: str) -> Fraction:
        whole = matrix(optimiser=training.optimiser).substitute({"p": rows, "q": columns})
        summed = (
            Dim("n", 1) ** order(rows) * whole.loss
        )  # the error is of order one at each output, as in all programs here
        return _edge(whole.replaced(loss=summed), rho, sigma, condition)

    return largest


def bias(optimiser: str, multiplier: str = "0") -> Program:
    """s b, added to the output; ``multiplier`` is the exponent of s."""
    n = Dim("n", 1)
    return _module("bias", n ** order(multiplier) * parameter("b", n, init=zero, rate="eta"), optimiser)


def gain(optimiser: str) -> Program:
    """g * x, the gain of a normalisation, from entries of order one."""
    n = Dim("n", 1)
    return _module("gain", since_start(parameter("g", n, init=iid(0), rate="eta") * data("x", n)), optimiser)


def _of(program: Callable[[str], Program]) -> Largest:
    return lambda training, rho, sigma, condition: _edge(program(training.optimiser), rho, sigma, condition)


def _module(name: str, added: object, optimiser: str, parts: Sequence[str] = ()) -> Program:
    n = Dim("n", 1)
    out = frozen("W*", n, n) @ data("z", n) + added  # type: ignore[operator]
    return Program(name, -(data("w", n) @ out), OPTIMISERS[optimiser], [output("Z_B", added, parts=parts)])  # type: ignore[arg-type]


def _edge(program: Program, rho: Fraction, sigma: Fraction, condition: str, rate: str = "eta") -> Fraction:
    """The largest exponent of the one open rate under a condition; of one tensor, to be efficient is to learn."""
    point = {name: value for name, value in (("rho", rho), ("sigma", sigma)) if name in program.variables}
    conditions = derive(program.substitute(point)).conditions
    found = conditions[condition] if condition in conditions else conditions["feature_learning"]
    if found.empty:
        raise ProgramError(f"no rate is {condition}", hint=found.why)
    return _number(found.largest[rate].value)


def _number(value: Fraction | None) -> Fraction:
    if value is None:
        raise ProgramError("no rate is too large", hint="nothing here bounds the rate; leave this group out")
    return value


_SIZES: Final = "relative to the size of an entry"

ROLES: Final[Mapping[str, ParameterRole]] = MappingProxyType(
    {
        role.name: role
        for role in (
            ParameterRole("lora_A", "A of an adapter on a linear layer", _factor("A")),
            ParameterRole("lora_B", "B of an adapter on a linear layer", _factor("B")),
            ParameterRole("magnitude", "DoRA's m, the trained lengths of rows", _magnitude, relative=True, vector=True),
            ParameterRole("lora_bias", "the bias of B", _of(partial(bias, multiplier="sigma")), vector=True),
            ParameterRole("embedding_A", "A of an adapter on an embedding, from zero", _embedding_adapter, True),
            ParameterRole("embedding_B", "B of an adapter on an embedding", _embedding_adapter, True),
            ParameterRole("head_adapter", "an adapter on a readout, A random and B = 0", _readout_adapter),
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
