"""What charts of exponents are made from, for those who draw more than one order or one region."""

from gamma_calc.exponents.orders.charts import bends_of, curve_of, range_of, span_of, spelled
from gamma_calc.exponents.regions.charts import BESIDE, areas_of, axes_of, name, window_for
from gamma_calc.exponents.regions.outline import distinct, require_axes

__all__ = [
    "BESIDE",
    "areas_of",
    "axes_of",
    "bends_of",
    "curve_of",
    "distinct",
    "name",
    "range_of",
    "require_axes",
    "span_of",
    "spelled",
    "window_for",
]
