"""Columns as the frames of other libraries.

Lives here: pandas and Polars frames of results.
Lives elsewhere: Arrow and files (write), which columns a result has (results).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from questscore.io.extras import need
from questscore.io.write import Columns

# Named for readers of signatures: the packages themselves are optional, and one has no types.
ArrowTable: TypeAlias = Any
PandasFrame: TypeAlias = Any
PolarsFrame: TypeAlias = Any


def to_pandas(columns: Columns) -> PandasFrame:
    """A ``pandas.DataFrame`` of the columns; missing numbers are NaN, missing texts None.

    Raises:
        MissingExtra: There is no pandas.
    """
    pd = need("pandas", extra="frames", purpose="a pandas frame")
    return pd.DataFrame({name: _own(values) for name, values in columns.items()})


def to_polars(columns: Columns) -> PolarsFrame:
    """A ``polars.DataFrame`` of the columns; what is missing is null.

    Raises:
        MissingExtra: There is no Polars.
    """
    pl = need("polars", extra="frames", purpose="a Polars frame")
    found = {}
    for name, values in columns.items():
        own = _own(values)
        numeric = isinstance(own, np.ndarray) and own.dtype.kind == "f"
        texts = None if numeric else [None if v is None else str(v) for v in own]
        found[name] = pl.Series(name, own, nan_to_null=True) if numeric else pl.Series(name, texts, pl.String)
    return pl.DataFrame(found)


def _own(values: Any) -> Any:
    return np.ascontiguousarray(values) if isinstance(values, np.ndarray) else list(values)
