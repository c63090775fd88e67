"""Circles, floors and upward arrows of a graph of imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

LARGEST_CIRCLE = 18  # the best order is looked for among all subsets of a circle


@dataclass(frozen=True)
class Graph:
    """Who needs whom.

    >>> graph = Graph.of("abcd", [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])
    >>> graph.circles, graph.floors, graph.upwards
    ([['b', 'c']], 4, 1)
    """

    below: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, nodes: Iterable[str], arrows: Iterable[tuple[str, str]]) -> Graph:
        below: dict[str, set[str]] = {node: set() for node in nodes}
        for source, target in arrows:
            if source != target:
                below[source].add(target)
        return cls({node: frozenset(targets) for node, targets in below.items()})

    @cached_property
    def components(self) -> list[list[str]]:
        """Sets of nodes that all reach each other (Tarjan), what is needed before what needs it."""
        index: dict[str, int] = {}
        low: dict[str, int] = {}
        stack: list[str] = []
        found: list[list[str]] = []

        def visit(node: str) -> None:
            index[node] = low[node] = len(index)
            stack.append(node)
            for target in sorted(self.below[node]):
                if target not in index:
                    visit(target)
                    low[node] = min(low[node], low[target])
                elif target in stack:
                    low[node] = min(low[node], index[target])
            if low[node] == index[node]:
                cut = stack.index(node)
                found.append(sorted(stack[cut:]))
                del stack[cut:]

        for node in self.below:
            if node not in index:
                visit(node)
        return found

    @property
    def circles(self) -> list[list[str]]:
        return [component for component in self.components if len(component) > 1]

    @property
    def floors(self) -> int:
        """The longest chain; a circle is as high as it has members."""
        height: dict[str, int] = defaultdict(int)
        for component in self.components:
            beneath = {target for node in component for target in self.below[node]} - set(component)
            height.update(dict.fromkeys(component, len(component) + max((height[one] for one in beneath), default=0)))
        return max(height.values(), default=0)

    @property
    def upwards(self) -> int:
        """Arrows that point upwards in whatever order the nodes are put: the fewest over all orders."""
        return sum(map(self._fewest_upwards, self.circles))

    def _fewest_upwards(self, circle: list[str]) -> int:
        """The fewest in one circle: for each subset put lowest, the best order of that subset."""
        if len(circle) > LARGEST_CIRCLE:
            raise ValueError(f"a circle of {len(circle)} has too many orders to look through")
        number = {node: k for k, node in enumerate(circle)}
        needs = [sum(1 << number[one] for one in self.below[node] if one in number) for node in circle]
        best = [0]
        for placed in range(1, 1 << len(circle)):
            last = (k for k in range(len(circle)) if placed >> k & 1)
            best.append(min(best[placed & ~(1 << k)] + (needs[k] & ~placed).bit_count() for k in last))
        return best[-1]
