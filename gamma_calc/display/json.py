"""Plain data as JSON."""

from __future__ import annotations

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
