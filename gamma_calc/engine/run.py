"""The training run in orders: gradient, optimiser, step, again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import or_

from gamma_calc.calculus.cancelling import of_two_values, sign_is_bounded
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.many_products import MOST_OF_VERSIONS, MOST_PRODUCTS, told_by_functions
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.streams import Streams
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.moved_masks import MovedMasks, SeenApart, has_moving_masks, with_moving_masks
from gamma_calc.engine.sign_moments import with_products
from gamma_calc.engine.state import Reader, State, Tensor
from gamma_calc.engine.travelling import has_many_words
from gamma_calc.exponents import EVERYTHING, MINUS_INFINITY, NOTHING, Region, maximum, where
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import Parameter
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program


def states(program: Program, scope: Reader | None = None, first: State | None = None) -> Iterator[State]:
    """The states before the first step, which may be known, after it, after the second, and so on without end."""
    rules = rules_of(program)
    state = start(program) if first is None else first
    state = state if scope is None else state.on(scope)
    yield state
    while True:
        state = step(program, state, rules).from_previous_step(program)
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
    whole = State(0, {p.name: Tensor(_initial(program, p)) for p in program.parameters})
    if not has_many_words(program, whole):
        return whole
    streams = Streams(coarse=len(program.variables) > 1)  # many shares of many exponents are longer than they are worth
    return replace(whole, streams=streams, least=replace(whole, streams=Streams(noted=False)))


def step(program: Program, state: State, rules: Sequence[Rule]) -> State:
    """One step: every gradient at the present parameters, then every update."""
    here, *least = (_evaluated(program, side, rules) for side in state.sides)
    unsure = frozenset(rule.parameter.name for rule in rules for side in least if not _divides_alike(here, side, rule))
    after = _with_few_products(program, _after(here, rules, unsure).with_versions_joined)
    return after if not least else replace(after, least=_at_least(least[0], rules, unsure))


def _with_few_products(program: Program, state: State) -> State:
    """The state with vectors for noise where an update has more products than are told apart."""
    most = MOST_PRODUCTS if state.versions is None else MOST_OF_VERSIONS
    return _each_value(program, state, partial(told_by_functions, most=most))


def pruned(program: Program, state: State) -> State:
    """The state without what decides no order where orders are read, as where they are read at fewer exponents."""
    here = Evaluation(program, state)

    def shorter(value: Value, shape: Shape) -> Value:
        return value if value.least is not None else here.pruned(value, shape)

    return _each_value(program, state, shorter)


def _each_value(program: Program, state: State, change: Callable[[Value, Shape], Value]) -> State:
    """The state with every value of a parameter, of this shape, changed."""
    shapes = {p.name: p.shape for p in program.parameters}
    tensors = {
        name: Tensor(*(change(value, shapes[name]) for value in tensor.values))
        for name, tensor in state.tensors.items()
    }
    return replace(state, tensors=tensors)


def _evaluated(program: Program, state: State, rules: Sequence[Rule]) -> Evaluation:
    divided = frozenset(id(rule.input) for rule in rules if rule.optimiser.divides_entries)
    here = Evaluation(program, state, divided)
    for rule in rules:
        here.value(rule.input)
    return here


def _divides_alike(one: Evaluation, other: Evaluation, rule: Rule) -> bool:
    """Does a rule divide by one size in both readings, where orders are read? In the first it is no smaller."""
    if not rule.optimiser.divides_entries:
        return True
    return one.state.nowhere_above(_driven(one, rule).order, _driven(other, rule).order)


def _driven(here: Evaluation, rule: Rule) -> Value:
    """What a rule is driven by: what it remembers, and the present gradient."""
    memory, gradient = _inputs(here, rule, here.state.tensors[rule.parameter.name].memory)
    return memory.plus(gradient)


def _inputs(here: Evaluation, rule: Rule, memory: Value) -> tuple[Value, Value]:
    """What a rule remembers, and the present gradient; with what there is of them at least, if it divides by them."""
    if not rule.optimiser.divides_entries:
        return memory, here.value(rule.input)
    unsure = here.state.is_read_in(here.state.overcounted.get(rule.parameter.name, NOTHING))
    return replace(memory, least=MINUS_INFINITY) if unsure else memory, here.from_below(rule.input)


def _after(here: Evaluation, rules: Sequence[Rule], unsure: Collection[str]) -> State:
    """The state after a step; what divides by a size that may be less than it counts for is ``unsure``."""
    state = here.state
    blurred = state.is_blurred or here.is_blurred
    seen = {rule.parameter.name: tuple(_seen_apart(here, rule)) for rule in rules}
    tensors = {
        name: _updated(here, rule, seen[name], blurred=blurred or name in unsure)
        for name, rule in ((rule.parameter.name, rule) for rule in rules)
    }
    streams = here.streams.all_alike if here.streams is not None and unsure else here.streams
    moved = _overcounted(here, rules, seen)
    led, mixed = here.led_so_far, state.mixed
    return State(state.step + 1, tensors, moved, state.scope, blurred, state.versions, streams, led=led, mixed=mixed)


def _at_least(here: Evaluation, rules: Sequence[Rule], unsure: Collection[str]) -> State:
    """What is there at least after a step: nothing is known of an update where it is not known what was divided by."""
    moved = {rule.parameter.name: _updated(here, rule, (), blurred=False) for rule in rules}
    tensors = moved | {rule.parameter.name: _still(here, rule) for rule in rules if rule.parameter.name in unsure}
    return State(here.state.step + 1, tensors, scope=here.state.scope, streams=here.streams)


def _still(here: Evaluation, rule: Rule) -> Tensor:
    """A parameter after a step that did not move it."""
    tensor = here.state.tensors[rule.parameter.name]
    memory, _ = rule.optimiser.orders(tensor.memory, here.value(rule.input), None)
    return Tensor(tensor.start, tensor.moved, ZERO, memory)


def _overcounted(
    here: Evaluation, rules: Sequence[Rule], seen: Mapping[str, Iterable[SeenApart]]
) -> Mapping[str, Region]:
    """Where the updates so far count for more than they may be, by parameter."""
    found = {name: _moved_by_more(here, rule, seen[name]) for name, rule in ((r.parameter.name, r) for r in rules)}
    known = here.state.overcounted
    return {name: region | known.get(name, NOTHING) for name, region in found.items()}


def _moved_by_more(here: Evaluation, rule: Rule, seen: Iterable[SeenApart]) -> Region:
    own = rule.optimiser.own_motion(rule.parameter)
    driven = reduce(or_, (one.unsure for one in seen), here.overcounted(rule.input))
    if rule.optimiser.divides_entries:
        signed = _driven(here, rule)
        driven |= EVERYTHING if sign_is_bounded(signed) else of_two_values(signed, here.saturated(rule.input))
        driven |= here.shown_by_times(signed)
        hides = signed.least is not None and len(signed.components) > 1
        driven |= where(signed.at_least, "<", signed.order) if hides else NOTHING
    return driven if own is None else driven | here.overcounted(own)


def _updated(here: Evaluation, rule: Rule, seen: Iterable[SeenApart], *, blurred: bool) -> Tensor:
    """The parameter after a step: the learning rate times what the optimiser makes of the gradient, and its decay.

    What was divided by a size that may be less than it counts for can have any size up to the whole.
    """
    p, tensor = rule.parameter, here.state.tensors[rule.parameter.name]
    memory, update = _driven_by(here, rule, tensor.memory)
    update = update.plus(Value.merge((one.direction, one.size) for one in seen))
    if blurred and rule.optimiser.divides_entries:
        update = update.mapped(lambda size: maximum(size, update.order))
    own = rule.optimiser.own_motion(p)
    whole = update if own is None else update.plus(here.value(own))
    last = whole.times(p.rate)
    start, moved, step = (here.pruned(value, p.shape) for value in (tensor.start, tensor.moved, last))
    remembered = replace(memory, least=None)
    kept = here.pruned(remembered, p.shape) if memory.least is None else remembered
    alone = ZERO if memory.is_zero else tensor.alone.plus(_alone(here, rule)).mapped(here.state.on_scope)
    return Tensor(start, moved, step, kept, alone)


def _driven_by(here: Evaluation, rule: Rule, remembered: Value) -> tuple[Value, Value]:
    """What a rule remembers after a step, and the update, given what it remembered before."""
    name, gradient = rule.parameter.name, here.value(rule.input)
    site = name if here.program.orthogonal else None
    known, there = _inputs(here, rule, remembered)
    memory, update = rule.optimiser.orders(known, there, site)
    if here.program.products_show and rule.optimiser.divides_entries:
        update = with_products(remembered.plus(gradient), update, f"sign of {name}")
    return memory, update


def _alone(here: Evaluation, rule: Rule) -> Value:
    """What a rule would make of this gradient alone, of what has masks that steps move."""
    gradient = here.value(rule.input)
    if not (rule.optimiser.divides_entries and has_moving_masks(here.program, gradient)):
        return ZERO
    return with_moving_masks(here.program, gradient, _driven_by(here, rule, ZERO)[1])


def _seen_apart(here: Evaluation, rule: Rule) -> Iterator[SeenApart]:
    """What an update has of parts on entries at which the masks of one step are on and those of others are off."""
    tensor = here.state.tensors[rule.parameter.name]
    if tensor.memory.is_zero or not rule.optimiser.divides_entries:
        return
    now = _alone(here, rule)
    if tensor.alone.is_zero and now.is_zero:
        return
    _, update = _driven_by(here, rule, tensor.memory)
    moved = MovedMasks(here, rule.parameter.shape, tensor.memory.plus(here.value(rule.input)), update)
    yield from moved.seen(tensor.alone, revived=False)
    yield from moved.seen(now, revived=True)


def _initial(program: Program, p: Parameter) -> Value:
    if p.init.expression is not None:
        return Evaluation(program, State(0, {})).value(p.init.expression)
    return Value.collect(p.orders((), Premises(program.sum_rule)))
