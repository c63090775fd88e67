"""Names of starts on the command line: one or several, with commas or without, or all."""

from __future__ import annotations

from collections.abc import Iterable

from gamma_calc.studies.largest_rate import known_starts

ALL = "all"


def starts_named(texts: Iterable[str]) -> tuple[str, ...]:
    """The starts, each once; "all" is every start of the catalogue whose sizes are known.

    >>> starts_named(["A,B", "pissa", "A"])
    ('A', 'B', 'pissa')
    >>> "general" in starts_named(["all"])
    False
    """
    names = (name.strip() for text in texts for name in text.split(","))
    listed = (found for name in names for found in ([s.name for s in known_starts()] if name == ALL else [name]))
    return tuple(dict.fromkeys(listed))
