"""The largest learning rates of a deep chain under stability: derived, and as a mixed-integer program.

The program is what one would write by hand: a variable for each exponent and for each maximum that the orders after the
first step are made of, and one binary for each form of a maximum, which says that the form is the largest (big-M).
PuLP hands it to CBC. The first step's demands are those that bind: the derivation proves that later ones add none.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pulp

from gamma_calc import derive, mlp
from gamma_calc.derivation.jointly_largest import jointly_largest
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import rules_of, start, step
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import Affine, Region, Scope
from gamma_calc.exponents.orders.peak import Peak, below
from gamma_calc.language.program import Program, Role

CASES = (("mup", "sgd"), ("mup-adam", "sign"), ("mup-adam", "adam"), ("sp", "sgd"))
FAR = 64  # no exponent is sought beyond it
BIG = 4096  # nor is any maximum of theirs


def seconds() -> float:
    """Of the processor, for this process and those that it has started."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def derived(program: Program) -> tuple[Mapping[str, Fraction], float]:
    """The largest rates with their proof, and the seconds that they take."""
    begun = seconds()
    inside = derive(program).trajectory.stable_set
    assert inside is not None, "so many rates are derived on the stable set"
    assert inside.is_exact, "every cut is proved to be needed"
    found = jointly_largest(inside.region, program.variables).rates
    assert found is not None, "no point is largest in every rate"
    return found, seconds() - begun


def demands(program: Program) -> list[Affine]:
    """The orders that stability wants at most zero, at every exponent."""
    everywhere = Scope.of(Region("all").polyhedra[0])
    before = start(program).on(everywhere)
    made = StepOrders(program, gradients(program.loss), before, step(program, before, rules_of(program)))
    return [made.size(name).form for name, q in program.quantities.items() if q.role is Role.OUTPUT]


class Encoding:
    """A mixed-integer program of maxima."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.problem = pulp.LpProblem("rates", pulp.LpMaximize)
        self.known: dict[str, Any] = {name: pulp.LpVariable(name, -FAR, FAR) for name in names}
        self.problem += pulp.lpSum(self.known.values())

    def bound(self, demand: Affine) -> None:
        """An order that is at most zero."""
        for peak in (one for one in below(demand, {}) if one not in self.known):
            self.add(peak)
        self.problem += self.written(demand) <= 0

    def add(self, peak: Peak) -> None:
        made = pulp.LpVariable(f"m{len(self.known)}", -BIG, BIG)
        chosen: list[Any] = []
        for form in peak.forms:
            leads = pulp.LpVariable(f"b{len(self.problem.variables())}_{len(chosen)}_{made.name}", cat="Binary")
            self.problem += made >= self.written(form)
            self.problem += made <= self.written(form) + BIG * (1 - leads)
            chosen.append(leads)
        self.problem += pulp.lpSum(chosen) == 1
        self.known[peak] = made

    def written(self, form: Affine) -> Any:
        return pulp.lpSum(float(c) * self.known[name] for name, c in form.terms) + float(form.constant)

    def solved(self, names: tuple[str, ...], limit: int) -> tuple[dict[str, float], str]:
        self.problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=limit))
        return {name: self.known[name].value() for name in names}, pulp.LpStatus[self.problem.status]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=20)
    parser.add_argument("--limit", type=int, default=300, help="seconds for CBC")
    chosen = parser.parse_args()
    derived(mlp("mup", depth=3, lr="per-layer"))  # what a first derivation loads
    print(f"{chosen.depth} weights, one rate each: processor seconds, and by how much CBC's point is off")
    print(f"{'':<16}{'derived':>9}{'CBC':>9}{'ratio':>8}{'maxima':>8}  difference")
    for init, rule in CASES:
        program = mlp(init, depth=chosen.depth, optimiser=rule, lr="per-layer")
        exact, own = derived(program)
        encoding = Encoding(program.variables)
        for demand in demands(program):
            encoding.bound(demand)
        begun = seconds()  # the encoding is not counted
        point, status = encoding.solved(program.variables, chosen.limit)
        other = seconds() - begun
        off = max(abs(point[name] - value) for name, value in exact.items())
        maxima = len(encoding.known) - len(program.variables)
        print(
            f"{init + ' ' + rule:<16}{own:9.2f}{other:9.2f}{other / own:8.1f}{maxima:8}  {off:.1e} ({status})",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
