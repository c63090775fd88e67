"""Expressions by content: what they are made of, however their objects are shared."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import fields, is_dataclass

from gamma_calc.language.expression import Expression, walk


def structure(roots: Iterable[Expression | None]) -> Hashable:
    """Equal for expressions written alike: the distinct nodes in the order of their use, and the places of the roots.

    >>> from gamma_calc import Dim, data
    >>> structure([data("Z", Dim("n", 1))]) == structure([data("Z", Dim("n", 1))])
    True
    >>> structure([data("Z", Dim("n", 1))]) == structure([data("Z", Dim("n", 1), fresh=True)])
    False
    """
    nodes = _Nodes()
    places = tuple(None if root is None else nodes.place(root) for root in roots)
    return tuple(nodes.known), places


class _Nodes:
    """Distinct nodes with their places; a node is its class, its shape, its facts, and the places of its arguments."""

    def __init__(self) -> None:
        self.known: dict[Hashable, int] = {}
        self._places: dict[int, int] = {}

    def place(self, root: Expression) -> int:
        for node in walk([root], known=lambda node: id(node) in self._places):
            facts = tuple((name, self._content(fact)) for name, fact in sorted(node.facts.items()))
            key = type(node), node.shape, facts, tuple(self._places[id(a)] for a in node.arguments)
            self._places[id(node)] = self.known.setdefault(key, len(self.known))
        return self._places[id(root)]

    def _content(self, fact: object) -> object:
        """A fact that speaks of other nodes (a change of its parameter, a start of what it is given as) by places."""
        if isinstance(fact, Expression):
            return self.place(fact)
        if is_dataclass(fact):
            parts = [getattr(fact, field.name) for field in fields(fact)]
            if any(isinstance(part, Expression) for part in parts):
                return type(fact), *map(self._content, parts)
        return fact
