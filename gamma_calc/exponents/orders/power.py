"""Powers of n in print."""

from __future__ import annotations

from gamma_calc.exponents.orders.order import Order, order


def power(exponent: Order, dialect: str = "text") -> str:
    """A power of n, with parentheses where the exponent is neither a number nor a name.

    >>> power(order("-1/2")), power(order("eta")), power(order("-1/2 - rho/2"))
    ('n^-1/2', 'n^eta', 'n^(-1/2 - rho/2)')
    """
    exponent = order(exponent)
    text = f"{exponent:{dialect}}"
    bare = not exponent.variables or exponent == order(exponent.variables[0])
    return f"n^{text}" if bare else f"n^({text})"
