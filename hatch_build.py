"""The page on a package index: the README, its links made absolute there; in a clone they stay relative and work."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

RELATIVE = re.compile(r"\]\((?!https?://|#)")


class AbsoluteLinks(MetadataHookInterface):
    """Puts the address of the source before each relative link."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the readme."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = RELATIVE.sub(f"]({metadata['urls']['Source']}/", text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
