"""What part of an exponent a picture shows, from the least value to the largest; and of several, by their names."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

Span = tuple[Fraction, Fraction]
Spans = Mapping[str, Span]
