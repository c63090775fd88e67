"""The largest learning rates of a region, as monomials around the numbers of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gamma_calc.exponents import Affine, Region
from gamma_calc.practice.monomials import Logarithms, border, logarithm

BOUNDED: Final = "Z_A,Z_B"  # the notion of stability of two rates: the feature inside the adapter stays bounded too


def edges(region: Region, rates: Sequence[str], numbers: Logarithms) -> Mapping[str, Affine] | None:
    """The largest value of each rate's exponent once those before it have theirs; None where there is no largest.

    ``numbers`` holds the names of the region but those of the rates. What is found is exact where these numbers are.

    >>> edges(Region("eta_A <= -1 & eta_A + eta_B + rho <= -1"), ("eta_A", "eta_B"), {"n": 8.0, "rho": 2.0})
    {'eta_A': Affine('-1'), 'eta_B': Affine('-rho')}
    """
    found: dict[str, Affine] = {}
    for done, rate in enumerate(rates, start=1):
        before = {name: logarithm(form, numbers) for name, form in found.items()}
        end = border(region.eliminate(*rates[done:]), {**numbers, rate: 0, **before}, [rate])
        if end is None or end.form is None:
            return None
        found[rate] = (Affine.variable(rate) - end.form * (1 / end.form.coefficient(rate))).substitute(found)
    return found
