"""The training run on the set of exponents where what must stay bounded does, found while the run is made.

With many open exponents orders on the whole space are larger than anything that could be printed, and on the stable set
they are short. So after each step what must stay bounded is asked for where it is not: each answer is an affine form
that is above zero somewhere, and the part where it is is cut away. A later step is read on what is left.

An example: Adam at one learning rate n^eta moves an output by n^(eta + 1). Not above zero it is where eta <= -1, and on
that set the next step changes no order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gamma_calc.engine.run import start
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import Affine, Ceiling, Excess, OnDomain, Order, Region, Scope
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program, Role

MOST_OPEN: Final = 5  # exponents in orders on the whole space
MOST_EVERYWHERE: Final = 1  # exponents whose orders are made outside the program's domain too
MOST_RATES: Final = 2  # of them learning rates
MOST_TRAINED: Final = 16  # matrices of a network whose orders are made outside the stable set too
MOST_NESTED: Final = 2  # functions of functions in such a network: outside, what each bends comes back through all


def read_everywhere(program: Program) -> bool:
    """Are the orders of a program made on the whole space, and not on its stable set alone?

    Outside it they grow with every layer of a deep network, and where words are too many to be told apart. Of functions
    of functions they grow fastest: outside each one saturates, and what bends comes back through all of them.
    """
    few = len(program.variables) <= MOST_OPEN and len(program.open_rates) <= MOST_RATES
    deep = len(program.parameters) > MOST_TRAINED or nested(program.loss) > MOST_NESTED
    grow = deep or start(program).streams is not None
    return few and not (program.variables and grow)


def nested(expression: Expression) -> int:
    """How many functions of entries an expression has of which each is applied to what the one before made."""
    found: dict[int, int] = {}
    for node in walk([expression]):
        found[id(node)] = node.acts_on_entries + max((found[id(a)] for a in node.arguments), default=0)
    return found[id(expression)]


def domain_of(program: Program) -> OnDomain | None:
    """Where the orders of a program are read as they are made; None for few exponents, which are read everywhere."""
    return reader_on(program, program.region) if len(program.variables) > MOST_EVERYWHERE else None


def reader_on(program: Program, region: Region) -> OnDomain | None:
    """How a program's orders are read on a region; None where it has a hole or no interior."""
    parts = region.polyhedra
    if len(parts) != 1 or any(relation == "=" for _, relation in parts[0].constraints):
        return None
    return OnDomain(frozenset(program.variables), parts[0].constraints)


def asked(program: Program, roles: Collection[Role]) -> Iterator[str]:
    """The quantities that have one of these roles and that something is made of."""
    yield from (name for name, q in program.quantities.items() if q.role in roles and q.expression is not None)


@dataclass(frozen=True, slots=True)
class EndlessGrowth:
    """Where ``form`` is above zero orders rise by it again and again (``engine/endless_growth.py``).

    The proofs are that each component of a state, raised by the form once more, is nowhere above what it becomes.
    """

    form: Affine
    proofs: tuple[Ceiling, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """``form`` must not be above zero, or ``quantity`` is not bounded at ``step``, or at a later one if that grows.

    ``proof`` tells why: the form is nowhere above the quantity's order, or by how much this grows. Without one it is
    not known to be needed.
    """

    quantity: str
    step: int
    form: Affine
    proof: Ceiling | EndlessGrowth | None


@dataclass(frozen=True, slots=True)
class Bounded:
    """``quantity`` is bounded at ``step`` everywhere in the stable set: the proof says that its order is at most 0."""

    quantity: str
    step: int
    proof: Ceiling


@dataclass(frozen=True, eq=False)
class StableSet:
    """Where the quantities of some roles are bounded at every step so far, with the cuts that made it.

    ``inner`` is None where nothing is left. ``outer`` is the set of the cuts that are known to be needed: another one
    than ``inner`` where some are not, and the truth lies between the two. Where training ``only_adds``, what is left of
    an order on some set is there at least everywhere, as it lacks terms alone. Where orders have not ``settled`` on
    ``inner``, later steps may cut off more, and none of it is known to be stable.
    """

    roles: frozenset[Role]
    inner: Scope | None
    outer: Scope | None
    cuts: tuple[Cut, ...] = ()
    only_adds: bool = False
    settled: bool = True

    @property
    def region(self) -> Region:
        """Where everything asked for is bounded at every step."""
        return region_of(self.inner if self.settled else None)

    @property
    def read_region(self) -> Region:
        """Where everything asked for is bounded at the steps that were made, and their orders were read."""
        return region_of(self.inner)

    @property
    def outer_region(self) -> Region:
        """Outside it something asked for is not bounded."""
        return region_of(self.outer)

    @property
    def is_exact(self) -> bool:
        """Is it known to be the whole stable set?"""
        return (self.settled and self.inner is self.outer) or self.region == self.outer_region

    def names(self, step: StepOrders) -> Iterator[str]:
        """What must be bounded."""
        return asked(step.program, self.roles)

    def after(self, step: StepOrders) -> tuple[StableSet, StepOrders]:
        """What is left where everything asked for is bounded after a step too, and the step as it is read there.

        Each quantity is read where those before it are bounded: what it is made of is far shorter there.
        """
        found = self
        for name in self.names(step):
            left = found._bounding(name, step)
            if left.inner is not None and left is not found:
                step = step.narrowed(left.inner)
            found = left
        return found, replace(step, outer=found.outer)

    def until_cut(self, step: StepOrders) -> StableSet:
        """What is left by the first quantity that is not bounded after a step; all of it where each one is."""
        left = (self._bounding(name, step) for name in self.names(step))
        return next((one for one in left if one is not self), self)

    def _bounding(self, name: str, step: StepOrders) -> StableSet:
        found, size = self, step.size(name)
        while found.inner is not None and not size.is_zero_quantity:
            answer = found.inner.at_most_zero(size.form)
            if isinstance(answer, Ceiling):
                break
            least = step.least.size(name)
            form, proof = _needed(answer, found._known_on, least, is_size=least == size)
            found = found.without(Cut(name, step.now.step, form, proof))
        return found

    @property
    def _known_on(self) -> Scope:
        """Where a cut can be known to be needed: where orders are read, or where they are there at least."""
        found = self.outer if self.only_adds else self.inner
        assert found is not None
        return found

    def without(self, cut: Cut) -> StableSet:
        """Once a cut is not known to be needed, those after it are known to be needed on what it leaves only.

        Unless training only adds: then they are on all that the cuts which are needed have left.
        """
        assert self.inner is not None
        inner, outer = self.inner.without(cut.form), self.outer
        if cut.proof is not None and self.is_exact:
            outer = inner
        elif cut.proof is not None and self.only_adds:
            outer = self._known_on.without(cut.form)
        return replace(self, inner=inner, outer=outer, cuts=(*self.cuts, cut))

    def proofs(self, steps: Collection[StepOrders]) -> Iterator[Bounded]:
        """That everything asked for is bounded at every one of these steps, quantity by quantity."""
        for step in steps if self.inner is not None else ():
            for name in self.names(step):
                size = step.size(name)
                if size.is_zero_quantity:
                    continue
                assert self.inner is not None
                answer = self.inner.at_most_zero(size.form)
                assert isinstance(answer, Ceiling), f"{name} was cut off where it is not bounded"
                yield Bounded(name, step.now.step, answer)


def _needed(found: Excess, scope: Scope, least: Order, *, is_size: bool) -> tuple[Affine, Ceiling | None]:
    """The form to cut off, and why it must be: where it is above zero, the order is, by what is there at least."""
    if found.proof is not None and is_size:
        return found.form, found.proof
    for form in (found.form, *found.others) if not least.is_zero_quantity else ():
        there = scope.beyond(form)
        proof = None if there is None else there.ceiling(form - least.form)
        if proof is not None and proof.value <= 0:
            return form, proof
    return found.form, None


def region_of(scope: Scope | None) -> Region:
    """The region where a scope reads; nowhere without one."""
    return Region(()) if scope is None else Region((scope.polyhedron,))
