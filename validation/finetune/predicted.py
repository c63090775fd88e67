"""What is derived for the starts of an experiment: the largest rate, sizes along a rate, ranks at a shared one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from gamma_calc.catalogue.lora import lora
from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.errors import GammaError
from gamma_calc.exponents import order
from gamma_calc.language.program import Program
from gamma_calc.practice.setting import Setting
from gamma_calc.practice.transfer import transfer
from gamma_calc.studies.rate_point import RatePoint
from gamma_calc.studies.shared_rate import RateComparison, standing
from validation.finetune.cells import AdapterArm
from validation.measurement.predict import predictions
from validation.statistics.verdict import Prediction


@lru_cache(maxsize=64)
def program_of(arm: AdapterArm) -> Program:
    """One adapted layer with Adam and one rate, eta; B's is n times it where the arm says so."""
    if arm.ratio != "n":
        return lora(arm.init, optimiser="adam")
    program = lora(arm.init, optimiser="adam", lr="per-factor")
    return program.substitute({"eta_A": order("eta"), "eta_B": order("eta + 1")})


@lru_cache(maxsize=64)
def derivation_of(arm: AdapterArm) -> Derivation:
    """Its derivation."""
    return derive(program_of(arm))


@lru_cache(maxsize=64)
def largest_rate_exponent(arm: AdapterArm) -> Fraction | None:
    """The exponent in the width of the largest stable rate; None where it is not derived.

    >>> [str(largest_rate_exponent(AdapterArm(*arm))) for arm in (("A",), ("B",), ("A", "n"))]
    ['-1/2', '-1', '-1']
    """
    try:
        return standing(str(arm), derivation_of(arm)).largest_rate
    except GammaError:
        return None


def sizes_along(arm: AdapterArm, eta: Fraction, steps: int) -> Mapping[str, Prediction]:
    """What is derived after some steps at a rate n^eta, by quantity."""
    found = predictions(program_of(arm), {"eta": eta}, steps)
    return {p.quantity: p for p in found if p.step == steps and not p.quantity.endswith(".aligned")}


def shared(arm: AdapterArm, rate: float, width: int, rank: int) -> tuple[RateComparison, RatePoint]:
    """A start and a point, as ``gamma-calc shared-rate`` compares them. Raises GammaError."""
    point = RatePoint.of_numbers(Decimal(repr(rate)), Decimal(width), Decimal(rank))
    program = lora(arm.init, optimiser="adam", rank="growing").substitute({"rho": point.rho or 0})
    return standing(arm.init, derive(program)), point


def carried(
    arm: AdapterArm, known: tuple[int, int, float], to: tuple[int, int], multipliers: tuple[float, float]
) -> float | None:
    """A known rate (width, rank, rate) taken to a width and a rank, as ``gamma-calc transfer`` does; None for none."""
    width, rank, rate = known
    if arm.ratio != "1":
        exponent = largest_rate_exponent(arm)
        known_law = exponent is not None and rank == to[1]
        return rate * (to[0] / width) ** float(exponent) if known_law and exponent is not None else None
    try:
        found = transfer(
            Setting(n=width, r=rank, s=multipliers[0], lr=rate, init=arm.init),
            Setting(n=to[0], r=to[1], s=multipliers[1]),
        ).by["edge"]
    except GammaError:
        return None
    return rate * found if isinstance(found, float) else None
