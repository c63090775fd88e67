"""What stands at a place of a program, at whatever time: a short name for the vector that a function is applied to.

A vector before a step and after it are one quantity at two times, so they have one name; that is how an activation in
the forward pass and its slope in the backward pass are known to be of the same vector.
"""

from __future__ import annotations

from gamma_calc.language.expression import Expression, walk


def signature(node: Expression) -> str:
    """A name that two expressions share if they are written alike, up to the time of the parameters in them."""
    for below in walk([node], known=lambda node: "_signature" in vars(node)):
        vars(below)["_signature"] = _name(below)
    name: str = vars(node)["_signature"]
    return name


def _name(node: Expression) -> str:
    """By what the node is and the names of its arguments; kept with the node, so that shared ones cost once."""
    import hashlib  # slow to load, and only programs with entrywise functions need names

    parts = [node.place, *(vars(a)["_signature"] for a in node.arguments)]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
