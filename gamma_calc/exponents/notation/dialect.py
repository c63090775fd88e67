"""How an order is laid out, whatever the dialect: which terms come first, where the minus signs go, max or min."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.maximum import ONE
from gamma_calc.exponents.orders.order import Order

_FIRST: Final = ("eta", "eta_A", "eta_B")  # the exponents one asks for lead, the others follow by name


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between dialects.

    ``multiple`` spells a positive multiple of a name, ``number`` a number that is not negative, ``extremum`` a max or
    min of spelled forms.
    """

    multiple: Callable[[Fraction, str], str]
    number: Callable[[Fraction], str]
    extremum: Callable[[str, list[str]], str]
    minus: str
    infinity: str

    def affine(self, form: Affine) -> str:
        """The variables, then the number, but a positive term in front where there is one.

        A minus in front is easily overread, hence 1 - eta; and -1/2 - a0 shows the number that is changed.
        """
        terms = sorted(form.terms, key=_rank)
        number = [("", form.constant)] if form.constant or not terms else []
        lead = next((term for term in (*terms, *number) if term[1] > 0), (*number, *terms)[0])
        rest = [term for term in (*terms, *number) if term is not lead]
        return (self.minus if lead[1] < 0 else "") + self._size(*lead) + "".join(self._joined(*term) for term in rest)

    def order(self, value: Order) -> str:
        """A maximum, a minimum, or a difference of two maxima; -oo by its sign."""
        if value.is_zero_quantity:
            return self.minus + self.infinity
        if value.above == ONE and not value.is_convex:
            return self._extremum("min", [-form for form in value.below])
        above = self._extremum("max", value.above)
        return above if value.is_convex else f"{above} {self.minus} {self._extremum('max', value.below)}"

    def _extremum(self, name: str, forms: Iterable[Affine]) -> str:
        first, *rest = [self.affine(form) for form in sorted(forms, key=_place)]
        return self.extremum(name, [first, *rest]) if rest else first

    def _joined(self, name: str, coefficient: Fraction) -> str:
        return f" {self.minus if coefficient < 0 else '+'} {self._size(name, coefficient)}"

    def _size(self, name: str, coefficient: Fraction) -> str:
        return self.multiple(abs(coefficient), name) if name else self.number(abs(coefficient))


def _rank(term: tuple[str, Fraction]) -> tuple[int, str, Fraction]:
    name, coefficient = term
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name, coefficient)


def _place(form: Affine) -> tuple[list[tuple[int, str, Fraction]], Fraction]:
    return sorted(map(_rank, form.terms)), form.constant
