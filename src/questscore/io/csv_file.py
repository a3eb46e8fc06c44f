"""CSV: a header, then a row an event, whatever the cells look like.

Lives here: rows into dictionary-encoded columns, rows that are none, and what type a column is.
Lives elsewhere: what may stand in the columns (intake), opening the file (files).

A property column is a number if all its non-empty cells are written as one (as Python writes a float, but
no ``nan`` and no ``inf``), a boolean if all are ``true`` or ``false``, else text; ``types`` overrides. In a
column of numbers a row with an infinite one (``1e999``) or an integer beyond 2^53 is rejected. ``name user
account id`` are text always. An empty cell is missing. A column ``properties`` holds JSON objects. A column
without a header, such as pandas writes for an index, is left out.
"""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from questscore.columns.table import Codes, EventTable, Keys, PropertyColumn
from questscore.errors import EventError, Problem, nearest, veiled
from questscore.intake import Assembly, Clock, Layout
from questscore.intake.coding import Coder, without_empty
from questscore.intake.layout import check_distinct
from questscore.intake.objects import add_objects
from questscore.intake.reasons import phrase, problem_of
from questscore.io.columns import collect
from questscore.io.files import Progress, opened
from questscore.io.strict_json import parse
from questscore.model.event import LARGEST_INTEGER, checked_value

CHUNK = 20_000
TYPES = ("number", "boolean", "text")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*([+-]?)0*(\d+)\s*", re.ASCII)
_BOOLEANS = {"true": 1.0, "false": 0.0}


def read_csv(
    path: Path,
    layout: Layout,
    clock: Clock,
    types: Mapping[str, str] | None,
    progress: Progress | None,
) -> EventTable:
    """The events of a file; a row that is no event is a rejection.

    Raises:
        EventError: The file cannot be read, its header does not name what every event has, or an option
            names a column that is not there.
    """
    with opened(path, encoding="utf-8-sig", newline="") as stream:
        sheet = _read(stream, progress)
        wanted = _checked_types(types, layout, sheet.headers)
        columns = {
            header: CellColumn(column.keys(), wanted.get(layout.property_name(header) or ""))
            for header, column in zip(sheet.headers, sheet.columns, strict=True)
            if header
        }
        parts = collect(columns, len(sheet.lines), layout, clock)
        for row, reason in sheet.broken.items():
            parts.faults.add("", np.array([row]), reason)
        return parts.table(line=lambda row: sheet.lines[row])


@define
class _Cells:
    """One column as it grows."""

    coder: Coder = field(factory=Coder)
    pieces: list[Codes] = field(factory=list)

    def keys(self) -> Keys:
        return Keys(np.concatenate([np.zeros(0, dtype=np.int32), *self.pieces]), self.coder.texts())


@define
class _Sheet:
    """A file's columns, the line each row begins at, and the rows that are none."""

    headers: list[str]
    columns: list[_Cells]
    lines: array[int] = field(factory=lambda: array("q"))
    broken: dict[int, str] = field(factory=dict)


def _read(stream: IO[str], progress: Progress | None) -> _Sheet:
    reader = csv.reader(stream, strict=True)
    try:
        headers = next(reader, [])
    except csv.Error as error:
        raise EventError(f"the header is no CSV ({error})", fix="check that this is a CSV file") from None
    except UnicodeDecodeError:
        raise _not_utf8(0) from None
    if not headers:
        raise EventError("the file is empty", fix="a CSV file begins with a header: name,time,user")
    check_distinct([header for header in headers if header])
    if len(headers) == 1:
        for mark in ";\t|":
            if mark in headers[0]:
                raise EventError(
                    f"there is no column 'name': the cells are divided by {mark!r}",
                    fix="save the file with commas",
                )
    sheet = _Sheet(headers, [_Cells() for _ in headers])
    rows: list[list[str]] = []
    for row in _rows(reader, sheet):
        rows.append(row)
        if len(rows) == CHUNK:
            _encode(sheet, rows)
            rows = []
            if progress:
                progress(len(sheet.lines))
    _encode(sheet, rows)
    if progress:
        progress(len(sheet.lines))
    return sheet


def _rows(reader: Any, sheet: _Sheet) -> Iterator[list[str]]:
    """Rows as wide as the header; what is none is noted and stands as a row of empty cells."""
    width, lines, broken = len(sheet.headers), sheet.lines, sheet.broken
    nothing = [""] * width
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise _not_utf8(reader.line_num) from None
        except csv.Error as error:
            last = reader.line_num
            if str(error) == "unexpected end of data" or (last > line and "limit" in str(error)):
                raise EventError(f"the quote in line {line} does not end", fix="close it") from None
            broken[len(lines)] = f"no CSV up to line {last} ({error}); check the quotes"
            row = nothing
        if len(row) != width:
            if not row:
                continue
            broken[len(lines)] = f"{len(row)} cells where the header has {width}; check the commas and quotes"
            row = nothing
        lines.append(line)
        yield row


def _encode(sheet: _Sheet, rows: Sequence[list[str]]) -> None:
    for column, cells in zip(sheet.columns, zip(*rows, strict=True), strict=False):
        column.pieces.append(column.coder.codes(cells))


def _checked_types(
    types: Mapping[str, str] | None, layout: Layout, headers: Sequence[str]
) -> Mapping[str, str]:
    if types is not None and not isinstance(types, Mapping):
        raise EventError(
            f"a {type(types).__name__} is not a mapping", where="types", fix="pass such as {'zip': 'text'}"
        )
    known = [name for name in map(layout.property_name, headers) if name]
    for name, kind in (types or {}).items():
        if name not in known:
            near = nearest(str(name), known)
            raise EventError(
                f"there is no column {name!r}" + (f"; the nearest is {near!r}" if near else ""),
                where="types",
                fix=f"write {near!r}" if near else "name a property of the file",
            )
        if kind not in TYPES:
            raise EventError(f"{kind!r} is not a type", where=f"types.{name}", fix=f"write one of {TYPES}")
        if kind != "text" and layout.fields.get(name) == name:
            raise EventError(
                f"{name!r} is a field of an event and no property", where=f"types.{name}", fix="leave it out"
            )
    return types or {}


@define
class CellColumn:
    """A column of cells, as a field or as a property of some type."""

    cells: Keys
    type: str | None

    def take(self, parts: Assembly, field: str, source: str) -> None:
        if field == "time":
            parts.take_text_times(self.cells, parts.clock.read_text)
        elif field == "name":
            parts.take_names(self.cells)
        else:
            parts.take_keys(field, self.cells)

    def add(self, parts: Assembly, name: str | None) -> None:
        texts, codes = self.cells.values, self.cells.codes
        if name is None:
            add_objects(parts, None, [parse(text) if text else None for text in texts], codes)
            return
        kind = self.type or _type_of([text for text in texts if text])
        if kind == "text":
            parts.add_property(name, PropertyColumn(None, without_empty(self.cells)))
            return
        if kind == "number":
            certain = self.type is None
            found = [float(t) if t and (certain or _NUMBER.fullmatch(t)) else np.nan for t in texts]
        else:
            found = [_BOOLEANS.get(text.strip().lower(), np.nan) for text in texts]
        by_code = np.array([*found, np.nan])
        parts.add_property(name, PropertyColumn(by_code[codes], None))
        problems = _problems(name, kind, texts, by_code)
        if problems:
            rows = np.flatnonzero(np.isin(codes, list(problems)))
            parts.faults.add(f"properties.{name}", rows, lambda row: phrase(problems[int(codes[row])]))


def _problems(name: str, kind: str, texts: Sequence[str], by_code: NDArray[np.float64]) -> dict[int, Problem]:
    """What is wrong with the texts that have no number, or a large one; by code."""
    read = _boolean if kind == "boolean" else _number
    problems: dict[int, Problem] = {}
    for code in np.flatnonzero(np.isnan(by_code[:-1]) | (np.abs(by_code[:-1]) >= LARGEST_INTEGER)).tolist():
        if texts[code]:
            problem = problem_of(lambda cell: checked_value(name, read(cell)), texts[code])
            if problem is not None:
                problems[code] = problem
    return problems


def _type_of(texts: Sequence[str]) -> str:
    if all(map(_NUMBER.fullmatch, texts)):
        return "number"
    return "boolean" if all(text.strip().lower() in _BOOLEANS for text in texts) else "text"


def _number(cell: str) -> float | int:
    if not _NUMBER.fullmatch(cell):
        raise _wrong(cell, "a number")
    integer = _INTEGER.fullmatch(cell)
    # 30 digits say that it is beyond 2^53; Python reads no integer of more than 4,300.
    return int(f"{integer[1]}{integer[2][:30]}") if integer else float(cell)


def _boolean(cell: str) -> float:
    try:
        return _BOOLEANS[cell.strip().lower()]
    except KeyError:
        raise _wrong(cell, "true or false") from None


def _wrong(cell: str, kind: str) -> EventError:
    return EventError(f"{veiled(cell)} is not {kind}", fix="correct the cell, or read the column as text")


def _not_utf8(line: int) -> EventError:
    place = f"after line {line}" if line else "its first line"
    return EventError(f"the file is not UTF-8 ({place})", fix="save it as CSV in UTF-8")
