"""How a run keeps each tensor of a program: written out, as the factors of a sum of outer products, or implicitly.

A square random matrix of 2^16 rows cannot be written out. If all that a program does with it is to apply it to
vectors, nobody can tell it from one that is drawn along the vectors that it meets; and a gradient u w' may stay u, w.

>>> from gamma_calc import lora
>>> plan = storage_plan(lora(init="A", optimiser="sign", loss="vector"))
>>> {leaf.name: plan.implicit(leaf) for leaf in plan.leaves if len(leaf.shape) == 2}
{'W*': True, 'B': False, 'A': False}

W* is implicit. A and B have few rows or columns, and are written out. Their updates are not: the sign of u w' is the
sign of u times that of w. A's gradient has w = Z, which stays the same, so its sign is taken once.

>>> {name: (plan.factored(name), plan.one_sided(name)) for name in plan.gradients}
{'B': (True, None), 'A': (True, 'right')}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

from gamma_calc.language.expression import Expression, Time
from gamma_calc.language.leaves import Data, Frozen, Parameter
from gamma_calc.language.program import Program
from validation.executor.fast_paths import WRITTEN_OUT, FastUpdate, fast_operation, fast_update
from validation.executor.graph import Operation
from validation.executor.wanted import Wanted

Given = Data | Frozen | Parameter


@dataclass(frozen=True, slots=True)
class MovedAsMade:
    """A parameter that moves while its update is made, which is never there as a whole.

    All that uses the old parameter are products with vectors known before the update, and all that uses the update are
    products with vectors that stay the same; these are their places.
    """

    of_the_old: list[int]
    of_the_update: list[int]


@dataclass(frozen=True, eq=False)
class StoragePlan(Wanted):
    """What a program asks for, and how its tensors can be kept; the same at every width."""

    @cached_property
    def uses(self) -> Mapping[str, list[int]]:
        """The places at which each drawn tensor stands, at whatever time it is taken; none for an idle parameter."""
        places: dict[str, list[int]] = {p.name: [] for p in self.program.parameters}
        for i, operation in enumerate(self.graph.operations):
            node = _drawn(operation)
            if node is not None:
                places.setdefault(node.name, []).append(i)
        return places

    @cached_property
    def leaves(self) -> list[Given]:
        """Every drawn tensor once."""
        return list({n.name: n for n in map(_drawn, self.graph.operations) if n is not None}.values())

    def keeps_initial(self, name: str) -> bool:
        return any(node.since is None and node.until is Time.START for node in self._nodes(name))

    def keeps_moved(self, name: str) -> bool:
        """Is what the whole training added to a parameter used?"""
        return any(node.since is Time.START for node in self._nodes(name))

    def _nodes(self, name: str) -> list[Expression]:
        """The leaves that stand for a parameter, at whatever time."""
        return [self.graph.operations[i].node for i in self.uses[name]]

    def implicit(self, leaf: Given) -> bool:
        """May a random matrix be drawn only along the vectors that it meets?

        Yes where it does nothing but act on vectors, and every update is a sum of outer products. It pays where both
        axes grow; with few rows or columns the matrix is smaller than what would be remembered of it. A start that is
        given is written out.
        """
        return (
            len(leaf.shape) == 2
            and leaf.name not in self.initial
            and all(d.exponent != 0 for d in leaf.shape)
            and all(map(self._only_acts, self.uses[leaf.name]))
            and (leaf.name not in self.gradients or self.factored(leaf.name))
        )

    def products(self, leaf: Given) -> int:
        """How many vectors a matrix meets in a step, at most."""
        return len(self.uses[leaf.name]) + len(self._users[self.uses[leaf.name][0]])

    def fast(self, name: str) -> FastUpdate:
        """What saves work in the updates of a parameter; nothing where it moves by itself too."""
        return WRITTEN_OUT if name in self.motions else fast_update(self.rules[name])

    def factored(self, name: str) -> bool:
        """Is every update of a parameter a sum of few outer products?"""
        rank, side = self._ranks[self.gradients[name]], self._constant_side(self.gradients[name])
        return self.fast(name).factored(self.rules[name], rank, side)

    def one_sided(self, name: str) -> str | None:
        """Which factor of a gradient u w' never changes, where that saves work: "left", "right" or None.

        What an optimiser keeps is then kept of the other factor alone.
        """
        return self._constant_side(self.gradients[name]) if self.fast(name).by_factor else None

    def moved_as_made(self, name: str) -> MovedAsMade | None:
        """What is asked of a parameter that can move while its update is made; None for one that cannot."""
        if not self.one_sided(name) or self.factored(name) or self.keeps_moved(name):
            return None
        later = [i for i in self.uses[name] if self.graph.operations[i].node.until is not Time.START]
        old, update = ([i for i in later if (i in self.moves) is moved] for moved in (False, True))
        places = MovedAsMade(*([user for i in some for user in self._users[i]] for some in (old, update)))
        asked_whole = self.wanted.intersection(update).union(set(self.of_the_step).intersection(old))
        before = all(self._multiplies(user) and not self._later(user) for user in places.of_the_old)
        after = all(self._multiplies(user) and self._others_stay(user, update) for user in places.of_the_update)
        return places if before and after and not asked_whole else None

    def _multiplies(self, place: int) -> bool:
        """Is it the product of a matrix and a vector?"""
        operation = self.graph.operations[place]
        axes = sum(len(self.graph.operations[a].node.shape) for a in operation.arguments)
        return fast_operation(operation.node).acts and axes == 3

    def _later(self, place: int) -> bool:
        """Is it known only after an update, or with the next sample?"""
        return self.graph.operations[place].fresh or place in self.moves

    def _others_stay(self, place: int, those: list[int]) -> bool:
        operations = self.graph.operations
        return all(operations[a].constant for a in operations[place].arguments if a not in those)

    def update_arrays(self, name: str) -> int:
        """How many arrays of a parameter's shape its updates take: none, the update, or also gradient and memory."""
        if self.factored(name):
            return 0
        return 1 if self.one_sided(name) else self.fast(name).arrays

    def _constant_side(self, place: int) -> str | None:
        operation = self.graph.operations[place]
        fast = fast_operation(operation.node)
        if fast.scales:
            return self._constant_side(operation.arguments[0])
        if fast.outer:
            left, right = (self.graph.operations[a].constant for a in operation.arguments)
            return "right" if right else "left" if left else None
        return None

    @cached_property
    def _ranks(self) -> list[int | None]:
        """For each operation, how many outer products its result is a sum of; None where it is no such sum."""
        ranks: list[int | None] = []
        for operation in self.graph.operations:
            ranks.append(fast_operation(operation.node).rank([ranks[a] for a in operation.arguments]))
        return ranks

    def _only_acts(self, place: int) -> bool:
        return place not in self.wanted and all(self._acts(user, place) for user in self._users[place])

    def _acts(self, user: int, place: int) -> bool:
        operation = self.graph.operations[user]
        fast = fast_operation(operation.node)
        if fast.passes:
            return self._only_acts(user)
        others = [a for a in operation.arguments if a != place]
        vectors = all(len(self.graph.operations[a].node.shape) == 1 for a in others)
        return fast.acts and vectors and bool(others)

    @cached_property
    def turns(self) -> Mapping[int, int]:
        """How many arrays the values of a vector are written to by turns, where nothing keeps them beyond a step.

        What speaks of a step is looked at once. Other values are looked at as they are before a step and after it, and
        where the sample changes also in between. What optimisers and the records of losses are given may be kept.
        """
        return {
            place: 1 if operation.moves else 3 if operation.fresh else 2
            for place, operation in enumerate(self.graph.operations)
            if fast_operation(operation.node).into and len(operation.node.shape) == 1 and place not in self._handed_on
        }

    @cached_property
    def _handed_on(self) -> frozenset[int]:
        """The places whose arrays may be kept, themselves or as a part of what is made of them."""
        found = {*self.gradients.values(), *self.motions.values(), *self.initial.values(), *self.losses, *self.carried}
        for place in reversed(range(len(self.graph.operations))):
            operation = self.graph.operations[place]
            if place in found and (fast_operation(operation.node).view or self._ranks[place] is not None):
                found.update(operation.arguments)
        return frozenset(found)

    @cached_property
    def _users(self) -> Mapping[int, list[int]]:
        return self.graph.users()


def storage_plan(program: Program, with_loss: bool = False) -> StoragePlan:
    """The reading of a program, remembered for the programs that were read last: they are immutable."""
    return _storage_plan(_Same(program), with_loss)


class _Same:
    """A program as a key: equal to itself alone. Holding it keeps its id its own."""

    __slots__ = ("program",)

    def __init__(self, program: Program) -> None:
        self.program = program

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.program is self.program

    def __hash__(self) -> int:
        return id(self.program)


@lru_cache(maxsize=32)
def _storage_plan(same: _Same, with_loss: bool) -> StoragePlan:
    return StoragePlan(same.program, with_loss)


def _drawn(operation: Operation) -> Given | None:
    """The tensor that a leaf is, or was at another time."""
    return cast("Given | None", operation.node.tensor)
