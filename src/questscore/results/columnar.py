"""Columnar: a result that is a table of columns to the libraries that know Arrow and frames.

Lives here: the ways out of memory that all results share.
Lives elsewhere: which columns a result has (its own class), how they are written (io).
"""

from __future__ import annotations

from questscore.io.write import (
    ArrowTable,
    Columns,
    PandasFrame,
    PolarsFrame,
    to_arrow,
    to_pandas,
    to_polars,
)


class Columnar:
    """Base of the results; a subclass says its ``columns``."""

    def columns(self) -> Columns:
        """Name to values, all of one length; None and NaN are missing."""
        raise NotImplementedError

    def to_arrow(self) -> ArrowTable:
        """The columns as a pyarrow table (extra ``arrow``)."""
        return to_arrow(self.columns())

    def to_pandas(self) -> PandasFrame:
        """The columns as a pandas frame (extra ``frames``)."""
        return to_pandas(self.columns())

    def to_polars(self) -> PolarsFrame:
        """The columns as a Polars frame (extra ``frames``)."""
        return to_polars(self.columns())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The Arrow PyCapsule protocol: whatever reads Arrow takes the result as it is."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)
