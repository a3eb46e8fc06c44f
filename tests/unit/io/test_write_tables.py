"""Results as files and frames: what is missing stays missing, and numbers keep their digits."""

from __future__ import annotations

import csv
import importlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from questscore.errors import QuestscoreError
from questscore.io import OutputError, to_arrow, to_pandas, to_polars, write_table

COLUMNS: dict[str, Any] = {
    "subject": ["ada", 'Zoë, "the\n2nd"', "=1+1"],
    "score": np.array([0.1 + 0.2, math.nan, -0.0]),
    "level": ["active", None, "base"],
    "rank": [1, 2, None],
    "ok": np.array([True, False, True]),
    "trait": ["pro", 3.5, None],
    "none": [None, None, None],
}


def test_csv(tmp_path: Path) -> None:
    """Empty cells for what is missing, ``repr`` for floats."""
    write_table(COLUMNS, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["subject", "score", "level", "rank", "ok", "trait", "none"],
        ["ada", "0.30000000000000004", "active", "1", "true", "pro", ""],
        ['Zoë, "the\n2nd"', "", "", "2", "false", "3.5", ""],
        ["=1+1", "-0.0", "base", "", "true", "", ""],
    ]


def test_json_lines(tmp_path: Path) -> None:
    """Null for what is missing; an infinite number is no JSON."""
    write_table(COLUMNS, str(tmp_path / "out.jsonl"))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[1] == {
        "subject": 'Zoë, "the\n2nd"',
        "score": None,
        "level": None,
        "rank": 2,
        "ok": False,
        "trait": 3.5,
        "none": None,
    }
    with pytest.raises(OutputError, match="infinite"):
        write_table({"x": [math.inf]}, tmp_path / "out.ndjson")


def test_arrow_parquet_and_frames(tmp_path: Path) -> None:
    """Text, float64, int64 and boolean columns; texts beside numbers are text."""
    pq = importlib.import_module("pyarrow.parquet")
    table = to_arrow(COLUMNS)
    assert [str(kind) for kind in table.schema.types] == [
        "string",
        "double",
        "string",
        "int64",
        "bool",
        "string",
        "string",
    ]
    assert table.to_pydict() == {
        **COLUMNS,
        "score": [0.30000000000000004, None, -0.0],
        "ok": [True, False, True],
        "trait": ["pro", "3.5", None],
    }
    write_table(COLUMNS, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").equals(table)
    assert to_pandas(COLUMNS)["score"].isna().tolist() == [False, True, False]
    assert to_polars(COLUMNS)["level"].to_list() == ["active", None, "base"]


def test_texts_that_no_encoding_holds_are_written_with_question_marks(tmp_path: Path) -> None:
    """Lone surrogates are text in Python and nowhere else."""
    columns = {"subject": ["a\ud800b"]}
    for suffix in ("csv", "jsonl", "parquet"):
        write_table(columns, tmp_path / f"out.{suffix}")
    assert (tmp_path / "out.csv").read_text() == "subject\na?b\n"
    assert to_arrow(columns).to_pydict() == {"subject": ["a?b"]}


def test_no_columns_and_no_rows(tmp_path: Path) -> None:
    """A header, or nothing."""
    write_table({"subject": [], "score": np.zeros(0)}, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "subject,score\n"
    write_table({"subject": []}, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == ""


def test_what_cannot_be_written(tmp_path: Path) -> None:
    """Unknown forms, places that are not there, columns of other lengths: one error, with the path."""
    for path, says in (
        ("out.xlsx", ".csv"),
        ("no/such/out.csv", "cannot be written"),
        ("out", ".jsonl"),
    ):
        with pytest.raises(OutputError) as caught:
            write_table({"a": [1]}, tmp_path / path)
        assert says in str(caught.value)
        assert path in str(caught.value)
    with pytest.raises(QuestscoreError, match="not of one length"):
        write_table({"a": [1], "b": []}, tmp_path / "out.csv")
