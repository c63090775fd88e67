"""Random programs from the whole language: words, functions, products, masks, tied weights, samples, every optimiser.

A recipe is data, drawn from a seed (``recipe``) or by any ``random.Random``; ``Recipe.program`` writes it down in one
of several styles that mean the same (``Style``), for laws that no style may break. Recipes are small: a derivation is
meant to take less than two seconds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from gamma_calc import Dim, Program, data, frozen, given, iid, other, output, parameter, zero
from gamma_calc.errors import GammaError
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import Init
from gamma_calc.operations import outer, relu, tanh
from gamma_calc.optimisers import OPTIMISERS

RATES: Final = ("-3/2", "-5/4", "-1", "-3/4", "-1/2", "-1/4", "0", "1/4")
MATRIX_ENTRIES: Final = ("-1/2", "-1/2", "-1/2", "-1/2", "0", "-1")
VECTOR_ENTRIES: Final = ("0", "0", "0", "1/2", "-1/2")
WEIGHTS: Final = tuple(Fraction(*c) for c in ((1, 1), (-8, 5), (2, 3), (-1, 3), (9, 4)))  # no sum of two is near zero
RANKS: Final = ("0", "0", "1/2", "1/4")
RANK_ONE: Final = frozenset({"muon", "shampoo"})  # know the gradient of one sample at one place
FACTORS_ONLY: Final = frozenset({"riemannian-sgd", "riemannian-adam", "sign-riemannian"})
PLAIN: Final = ("sgd", "sgd", "sgd", "sign", "sign", "adam")
NEVER: Final = "-60"  # a rate at which nothing moves that could be seen

Op = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """One of the ways to write a recipe down. All mean the same program."""

    swapped: bool = False  # the arguments of sums and entrywise products, the other way round
    left_first: bool = False  # (B A) Z in place of B (A Z)
    twice: bool = False  # every sample two times, with parts of its weight
    copied: bool = False  # a frozen matrix at its second place as a parameter that starts there and does not move


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor with a name: its axes, how it starts ("zero", "given" or an entry's exponent), its rate or None."""

    axes: str
    start: str
    rate: str | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A program as data. ``ops`` make one vector after another from the input, which is vector 0."""

    family: str
    input_axis: str
    ops: tuple[Op, ...]
    weights: Mapping[str, Weight]
    samples: tuple[Fraction, ...]
    fresh: bool
    loss: str
    readout: tuple[str, str]  # name of the vector that reads, exponent of the multiplier
    second_readout: int | None  # another vector that the loss reads
    probes: tuple[Op, ...]
    optimiser: str
    rank: str
    steps: int
    entry: str = "0"

    @property
    def has_square_matrix(self) -> bool:
        return any(w.axes == "nn" for w in self.weights.values())

    def program(self, style: Style = Style()) -> Program:
        """The program. Raises GammaError where the language refuses it."""
        return _Writer(self, style).program()

    def __str__(self) -> str:
        weights = ", ".join(f"{k} {w.axes} {w.start} rate {w.rate}" for k, w in self.weights.items())
        ops = "; ".join(" ".join(map(str, op)) for op in self.ops)
        probes = "; ".join(" ".join(map(str, op)) for op in self.probes)
        samples = ", ".join(map(str, self.samples)) + (" fresh" if self.fresh else "")
        return (
            f"{self.family}: input {self.input_axis} n^{self.entry}, [{ops}], {{{weights}}}, samples {samples}, "
            f"{self.loss} loss read by {self.readout}, also {self.second_readout}, probes [{probes}], "
            f"{self.optimiser}, rank n^{self.rank}, {self.steps} steps"
        )


# -- drawing -----------------------------------------------------------------------------------------------------------


def recipe(seed: int) -> Recipe:
    """The recipe of a number: the same one every time, and always one that the language accepts."""
    draw = random.Random(f"program {seed}")  # noqa: S311 - a test case, not a secret
    return accepted(draw)


def accepted(draw: random.Random) -> Recipe:
    """A recipe that the language accepts, from any source of chance."""
    while True:
        found = drawn(draw)
        try:
            found.program()
        except GammaError:
            continue
        return found


def drawn(draw: random.Random) -> Recipe:
    """Any recipe; the language may refuse it, for instance as nothing in it is trained."""
    return _Cook(draw).recipe()


@dataclass(frozen=True, slots=True)
class Family:
    """What a family of programs is made of: operations with repetitions, how many, and what else it draws from."""

    ops: tuple[str, ...]
    counts: tuple[int, ...] = (1, 2, 2, 3, 3, 4, 5)
    matrices: tuple[str, ...] = MATRIX_ENTRIES  # starts of square ones
    kinds: int = 2  # of each weight and vector
    onwards: float = 0.6  # how often the last vector goes on, and not any one
    reads: float = 0.4  # how often a trained vector reads the output
    second: float = 0.3  # how often the loss reads another vector too
    optimisers: tuple[str, ...] = ()


FAMILIES: Final[Mapping[str, Family]] = {
    "words": Family(
        ("matrix", "matrix", "back", "back", "transposed", "transposed", "plus"), (2, 3, 3, 4), kinds=3, onwards=0.8
    ),
    "functions": Family(("relu", "relu", "tanh", "tanh", "plus", "times", "data", "bias", "matrix")),
    "products": Family(("times", "times", "times", "data", "data", "gain", "mean", "relu", "plus")),
    "gates": Family(
        ("data", "data", "relu", "relu", "tanh", "times", "times", "plus"),
        (4, 5, 6, 7),
        kinds=3,
        onwards=0.2,
        reads=1.0,
    ),
    "saturation": Family(("matrix", "tanh", "tanh", "gain", "bias", "scale", "times"), (2, 3, 4), ("0", "0", "-1/2")),
    "masks": Family(
        ("relu", "relu", "bias", "data", "times", "plus"),
        (2, 3, 4),
        onwards=0.4,
        second=0.9,
        optimisers=("sign", "sign", "adam"),
    ),
    "adapters": Family(("adapter", "adapter", "matrix", "relu", "plus", "scale")),
    "networks": Family(("matrix", "relu", "tanh", "bias", "gain", "plus", "mean")),
    "mixed": Family(
        ("matrix", "back", "transposed", "adapter", "relu", "tanh", "times", "plus", "mean", "data", "scale")
    ),
}


@dataclass(slots=True)
class _Cook:
    """One recipe in the making."""

    draw: random.Random
    weights: dict[str, Weight] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    optimiser: str = "sgd"
    name: str = "mixed"

    @property
    def family(self) -> Family:
        return FAMILIES[self.name]

    def recipe(self) -> Recipe:
        draw = self.draw
        self.name = draw.choice(tuple(FAMILIES))
        family = self.family
        others = draw.choice(sorted(RANK_ONE)), draw.choice(sorted(FACTORS_ONLY))
        self.optimiser = draw.choice(family.optimisers or (*PLAIN, *others))
        axis = draw.choice(("n", "n", "d"))
        if axis == "d":
            self._weight("E", "nd", ("0",))
            self.ops.append(("embed", "E"))
        else:
            self.ops.append(("input",))
        for _ in range(draw.choice(family.counts)):
            self.ops.append(self._op(draw.choice(family.ops)))
        if "A" not in self.weights and (self.optimiser in FACTORS_ONLY or self.name == "words"):
            self.ops.append(self._adapter())
        return self._finished(axis)

    def _finished(self, axis: str) -> Recipe:
        draw, one = self.draw, self.optimiser in RANK_ONE or self.optimiser == "sign-riemannian"
        vector = "c" if self._may_train("n") and draw.random() < self.family.reads else "v"
        if vector == "c":
            self.weights["c"] = Weight("n", draw.choice(("zero", "zero", "0", "-1/2")), draw.choice(RATES))
        samples = draw.choice(((1,), (1,), (1,), (1, 2), (1, 2, 3)))
        second = draw.randrange(len(self.ops)) if draw.random() < self.family.second and not one else None
        return Recipe(
            family=self.name,
            input_axis=axis,
            ops=tuple(self.ops),
            weights=dict(self.weights),
            samples=_without_zero_sum(tuple(draw.choice(WEIGHTS) for _ in samples)) if not one else WEIGHTS[:1],
            fresh=draw.random() < 0.1,
            loss=draw.choice(("linear", "linear", "square")),
            readout=(vector, draw.choice(("-1", "-1/2", "0", "-1"))),
            second_readout=second,
            probes=tuple(self._probe() for _ in range(2)),
            optimiser=self.optimiser,
            rank=draw.choice(RANKS),
            steps=draw.choice((1, 1, 2, 2, 3)),
            entry=draw.choice(VECTOR_ENTRIES),
        )

    def _vector(self) -> int:
        """A vector made so far, mostly the last."""
        last = len(self.ops) - 1
        return last if self.draw.random() < self.family.onwards else self.draw.randrange(last + 1)

    def _op(self, kind: str) -> Op:
        draw = self.draw
        match kind:
            case "matrix" | "transposed" | "back":
                name = f"W{draw.randrange(self.family.kinds)}"
                self._weight(name, "nn", self.family.matrices)
                return (kind, name, self._vector())
            case "adapter":
                return self._adapter()
            case "times":
                return (kind, self._vector(), self._vector())
            case "plus":
                return (kind, draw.choice(WEIGHTS), self._vector(), draw.randrange(len(self.ops)))
            case "mean":
                return (kind, self._vector(), draw.randrange(len(self.ops)), self._vector())
            case "scale":
                return (kind, draw.choice(("-1/2", "1/2", "1/4")), self._vector())
            case "data":
                return (kind, f"u{draw.randrange(3)}", draw.choice(("plus", "times")), self._vector())
            case "bias" | "gain":
                name = f"{kind[0]}{draw.randrange(2)}"
                if not self._may_train("n"):
                    return ("relu", self._vector())
                self._weight(name, "n", ("0", "0", "1/2", "-1/2"), trained=1.0)
                return (kind, name, self._vector())
        return (kind, self._vector())

    def _adapter(self) -> Op:
        for name, axes in (("A", "rn"), ("B", "nr")):
            self._weight(name, axes, ("0", "-1/2", "-1/2", "zero"), trained=0.9)
        return ("adapter", self.draw.choice(("0", "0", "-1/2", "1/2")), self._vector())

    def _weight(self, name: str, axes: str, starts: Sequence[str], trained: float = 0.35) -> None:
        """A weight, unless there is one of this name: then it is used once more."""
        if name in self.weights:
            return
        draw = self.draw
        moves = draw.random() < trained and (self._may_train(axes) or name in "AB")
        start = draw.choice(starts)
        if moves and start != "zero" and draw.random() < 0.15:
            start = "zero" if draw.random() < 0.5 else "given"
        self.weights[name] = Weight(axes, start, draw.choice(RATES) if moves else None)

    def _may_train(self, axes: str) -> bool:
        """Some optimisers know matrices alone, or the two factors alone."""
        if self.optimiser in FACTORS_ONLY:
            return False
        return self.optimiser not in RANK_ONE or len(axes) == 2

    def _probe(self) -> Op:
        """A quantity beside the way to the loss: it meets what training added from another side."""
        draw, last = self.draw, len(self.ops)
        if "B" in self.weights and draw.random() < 0.2:
            return ("gram", 0, 0)
        kinds = ["inner"] + ["read"] * 2 * ("c" in self.weights) + ["down"] * 2 * ("A" in self.weights)
        kind = draw.choice(kinds)
        return (kind, draw.randrange(last), draw.randrange(last))


def _without_zero_sum(weights: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Weights of samples; where their sum is zero, what all samples have in common would cancel exactly."""
    return weights if sum(weights) else (*weights[:-1], WEIGHTS[-1])


# -- writing -----------------------------------------------------------------------------------------------------------


class _Writer:
    """A recipe written down in a style."""

    def __init__(self, recipe: Recipe, style: Style) -> None:
        self.recipe, self.style = recipe, style
        self.dims = {"n": Dim("n", 1), "d": Dim("d", 0), "r": Dim("r", recipe.rank)}
        self.leaves: dict[str, Expression] = {}
        self.met: set[str] = set()

    def program(self) -> Program:
        recipe = self.recipe
        losses = list(self._losses())
        loss = losses[0]
        for term in losses[1:]:
            loss = self._plus(loss, term)
        return Program(recipe.family, loss, OPTIMISERS[recipe.optimiser], list(self._watched()))

    def _losses(self) -> Iterator[Expression]:
        parts = (Fraction(2, 5), Fraction(3, 5)) if self.style.twice else (Fraction(1),)
        for k, weight in enumerate(self.recipe.samples):
            for part in parts:
                yield self._loss(k) * (weight * part)

    def _loss(self, sample: int) -> Expression:
        recipe = self.recipe
        vectors = self._vectors(sample)
        name, power = recipe.readout
        f = (self._read(name) @ vectors[-1]) * self.dims["n"] ** power
        if recipe.second_readout is not None:
            f = self._plus(f, (self._data("w") @ vectors[recipe.second_readout]) * self.dims["n"] ** "-1")
        if recipe.loss == "linear":
            return f
        error = f - self._data(f"y{sample}", axis="")
        return error * error

    def _read(self, name: str) -> Expression:
        return self._leaf(name) if name in self.recipe.weights else self._data(name)

    def _watched(self) -> Iterator[Any]:
        recipe, vectors = self.recipe, self._vectors(0)
        name, power = recipe.readout
        yield output("h", vectors[-1])
        yield output("f", (self._read(name) @ vectors[-1]) * self.dims["n"] ** power)
        middle = len(vectors) // 2
        if middle < len(vectors) - 1:
            yield output("m", vectors[middle])
        for k, (kind, i, j) in enumerate(recipe.probes):
            yield output(f"p{k}", self._probe(kind, vectors[i], vectors[j]))
        for weight, what in recipe.weights.items():
            if what.rate is not None:
                yield other(weight, self._leaf(weight))

    def _probe(self, kind: str, one: Expression, two: Expression) -> Expression:
        match kind:
            case "read":
                return (self._leaf("c") @ one) * self.dims["n"] ** "-1"
            case "down":
                return self._leaf("A") @ one
            case "gram":
                return self._leaf("B").T @ self._leaf("B")
        return (one @ two) * self.dims["n"] ** "-1"

    # -- vectors ---------------------------------------------------------------------------------------------------

    def _vectors(self, sample: int) -> list[Expression]:
        self.met = set()
        vectors: list[Expression] = []
        for op in self.recipe.ops:
            vectors.append(self._vector(op, vectors, sample))
        return vectors

    def _vector(self, op: Op, made: Sequence[Expression], sample: int) -> Expression:
        kind, *arguments = op
        match op:
            case ("input",):
                return self._input(sample)
            case ("embed", name):
                return self._leaf(name) @ self._input(sample)
            case ("data", name, how, i):
                return (self._plus if how == "plus" else self._times)(made[i], self._data(name))
            case ("plus", weight, i, j):
                return self._plus(made[i], made[j] * weight)
            case (_, str(name), i):
                return WITH_NAME[kind](self, name, made[i])
        return OF_VECTORS[kind](self, *(made[i] for i in arguments))

    def matrix(self, name: str, x: Expression) -> Expression:
        return self._matrix(name) @ x

    def transposed(self, name: str, x: Expression) -> Expression:
        return self._matrix(name).T @ x

    def back(self, name: str, x: Expression) -> Expression:
        there = self._matrix(name) @ x
        return self._matrix(name).T @ there

    def adapter(self, power: str, x: Expression) -> Expression:
        a, b = self._leaf("A"), self._leaf("B")
        whole = (b @ a) @ x if self.style.left_first else b @ (a @ x)
        return self._plus(x, whole * self.dims["n"] ** power)

    def scale(self, power: str, x: Expression) -> Expression:
        return x * self.dims["n"] ** power

    def bias(self, name: str, x: Expression) -> Expression:
        return self._plus(x, self._leaf(name))

    def gain(self, name: str, x: Expression) -> Expression:
        return self._times(x, self._leaf(name))

    def times(self, one: Expression, two: Expression) -> Expression:
        return self._times(one, two)

    def mean(self, one: Expression, two: Expression, three: Expression) -> Expression:
        return ((one @ two) * self.dims["n"] ** "-1") * three

    def _plus(self, one: Expression, two: Expression) -> Expression:
        return two + one if self.style.swapped else one + two

    def _times(self, one: Expression, two: Expression) -> Expression:
        return two * one if self.style.swapped else one * two

    # -- leaves ----------------------------------------------------------------------------------------------------

    def _input(self, sample: int) -> Expression:
        recipe = self.recipe
        return self._data(f"x{sample}", recipe.input_axis, entry=recipe.entry, fresh=recipe.fresh)

    def _data(self, name: str, axis: str = "n", **options: Any) -> Expression:
        if name not in self.leaves:
            self.leaves[name] = data(name, *(self.dims[a] for a in axis), **options)
        return self.leaves[name]

    def _matrix(self, name: str) -> Expression:
        """A square matrix; at every place but its first as a copy, where the style says so."""
        matrix = self._leaf(name)
        if not self.style.copied or self.recipe.weights[name].rate is not None or name not in self.met:
            self.met.add(name)
            return matrix
        copy = f"{name} copied"
        if copy not in self.leaves:
            n = self.dims["n"]
            self.leaves[copy] = parameter(copy, n, n, init=given(matrix), rate=NEVER)
        return self.leaves[copy]

    def _leaf(self, name: str) -> Expression:
        if name not in self.leaves:
            what = self.recipe.weights[name]
            shape = tuple(self.dims[a] for a in what.axes)
            if what.rate is None:
                self.leaves[name] = frozen(name, *shape, entry=_init(what.start))
            else:
                init = given(self._given(what)) if what.start == "given" else _init(what.start)
                self.leaves[name] = parameter(name, *shape, init=init, rate=what.rate)
        return self.leaves[name]

    def _given(self, what: Weight) -> Expression:
        """A start made of data that the program meets elsewhere too."""
        sides = [self._data("u0") if a == "n" else self._data(f"t{a}", a) for a in what.axes]
        return sides[0] if len(sides) == 1 else outer(*sides) * self.dims["n"] ** "-1/2"


WITH_NAME: Final[Mapping[str, Callable[[_Writer, str, Expression], Expression]]] = {
    "matrix": _Writer.matrix,
    "transposed": _Writer.transposed,
    "back": _Writer.back,
    "adapter": _Writer.adapter,
    "scale": _Writer.scale,
    "bias": _Writer.bias,
    "gain": _Writer.gain,
}
OF_VECTORS: Final[Mapping[str, Callable[..., Expression]]] = {
    "times": _Writer.times,
    "mean": _Writer.mean,
    "relu": lambda _, x: relu(x),
    "tanh": lambda _, x: tanh(x),
}


def _init(start: str) -> Init:
    return zero if start == "zero" else iid("-1/2" if start == "given" else start)


def simpler(found: Recipe) -> Iterator[Recipe]:
    """Recipes with one thing less, for whoever minimises."""
    for k in range(1, len(found.ops)):
        shorter = tuple(_without(op, k) for i, op in enumerate(found.ops) if i != k)
        probes = tuple((kind, *(min(i - (i >= k), len(shorter) - 1) for i in at)) for kind, *at in found.probes)
        second = None if found.second_readout is None else max(0, found.second_readout - (found.second_readout >= k))
        yield replace(found, ops=shorter, probes=probes, second_readout=second)
    if len(found.samples) > 1:
        yield replace(found, samples=found.samples[:-1])
    if found.second_readout is not None:
        yield replace(found, second_readout=None)
    if found.probes:
        yield replace(found, probes=found.probes[1:])
        yield replace(found, probes=found.probes[:-1])
    plainer = {"fresh": False, "rank": "0", "entry": "0", "loss": "linear", "optimiser": "sgd"}
    for key, value in plainer.items():
        if getattr(found, key) != value:
            yield replace(found, **{key: value})  # type: ignore[arg-type]
    if found.steps > 1:
        yield replace(found, steps=found.steps - 1)
    for name, weight in found.weights.items():
        if weight.rate is not None:
            yield replace(found, weights={**found.weights, name: replace(weight, rate=None)})


def _without(op: Op, k: int) -> Op:
    """The operation after vector k is gone: what used it uses the one before."""
    return tuple(x - (x >= k) if type(x) is int else x for x in op)
