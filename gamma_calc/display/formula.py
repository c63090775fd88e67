r"""Displayed formulas in LaTeX, from rows that are LaTeX already, and expressions of programs as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_SIGNS: Final = (
    (re.compile(r"\^\(([^()]*)\)|\^(-?\d+)"), r"^{\1\2}"),
    (re.compile(r"_(\w+)"), r"_{\1}"),
    (re.compile(r" \(x\) "), r" \\otimes "),
    (re.compile(r" \* "), r" \\odot "),
    (re.compile(r" (?!\\)(?<!\\otimes )(?<!\\odot )"), r"\\, "),
)


def aligned(rows: Iterable[str]) -> str:
    r"""Rows of one display of a notebook, aligned at their ampersands.

    >>> print(aligned(["a &= 1", "b &= 2"]))
    $$\begin{aligned}
    a &= 1 \\
    b &= 2 \\
    \end{aligned}$$
    """
    return "\n".join([r"$$\begin{aligned}", *(rf"{row} \\" for row in rows), r"\end{aligned}$$"])


def expression_latex(text: str) -> str:
    r"""An expression of a program, as it is printed, in LaTeX.

    >>> print(expression_latex("(B' (-1 w)) (x) Z_A"))
    (B'\, (-1\, w)) \otimes Z_{A}
    """
    for sign, latex in _SIGNS:
        text = sign.sub(latex, text)
    return text
