"""Parquet: read by row groups with pyarrow, then as any Arrow table.

Lives here: the file.
Lives elsewhere: its columns (arrow).
"""

from __future__ import annotations

from pathlib import Path

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.intake import Clock, Layout
from questscore.io.arrow import from_arrow
from questscore.io.extras import need
from questscore.io.files import Progress, opened


def read_parquet(path: Path, layout: Layout, clock: Clock, progress: Progress | None) -> EventTable:
    """The events of a file.

    Raises:
        MissingExtra: There is no pyarrow.
        EventError: It is no Parquet file, or a column cannot be what it has to be.
    """
    pa = need("pyarrow", extra="arrow", purpose="reading Parquet")
    pq = need("pyarrow.parquet", extra="arrow", purpose="reading Parquet")
    with opened(path) as stream:
        try:
            with pq.ParquetFile(stream, page_checksum_verification=True) as file:
                groups = []
                for group in range(file.num_row_groups):
                    groups.append(file.read_row_group(group))
                    if progress:
                        progress(sum(len(table) for table in groups))
                table = pa.concat_tables(groups) if groups else file.schema_arrow.empty_table()
        except (pa.ArrowException, OSError, ValueError) as error:
            first = str(error).partition("\n")[0]
            raise EventError(
                f"this is no Parquet file that can be read ({first})", fix="check that it is whole"
            ) from None
        return from_arrow(table, layout, clock)
