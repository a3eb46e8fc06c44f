"""JSON Lines: one JSON object a line, each an event.

Lives here: lines into rows, lines that are none, and where a rejected row stands in the file.
Lives elsewhere: what may stand in the objects (intake); one line's JSON (strict_json).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from attrs import evolve

from questscore.columns.table import EventTable, Rejection
from questscore.errors import EventError
from questscore.intake import Builder, Clock, Layout, Unreadable
from questscore.io.files import Progress, opened
from questscore.io.strict_json import parse

STEP = 20_000
# So many lines without one object, from the first on, and the file is taken for something else.
_PATIENCE = 1_000
_BOM = b"\xef\xbb\xbf"


def read_jsonl(path: Path, layout: Layout, clock: Clock, progress: Progress | None) -> EventTable:
    """The events of a file; blank lines are skipped, and a line that is no event is a rejection.

    Raises:
        EventError: The file cannot be read, or no line of it is a JSON object.
    """
    builder = Builder(clock=clock, layout=layout)
    lines = _Lines(progress)
    with opened(path) as stream:
        builder.extend(lines.rows(stream))
        if lines.first_problem and not lines.objects:
            raise lines.no_such_file()
        builder.check_mapped()
    table = builder.table()
    return evolve(table, rejections=tuple(map(lines.placed, table.rejections)))


class _Lines:
    def __init__(self, progress: Progress | None) -> None:
        self.objects = 0
        self.first_problem = ""
        self._progress = progress
        self._rows_before_blanks: list[int] = []

    def rows(self, stream: IO[bytes]) -> Iterator[object]:
        row = 0
        for line in stream:
            if line.isspace():
                self._rows_before_blanks.append(row)
                continue
            found = _parsed(line if row else line.removeprefix(_BOM))
            if not isinstance(found, Unreadable):
                self.objects += 1
            else:
                self.first_problem = self.first_problem or found.reason
                if not self.objects and row >= _PATIENCE:
                    raise self.no_such_file()
            yield found
            row += 1
            if self._progress and row % STEP == 0:
                self._progress(row)
        if self._progress:
            self._progress(row)

    def placed(self, rejection: Rejection) -> Rejection:
        """The rejection with its line in the file."""
        blanks = bisect_right(self._rows_before_blanks, rejection.row)
        return evolve(rejection, line=rejection.row + blanks + 1)

    def no_such_file(self) -> EventError:
        return EventError(
            f"this is no JSON Lines file; its first line: {self.first_problem}",
            fix="write one JSON object a line; what json.load makes of other JSON can be passed as a list",
        )


def _parsed(line: bytes) -> object:
    try:
        return parse(line.decode())
    except UnicodeDecodeError as error:
        return Unreadable(f"not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8")
