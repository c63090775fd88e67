"""Plain data as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Data = dict[str, Any]


def json_text(answer: Any) -> str:
    """The data as JSON, indented, in ASCII.

    >>> print(json_text({"sup": [], "empty": False}))
    {
      "sup": [],
      "empty": false
    }
    """
    import json

    return json.dumps(answer, indent=2)


def number(value: Decimal) -> Any:
    """A decimal to six digits, as the number that JSON has for it.

    >>> number(Decimal(1) / 3)
    0.333333
    """
    import json

    return json.loads(f"{value:.6g}")
