"""What is stable below a point: where larger rates make nothing smaller, all points below a stable one are stable.

Lemma: let a program be made of sums, products and functions of entries, and let each update be its rate times a
gradient. At a point, let every argument of a function keep through all steps the order that it has at the start. Then
no order is larger at a point where each rate is at most what it is there. The proof is in docs/explanation.md.

An example: of five relu layers in muP under gradient descent every order stays what it is at the start where all rates
have the exponent 0, which takes no second to derive; so all rates with exponents up to 0 are stable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain

from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.fixed_point import Trajectory, trajectory
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.stable_set import asked
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.engine.travelling import reads_sizes_alone
from gamma_calc.exponents import Affine, Order, Region, nowhere_above, order
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program, Role

Rates = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class StableUpTo:
    """All of a region is stable, as its point of the ``largest`` rates (exponents) is, whose ``steps`` settle."""

    region: Region
    largest: Rates
    steps: tuple[StepOrders, ...]

    @property
    def point(self) -> Region:
        """The largest rates as a region."""
        return Region.of([(Affine.variable(name) - value, "=") for name, value in self.largest.items()])


def stable_up_to(program: Program, roles: Collection[Role], region: Region) -> StableUpTo | None:
    """The proof that what has these roles is bounded at every step all over a region; None where it fails."""
    point = region.largest_point(*program.variables) if rates_only_add(program) else None
    if not point:
        return None
    there = program.substitute(point)
    found = trajectory(there)
    is_stable = found.settled == there.region and _stays_bounded(there, roles, found)
    return StableUpTo(region, point, found.steps) if is_stable and _arguments_stay(there, found) else None


def rates_only_add(program: Program) -> bool:
    """Are rates all that is open, and is all that is made of them sums, products and functions of entries?"""
    return not program.divides_entries and is_made_by_rates(program)


def is_made_by_rates(program: Program) -> bool:
    """Are rates all that is open, and is all that a rule is given made by sums, products and functions of entries?"""
    if not reads_sizes_alone(program):
        return False
    known = all(node.carries_directions or node.acts_on_entries or node.multiplies_entries for node in _made(program))
    return known and all(map(_rises, _rates(program))) and not any(e.variables for e in _besides_rates(program))


def _made(program: Program) -> Iterable[Expression]:
    """What rules and outputs are made of."""
    watched = (q.node for q in program.quantities.values())
    return walk(chain(watched, optimiser_inputs(program).values()))


def _rates(program: Program) -> list[Order]:
    return [p.rate for p in program.parameters]


def _besides_rates(program: Program) -> Iterable[Order]:
    """The exponents of starts, axes and multipliers, and those that a rule has."""
    of_leaves = (p.entry for p in program.parameters)
    of_others = (node.exponents for node in program.nodes if node.owner is None)
    axes = (dim.exponent for node in program.nodes for dim in node.shape)
    return chain(of_leaves, axes, program.optimiser.exponents, chain.from_iterable(of_others))


def _rises(rate: Order) -> bool:
    """Is a rate one form, in which no exponent has a negative weight?"""
    return len(rate.above) <= 1 and len(rate.below) <= 1 and all(weight >= 0 for _, weight in rate.form.terms)


def _stays_bounded(program: Program, roles: Collection[Role], found: Trajectory) -> bool:
    sizes = (step.size(name) for step in found.steps for name in asked(program, roles))
    return all(nowhere_above(size, order(0)) for size in sizes)


def _arguments_stay(program: Program, found: Trajectory) -> bool:
    """Has every argument of a function at every step the order that it has at the start?"""
    arguments = [node.arguments[0] for node in _made(program) if node.acts_on_entries]
    first, *later = (Evaluation(program, step.now) for step in found.steps)
    return all(here.size(one) == first.size(one) for here in later for one in arguments)
