"""TOML as plain values, and back.

Lives here: TOML within bounds, errors with line and column, and the layout of what is written: a section
for each signal, rule and level, small tables such as a limit on one line.
Lives elsewhere: files and suffixes (files), the other formats (formats).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from questscore.codec.bounds import ALL_DOTS, MOST_DOTS, real, too_deep
from questscore.errors import MissingExtra, ModelError

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_INLINE = re.compile(r"x = \[\n    (\{.*\}),\n\]\n")


def read_toml(text: str) -> object:
    """A TOML document.

    >>> read_toml("name = 'a'\\nlimit = { count = 1 }")
    {'name': 'a', 'limit': {'count': 1}}
    """
    if (dots := text.count(".")) > ALL_DOTS:
        what = f"has {dots:,} dots, more than {ALL_DOTS:,}"
        raise ModelError(what, fix="split it into several models, or write JSON or YAML")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MOST_DOTS:
            what = f"has {line.count('.'):,} dots, more than {MOST_DOTS}"
            raise ModelError(what, where=f"line {number}", fix="break the line, or write JSON or YAML")
    try:
        return tomllib.loads(text, parse_float=real)
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        what, where = str(error), ""
        if match := _PLACE.search(what):
            what = what[: match.start()]
            last = text.rstrip().count("\n") + 1
            where = f"line {match[1]}, column {match[2]}" if match[1] else f"line {last}"
        raise ModelError(f"is not TOML: {what}", where=where, fix="correct the TOML here") from None


def write_toml(table: dict[str, Any]) -> str:
    """``table`` as a TOML document.

    Raises:
        MissingExtra: tomli-w is not installed.
    """
    try:
        import tomli_w
    except ImportError:
        raise MissingExtra("writing TOML needs tomli-w: pip install 'questscore[toml]'") from None
    try:
        return "\n".join(_sections(table, "", "", tomli_w.dumps))
    except (TypeError, ValueError) as error:
        raise ModelError(f"cannot be TOML: {error}", fix="write JSON or YAML") from None


def _sections(
    table: dict[str, Any], header: str, path: str, dumps: Callable[[dict[str, Any]], str]
) -> Iterator[str]:
    """The section of a table, then those of the tables in it."""
    own: list[str] = []
    below: list[tuple[str, str, dict[str, Any]]] = []
    for key, value in table.items():
        name = dumps({key: 0}).removesuffix(" = 0\n")
        inner = f"{path}.{name}" if path else name
        tables = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        lines = [_INLINE.fullmatch(dumps({"x": [each]})) for each in tables if isinstance(each, dict)]
        if not lines or len(lines) < len(tables) or (path and all(lines)):
            single = isinstance(value, dict) and lines[0]
            own.append(f"{name} = {single[1]}\n" if single else dumps({key: value}))
        else:
            mark = f"[{inner}]" if isinstance(value, dict) else f"[[{inner}]]"
            below += ((mark, inner, each) for each in tables)
    if own or header:
        yield f"{header}\n{''.join(own)}" if header else "".join(own)
    for mark, inner, each in below:
        yield from _sections(each, mark, inner, dumps)
