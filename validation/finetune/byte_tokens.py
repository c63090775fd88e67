"""A tokenizer for models without one: the bytes of a text in UTF-8, after a few tokens of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

PAD, END, START = 0, 1, 2
FIRST: Final = 3  # of the bytes
MASK: Final = FIRST + 256
SIZE: Final = MASK + 1


class Tokens(Protocol):
    """What a data set needs of a tokenizer: numbers of a text, how many there are, and two of them by name."""

    @property
    def size(self) -> int:
        """How many different ones there are."""

    @property
    def pad(self) -> int:
        """What fills a short text."""

    @property
    def end(self) -> int:
        """What ends a text."""

    def encode(self, text: str) -> Sequence[int]:
        """The numbers of a text, without any that mark its ends."""


class ByteTokens:
    """One token a byte.

    >>> ByteTokens().encode("ab"), ByteTokens().size
    ([100, 101], 260)
    """

    size, pad, end = SIZE, PAD, END

    def encode(self, text: str) -> list[int]:
        """The bytes of a text, each moved past the tokens that are none."""
        return [FIRST + byte for byte in text.encode()]
