"""Random exponents for the laws: small rationals, affine forms, orders built by every operation."""

from fractions import Fraction

from hypothesis import strategies as st

from gamma_calc.exponents import MINUS_INFINITY, Affine, Order, maximum, minimum

NAMES = ("eta", "eta_A", "rho", "a0")
Point = dict[str, Fraction]

rationals = st.builds(Fraction, st.integers(-6, 6), st.integers(1, 4))
points = st.fixed_dictionaries(dict.fromkeys(NAMES, rationals))


def affine_forms(names: tuple[str, ...] = NAMES, most_terms: int = 2) -> st.SearchStrategy[Affine]:
    coefficients = st.dictionaries(st.sampled_from(names), rationals, max_size=most_terms)
    return st.builds(Affine.build, coefficients, rationals)


def convex_orders(names: tuple[str, ...] = NAMES, most_forms: int = 4) -> st.SearchStrategy[Order]:
    """Maxima of affine forms, and -oo."""
    forms = st.lists(affine_forms(names), max_size=most_forms)
    return st.builds(lambda chosen: maximum(*chosen), forms)


def finite_convex_orders(names: tuple[str, ...] = NAMES) -> st.SearchStrategy[Order]:
    return convex_orders(names, most_forms=3).filter(lambda order: order != MINUS_INFINITY)


def orders(names: tuple[str, ...] = NAMES[:2]) -> st.SearchStrategy[Order]:
    """Orders of every shape, in one or two names: maxima, minima, and differences that are neither."""
    small = convex_orders(names, most_forms=2).filter(lambda order: order != MINUS_INFINITY)
    return st.one_of(convex_orders(names), st.builds(Order.__sub__, small, small), st.builds(minimum, small, small))
