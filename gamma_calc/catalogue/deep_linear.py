"""A deep linear network trained whole: the linear case of ``mlp``, counted in hidden layers."""

from __future__ import annotations

from collections.abc import Mapping

from gamma_calc.catalogue.abc_parametrisations import ABC, Exponent, known_abc
from gamma_calc.catalogue.mlp import MOST_MATRICES, NO_ADAPTERS, Adapter, mlp
from gamma_calc.errors import require_count
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.program import Program


@either_spelling
def deep_linear(
    parametrisation: ABC | str = "mup",
    *,
    hidden_layers: int = 1,
    optimiser: str | None = None,
    adapters: Mapping[int, Adapter] = NO_ADAPTERS,
    batch: str = "one",
    common: Exponent | None = None,
) -> Program:
    """f = W_out W_L .. W_1 x with a fixed input dimension and a scalar output, under a loss linear in f.

    A linear ``mlp`` of ``hidden_layers`` and two weights, at the parametrisation's own rates: see there for the
    arguments, for what is watched and for the errors.

    >>> from gamma_calc import derive
    >>> derive(deep_linear("sp")).orders["dh2"]
    Order('-1/2')
    """
    require_count(hidden_layers, "hidden layers", least=0, most=MOST_MATRICES - 2)
    made = mlp(
        parametrisation,
        depth=hidden_layers + 2,
        optimiser=optimiser,
        adapters=adapters,
        batch=batch,
        common=common,
    )
    return made.replaced(name=f"deep linear, {known_abc(parametrisation).name}")
