"""A condition on a program: the demands it makes, the set of exponents that meets them, and why it is that set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from typing import Final, Literal

from gamma_calc.derivation.bounds import bound_text
from gamma_calc.derivation.conditions import Condition
from gamma_calc.display.blocks import Block
from gamma_calc.display.formula import aligned
from gamma_calc.display.showing import SelfShowing
from gamma_calc.display.table_mapping import TableMapping
from gamma_calc.exponents import Conflict, Optimum, Order, Region, conflict, order, where, where_on

MOST_FORMS: Final = 16  # of an order whose requirement is shown on its own
MOST_DEMANDS: Final = 8  # whose subsets are all tried for the smallest clash


@dataclass(frozen=True, slots=True)
class Constraint:
    """One requirement on one quantity: its order is at most 0 ("<=") or is 0 ("=")."""

    quantity: str
    order: Order
    relation: Literal["<=", "="]
    text: str

    @property
    def region(self) -> Region:
        return where(self.order, self.relation, order(0))

    def within(self, domain: Region) -> Region:
        """The part of a domain that meets the requirement."""
        return where_on(domain, self.order, self.relation, order(0))

    def alone(self, domain: Region) -> Region:
        """Where the requirement is met, whatever the others ask; of a long order as far as the domain goes."""
        forms = 0 if self.order.unspread is not None else len(self.order.above | self.order.below)
        return self.region if 0 < forms <= MOST_FORMS or self.order.is_zero_quantity else self.within(domain)

    def comparison(self, dialect: str) -> str:
        """The order against 0."""
        sign = "≤" if dialect == "unicode" and self.relation == "<=" else self.relation
        return f"{self.order:{dialect}} {sign} 0"

    def __str__(self) -> str:
        return f"{self.text} ({self.comparison('text')})"


@dataclass(frozen=True, repr=False)
class ConditionResult(SelfShowing):
    """Where a condition holds. ``region`` is exact; ``largest`` the supremum of each exponent over it, with a proof.

    ``steps`` is how many were made where these did not settle anywhere, and nothing was seen to grow with each of them.

    >>> from gamma_calc import derive, lora
    >>> derive(lora(init="B")).conditions["efficient"].why
    'Z_B = O(1) and delta2 = Theta(1) exclude each other'
    """

    condition: Condition
    constraints: tuple[Constraint, ...]
    domain: Region
    steps: int | None = None

    @cached_property
    def region(self) -> Region:
        return self._met(self.constraints)

    @property
    def empty(self) -> bool:
        return self.region.is_empty

    @property
    def is_undecided(self) -> bool:
        """Did no order settle, so that later steps may decide otherwise? What was not bounded once is decided."""
        bounds = (constraint for constraint in self.constraints if constraint.relation == "<=")
        return self.steps is not None and not any(bound.region.is_empty for bound in bounds)

    @cached_property
    def largest(self) -> Mapping[str, Optimum]:
        """Exponent to its largest value over the region; nothing where the region is empty."""
        return {} if self.empty else {name: self.region.largest(name) for name in self.region.variables}

    @cached_property
    def conflict(self) -> Conflict | None:
        """The smallest set of demands that exclude each other, with checked arithmetic; None if they can be met."""
        if not self.empty:
            return None
        constraints = {constraint.text: constraint.alone(self.domain) for constraint in self._clashing}
        settled = {} if self.domain.is_everything else {f"the settled set {self.domain}": self.domain}
        return conflict(constraints | settled)

    @property
    def _clashing(self) -> tuple[Constraint, ...]:
        """The demands that cannot be met together; where there are many, without those that are not needed for it."""
        kept = self.constraints
        for constraint in kept if len(kept) > MOST_DEMANDS else ():
            rest = tuple(one for one in kept if one is not constraint)
            if self._met(rest).is_empty:
                kept = rest
        return kept

    def _met(self, constraints: tuple[Constraint, ...]) -> Region:
        return reduce(lambda left, constraint: constraint.within(left), constraints, self.domain)

    @cached_property
    def why(self) -> str:
        """The reason in one line: the demands where they can be met, those that exclude each other where not."""
        if self.is_undecided:
            return f"orders did not settle within {self.steps} steps"
        if self.conflict is None:
            return " and ".join(str(constraint) for constraint in self.constraints)
        verb = "exclude each other" if len(self.conflict.names) > 1 else "holds nowhere"
        return f"{' and '.join(self.conflict.names)} {verb}"

    # -- appearance -----------------------------------------------------------------------------------------------

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The set, the demands, and either the clash behind its emptiness or the largest exponents."""
        statement = f"{self.condition.statement} ({self.condition.source})"
        yield Block(f"{self.condition.title}: {self.region:{dialect}}", ((statement,),))
        yield self.demands(dialect)
        yield self.clash() if self.empty else self._suprema(dialect)

    def demands(self, dialect: str) -> Block:
        """Each constraint, in exponents, and where it holds alone."""
        rows = [(c.text, c.comparison(dialect), f"{c.alone(self.domain):{dialect}}") for c in self.constraints]
        if not self.domain.is_everything:
            rows.append(("domain", "", f"{self.domain:{dialect}}"))
        return Block("Demands", tuple(rows), ("demand", "in exponents", "holds where"))

    def clash(self) -> Block:
        """The demands that exclude each other, with the arithmetic; of an empty result."""
        assert self.conflict is not None
        proofs = [(line,) for proof in self.conflict.contradictions for line in str(proof).splitlines()]
        return Block("Clash", ((self.why,), *proofs))

    def text(self, dialect: str, *, at_a_point: bool) -> str:
        """The set in one line, with the reason where it is empty; at one point yes or no."""
        if self.is_undecided:
            return f"not decided: {self.why}"
        found = ("no" if self.empty else "yes") if at_a_point else f"{self.region:{dialect}}"
        return f"{found}: {self.why}" if self.empty else found

    def formula(self) -> str:
        """A row of an aligned display."""
        return rf"\text{{{self.condition.title}}} &\iff {self.region:latex}"

    def _suprema(self, dialect: str) -> Block:
        suprema = {name: map(partial(bound_text, dialect=dialect), self.region.sup(name)) for name in self.largest}
        return Block("Largest", tuple((f"{order(name):{dialect}}", "; ".join(s)) for name, s in suprema.items()))

    def __str__(self) -> str:
        return f"{self.condition.name}: {self.region}"

    def __repr__(self) -> str:
        return f"<ConditionResult {self}>"

    def _repr_latex_(self) -> str:
        return aligned([self.formula()])


@dataclass(frozen=True, eq=False, repr=False)
class ConditionResults(TableMapping[ConditionResult]):
    """Condition name to result, as a mapping that shows itself as a table. ``at_a_point`` no exponent is left open.

    >>> from gamma_calc import derive, lora
    >>> print(derive(lora(init="A"), eta=-1).conditions)
    Conditions
      stable             yes
      internally stable  yes
      feature learning   no: dZ_B = Theta(1) holds nowhere
      efficient          no: delta1 = Theta(1) holds nowhere
    """

    known: Mapping[str, ConditionResult]
    at_a_point: bool = False
    of_a = "condition"

    def block(self, dialect: str) -> Block:
        """The sets of exponents; yes or no at a point."""
        results = self.known.values()
        rows = ((one.condition.title, one.text(dialect, at_a_point=self.at_a_point)) for one in results)
        return Block("Conditions", tuple(rows))

    def formulas(self) -> Iterator[str]:
        yield from (result.formula() for result in self.known.values())

    def __repr__(self) -> str:
        return f"<Conditions {'; '.join(map(str, self.known.values()))}>"
