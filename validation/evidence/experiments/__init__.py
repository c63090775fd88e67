"""Published experiments run again: what was derived beside what is measured."""

from __future__ import annotations

from validation.evidence.experiments.figures import checked_folder as checked_folder
from validation.evidence.experiments.figures import draw as draw
from validation.evidence.experiments.grid import TeacherStudent as TeacherStudent
from validation.evidence.experiments.grid import rates_of as rates_of
from validation.evidence.experiments.outcome import ExperimentOutcome as ExperimentOutcome
from validation.evidence.experiments.outcome import computed as computed
from validation.evidence.experiments.outcome import outcome as outcome
from validation.evidence.experiments.outcome import stored as stored
from validation.evidence.experiments.tables import blocks as blocks
