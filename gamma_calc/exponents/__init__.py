"""Exact growth exponents: orders, the regions where they are compared, and the proofs behind every answer.

The rest of the house imports from here and not from the rooms inside: ``orders`` (functions of exponents, and what a
user holds in hand) stand on ``regions`` (sets of exponents), these on ``linear`` (affine forms, linear constraints and
their proofs), and all on ``notation`` (how exponents are read and printed).
"""

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.certificate import Infeasible, Optimal, Unbounded
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.linear.watch import look, watched
from gamma_calc.exponents.notation.dialects import DIALECTS
from gamma_calc.exponents.notation.spelling import GREEK, is_name, natural, plain
from gamma_calc.exponents.orders.below import level, may_be_below, nowhere_above
from gamma_calc.exponents.orders.canonical_on import CanonicalOn
from gamma_calc.exponents.orders.ceiling import Ceiling
from gamma_calc.exponents.orders.everywhere import Everywhere
from gamma_calc.exponents.orders.maximum import Convex
from gamma_calc.exponents.orders.on_domain import OnDomain
from gamma_calc.exponents.orders.order import (
    EVERYTHING,
    MINUS_INFINITY,
    NOTHING,
    Order,
    Region,
    Supremum,
    at_most,
    largest,
    maximum,
    minimum,
    order,
    spans,
    supremum,
    where,
    where_on,
)
from gamma_calc.exponents.orders.piecewise import Exponent
from gamma_calc.exponents.orders.power import power
from gamma_calc.exponents.orders.scope import Excess, Scope
from gamma_calc.exponents.orders.simplify import same_on, simplify
from gamma_calc.exponents.orders.sympy_bridge import gamma, to_sympy
from gamma_calc.exponents.regions.contradiction import Conflict, Contradiction, conflict
from gamma_calc.exponents.regions.polyhedral_set import Optimum
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.spans import Spans

__all__ = [
    "DIALECTS",
    "EVERYTHING",
    "GREEK",
    "MINUS_INFINITY",
    "NOTHING",
    "Affine",
    "CanonicalOn",
    "Ceiling",
    "Conflict",
    "Contradiction",
    "Convex",
    "Everywhere",
    "Excess",
    "Exponent",
    "Infeasible",
    "LinearConstraint",
    "OnDomain",
    "Optimal",
    "Optimum",
    "Order",
    "Polyhedron",
    "Region",
    "Scope",
    "Spans",
    "Supremum",
    "Unbounded",
    "at_most",
    "conflict",
    "gamma",
    "is_name",
    "largest",
    "level",
    "look",
    "maximum",
    "may_be_below",
    "minimum",
    "natural",
    "nowhere_above",
    "order",
    "plain",
    "power",
    "same_on",
    "simplify",
    "spans",
    "supremum",
    "to_sympy",
    "watched",
    "where",
    "where_on",
]
