"""Fits of a size against the width: the straight line on log-log axes, and the sum of monomials behind a crossover."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import lsq_linear, minimize_scalar, nnls
from scipy.special import stdtrit

Floats = npt.NDArray[np.float64]

FEWEST_WIDTHS: Final = 4  # for a slope and its drift
FLOOR: Final = 2e-3  # relative error that no mean is trusted beyond: widths are whole numbers, limits have corrections
CONFIDENCE: Final = 0.95
HEAVY: Final = 3.0  # squared coefficient of variation of what is averaged; of one normal variable's square it is 2
SEARCH: Final = 1.0  # how far from the prediction a leading exponent is looked for
GRID: Final = 0.05
MOST_TERMS: Final = 4  # lower monomials that a handful of widths can tell apart


def root_mean_square(sizes: Floats) -> float:
    """Over seeds. In units of the largest, so that no square overflows."""
    largest = float(sizes.max())
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.sqrt(np.mean((sizes / largest) ** 2)))


@dataclass(frozen=True, slots=True)
class Points:
    """One quantity at one step: its mean square over seeds at each width, with the relative standard error.

    The spread is pooled over widths where that is larger: in the limit it is the same at every width, and the spread
    of a few seeds is more often too small than too large. Where it is so large that a few seeds carry the mean square
    (products of several normal variables), the square of the mean stands for it, and where a few carry that too the
    geometric mean: the limit law has the same exponent in all three, and logarithms have light tails. The mean comes
    first since it depends least on how many independent parts a sum has, such as a rank of a few. No logarithm where a
    seed is exactly zero.
    """

    widths: Floats
    squares: Floats
    errors: Floats
    seeds: int
    heavy: bool = False  # not root mean squares: a sum of monomials is then no sum of their squares

    @classmethod
    def of(cls, widths: Sequence[float], sizes: Sequence[Floats]) -> Points:
        """From the sizes of every seed at each width, of which one at least is positive."""
        largest = max(float(s.max()) for s in sizes)
        means, spread, heavy = _averages(sizes)
        seeds = np.array([len(s) for s in sizes])
        errors = np.sqrt(np.maximum(spread, spread.mean()) / seeds + FLOOR**2)
        return cls(np.array(widths, dtype=float), (means / largest) ** 2, errors, int(seeds.min()), heavy)

    def widest(self, count: int) -> Points:
        """Those at the largest widths."""
        return Points(self.widths[-count:], self.squares[-count:], self.errors[-count:], self.seeds, self.heavy)

    @property
    def logs(self) -> tuple[Floats, Floats]:
        """log n about its mean, and log of the root mean square."""
        x = np.log(self.widths)
        return x - x.mean(), np.log(self.squares) / 2

    @property
    def quantile(self) -> float:
        return float(stdtrit(self.seeds - 1, (1 + CONFIDENCE) / 2))


def _averages(sizes: Sequence[Floats]) -> tuple[Floats, Floats, bool]:
    """The size at each width, by the first mean that is not carried by a few seeds, and the spread of its square.

    Last, whether the first of them, the root mean square, is carried by a few.
    """
    means = np.array([root_mean_square(s) for s in sizes])
    spread = np.array([np.var((s / mean) ** 2, ddof=1) for s, mean in zip(sizes, means, strict=True)])
    heavy = bool(spread.mean() > HEAVY)
    if heavy:
        means = np.array([s.mean() for s in sizes])
        spread = np.array([4 * np.var(s / mean, ddof=1) for s, mean in zip(sizes, means, strict=True)])
    if heavy and spread.mean() > 4 * HEAVY and all(s.all() for s in sizes):
        logs = [np.log(s) for s in sizes]
        means = np.exp([x.mean() for x in logs])
        spread = np.array([4 * x.var(ddof=1) for x in logs])
    return means, spread, heavy


@dataclass(frozen=True, slots=True)
class LineFit:
    """The weighted straight line: its slope, the slope at the largest widths, both with standard errors.

    ``misfit`` is the root mean square of the relative residuals.
    """

    slope: float
    error: float
    late: float
    late_error: float
    misfit: float
    seeds: int

    @property
    def drift(self) -> float:
        return self.late - self.slope


def line(points: Points) -> LineFit:
    """Least squares with the weights that the seeds give; the late slope is that of the upper half of the widths."""
    x, y = points.logs
    sigma = points.errors / 2
    slope, error, residuals = _straight(x, y, sigma)
    upper = slice(len(x) // 2, None) if len(x) >= 6 else slice(1, None)
    late, late_error, _ = _straight(x[upper], y[upper], sigma[upper])
    return LineFit(slope, error, late, late_error, float(np.sqrt(np.mean(residuals**2))), points.seeds)


def _straight(x: Floats, y: Floats, sigma: Floats) -> tuple[float, float, Floats]:
    weights = sigma**-2
    centre = x - np.average(x, weights=weights)
    spread = float(np.sum(weights * centre**2))
    slope = float(np.sum(weights * centre * y)) / spread
    return slope, spread**-0.5, y - np.average(y, weights=weights) - slope * centre


@dataclass(frozen=True, slots=True)
class Crossover:
    """A fit of y^2 = sum of a_i^2 n^(2 g_i) with the lower exponents given and the leading one free.

    ``low`` and ``high`` bound the leading exponent; ``share`` is the part of y^2 that the leading term has at the
    largest width when its exponent is the derived one, ``most`` an upper bound of it; ``misfit`` as of the line;
    ``excess`` is how much worse the best fit within the tolerance is than the best of all, in squared standard errors.
    """

    slope: float
    low: float
    high: float
    share: float
    most: float
    misfit: float
    excess: float


def crossover(points: Points, predicted: float, lower: Sequence[float], tolerance: float) -> Crossover:
    """Profile of the leading exponent over ``predicted`` +- 1; the lower terms may only add."""
    scale = points.widths / points.widths[-1]
    fixed = np.stack([scale ** (2 * g) for g in lower[:MOST_TERMS]], 1)

    def cost(exponent: float) -> float:
        return _cost(points, np.column_stack([scale ** (2 * exponent), fixed]))[0]

    grid = predicted + np.arange(-SEARCH, SEARCH + GRID / 2, GRID)
    costs = np.array([cost(g) for g in grid])
    at, best = int(costs.argmin()), float(costs.min())
    free = max(1, len(scale) - 1 - _terms(points, scale, grid[at], fixed))
    unit = max(1.0, best / free)  # a model that misfits by more than the noise knows the exponent less well
    bound = best + points.quantile**2 * unit
    inside = np.flatnonzero(costs <= bound)
    low = _passing(cost, bound, grid[inside[0]], grid[max(inside[0] - 1, 0)])
    high = _passing(cost, bound, grid[inside[-1]], grid[min(inside[-1] + 1, len(grid) - 1)])
    near = min(cost(predicted + d) for d in (-tolerance, 0.0, tolerance))
    basis = np.column_stack([scale ** (2 * predicted), fixed])
    _, weights, residuals = _cost(points, basis)
    error = _leading_error(points, basis) * unit**0.5
    last = float(points.squares[-1])
    return Crossover(
        float(minimize_scalar(cost, bounds=(grid[at] - GRID, grid[at] + GRID), method="bounded").x),
        low,
        high,
        float(weights[0]) / last,
        min(1.0, (float(weights[0]) + points.quantile * error) / last),
        float(np.sqrt(np.mean((residuals * points.errors / 2) ** 2))),
        (max(near, best) - best) / unit,
    )


def _passing(cost: Callable[[float], float], bound: float, inside: float, outside: float) -> float:
    """Where the cost passes the bound, between a point within it and one without."""
    for _ in range(5):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if cost(middle) <= bound else (inside, middle)
    return float(inside)


def _cost(points: Points, basis: Floats) -> tuple[float, Floats, Floats]:
    """Squared misfit in standard errors, the non-negative weights, and the residuals in standard errors."""
    size = points.squares * points.errors
    design = basis / size[:, None]
    length = np.linalg.norm(design, axis=0)
    weights = _non_negative(design / length, points.squares / size) / length
    residuals = (points.squares - basis @ weights) / size
    return float(residuals @ residuals), weights, residuals


def _non_negative(design: Floats, target: Floats) -> Floats:
    """Least squares with non-negative weights."""
    try:
        weights: Floats = nnls(design, target, maxiter=100 * design.shape[1])[0]
    except RuntimeError:  # the active set went round in a circle: columns that are nearly equal
        weights = lsq_linear(design, target, (0, np.inf), method="bvls").x
    return weights


def _terms(points: Points, scale: Floats, exponent: float, fixed: Floats) -> int:
    _, weights, _ = _cost(points, np.column_stack([scale ** (2 * exponent), fixed]))
    return int(np.count_nonzero(weights))


def _leading_error(points: Points, basis: Floats) -> float:
    """Standard error of the leading weight when the others are free."""
    design = basis / (points.squares * points.errors)[:, None]
    rest = np.linalg.lstsq(design[:, 1:], design[:, 0], rcond=None)[0]
    alone = design[:, 0] - design[:, 1:] @ rest
    return float(1 / np.sqrt(np.sum(alone**2) + 1e-300))
