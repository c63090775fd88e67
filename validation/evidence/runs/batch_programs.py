"""Random programs on batches: layers with adapters or trained whole, of N = n^beta samples at a rank n^rho.

A recipe is data, drawn from a seed (``batch_recipe``). What samples share, whether they are drawn anew at each step,
the loss, the optimiser, starts and rates are drawn too, in and out of the stable set; N is below and above rank and
width.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gamma_calc import Dim, Program, data, frozen, iid, other, output, parameter, zero
from gamma_calc.catalogue.losses import LOSSES
from gamma_calc.exponents import Order, order
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import Init, given
from gamma_calc.language.program import Quantity, internal
from gamma_calc.operations import outer, relu, tanh
from gamma_calc.operations.divide import divide
from gamma_calc.operations.row_length import row_length
from gamma_calc.optimisers import OPTIMISERS

BATCHES: Final = ("0", "1/4", "1/2", "1/2", "3/4", "1", "5/4")
RANKS: Final = ("0", "0", "1/4", "1/2")
LAYERS: Final = (("lora",), ("lora",), ("lora",), ("whole",), ("frozen", "lora"), ("lora", "frozen"), ("whole", "lora"))
FIRST_OF_MORE: Final = 60  # from this number on, other layers are drawn as well
MORE_LAYERS: Final = (("lora", "lora"), ("lora", "lora"), ("whole", "whole"), ("vera",), ("adalora",), ("dora",))
STARTS: Final = {"A": ("-1/2", "zero"), "B": ("zero", "-rho/2"), "AB": ("-1/2", "-1/2"), "large": ("0", "-1/2")}
RATES: Final = ("-5/4", "-1", "-3/4", "-1/2", "-3/8", "-1/4", "0")
MULTIPLIERS: Final = ("0", "-rho", "-rho/2")
RULES: Final = ("sign", "sign", "adam", "sgd")
COMMON: Final = (None, None, None, "0", "1/4", "1/2")
TOLD_LOSSES: Final = ("linear", "linear", "scalar", "vector")
FIRST_OF_FUNCTIONS: Final = 1000  # from this number on, functions of entries stand between layers, or in the loss
BETWEEN: Final[Mapping[str, Callable[[Expression], Expression]]] = {"tanh": tanh, "relu": relu}
CURVED: Final = ((("lora",), "readout"), (("whole",), "readout"), (("frozen", "lora"), "linear"))
MORE_CURVED: Final = ((("lora", "frozen"), "linear"), (("whole", "lora"), "scalar"), (("whole", "whole"), "linear"))
LARGE_BATCHES: Final = ("1/4", "1/2", "1/2", "3/4", "1", "5/4", "3/2")


@dataclass(frozen=True, slots=True)
class BatchRecipe:
    """A program on a batch as data. ``common`` is the c of what samples share, of order n^-c."""

    layers: tuple[str, ...]
    start: str
    rates: tuple[str, str]
    multiplier: str
    rank: str
    batch: str
    common: str | None
    fresh: bool
    loss: str
    optimiser: str
    steps: int
    between: str = ""

    @property
    def family(self) -> str:
        """Its layers, in the order in which samples pass them, with the function between them."""
        return f" {self.between} ".join(self.layers) if self.between else " ".join(self.layers)

    def program(self) -> Program:
        """The program, without open exponents."""
        n, r, N = Dim("n", 1), Dim("r", self.rank), Dim("N", self.batch)
        layers = [_LAYER[name](self, place, n, r) for place, name in enumerate(self.layers)]
        h: Expression = data("Z", n, N, fresh=self.fresh)
        if self.common is not None:
            h = h + n ** -order(self.common) * outer(data("z", n, fresh=self.fresh), data("every", N, fresh=self.fresh))
        watch: list[tuple[Quantity, ...]] = []
        for place, layer in enumerate(layers):
            h, watched = layer.of(BETWEEN[self.between](h) if self.between and place else h)
            watch += watched
        unseen, _ = layers[0].of(data("x", n))
        loss = LOSSES[self.loss].of(h, self.fresh)
        return Program("on a batch", loss, OPTIMISERS[self.optimiser], [*watch, other("unseen", unseen)])

    def __str__(self) -> str:
        shared = "" if self.common is None else f", common n^-{self.common}"
        return (
            f"{self.family}: start {self.start}, rates {', '.join(self.rates)}, s = n^({self.multiplier}), "
            f"r = n^{self.rank}, N = n^{self.batch}{shared}{', fresh' if self.fresh else ''}, {self.loss}, "
            f"{self.optimiser}, {self.steps} steps"
        )


Made = tuple[Expression, list[tuple[Quantity, ...]]]  # what a layer makes, and what is watched of it


class _Layer(Protocol):
    def of(self, h: Expression) -> Made:
        """What it makes of a batch or of one sample."""


class _Frozen:
    """A random matrix."""

    def __init__(self, _: BatchRecipe, place: int, n: Dim, r: Dim) -> None:
        self.W = frozen(f"W{place}", n, n, entry="-1/2")

    def of(self, h: Expression) -> Made:
        return self.W @ h, []


class _Whole:
    """A matrix that is trained whole."""

    def __init__(self, recipe: BatchRecipe, place: int, n: Dim, r: Dim) -> None:
        self.place, self.V = place, parameter(f"V{place}", n, n, init=iid("-1/2"), rate=recipe.rates[0])

    def of(self, h: Expression) -> Made:
        made = self.V @ h
        return made, [output(f"h{self.place}", made)]


class _Adapted:
    """A random matrix with an adapter beside it."""

    def __init__(self, recipe: BatchRecipe, place: int, n: Dim, r: Dim) -> None:
        self.place, self.W = place, frozen(f"W{place}", n, n, entry="-1/2")
        self.multiplier = n ** _power(recipe.multiplier, recipe.rank)
        a, b = (_init(text, recipe.rank) for text in STARTS[recipe.start])
        self.A = parameter(f"A{place}", r, n, init=a, rate=recipe.rates[0])
        self.B = parameter(f"B{place}", n, r, init=b, rate=recipe.rates[1])

    def of(self, h: Expression) -> Made:
        Z_A = self.A @ h
        Z_B = self.multiplier * (self.B @ Z_A)
        own = output(f"Z_B{self.place}", Z_B, parts=[f"delta{i}_{self.place}" for i in (1, 2, 3)])
        watch = [internal(f"Z_A{self.place}", Z_A), other(str(self.A), self.A), other(str(self.B), self.B), own]
        return self.W @ h + Z_B, watch


class _Vectors:
    """A random matrix with two trained vectors around frozen factors beside it."""

    def __init__(self, recipe: BatchRecipe, place: int, n: Dim, r: Dim) -> None:
        self.place, self.W = place, frozen(f"W{place}", n, n, entry="-1/2")
        self.A, self.B = frozen(f"A{place}", r, n), frozen(f"B{place}", n, r, entry=r.exponent / -2)
        self.d = parameter(f"d{place}", r, init=iid(0), rate=recipe.rates[0])
        self.b = parameter(f"b{place}", n, init=zero, rate=recipe.rates[1])

    def of(self, h: Expression) -> Made:
        Z_B = self.b * (self.B @ (self.d * (self.A @ h)))
        own = output(f"Z_B{self.place}", Z_B, parts=[f"delta{i}_{self.place}" for i in (1, 2, 3)])
        return self.W @ h + Z_B, [other(str(self.d), self.d), other(str(self.b), self.b), own]


class _Triplets:
    """A random matrix with trained triplets beside it."""

    def __init__(self, recipe: BatchRecipe, place: int, n: Dim, r: Dim) -> None:
        self.place, self.W = place, frozen(f"W{place}", n, n, entry="-1/2")
        self.P = parameter(f"P{place}", n, r, init=iid("-1/2"), rate=recipe.rates[0])
        self.Q = parameter(f"Q{place}", r, n, init=iid("-1/2"), rate=recipe.rates[0])
        self.scale = parameter(f"l{place}", r, init=zero, rate=recipe.rates[1])

    def of(self, h: Expression) -> Made:
        Z_A = self.Q @ h
        Z_B = self.P @ (self.scale * Z_A)
        own = output(f"Z_B{self.place}", Z_B, parts=[f"delta{i}_{self.place}" for i in (1, 2, 3)])
        return self.W @ h + Z_B, [internal(f"Z_A{self.place}", Z_A), other(str(self.scale), self.scale), own]


class _Lengths(_Adapted):
    """An adapted matrix whose rows have trained lengths."""

    def __init__(self, recipe: BatchRecipe, place: int, n: Dim, r: Dim) -> None:
        super().__init__(recipe, place, n, r)
        self.m = parameter(f"m{place}", n, init=given(row_length(self.W)), rate=recipe.rates[1])

    def of(self, h: Expression) -> Made:
        whole, watch = super().of(h)
        lengths = row_length(self.W + self.multiplier * (self.B @ self.A))
        made = self.m * divide(whole, lengths)
        return made, [*watch, other(str(self.m), self.m), output(f"Z_out{self.place}", made)]


_LAYER: Final[Mapping[str, Callable[[BatchRecipe, int, Dim, Dim], _Layer]]] = {
    "frozen": _Frozen,
    "whole": _Whole,
    "lora": _Adapted,
    "vera": _Vectors,
    "adalora": _Triplets,
    "dora": _Lengths,
}


def _init(text: str, rank: str) -> Init:
    return zero if text == "zero" else iid(_power(text, rank))


def _power(text: str, rank: str) -> Order:
    return order(text).substitute({"rho": rank})


def batch_recipe(seed: int) -> BatchRecipe:
    """The recipe of a number: the same one every time."""
    draw = random.Random(f"on a batch {seed}")  # noqa: S311 - a test case, not a secret
    if seed >= FIRST_OF_FUNCTIONS:
        return BatchRecipe(**dict(_curved(draw)))  # type: ignore[arg-type]
    layers = LAYERS if seed < FIRST_OF_MORE else LAYERS + MORE_LAYERS
    return BatchRecipe(**dict(_drawn(draw, layers)))  # type: ignore[arg-type]


def _drawn(draw: random.Random, layers: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, object]]:
    rate = draw.choice(RATES)
    yield "layers", draw.choice(layers)
    yield "start", draw.choice(list(STARTS))
    yield "rates", (rate, draw.choice([rate, rate, draw.choice(RATES)]))
    yield "multiplier", draw.choice(MULTIPLIERS)
    yield "rank", draw.choice(RANKS)
    yield "batch", draw.choice(BATCHES)
    yield "common", draw.choice(COMMON)
    yield "fresh", draw.choice([False, False, True])
    yield "loss", draw.choice(TOLD_LOSSES)
    yield "optimiser", draw.choice(RULES)
    yield "steps", draw.choice([1, 2, 2, 3])


def _curved(draw: random.Random) -> Iterator[tuple[str, object]]:
    """With a function of a batch, on large batches too and mostly for three steps."""
    layers, loss = draw.choice(CURVED + MORE_CURVED)
    yield from dict(_drawn(draw, (layers,))).items()
    yield "loss", loss
    yield "between", draw.choice(list(BETWEEN)) if len(layers) > 1 else ""
    yield "batch", draw.choice(LARGE_BATCHES)
    yield "steps", draw.choice([2, 3, 3])
