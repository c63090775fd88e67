"""Tokenizers for models without one: the bytes of a text, or pieces of bytes that are frequent in the data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

PAD, END, START = 0, 1, 2
FIRST: Final = 3  # of the bytes
MASK: Final = FIRST + 256
SIZE: Final = MASK + 1
NAMED: Final = ("<pad>", "<end>", "<start>")  # in the order of their numbers


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
    """One token a byte of UTF-8, after a few tokens of their own.

    >>> ByteTokens().encode("ab"), ByteTokens().size
    ([100, 101], 260)
    """

    size, pad, end = SIZE, PAD, END

    def encode(self, text: str) -> list[int]:
        """The bytes of a text, each moved past the tokens that are none."""
        return [FIRST + byte for byte in text.encode()]


class TrainedTokens:
    """Byte pairs merged as they are frequent in some texts, until there are as many tokens as a model has.

    >>> TrainedTokens(["banana " * 20], 300).encode("banana")
    [262]
    """

    pad, end = PAD, END

    def __init__(self, texts: Iterable[str], room: int) -> None:
        import tokenizers

        self._pieces: Any = tokenizers.Tokenizer(tokenizers.models.BPE())
        self._pieces.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=room, special_tokens=list(NAMED), initial_alphabet=alphabet, show_progress=False
        )
        self._pieces.train_from_iterator(texts, trainer)
        self.size = int(self._pieces.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """The pieces of a text."""
        found: list[int] = self._pieces.encode(text, add_special_tokens=False).ids
        return found
