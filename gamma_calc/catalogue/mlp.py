"""A network of any depth trained whole: linear, relu or tanh, with or without skip connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.calculus.function import Function
from gamma_calc.catalogue.abc_parametrisations import ABC, Exponent, known_abc
from gamma_calc.catalogue.samples import SEVERAL, WRITTEN_OUT, mean_product, samples_of
from gamma_calc.errors import ProgramError, pick, require, require_count
from gamma_calc.exponents import Order, order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import iid
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program, Quantity, other, output
from gamma_calc.operations.batch_function import of_entries
from gamma_calc.operations.relu import RELU
from gamma_calc.operations.tanh import TANH
from gamma_calc.optimisers.names import by_name

MOST_MATRICES: Final = 10**4
OUTPUTS: Final = "every h_l, before its activation, is an output, as f is: stability bounds them all"
n, d, r = Dim("n", 1), Dim("d", 0), Dim("r", 0)


ACTIVATIONS: Final[Mapping[str, Function | None]] = MappingProxyType({"linear": None, "relu": RELU, "tanh": TANH})


def _own(p: ABC, kind: int, _: int) -> Order:
    return -order(p.c[kind])


Layer = Callable[[Expression], Expression]

# The learning rate of a weight, from its parametrisation, its kind (input, hidden, readout) and its number.
LAYER_RATES: Final[Mapping[str, Callable[[ABC, int, int], Order]]] = MappingProxyType(
    {"own": _own, "shared": lambda *_: order("eta"), "per-layer": lambda _p, _kind, number: order(f"eta_{number}")}
)


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter B A of a fixed rank beside a hidden layer: exponents of both factors' entries and learning rates."""

    a0: Exponent
    b0: Exponent
    rate_a: Exponent
    rate_b: Exponent


NO_ADAPTERS: Final[Mapping[int, Adapter]] = MappingProxyType({})


@either_spelling
def mlp(
    parametrisation: ABC | str = "mup",
    *,
    depth: int = 3,
    activation: str = "linear",
    residual: bool = False,
    optimiser: str | None = None,
    lr: str = "own",
    adapters: Mapping[int, Adapter] = NO_ADAPTERS,
    batch: str = "one",
    common: Exponent | None = None,
) -> Program:
    """f = W_D phi(W_(D-1) .. phi(W_1 x)) with a fixed input dimension and a scalar output, a loss linear in f.

    ``depth`` counts the weight matrices, input and readout among them. ``parametrisation`` is a name of the catalogue
    ("sp", "ntk", "mup" ...) or exponents of one's own. ``residual`` adds to each hidden layer what it was given. ``lr``
    is "own" (the rates of the parametrisation), "shared" (n^eta for every weight) or "per-layer" (n^eta_1 .. n^eta_D);
    ``optimiser`` by default the one that the parametrisation's rates are for. ``adapters`` gives hidden layers (2 is
    the first) an adapter, which is trained in place of the layer's weight. ``batch`` ("one", "fixed" or "growing") and
    ``common`` are as in ``lora``: samples of a fixed dimension overlap at order 0, and each has its own error signal.
    Of a fixed number two are written one by one where there are functions of functions, or masks under a rule that
    divides entry by entry.

    Watches what each layer makes before the activation, h_l with its change dh_l, the factors A_l and B_l of adapters,
    and the output f with df. Raises ProgramError for a depth below 2 and for an adapter where there is no hidden layer,
    UnknownName for a name not in its table.

    >>> from gamma_calc import derive
    >>> derive(mlp("mup", depth=8, lr="shared"), eta=0).conditions["stable"].region
    Region('all')
    >>> derive(mlp("mup-adam", depth=5, activation="tanh")).orders["dh4"]
    Order('0')
    """
    require_count(depth, "weight matrices", least=2, most=MOST_MATRICES)
    require(residual, bool, "truth value", "write residual=True for skip connections")
    _refuse_unknown(adapters, depth)
    p, phi = known_abc(parametrisation), pick("activation", activation, ACTIVATIONS)
    rule = by_name(p.optimiser if optimiser is None else optimiser)
    made = _network(_Maker(p, pick("learning-rate scheme", lr, LAYER_RATES), adapters), depth, phi, residual=residual)
    samples = samples_of(batch, common)
    title = f"{'residual ' if residual else ''}{activation} network of {depth} weights, {p.name}"
    notes = (f"parametrisation {p.name} ({p.source})", "a loss linear in f", OUTPUTS)
    if batch == "fixed" and common is None and _is_written_out(phi, rule, depth):
        watch, f = made.of(data("x", d))
        for number in range(2, SEVERAL + 1):
            f = f + made.of(data(f"x{number}", d))[1]
        return Program(title, -f, rule, watch, notes=(*notes, WRITTEN_OUT))
    watch, f = made.of(samples.drawn("x", d))
    return Program(
        title,
        -f if samples.axis is None else -mean_product(samples.drawn("w"), f),
        rule,
        watch,
        domain=samples.domain,
        notes=notes if samples.axis is None else (*notes, samples.statement),
    )


def _is_written_out(phi: Function | None, rule: Optimiser, depth: int) -> bool:
    """Are a few samples written one by one? Functions of functions of columns are products without end.

    So they are where a rule divides entry by entry, as masks of finitely many columns are refused there.
    """
    return phi is not None and (depth > 2 or (phi.vanishes and rule.divides_entries))


@dataclass(frozen=True, slots=True)
class _Maker:
    """What a network is made of: its parametrisation, the rule of its rates, and its adapters."""

    abc: ABC
    rate: Callable[[ABC, int, int], Order]
    adapters: Mapping[int, Adapter]

    def weight(self, name: str, kind: int, number: int, *shape: Dim) -> Expression:
        """n^-a w; w stays as drawn beside an adapter."""
        entry, multiplier = iid(-order(self.abc.b[kind])), n ** (-order(self.abc.a[kind]))
        if number in self.adapters:
            return multiplier * frozen(name, *shape, entry=entry)
        return multiplier * parameter(name, *shape, init=entry, rate=self.rate(self.abc, kind, number))

    def hidden(self, number: int) -> tuple[Layer, list[tuple[Quantity, ...]]]:
        """A hidden layer, and what is watched of it besides."""
        weight = self.weight(f"w{number}", 1, number, n, n)
        if number not in self.adapters:
            return (lambda x: weight @ x), []
        A, B = _factors(self.adapters[number], number)
        return (lambda x: weight @ x + B @ (A @ x)), [other(str(A), A), other(str(B), B)]


@dataclass(frozen=True, slots=True)
class _Network:
    """Layers, of which each sample takes the same: the first, the hidden ones by their number, and the readout."""

    first: Expression
    hidden: Mapping[int, tuple[Layer, list[tuple[Quantity, ...]]]]
    readout: Expression
    phi: Function | None
    residual: bool

    def of(self, x: Expression) -> tuple[list[tuple[Quantity, ...]], Expression]:
        """What is watched on the way of an input, and the output."""
        h: Expression = self.first @ x
        watch: list[tuple[Quantity, ...]] = [output("h1", h)]
        for number, (layer, watched) in self.hidden.items():
            made = layer(self._activated(h))
            h = h + made if self.residual else made
            watch += [*watched, output(f"h{number}", h)]
        f = self.readout @ self._activated(h)
        return [*watch, output("f", f)], f

    def _activated(self, h: Expression) -> Expression:
        return h if self.phi is None else of_entries(self.phi, h)


def _network(make: _Maker, depth: int, phi: Function | None, *, residual: bool) -> _Network:
    first = make.weight("w1", 0, 1, n, d)
    hidden = {number: make.hidden(number) for number in range(2, depth)}
    return _Network(first, hidden, make.weight("w_out", 2, depth, n), phi, residual)


def _factors(adapter: Adapter, number: int) -> tuple[Expression, Expression]:
    A = parameter(f"A{number}", r, n, init=iid(adapter.a0), rate=order(adapter.rate_a))
    B = parameter(f"B{number}", n, r, init=iid(adapter.b0), rate=order(adapter.rate_b))
    return A, B


def _refuse_unknown(adapters: Mapping[int, Adapter], depth: int) -> None:
    require(adapters, Mapping, "table of adapters", "write one as {2: Adapter(...)}")
    for number, adapter in adapters.items():
        require(adapter, Adapter, "adapter", "write one such as Adapter(a0='-1/2', b0='-inf', rate_a=0, rate_b=0)")
        require_count(number, "as the number of a layer", least=2, most=MOST_MATRICES - 1)
        if number >= depth:
            raise ProgramError(
                f"an adapter on layer {number}, which is no hidden layer",
                hint=f"hidden layers are 2 .. {depth - 1}" if depth > 2 else "add hidden layers",
            )
