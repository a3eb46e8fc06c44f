"""The event logs of ../shared/data: how each is read, the models it is scored with, and a sample to check.

Lives here: what ``benchmarks/real_logs.py`` and the test of the same name share.
Lives elsewhere: the models (``benchmarks/models``), what the logs hold (``../shared/data/README.md``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import numpy as np
from attrs import field, frozen

from questscore import EventTable, ScoreModel, ScoreTable, load_model, read_events, reference
from support.compare import differences, plain

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
MODELS = ROOT / "benchmarks" / "models"
SAMPLE = 200


@frozen
class Log:
    """One of the logs.

    Args:
        file: The Parquet file, without its suffix.
        columns: Our names to those of the file.
        models: The models for it, without their suffix.
        at: An instant in its midst, beside its end.
    """

    file: str
    columns: Mapping[str, str] = field(hash=False)
    models: tuple[str, ...]
    at: str

    @property
    def path(self) -> Path:
        """Where it is, if it is there."""
        return DATA / f"{self.file}.parquet"

    def read(self) -> EventTable:
        """Its events."""
        return read_events(self.path, columns=self.columns)


LOGS = (
    Log("cdnow", {"user": "entity"}, ("cdnow",), "1997-10-01T00:00:00Z"),
    Log("crossvalidated", {"user": "entity", "id": "event_id"}, ("crossvalidated",), "2014-01-01T00:00:00Z"),
    Log("org_logins", {"user": "entity"}, ("org_users", "org_accounts"), "2014-02-01T00:00:00Z"),
    Log("ovs_contrib", {"user": "entity"}, ("ovs_users", "ovs_accounts"), "2016-01-01T08:00:00Z"),
)


def the_model(name: str) -> ScoreModel:
    """One of the models."""
    return load_model(MODELS / f"{name}.toml")


def sampled(table: ScoreTable, seed: int = 1, size: int = SAMPLE) -> list[str]:
    """Some of the subjects, the same ones each time; all of them where there are no more."""
    subjects = list(table.subjects)
    return sorted(Random(seed).sample(subjects, min(size, len(subjects))))


def of_subjects(events: EventTable, model: ScoreModel, subjects: list[str]) -> EventTable:
    """The events of these subjects."""
    keys = events.user if model.subject == "user" else events.account
    wanted = set(subjects)
    codes = [code for code, name in enumerate(keys.values) if name in wanted]
    return events.take(np.flatnonzero(np.isin(keys.codes, codes)))


def disagreements(model: ScoreModel, events: EventTable, table: ScoreTable, subjects: list[str]) -> list[str]:
    """Where the table differs from what the definition makes of just these subjects' events."""
    own = of_subjects(events, model, subjects)
    expected = plain(reference.score(model, own, table.at))
    found = table.take(np.flatnonzero(np.isin(np.array(table.subjects), subjects))).to_dicts()
    return differences(found, expected)
