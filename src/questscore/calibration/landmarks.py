"""Landmarks: the scores of active subjects at a few instants, and who fell silent after each.

Lives here: how long a silence is churn, when landmarks are, the pool of rows, one row a subject.
Lives elsewhere: thresholds made of the pool (thresholds), reading scores at instants (snapshots).

A landmark L reads events up to and including L. In the pool is who had an engagement action in
(L - window, L]; churned is who had none in (L, L + silence].
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from questscore.calibration.days import Days, active_days
from questscore.calibration.outcomes import activity, arrivals
from questscore.calibration.snapshots import Snapshots, snapshots
from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.model.definition import DurationLike
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import DAY, Duration, TimeError, instant, iso

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@frozen(eq=False)
class Pool:
    """Rows of (landmark, subject): who was active, with what score, and who fell silent.

    Args:
        score: (n,) the model's score at the landmark.
        churned: (n,) whether the subject fell silent.
        landmark: (n,) which landmark.
        subject: (n,) which subject.
        days: (n,) active days up to the landmark.
        names: The subjects.
    """

    score: Floats
    churned: Flags
    landmark: NDArray[np.intp]
    subject: NDArray[np.intp]
    days: Floats
    names: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: Flags | NDArray[np.intp]) -> Pool:
        """Some of the rows."""
        return Pool(
            self.score[rows],
            self.churned[rows],
            self.landmark[rows],
            self.subject[rows],
            self.days[rows],
            self.names,
        )

    def one_each(self, seed: int) -> Pool:
        """One row a subject: of who churned the latest such row, of the others any one, by the seed."""
        draw = np.random.default_rng(seed).random(len(self))
        rank = np.where(self.churned, 1.0 + self.landmark, draw)
        order = np.lexsort((rank, self.subject))
        last = np.append(self.subject[order][1:] != self.subject[order][:-1], True)[: len(order)]
        return self.take(np.sort(order[last]))


@frozen(eq=False)
class Landmarks:
    """The pool of a model's subjects at landmarks.

    Args:
        instants: The landmarks, ascending.
        silence: How long without an engagement action is churn.
        active: Which events are engagement actions.
        window: How recent the last one must be to be in the pool.
        pool: The rows.
    """

    instants: tuple[int, ...]
    silence: Duration
    active: Selector
    window: Duration
    pool: Pool

    @property
    def earlier(self) -> Pool:
        """The rows of all landmarks but the last."""
        return self.pool.take(self.pool.landmark < len(self.instants) - 1)

    @property
    def latest(self) -> Pool:
        """The rows of the last landmark."""
        return self.pool.take(self.pool.landmark == len(self.instants) - 1)


def usual_silence(days: Days) -> Duration:
    """How long a silence says something: 30 days, or what 90 % of the gaps between active days stay below."""
    _, gaps = days.gaps()
    usual = float(np.quantile(gaps, 0.9)) if len(gaps) else 0.0
    return Duration(max(30, int(np.ceil(usual))) * DAY)


def landmarks(
    model: ScoreModel,
    events: EventTable,
    *,
    active: Selector,
    number: int = 5,
    step: DurationLike = "30d",
    window: DurationLike = "30d",
    silence: DurationLike | None = None,
    known: str | None = None,
    exclude: Iterable[str] = (),
    end: object = None,
) -> Landmarks:
    """The pool at the latest landmarks whose silence is over by the end of the data.

    Args:
        model: Whose scores are read.
        events: All events.
        active: Which events are engagement actions.
        number: How many landmarks; those before the first event are left out.
        step: How far apart they are.
        window: How recent the last engagement action must be.
        silence: How long without one is churn; `usual_silence` unless told.
        known, exclude, end: As for `snapshots`.

    Raises:
        EventError: No landmark has a silence that is over by the end of the data.
    """
    arrived = arrivals(events, known)
    last = _instant(end) if end is not None else int(arrived.max()) if len(arrived) else 0
    log = settle(events, model.subject, last)
    if silence is None:
        length = usual_silence(active_days(log, active, model.calendar, until=last))
    else:
        length = Duration.of(silence)
    apart, first = Duration.of(step).us, int(log.time[0]) if len(log) else last
    instants = tuple(
        at for place in reversed(range(number)) if (at := last - length.us - place * apart) > first
    )
    if not instants:
        raise EventError(
            f"a silence of {length} before the end of the data, {iso(last)}, begins before the first event",
            where="silence",
            fix="give more data, or a shorter silence",
        )
    found = snapshots(
        model,
        events,
        activity(active, length),
        [at + 1 for at in instants],
        half_lives=[],
        known=known,
        exclude=exclude,
        end=last + 1,
        active=active,
    )
    return Landmarks(instants, length, active, Duration.of(window), _pool(found, Duration.of(window)))


def _instant(value: object) -> int:
    try:
        return instant(value)
    except TimeError as error:
        raise EventError(str(error), where="end", fix="pass an instant") from None


def _pool(found: Snapshots, window: Duration) -> Pool:
    rows = np.rint(np.nan_to_num(found.idle, posinf=1e9) * DAY) < window.us
    whole = Pool(found.table, ~found.stayed(), found.cutoff, found.subject, found.days, found.subjects)
    return whole.take(rows)
