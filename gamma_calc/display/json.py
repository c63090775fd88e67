"""Plain data as JSON: every object that is printed says which schema it has and which version made it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from gamma_calc.version import __version__

Data = dict[str, Any]
EDITION: Final = 1  # of every schema; one more where a key goes or changes its meaning


def document(kind: str, answer: Mapping[str, Any]) -> str:
    """An answer as JSON, indented, in ASCII, with its schema's name and the version of the package.

    >>> print(document("derive", {"sup": [], "empty": False}))
    {
      "schema": "gamma-calc/derive/1",
      "version": "...",
      "sup": [],
      "empty": false
    }
    """
    import json

    return json.dumps({**labels(kind), **answer}, indent=2)


def labels(kind: str) -> dict[str, str]:
    """What every document begins with.

    >>> labels("rates")["schema"]
    'gamma-calc/rates/1'
    """
    return {"schema": f"gamma-calc/{kind}/{EDITION}", "version": __version__}


def number(value: Decimal) -> Any:
    """A decimal to six digits, as the number that JSON has for it.

    >>> number(Decimal(1) / 3)
    0.333333
    """
    import json

    return json.loads(f"{value:.6g}")
