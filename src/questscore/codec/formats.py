"""The formats by suffix, and JSON.

Lives here: one reader and one writer a suffix. A reader refuses what its format would let pass in silence
(a key twice, ``NaN``) and gives line and column of what it cannot read.
Lives elsewhere: TOML (toml_text), YAML (yaml_text), files (files), what the values mean (structure).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import frozen

from questscore.codec.bounds import Beyond, Table, integer, real, too_deep
from questscore.codec.toml_text import read_toml, write_toml
from questscore.codec.yaml_text import read_yaml, write_yaml
from questscore.errors import ModelError


def read_json(text: str) -> object:
    """A JSON document."""
    try:
        return json.loads(
            text, object_pairs_hook=Table, parse_constant=Beyond, parse_float=real, parse_int=integer
        )
    except RecursionError:
        raise too_deep() from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ModelError(f"is not JSON: {error.msg}", where=where, fix="correct the JSON here") from None


def write_json(table: dict[str, Any]) -> str:
    """``table`` as a JSON document."""
    return json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@frozen
class Format:
    """How a file with some suffix is read and written."""

    read: Callable[[str], object]
    write: Callable[[dict[str, Any]], str]


_YAML = Format(read_yaml, write_yaml)
FORMATS = {
    ".toml": Format(read_toml, write_toml),
    ".json": Format(read_json, write_json),
    ".yaml": _YAML,
    ".yml": _YAML,
}
