"""What a pool comes to at most when it is paired off, where no part of an argument gains: bounds that end a search.

An example: w in a pool with relu(u + n^(-1/4) w) pairs with nothing but the second part, so that no pairing of the pool
is above -1/4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import chain

from gamma_calc.calculus.numbered_directions import NumberedDirections, Unpaired
from gamma_calc.calculus.ways import AT_ONCE, NO_WAY, Way, Ways, products, share_of
from gamma_calc.exponents import largest


@dataclass(frozen=True, eq=False)
class PairingBounds:
    """Bounds of whatever pairs a pool off. No weight is above 0, and a part counts by its size."""

    known: NumberedDirections

    def of_all(self, pool: Unpaired) -> Ways:
        """No pairing is larger: each atom takes its part of what serves it, and each activation has some moment.

        The square of a function has a mean that the function may lack, but where they are one.
        """
        each = (self._share(pool, atom) for atom in pool.atoms)
        functions = (self.known.activation(f) for f, _ in pool.functions)
        moments = (self.known.weights.ways(largest(f.moments)) for f in functions if f.function.idempotent)
        return reduce(products, chain(each, moments), (AT_ONCE,))

    def _share(self, pool: Unpaired, atom: int) -> Ways:
        """The most that an atom's own pairing leaves: two share a pair, and all vectors of a part its size."""
        pairs = (share_of(self.known.agreement(atom, other), 2) for other in pool.atoms if other != atom)
        return self.known.weights.joined(
            NO_WAY, chain(*pairs, *(self._share_given(f, atom) for f, _ in pool.functions))
        )

    def _share_given(self, function: int, atom: int) -> Ways:
        return self.known.once(
            ("share", function, atom), lambda: self.known.weights.joined(NO_WAY, self._shares(function, atom))
        )

    def _shares(self, function: int, atom: int) -> Iterator[Way]:
        """By each part that an activation may give, and by those that the activations in them may give then."""
        for part in self.known.parts_of(function):
            inside = [f for f in part.factors if self.known.is_function(f)]
            vectors = [f for f in part.factors if f not in inside]
            for f in inside:
                yield from self._share_given(f, atom)
            for f in vectors:
                yield from products(share_of(part.leaves, len(vectors)), self.known.agreement(atom, f))

    def of_atom(self, pool: Unpaired, atom: int) -> Ways:
        """What pairing off an atom leaves at most: with another one, or with something in a part that is given.

        Whatever else is paired, and in whichever order, no weight is above 0, and a part counts by its size.
        """
        partners = (self.known.agreement(atom, other) for other in pool.atoms if other != atom)
        inside = (self._answer(function, atom) for function, _ in pool.functions)
        return self.known.weights.joined(NO_WAY, chain.from_iterable((*partners, *inside)))

    def _answer(self, function: int, wanted: int) -> Ways:
        """The largest sizes at which a part of an activation's argument has something that pairs with an atom."""
        return self.known.once(
            ("answer", function, wanted), lambda: self.known.weights.joined(NO_WAY, self._answers(function, wanted))
        )

    def _answers(self, function: int, wanted: int) -> Iterator[Way]:
        for part in self.known.parts_of(function):
            for factor in part.factors:
                inside = self.known.is_function(factor)
                found = self._answer(factor, wanted) if inside else self.known.agreement(wanted, factor)
                yield from products(part.leaves, found)
