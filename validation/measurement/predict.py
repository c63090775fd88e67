"""What the derivation says of each quantity at each step: its order, and the lower monomials that show."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations_with_replacement, islice
from typing import Final

from gamma_calc.derivation.conditions import STABILITY
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.fixed_point import Trajectory
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.step_orders import steps as steps_of
from gamma_calc.exponents import Exponent, Order, order
from gamma_calc.language.expression import walk
from gamma_calc.language.program import Program
from validation.statistics.verdict import Prediction

VISIBLE: Final = Fraction(1)  # monomials that are smaller by more than this exponent do not show in a slope


def predictions(program: Program, at: Mapping[str, Exponent], steps: int) -> list[Prediction]:
    """Every quantity's size and loss-aligned size after each step, at a point of the exponents.

    The lower monomials are those of the derivation with one exponent open at a time, at the point, and the mixed ones
    that their squares make. Left out is the alignment of what is not trained, such as the input: a single chance
    projection, which takes thousands of seeds to measure and says nothing of training.
    """
    there = _derivation(program.substitute(at) if at else program, steps)
    opened = [(name, _derivation(program.substitute(_without(at, name)), steps)) for name in at]
    extremes = _extremes(there, steps)
    chance = {f"{q.name}.aligned" for q in there.program.quantities.values() if not q.is_trained}
    predicted_rows = []
    for step in range(1, steps + 1):
        for name, predicted in there.at_step(step).items():
            if name in chance:
                continue
            if predicted.is_zero_quantity:
                predicted_rows.append(Prediction(name, step, None, extremes=extremes[step]))
                continue
            exponents = _components(there, name, step)
            for variable, general in opened:
                exponents |= _monomials(general.at_step(step)[name], {variable: order(at[variable]).rational})
            lower = lower_monomials(predicted.rational, exponents)
            bound = not there.exact(name, step)
            predicted_rows.append(Prediction(name, step, predicted.rational, lower, bound, extremes[step]))
    return predicted_rows


def _extremes(there: Derivation, steps: int) -> list[tuple[Fraction, ...]]:
    """After each step, the exponents of the smallest and the largest numbers of the run so far: gradients, and updates.

    Empty where every number is zero.
    """
    inputs = walk(optimiser_inputs(there.program).values())
    watched = [q.expression for q in there.program.quantities.values() if q.expression is not None]
    rates = {p.rate.rational for p in there.program.parameters if not p.rate.is_zero_quantity}
    seen, extremes = rates, list[tuple[Fraction, ...]]()
    for state in there.trajectory.states[: steps + 1]:
        now = Evaluation(there.program, state)
        orders = [now.value(node).order for node in (*inputs, *watched)]
        seen = seen | {o.rational for o in orders if not o.is_zero_quantity}
        extremes.append((min(seen), max(seen)) if seen else ())
    return extremes


def _without(at: Mapping[str, Exponent], name: str) -> dict[str, Exponent]:
    return {k: v for k, v in at.items() if k != name}


def _derivation(program: Program, steps: int) -> Derivation:
    """The orders of the first steps; whether they settle is not asked."""
    return Derivation(
        program, Trajectory(tuple(islice(steps_of(program), steps + 1)), program.region), STABILITY["Z_B"]
    )


def _monomials(general: Order, point: Mapping[str, Fraction]) -> set[Fraction]:
    if general.is_zero_quantity:
        return set()
    below = max(form.at(point) for form in general.below)
    return {form.at(point) - below for form in general.above}


def _components(there: Derivation, name: str, step: int) -> set[Fraction]:
    """The orders of the quantity's components along different directions."""
    quantity = there.program.quantities.get(name)
    if quantity is None or quantity.expression is None:
        return set()
    value = Evaluation(there.program, there.trajectory.states[step]).value(quantity.expression)
    return {o.rational for o in value.components.values()}


def lower_monomials(leading: Fraction, exponents: set[Fraction]) -> tuple[Fraction, ...]:
    """Those below the leading one that can show, with the exponents of their products in the square."""
    seen = {e for e in exponents | {leading} if leading - VISIBLE <= e <= leading}
    mixed = {(a + b) / 2 for a, b in combinations_with_replacement(seen, 2)}
    return tuple(sorted((e for e in mixed if e < leading), reverse=True))
