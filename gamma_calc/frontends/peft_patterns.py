"""Which module of a model a peft configuration gives which rank and alpha, matched as peft matches.

A configuration names no modules, it names what they match; so its groups are found on names that the modules of a
transformer may have: made of the words of the file itself and of a few that are usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from typing import Any, Final

USUAL: Final = (
    *("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "fc1", "fc2", "query", "key"),
    *("value", "dense", "c_attn", "c_proj", "c_fc", "query_key_value", "lm_head", "classifier"),
)
EMBEDDINGS: Final = ("embed_tokens", "wte", "wpe", "word_embeddings", "position_embeddings", "embeddings", "embedding")
OTHER: Final = "any other"  # stands for the modules that nothing names
BLOCKS: Final = ("self_attn", "mlp")
LAYERS: Final = range(12)
MOST_NAMES: Final = 20_000
MOST_RULES: Final = 64  # regular expressions of a pattern
LONGEST: Final = 200  # of a regular expression that is tried
MOST_REPEATS: Final = 6  # more of them, or one inside another, can take for ever
REPEAT: Final = re.compile(r"(?<!\\)[*+{]")
NESTED: Final = re.compile(r"\([^()]*(?<!\\)[*+{][^()]*\)[*+{]")
WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NUMBER: Final = re.compile(r"\d{1,4}")


@dataclass(frozen=True)
class Pattern:
    """The keys of a rank_pattern or an alpha_pattern; the first one that a module's name matches counts.

    >>> Pattern(("^q_proj", "layers.[01].*", "proj")).key("model.layers.1.q_proj")
    'layers.[01].*'
    >>> Pattern(("^q_proj",)).key("model.layers.1.q_proj") is None
    True
    """

    keys: tuple[str, ...]

    def key(self, name: str) -> str | None:
        """The key by which peft finds a module: it is matched by the whole name or by what follows one of its dots."""
        found = [self._names[end] for end in _ends(name) if end in self._names]
        found += [self._roots[name]] if name in self._roots else []
        found += [next((i for i, rule in self._rules if rule.match(name)), len(self.keys))]
        return self.keys[min(found)] if min(found) < len(self.keys) else None

    @cached_property
    def _names(self) -> Mapping[str, int]:
        """Plain names by their place; there is no faster way through the hundreds of them that some files have."""
        return {literal(k): i for i, k in _last_first(self.keys) if is_literal(k) and not k.startswith("^")}

    @cached_property
    def _roots(self) -> Mapping[str, int]:
        return {literal(k): i for i, k in _last_first(self.keys) if is_literal(k) and k.startswith("^")}

    @cached_property
    def _rules(self) -> list[tuple[int, re.Pattern[str]]]:
        tried = [(i, k) for i, k in enumerate(self.keys) if not is_literal(k) and is_tried(k)]
        return [(i, re.compile(rf"(.*\.)?({key})$")) for i, key in tried[:MOST_RULES]]


def _ends(name: str) -> Iterator[str]:
    """The name, and what follows each of its dots."""
    while name:
        yield name
        name = name.partition(".")[2]


def _last_first(keys: Sequence[str]) -> list[tuple[int, str]]:
    """So that the first of two equal ones is what a dictionary keeps."""
    return list(enumerate(keys))[::-1]


def is_tried(expression: str) -> bool:
    r"""Can this regular expression be tried on names without taking for ever?

    >>> is_tried(r"layers\.[0-3]\..*q_proj"), is_tried("(a+)+b")
    (True, False)
    """
    if len(expression) > LONGEST or len(REPEAT.findall(expression)) > MOST_REPEATS:
        return False
    return not NESTED.search(expression)


def is_literal(key: str) -> bool:
    """Is a key a name or the end of one, with dots as they are or escaped?"""
    return all(c.isalnum() or c in "_.-" for c in literal(key))


def literal(key: str) -> str:
    """The name that a literal key spells."""
    return key.removeprefix("^").removesuffix("$").replace("\\.", ".")


@dataclass(frozen=True)
class Modules:
    """The modules of a configuration, with the keys of its two patterns."""

    fields: Mapping[str, Any]
    ranks: Pattern
    alphas: Pattern

    @property
    def keys(self) -> tuple[str, ...]:
        """Of both patterns, each once."""
        return tuple(dict.fromkeys((*self.ranks.keys, *self.alphas.keys)))

    @cached_property
    def pairs(self) -> tuple[tuple[str | None, str | None], ...]:
        """The rank's key and the alpha's key of every kind of module, none of them first."""
        found = dict.fromkeys((self.ranks.key(n), self.alphas.key(n)) for n in self.names)
        untried = [key for key in self.keys if not is_literal(key) and not is_tried(key)]
        found |= {(k if k in self.ranks.keys else None, k if k in self.alphas.keys else None): None for k in untried}
        places = {key: place for place, key in enumerate((None, *self.keys))}

        def place(pair: tuple[str | None, str | None]) -> tuple[int, int, int]:
            one, two = (places[key] for key in pair)
            return max(one, two), one, two

        return tuple(sorted(found, key=place))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of modules that get an adapter."""
        found = dict.fromkeys(name for name in islice(self._thinkable(), MOST_NAMES) if self.targets(name))
        return tuple(found) if self._listed is not None else (*found, f"model.{OTHER}")

    def targets(self, name: str) -> bool:
        """Does the module of this name get an adapter?"""
        saved = _texts(self.fields.get("modules_to_save"))
        excluded = self.fields.get("exclude_modules") or ()
        if any(name.endswith((f".{part}", part)) for part in saved) or _named(excluded, name):
            return False
        wanted = self._wanted
        return wanted is None or (_named(wanted, name) and self._in_layer(name))

    @property
    def names_readouts(self) -> bool:
        """Are modules named, so that a readout may be among them? All linear layers leave the readout out."""
        return self._wanted is not None

    @property
    def embeddings(self) -> tuple[str, ...]:
        """The usual names of embeddings that get an adapter."""
        if self._wanted is None:
            return ()
        places = ("model.", "model.decoder.", "transformer.", "model.embeddings.")
        return tuple(e for e in EMBEDDINGS if any(self.targets(place + e) for place in places))

    @property
    def _listed(self) -> list[str] | None:
        found = self.fields.get("target_modules")
        return _texts(found) if isinstance(found, list) else None

    @property
    def _wanted(self) -> list[str] | str | None:
        """What target_modules asks for; None for all linear layers, and where it cannot be tried."""
        found = self.fields.get("target_modules")
        if self._listed is not None:
            return self._listed
        known = isinstance(found, str) and found != "all-linear" and is_tried(found) and _compiles(found)
        return found if known else None

    def _in_layer(self, name: str) -> bool:
        layers = self.fields.get("layers_to_transform")
        numbers = [layers] if isinstance(layers, int) else layers
        if not isinstance(numbers, list) or not numbers or self._listed is None:
            return True
        found = re.match(r".*?\.[^.]*\.(?P<index>\d+)\.", name)
        return found is not None and int(found["index"]) in numbers

    def _thinkable(self) -> Iterator[str]:
        """Paths of modules: of the words and numbers of the file, below a model, in a block of a layer."""
        keys = [key for key in self.keys if is_literal(key) or is_tried(key)]
        words = dict.fromkeys(w for key in keys for w in WORD.findall(literal(key)))
        wanted = self._wanted
        ends = self._listed if self._listed is not None else (*USUAL, *words, *WORD.findall(str(wanted or "")))
        literals = [literal(key) for key in keys if is_literal(key)]
        for end in (*literals, *ends):
            yield f"model.{end}"
            if "." in end:
                yield end
        numbers = dict.fromkeys((*LAYERS, *(int(x) for key in keys for x in NUMBER.findall(key))))
        blocks = dict.fromkeys((*BLOCKS, *words))
        for number, block, end in product(numbers, blocks, ends):
            yield f"model.layers.{number}.{block}.{end}"


def _named(wanted: str | Sequence[object], name: str) -> bool:
    """By a regular expression, or by a list of names and ends of names."""
    if isinstance(wanted, str):
        return not (is_tried(wanted) and _compiles(wanted)) or re.fullmatch(wanted, name) is not None
    return any(name == one or name.endswith(f".{one}") for one in wanted if isinstance(one, str))


def _texts(found: object) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _compiles(expression: str) -> bool:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
