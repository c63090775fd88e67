"""Answers as JSON."""

from __future__ import annotations

import json
from typing import Any


def json_text(answer: Any) -> str:
    """The data as JSON, indented, in ASCII.

    >>> print(json_text({"n": "-1/2"}))
    {
      "n": "-1/2"
    }
    """
    return json.dumps(answer, indent=2)
