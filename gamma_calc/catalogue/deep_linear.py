"""A deep linear network trained whole, in any abc-parametrisation: W_l = n^-a_l w_l, w_l ~ n^-b_l, rate n^-c_l."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.errors import ProgramError, pick, require, require_count
from gamma_calc.exponents import order
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import iid
from gamma_calc.language.leaves import data, frozen, parameter
from gamma_calc.language.program import Program, other, output
from gamma_calc.optimisers.names import by_name

Exponent = int | Fraction | str


@dataclass(frozen=True, slots=True)
class ABC:
    """Exponents of the input layer, the hidden layers and the readout: multiplier -a, entry -b, rate -c."""

    name: str
    a: tuple[Exponent, Exponent, Exponent]
    b: tuple[Exponent, Exponent, Exponent]
    c: tuple[Exponent, Exponent, Exponent]
    source: str


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter B A of a fixed rank beside a hidden layer: exponents of both factors' entries and learning rates."""

    a0: Exponent
    b0: Exponent
    rate_a: Exponent
    rate_b: Exponent


MOST_LAYERS: Final = 1000
_H = "1/2"
_TP4 = "Yang, Hu, arXiv 2011.14522, table 1"
_TP4B = "Yang, Littwin, arXiv 2308.01814, section 2"

PARAMETRISATIONS: Final[Mapping[str, ABC]] = MappingProxyType(
    {
        p.name: p
        for p in (
            ABC("sp", (0, 0, 0), (0, _H, _H), (1, 1, 1), _TP4),
            ABC("ntk", (0, _H, _H), (0, 0, 0), (0, 0, 0), _TP4),
            ABC("mup", ("-1/2", 0, _H), (_H, _H, _H), (0, 0, 0), _TP4),
            ABC("ntk-adam", (0, _H, _H), (0, 0, 0), (_H, 1, _H), _TP4B),
            ABC("mup-adam", ("-1/2", 0, _H), (_H, _H, _H), (_H, 1, _H), _TP4B),
        )
    }
)


@either_spelling
def deep_linear(
    parametrisation: ABC | str,
    *,
    hidden_layers: int = 1,
    optimiser: str = "sgd",
    adapters: Mapping[int, Adapter] = MappingProxyType({}),
) -> Program:
    """f = W_out W_L .. W_1 x with a fixed input dimension and a scalar output, under a loss linear in f.

    ``parametrisation`` is a name of the catalogue ("sp", "ntk", "mup" ...) or exponents of one's own. ``adapters``
    gives hidden layers (2 is the first) an adapter, which is trained in place of the layer's weight. Watches every
    hidden layer h_l and its change dh_l, the factors A_l and B_l, and the output f and df. Raises ProgramError for an
    adapter where there is no hidden layer.

    >>> from gamma_calc import derive
    >>> derive(deep_linear("sp")).orders["dh2"]
    Order('-1/2')
    """
    require_count(hidden_layers, "hidden layers", least=0, most=MOST_LAYERS)
    _refuse_unknown(adapters, hidden_layers)
    n, d, r = Dim("n", 1), Dim("d", 0), Dim("r", 0)
    p = _parametrisation(parametrisation)

    def weight(name: str, kind: int, *shape: Dim, still: bool = False) -> Expression:
        entry = iid(-order(p.b[kind]))
        w = frozen(name, *shape, entry=entry) if still else parameter(name, *shape, init=entry, rate=-order(p.c[kind]))
        return n ** (-order(p.a[kind])) * w

    h: Expression = weight("w1", 0, n, d) @ data("x", d)
    watch = [output("h1", h)]
    for layer in range(2, hidden_layers + 2):
        below, h = h, weight(f"w{layer}", 1, n, n, still=layer in adapters) @ h
        if layer in adapters:
            A, B = _factors(adapters[layer], layer, n, r)
            h = h + B @ (A @ below)
            watch += [other(f"A{layer}", A), other(f"B{layer}", B)]
        watch.append(output(f"h{layer}", h))
    f = weight("w_out", 2, n) @ h
    watch.append(output("f", f))
    return Program(f"deep linear, {p.name}", -f, by_name(optimiser), watch)


def _parametrisation(given: ABC | str) -> ABC:
    require(given, ABC | str, "parametrisation", f"give a name: {', '.join(PARAMETRISATIONS)}")
    return given if isinstance(given, ABC) else pick("parametrisation", given, PARAMETRISATIONS)


def _factors(adapter: Adapter, layer: int, n: Dim, r: Dim) -> tuple[Expression, Expression]:
    A = parameter(f"A{layer}", r, n, init=iid(adapter.a0), rate=order(adapter.rate_a))
    B = parameter(f"B{layer}", n, r, init=iid(adapter.b0), rate=order(adapter.rate_b))
    return A, B


def _refuse_unknown(adapters: Mapping[int, Adapter], hidden_layers: int) -> None:
    require(adapters, Mapping, "table of adapters", "write one as {2: Adapter(...)}")
    for layer, adapter in adapters.items():
        require(adapter, Adapter, "adapter", "write one such as Adapter(a0='-1/2', b0='-inf', rate_a=0, rate_b=0)")
        require_count(layer, "as the number of a layer", least=2, most=MOST_LAYERS + 1)
        if not 2 <= layer <= hidden_layers + 1:
            raise ProgramError(
                f"an adapter on layer {layer}, which is no hidden layer",
                hint=f"hidden layers are 2 .. {hidden_layers + 1}" if hidden_layers else "add hidden layers",
            )


def abc(name: str, a: Sequence[Exponent], b: Sequence[Exponent], c: Sequence[Exponent]) -> ABC:
    """A parametrisation of one's own: three exponents each, for input, hidden layers and readout."""
    (a1, a2, a3), (b1, b2, b3), (c1, c2, c3) = a, b, c
    return ABC(name, (a1, a2, a3), (b1, b2, b3), (c1, c2, c3), "given")
