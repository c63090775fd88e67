"""Losses on a layer's output, as pieces of program. The error signal is part of the program, and so is its feedback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from gamma_calc.catalogue.samples import Samples, alike_on, mean_inner, mean_square
from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import data
from gamma_calc.operations.tanh import tanh


class OfOutput(Protocol):
    """What a loss makes of the layer's output z, on one sample or on a batch of them.

    ``sample`` tells the targets of samples apart that are written one by one; ``samples`` have something in common.
    """

    def __call__(self, z: Expression, fresh: bool, sample: str = "", samples: Samples | None = None) -> Expression:
        """The loss, a mean over a batch; samples are drawn anew at every step or repeated."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss by name. ``takes_columns`` says that it knows the samples of a batch as the columns of one matrix."""

    name: str
    of: OfOutput
    statement: str
    takes_columns: bool = True


def _linear(z: Expression, fresh: bool, sample: str = "", samples: Samples | None = None) -> Expression:
    return -mean_inner(alike_on(z, samples).drawn(f"w{sample}", z.shape[0], fresh=fresh), z)


def _scalar(z: Expression, fresh: bool, sample: str = "", samples: Samples | None = None) -> Expression:
    """One readout w for all samples, and a target for each."""
    outputs = z.shape[0]
    w, y = data(f"w{sample}", outputs, fresh=fresh), alike_on(z, samples).drawn(f"y{sample}", fresh=fresh)
    return mean_square(outputs**-1 * (w @ z) - y)


def _readout(z: Expression, fresh: bool, sample: str = "", samples: Samples | None = None) -> Expression:
    return _scalar(tanh(z), fresh, sample, samples)


def _vector(z: Expression, fresh: bool, sample: str = "", samples: Samples | None = None) -> Expression:
    error = z - alike_on(z, samples).drawn(f"y{sample}", z.shape[0], fresh=fresh)
    return mean_inner(error, error)


LOSSES: Final[Mapping[str, Loss]] = MappingProxyType(
    {
        loss.name: loss
        for loss in (
            Loss(
                "linear", _linear, "a loss linear in the output: the error signal keeps its direction and has order 0"
            ),
            Loss("scalar", _scalar, "a squared error on the mean of w * output over the n entries"),
            Loss(
                "readout",
                _readout,
                "a squared error on the mean of w * tanh(output) over the n entries",
                takes_columns=False,
            ),
            Loss("vector", _vector, "a squared error between the output and an n-dimensional target"),
        )
    }
)
