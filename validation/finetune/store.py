"""A store that belongs to another experiment is refused, before it is touched."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from validation.finetune.job import NAME
from validation.sweep.errors import StoreError
from validation.sweep.refusals import check_path


def check_store(path: Path) -> None:
    """Looked at without a lock or a change. Raises StoreError."""
    check_path(path)
    if not path.exists() or not path.stat().st_size:
        return
    with suppress(sqlite3.Error, ValueError, KeyError), closing(_opened(path)) as ask:
        found = ask.execute("SELECT job FROM cells LIMIT 1").fetchone()
        target = json.loads(found[0])["target"] if found else NAME
        if target != NAME:
            raise StoreError(f"is the store of {target}", where=str(path), hint="name another file")


def _opened(path: Path) -> sqlite3.Connection:
    kept = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{kept}", uri=True)
