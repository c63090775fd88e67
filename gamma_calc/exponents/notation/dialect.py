"""How an order is laid out, whatever the dialect: which terms come first, where the minus signs go, max or min."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol, Self, runtime_checkable

from gamma_calc.errors import OrderError
from gamma_calc.exponents.notation.spelling import Natural, natural

LEADING: Final = ("eta", "eta_A", "eta_B")  # the exponents one asks for lead, the others follow by name
MOST_PRINTED: Final = 4_000  # digits of a number; Python itself prints no integer of more than 4,300
_TOO_LONG: Final = 10**MOST_PRINTED


class Form(Protocol):
    """What is printed as a sum: multiples of names, and a number."""

    @property
    def terms(self) -> tuple[tuple[str, Fraction], ...]: ...
    @property
    def constant(self) -> Fraction: ...
    def __neg__(self) -> Self: ...


class Maxima(Protocol):
    """What is printed as a maximum of forms, a minimum, or a difference of two maxima; no form above is -oo."""

    @property
    def above(self) -> Collection[Form]: ...
    @property
    def below(self) -> Collection[Form]: ...
    @property
    def unspread(self) -> Form | None: ...


@runtime_checkable
class Named(Protocol):
    """A name that stands for a maximum of forms."""

    @property
    def forms(self) -> Collection[Form]: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between dialects.

    ``name`` spells a name, ``multiple`` a positive multiple of what is spelled, ``number`` a number that is not
    negative, ``extremum`` a max or min of spelled forms.
    """

    name: Callable[[str], str]
    multiple: Callable[[Fraction, str], str]
    number: Callable[[Fraction], str]
    extremum: Callable[[str, list[str]], str]
    minus: str
    infinity: str

    def affine(self, form: Form) -> str:
        """The variables, then the number, but a positive term in front where there is one.

        A minus in front is easily overread, hence 1 - eta; and -1/2 - a0 shows the number that is changed.
        """
        terms = sorted(form.terms, key=_rank)
        number = [("", form.constant)] if form.constant or not terms else []
        lead = next((term for term in (*terms, *number) if term[1] > 0), (*number, *terms)[0])
        rest = [term for term in (*terms, *number) if term is not lead]
        return (self.minus if lead[1] < 0 else "") + self._size(*lead) + "".join(self._joined(*term) for term in rest)

    def order(self, value: Maxima) -> str:
        """A maximum, a minimum, or a difference of two maxima; -oo by its sign. What is too large as it was made."""
        if value.unspread is not None:
            return self.affine(value.unspread)
        if not value.above:
            return self.minus + self.infinity
        if _is_zero(value.above) and not _is_zero(value.below):
            return self._extremum("min", [-form for form in value.below])
        above = self._extremum("max", value.above)
        return above if _is_zero(value.below) else f"{above} {self.minus} {self._extremum('max', value.below)}"

    def _extremum(self, name: str, forms: Iterable[Form]) -> str:
        first, *rest = [self.affine(form) for form in sorted(forms, key=_place)]
        return self.extremum(name, [first, *rest]) if rest else first

    def _joined(self, name: str, coefficient: Fraction) -> str:
        return f" {self.minus if coefficient < 0 else '+'} {self._size(name, coefficient)}"

    def _size(self, name: str, coefficient: Fraction) -> str:
        if max(abs(coefficient.numerator), coefficient.denominator) >= _TOO_LONG:
            raise OrderError(
                f"a number of more than {MOST_PRINTED} digits is not printed", hint="use smaller exponents"
            )
        return self.multiple(abs(coefficient), self._spelled(name)) if name else self.number(abs(coefficient))

    def _spelled(self, name: str) -> str:
        """A name; one that stands for a maximum as what it stands for."""
        return self._extremum("max", name.forms) if isinstance(name, Named) else self.name(name)


def _is_zero(forms: Collection[Form]) -> bool:
    return all(not form.terms and not form.constant for form in forms)


def _rank(term: tuple[str, Fraction]) -> tuple[int, Natural, Fraction]:
    name, coefficient = term
    return (LEADING.index(name) if name in LEADING else len(LEADING), natural(name), coefficient)


def _place(form: Form) -> tuple[list[tuple[int, Natural, Fraction]], Fraction]:
    return sorted(map(_rank, form.terms)), form.constant
