"""Deep linear networks in any parametrisation, and tables of parametrisations as they are published."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.abc_parametrisations import abc
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.language.program import Program

Exponents = Mapping[str, str]  # "a" of the multipliers, "b" of the entries, "c" of the rates: input, hidden, readout

# The three tables of arXiv 2203.03466 relative to the width, with the rates of gradient descent and of Adam.
TRANSFER_TABLES: Final[Mapping[str, Mapping[str, Exponents]]] = MappingProxyType(
    {
        "table 3": {
            "sgd": {"a": "0, 0, 0", "b": "0, 1/2, 1", "c": "-1, 0, 1"},
            "adam": {"a": "0, 0, 0", "b": "0, 1/2, 1", "c": "0, 1, 1"},
        },
        "table 8": {
            "sgd": {"a": "0, 0, 1", "b": "0, 1/2, 0", "c": "-1, 0, -1"},
            "adam": {"a": "0, 0, 1", "b": "0, 1/2, 0", "c": "0, 1, 0"},
        },
        "table 9": {
            "sgd": {"a": "-1/2, 0, 1/2", "b": "1/2, 1/2, 1/2", "c": "0, 0, 0"},
            "adam": {"a": "-1/2, 0, 1/2", "b": "1/2, 1/2, 1/2", "c": "1/2, 1, 1/2"},
        },
    }
)

# Starts of the parametrisations of arXiv 2407.05872, and the rates of its table under full alignment.
STARTS: Final[Mapping[str, Exponents]] = MappingProxyType(
    {
        "sp": {"a": "0, 0, 0", "b": "0, 1/2, 1/2"},
        "ntk": {"a": "0, 1/2, 1/2", "b": "0, 0, 0"},
        "mup": {"a": "-1/2, 0, 1/2", "b": "1/2, 1/2, 1/2"},
        "mfp": {"a": "0, 1/2, 1", "b": "0, 0, 0"},
    }
)
FULL_ALIGNMENT: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("sp", "sgd"): "-1/2, 1/2, 1",
        ("ntk", "sgd"): "-1/2, -1/2, 0",
        ("mup", "sgd"): "0, 0, 0",
        ("mfp", "sgd"): "-1, -1, -1",
        ("sp", "adam"): "0, 1, 1",
        ("ntk", "adam"): "0, 1/2, 1/2",
        ("mup", "adam"): "1/2, 1, 1/2",
        ("mfp", "adam"): "0, 1/2, 0",
    }
)


@either_spelling
def network(a: str, b: str, c: str, optimiser: str = "sgd") -> Program:
    """W_l = n^-a_l w_l with entries n^-b_l and rates n^-c_l, three exponents each: input, hidden layer, readout.

    >>> network("0, 0, 0", "0, 1/2, 1/2", "1, 1, 1").variables
    ()
    """
    return deep_linear(abc("network", a.split(","), b.split(","), c.split(",")), optimiser=optimiser)
