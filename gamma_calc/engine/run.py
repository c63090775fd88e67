"""The training run in orders: gradient, optimiser, step, again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gamma_calc.calculus.cancelling import of_two_values, sign_is_bounded
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation, pruned
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.sign_moments import with_products
from gamma_calc.engine.state import Reader, State, Tensor
from gamma_calc.exponents import EVERYTHING, NOTHING, Region, maximum
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import Parameter
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program


def states(program: Program, scope: Reader | None = None) -> Iterator[State]:
    """The states before the first step, after it, after the second, and so on without end."""
    rules = rules_of(program)
    state = start(program) if scope is None else start(program).on(scope)
    yield state
    while True:
        state = step(program, state, rules).from_previous_step(program.fresh)
        yield state


@dataclass(frozen=True, slots=True)
class Rule:
    """What moves one parameter: its optimiser, and the program that the optimiser is given."""

    parameter: Parameter
    optimiser: Optimiser
    input: Expression


def rules_of(program: Program) -> list[Rule]:
    """What moves each parameter."""
    inputs = optimiser_inputs(program)
    return [Rule(p, program.optimiser.for_parameter(p), inputs[p.name]) for p in program.parameters]


def start(program: Program) -> State:
    return State(0, {p.name: Tensor(_initial(program, p)) for p in program.parameters})


def step(program: Program, state: State, rules: Sequence[Rule]) -> State:
    """One step: every gradient at the present parameters, then every update."""
    here = Evaluation(program, state)
    for rule in rules:
        here.value(rule.input)
    blurred = state.is_blurred or here.is_blurred
    tensors = {rule.parameter.name: _updated(here, rule, blurred=blurred) for rule in rules}
    after = State(state.step + 1, tensors, _overcounted(here, rules), state.scope, blurred, state.versions)
    return after.with_versions_joined


def _overcounted(here: Evaluation, rules: Sequence[Rule]) -> Mapping[str, Region]:
    """Where the updates so far count for more than they may be, by parameter."""
    found = {rule.parameter.name: _moved_by_more(here, rule) for rule in rules}
    known = here.state.overcounted
    return {name: region | known.get(name, NOTHING) for name, region in found.items()}


def _moved_by_more(here: Evaluation, rule: Rule) -> Region:
    own = rule.optimiser.own_motion(rule.parameter)
    driven = here.overcounted(rule.input)
    if rule.optimiser.divides_entries:
        signed = here.state.tensors[rule.parameter.name].memory.plus(here.value(rule.input))
        driven |= EVERYTHING if sign_is_bounded(signed) else of_two_values(signed, here.saturated(rule.input))
    return driven if own is None else driven | here.overcounted(own)


def _updated(here: Evaluation, rule: Rule, *, blurred: bool) -> Tensor:
    """The parameter after a step: the learning rate times what the optimiser makes of the gradient, and its decay.

    What was divided by a size that may be less than it counts for can have any size up to the whole.
    """
    p, tensor = rule.parameter, here.state.tensors[rule.parameter.name]
    site = p.name if here.program.orthogonal else None
    memory, update = rule.optimiser.orders(tensor.memory, here.value(rule.input), site)
    if here.program.products_show and rule.optimiser.divides_entries:
        update = with_products(tensor.memory.plus(here.value(rule.input)), update, f"sign of {p.name}")
    if blurred and rule.optimiser.divides_entries:
        update = update.mapped(lambda size: maximum(size, update.order))
    own = rule.optimiser.own_motion(p)
    whole = update if own is None else update.plus(here.value(own))
    last = whole.times(p.rate)
    values = (tensor.start, tensor.moved, last, memory)
    return Tensor(*(pruned(here.program, here.state, value, p.shape) for value in values))


def _initial(program: Program, p: Parameter) -> Value:
    if p.init.expression is not None:
        return Evaluation(program, State(0, {})).value(p.init.expression)
    return Value.collect(p.orders((), program.sum_rule))
