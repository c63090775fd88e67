"""How large the factors of a saved adapter are, and what that makes of the rate for those who train it on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from pathlib import Path

from gamma_calc.derivation.derivation import derive
from gamma_calc.display.json import Data, number
from gamma_calc.display.numbers import short
from gamma_calc.exponents import MINUS_INFINITY, Exponent
from gamma_calc.frontends.safetensors_header import SavedTensor
from gamma_calc.frontends.saved_sizes import root_mean_square
from gamma_calc.practice.adapted_layer import adapted_layer
from gamma_calc.practice.audit.inventory import LINEAR, Inventory
from gamma_calc.practice.audit.trained import Trained
from gamma_calc.practice.law import FINEST


@dataclass(frozen=True, slots=True)
class SavedSizes:
    """The root mean square of the entries of A and B over the modules of a row, n^a0 and n^b0.

    ``largest`` is the largest stable rate with which training goes on from there, every constant 1; None where both
    factors are zero.
    """

    what: str
    a: Decimal
    b: Decimal
    a0: Fraction | None
    b0: Fraction | None
    largest: Decimal | None

    def as_data(self) -> Data:
        """For JSON."""
        exponents = {"a0": self.a0, "b0": self.b0}
        return {
            "what": self.what,
            "a": number(self.a),
            "b": number(self.b),
            **{
                name: None if e is None else number(Decimal(e.numerator) / e.denominator)
                for name, e in exponents.items()
            },
            "largest": None if self.largest is None else number(self.largest),
        }

    def cells(self) -> tuple[str, ...]:
        """Its row in a table."""
        told = (_power(self.a, self.a0), _power(self.b, self.b0))
        return (self.what, *told, "" if self.largest is None else short(self.largest))


def saved_sizes(inventory: Inventory, *, needed: bool) -> Iterator[SavedSizes]:
    """One for each row of adapters on linear layers. Reads the weights, a piece at a time. Raises ConfigError."""
    if needed:
        path = inventory.file.weights
        linear = (row for row in inventory.rows if row.role_name == LINEAR and row.saved)
        yield from (_sizes(path, row) for row in linear)


def _sizes(path: Path, row: Trained) -> SavedSizes:
    a, b = (_pooled(path, [getattr(one, name) for one in row.saved]) for name in "ab")
    a0, b0 = (_exponent(size, row) for size in (a, b))
    return SavedSizes(row.what, a, b, a0, b0, _largest(row, a0, b0) if a0 is not None or b0 is not None else None)


def _pooled(path: Path, tensors: Sequence[SavedTensor]) -> Decimal:
    """The root mean square over the entries of all."""
    count = sum(prod(one.shape) for one in tensors)
    total = Decimal(0) + sum(root_mean_square(path, one) ** 2 * prod(one.shape) for one in tensors)
    return (total / count).sqrt() if count else Decimal(0)


def _exponent(size: Decimal, row: Trained) -> Fraction | None:
    """a0 in size = n^a0; None of zero."""
    return None if size == 0 else Fraction(size.ln() / Decimal(row.numbers.n).ln()).limit_denominator(FINEST)


def _largest(row: Trained, a0: Fraction | None, b0: Fraction | None) -> Decimal:
    """From factors as random as at a start, of these sizes."""
    numbers = row.numbers
    sizes: dict[str, Exponent] = {
        name: MINUS_INFINITY if value is None else value for name, value in (("a0", a0), ("b0", b0))
    }
    layer = adapted_layer("general", optimiser=row.training.optimiser, **sizes)
    found = (
        derive(layer, rho=numbers.rank_exponent, sigma=numbers.multiplier_exponent)
        .conditions["stable"]
        .largest["eta"]
        .value
    )
    assert found is not None
    return Decimal(numbers.n) ** (Decimal(found.numerator) / found.denominator)


def _power(size: Decimal, exponent: Fraction | None) -> str:
    if exponent is None:
        return "0"
    return f"{short(size)} = n^{Decimal(exponent.numerator) / exponent.denominator:.2f}"
