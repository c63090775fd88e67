"""The old place of suprema."""

from gamma_calc.exponents.orders.order import Supremum, supremum

__all__ = ["Supremum", "supremum"]
