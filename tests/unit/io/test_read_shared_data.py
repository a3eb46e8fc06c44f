"""The event logs for development, where they are: rows, subjects and properties as their page says."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from questscore.errors import EventError
from questscore.io import read_events
from questscore.model.time import iso

DATA = Path(__file__).parents[4] / "shared" / "data"

LOGS = [
    ("cdnow.parquet", 69_659, 23_570, ["amount", "quantity"], "1998-06-30T00:00:00Z"),
    ("crossvalidated.parquet", 209_463, 40_324, [], "2014-09-14T02:31:28Z"),
    (
        "org_logins.parquet",
        226_334,
        12_000,
        ["mailing_list", "marketing_drip", "source"],
        "2014-06-06T00:00:00Z",
    ),
    ("ovs_contrib.parquet", 57_436, 1_152, ["area", "change"], "2026-07-23T07:55:51Z"),
    ("cdnow_sample.csv", 6_919, 2_357, ["amount", "quantity"], "1998-06-30T00:00:00Z"),
]


@pytest.mark.parametrize(("file", "rows", "users", "properties", "last"), LOGS, ids=[log[0] for log in LOGS])
def test_a_log_reads_whole(file: str, rows: int, users: int, properties: list[str], last: str) -> None:
    """Nothing rejected; each user once in the dictionary; quick enough for a test."""
    if not (DATA / file).exists():
        pytest.skip(f"{DATA / file} is not there: it comes with the project's workspace, not with its source")
    columns = {"user": "entity", "id": "event_id"} if "crossvalidated" in file else {"user": "entity"}
    begin = time.process_time()
    table = read_events(DATA / file, columns)
    assert time.process_time() - begin < 5
    assert (len(table), len(table.user.values), table.rejections) == (rows, users, ())
    assert sorted(table.properties) == properties
    assert iso(int(table.time.max())) == last
    assert (table.id is not None) == ("crossvalidated" in file)
    assert (len(table.account.values) > 0) == (file[:3] in ("org", "ovs"))
    if len(table.account.values) == 0:
        with pytest.raises(EventError, match=r"columns=\{'user': 'entity'\}"):
            read_events(DATA / file)
