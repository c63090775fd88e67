"""A derivation that was stopped: which steps are known, and which exponents keep it from its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import takewhile
from operator import and_
from types import MappingProxyType
from typing import Final

from gamma_calc.derivation.orders import OrderTable
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.display.showing import SelfShowing
from gamma_calc.engine.largest_point import StableUpTo, stable_up_to
from gamma_calc.engine.stable_set import read_everywhere, region_of
from gamma_calc.engine.state import State
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.errors import TimeUp
from gamma_calc.exponents import Affine, Region, Scope, order, watched
from gamma_calc.language.program import Program, Role

MOST_NAMED = 3  # of the exponents whose values would help
AT_ONCE: Final = 250_000_000  # nanoseconds that the sizes of steps may take however long the steps do
SHARE: Final = 2  # of what the steps take, one in so many
GRACE: Final = 1  # second that is taken when time is up, to say where what is known is bounded
FOR_A_PROOF: Final = 3  # that are taken to say where all that is to come is bounded


class StepsSoFar:
    """The steps of a derivation as they are made, with their sizes, for when it is stopped."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps: list[StepOrders] = []
        self._begun = time.monotonic_ns()
        self._for_sizes = 0  # nanoseconds

    def add(self, step: StepOrders) -> None:
        """Sizes are found at once, for when time is up it is late: as long as they take less than the steps do."""
        now = time.monotonic_ns()
        if self._for_sizes <= max(AT_ONCE, (now - self._begun - self._for_sizes) // SHARE):
            _ = step.sizes
            self._for_sizes += time.monotonic_ns() - now
        self.steps.append(step)

    @property
    def unfinished(self) -> Unfinished:
        """What is known: the steps up to the first whose sizes are not, and are not found in a little time.

        These are found anew, as what was stopped may be half done.
        """
        known: list[StepOrders] = []
        with suppress(TimeUp), watched(GRACE):
            for step in self.steps:
                told = step if "sizes" in vars(step) else replace(step, evaluated=None)
                _ = told.sizes
                known.append(told)
        return Unfinished(self.program, tuple(known))

    @property
    def error(self) -> TimeUp:
        """What is raised when time is up."""
        known = self.unfinished
        error = TimeUp(f"time is up: known is {known.summary}", hint=known.hint)
        error.known = known
        return error


@dataclass(frozen=True, eq=False)
class Unfinished(SelfShowing):
    """The sizes after each step that was derived in time; of later steps, conditions and bounds nothing is said.

    But for the stable set: ``inner`` is what is known to be stable, and outside ``outer`` nothing is.

    >>> from gamma_calc import derive, lora
    >>> from gamma_calc.errors import TimeUp
    >>> try:
    ...     derive(lora(), time_limit=0)
    ... except TimeUp as error:
    ...     print(error.known)
    Not finished
      known is no step of lora
    """

    program: Program
    steps: tuple[StepOrders, ...]

    @property
    def until(self) -> int | None:
        """The last step whose sizes are known; 0 is the start, None is not even that."""
        return len(self.steps) - 1 if self.steps else None

    def at_step(self, step: int) -> OrderTable:
        """Quantity to order after a step that is known."""
        return OrderTable(self.steps[step].sizes, step)

    @cached_property
    def outer(self) -> tuple[int, Region] | None:
        """The last step that could be asked in time, and where by these orders every output is bounded until then.

        What is stable lies inside it; of what lies inside, ``inner`` alone is known to be stable, as later steps may
        ask for more. Where orders were made on the stable set alone, it is what the cuts that are known to be needed
        left; steps whose orders may be too large are not asked.
        """
        found: tuple[int, Region] | None = None
        with suppress(TimeUp), watched(GRACE):
            region, everywhere = self.program.region, read_everywhere(self.program)
            for now, step in enumerate(takewhile(_exact, self.steps)):
                region = self._bounded(region, step) if everywhere else region_of(step.outer)
                found = now, region
        return found

    @cached_property
    def inner(self) -> StableUpTo | None:
        """Where every output is bounded at every step, by a proof that needs no further steps; None where it fails.

        It is asked of where outputs are bounded at the steps that are known (``engine/largest_point.py``).
        """
        with suppress(TimeUp), watched(FOR_A_PROOF):
            scope = self.steps[-1].now.scope if self.steps else None
            return stable_up_to(self.program, {Role.OUTPUT}, region_of(scope)) if isinstance(scope, Scope) else None
        return None

    @property
    def at_largest(self) -> OrderTable | None:
        """The settled orders where all rates are the largest of ``inner``."""
        if self.inner is None:
            return None
        *_, last = self.inner.steps
        return OrderTable(last.sizes, last.now.step, onwards=True, domain=self.inner.point)

    def _bounded(self, region: Region, step: StepOrders) -> Region:
        """The part of a region where every output is bounded at a step."""
        return reduce(and_, (step.sizes[name] <= 0 for name in _outputs(self.program)), region)

    @property
    def shares(self) -> Mapping[str, float]:
        """Open exponent to the share of the forms of the last known state that it occurs in, the largest first.

        Orders are maxima of affine forms, and their number is what takes time: to fix a frequent exponent helps most.
        """
        forms = list(_forms(self.steps[-1].now)) if self.steps else []
        found = Counter(name for form in forms for name in form.variables)
        return MappingProxyType({name: count / len(forms) for name, count in found.most_common()})

    @property
    def would_help(self) -> tuple[str, ...]:
        """The open exponents whose values would help most; all there are where no step tells them apart."""
        return tuple(self.shares or self.program.variables)[:MOST_NAMED]

    @property
    def summary(self) -> str:
        """One line: what is known."""
        if self.until is None:
            return f"no step of {self.program.name}"
        which = "the start of" if self.until == 0 else f"the start and {_steps(self.until)} of"
        known = "; nothing" if self.inner is None else ", and where it is stable; nothing else"
        return f"{which} {self.program.name}{known} is claimed of later steps, conditions and bounds"

    @property
    def hint(self) -> str:
        """What would help."""
        named = " or ".join(self.would_help)
        return f"give more time, or fix {named}" if named else "give more time"

    def blocks(self, dialect: str) -> Iterator[Block]:
        yield Block("Not finished", ((f"known is {self.summary}",),))
        yield Block("Stable set", tuple(self._stable(dialect)))
        if self.at_largest is not None:
            titled = f"Orders for every step t >= {self.at_largest.step} where all rates are largest"
            yield replace(self.at_largest.block(dialect), title=titled)
        for step in range(len(self.steps)):
            yield self.at_step(step).block(dialect)
        rows = [(f"{order(name):{dialect}}", f"in {share:.0%} of the forms") for name, share in self.shares.items()]
        yield Block("Open exponents whose values would help", tuple(rows[:MOST_NAMED]))

    def _stable(self, dialect: str) -> Iterator[tuple[str, str]]:
        if self.outer is not None and self.outer[0] > 0:
            now, region = self.outer
            yield "outer", f"{region:{dialect}}: outside it an output grows by step {now}"
        if self.inner is not None:
            yield "inner", f"{self.inner.region:{dialect}}: bounded at every step, as it is where all rates are largest"
        elif self.outer is not None and self.outer[0] > 0:
            yield "inner", "not known: later steps may ask for more"

    def to_json(self) -> str:
        return document("unfinished", self.as_data())

    def as_data(self) -> dict[str, object]:
        """``complete`` is false; ``until`` the last step that is known, null for none."""
        known = [{"step": t, "onwards": False, "orders": _texts(s)} for t, s in enumerate(self.steps)]
        helps = list(self.would_help)
        outer = None if self.outer is None else {"until": self.outer[0], "region": str(self.outer[1])}
        return {
            "program": self.program.name,
            "complete": False,
            "until": self.until,
            "steps": known,
            "stable": {"outer": outer, "inner": None if self.inner is None else _told(self.inner)},
            "help": helps,
        }


def _told(inner: StableUpTo) -> dict[str, object]:
    largest = {name: str(value) for name, value in inner.largest.items()}
    return {"region": str(inner.region), "largest": largest, "orders": _texts(inner.steps[-1])}


def _texts(step: StepOrders) -> dict[str, str]:
    return {name: str(size) for name, size in step.sizes.items()}


def _exact(step: StepOrders) -> bool:
    """Is nothing counted for more than it may be?"""
    return all(region.is_empty for region in step.overcounted.values())


def _outputs(program: Program) -> list[str]:
    return [name for name, q in program.quantities.items() if q.role is Role.OUTPUT and q.expression is not None]


def _steps(last: int) -> str:
    return "step 1" if last == 1 else f"steps 1 to {last}"


def _forms(state: State) -> Iterator[Affine]:
    """All forms of all orders of a state."""
    for tensor in state.tensors.values():
        for value in (tensor.start, *tensor.parts):
            for size in value.components.values():
                read = state.read(size)
                yield from read.above | read.below
