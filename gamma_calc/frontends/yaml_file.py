"""A small YAML file read with care: plain data only. Tags, and aliases that multiply what is read, are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.json_file import small_text
from gamma_calc.frontends.plain_text import number_or_text

if TYPE_CHECKING:
    from yaml.nodes import Node

PLAIN: Final = "tag:yaml.org,2002:"
KINDS: Final = frozenset(["map", "seq", "str", "int", "float", "bool", "null", "timestamp", "value"])
MOST_NODES: Final = 100_000  # an alias counts as all that it stands for
TRUE: Final = frozenset(["yes", "true", "on"])


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a file. Numbers stay exact: one written in decimals becomes a Decimal. Raises ConfigError."""
    root = _composed(small_text(path, "YAML"))
    if root is not None:
        _check_size(root)
    found = None if root is None else _value(root)
    if not isinstance(found, dict):
        raise ConfigError("the YAML is no mapping", hint="a config has lines such as lora_r: 16")
    return found


def _composed(text: str) -> Node | None:
    """The tree of a text; nothing in it has been made into a value yet."""
    import yaml

    try:
        found: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise ConfigError("not YAML that can be read: nested too deeply") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        told = getattr(error, "problem", None) or getattr(error, "reason", None) or "it breaks off"
        raise ConfigError(f"not YAML: {told}", where=place, hint="mend the file there") from None
    return found


def _check_size(root: Node) -> None:
    """Count before anything is copied: a tree of aliases doubles at every line."""
    try:
        whole = _size(root, {})
    except RecursionError:
        raise ConfigError("not YAML that can be read: nested too deeply") from None
    if whole > MOST_NODES:
        raise ConfigError("its aliases stand for more than can be read", hint="write out what the anchors stand for")


def _size(node: Node, known: dict[int, int]) -> int:
    if id(node) not in known:
        known[id(node)] = MOST_NODES + 1  # of a node inside itself
        known[id(node)] = 1 + sum(_size(one, known) for one in _children(node))
    return known[id(node)]


def _children(node: Node) -> Iterator[Node]:
    match node.id:
        case "mapping":
            yield from (one for pair in node.value for one in pair)
        case "sequence":
            yield from node.value


def _value(node: Node) -> Any:
    kind = node.tag.removeprefix(PLAIN)
    if kind not in KINDS:
        raise ConfigError(
            f"the tag {kind!r} asks for more than plain data",
            where=f"line {node.start_mark.line + 1}",
            hint="write plain values; nothing in a file is executed",
        )
    match node.id:
        case "mapping":
            return {str(_value(key)): _value(one) for key, one in node.value}
        case "sequence":
            return [_value(one) for one in node.value]
    return _scalar(kind, node.value, quoted=node.style is not None)


def _scalar(kind: str, text: str, *, quoted: bool) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in TRUE
    return text if quoted else number_or_text(text)
