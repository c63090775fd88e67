"""Sweeps: a grid of cells, run by any executor, kept in a store that a killed run resumes from."""

from __future__ import annotations

from validation.sweep.errors import ExecutorError as ExecutorError
from validation.sweep.errors import StoreError as StoreError
from validation.sweep.export import checked_export as checked_export
from validation.sweep.export import export as export
from validation.sweep.grid import Grid as Grid
from validation.sweep.job import Job as Job
from validation.sweep.measure import CellResult as CellResult
from validation.sweep.pools import pool as pool
from validation.sweep.run import SweepProgress as SweepProgress
from validation.sweep.run import run as run
from validation.sweep.store import Store as Store
from validation.sweep.store import StoredRow as StoredRow
