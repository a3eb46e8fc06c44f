"""JSON without its traps: no NaN, no key twice, no surprise.

Lives here: parsing one text, and why it is refused.
Lives elsewhere: JSON Lines (jsonl_file), columns of JSON (arrow, csv_file).
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from questscore.intake import Unreadable


class _Refused(ValueError):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise _Refused(f"the key {twice[:60]!r} is there twice; keep one")
    return found


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is no JSON number; write null")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def parse(text: str) -> dict[str, Any] | Unreadable:
    """A JSON object, or why the text is none.

    >>> parse('{"name": "login"}'), parse('{"a": NaN}').reason
    ({'name': 'login'}, 'NaN is no JSON number; write null')
    """
    try:
        found = _DECODER.decode(text)
    except _Refused as error:
        return Unreadable(str(error))
    except json.JSONDecodeError as error:
        return Unreadable(f"no JSON: {error.msg} at character {error.pos + 1}")
    except RecursionError:
        return Unreadable("JSON that is nested too deep; flatten it")
    except ValueError:
        return Unreadable("an integer too long to read; long numbers such as ids are text")
    if isinstance(found, dict):
        return found
    return Unreadable(f"a JSON {_kind(found)} where an object is wanted; write {{…}}")


def _kind(value: object) -> str:
    names = {list: "array", str: "text", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")
