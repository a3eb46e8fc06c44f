"""A bad event is rejected with its row, field and reason, and the good ones beside it are kept."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import questscore
from corpus.broken_events import CSV, FILES, GOOD, HEAD, LINES, OK, ROWS, File, Row, Rows
from questscore.errors import EventError


def test_the_corpus_is_large_and_each_name_is_one() -> None:
    """At least sixty, counted by different names."""
    names = [entry.name for part in (ROWS, CSV, LINES, FILES) for entry in part]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_bad_event_is_rejected_and_its_neighbours_are_kept(row: Row) -> None:
    """Row, field and reason; nothing is raised."""
    table = questscore.read_events([GOOD, row.event, GOOD])
    assert len(table) == 2
    (rejection,) = table.rejections
    assert (rejection.row, rejection.field) == (1, row.field), str(rejection)
    assert row.says in rejection.reason
    assert len(rejection.reason) < 500


def can_be_said(row: Row) -> bool:
    """Whether `Event` takes such arguments at all."""
    return isinstance(row.event, dict) and {"name", "time"} <= row.event.keys() and "usr" not in row.event


@pytest.mark.parametrize("row", [row for row in ROWS if can_be_said(row)], ids=lambda row: row.name)
def test_a_bad_event_has_no_object_either(row: Row) -> None:
    """`Event` refuses what `read_events` rejects, with the same field."""
    assert isinstance(row.event, dict)
    try:
        questscore.Event(**row.event)
    except EventError as error:
        assert error.problems[0].where == row.field
        assert error.problems[0].fix
    except RuntimeError:
        assert row.name == "an object that fails"
    else:
        pytest.fail("was taken")


def read(path: Path, rows: Rows) -> None:
    path.write_bytes(rows.content if isinstance(rows.content, bytes) else rows.content.encode())
    table = questscore.read_events(path)
    assert len(table) == rows.kept, [str(r) for r in table.rejections]
    found = [(rejection.line, rejection.field) for rejection in table.rejections]
    assert found == [(line, field) for line, field, _ in rows.bad], [str(r) for r in table.rejections]
    for rejection, (_, _, says) in zip(table.rejections, rows.bad, strict=True):
        assert says in rejection.reason
        assert rejection.reason


@pytest.mark.parametrize("rows", CSV, ids=lambda rows: rows.name)
def test_bad_rows_of_a_csv_file(rows: Rows, tmp_path: Path) -> None:
    """Each with its line; the other rows are events."""
    read(tmp_path / "events.csv", rows)


@pytest.mark.parametrize("rows", LINES, ids=lambda rows: rows.name)
def test_bad_lines_of_a_json_lines_file(rows: Rows, tmp_path: Path) -> None:
    """Each with its line; the other lines are events."""
    read(tmp_path / "events.jsonl", rows)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_that_is_no_source_of_events(file: File, tmp_path: Path) -> None:
    """One error that names the file and says what is wrong with it."""
    path = tmp_path / f"events{file.suffix}"
    path.write_bytes(file.content if isinstance(file.content, bytes) else file.content.encode())
    with pytest.raises(EventError) as caught:
        questscore.read_events(path, **file.options)
    assert file.says in str(caught.value)
    assert all(problem.what and problem.fix for problem in caught.value.problems), str(caught.value)


def test_a_truncated_parquet_file(tmp_path: Path) -> None:
    """Cut anywhere it is refused, and never half-read."""
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    whole = tmp_path / "whole.parquet"
    columns = {"name": ["login"] * 9, "time": [10**15] * 9, "user": ["ada"] * 9}
    parquet.write_table(arrow.table(columns), whole)
    assert len(questscore.read_events(whole)) == 9
    content = whole.read_bytes()
    for size in (4, len(content) // 2, len(content) - 1):
        cut = tmp_path / "cut.parquet"
        cut.write_bytes(content[:size])
        with pytest.raises(EventError, match=r"cut\.parquet"):
            questscore.read_events(cut)


def test_bad_rows_of_a_parquet_file(tmp_path: Path) -> None:
    """Columns of an unusable kind, missing names and infinite numbers are rejections by row."""
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    path = tmp_path / "events.parquet"
    columns = {
        "name": ["login", None, "login", "login", "questscore.x", "login"],
        "time": [10**15, 10**15, 7, 10**15, 10**15, 10**15],
        "user": ["ada", "ada", "ada", None, "ada", "ada"],
        "amount": [1.0, 2.0, 3.0, 4.0, 5.0, float("inf")],
    }
    parquet.write_table(arrow.table(columns), path)
    table = questscore.read_events(path)
    found = [(rejection.row, rejection.field) for rejection in table.rejections]
    assert found == [(1, "name"), (2, "time"), (3, "user"), (4, "name"), (5, "properties.amount")]
    assert len(table) == 1


def test_what_is_not_broken(tmp_path: Path) -> None:
    """A byte order mark, blank lines, Windows line ends, NaN for missing and an empty log are fine."""
    path = tmp_path / "events.csv"
    path.write_bytes(
        b"\xef\xbb\xbf" + (HEAD + "login,2024-05-01T12:00:00Z,ada,\n").replace("\n", "\r\n").encode()
    )
    assert [event.name for event in questscore.read_events(path)] == ["login"]
    path.write_text(HEAD, encoding="utf-8")
    assert len(questscore.read_events(path)) == 0
    lines = tmp_path / "events.jsonl"
    lines.write_text(f"\n{OK}\n\n{OK}", encoding="utf-8")
    table = questscore.read_events(lines)
    assert (len(table), table.rejections) == (2, ())
    assert len(questscore.read_events([])) == 0
    (event,) = questscore.read_events([{**GOOD, "properties": {"amount": float("nan"), "plan": None}}])
    assert event.properties == {}


def test_what_is_no_source_of_events_at_all(tmp_path: Path) -> None:
    """A number, None, a single mapping, a missing file and a directory are refused by name."""
    for source in (7, None, tmp_path / "nowhere.csv", tmp_path, str(tmp_path / "nowhere.csv")):
        with pytest.raises(EventError):
            questscore.read_events(source)  # type: ignore[arg-type]
