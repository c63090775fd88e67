"""Losses on a layer's output, as pieces of program. The error signal is part of the program, and so is its feedback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from gamma_calc.calculus.dims import Dim
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import data
from gamma_calc.operations.tanh import tanh


class OfOutput(Protocol):
    """What a loss makes of the layer's output z along n. ``sample`` tells the targets of several samples apart."""

    def __call__(self, z: Expression, n: Dim, fresh: bool, sample: str = "") -> Expression:
        """The loss of one sample, drawn anew at every step or repeated."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss by name."""

    name: str
    of: OfOutput
    statement: str


def _linear(z: Expression, n: Dim, fresh: bool, sample: str = "") -> Expression:
    return -(data(f"w{sample}", n, fresh=fresh) @ z)


def _scalar(z: Expression, n: Dim, fresh: bool, sample: str = "") -> Expression:
    error = n**-1 * (data(f"w{sample}", n, fresh=fresh) @ z) - data(f"y{sample}", fresh=fresh)
    return error * error


def _readout(z: Expression, n: Dim, fresh: bool, sample: str = "") -> Expression:
    return _scalar(tanh(z), n, fresh, sample)


def _vector(z: Expression, n: Dim, fresh: bool, sample: str = "") -> Expression:
    error = z - data(f"y{sample}", n, fresh=fresh)
    return error @ error


LOSSES: Final[Mapping[str, Loss]] = MappingProxyType(
    {
        loss.name: loss
        for loss in (
            Loss(
                "linear", _linear, "a loss linear in the output: the error signal keeps its direction and has order 0"
            ),
            Loss("scalar", _scalar, "a squared error on the mean of w * output over the n entries"),
            Loss("readout", _readout, "a squared error on the mean of w * tanh(output) over the n entries"),
            Loss("vector", _vector, "a squared error between the output and an n-dimensional target"),
        )
    }
)
