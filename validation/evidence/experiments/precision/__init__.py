"""Number formats against width: at which width each size of a LoRA layer goes wrong, derived and measured."""

from __future__ import annotations

from validation.evidence.experiments.precision.figures import draw as draw
from validation.evidence.experiments.precision.formats import FORMATS as FORMATS
from validation.evidence.experiments.precision.formats import LayerFormats as LayerFormats
from validation.evidence.experiments.precision.grid import Precision as Precision
from validation.evidence.experiments.precision.grid import computed as computed
from validation.evidence.experiments.precision.grid import epsilons_of as epsilons_of
from validation.evidence.experiments.precision.layer import rate_of as rate_of
from validation.evidence.experiments.precision.outcome import PrecisionOutcome as PrecisionOutcome
from validation.evidence.experiments.precision.outcome import outcome as outcome
from validation.evidence.experiments.precision.tables import blocks as blocks
