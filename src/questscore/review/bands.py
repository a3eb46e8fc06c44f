"""Bands: how many subjects of each level were lost soon after.

Lives here: churn rate and lift a level, and where those who were lost had stood before.
Lives elsewhere: outcomes as a table (calibration), levels through time (history).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.calibration.outcomes import Dates, dated
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration
from questscore.results.history import History
from questscore.review.text import aligned, share

EARLIEST, LATEST = 90 * DAY, 60 * DAY
NEVER = np.iinfo(np.int64).max


@frozen
class Band:
    """What became of the subjects that stood in a level.

    Args:
        level: Its name.
        looks: How often a subject was seen in it, at the instants whose horizon was over.
        lost: At how many of these looks it was lost within the horizon.
        lift: The share lost, divided by that of all looks; NaN where nobody was lost.
    """

    level: str
    looks: int
    lost: int
    lift: float

    @property
    def rate(self) -> float:
        """The share lost within the horizon; NaN without looks."""
        return self.lost / self.looks if self.looks else np.nan


@frozen
class Bands:
    """Outcomes by level.

    Args:
        horizon: How long after a look a loss counts.
        bands: By level, lowest first.
        unknown: How many subjects of the outcomes are in no event.
        churners: How many subjects were lost up to the end.
        seen: How many of them stood in a level 60 to 90 days before.
        below_top: How many of these stood below the highest level then, at the last look of that stretch.
    """

    horizon: Duration
    bands: tuple[Band, ...]
    unknown: int
    churners: int
    seen: int
    below_top: int

    @property
    def rate(self) -> float:
        """The share of all looks that were lost within the horizon; NaN without looks."""
        looks = sum(band.looks for band in self.bands)
        return sum(band.lost for band in self.bands) / looks if looks else np.nan

    def to_dict(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "horizon": str(self.horizon),
            "bands": [
                {"level": band.level, "looks": band.looks, "lost": band.lost, "lift": _known(band.lift)}
                for band in self.bands
            ],
            "unknown": self.unknown,
            "churners": self.churners,
            "seen": self.seen,
            "below_top": self.below_top,
        }

    def __str__(self) -> str:
        rows = [
            [band.level, f"{band.looks:,}", f"{band.lost:,}", share(band.lost, band.looks), _lift(band.lift)]
            for band in self.bands
        ]
        lines = aligned([["", "looks", "lost", "rate", "lift"], *rows])
        lines.append(
            f"  {self.churners:,} lost; of {self.seen:,} seen 60 to 90 days before, {self.below_top:,}"
            f" stood below the top level ({share(self.below_top, self.seen)})"
        )
        if self.unknown:
            lines.append(f"  subjects of the outcomes that are in no event: {self.unknown:,}")
        return "\n".join([f"lost within {self.horizon} of a look, by level", *lines])


def _lift(value: float) -> str:
    return "-" if value != value else f"{value:.2f}"


def _known(value: float) -> float | None:
    return None if value != value else value


def bands(model: ScoreModel, found: History, outcomes: object, horizon: Duration) -> Bands:
    """Outcomes by level, at the instants of a history.

    A subject is looked at until it is lost; the first of its dates counts. A look counts once its horizon
    is over by the end of the history.

    Args:
        model: Whose time zone a date is local to.
        found: Levels at instants.
        outcomes: Subjects and instants, in any form that `churn` takes a table.
        horizon: How long after a look a loss counts.
    """
    lost, unknown = _losses(model, found.subjects, dated(outcomes))
    end = int(found.times[-1])
    lost[lost > end] = NEVER  # what comes after the end is not known yet
    size = len(found.order)
    looks, gone = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for row, time in enumerate(found.times.tolist()):
        if time + horizon.us > end:
            break
        there = (found.codes[row] >= 0) & (lost > time)
        soon = there & (lost <= time + horizon.us)
        looks += np.bincount(found.codes[row][there], minlength=size)
        gone += np.bincount(found.codes[row][soon], minlength=size)
    rate = gone.sum() / looks.sum() if looks.sum() else 0.0
    told = tuple(
        Band(level, looked, left, left / looked / float(rate) if looked and rate else np.nan)
        for level, looked, left in zip(found.order, looks.tolist(), gone.tolist(), strict=True)
    )
    stood = _before(found, lost)
    seen = int(np.count_nonzero(stood >= 0))
    below = int(np.count_nonzero((stood >= 0) & (stood < size - 1)))
    return Bands(horizon, told, unknown, int(np.count_nonzero(lost != NEVER)), seen, below)


def _losses(model: ScoreModel, subjects: Sequence[str], dates: Dates) -> tuple[NDArray[np.int64], int]:
    """(n,) when each subject was first lost, `NEVER` without; and how many are not among the subjects."""
    place: Mapping[str, int] = {subject: i for i, subject in enumerate(subjects)}
    lost = np.full(len(subjects), NEVER)
    unknown = set()
    for subject, moment in zip(dates.subjects, dates.moments, strict=True):
        time = model.calendar.start_of_date(moment) if isinstance(moment, dt.date) else int(moment)
        if subject in place:
            lost[place[subject]] = min(time, lost[place[subject]])
        else:
            unknown.add(subject)
    return lost, len(unknown)


def _before(found: History, lost: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m,) the level code of each that was lost, at the last look 60 to 90 days before; -1 for none."""
    gone = np.flatnonzero(lost != NEVER)
    last = np.searchsorted(found.times, lost[gone] - LATEST, side="right") - 1
    early = (last >= 0) & (found.times[np.maximum(last, 0)] >= lost[gone] - EARLIEST)
    return np.where(early, found.codes[np.maximum(last, 0), gone], -1).astype(np.int64)
