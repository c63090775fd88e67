"""X - X[0]: what training added to X, with the cancellation of the initial value made by construction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.lemmas import SUM
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError
from gamma_calc.language.change import change
from gamma_calc.language.expression import Array, Expression, Part, Time, require_expression


class SinceStart(Expression):
    """X minus its value at initialisation: the adapter's output when the frozen weight holds W* - s B0 A0.

    The second argument is the same difference written with the changes of the parameters, so nothing is left to
    cancel. Source: Init[AB+] of arXiv 2505.23194 and every initialisation that subtracts its own product.
    """

    carries_directions = True
    precedence = 3

    def __init__(self, whole: Expression, difference: Expression) -> None:
        self.arguments = (whole, difference)
        self.shape: Shape = whole.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for direction, order in values[1].components.items():
            yield Contribution(direction, order, SUM)

    def numeric(self, *arrays: Array) -> Array:
        return arrays[1]

    @property
    def computed(self) -> Expression:
        """The difference: the whole need not be computed for it."""
        return self.arguments[1]

    @property
    def uncentred(self) -> Expression:
        return self.arguments[0]

    @property
    def summands(self) -> tuple[Expression, ...]:
        return (self.computed,)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return upstream, None

    def split(self, parts_of: Callable[[Expression], tuple[Part, ...]]) -> tuple[Part, ...]:
        """What is subtracted does not move."""
        return self.arguments[0].split(parts_of)

    def rebuild(self, *arguments: Expression) -> Expression:
        return SinceStart(*arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        return () if change[0] is None else (Part(frozenset({0}), change[0]),)

    def notation(self) -> str:
        whole = self.arguments[0].inside(2)
        return f"{whole} - ({self.arguments[0]})[0]"


def since_start(expression: Expression) -> SinceStart:
    """What training has added to an expression. Raises ProgramError where nothing in it is trained."""
    require_expression(expression)
    difference = change(expression, Time.START)
    if difference is None:
        raise ProgramError(f"{expression} does not move: nothing in it is trained", hint="leave the term out")
    return SinceStart(expression, difference)
