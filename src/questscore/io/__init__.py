"""Files and frames in, tables out.

Lives here: everything that touches a file, a frame or a package for them.
Lives elsewhere: what an event is and which are taken (model, intake).
"""

from questscore.io.read import Source, read_events
from questscore.io.write import OutputError, to_arrow, to_pandas, to_polars, write_table

__all__ = ["OutputError", "Source", "read_events", "to_arrow", "to_pandas", "to_polars", "write_table"]
