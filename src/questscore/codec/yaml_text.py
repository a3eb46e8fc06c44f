"""YAML as plain values, and back.

Lives here: the strict half of YAML 1.2 that a model needs. No aliases, anchors, tags, merge keys or
directives. A plain scalar is a number, ``true``, ``false`` or ``null`` as in YAML's core schema, and else
text, dates too; ``yes``, ``no``, ``on`` and ``off``, which other readers take for booleans, are quoted.
Lives elsewhere: files and suffixes (files), the other formats (formats).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from questscore.codec.bounds import DEEPEST, MOST_NODES, Beyond, Table, integer, real, too_deep, too_many
from questscore.errors import MissingExtra, ModelError

_WORDS: dict[str, bool | None] = {"null": None, "~": None, "true": True, "false": False}
_UNCLEAR = {"yes", "no", "on", "off", "y", "n"}
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_BEYOND = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def _missing(doing: str) -> MissingExtra:
    return MissingExtra(f"{doing} YAML needs ruamel.yaml: pip install 'questscore[yaml]'")


def read_yaml(text: str) -> object:
    """The one document in ``text``.

    Raises:
        ModelError: It is not YAML, or not the strict half; with line and column.
        MissingExtra: ruamel.yaml is not installed.

    >>> read_yaml("a: [1, no one, 2026-03-01]")
    {'a': [1, 'no one', '2026-03-01']}
    """
    try:
        from ruamel.yaml import YAML
    except ImportError:
        raise _missing("reading") from None
    events = YAML(typ="safe", pure=True).parse(text)
    try:
        return _Reader(iter(events)).document()
    except (ModelError, MemoryError):
        raise
    except Exception as error:  # the parser raises more than its own errors on some texts
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise ModelError(f"is not YAML: {what}", where=_at(mark), fix="correct the YAML here") from None


def _at(mark: Any) -> str:
    return "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.nodes = 0

    def document(self) -> object:
        value: object = None
        documents = 0
        for event in self.events:
            match type(event).__name__:
                case "DocumentStartEvent":
                    documents += 1
                    if documents > 1:
                        raise ModelError("is a second document", where=_at(event.start_mark), fix="write one")
                    if event.version or event.tags:
                        raise _refused(event, "a directive", "leave the line with % out")
                    value = self.value(next(self.events), 1)
        return value

    def value(self, event: Any, depth: int) -> object:
        self.nodes += 1
        kind = type(event).__name__
        if kind == "AliasEvent":
            raise _refused(event, f"an alias (*{event.anchor})", "write the value out again")
        if event.anchor is not None:
            raise _refused(event, f"an anchor (&{event.anchor})", "write out what its aliases stand for")
        if event.tag is not None:
            raise _refused(event, f"a tag ({event.tag})", "leave it out")
        if self.nodes > 2 * MOST_NODES:  # keys count here too
            raise too_many(_at(event.start_mark))
        if kind == "ScalarEvent":
            return _scalar(event)
        if depth > DEEPEST:
            raise too_deep(_at(event.start_mark))
        if kind == "SequenceStartEvent":
            items = []
            while type(item := next(self.events)).__name__ != "SequenceEndEvent":
                items.append(self.value(item, depth + 1))
            return items
        pairs = []
        while type(item := next(self.events)).__name__ != "MappingEndEvent":
            pairs.append((self.key(item, depth + 1), self.value(next(self.events), depth + 1)))
        return Table(pairs)

    def key(self, event: Any, depth: int) -> str:
        if type(event).__name__ == "ScalarEvent" and event.style is None:
            if event.value == "<<":
                raise _refused(event, "a merge key (<<)", "write the keys out")
            if event.value.lower() in _UNCLEAR and event.tag is event.anchor is None:
                return str(event.value)
        key = self.value(event, depth)
        if not isinstance(key, str):
            shown = "a list or table" if isinstance(key, (list, dict)) else repr(key)
            raise _refused(event, f"{shown} as a key", "write text, in quotes if need be")
        return key


def _refused(event: Any, what: str, fix: str) -> ModelError:
    return ModelError(f"{what} is not allowed in a model", where=_at(event.start_mark), fix=fix)


def _scalar(event: Any) -> object:
    text: str = event.value
    if event.style is not None:
        return text
    if text == "":
        raise ModelError(
            "nothing stands here", where=_at(event.start_mark), fix="give a value, or leave the key out"
        )
    if text.lower() in _UNCLEAR:
        fix = f"write true or false, or {text!r} in quotes where text or an expression is meant"
        raise ModelError(
            f"{text} may be a text or a boolean (or an expression)", where=_at(event.start_mark), fix=fix
        )
    return _plain(text)


def _plain(text: str) -> object:
    """What a plain scalar means in YAML's core schema."""
    word = text.lower()
    if word in _WORDS and text in (word, word.upper(), word.capitalize()):
        return _WORDS[word]
    if _INTEGER.fullmatch(text):
        return integer(text)
    if _BASED.fullmatch(text):
        return int(text, 0) if len(text) <= 30 else Beyond(text)
    if _REAL.fullmatch(text):
        return real(text)
    return Beyond(text) if _BEYOND.fullmatch(text) else text


def write_yaml(table: dict[str, Any]) -> str:
    """``table`` as a YAML document that `read_yaml` reads as the same."""
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.representer import SafeRepresenter
    except ImportError:
        raise _missing("writing") from None

    class Representer(SafeRepresenter):
        """Quotes every text that plain would be, or could be taken for, something else."""

    def text(representer: Any, value: str) -> Any:
        clear = value.isprintable() and isinstance(_plain(value), str)
        clear = clear and value.lower() not in _UNCLEAR and value != "<<"
        return representer.represent_scalar("tag:yaml.org,2002:str", value, style=None if clear else '"')

    Representer.add_representer(str, text)
    writer: Any = YAML(typ="safe", pure=True)
    writer.Representer = Representer
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    writer.allow_unicode = True
    writer.width = 110
    stream = io.StringIO()
    writer.dump(table, stream)
    return stream.getvalue()
