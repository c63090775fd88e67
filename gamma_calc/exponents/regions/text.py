"""Regions in print: intervals in one variable, inequalities in more, in the dialects that orders have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gamma_calc.errors import unknown
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.notation.dialect import LEADING
from gamma_calc.exponents.notation.latex import affine_latex
from gamma_calc.exponents.notation.spelling import Natural, natural
from gamma_calc.exponents.notation.text import affine_text
from gamma_calc.exponents.notation.unicode import affine_unicode
from gamma_calc.exponents.regions.polyhedron import Polyhedron

_FLIPPED: Final = {">=": "<=", ">": "<", "=": "="}


@dataclass(frozen=True, slots=True)
class Spelling:
    """What differs between dialects: affine forms and the signs of relations and of logic."""

    affine: Callable[[Affine], str]
    signs: Mapping[str, str]

    def sign(self, plain: str) -> str:
        return self.signs.get(plain, plain)

    def compare(self, *parts: Affine | str) -> str:
        return " ".join(self.sign(part) if isinstance(part, str) else self.affine(part) for part in parts)


SPELLINGS: Final[Mapping[str, Spelling]] = {
    "text": Spelling(affine_text, {}),
    "unicode": Spelling(affine_unicode, {"<=": "≤", ">=": "≥", "&": "∧", "|": "∨", "none": "∅"}),
    "latex": Spelling(
        affine_latex,
        {"<=": r"\le", ">=": r"\ge", "&": r"\land", "|": r"\lor", "none": r"\varnothing", "all": r"\text{all}"},
    ),
}


def region_in(polyhedra: Iterable[Polyhedron], dialect: str) -> str:
    """A union of polyhedra in a dialect of ``SPELLINGS``. Raises UnknownName for any other."""
    if dialect not in SPELLINGS:
        raise unknown("dialect", dialect, SPELLINGS)
    spelling = SPELLINGS[dialect]
    texts = [_polyhedron(polyhedron.constraints, spelling) for polyhedron in polyhedra]
    return f" {spelling.sign('|')} ".join(texts) or spelling.sign("none")


def constraint_text(constraint: LinearConstraint) -> str:
    """One constraint in plain text.

    >>> constraint_text((Affine.variable("eta") * -2 - 1, ">"))
    '2*eta < -1'
    """
    return _polyhedron((constraint,), SPELLINGS["text"])


@dataclass(frozen=True, slots=True)
class _Side:
    """A constraint as direction + constant relation 0, the direction with a positive first term."""

    direction: Affine
    limit: Affine
    relation: str


def _polyhedron(constraints: tuple[LinearConstraint, ...], spelling: Spelling) -> str:
    groups: dict[Affine, list[_Side]] = {}
    for side in map(_side, constraints):
        groups.setdefault(side.direction, []).append(side)
    ordered = sorted(groups.values(), key=_place)
    return f" {spelling.sign('&')} ".join(_group(sides, spelling) for sides in ordered) or spelling.sign("all")


def _side(constraint: LinearConstraint) -> _Side:
    form, relation = constraint
    direction, limit = Affine(form.terms), Affine.number(-form.constant)
    if form.coefficient(min(form.variables, key=_rank)) > 0:
        return _Side(direction, limit, relation)
    return _Side(-direction, -limit, _FLIPPED[relation])


def _group(sides: list[_Side], spelling: Spelling) -> str:
    """Two parallel constraints as an interval; one with the terms on the side where they are positive."""
    if len(sides) == 2:
        high, low = sorted(sides, key=lambda side: side.relation)
        return spelling.compare(low.limit, _FLIPPED[low.relation], low.direction, high.relation, high.limit)
    (side,) = sides
    moved = Affine(tuple(term for term in side.direction.terms if term[1] < 0))
    return spelling.compare(side.direction - moved, side.relation, side.limit - moved)


def _place(sides: list[_Side]) -> tuple[bool, list[Natural]]:
    """Equalities first, then by name; what has the same names stays as it stands."""
    return sides[0].relation != "=", list(map(natural, sides[0].direction.variables))


def _rank(name: str) -> tuple[bool, str]:
    return name not in LEADING, name
