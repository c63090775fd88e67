"""The old place of regions."""

from gamma_calc.exponents.orders.order import EVERYTHING, NOTHING, Region, where
from gamma_calc.exponents.regions.polyhedral_set import Optimum

__all__ = ["EVERYTHING", "NOTHING", "Optimum", "Region", "where"]
