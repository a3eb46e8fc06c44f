"""CSV files: types of columns, lines of rejections, and files that are none."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.io import read_events

T = "2026-03-01T09:00:00Z"


def file(path: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> Path:
    """A CSV file of these lines."""
    target = path / "events.csv"
    target.write_bytes((end.join(lines) + end).encode(encoding))
    return target


def column(path: Path, *cells: str, **options: Any) -> list[object]:
    """What a property column of these cells reads as."""
    target = file(path, "name,time,user,p", *(f"login,{T},ada,{cell}" for cell in cells))
    table = read_events(target, **options)
    found = table.properties.get("p")
    return [None if found is None else found.at(row) for row in range(len(table))]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2.5", "", "-3e2", "+.5", "7."], [1.0, 2.5, None, -300.0, 0.5, 7.0]),
        (["007", " 5 "], [7.0, 5.0]),
        (["true", "FALSE", "", "True"], [1.0, 0.0, None, 1.0]),
        (["true", "1"], ["true", "1"]),
        (["1", "x", ""], ["1", "x", None]),
        (["1", "nan"], ["1", "nan"]),
        (["1", "inf"], ["1", "inf"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["0x10", "2"], ["0x10", "2"]),
        (["١", "2"], ["١", "2"]),
        (["", ""], [None, None]),
        ([" ", ""], [" ", None]),
        (["1,5".replace(",", "."), '"2,5"'], ["1.5", "2,5"]),
    ],
)
def test_a_column_is_what_all_its_cells_are(cells: list[str], values: list[object], tmp_path: Path) -> None:
    """A number, a boolean or text; an empty cell is missing whatever the column is."""
    assert column(tmp_path, *cells) == values


def test_types_override(tmp_path: Path) -> None:
    """Text keeps its zeros; cells that are not what they are said to be cost their rows."""
    assert column(tmp_path, "007", "8", "", types={"p": "text"}) == ["007", "8", None]
    assert column(tmp_path, "1", "x", "nan", "2", types={"p": "number"}) == [1.0, 2.0]
    assert column(tmp_path, "true", "yes", "0", "", types={"p": "boolean"}) == [1.0, None]
    table = read_events(tmp_path / "events.csv", types={"p": "boolean"})
    fix = "is not true or false; correct the cell, or read the column as text"
    assert [str(r) for r in table.rejections] == [
        f"line 3: properties.p: a text of 3 characters {fix}",
        f"line 4: properties.p: a text of 1 character {fix}",
    ]
    renamed = read_events(tmp_path / "events.csv", {"zip": "p"}, types={"zip": "text"})
    assert renamed.properties["zip"].at(1) == "yes"
    with pytest.raises(
        EventError, match=r"events\.csv: types: there is no column 'zpi'; the nearest is 'zip'"
    ):
        read_events(tmp_path / "events.csv", {"zip": "p"}, types={"zpi": "text"})
    with pytest.raises(EventError, match=r"types\.p: 'int' is not a type"):
        read_events(tmp_path / "events.csv", types={"p": "int"})
    with pytest.raises(EventError, match="types= is for CSV"):
        read_events([], types={"p": "text"})


def test_numbers_that_cannot_be_held_cost_their_rows(tmp_path: Path) -> None:
    """An infinite one and an integer beyond 2^53; text is the way for long ids."""
    cells = ["1", "1e999", str(2**53), str(2**53 + 1), "9" * 50, f"-{'9' * 5000}", "0" * 60]
    assert column(tmp_path, *cells) == [1.0, 2.0**53, 0.0]
    reasons = [r.reason for r in read_events(tmp_path / "events.csv").rejections]
    assert [reason.split(";")[0] for reason in reasons] == [
        "an infinite number",
        *["an integer beyond 2^53"] * 3,
    ]
    assert column(tmp_path, *cells, types={"p": "text"}) == cells


def test_keys_are_text_even_where_they_look_like_numbers(tmp_path: Path) -> None:
    """User, account, id and name; an empty one is none."""
    target = file(tmp_path, "name,time,user,account,id", f"404,{T},007,1e5,10", f"x,{T},,true,")
    first, second = read_events(target)
    assert (first.name, first.user, first.account, first.id) == ("404", "007", "1e5", "10")
    assert (second.user, second.account, second.id) == (None, "true", None)


def test_times_are_text_or_integers(tmp_path: Path) -> None:
    """In the unit and the zone that the reader is told."""
    target = file(tmp_path, "name,time,user", "a,1700000000,u", "b,2023-11-14 23:13:20,u", "c,2023-11-15,u")
    table = read_events(target, unit="s", timezone="Europe/Paris")
    assert table.time.tolist() == [1_700_000_000_000_000, 1_700_000_000_000_000, 1_700_002_800_000_000]
    assert [r.field for r in read_events(target).rejections] == ["time"] * 3


def test_lines_of_rejections_count_blank_lines_and_cells_of_several_lines(tmp_path: Path) -> None:
    """The line a row begins at; rows count rows."""
    lines = ["name,time,user", "", f'"a\nb",{T},u', "c,soon,u", "", "", "d", f'e,{T},"u', 'v"', ",,"]
    for end in ("\n", "\r\n"):
        table = read_events(file(tmp_path, *lines, end=end))
        assert len(table) == 2
        assert [(r.row, r.line, r.field) for r in table.rejections] == [
            (1, 5, "time"),
            (2, 8, ""),
            (4, 11, "name"),
        ]


def test_a_header_with_a_mark_an_index_and_a_trailing_comma(tmp_path: Path) -> None:
    """The byte order mark is no part of a name, and columns without a name are left out."""
    target = file(tmp_path, ",name,time,user,", f"0,login,{T},ada,", encoding="utf-8-sig")
    assert list(read_events(target).properties) == []
    target = file(tmp_path, "name,time,user", f"login,{T},ada", encoding="utf-8-sig")
    assert len(read_events(target)) == 1


def test_properties_in_a_column_of_json(tmp_path: Path) -> None:
    """Objects, flattened; what is none costs its row."""
    rows = [f'login,{T},ada,"{{""cart"": {{""total"": 3}}}}"', f"login,{T},ada,", f"login,{T},ada,[1]"]
    table = read_events(file(tmp_path, "name,time,user,properties", *rows))
    assert [event.properties for event in table] == [{"cart.total": 3.0}, {}]
    (rejection,) = table.rejections
    assert (rejection.field, rejection.line) == ("properties", 4)
    assert "array" in rejection.reason


def test_quotes_that_go_wrong(tmp_path: Path) -> None:
    """In one line: that row. When one is never closed: an error, since rows would be lost uncounted."""
    target = file(tmp_path, "name,time,user", f'"a"b,{T},u', f"c,{T},u")
    (rejection,) = read_events(target).rejections
    assert (rejection.line, rejection.field) == (2, "")
    for cells in (["x"], ["x" * 60_000] * 3):
        target = file(tmp_path, "name,time,user", f"c,{T},u", f'a,{T},"u', *cells)
        with pytest.raises(EventError, match="the quote in line 3 does not end"):
            read_events(target)


def test_a_cell_beyond_the_limit_of_the_csv_module_costs_its_row(tmp_path: Path) -> None:
    """The limit is the host's to change, and is not touched."""
    limit = csv.field_size_limit()
    target = file(tmp_path, "name,time,user,p", f"a,{T},u,{'x' * (limit + 1)}", f"b,{T},u,{'x' * limit}")
    table = read_events(target)
    assert [event.name for event in table] == ["b"]
    assert [(r.row, r.line) for r in table.rejections] == [(0, 2)]
    assert csv.field_size_limit() == limit


def test_nul_and_odd_characters_are_text(tmp_path: Path) -> None:
    """Whatever UTF-8 can hold."""
    assert column(tmp_path, "a\0b", "\u202e", "\U0001f680", "e\u0301\x85") == [
        "a\0b",
        "\u202e",
        "\U0001f680",
        "e\u0301\x85",
    ]


def test_a_table_without_a_needed_column_says_which_one_it_may_be(tmp_path: Path) -> None:
    """Name, time, and user or account."""
    for header, advice in (
        ("event,time,user", "{'name': 'event'}"),
        ("name,ts,user", "{'time': 'ts'}"),
        ("name,time,entity", "{'user': 'entity'}"),
        ("name,time,org", "{'account': 'org'}"),
        ("name,time,x", "{'user': …}"),
        ("Name,Time,User", "{'name': 'Name'}"),
    ):
        with pytest.raises(EventError, match="there is no column") as caught:
            read_events(file(tmp_path, header, f"a,{T},u"))
        assert advice in str(caught.value), header


def test_progress_counts_rows_up(tmp_path: Path) -> None:
    """Now and then, and at the end; of JSON Lines too."""
    for name, line, head in (
        ("e.csv", f"a,{T},u\n", "name,time,user\n"),
        ("e.jsonl", f'{{"name":"a","time":"{T}","user":"u"}}\n', ""),
    ):
        (tmp_path / name).write_text(head + line * 45_000)
        seen: list[int] = []
        table: EventTable = read_events(tmp_path / name, progress=seen.append)
        assert len(table) == seen[-1] == 45_000
        assert seen == sorted(seen)
        assert len(seen) >= 3


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    """Missing, a directory, not gzip, cut off: the file is named."""
    (tmp_path / "events.csv").write_text("name,time,user\n")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "plain.csv.gz").write_text("name,time,user\n")
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56")
    for name, says in (
        ("event.csv", "no such file\n  fix: is it 'events.csv'"),
        ("folder.csv", "directory"),
        ("folder.parquet", "no such file"),
        ("plain.csv.gz", "cannot be unpacked"),
        ("cut.jsonl.gz", "cannot be unpacked"),
        ("events.cvs", "fix: rename it if it is '.csv'"),
        ("a\0b.csv", "cannot be read"),
    ):
        with pytest.raises(EventError) as caught:
            read_events(tmp_path / name)
        assert says in str(caught.value), name
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("types", "where"),
    [
        ("text", "types"),
        (["p"], "types"),
        ({"user": "number"}, "types.user"),
        ({"time": "number"}, "types.time"),
    ],
)
def test_types_are_a_mapping_of_properties(types: Any, where: str, tmp_path: Path) -> None:
    target = file(tmp_path, "name,time,user,p", f"x,{T},u,1")
    assert len(read_events(target, types={"user": "text"})) == 1
    with pytest.raises(EventError) as caught:
        read_events(target, types=types)
    assert [(p.where, bool(p.fix)) for p in caught.value.problems] == [(where, True)]
