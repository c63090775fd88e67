"""Figures of matplotlib, made without a window; and files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError, unknown

KINDS: Final = (".svg", ".png", ".pdf")
SHOWN: Final = (".svg", ".png")  # of a command that draws several
SETTINGS: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gamma-calc",
    "font.size": 9,
    "hatch.linewidth": 1,
}
UNDATED: Final = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}


def blank(width: float, height: float) -> Any:
    """An empty figure, in inches. Raises ConfigError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError("a figure needs matplotlib", hint="pip install 'gamma-calc[plot]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def checked_kind(path: Path) -> Path:
    """A path whose ending names a kind of figure. Raises UnknownName for another.

    >>> checked_kind(Path("phase.svg")).name
    'phase.svg'
    """
    if path.suffix.lower() not in KINDS:
        raise unknown("kind of figure", path.suffix or str(path), KINDS)
    return path


def save(figure: Any, path: Path) -> None:
    """Write a figure to a file, the same bytes for the same figure; letters stay letters.

    Raises UnknownName for an ending that is no kind of figure, ConfigError for a path that cannot be written.
    """
    kind = checked_kind(path).suffix.lower()
    try:
        with whole(path) as part:
            _write(figure, part, kind)
    except OSError as error:
        hint = "give a path that can be written, ending in .svg, .png or .pdf"
        raise ConfigError(f"cannot write the figure {path}: {error}", hint=hint) from error


def save_each(figures: Mapping[str, Any], folder: Path, kinds: Sequence[str] = SHOWN) -> None:
    """Write figures by name into a folder, each in every kind. Raises ConfigError."""
    for name, figure in figures.items():
        for kind in kinds:
            save(figure, folder / f"{name}{kind}")


def svg(figure: Any) -> str:
    """A figure as the text of an SVG."""
    from io import BytesIO

    file = BytesIO()
    _write(figure, file, ".svg")
    return file.getvalue().decode("utf-8")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside another one to write to, which takes its place when all is written."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(figure: Any, target: Any, kind: str) -> None:
    from matplotlib import rc_context

    with rc_context(SETTINGS):
        figure.savefig(target, format=kind[1:], metadata=UNDATED[kind], dpi=160)
