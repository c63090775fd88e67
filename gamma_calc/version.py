"""The version of the package, in its one place."""

from typing import Final

__version__: Final = "0.2.0"
