"""Packages beyond the core are imported when they are needed; an error names the extra that brings them."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from questscore.errors import MissingExtra
from questscore.io import read_events, to_arrow, to_pandas, to_polars, write_table


class Stream:
    """Something that speaks Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise NotImplementedError


def test_the_readers_load_no_extra() -> None:
    """CSV, JSON Lines and rows are read with the core alone."""
    code = (
        "import sys, questscore.io\n"
        "questscore.io.read_events([])\n"
        "print(sorted({'pyarrow', 'pandas', 'polars', 'duckdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """For Parquet, Arrow and pandas; the rest works."""
    pandas = importlib.import_module("pandas")
    given: dict[str, Any] = {"name": ["x"], "time": [10**15], "user": ["u"]}
    frame = pandas.DataFrame(given)
    (tmp_path / "e.parquet").write_bytes(b"PAR1")
    (tmp_path / "e.csv").write_text("name,time,user\nx,1000000000000000,u\n")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for source in (tmp_path / "e.parquet", Stream(), frame):
        with pytest.raises(MissingExtra, match=r'pip install "questscore\[(arrow|frames)\]"'):
            read_events(source)
    for write in (to_arrow, to_pandas, to_polars, lambda c: write_table(c, tmp_path / "out.parquet")):
        with pytest.raises(MissingExtra, match="pip install"):
            write({"a": [1]})
    assert len(read_events(tmp_path / "e.csv")) == len(read_events(given)) == 1
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert len(read_events(given)) == 1
