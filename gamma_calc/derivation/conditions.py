"""Conditions on a training program, as data: what must stay bounded, and what must move at order one.

A requirement speaks of roles (output, internal feature, change), so one condition serves every program. A new one is a
line in ``CONDITIONS``; a new notion of stability is a line in ``STABILITY``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from gamma_calc.language.program import Role


@dataclass(frozen=True, slots=True)
class Requirement:
    """Every quantity of a role is O(1) ("<=") or Theta(1) ("="); ``at_every_step`` asks it of the early steps too."""

    role: Role
    relation: Literal["<=", "="]

    @property
    def at_every_step(self) -> bool:
        return self.relation == "<="

    def text(self, name: str) -> str:
        return f"{name} = O(1)" if self.relation == "<=" else f"{name} = Theta(1)"


@dataclass(frozen=True, slots=True)
class Condition:
    """A named conjunction of requirements, with what it means and where it was defined.

    ``extra_requirements`` holds what the condition asks besides the notion of stability in force.
    """

    name: str
    extra_requirements: tuple[Requirement, ...]
    statement: str
    source: str

    @property
    def title(self) -> str:
        """The name in print.

        >>> CONDITIONS["feature_learning"].title
        'feature learning'
        """
        return self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Stability:
    """A notion of stability, by the name the command line uses."""

    name: str
    requirements: tuple[Requirement, ...]
    statement: str
    source: str


_BOUNDED_OUTPUT = Requirement(Role.OUTPUT, "<=")
_BOUNDED_INTERNAL = Requirement(Role.INTERNAL, "<=")

STABILITY: Final[Mapping[str, Stability]] = MappingProxyType(
    {
        s.name: s
        for s in (
            Stability(
                "Z_B",
                (_BOUNDED_OUTPUT,),
                "the adapter's output stays bounded",
                "Hayou, Ghosh, Yu, arXiv 2406.08447, definition of stability",
            ),
            Stability(
                "Z_A,Z_B",
                (_BOUNDED_INTERNAL, _BOUNDED_OUTPUT),
                "the internal feature and the output stay bounded",
                "Hayou, Ghosh, Yu, arXiv 2402.12354, definition 3",
            ),
            Stability(
                "theta",
                (Requirement(Role.OUTPUT, "="),),
                "the output is of order one, neither vanishing nor growing",
                "Li et al., arXiv 2505.23194, definition 3",
            ),
        )
    }
)

CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType(
    {
        c.name: c
        for c in (
            Condition("stable", (), "every output stays bounded as n grows", "see the notion of stability"),
            Condition(
                "internally_stable",
                (_BOUNDED_INTERNAL,),
                "stable, and every internal feature stays bounded",
                "arXiv 2406.08447, internal stability",
            ),
            Condition(
                "feature_learning",
                (Requirement(Role.CHANGE, "="),),
                "stable, and a step changes every output by order one",
                "arXiv 2402.12354, definition 4",
            ),
            Condition(
                "efficient",
                (Requirement(Role.ONE_FACTOR, "="),),
                "stable, and each trained factor alone changes the output by order one",
                "arXiv 2402.12354, definition 5; arXiv 2406.08447, definition 5",
            ),
        )
    }
)
