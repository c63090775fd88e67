"""Training where what must stay bounded is so: for orders that become too long to be told on the whole domain.

Where outputs grow, updates grow with them, and every step makes more forms that lead somewhere. After each step the
domain is cut to where the quantities asked for are bounded; there orders are shorter, and stay exact. Of where they are
not bounded nothing is said.

An example: two layers with an adapter each, on n^beta samples. Where eta > -1/2 + beta/8, or > -3/8, the second output
grows by the fourth step; on what is left each step changes less.
"""

from __future__ import annotations

from collections.abc import Sequence

from gamma_calc.engine.fixed_point import (
    MANY_FORMS,
    MOST_STEPS,
    PATIENCE,
    Observer,
    Trajectory,
    agreement_on,
    is_long,
    same_on,
)
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import pruned, rules_of, start, step
from gamma_calc.engine.stable_set import asked, reader_on
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import Region, where_on
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Program, Role


def only_where_bounded(program: Program) -> bool:
    """Are the products that a program makes too long where its outputs are not bounded?

    Lengths of rows hold the square of all that a batch has moved, and functions products of it, of which none is small
    there.
    """
    long = any(node.reads_components or node.acts_on_entries for node in program.evaluated)
    return bool(program.variables) and long and any(_is_growing_batch(node) for node in program.nodes)


def _is_growing_batch(node: Expression) -> bool:
    return node.is_batch and not node.shape[-1].is_fixed


def where_bounded(program: Program, roles: frozenset[Role], observe: Observer) -> Trajectory:
    """Run where what has these roles is bounded, until orders are settled there, or are too long there too.

    Near an edge of what is bounded they may take any number of steps to settle, and each may cut off a little more:
    some that cut nothing off are enough, and some that do.
    """
    rules, of_node, scope = rules_of(program), gradients(program.loss), reader_on(program, program.region)
    assert scope is not None, f"{program.name} is not read on a domain"
    region, quiet, cutting, history = program.region, 0, 0, list[StepOrders]()
    before = now = start(program).on(scope)
    while len(history) < MOST_STEPS and not region.is_empty:
        left, made = _cut(region, StepOrders(program, of_node, before, now), roles)
        before_cut = region
        quiet, cutting = (quiet + 1, cutting) if left is region else (0, cutting + 1)
        region = left
        history.append(made)
        if is_settled(history) or is_long(made.now, MANY_FORMS) or PATIENCE in (quiet, cutting):
            break  # the last step is not shown: its sizes are read where they have settled
        observe(made)
        before = made.now if left is before_cut else pruned(program, made.now)
        now = step(program, before, rules).from_previous_step(program)
    return _found(program, region, history)


def is_settled(history: Sequence[StepOrders]) -> bool:
    """Did the last step change no order where orders are read?"""
    scope = history[-1].now.scope
    return len(history) > 1 and scope is not None and same_on(scope, history[-1].before, history[-1].now)


def _found(program: Program, region: Region, history: Sequence[StepOrders]) -> Trajectory:
    """The steps, all of them read on what they left; where only a part of that has settled, on that part."""
    scope, last = history[-1].now.scope, history[-1]
    assert scope is not None, "orders are read on a domain"
    if is_settled(history):
        return Trajectory(tuple(made.on(scope) for made in history), region, read_on=region)
    settled = agreement_on(program, region, last.before, last.now)
    reader = reader_on(program, settled)
    read = tuple(made.on(reader or scope) for made in history)
    read_on = region if reader is None else settled
    return Trajectory(read, settled, out_of_steps=True, read_on=read_on, undecided=region - settled)


def _cut(region: Region, made: StepOrders, roles: frozenset[Role]) -> tuple[Region, StepOrders]:
    """Where everything asked for is bounded after a step too, and the step read there.

    Orders are read where there is an interior and no hole: what would leave another set cuts nothing off.
    """
    for name in asked(made.program, roles):
        waiting = made.sizes_of_terms(name)
        while (size := next(waiting, None)) is not None:
            left = where_on(region, size, "<=", 0)
            scope = reader_on(made.program, left)
            if not left.is_empty and (scope is None or left == region):
                continue
            region = left
            if scope is not None:
                made = made.on(scope)
                waiting = made.sizes_of_terms(name)
    return region, made
