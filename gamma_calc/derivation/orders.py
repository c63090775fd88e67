"""Orders by the name of their quantity, as a mapping that shows itself as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gamma_calc.display.blocks import Block
from gamma_calc.display.formula import expression_latex
from gamma_calc.display.table_mapping import TableMapping
from gamma_calc.exponents import EVERYTHING, Order, Region, is_name, order

HEADS = ("quantity", "size", "loss-aligned")


@dataclass(frozen=True, eq=False, repr=False)
class OrderTable(TableMapping[Order]):
    """Quantity to order after ``step`` steps, sizes first, then the loss-aligned ones under ``NAME.aligned``.

    With ``onwards`` they hold for every later step too, where ``domain`` does; with ``growing`` nowhere, and the
    quantities named there are left out in print; where it names none, the orders are those of the last step made.

    >>> from gamma_calc import derive, toy
    >>> print(derive(toy()).at_step(1))
    Orders after step 1, as exponents of n
      quantity  size  loss-aligned
      u         0     -inf
      b         eta   same
      f         eta   same
      df        eta   same
      delta1    -inf  same
      delta2    eta   same
      delta3    -inf  same
    """

    known: Mapping[str, Order]
    step: int
    onwards: bool = False
    domain: Region = EVERYTHING
    growing: frozenset[str] | None = None

    def block(self, dialect: str) -> Block:
        """A table: size, and loss-aligned size where it differs."""
        pairs = self._pairs()
        rows = ((name, f"{size:{dialect}}", _beside(size, other, dialect)) for name, size, other in pairs)
        return Block(self._title(dialect), tuple(rows), HEADS)

    def formulas(self) -> Iterator[str]:
        """Rows of an aligned display: the size, and the loss-aligned size where it differs."""
        when = f"t \\ge {self.step}" if self.onwards else f"t = {self.step}"
        for name, size, other in self._pairs():
            yield rf"\gamma[{quantity_latex(name)}] &= {size:latex} && ({when})"
            if other is not None and other != size:
                yield rf"\gamma_{{\parallel}}[{quantity_latex(name)}] &= {other:latex}"

    def __repr__(self) -> str:
        orders = ", ".join(f"{name}: {size}" for name, size, _ in self._pairs())
        return f"<Orders {self._when}: {orders}>"

    @property
    def _when(self) -> str:
        return f"for every step t >= {self.step}" if self.onwards else f"after step {self.step}"

    def _title(self, dialect: str) -> str:
        if self.growing is not None and not self.growing:
            return "Orders of the last step that was made: they did not settle"
        if self.growing is not None:
            return "Orders: those left out grow with every step"
        where = "" if self.domain.is_everything else f", where {self.domain:{dialect}}"
        return f"Orders {self._when}, as exponents of n{where}"

    def _pairs(self) -> Iterator[tuple[str, Order, Order | None]]:
        """Name, size, and loss-aligned size if there is one."""
        for name, size in self.known.items():
            if not name.endswith(".aligned") and name not in (self.growing or ()):
                yield name, size, self.known.get(f"{name}.aligned")


def quantity_latex(name: str) -> str:
    r"""A quantity in LaTeX, which may be named by an expression.

    >>> print(quantity_latex("delta1"), quantity_latex("m - m[0]"))
    \delta_{1} m\, -\, m[0]
    """
    return f"{order(name):latex}" if is_name(name) else expression_latex(name)


def _beside(size: Order, other: Order | None, dialect: str) -> str:
    return "" if other is None else "same" if other == size else f"{other:{dialect}}"
