"""The protocol that calibration is measured by: logs, cutoffs, hand-set tables, and the figures to reach.

Lives here: what is fixed before anything is measured; nothing in ``src`` knows of it.
Lives elsewhere: the measuring (``__main__``), other methods (challengers), the logs (``../shared/data``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from attrs import frozen

from questscore import Duration, EventRule, EventTable, ScoreModel, read_events
from questscore.calibration.design import designed
from questscore.calibration.outcomes import Outcome, activity
from questscore.calibration.snapshots import Snapshots, every, moments, snapshots

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
METHODS = (
    "integer points, one half-life",
    "integer points, two half-lives",
    "hand-set table, 30 d",
    "hand-set table, H, daily cap, active day",
    "active days alone",
    "RFM logistic",
    "BG/NBD expected events",
    "GBM",
)
"""The rows that are measured, by the names the figures are printed with."""


@frozen
class Study:
    """One log with its outcome, its cutoffs and its hand-set table.

    Args:
        name: What it is printed as. file: The Parquet file, without its suffix.
        subject: Who is scored. table: Points by event name.
        outcome: Event names, or ``"*"``. horizon: H.
        lookback: A subject is looked at when its last event is younger; None: ever.
        tests: Test cutoffs. training: Snapshots for each. step: How far apart.
        pair: Two half-lives. recent: Who is still active.
        printed: The AUC of each method as it was measured in a sketch.
        least: What the default calibration must reach; with two half-lives.
        active: Of GBM among active subjects, and the sketch's difference to it.
        few: What fits to 50 outcomes of the rarer class must reach.
        brier: How many times GBM's Brier score is allowed.
    """

    name: str
    file: str
    subject: Literal["user", "account"]
    table: Mapping[str, float]
    outcome: object
    horizon: str
    lookback: str | None
    tests: tuple[datetime, ...]
    training: int
    step: str
    pair: tuple[str, str]
    recent: str
    printed: Mapping[str, float]
    least: tuple[float, float | None]
    active: tuple[float, float]
    few: float | None = None
    brier: float = 1.04

    @property
    def path(self) -> Path:
        """Where the log is, if it is there."""
        return DATA / f"{self.file}.parquet"

    def read(self) -> EventTable:
        """The log's events."""
        columns = {"user": "entity"} | ({"id": "event_id"} if self.file == "crossvalidated" else {})
        return read_events(self.path, columns=columns)

    def model(self) -> ScoreModel:
        """The hand-set table, with a half-life of 30 days."""
        rules = [EventRule(n, on=n, points=points, half_life="30d") for n, points in self.table.items()]
        return ScoreModel(self.name, subject=self.subject, rules=rules)

    def what(self) -> Outcome:
        """The outcome."""
        return activity(self.outcome, self.horizon)

    @property
    def cutoffs(self) -> tuple[int, ...]:
        """The test cutoffs, as instants."""
        return moments(self.tests)

    def trained(self, test: int, first: int) -> tuple[int, ...]:
        """The cutoffs that are fitted on for a test: a horizon earlier, and back in steps."""
        found = every(test - Duration.of(self.horizon).us, self.step, self.training)
        return tuple(at for at in found if at > first)

    def rows(self, events: EventTable) -> Snapshots:
        """Snapshots at all test and training cutoffs."""
        first = int(events.time.min())
        at = {*self.cutoffs, *(c for test in self.cutoffs for c in self.trained(test, first))}
        return snapshots(self.model(), events, self.what(), at, lookback=self.lookback)


def usual(study: Study) -> ScoreModel:
    """The uncalibrated default: the table with half-life H, once-a-day limits and an active-day rule."""
    design = designed(study.model())
    lives = [Duration.of(study.horizon)]
    return design.calibrated(lives, [term.column.prior for term in design.terms(lives)])


def _days(*texts: str) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts)


def _printed(*values: float) -> Mapping[str, float]:
    return dict(zip(METHODS, values, strict=True))


_NEW_YEAR = datetime(1997, 1, 1, tzinfo=UTC)
_ORG: tuple[datetime, ...] = _days("2013-08-01", "2013-11-01", "2014-02-01", "2014-05-01")
_EACH = {"signup": 30.0, "login": 30.0, "invite_accepted": 30.0}
STUDIES = (
    Study(
        "cdnow",
        "cdnow",
        "user",
        {"purchase": 50.0},
        "purchase",
        "90d",
        None,
        tuple(_NEW_YEAR + timedelta(days=n) for n in (273, 364, 455)),
        2,
        "45d",
        ("60d", "365d"),
        "60d",
        _printed(0.8064, 0.8062, 0.8010, 0.8064, 0.8064, 0.8062, 0.8004, 0.8067),
        (0.804, None),
        (0.7164, -0.001),
    ),
    Study(
        "crossvalidated",
        "crossvalidated",
        "user",
        {"question": 50.0, "answer": 50.0, "badge": 20.0, "registered": 30.0},
        ["question", "answer"],
        "90d",
        "365d",
        _days("2012-06-01", "2013-01-01", "2013-07-01", "2014-01-01", "2014-06-01"),
        4,
        "90d",
        ("30d", "180d"),
        "30d",
        _printed(0.8139, 0.8197, 0.7717, 0.8082, 0.8096, 0.8116, 0.7825, 0.8309),
        (0.812, 0.817),
        (0.8475, -0.007),
        few=0.785,
    ),
    Study(
        "org users",
        "org_logins",
        "user",
        _EACH,
        "login",
        "30d",
        "180d",
        _ORG,
        6,
        "30d",
        ("14d", "90d"),
        "30d",
        _printed(0.9921, 0.9921, 0.9907, 0.9905, 0.9893, 0.9858, 0.9435, 0.9945),
        (0.990, None),
        (0.9806, -0.007),
        brier=1.22,
    ),
    Study(
        "org accounts",
        "org_logins",
        "account",
        _EACH,
        "login",
        "30d",
        "90d",
        _ORG,
        6,
        "30d",
        ("14d", "90d"),
        "30d",
        _printed(0.9655, 0.9660, 0.9621, 0.9637, 0.9649, 0.9561, 0.9381, 0.9652),
        (0.961, None),
        (0.9706, 0.0),
    ),
    Study(
        "ovs",
        "ovs_contrib",
        "user",
        {"patch_merged": 50.0, "reviewed": 50.0, "tested": 50.0, "co_authored": 30.0, "applied": 30.0}
        | {"acked": 20.0, "reported": 20.0, "signed_off": 20.0, "suggested": 20.0},
        "*",
        "90d",
        "365d",
        _days(*(f"{year}-03-01" for year in range(2013, 2026, 2))),
        8,
        "90d",
        ("30d", "180d"),
        "30d",
        _printed(0.8686, 0.8735, 0.8495, 0.8716, 0.8701, 0.8716, 0.8666, 0.8926),
        (0.864, None),
        (0.8660, 0.015),
    ),
)
