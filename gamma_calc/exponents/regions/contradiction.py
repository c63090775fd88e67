"""Why nothing is left: the fewest named requirements that exclude each other, and the arithmetic that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product

from gamma_calc.exponents.linear.accepted import require
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.certificate import Infeasible
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.linear.solver import decide, irreducible
from gamma_calc.exponents.notation.text import affine_text
from gamma_calc.exponents.regions.polyhedral_set import PolyhedralSet, require_set
from gamma_calc.exponents.regions.polyhedron import Polyhedron


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Constraints that cannot hold together, each with the requirement it stands for, and the checked proof.

    >>> from fractions import Fraction
    >>> eta = Affine.variable("eta")
    >>> proof = Infeasible(((-eta - 1, ">="), (eta * 2 + 1, "=")), (Fraction(2), Fraction(1)))
    >>> print(Contradiction(("stable", "learning"), proof))
    (1) stable: eta + 1 <= 0
    (2) learning: 2*eta + 1 = 0
    2*(1) - (2) gives 1 <= 0, which is false
    """

    names: tuple[str, ...]
    proof: Infeasible

    def __str__(self) -> str:
        lines = [f"({n}) {name}: {_against_zero(constraint)}" for n, name, constraint in self._numbered()]
        has_strict = any(relation == ">" for _, relation in self.proof.constraints)
        sign = "<" if has_strict and not self.proof.total else "<=" if self._has_inequality else "="
        total = affine_text(Affine.number(-self.proof.total))
        return "\n".join([*lines, f"{self._sum()} gives {total} {sign} 0, which is false"])

    @property
    def _has_inequality(self) -> bool:
        return any(relation != "=" for _, relation in self.proof.constraints)

    def _numbered(self) -> Iterator[tuple[int, str, LinearConstraint]]:
        for number, (name, constraint) in enumerate(zip(self.names, self.proof.constraints, strict=True), 1):
            yield number, name, constraint

    def _sum(self) -> str:
        """The combination of the printed lines, in which inequalities stand with the opposite sign."""
        weights = zip(self.proof.multipliers, self.proof.constraints, strict=True)
        form = Affine.build(
            {f"({n})": -w if constraint[1] == "=" else w for n, (w, constraint) in enumerate(weights, 1)}
        )
        return affine_text(form)


@dataclass(frozen=True, slots=True, repr=False)
class Conflict:
    """The fewest requirements that exclude each other, with one contradiction for each choice of their polyhedra."""

    names: tuple[str, ...]
    contradictions: tuple[Contradiction, ...]

    def __str__(self) -> str:
        if len(self.names) == 1:
            return f"{self.names[0]} holds nowhere"
        head = f"{', '.join(self.names[:-1])} and {self.names[-1]} exclude each other"
        return "\n\n".join([head, *map(str, self.contradictions)])

    def __repr__(self) -> str:
        return f"<Conflict of {' and '.join(self.names)}>"


def conflict(requirements: Mapping[str, PolyhedralSet]) -> Conflict | None:
    """The smallest set of requirements without a common point, None if all of them have one.

    >>> from gamma_calc.exponents import Region
    >>> print(conflict({"stable": Region("eta <= -1"), "fast": Region("eta >= 0"),
    ...              "learning": Region("eta = -1/2")}))
    stable and fast exclude each other
    <BLANKLINE>
    (1) stable: eta + 1 <= 0
    (2) fast: -eta <= 0
    (1) + (2) gives 1 <= 0, which is false
    """
    _check_requirements(requirements)
    for size in range(1, len(requirements) + 1):
        for names in combinations(requirements, size):
            chosen = {name: requirements[name].polyhedra for name in names}
            found = _contradictions(chosen)
            if found is not None:
                return Conflict(names, found)
    return None


def _check_requirements(requirements: object) -> None:
    hint = "write one as {'stable': Region('eta <= -1')}"
    require(requirements, Mapping, "table of regions", hint)
    assert isinstance(requirements, Mapping)
    for name, region in requirements.items():
        require(name, str, "name of a requirement", hint)
        require_set(region)


def _contradictions(chosen: Mapping[str, tuple[Polyhedron, ...]]) -> tuple[Contradiction, ...] | None:
    """A contradiction for each choice of one polyhedron per requirement, None if some choice has a point."""
    found: list[Contradiction] = []
    for choice in product(*chosen.values()):
        owners = {
            constraint: name
            for name, polyhedron in zip(chosen, choice, strict=True)
            for constraint in polyhedron.constraints
        }
        answer = decide(tuple(owners))
        if not isinstance(answer, Infeasible):
            return None
        proof = irreducible(answer)
        found.append(Contradiction(tuple(owners[constraint] for constraint in proof.constraints), proof))
    return tuple(dict.fromkeys(found))


def _against_zero(constraint: LinearConstraint) -> str:
    form, relation = constraint
    if relation == "=":
        return f"{affine_text(form)} = 0"
    return f"{affine_text(-form)} {'<' if relation == '>' else '<='} 0"
