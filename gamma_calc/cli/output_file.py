"""Files that a command makes: named by -o, made whole, and never put in place of another unasked."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

from cyclopts import Parameter

from gamma_calc.errors import ConfigError

Force = Annotated[bool, Parameter(help="write over a file that is there", negative="")]


def new_file(path: Path, *, force: bool) -> Path:
    """A path that a file can be written to, tried before anything is computed. Raises ConfigError."""
    if path.is_dir():
        raise ConfigError("is a directory", where=str(path), hint="name a file")
    if path.exists() and not force:
        raise ConfigError("is there already", where=str(path), hint="name another file, or add --force")
    try:
        with TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        hint = "name a file in a folder that is there"
        raise ConfigError(f"cannot be written ({error.strerror})", where=str(path), hint=hint) from error
