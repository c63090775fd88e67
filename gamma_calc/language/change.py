"""Changes as programs: X[t] - X[t-1] (or X[t] - X[0]), split by which factor of a product moved.

What a node is at an earlier time and what its change is are made once and kept with the node, so that everything that
is watched of one program shares them.
"""

from __future__ import annotations

from gamma_calc.language.expression import Expression, Part, Time, total, walk


def earlier(node: Expression, time: Time) -> Expression:
    """The same expression with every parameter at an earlier time."""
    for below in walk([node], known=lambda node: ("at", time) in _made(node)):
        arguments = tuple(_earlier(a, time) for a in below.arguments)
        _made(below)["at", time] = below.at_time(time, arguments)
    return _earlier(node, time)


def change(node: Expression, since: Time = Time.PREVIOUS) -> Expression | None:
    """What a step (or the whole training) added to the expression, or None where nothing in it moves."""
    for below in walk([node], known=lambda node: ("change", since) in _made(node)):
        _made(below)["change", since] = below.own_change(since) or total(p.expression for p in _parts(below, since))
    return _made(node)["change", since]


def split(node: Expression, since: Time = Time.PREVIOUS) -> tuple[Part, ...]:
    """The parts of the change of a product: right factor moved, left factor moved, both moved.

    Known multipliers and what is subtracted at the start are looked through. For s B (A Z) the parts are delta1,
    delta2 and delta3. Raises ProgramError where the expression is no product.
    """
    change(node, since)
    return node.split(lambda product: _parts(product, since))


def _parts(node: Expression, since: Time) -> tuple[Part, ...]:
    changes = tuple(_made(a)["change", since] for a in node.arguments)
    if all(c is None for c in changes):
        return ()
    return node.change_parts(tuple(earlier(a, since) for a in node.arguments), changes)


def _earlier(node: Expression, time: Time) -> Expression:
    found = _made(node)["at", time]
    assert found is not None, "a node is something at every time"
    return found


def _made(node: Expression) -> dict[tuple[str, Time], Expression | None]:
    """What was made of the node before, kept with it."""
    made: dict[tuple[str, Time], Expression | None] = vars(node).setdefault("_made", {})
    return made
