"""Kinds of numbers as data, and how a layer is computed in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import unknown


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format: ``digits`` of the significand, the leading one among them, and the range of exponents.

    >>> half = FORMATS["float16"]
    >>> half.largest, half.normal, half.subnormal, half.roundoff
    (65504.0, 6.103515625e-05, 5.960464477539063e-08, 0.00048828125)
    """

    name: str
    digits: int
    highest: int
    lowest: int

    @property
    def largest(self) -> float:
        return (2 - 2.0 ** (1 - self.digits)) * 2.0**self.highest

    @property
    def normal(self) -> float:
        """The smallest number that has all digits."""
        return 2.0**self.lowest

    @property
    def subnormal(self) -> float:
        """The smallest number: half of it and less becomes 0."""
        return 2.0 ** (self.lowest - self.digits + 1)

    @property
    def roundoff(self) -> float:
        """The largest relative error of rounding to the nearest."""
        return 2.0**-self.digits

    def wider(self, other: Format) -> Format:
        """The one of the two with more digits.

        >>> FORMATS["float16"].wider(FORMATS["float32"]).name
        'float32'
        """
        return max(self, other, key=lambda one: one.digits)


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        f.name: f
        for f in (
            Format("float16", 11, 15, -14),
            Format("bfloat16", 8, 127, -126),
            Format("float32", 24, 127, -126),
            Format("float64", 53, 1023, -1022),
        )
    }
)
SAME: Final = "same"  # as what the layer is computed in
WIDER: Final = (SAME, "float32", "float64")


@dataclass(frozen=True, slots=True)
class LayerFormats:
    """What is kept in which format: the layer, sums over the width, and the weights with Adam's means.

    ``epsilon`` is Adam's, a number.

    >>> str(LayerFormats.of("bfloat16", "float32", "same", 1e-8))
    'bfloat16, sums float32, weights bfloat16, epsilon 1e-08'
    """

    layer: Format
    sums: Format
    weights: Format
    epsilon: float

    @classmethod
    def of(cls, layer: str, sums: str, weights: str, epsilon: float) -> LayerFormats:
        """From names; sums and weights never have fewer digits than the layer. Raises UnknownName."""
        own = _known(layer, FORMATS, FORMATS)
        wide = {SAME: own} | {name: own.wider(FORMATS[name]) for name in WIDER[1:]}
        return cls(own, _known(sums, wide, WIDER), _known(weights, wide, WIDER), epsilon)

    @property
    def places(self) -> Mapping[str, Format]:
        """The formats by what is kept in them."""
        return {"layer": self.layer, "sums": self.sums, "weights": self.weights}

    def __str__(self) -> str:
        kept = f"{self.layer.name}, sums {self.sums.name}, weights {self.weights.name}"
        return f"{kept}, epsilon {self.epsilon:g}"


def _known(name: str, table: Mapping[str, Format], names: Iterable[str]) -> Format:
    if name not in table:
        raise unknown("kind of numbers", name, names)
    return table[name]
