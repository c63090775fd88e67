"""Changes as programs: X[t] - X[t-1] (or X[t] - X[0]), split by which factor of a product moved."""

from __future__ import annotations

from gamma_calc.errors import ProgramError
from gamma_calc.language.expression import Expression, Part, total
from gamma_calc.language.leaves import Change, Parameter, Snapshot, Time
from gamma_calc.operations.scale import Scale


def earlier(node: Expression, time: Time) -> Expression:
    """The same expression with every parameter at an earlier time."""
    if isinstance(node, Parameter):
        return Snapshot(node, time)
    if isinstance(node, Change) and node.until is Time.NOW:
        return Change(node.parameter, node.since, time)
    return node.rebuild(*(earlier(a, time) for a in node.arguments)) if node.arguments else node


def change(node: Expression, since: Time = Time.PREVIOUS) -> Expression | None:
    """What a step (or the whole training) added to the expression, or None where nothing in it moves."""
    if isinstance(node, Parameter):
        return Change(node, since)
    return total(part.expression for part in _parts(node, since))


def split(node: Expression, since: Time = Time.PREVIOUS) -> tuple[Part, ...]:
    """The parts of the change of a product: right factor moved, left factor moved, both moved.

    Known multipliers and what is subtracted at the start are looked through. For s B (A Z) the parts are delta1,
    delta2 and delta3. Raises ProgramError where the expression is no product.
    """
    from gamma_calc.language.forms import Bilinear
    from gamma_calc.operations.since_start import SinceStart

    if isinstance(node, Scale):
        return tuple(Part(p.moved, node.rebuild(p.expression)) for p in split(node.arguments[0], since))
    if isinstance(node, SinceStart):
        return split(node.arguments[0], since)
    if not isinstance(node, Bilinear):
        raise ProgramError(f"{node} is no product of two factors", hint="split the product inside it")
    return _parts(node, since)


def _parts(node: Expression, since: Time) -> tuple[Part, ...]:
    changes = tuple(change(a, since) for a in node.arguments)
    if all(c is None for c in changes):
        return ()
    return node.moved(tuple(earlier(a, since) for a in node.arguments), changes)
