"""Packages beyond the core, imported where they are used and nowhere else.

Lives here: the import, and the error that names the extra to install.
Lives elsewhere: what they are used for (arrow, frames, parquet_file, write).
"""

from __future__ import annotations

import importlib
from typing import Any

from questscore.errors import MissingExtra


def need(package: str, *, extra: str, purpose: str) -> Any:
    """A package's module.

    Raises:
        MissingExtra: It is not installed; the message says what to install.

    >>> need("json", extra="arrow", purpose="reading JSON").loads("[1]")
    [1]
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingExtra(
            f"{purpose} needs {package.partition('.')[0]}, which cannot be imported ({error})\n"
            f'  fix: pip install "questscore[{extra}]"'
        ) from None
