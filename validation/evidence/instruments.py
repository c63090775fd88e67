"""What measurements are made with; this is where the reading of claims ends and torch is needed."""

from __future__ import annotations

from validation.evidence import experiments, trials
from validation.evidence.experiments import precision
from validation.executor.settings import Settings
from validation.measurement.along import largest_rate_along, slopes_along
from validation.measurement.stable_rate import largest_stable_rate
from validation.measurement.validate import validate

__all__ = [
    "Settings",
    "experiments",
    "largest_rate_along",
    "largest_stable_rate",
    "precision",
    "slopes_along",
    "trials",
    "validate",
]
