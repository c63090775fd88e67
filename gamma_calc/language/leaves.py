"""What a program starts from: data, frozen random tensors, trainable parameters, and parameters at other times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from gamma_calc.calculus.dims import Dim, Shape, shape_text
from gamma_calc.calculus.direction import UNIT, Direction, GivenVector, RandomMatrix
from gamma_calc.calculus.lemmas import GIVEN
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError, require, require_each
from gamma_calc.exponents import Order, order, power
from gamma_calc.language.expression import Array, Expression, Held, History, Part, Time, walk
from gamma_calc.language.initialisation import Init, iid
from gamma_calc.language.with_exponents import WithExponents


class Leaf(WithExponents, Expression):
    """A tensor without arguments. Its array is drawn or kept by the executor, so it has no meaning on arrays here."""

    carries_directions = True
    name: str
    is_tensor = True

    def numeric(self, *arrays: Array) -> Array:
        raise NotImplementedError(f"the array of the leaf {self.name} is kept by the executor")

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return ()

    def rebuild(self, *arguments: Expression) -> Expression:
        return self

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        return ()

    def description(self, dialect: str) -> str:
        """Its shape and what it is, in words."""
        return shape_text(self.shape)

    @property
    def place(self) -> str:
        return self.name

    def notation(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class Data(Leaf):
    """A vector the program is given, or a batch of them: random, independent of everything else, of order n^entry.

    A batch is a matrix with a column a sample. It is the same at every step; ``fresh`` draws it anew each time.
    """

    name: str
    shape: Shape
    entry: Order
    fresh: bool = False

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        yield Contribution(drawn(self.name, self.shape), self.entry, GIVEN)

    @property
    def is_batch(self) -> bool:  # type: ignore[override]
        return len(self.shape) == 2

    @property
    def tensor(self) -> Data:
        return self

    def description(self, dialect: str) -> str:
        return f"{shape_text(self.shape)}, given{', drawn anew at every step' if self.fresh else ''}"


@dataclass(frozen=True, eq=False, repr=False)
class Frozen(Leaf):
    """A random tensor that is not trained, such as the pretrained weight W*."""

    name: str
    shape: Shape
    init: Init

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        yield Contribution(drawn(self.name, self.shape), self.entry, GIVEN)

    @property
    def tensor(self) -> Frozen:
        return self

    @property
    def entry(self) -> Order:
        return self.init.entry

    def description(self, dialect: str) -> str:
        return f"{shape_text(self.shape)}, frozen, {self.init}"


@dataclass(frozen=True, eq=False, repr=False)
class Parameter(Leaf):
    """A trainable tensor: its initialisation and the exponent of its learning rate."""

    name: str
    shape: Shape
    init: Init
    rate: Order
    until = Time.NOW

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        """The value at initialisation; later ones are kept by the engine."""
        yield Contribution(drawn(self.name, self.shape), self.entry, GIVEN)

    @property
    def owner(self) -> Parameter:
        return self

    @property
    def tensor(self) -> Parameter:
        return self

    @property
    def entry(self) -> Order:
        return self.init.entry

    def description(self, dialect: str) -> str:
        rate = power(self.rate, dialect)
        return f"{shape_text(self.shape)}, trained from {self.init} with learning rate {rate}"

    def at_time(self, time: Time, arguments: tuple[Expression, ...]) -> Expression:
        return Snapshot(self, time)

    def own_change(self, since: Time) -> Expression:
        return Change(self, since)

    def before_update(self) -> Expression:
        raise _present(self)

    def of(self, history: History[Held]) -> Held:
        return history.now


@dataclass(frozen=True, eq=False, repr=False)
class ParameterState(Leaf):
    """Something about a parameter that training keeps: the engine its orders, the executor its array."""

    parameter: Parameter

    @property
    def owner(self) -> Parameter:
        return self.parameter

    @property
    def tensor(self) -> Parameter:
        return self.parameter

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        return self.parameter.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        raise NotImplementedError(f"the value of {self.name} is kept by the engine")


@dataclass(frozen=True, eq=False, repr=False)
class Snapshot(ParameterState):
    """The value of a parameter at an earlier time."""

    time: Time

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"{self.parameter.name}[{self.time.value}]"

    @property
    def until(self) -> Time:  # type: ignore[override]
        return self.time

    def before_update(self) -> Expression:
        return self.parameter if self.time is Time.PREVIOUS else self

    @property
    def place(self) -> str:
        return self.parameter.name

    def of(self, history: History[Held]) -> Held:
        return history.start if self.time is Time.START else history.previous


@dataclass(frozen=True, eq=False, repr=False)
class Change(ParameterState):
    """What training added to a parameter between two times."""

    since: Time
    until: Time = Time.NOW

    @property
    def name(self) -> str:  # type: ignore[override]
        step = (self.since, self.until) == (Time.PREVIOUS, Time.NOW)
        return f"d{self.parameter.name}" if step else f"({self.parameter.name}[{self.until.value}] - start)"

    def at_time(self, time: Time, arguments: tuple[Expression, ...]) -> Expression:
        return Change(self.parameter, self.since, time) if self.until is Time.NOW else self

    def before_update(self) -> Expression:
        if self.since is Time.PREVIOUS:
            return self
        if self.until is Time.NOW:
            raise _present(self)
        return Change(self.parameter, self.since)

    def of(self, history: History[Held]) -> Held:
        if self.since is Time.PREVIOUS:
            return history.last
        return history.before if self.until is Time.PREVIOUS else history.moved


@dataclass(frozen=True, eq=False, repr=False)
class One(Leaf):
    """The number one: the gradient of the loss with respect to itself."""

    name: str = "1"
    shape: Shape = ()
    is_tensor = False
    number = 1

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        yield Contribution(UNIT, order(0), GIVEN)


def _present(leaf: Leaf) -> ProgramError:
    return ProgramError(
        f"{leaf} is used together with its value before the last step",
        hint="write the difference with the change of the parameter",
    )


def drawn(name: str, shape: Shape) -> Direction:
    """The direction of an independent random tensor."""
    if len(shape) == 2:
        return RandomMatrix(name, shape[0], shape[1])
    return GivenVector(name) if shape else UNIT


def data(name: str, *shape: Dim, entry: Order | Fraction | int | str = 0, fresh: bool = False) -> Data:
    """A given vector (or scalar) with entries of order n^entry, independent of everything else.

    With a second axis it is a batch: the first axis is a sample's own, the second counts the samples, which are
    independent. ``fresh`` draws a new sample, or batch, at every step; otherwise the same one is used throughout.
    Raises ShapeError for more axes.

    >>> data("Z", Dim("n", 1))
    <Z : (n)>
    >>> data("Z", Dim("n", 1), Dim("N", "beta"))
    <Z : (n, N)>
    """
    _check(name, shape)
    require(fresh, bool, "truth value", "write fresh=True to draw a new sample at every step")
    return Data(name, _at_most_matrix(name, shape), order(entry), fresh)


def frozen(name: str, *shape: Dim, entry: Order | Fraction | int | str | Init = "-1/2") -> Frozen:
    """A random tensor that is not trained: independent zero-mean entries of order n^entry.

    >>> n = Dim("n", 1)
    >>> frozen("W*", n, n) @ data("Z", n)
    <W* Z : (n)>
    """
    _check(name, shape)
    return Frozen(name, _at_most_matrix(name, shape), entry if isinstance(entry, Init) else iid(entry))


def parameter(name: str, *shape: Dim, init: Init, rate: Order | Fraction | int | str | None = None) -> Parameter:
    """A trainable tensor; ``rate`` is the exponent of its learning rate, such as "eta" or "-1/2".

    Raises ProgramError without a rate, ShapeError for more than two axes or a start that does not fit.

    >>> n, r = Dim("n", 1), Dim("r", 0)
    >>> parameter("A", r, n, init=iid("-1/2"), rate="eta")
    <A : (r, n)>
    """
    _check(name, shape)
    require(init, Init, "initialisation", "write one such as iid('-1/2'), zero or given(expression)")
    if rate is None:
        raise ProgramError(
            f"parameter {name} has no learning rate", hint=f"give rate='eta', or write frozen({name!r}, ...) instead"
        )
    if init.expression is not None:
        _check_given(name, shape, init.expression)
    return Parameter(name, _at_most_matrix(name, shape), init, order(rate))


def _check(name: object, shape: object) -> None:
    require(name, str, "name of a tensor", "write one such as 'A'")
    require_each(shape, Dim, "dimension", "write one such as Dim('n', 1)")


def _check_given(name: str, shape: Shape, start: Expression) -> None:
    if start.shape != shape:
        raise ShapeError(
            f"parameter {name} of shape {shape_text(shape)} starts as {start} of shape {shape_text(start.shape)}",
            hint="both must have the same axes",
        )
    if any(isinstance(node, Parameter | ParameterState) for node in walk([start])):
        raise ProgramError(f"parameter {name} starts as {start}, which is trained", hint="use data and frozen tensors")


def _at_most_matrix(name: str, shape: Shape) -> Shape:
    if len(shape) > 2:
        raise ShapeError(f"{name} has shape {shape_text(shape)}", hint="tensors have at most two axes")
    return shape
