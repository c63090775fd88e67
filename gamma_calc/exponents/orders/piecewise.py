"""Piecewise-linear functions of named exponents, and their arithmetic; they know nothing of regions.

Each is a difference of two maxima of affine forms (a tropical quotient), and that pair is closed under + - max min and
rational scaling. Where the difference is itself a maximum, or a minimum, it is reduced to one, so what the calculus
makes from max and + alone has one canonical form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from numbers import Rational
from typing import Any, Final, Self, TypeAlias, TypeVar

from gamma_calc.errors import OrderError
from gamma_calc.exponents.linear.accepted import rational, require
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.dialects import order_in
from gamma_calc.exponents.notation.grammar import Arithmetic, read_exponent
from gamma_calc.exponents.notation.spelling import natural
from gamma_calc.exponents.notation.tokens import MOST_DIGITS, syntax_error
from gamma_calc.exponents.orders.canonical import Pair, canonical, pair_of_largest, pair_sum
from gamma_calc.exponents.orders.difference import simplest
from gamma_calc.exponents.orders.maximum import NOTHING, ONE, Convex, irredundant, minkowski_sum, scaled
from gamma_calc.exponents.orders.peak import Peak, below, names, peak_form, peaks, spread, value_of
from gamma_calc.exponents.orders.points import Values
from gamma_calc.exponents.orders.sampled import values_of
from gamma_calc.exponents.orders.samples import points_among

Exponent: TypeAlias = "PiecewiseLinear | Affine | Rational | int | str"

F = TypeVar("F", bound="PiecewiseLinear")

MOST_OPEN: Final = 5  # exponents in a function that is canonical as soon as it is made
MOST_SPREAD: Final = 64  # forms that a canonical form is made of where it is only printed
_TOO_LONG: Final = 10**MOST_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class PiecewiseLinear:
    """The function max(above) - max(below) of named exponents; ``above`` empty is -oo.

    What is made of more than ``MOST_OPEN`` exponents is kept the way it was made (``kept``) until ``above`` or
    ``below`` is asked for: its canonical form is far larger than the question whether it is below something.

    >>> kink = PiecewiseLinear.of("max(eta, 2*eta + 1)")
    >>> kink + 1, kink.at({"eta": -2})
    (PiecewiseLinear('max(eta + 1, 2*eta + 2)'), Fraction(-2, 1))
    """

    canonical: tuple[Convex, Convex] | None
    kept: Affine | None = None
    is_zero_quantity: bool = field(default=False, init=False, repr=False)  # -oo, as of what is identically zero
    number: Fraction | None = field(default=None, init=False, repr=False)  # the value where nothing is open, as in most
    _values: Values | None = field(default=None, init=False, repr=False)  # at a few points
    _form: Affine | None = field(default=None, init=False, repr=False)  # as it was made for a question
    _hash: int | None = field(default=None, init=False, repr=False)  # kept, for orders are looked up all the time

    # -- construction ---------------------------------------------------------------------------------------------

    @classmethod
    def made(cls, above: Convex, below: Convex = ONE) -> Self:
        """From two irredundant maxima, as they are."""
        looked_up: Any = cls  # mypy takes a class for what cannot be looked up
        made: Self = _made(looked_up, above, below)
        return made

    @classmethod
    def keep(cls, form: Affine) -> Self:
        """The function that a form is, which may mention peaks; it is kept that way."""
        if not peaks(form):
            return cls.made(frozenset({form}))
        new: Self = _new(cls, None, form)
        return new

    @property
    def above(self) -> Convex:
        """The forms whose maximum the function is, less that of ``below``; none for -oo."""
        return self._canonical[0]

    @property
    def below(self) -> Convex:
        """The forms whose maximum is subtracted; 0 alone where the function is a maximum itself."""
        return self._canonical[1]

    @property
    def _canonical(self) -> tuple[Convex, Convex]:
        if self.canonical is None:
            assert self.kept is not None
            object.__setattr__(self, "canonical", canonical(self.kept))
            assert self.canonical is not None
        return self.canonical

    @property
    def values(self) -> Values:
        """The values at a few points, in units (``orders/sampled.py``): equal functions have equal ones."""
        if self._values is None:
            object.__setattr__(self, "_values", values_of(self.above, self.below))
            assert self._values is not None
        return self._values

    @property
    def unspread(self) -> Affine | None:
        """The function as it was made, where its canonical form is too large to be printed."""
        return self.kept if self.kept is not None and spread(self.kept) > MOST_SPREAD else None

    @property
    def form(self) -> Affine:
        """The function as a form that may mention peaks. Raises OrderError for -oo, which has none."""
        if self._form is None:
            object.__setattr__(self, "_form", self._made_form if self.kept is None else self.kept)
            assert self._form is not None
        return self._form

    @property
    def is_plain(self) -> bool:
        """Is it a number, one form without maxima, or -oo?"""
        return self.kept is None and (self.number is not None or (len(self.above) < 2 and self.is_convex))

    @property
    def _made_form(self) -> Affine:
        if self.is_zero_quantity:
            raise OrderError("-inf has no form")
        if _is_affine(self):
            return next(iter(self.above))
        return peak_form(self.above) - peak_form(self.below)

    @classmethod
    def of(cls, value: Exponent) -> Self:
        """What a rational, an affine form, a text or another function stands for.

        Raises ExponentSyntaxError for a text that is no exponent, OrderError for a float and anything else.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, PiecewiseLinear):
            return cls.made(*value.canonical) if value.canonical is not None else cls.keep(value.form)
        if isinstance(value, str):
            return cls.of(_read(value))
        return cls.affine(value) if isinstance(value, Affine) else constant(cls, rational(value))

    @classmethod
    def affine(cls, form: Affine) -> Self:
        """The function that has no kink."""
        require(form, Affine, "affine form", "write one such as Affine.variable('eta') * 2")
        return cls.made(frozenset({form}))

    @classmethod
    def reduced(cls, above: Convex, below: Convex) -> Self:
        """above - below, as a plain maximum or a plain minimum where it is one."""
        if not above:
            return cls.made(NOTHING)
        if len(below) > 1 and _is_open(above | below):
            return cls.keep(peak_form(above) - peak_form(below))
        return cls.made(*simplest(above, below))

    @classmethod
    def largest_of(cls, values: Iterable[PiecewiseLinear]) -> Self:
        """The maximum of any number of functions; those that share what is subtracted are compared at once."""
        terms = [term for term in values if not term.is_zero_quantity]
        if len(terms) < 2:
            return cls.of(terms[0]) if terms else cls.made(NOTHING)
        numbers = [term.number for term in terms if term.number is not None]
        if len(numbers) == len(terms):
            return constant(cls, max(numbers))
        if are_open(terms):
            return cls.keep(peak_form(term.form for term in terms))
        return cls.made(*pair_of_largest((term.above, term.below) for term in terms))

    @classmethod
    def smallest_of(cls, values: Iterable[PiecewiseLinear]) -> Self:
        """The minimum of at least one function; -oo if one of them is."""
        terms = list(values)
        if not terms:
            raise OrderError("the minimum of no orders has no value")
        if any(term.is_zero_quantity for term in terms):
            return cls.made(NOTHING)
        return -cls.largest_of(-term for term in terms)

    # -- facts ----------------------------------------------------------------------------------------------------

    @property
    def is_known_maximum(self) -> bool:
        """Is it stored as a maximum of affine forms, the spelling of which is the only one?"""
        return self.canonical is not None and (self.canonical[1] is ONE or self.canonical[1] == ONE)

    @property
    def is_convex(self) -> bool:
        """True for a maximum of affine forms (-oo included)."""
        return self.below == ONE

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that the function depends on, sorted."""
        if self.number is not None:
            return ()
        if self.canonical is None:
            return tuple(sorted(names(self.form), key=natural))
        return tuple(sorted({k for f in self.above | self.below for k in f.variables}, key=natural))

    @property
    def rational(self) -> Fraction:
        """The value of a function without variables. Raises OrderError for -oo and for open variables."""
        if self.number is not None:
            return self.number
        if self.is_zero_quantity:
            raise OrderError("-inf is no rational: the quantity is identically zero")
        if self.variables:
            raise OrderError(f"{self} still depends on {', '.join(self.variables)}", hint="give each a value")
        return max(f.constant for f in self.above) - max(f.constant for f in self.below)

    def __float__(self) -> float:
        value = self.rational
        try:
            return value.numerator / value.denominator
        except OverflowError:
            raise OrderError("the exponent is too large for a float", hint="use .rational, which is exact") from None

    def at(self, point: Mapping[str, Exponent]) -> Fraction | None:
        """The value at a point that fixes every variable, None for -oo."""
        require(point, Mapping, "point", "write one as {'eta': '-1/2'}")
        if self.is_zero_quantity:
            return None
        missing = [name for name in self.variables if name not in point]
        if missing:
            raise OrderError(f"the point leaves {', '.join(missing)} open", hint="give each a value")
        fixed = {name: PiecewiseLinear.of(point[name]).rational for name in self.variables}
        if self.canonical is None:
            return value_of(self.form, fixed)
        return max(f.at(fixed) for f in self.above) - max(f.at(fixed) for f in self.below)

    def form_for(self, name: str) -> Affine:
        """The one affine form that can be put for a name. Raises OrderError for a function with a kink, and for -oo."""
        if self.canonical is not None and len(self.above) == 1 and self.is_convex:
            return next(iter(self.above))
        raise OrderError(
            f"cannot put {self} for {name}", hint="substitute an affine exponent such as -1/2 or rho/2 - 1"
        )

    # -- arithmetic -----------------------------------------------------------------------------------------------

    def __add__(self, other: Exponent) -> Self:
        other = self.of(other)
        if self.is_known_maximum and other.is_known_maximum:
            looked_up: Any = type(self)
            made: Self = _sum_of_maxima(looked_up, self, other)
            return made
        return _sum(self, other)

    __radd__ = __add__

    def __neg__(self) -> Self:
        if self.number is not None:
            return constant(type(self), -self.number)
        if self.is_zero_quantity:
            raise OrderError("-inf cannot be subtracted: that divides by a quantity that is identically zero")
        if self.canonical is None:
            return self.keep(-self.form)
        return self.reduced(self.below, self.above)

    def __sub__(self, other: Exponent) -> Self:
        return self + (-self.of(other))

    def __rsub__(self, other: Exponent) -> Self:
        return self.of(other) + (-self)

    def __mul__(self, factor: Rational | int) -> Self:
        if type(factor) is int and factor == 1:  # as most powers are
            return self
        size = rational(factor)
        if self.number is not None:
            return constant(type(self), self.number * size)
        if self.is_zero_quantity:
            if size <= 0:
                raise OrderError(f"-inf * {size} has no value: only positive powers of zero are zero")
            return self
        if self.canonical is None:
            return self.keep(self.form * size)
        part = self.made(scaled(self.above, abs(size)), scaled(self.below, abs(size)))
        return part if size >= 0 else -part

    __rmul__ = __mul__

    def __truediv__(self, divisor: Rational | int) -> Self:
        if type(divisor) is int and divisor == 1:
            return self
        size = rational(divisor)
        if not size:
            raise OrderError(f"({self})/0 has no value", hint="divide an exponent by a non-zero rational")
        return self * (1 / size)

    def substitute(self, values: Mapping[str, Exponent]) -> Self:
        """Affine exponents put for names. Names left out stay."""
        forms = affine_forms(values)
        if self.is_zero_quantity or not forms:
            return self
        if self.canonical is None:
            return self._substituted(forms)
        above, below = (irredundant(frozenset(f.substitute(forms) for f in part)) for part in (self.above, self.below))
        return self.reduced(above, below)

    def _substituted(self, forms: Mapping[str, Affine]) -> Self:
        """A function that is kept as it was made, made anew."""
        made: dict[Peak, PiecewiseLinear] = {}

        def of(form: Affine) -> PiecewiseLinear:
            plain = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)
            parts = [made[name] * weight for name, weight in form.terms if isinstance(name, Peak)]
            return _total(PiecewiseLinear.affine(plain.substitute(forms)), *parts)

        for peak in below(self.form, made):
            made[peak] = PiecewiseLinear.largest_of(map(of, peak.forms))
        return self.of(of(self.form))

    # -- equality and appearance ----------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is int and (self.number is not None or self.is_zero_quantity):
            return self.number == other
        if isinstance(other, bool) or not isinstance(other, PiecewiseLinear | Affine | Fraction | int):
            return NotImplemented
        other = other if isinstance(other, PiecewiseLinear) else self.affine(_as_form(other))
        if self.number is not None and other.number is not None:
            return self.number == other.number
        if self.is_zero_quantity or other.is_zero_quantity:
            return self.is_zero_quantity and other.is_zero_quantity
        if self.canonical is not None and other.canonical is not None and self.below == other.below:
            return self.above == other.above
        if _is_kept(self, other) and (known := _alike(self.form, other.form)) is not None:
            return known
        return minkowski_sum(self.above, other.below) == minkowski_sum(other.above, self.below)

    def __hash__(self) -> int:
        if self._hash is None:
            if self.canonical is None:
                return hash(self.form)
            object.__setattr__(self, "_hash", self._canonical_hash)
            assert self._hash is not None
        return self._hash

    @property
    def _canonical_hash(self) -> int:
        if self.number is not None:
            return hash(self.number)
        if self.is_convex:  # an order without a kink equals a form or a number, and hashes as it
            return hash(next(iter(self.above)) if len(self.above) == 1 else self.above)
        return hash(self.values)

    def __str__(self) -> str:
        return format(self, "text")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __format__(self, dialect: str) -> str:
        return order_in(self, dialect or "text")


def constant(kind: type[F], value: Fraction) -> F:
    """The function of a kind that is a number everywhere; equal ones are one object."""
    looked_up: Any = kind
    made: F = _constant(looked_up, value.numerator, value.denominator)
    return made


@lru_cache(maxsize=4096)
def _constant(kind: Any, numerator: int, denominator: int) -> Any:
    return _made(kind, frozenset({Affine(constant=Fraction(numerator, denominator))}), ONE)


@lru_cache(maxsize=65536)
def _made(kind: Any, above: Convex, below: Convex) -> Any:
    """Of the same maxima one object is made, which is told to be itself without a look at its fractions."""
    return _new(kind, (above, below), None, _number(above) if below == ONE else None)


@lru_cache(maxsize=65536)
def _sum_of_maxima(_kind: Any, one: Any, other: Any) -> Any:
    """That of functions that are spelled in one way, of the first one's kind: few are made, and again and again."""
    return _sum(one, other)


def _is_affine(one: PiecewiseLinear) -> bool:
    return len(one.above) == 1 and one.is_convex


def _is_kept(one: PiecewiseLinear, other: PiecewiseLinear) -> bool:
    """Is the sum of the two to be kept the way it is made? That with an affine one keeps its form."""
    if one.canonical is None or other.canonical is None:
        return True
    return not (_is_affine(one) or _is_affine(other)) and are_open((one, other))


def _sum(one: F, other: PiecewiseLinear) -> F:
    if one.number is not None and other.number is not None:
        return constant(type(one), one.number + other.number)
    if other.number == 0:
        return one
    if one.is_zero_quantity or other.is_zero_quantity:
        return one.made(NOTHING)
    if _is_kept(one, other):
        return one.keep(one.form + other.form)
    return one.made(*pair_sum((one.above, one.below), (other.above, other.below)))


def _new(kind: Any, canonical: Pair | None, kept: Affine | None, number: Fraction | None = None) -> Any:
    """A function of a kind with its fields as they are: kinds may read other things when they are called."""
    new = object.__new__(kind)
    object.__setattr__(new, "canonical", canonical)
    object.__setattr__(new, "kept", kept)
    object.__setattr__(new, "is_zero_quantity", canonical is not None and not canonical[0])
    object.__setattr__(new, "number", number)
    object.__setattr__(new, "_values", None)
    object.__setattr__(new, "_form", None)
    object.__setattr__(new, "_hash", None)
    return new


def _number(above: Convex) -> Fraction | None:
    """The one value of a maximum of a single form that nothing is open in."""
    form = next(iter(above)) if len(above) == 1 else None
    return None if form is None or form.terms else form.constant


def require_function(value: object) -> None:
    """Raises OrderError for what is no order."""
    require(value, PiecewiseLinear, "order", "write one such as Order('eta')")


def affine_forms(values: Mapping[str, Exponent]) -> dict[str, Affine]:
    """What is put for each name, as an affine form."""
    require(values, Mapping, "table of values", "write one as {'eta': '-1/2'}")
    return {name: PiecewiseLinear.of(value).form_for(name) for name, value in values.items()}


def are_open(functions: Iterable[PiecewiseLinear]) -> bool:
    """Is what is made of these functions together kept the way it is made?"""
    parts: list[Convex] = []
    for function in functions:
        if function.canonical is None:
            return True
        parts += function.canonical
    return _is_open(*parts)


def _is_open(*parts: Convex) -> bool:
    """Do these forms mention more exponents than canonical forms are made of at once?"""
    forms = [form for part in parts for form in part]
    return len(forms) > 2 and len({name for form in forms for name, _ in form.terms}) > MOST_OPEN


def _alike(one: Affine, other: Affine) -> bool | None:
    """Are two forms equal, as far as their making and a few points tell?"""
    if one == other:
        return True
    points = points_among(names(one) | names(other))
    return False if any(value_of(one, point) != value_of(other, point) for point in points) else None


def _as_form(value: Affine | Fraction | int) -> Affine:
    return value if isinstance(value, Affine) else Affine.number(value)


# -- texts ------------------------------------------------------------------------------------------------------------


def _read(text: str) -> PiecewiseLinear:
    value = read_exponent(text, _ARITHMETIC)
    numbers = (c for form in value.above | value.below for c in (form.constant, *(c for _, c in form.terms)))
    if any(max(abs(c.numerator), c.denominator) >= _TOO_LONG for c in numbers):
        raise syntax_error(text, 0, f"the result has a number of more than {MOST_DIGITS} digits")
    return value


def _total(*terms: PiecewiseLinear) -> PiecewiseLinear:
    """The sum, in halves: a long sum one by one would take quadratic time."""
    middle = len(terms) // 2
    return _total(*terms[:middle]) + _total(*terms[middle:]) if middle else terms[0]


def _times(left: PiecewiseLinear, right: PiecewiseLinear) -> PiecewiseLinear:
    if _is_rational(left):
        return right * left.rational
    if _is_rational(right):
        return left * right.rational
    raise OrderError("a product of two exponents is no exponent", hint="multiply by a rational, as in 2*eta")


def _over(left: PiecewiseLinear, right: PiecewiseLinear) -> PiecewiseLinear:
    if _is_rational(right) and right.rational:
        return left / right.rational
    raise OrderError("a divisor must be a rational other than zero", hint="write it as in eta/2")


def _is_rational(value: PiecewiseLinear) -> bool:
    return not value.is_zero_quantity and not value.variables


_ARITHMETIC: Final = Arithmetic(
    number=lambda value: PiecewiseLinear.affine(Affine.number(value)),
    name=lambda name: PiecewiseLinear.affine(Affine.variable(name)),
    minus_infinity=PiecewiseLinear.made(NOTHING),
    operations={
        "+": _total,
        "neg": lambda value: -value,
        "*": _times,
        "/": _over,
        "max": lambda *values: PiecewiseLinear.largest_of(values),
        "min": lambda *values: PiecewiseLinear.smallest_of(values),
    },
)
