"""Results out: columns to CSV, JSON Lines, Parquet and Arrow.

Lives here: how a missing value, a number and a text are written.
Lives elsewhere: which columns a result has (results).
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from questscore.errors import Problem, QuestscoreError
from questscore.io.extras import need

Columns = Mapping[str, Sequence[Any] | NDArray[Any]]

# Named for readers of signatures: the packages are optional, and one of them has no types.
ArrowTable: TypeAlias = Any
PandasFrame: TypeAlias = Any
PolarsFrame: TypeAlias = Any


class OutputError(QuestscoreError, ValueError):
    """A result that cannot be written where, or as what, it was asked to be."""


def write_table(columns: Columns, path: str | os.PathLike[str]) -> None:
    """Writes columns of one length as ``.csv``, ``.jsonl``, ``.ndjson`` or ``.parquet``, by the path's name.

    Args:
        columns: Name to texts, numbers or booleans; None and NaN are missing: an empty cell, or null.
        path: What is there is written over.

    Raises:
        OutputError: The name says no form that can be written, or the file cannot be.
        MissingExtra: Parquet is asked for and there is no pyarrow.
    """
    target = Path(path)
    writers: dict[str, Callable[[Columns, Path], None]] = {
        ".csv": _csv,
        ".jsonl": _jsonl,
        ".ndjson": _jsonl,
        ".parquet": _parquet,
    }
    writer = writers.get(target.suffix.lower())
    if writer is None:
        raise _error(
            target, f"{target.suffix!r} is no form to write", f"end it in one of {', '.join(writers)}"
        )
    sizes = {len(values) for values in columns.values()}
    if len(sizes) > 1:
        raise _error(target, "the columns are not of one length", "make them equally long")
    try:
        writer(columns, target)
    except OSError as error:
        raise _error(target, f"the file cannot be written ({error})", "check the path") from None


def to_arrow(columns: Columns) -> ArrowTable:
    """A ``pyarrow.Table`` of the columns: text, float64, int64 or boolean; None and NaN are null.

    A column in which texts stand beside numbers is text, the numbers as Python writes them.

    Raises:
        MissingExtra: There is no pyarrow.

    >>> to_arrow({"subject": ["ada", "bob"], "score": [1.5, None]}).to_pylist()
    [{'subject': 'ada', 'score': 1.5}, {'subject': 'bob', 'score': None}]
    """
    pa = need("pyarrow", extra="arrow", purpose="writing Arrow data")
    return pa.table({name: _arrow_array(pa, values) for name, values in columns.items()})


def to_pandas(columns: Columns) -> PandasFrame:
    """A pandas ``DataFrame`` of the columns, with the types of `to_arrow`.

    Raises:
        MissingExtra: There is no pandas, or no pyarrow.
    """
    need("pandas", extra="frames", purpose="writing pandas frames")
    return to_arrow(columns).to_pandas()


def to_polars(columns: Columns) -> PolarsFrame:
    """A Polars ``DataFrame`` of the columns, with the types of `to_arrow`.

    Raises:
        MissingExtra: There is no Polars, or no pyarrow.
    """
    return need("polars", extra="frames", purpose="writing Polars frames").from_arrow(to_arrow(columns))


def _arrow_array(pa: Any, values: Sequence[Any] | NDArray[Any]) -> Any:
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return pa.array(values.astype(np.float64), from_pandas=True)
    found = _plain(values)
    kinds = {type(value) for value in found if value is not None}
    if kinds and kinds <= {bool}:
        return pa.array(found, pa.bool_())
    if kinds and kinds <= {int}:
        return pa.array(found, pa.int64())
    if kinds and kinds <= {bool, int, float}:
        return pa.array([None if value is None else float(value) for value in found], pa.float64())
    return pa.array([None if value is None else _storable(_cell(value)) for value in found], pa.string())


def _plain(values: Sequence[Any] | NDArray[Any]) -> list[Any]:
    """Python objects, NaN as None."""
    found = values.tolist() if isinstance(values, np.ndarray) else values
    found = [value.item() if isinstance(value, np.generic) else value for value in found]
    return [None if isinstance(value, float) and math.isnan(value) else value for value in found]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _storable(text: str) -> str:
    """The text, with what UTF-8 cannot hold (lone surrogates) as question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _rows(columns: Columns) -> Iterator[tuple[Any, ...]]:
    return zip(*map(_plain, columns.values()), strict=True)


def _csv(columns: Columns, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(_cell, row) for row in _rows(columns))


def _jsonl(columns: Columns, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:
        for row in _rows(columns):
            try:
                text = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, allow_nan=False)
            except ValueError:
                raise _error(path, "an infinite number is no JSON", "write CSV or Parquet") from None
            stream.write(f"{text}\n")


def _parquet(columns: Columns, path: Path) -> None:
    pq = need("pyarrow.parquet", extra="arrow", purpose="writing Parquet")
    table = to_arrow(columns)
    with path.open("wb") as stream:
        pq.write_table(table, stream)


def _error(path: Path, what: str, fix: str) -> OutputError:
    return OutputError(str(Problem(str(path), what, fix)))
