"""The tokenizer of a model: that of its checkpoint, or one of bytes where the model is made from a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError
from validation.finetune.byte_tokens import SIZE, ByteTokens, Tokens, TrainedTokens
from validation.finetune.libraries import quiet, transformers
from validation.finetune.model_source import ModelSource

FILES: Final = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "spiece.model", "tokenizer.model")


class CheckpointTokens:
    """A tokenizer of transformers."""

    def __init__(self, tokenizer: Any, size: int) -> None:
        self.tokenizer, self.size = tokenizer, size
        self.end = _number(tokenizer.eos_token_id, tokenizer.sep_token_id)
        self.pad = _number(tokenizer.pad_token_id, self.end)

    def encode(self, text: str) -> Sequence[int]:
        """The numbers of a text, without any that mark its ends."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return found


def tokens_of(source: ModelSource, texts: Iterable[str]) -> Tokens:
    """The tokenizer in a checkpoint's folder; else bytes, or pieces trained on texts where the model has room for more.

    Raises ConfigError where it does not fit, or where a checkpoint of more tokens than bytes comes without.
    """
    room = int(source.fields.get("vocab_size", 0))
    tokens = _tokens(Path(source.folder), room) if source.folder else _made(texts, room)
    if tokens.size > room:
        raise ConfigError(
            f"a vocabulary of {room}, and a tokenizer of {tokens.size} tokens",
            where=source.folder or "--model",
            hint="put the tokenizer of the checkpoint beside it, or set vocab_size to at least that",
        )
    return tokens


def _made(texts: Iterable[str], room: int) -> Tokens:
    return TrainedTokens(texts, room) if room > SIZE else ByteTokens()


def _tokens(folder: Path, room: int) -> Tokens:
    if not any((folder / name).exists() for name in FILES):
        if room > SIZE:
            hint = "put its tokenizer.json beside it: other tokens mean nothing to its weights"
            raise ConfigError(f"a checkpoint of {room} tokens without a tokenizer", where=str(folder), hint=hint)
        return ByteTokens()
    try:
        with quiet():
            made = transformers().AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        hint = "save it again with save_pretrained, or take its files away to read bytes"
        raise ConfigError(
            f"the tokenizer cannot be read ({type(error).__name__})", where=str(folder), hint=hint
        ) from error
    return CheckpointTokens(made, len(made))


def _number(*found: int | None) -> int:
    return next((number for number in found if number is not None), 0)
