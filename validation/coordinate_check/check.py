"""A coordinate check: a model trained a few steps at several widths, and a verdict on how every size grows.

Each module's activation and its change are expected to stay of order one, unless the user expects something else;
the features of LoRA adapters and the parts of their changes are compared with the derived exponents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from inspect import signature
from operator import itemgetter
from typing import Any, Final

import numpy as np
import torch

from gamma_calc.errors import GammaError, unknown
from validation.coordinate_check.adapters import adapters, checked_ranks
from validation.coordinate_check.expectations import (
    DEFAULT,
    OF_MODULES,
    Expectation,
    derived,
    expected,
    of_layers,
    rule_of,
    start_of,
)
from validation.coordinate_check.factory import Factory, FactoryError, built, check_widths, error_text
from validation.coordinate_check.result import CoordinateCheck
from validation.coordinate_check.training import Key, TrainedRun, trained
from validation.errors import SettingError
from validation.executor.settings import checked_seeds, checked_widths, doubled
from validation.statistics.slope import Floats, root_mean_square
from validation.statistics.verdict import Prediction, holm, row

TOLERANCE: Final = 0.1
APART: Final = 1_000_003  # between seeds, more than any width
SMALL: Final = 1e-2  # share of a gradient below which an epsilon does not show
UNFIT: Final = {"Optimizer", "LBFGS", "SparseAdam"}  # asks for a function, or for sparse gradients
Tell = Callable[[str, int, int], None]
Sizes = Mapping[Key, Mapping[int, Floats]]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How a model is trained at each width: torch's optimiser, the rate ``lr`` at the first width, then as n^``eta``.

    ``groups`` makes parameter groups of a model and a width, in place of one rate for all. ``init`` names the start of
    the adapters in the catalogue where the model does not say it; ``judged`` says whether adapters are compared with
    derived exponents (None: where there are any). Seeds are doubled up to ``most_seeds`` while an interval is too wide
    to decide.
    """

    optimiser: str = "adam"
    lr: float = 1e-2
    eta: Fraction = Fraction(0)
    steps: int = 3
    seeds: int = 4
    most_seeds: int = 16
    tolerance: float = TOLERANCE
    expectations: Sequence[Expectation] = DEFAULT
    init: str = ""
    judged: bool | None = None
    groups: Callable[[torch.nn.Module, int], Iterable[Any]] | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> type[torch.optim.Optimizer]:
        """The class of torch's optimiser, by its name in any case. Raises UnknownName."""
        return optimiser_class(self.optimiser)

    def made(self, model: torch.nn.Module, width: int, first: int) -> torch.optim.Optimizer:
        """The optimiser of a model. Raises SettingError where nothing is trained, or torch refuses."""
        parameters = [p for p in model.parameters() if p.requires_grad]
        if not parameters:
            raise SettingError("nothing of the model is trained", hint="unfreeze something, or add an adapter")
        groups = parameters if self.groups is None else self.groups(model, width)
        rate, make = self.lr * (width / first) ** float(self.eta), dict[str, Any](kind=self.kind)["kind"]
        try:
            made: torch.optim.Optimizer = make(groups, lr=rate, **self.arguments)
        except (TypeError, ValueError) as error:
            raise SettingError(f"torch.optim.{self.kind.__name__} refuses: {error}", hint="take another one") from error
        return made


def optimiser_class(name: str) -> type[torch.optim.Optimizer]:
    """A class of torch.optim by its name, in capitals or not. Raises UnknownName.

    >>> optimiser_class("adamw").__name__
    'AdamW'
    """
    kinds = {k.lower(): v for k, v in vars(torch.optim).items() if isinstance(v, type) and k not in UNFIT}
    known = {k: v for k, v in kinds.items() if issubclass(v, torch.optim.Optimizer)}
    if name.lower() not in known:
        raise unknown("optimizer of torch.optim", name, known)
    return known[name.lower()]


USUAL: Final = TrainingPlan()


def coordinate_check(
    factory: Factory, widths: Sequence[int], plan: TrainingPlan = USUAL, *, on_progress: Tell = lambda *_: None
) -> CoordinateCheck:
    """Train the model of ``factory`` at each width and judge the slope of every size.

    Args:
        factory: from a width to ``(model, batch)``; the model's forward takes the batch (a mapping as keywords, a tuple
            as arguments) and returns a scalar loss, or an object with ``.loss``. It is seeded before it is called.
        widths: at least four, increasing.
        plan: the optimiser, its rate, steps, seeds and what is expected.
        on_progress: called with what is run, how many are done, and of how many.

    Raises:
        GammaError: a factory that raises or returns something else (FactoryError, SettingError), widths at which it
            cannot be built, no trained parameter, no scalar loss, adapters asked for that are not there.

    >>> class Net(torch.nn.Module):
    ...     def __init__(self, n):
    ...         super().__init__()
    ...         self.inner, self.out = torch.nn.Linear(4, n), torch.nn.Linear(n, 1)
    ...     def forward(self, x):
    ...         return (self.out(self.inner(x)) - 1).square().mean()
    >>> def make(n):
    ...     return Net(n), torch.ones(1, 4)
    >>> found = coordinate_check(make, (16, 32, 64, 128), TrainingPlan(lr=1e-2, steps=1, seeds=2, most_seeds=2))
    >>> sorted({row.quantity for row in found.rows})
    ['inner activation', 'inner change', 'out activation', 'out change']
    """
    widths, most = checked_widths(widths), max(plan.seeds, plan.most_seeds)
    checked_seeds(plan.seeds, most)
    optimiser_class(plan.optimiser)  # refused before anything runs
    check_widths(factory, widths)
    if plan.judged and not adapters(built(factory, widths[0])[0]):
        raise SettingError("the model has no LoRA adapters", hint="leave --adapters out, or add some with peft")
    runs = _Runs(factory, widths, plan, on_progress)
    found = runs.judged(plan.seeds)
    for seeds in doubled(2 * plan.seeds, most):
        if seeds > plan.seeds and any(one.wants_seeds for one in found.rows):
            found = runs.judged(seeds)
    return found


@dataclass(eq=False)
class _Runs:
    """The runs so far, by width."""

    factory: Factory
    widths: tuple[int, ...]
    plan: TrainingPlan
    on_progress: Tell
    done: dict[int, list[TrainedRun]] = field(default_factory=dict)
    start: str = ""

    def judged(self, seeds: int) -> CoordinateCheck:
        """The verdict with this many seeds; those that are missing are run."""
        missing = [(n, s) for n in self.widths for s in range(len(self.done.get(n, ())), seeds)]
        for count, (width, seed) in enumerate(missing, 1):
            self._run(width, seed)
            self.on_progress(f"n = {width}, seed {seed + 1} of {seeds}", count, len(missing))
        return _judged(self.done, self.plan, self.start)

    def _run(self, width: int, seed: int) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(seed * APART + width)
            model, batch = built(self.factory, width)
            optimiser = self.plan.made(model, width, self.widths[0])
            self.done.setdefault(width, []).append(_trained(model, batch, optimiser, self.plan.steps, width))
        self.start = self.plan.init or _start(model)


def _trained(
    model: torch.nn.Module, batch: Any, optimiser: torch.optim.Optimizer, steps: int, width: int
) -> TrainedRun:
    """A run; what the user's own model raises is told with its width."""
    try:
        return trained(model, batch, optimiser, steps)
    except GammaError:
        raise
    except Exception as error:
        raise FactoryError(
            f"training raises {error_text(error)}", where=f"width {width}", hint="mend it; --debug shows where"
        ) from error


def _start(model: torch.nn.Module) -> str:
    """The start that the model's peft configuration asks for, "" where there is none."""
    configs = getattr(model, "peft_config", None) or {}
    return next((start_of(getattr(one, "init_lora_weights", True)) for one in configs.values()), "")


def _judged(runs: Mapping[int, list[TrainedRun]], plan: TrainingPlan, start: str) -> CoordinateCheck:
    first, sizes = next(iter(runs.values()))[0], _by_row(runs)
    checked_ranks({width: found[0].ranks for width, found in runs.items()})
    wanted = [expected(plan.expectations, *key) for key in sizes if _is_judged(first, sizes, key, plan.steps)]
    notes = [f"{plan.kind.__name__}, rate {plan.lr:g} at n = {next(iter(runs))}, then as n^{plan.eta}; one batch"]
    notes += _epsilon_note(plan, runs)
    if first.ranks and plan.judged is not False:
        by_quantity = derived(start or "default", rule_of(plan.kind.__name__), plan.eta, plan.steps)
        wanted += of_layers(by_quantity, first.ranks, sizes)
        notes.append(f"adapters: derived from {start or 'default'}, a repeated sample, a loss linear in the output")
    return judged(wanted, sizes, plan.tolerance, notes)


def judged(wanted: Sequence[Prediction], sizes: Sizes, tolerance: float, notes: Iterable[str] = ()) -> CoordinateCheck:
    """The verdict on predictions from sizes over seeds: by row and width."""
    widths = tuple(next(iter(sizes.values())))
    seeds = min(len(sizes) for found in sizes.values() for sizes in found.values())
    named = {(f"{module} {quantity}", step): found for (module, quantity, step), found in sizes.items()}
    rows = holm([row(p, named[p.quantity, p.step], tolerance) for p in wanted])
    means = {key: np.array([root_mean_square(found[n]) for n in widths]) for key, found in named.items()}
    return CoordinateCheck(tuple(rows), widths, seeds, means, tuple(notes))


def _epsilon_note(plan: TrainingPlan, runs: Mapping[int, list[TrainedRun]]) -> Iterator[str]:
    """Is what the optimiser adds to the size of a gradient small against it, so that a step has one size?"""
    of_torch = signature(plan.kind).parameters
    epsilon = plan.arguments.get("eps", of_torch["eps"].default if "eps" in of_torch else None)
    width, smallest = min(((n, run.gradient) for n, found in runs.items() for run in found), key=itemgetter(1))
    if isinstance(epsilon, float) and epsilon > SMALL * smallest:
        yield f"epsilon {epsilon:g} is not small against gradients of {smallest:.1e} (n = {width}): scale the loss up"


def _by_row(runs: Mapping[int, list[TrainedRun]]) -> dict[Key, dict[int, Floats]]:
    """Sizes over seeds by row and width, for the rows that there are at every width."""
    return {
        key: {n: np.array([run.sizes[key] for run in found]) for n, found in runs.items()} for key in _everywhere(runs)
    }


def _everywhere(runs: Mapping[int, list[TrainedRun]]) -> Iterator[Key]:
    every = [run.sizes for found in runs.values() for run in found]
    return (key for key in every[0] if all(key in sizes for sizes in every))


def _is_judged(run: TrainedRun, sizes: Sizes, key: Key, last: int) -> bool:
    """Is it an activation before or after training, or a change after it?

    After fewer steps what starts behind a zero has not moved yet. A change is left out that is zero because nothing in
    the module or before it is trained.
    """
    module, quantity, step = key
    still = quantity == "change" and module in run.still and not any(found.any() for found in sizes[key].values())
    return quantity in OF_MODULES and step in (0, last) and not still
