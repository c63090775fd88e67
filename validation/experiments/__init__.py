"""Published experiments run again: what was derived beside what is measured."""

from __future__ import annotations

from validation.experiments.figures import checked_folder as checked_folder
from validation.experiments.figures import draw as draw
from validation.experiments.grid import TeacherStudent as TeacherStudent
from validation.experiments.grid import rates_of as rates_of
from validation.experiments.outcome import Outcome as Outcome
from validation.experiments.outcome import computed as computed
from validation.experiments.outcome import outcome as outcome
from validation.experiments.outcome import stored as stored
from validation.experiments.report import blocks as blocks
