"""The only door to z3: a point of a system of linear constraints, or none. Nothing here is trusted by the caller."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from threading import Lock
from typing import Final

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.constraint import LinearConstraint, names_of

# z3 keeps its terms in one context per process, which two threads must not enter at once.
_ONE_AT_A_TIME: Final = Lock()


STOPPED: Final = ("canceled", "interrupted from keyboard")  # z3 takes Ctrl-C for itself while it searches


def search(constraints: tuple[LinearConstraint, ...]) -> dict[str, Fraction] | None:
    """A point that satisfies the constraints, or None where z3 finds them unsatisfiable.

    The constraints go over as SMT-LIB text with whole coefficients, read by z3 about twice as fast as it
    builds terms.
    """
    names = {name: f"x{number}" for number, name in enumerate(names_of(constraints))}
    declarations = "".join(f"(declare-const {alias} Real)" for alias in names.values())
    script = declarations + "".join(_assertion(constraint, names) for constraint in constraints)
    with _ONE_AT_A_TIME:
        found = _ask(script)  # returns when its last z3 object is gone
    return None if found is None else {name: found.get(alias, Fraction(0)) for name, alias in names.items()}


def _ask(script: str) -> dict[str, Fraction] | None:
    import z3

    solver = z3.SimpleSolver()
    solver.from_string(script)
    verdict = solver.check()
    if verdict == z3.unsat:
        return None
    if verdict != z3.sat and solver.reason_unknown() in STOPPED:
        raise KeyboardInterrupt
    if verdict != z3.sat:
        raise CertificateError(f"z3 could not decide a linear system: {solver.reason_unknown()}")
    model = solver.model()
    return {str(symbol.name()): Fraction(model[symbol].as_fraction()) for symbol in model.decls()}


def _assertion(constraint: LinearConstraint, names: dict[str, str]) -> str:
    form, relation = constraint
    common = lcm(form.constant.denominator, *(c.denominator for _, c in form.terms))
    products = "".join(f" (* {_whole(c * common)} {names[name]})" for name, c in form.terms)
    return f"(assert ({relation} (+ {_whole(form.constant * common)}{products}) 0.0))"


def _whole(value: Fraction) -> str:
    return f"{value.numerator}.0" if value >= 0 else f"(- {-value.numerator}.0)"
