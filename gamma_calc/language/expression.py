"""Expressions: the forward computation as the user writes it.

Every operation is a subclass in its own file under ``rules``; it states local facts only:

* ``shape``: what comes out, checked when the program is written;
* ``orders``: its symbolic meaning, the components of the result with the lemma that gives each;
* ``numeric``: its meaning on arrays whose first axis runs over repetitions;
* ``pull_back``: reverse mode, written again as a program;
* ``change_parts``: how its result changes when its arguments do, split by which argument moved.

Backward passes and changes are programs too, so both readings need the forward meanings alone. For the product
``B @ h`` these are: the shape of B's rows; orders of components that add, with the gain of a sum over the inner axis;
``B @ h`` on arrays; ``u h'`` and ``B.T @ u`` as the gradients for a gradient u of the result; and the three parts
``B dh``, ``dB h``, ``dB dh`` of its change.

Facts that most operations need not state have a default here: the exponents of their own (``exponents``), how they are
rewritten when exponents are given values (``substituted``), and what they are at an earlier time (``at_time``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from numbers import Rational
from typing import Any, ClassVar, Final, Protocol, TypeVar

from gamma_calc.calculus.dims import Multiplier, Power, Shape
from gamma_calc.calculus.direction import Direction
from gamma_calc.calculus.meeting import Notebook
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.display.shown import shortened
from gamma_calc.errors import ProgramError, require, written
from gamma_calc.exponents import NOTHING, Order, Region

Array = Any  # a torch tensor; this side of the package never imports torch
Signed = TypeVar("Signed", bound=Callable[..., "Expression"])
Held = TypeVar("Held", covariant=True)  # noqa: PLC0105 - read, never written
LONGEST_TEXT: Final = 3000  # of an expression: what is longer is not read, and sums of sums would fill the memory
SIGNS: dict[str, Callable[..., Expression]] = {}  # infix sign to the operation that it writes; each one fills its own


class Time(Enum):
    """Which value of a parameter: before the first step, before the last step, or after it."""

    START = "0"
    PREVIOUS = "t-1"
    NOW = "t"


class History(Protocol[Held]):
    """The training of one parameter, in either reading: its values, and what training added."""

    @property
    def start(self) -> Held: ...

    @property
    def previous(self) -> Held: ...

    @property
    def now(self) -> Held: ...

    @property
    def before(self) -> Held:
        """What all steps but the last added."""

    @property
    def last(self) -> Held:
        """What the last step added."""

    @property
    def moved(self) -> Held:
        """What all steps added."""


class Rewrite(Protocol):
    """Exponents given values, throughout a program: what a node needs to rewrite itself."""

    def node(self, node: Expression, /) -> Expression: ...

    def order(self, order: Order, /) -> Order: ...

    def shape(self, shape: Shape, /) -> Shape: ...


class Expression(ABC):
    """A tensor in a training program. Nodes are compared by identity: one object is one quantity."""

    arguments: tuple[Expression, ...] = ()
    shape: Shape
    precedence: ClassVar[int] = 9
    is_tensor: ClassVar[bool] = False  # given, drawn or trained, and not made by an operation
    fresh: bool = False  # given, and drawn anew at every step
    is_batch: bool = False  # given, with a column a sample
    number: ClassVar[int | None] = None  # that a leaf without axes always is
    site: str | None = None  # of an entrywise function, or of a change of one: what it is of, by its place
    since: Time | None = None  # of a leaf that is what training added to its parameter: from when
    until: Time | None = None  # of a leaf that follows a parameter: to when, or at which time
    carries_directions: bool = False  # each component of the result is made of one of each argument, by what they meet
    acts_on_entries: ClassVar[bool] = False  # so that a part of its argument shows where a larger one is zero
    saturates: bool = False  # of a function of entries: it bends the less the larger its argument is
    adds_up: ClassVar[bool] = False  # so that its size is the largest of those of its arguments
    may_be_long: ClassVar[bool] = False  # so that it is not made in full where its size alone is asked for
    multiplies_entries: ClassVar[bool] = False  # so that it may be along a product of vectors and along none of them

    @abstractmethod
    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        """The components of the result, each with its lemma."""

    @abstractmethod
    def numeric(self, *arrays: Array) -> Array:
        """The result on arrays with a leading axis of repetitions, and on the ``constants`` after them."""

    @abstractmethod
    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        """The gradient with respect to each argument, given the gradient of the result."""

    @abstractmethod
    def rebuild(self, *arguments: Expression) -> Expression:
        """The same operation on other arguments."""

    @abstractmethod
    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        """The change of the result, split by which arguments moved."""

    # -- facts that most operations need not state ----------------------------------------------------------------

    def constants(self, power: Callable[[Order], float]) -> tuple[float, ...]:
        """The numbers that ``numeric`` takes after the arrays, at a width where n^e is ``power(e)``; most take none."""
        return ()

    @property
    def summands(self) -> tuple[Expression, ...]:
        """What its size is the largest size of, if that is known of it: the terms of a sum."""
        return self.arguments if self.adds_up else ()

    @property
    def computed(self) -> Expression:
        """The expression that a run computes in this one's place: itself, unless another has the same value."""
        return self

    def met(self, values: tuple[Value, ...], notebook: Notebook) -> tuple[Value, ...]:
        """The values of the arguments with all that they stand for and that meets in the operation."""
        return values

    @property
    def owner(self) -> Expression | None:
        """The parameter whose training a leaf follows."""
        return None

    @property
    def tensor(self) -> Expression | None:
        """The tensor that a leaf is, or the parameter that it follows; None for what is computed from such."""
        return None

    def before_update(self) -> Expression:
        """A leaf as it is called once an update is known and not yet applied. Raises ProgramError for a present one."""
        return self

    def of(self, history: History[Held]) -> Held:
        """The value of such a leaf, in the training of its parameter."""
        raise NotImplementedError(f"{self} follows no parameter")

    @property
    def least_counts_above(self) -> Order | None:
        """The order of an argument above which there may be more of a direction where there is less of the argument.

        A bound of the argument then bounds nothing. None where less never makes more.
        """
        return None

    @property
    def divisor(self) -> Expression | None:
        """The lengths that an operation divides rows by."""
        return None

    @property
    def may_fall(self) -> bool:
        """May the result be smaller where an argument is larger?"""
        return False

    @property
    def vanishes(self) -> bool:
        """Is the result zero at some of its entries, known by their place?"""
        return False

    @property
    def may_vanish(self) -> bool:
        """May the result be zero at any of its entries, as these are finitely many?"""
        return False

    def falls_as_fast(self, values: tuple[Value, ...]) -> bool:
        """Is each part of the result lower by as much as the part that it is of, where that is below what it is here?

        So it is in sums and products, which is all that is known of most operations.
        """
        return self.carries_directions or self.multiplies_entries

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """The exponents at which ``orders`` of these values counts for more than there may be, so that it bounds."""
        return NOTHING

    def argument(self, values: tuple[Value, ...]) -> Value | None:
        """What a function of entries is of, or a change of one; None of any other operation."""
        return None

    def slopes(self, values: tuple[Value, ...]) -> tuple[Direction, ...]:
        """By what parts of an argument are met that are on few entries alone."""
        return ()

    def saturated(self, values: tuple[Value, ...]) -> Region:
        """The exponents at which nearly all entries of the result are 1 or -1, up to its size."""
        return NOTHING

    def power_of(self, values: tuple[Value, ...]) -> int:
        """The highest power in the result, entry by entry (``calculus/value.py``)."""
        return max((value.power for value in values), default=1)

    def is_positive_of(self, arguments: tuple[bool, ...]) -> bool:
        """Is the result nowhere negative, given of which arguments that is known?"""
        return False

    def entries_agree_of(self, arguments: tuple[bool, ...]) -> bool:
        """Do all entries of the result agree, or is it known where they are small, given of which arguments that is so?

        They are lengths of rows. What is divided by them reads the smallest as well, so that none is left out.
        """
        return False

    @property
    def leads_to(self) -> Expression | None:
        """What a change leads to, where sizes tell more of that than of the sum of the old value and the change."""
        return None

    @property
    def reads_components(self) -> bool:
        """Does the result depend on more of its arguments than their sizes and overlaps?"""
        return False

    @property
    def assumption(self) -> str | None:
        """What the orders of an operation suppose of its arguments, in words."""
        return None

    @property
    def facts(self) -> Mapping[str, object]:
        """What a node is besides its arguments, which decide its shape: a multiplier, a function, a leaf's name."""
        derived = ("arguments", "shape", "dim")
        return {k: v for k, v in vars(self).items() if k not in derived and not k.startswith("_")}

    @property
    def place(self) -> str:
        """What the node is besides its arguments, as a text that does not depend on the time of a parameter."""
        return f"{type(self).__name__} {' '.join(f'{name} {fact}' for name, fact in sorted(self.facts.items()))}"

    @property
    def exponents(self) -> tuple[Order, ...]:
        """The exponents that the operation itself depends on, besides those of its axes and arguments."""
        return ()

    def substituted(self, rewrite: Rewrite) -> Expression:
        """The same node with exponents given values."""
        return self.rebuild(*map(rewrite.node, self.arguments)) if self.arguments else self

    def at_time(self, time: Time, arguments: tuple[Expression, ...]) -> Expression:
        """The same node at an earlier time, given its arguments then."""
        return self.rebuild(*arguments) if arguments else self

    def own_change(self, since: Time) -> Expression | None:
        """What training added to a leaf; None where nothing trains it."""
        return None

    @property
    def outer_products(self) -> tuple[tuple[Expression, Expression], ...]:
        """The u and w of a matrix written as a sum of outer products u w'; none for any other expression."""
        return ()

    @property
    def uncentred(self) -> Expression:
        """The expression before its own initialisation is subtracted: itself where nothing is."""
        return self

    def split(self, parts_of: Callable[[Expression], tuple[Part, ...]]) -> tuple[Part, ...]:
        """The parts of the change of a product, by ``parts_of``. Raises ProgramError where this is no product."""
        raise ProgramError(f"{self} is no product of two factors", hint="split the product inside it")

    # -- notation -------------------------------------------------------------------------------------------------

    def __matmul__(self, other: Expression) -> Expression:
        return SIGNS["@"](self, _operand("@", self, other))

    def __add__(self, other: Expression) -> Expression:
        return SIGNS["+"](self, _operand("+", self, other))

    def __radd__(self, other: object) -> Expression:
        return self + _operand("+", self, other)

    def __sub__(self, other: Expression) -> Expression:
        return self + (-_operand("-", self, other))

    def __rsub__(self, other: object) -> Expression:
        return -self + _operand("-", self, other)

    def __rmatmul__(self, other: object) -> Expression:
        return _operand("@", self, other) @ self

    def __neg__(self) -> Expression:
        return SIGNS["*"](self, Fraction(-1))

    def __mul__(self, other: Expression | Multiplier | Power | Rational | int) -> Expression:
        return SIGNS["*"](self, other)

    __rmul__ = __mul__

    @property
    def T(self) -> Expression:
        return SIGNS["T"](self)

    @abstractmethod
    def notation(self) -> str:
        """The expression as the user would write it, made of the texts of its arguments."""

    def __getstate__(self) -> dict[str, object]:
        """The node as it was written; what was made of it is made again."""
        return {name: fact for name, fact in vars(self).items() if not name.startswith("_")}

    def __str__(self) -> str:
        """The notation, kept with the node so that shared ones cost once; a very long one without its middle."""
        for node in walk([self], known=lambda node: "_text" in vars(node)):
            vars(node)["_text"] = shortened(node.notation(), LONGEST_TEXT)
        text: str = vars(self)["_text"]
        return text

    def __repr__(self) -> str:
        dims = ", ".join(d.name for d in self.shape)
        return f"<{self} : ({dims})>"

    def inside(self, precedence: int) -> str:
        """The text, in parentheses where the surrounding operator binds tighter."""
        return str(self) if self.precedence > precedence else f"({self})"


def infix(name: str) -> Callable[[Signed], Signed]:
    """Declare the operation that an infix sign writes."""

    def declare(operation: Signed) -> Signed:
        SIGNS[name] = operation
        return operation

    return declare


def require_expression(value: object) -> None:
    """Raises ProgramError for what is no expression."""
    require(value, Expression, "expression", "write one such as A @ Z, of data(...), frozen(...) and parameter(...)")


def _operand(name: str, left: Expression, right: object) -> Expression:
    if not isinstance(right, Expression):
        hint = f"{name} takes two expressions; * multiplies by a number or a power of n"
        raise ProgramError(f"{left} {name} {written(right)}", hint=hint)
    return right


class Part:
    """One part of a change: which argument positions moved, and the expression."""

    __slots__ = ("expression", "moved")

    def __init__(self, moved: frozenset[int], expression: Expression) -> None:
        self.moved, self.expression = moved, expression


def walk(
    roots: Iterable[Expression],
    *,
    known: Callable[[Expression], bool] = lambda _: False,
    below: Callable[[Expression], tuple[Expression, ...]] = lambda node: node.arguments,
) -> tuple[Expression, ...]:
    """Every node below the roots, arguments before the operations that use them.

    ``known`` ones are left out with all that only they need; ``below`` says what a node needs, its arguments as a rule.
    """
    nodes: dict[int, Expression] = {}
    entered: set[int] = set()
    stack = list(roots)[::-1]
    while stack:
        node = stack[-1]
        if id(node) in entered:  # all that it needs is there
            nodes.setdefault(id(stack.pop()), node)
        elif known(node):
            stack.pop()
        else:
            entered.add(id(node))
            stack += below(node)[::-1]
    return tuple(nodes.values())


def is_positive(expression: Expression) -> bool:
    """Is it nowhere negative, as far as its operations tell?"""
    known: dict[int, bool] = {}
    for node in walk([expression]):
        known[id(node)] = node.is_positive_of(tuple(known[id(a)] for a in node.arguments))
    return known[id(expression)]


def entries_agree(expression: Expression) -> bool:
    """Do all entries agree, or is it known where they are small? Kept with each node, so that shared ones cost once."""
    if "_agree" not in vars(expression):
        for node in walk([expression], known=lambda node: "_agree" in vars(node)):
            vars(node)["_agree"] = node.entries_agree_of(tuple(vars(a)["_agree"] for a in node.arguments))
    found: bool = vars(expression)["_agree"]
    return found


def total(terms: Iterable[Expression | None]) -> Expression | None:
    """The sum of the terms that are there."""
    result: Expression | None = None
    for term in terms:
        if term is not None:
            result = term if result is None else result + term
    return result
