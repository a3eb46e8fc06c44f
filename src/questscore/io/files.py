"""Opening a file of events: which reader its name asks for, and errors that name the file.

Lives here: suffixes, plain and compressed streams, what the system says when it will not open one.
Lives elsewhere: what is in the file (csv_file, jsonl_file, parquet_file).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from questscore.errors import EventError, nearest

Progress = Callable[[int], None]
READABLE = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".parquet": "parquet",
}


def form_of(path: Path) -> str:
    """``"csv"``, ``"jsonl"`` or ``"parquet"``, by the name of the file.

    >>> form_of(Path("Events.CSV.gz"))
    'csv'
    """
    name = path.name.lower()
    for suffix, form in READABLE.items():
        if name.endswith(suffix):
            return form
    near = nearest(path.suffix.lower(), READABLE)
    raise EventError(
        f"{path.name[:60]!r} ends in none of {', '.join(READABLE)}",
        fix=f"rename it if it is {near!r}" if near else "save the events in one of these forms",
        source=str(path),
    )


@contextmanager
def opened(path: Path, **text: Any) -> Iterator[IO[Any]]:
    """A file's bytes, or with ``encoding`` its text, unpacked when its name ends in ``.gz``.

    Raises:
        EventError: The file cannot be opened, read or unpacked; an `EventError` from inside gets its name.
    """
    mode = "rt" if text else "rb"
    packed = path.name.lower().endswith(".gz")
    try:
        stream: IO[Any] = _unpacked(path, mode, text) if packed else path.open(mode, **text)
    except (OSError, ValueError) as error:
        raise cannot_read(path, error) from None
    with stream:
        try:
            yield stream
        except EventError as error:
            raise error.from_source(str(path)) from None
        except (OSError, EOFError, zlib.error) as error:
            raise cannot_read(path, error) from None


def _unpacked(path: Path, mode: str, text: dict[str, Any]) -> Any:
    return gzip.open(path, mode, **text)


def cannot_read(path: Path, error: Exception) -> EventError:
    """What the system or a library says about a file, as an error of ours."""
    source = str(path)
    if isinstance(error, FileNotFoundError):
        near = nearest(path.name, _siblings(path))
        fix = f"is it {near!r}?" if near else "check the path"
        return EventError("there is no such file", fix=fix, source=source)
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return EventError("this is a directory", fix="name a file in it", source=source)
    if isinstance(error, PermissionError):
        return EventError("no permission to read this file", fix="change its permissions", source=source)
    if isinstance(error, (gzip.BadGzipFile, EOFError, zlib.error)):
        return EventError(
            f"the file cannot be unpacked ({error})",
            fix="check that it is whole, and gzip",
            source=source,
        )
    return EventError(f"the file cannot be read ({error})", fix="check the path and the file", source=source)


def _siblings(path: Path) -> list[str]:
    try:
        return [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return []
