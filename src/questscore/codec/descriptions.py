"""What the fields of a class are, in words, out of its docstring.

Lives here: reading the ``Args:`` of docstrings.
Lives elsewhere: the JSON Schema that shows them (json_schema).
"""

from __future__ import annotations

import inspect
import re

_ENTRY = re.compile(r" {4}(\w+(?:, \w+)*): (.*)")


def summary(cls: type) -> str:
    """The first paragraph of its docstring.

    >>> summary(ValueError)
    'Inappropriate argument value (of correct type).'
    """
    return _plain((inspect.getdoc(cls) or "").split("\n\n")[0])


def descriptions(cls: type) -> dict[str, str]:
    """By field, what is said under ``Args:``, of its bases too."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _args(inspect.cleandoc(base.__dict__.get("__doc__") or ""))
    return found


def _args(doc: str) -> dict[str, str]:
    _, _, section = doc.partition("\nArgs:\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.split("\n\n")[0].splitlines():
        if match := _ENTRY.fullmatch(line):
            names = match[1].split(", ")
            found |= dict.fromkeys(names, match[2])
        elif names:
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return {name: _plain(text) for name, text in found.items()}


def _plain(text: str) -> str:
    text = re.sub(r"\s+", " ", text.replace("``", "")).strip()
    text = re.sub(r"`(\w+)`", r"\1", text)
    return text[:1].upper() + text[1:]
