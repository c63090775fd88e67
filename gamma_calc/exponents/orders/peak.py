"""Maxima that are kept as they were made: a name for each, which forms of others may mention.

With many open exponents the canonical form of an order is far larger than the way it was made. So a maximum of forms
may stand under a name of its own, its *peak*, and forms mention peaks beside exponents. Sums and differences of such
forms are sums of affine forms, and what is added and subtracted again cancels. A peak's name is made of its forms:
peaks of the same forms are the same, and many forms share what they have in common.

    >>> x, y = Affine.variable("x"), Affine.variable("y")
    >>> form = peak_form([x + 1, y + 1])
    >>> form - peak_form([x, y]), len(peaks(form))
    (Affine('1'), 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import Final, Self

from gamma_calc.exponents.linear.accepted import require
from gamma_calc.exponents.linear.affine import Affine, sum_affine

ONE: Final = Fraction(1)
MOST_FLAT: Final = 8  # forms up to which a maximum of maxima is one maximum


class Peak(str):
    """The maximum of at least two forms, as a name in other forms. No exponent is called so."""

    __slots__ = ("depth", "forms", "names", "spread")
    forms: frozenset[Affine]
    names: frozenset[str]
    depth: int
    spread: int

    def __new__(cls, forms: frozenset[Affine]) -> Self:
        new = super().__new__(cls, f"max:{_digest(forms)}")
        new.forms = forms
        new.names = frozenset().union(*map(names, forms))
        new.depth = 1 + max(map(depth, forms))
        new.spread = sum(map(spread, forms))
        return new

    def __reduce__(self) -> tuple[type[Peak], tuple[frozenset[Affine]]]:
        return Peak, (self.forms,)


def _digest(forms: Iterable[Affine]) -> str:
    from hashlib import blake2b  # slow to load, and few exponents need no peaks

    return blake2b("|".join(sorted(map(_text, forms))).encode(), digest_size=16).hexdigest()


@lru_cache(maxsize=65536)
def _text(form: Affine) -> str:
    return f"{form.constant}{''.join(f' {c} {name}' for name, c in form.terms)}"


def peaks(form: Affine) -> list[Peak]:
    """The peaks that a form mentions itself."""
    return [name for name, _ in form.terms if isinstance(name, Peak)]


@lru_cache(maxsize=65536)
def names(form: Affine) -> frozenset[str]:
    """The exponents that a form depends on, those behind peaks included."""
    return frozenset().union(*(name.names if isinstance(name, Peak) else (name,) for name, _ in form.terms))


def depth(form: Affine) -> int:
    """How many maxima stand inside each other."""
    return max((name.depth for name, _ in form.terms if isinstance(name, Peak)), default=0)


def spread(form: Affine) -> int:
    """How many affine forms it takes at most to write the form without peaks."""
    return prod(name.spread for name, _ in form.terms if isinstance(name, Peak))


def subtracted(form: Affine) -> set[Peak]:
    """The peaks that are taken away somewhere in the making of a form."""
    made = (one for peak in below(form, {}) for one in peak.forms)
    return {name for one in (form, *made) for name, weight in one.terms if isinstance(name, Peak) and weight < 0}


def peak_form(forms: Iterable[Affine], most_flat: int = MOST_FLAT) -> Affine:
    """The maximum of some forms as a form: what all have in common stands beside the peak of the rest."""
    return _peak_form(frozenset(forms), most_flat)


@lru_cache(maxsize=65536)
def _peak_form(forms: frozenset[Affine], most_flat: int) -> Affine:
    """The same. Layers that are alike make the same few maxima again and again."""
    kept = _absorbed(opened(forms, most_flat))
    if len(kept) == 1:
        return kept[0]
    shared = Affine(tuple(term for term in kept[0].terms if all(term in form.terms for form in kept)))
    shared = shared + min(kept, key=lambda form: form.terms).constant
    return Affine.variable(Peak(frozenset(form - shared for form in kept))) + shared


def largest_twins(forms: Iterable[Affine]) -> list[Affine]:
    """Of forms that differ by a number the largest."""
    best: dict[object, Affine] = {}
    for form in forms:
        rival = best.get(form.terms)
        if rival is None or form.constant > rival.constant:
            best[form.terms] = form
    return list(best.values())


def _inside(form: Affine) -> list[Affine] | None:
    """The forms of a maximum that stands alone, raised by a number at most."""
    match form.terms:
        case ((Peak() as peak, weight),) if weight == 1:
            return [inner + form.constant for inner in peak.forms]
    return None


def forms_of_largest(form: Affine, most: int) -> list[Affine]:
    """Forms that a form is the largest of: every maximum that is added is opened, unless that makes more than ``most``.

    What is taken away stays as it is.
    """
    require(form, Affine, "form", "take that of an order")
    require(most, int, "number of forms", "give a whole number")
    added = [] if spread(form) > most else [name for name, c in form.terms if isinstance(name, Peak) and c > 0]
    if not added:
        return [form]
    return [one for inner in added[0].forms for one in forms_of_largest(put(form, added[0], inner), most)]


def opened(forms: Iterable[Affine], most_flat: int) -> list[Affine]:
    """The forms of a maximum, with those of maxima among them as long as it stays a short one."""
    distinct = largest_twins(forms)
    inner = [_inside(form) or [form] for form in distinct]
    return largest_twins(f for those in inner for f in those) if sum(map(len, inner)) <= most_flat else distinct


def _absorbed(forms: list[Affine]) -> list[Affine]:
    """Without what stands inside another of them already."""
    inside = {inner for form in forms for inner in _inside(form) or ()}
    return [form for form in forms if form not in inside]


def put(form: Affine, peak: Peak, inner: Affine) -> Affine:
    """The form with one of a peak's forms in its place."""
    return Affine(tuple(term for term in form.terms if term[0] != peak), form.constant) + inner * form.coefficient(peak)


def below(form: Affine, known: Mapping[Peak, object]) -> Iterator[Peak]:
    """The peaks that a form rests on and that are not known, each after those inside it, whatever the depth."""
    waiting, seen = [(peak, False) for peak in peaks(form)], set()
    while waiting:
        peak, ready = waiting.pop()
        if ready:
            yield peak
        elif peak not in known and peak not in seen:
            seen.add(peak)
            waiting.append((peak, True))
            waiting += [(inner, False) for one in peak.forms for inner in peaks(one)]


def value_of(form: Affine, point: Mapping[str, Fraction]) -> Fraction:
    """The value at a point that fixes every exponent."""
    values: dict[str, Fraction] = dict(point)
    for peak in below(form, {}):
        values[peak] = max(inner.at(values) for inner in peak.forms)
    return form.at(values)


def rewritten(form: Affine, made: Mapping[Peak, Affine]) -> Affine:
    """The form with other forms put for its peaks."""
    if not any(name in made for name, _ in form.terms):
        return form
    kept = Affine(tuple(term for term in form.terms if term[0] not in made), form.constant)
    return sum_affine([kept, *(made[name] * c for name, c in form.terms if isinstance(name, Peak) and name in made)])


def replaced(form: Affine, peak: Peak, inner: Affine) -> Affine:
    """The form with another one put for a peak, inside all others too."""
    made = {peak: inner}
    for one in below(form, made):
        forms = [rewritten(part, made) for part in one.forms]
        made[one] = Affine.variable(one) if frozenset(forms) == one.forms else peak_form(forms)
    return rewritten(form, made)
