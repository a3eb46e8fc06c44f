"""JSON Lines files: lines that are events, lines that are none, and files that are none."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from questscore.errors import EventError
from questscore.io import read_events
from questscore.io.strict_json import parse

GOOD = b'{"name": "login", "time": "2026-03-01T09:00:00Z", "user": "ada"}'


def file(path: Path, *lines: bytes) -> Path:
    """A file of these lines."""
    (path / "events.jsonl").write_bytes(b"\n".join(lines))
    return path / "events.jsonl"


BROKEN = [
    (b"{", "no JSON: Expecting property name"),
    (b"null", "a JSON null where an object is wanted"),
    (b'"text"', "a JSON text where"),
    (b"[1]", "a JSON array where"),
    (b'{"a": 1, "a": 1}', "the key 'a' is there twice"),
    (b'{"properties": {"a": {"b": 1, "b": 2}}}', "the key 'b' is there twice"),
    (b'{"a": NaN}', "NaN is no JSON number"),
    (b'{"a": -Infinity}', "-Infinity is no JSON number"),
    (b'{"a": ' + b"9" * 5000 + b"}", "an integer too long to read"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"a":' * 100_000, "nested too deep"),
    (b'{"a": "\xff"}', "not UTF-8 (byte 8 of the line)"),
    (b'{"a": "\x01"}', "no JSON: Invalid control character"),
]


@pytest.mark.parametrize(("line", "says"), BROKEN, ids=lambda part: repr(part)[:30])
def test_a_line_that_is_no_event_costs_itself(line: bytes, says: str, tmp_path: Path) -> None:
    """With its line, blank ones counted, and its row, blank ones not counted."""
    table = read_events(file(tmp_path, b"\xef\xbb\xbf" + GOOD, b"", b"  ", line, GOOD, b""))
    assert len(table) == 2
    (rejection,) = table.rejections
    assert (rejection.row, rejection.line, rejection.field) == (1, 4, "")
    assert says in rejection.reason


def test_a_file_without_one_object_is_no_json_lines_file(tmp_path: Path) -> None:
    """A JSON array, binary data, other text; an empty file is an empty log."""
    array = json.dumps([json.loads(GOOD)], indent=1).encode()
    for lines in ([array], [bytes(range(256))], [b"name,time,user", b"a,b,c"], [b"x"] * 5000):
        with pytest.raises(EventError, match=r"events\.jsonl: this is no JSON Lines file"):
            read_events(file(tmp_path, *lines))
    assert len(read_events(file(tmp_path, b"", b" ", b""))) == 0
    assert len(read_events(file(tmp_path, *[b"x"] * 900, GOOD))) == 1


def test_unusual_separators_do_not_cut_lines(tmp_path: Path) -> None:
    """Only a newline does: U+2028, U+0085 and form feeds may stand inside texts."""
    row = {"name": "a\u2028b\u0085c", "time": 10**15, "user": "u\x0c"}
    table = read_events(
        file(tmp_path, json.dumps(row, ensure_ascii=False).replace("\\f", "\\u000c").encode())
    )
    assert [(e.name, e.user) for e in table] == [("a\u2028b\u0085c", "u\x0c")]


def test_lone_surrogates_are_kept_as_text(tmp_path: Path) -> None:
    """JSON can write them, and nothing here has to encode them."""
    table = read_events(file(tmp_path, GOOD.replace(b"ada", b"\\ud800"), GOOD.replace(b"login", b"\\udfff")))
    assert [(e.name, e.user) for e in table] == [("login", "\ud800"), ("\udfff", "ada")]


def test_damaged_lines_never_raise(tmp_path: Path) -> None:
    """10,000 lines with a byte changed, cut or doubled: taken or rejected."""
    rng = random.Random(5)
    whole = (
        b'{"name": "buy", "time": 1700000000000000, "user": "a", "properties": {"x": 1.5, "y": {"z": "t"}}}'
    )
    lines = [GOOD]
    for _ in range(10_000):
        line = bytearray(whole)
        at = rng.randrange(len(line))
        match rng.randrange(4):
            case 0:
                line[at] = rng.randrange(256)
            case 1:
                del line[at:]
            case 2:
                line[at:at] = line[at : at + 5]
            case _:
                del line[at]
        lines.append(bytes(line).replace(b"\n", b"").strip() or b"{}")
    table = read_events(file(tmp_path, *lines))
    assert len(table) + len(table.rejections) == len(lines)
    assert all(r.line == r.row + 1 for r in table.rejections)


def test_strict_json_reads_what_json_reads() -> None:
    """The traps aside, nothing changes."""
    text = '{"a": [1, 2.5, "x", null, true, {"b": {}}], "c": "\\u00e9\\ud83d\\ude80"}'
    assert parse(text) == json.loads(text)
