"""The training run in orders: gradient, optimiser, step, again."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.pruning import prune_dominated
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.state import State, Tensor
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import Parameter
from gamma_calc.language.program import Program


def states(program: Program) -> Iterator[State]:
    """The states before the first step, after it, after the second, and so on without end."""
    of_parameter = optimiser_inputs(program)
    sources = [(p, of_parameter[p.name]) for p in program.parameters]
    state = start(program)
    yield state
    while True:
        state = step(program, state, sources).from_previous_step(program.fresh)
        yield state


def start(program: Program) -> State:
    return State(0, {p.name: Tensor(_initial(program, p)) for p in program.parameters})


def step(program: Program, state: State, sources: list[tuple[Parameter, Expression]]) -> State:
    """One step: every gradient at the present parameters, then every update."""
    here = Evaluation(program, state)
    return State(
        state.step + 1,
        {p.name: _moved(program, p, state.tensors[p.name], here.value(gradient)) for p, gradient in sources},
    )


def _moved(program: Program, p: Parameter, tensor: Tensor, gradient: Value) -> Tensor:
    memory, update = program.optimiser.orders(tensor.memory, gradient, p.name if program.orthogonal else None)
    step = update.times(p.rate)
    if program.orthogonal:
        return Tensor(tensor.start, tensor.moved, step, memory)
    return Tensor(*(prune_dominated(value, p.shape) for value in (tensor.start, tensor.moved, step, memory)))


def _initial(program: Program, p: Parameter) -> Value:
    if p.init.expression is not None:
        return Evaluation(program, State(0, {})).value(p.init.expression)
    return Value.collect(p.orders((), program.sum_rule))
