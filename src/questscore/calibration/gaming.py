"""Gaming: subjects whose points look made rather than earned, with the reasons.

Lives here: shares of points, concentration of events, regularity, the flags and a table by level.
Lives elsewhere: the points (engine), what is done about it: nothing here lowers a score.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from questscore.api import score
from questscore.calibration.days import active_days, matching
from questscore.calibration.delong import Auc, delong
from questscore.calibration.design import active_days as that_bring_points
from questscore.calibration.outcomes import NEVER, Outcome, happenings
from questscore.columns.log import EventLog, settle
from questscore.io import Source, read_events
from questscore.io.write import Columns
from questscore.language import Expression
from questscore.model.definition import DurationLike
from questscore.model.result import html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration, iso
from questscore.results.columnar import Columnar
from questscore.results.table import ScoreTable
from questscore.rules import EventRule

Floats = NDArray[np.float64]
REASONS = ("one kind of event", "too many a day", "too regular")
_LEAST, _SHARE, _QUANTILE, _EVEN, _RULES = 20, 0.95, 0.995, 0.05, 3


@frozen
class LevelCount:
    """A level: its subjects, and how many of them are flagged."""

    level: str | None
    subjects: int
    flagged: int


@frozen(eq=False, repr=False)
class GamingReport(Columnar):
    """What each subject's points and events look like at an instant, and who is flagged why.

    Args:
        at: The instant.
        window: How far back events are looked at.
        subjects: n names, sorted.
        levels: (n,) names of levels, or None.
        effective: (n,) effective number of rules: exp of the entropy of the shares of what pays; 0 without.
        largest: (n,) the largest share of one rule of what pays; 0 without.
        events: (n,) events in the window that may bring points.
        active: (n,) days with such an event.
        a_day: (n,) events an active day; 0 without.
        busiest: (n,) share of the busiest day; 0 without.
        one_kind: (n,) share of the commonest name; 0 without.
        variation: (n,) coefficient of variation of the gaps between events; NaN for fewer than three events,
            and where all gaps are whole days: times are dates then, and say nothing.
        flags: (n, 3) by `REASONS`.
        separates: The AUC of the score for staying, of all and without the flagged; None without an outcome.
        order: Names of the levels by rank.
    """

    at: int
    window: Duration
    subjects: tuple[str, ...]
    levels: tuple[str | None, ...]
    effective: Floats
    largest: Floats
    events: Floats
    active: Floats
    a_day: Floats
    busiest: Floats
    one_kind: Floats
    variation: Floats
    flags: NDArray[np.bool_]
    separates: tuple[Auc | None, Auc | None] | None = field(default=None)
    order: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.subjects)

    @property
    def flagged(self) -> tuple[str, ...]:
        """The subjects with a reason."""
        return tuple(self.subjects[row] for row in np.flatnonzero(self.flags.any(axis=1)).tolist())

    @property
    def reasons(self) -> Mapping[str, tuple[str, ...]]:
        """The reasons of each flagged subject."""
        rows = np.flatnonzero(self.flags.any(axis=1)).tolist()
        return {
            self.subjects[row]: tuple(
                reason for reason, holds in zip(REASONS, self.flags[row].tolist(), strict=True) if holds
            )
            for row in rows
        }

    @property
    def by_level(self) -> tuple[LevelCount, ...]:
        """Each level that holds a subject, by rank, none last."""
        odd = self.flags.any(axis=1)
        held = np.array(self.levels, dtype=object)
        found = [(name, held == name) for name in (*self.order, None)]
        return tuple(
            LevelCount(name, int(own.sum()), int(np.count_nonzero(own & odd)))
            for name, own in found
            if own.any()
        )

    def columns(self) -> Columns:
        """A row a subject."""
        named = {reason.replace(" ", "_"): self.flags[:, k] for k, reason in enumerate(REASONS)}
        return {
            "subject": list(self.subjects),
            "level": list(self.levels),
            "effective_rules": self.effective,
            "largest_share": self.largest,
            "events": self.events,
            "active_days": self.active,
            "events_a_day": self.a_day,
            "busiest_day": self.busiest,
            "one_kind": self.one_kind,
            "variation": self.variation,
            **{f"flag_{name}": values for name, values in named.items()},
        }

    def __repr__(self) -> str:
        lines = [
            f"<GamingReport at {iso(self.at)}: {len(self.flagged):,} of {len(self):,} subjects flagged,"
            f" events of {self.window}"
        ]
        for count in self.by_level:
            name = printable(count.level or "no level", 40)
            lines.append(f"  {name}: {count.flagged:,} of {count.subjects:,}")
        if self.separates is not None:
            every, without = (
                "unknown" if found is None else f"{found.value:.3f}" for found in self.separates
            )
            lines.append(f"  AUC {every}, without the flagged {without}")
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        return html(str(self))


def gaming(
    model: ScoreModel,
    events: Source,
    at: object = None,
    window: DurationLike = "30d",
    *,
    outcome: Outcome | None = None,
) -> GamingReport:
    """Who may be gaming the score: reasons to look, never a verdict, and no score is changed.

    Args:
        model: Whose points are looked at.
        events: An `EventTable`, or whatever `read_events` takes.
        at: The instant; by default the last event's time.
        window: How far back events are looked at.
        outcome: What came after ``at``; then the report says how well the score does without the flagged.

    Flagged is a subject with at least 20 events in the window that may bring points, where
    one name has more than 95 % of them, and at least three event rules pay anybody; or
    events an active day lie above the 99.5 % quantile of all subjects with an event; or
    the gaps between events vary by less than 5 % of their mean.
    """
    table = read_events(events)
    scores = score(model, table, at)
    span = Duration.of(window)
    log = settle(table, model.subject, scores.at)
    row = {name: place for place, name in enumerate(log.names)}
    unit = np.array([row[name] for name in scores.subjects], dtype=np.intp)
    found = {name: values[unit] for name, values in _events(model, log, scores.at, span).items()}
    effective, largest = _shares(scores.points)
    enough, busy = found["events"] >= _LEAST, found["a_day"][found["events"] > 0]
    most = float(np.quantile(busy, _QUANTILE, method="higher")) if len(busy) else np.inf
    several = np.count_nonzero(
        np.nan_to_num(scores.points[:, _event_rules(model)]).max(axis=0, initial=0) > 0
    )
    flags = np.column_stack(
        [
            enough & (found["one_kind"] > _SHARE) & (several >= _RULES),
            enough & (found["a_day"] > most),
            enough & (np.nan_to_num(found["variation"], nan=np.inf) < _EVEN),
        ]
    )
    return GamingReport(
        at=scores.at,
        window=span,
        subjects=tuple(scores.subjects),
        levels=tuple(scores.levels),
        effective=effective,
        largest=largest,
        flags=flags,
        separates=None
        if outcome is None
        else _separates(model, settle(table, model.subject), scores, flags, outcome),
        order=model.levels.order,
        **found,
    )


def _event_rules(model: ScoreModel) -> list[int]:
    """The columns of the event rules that may bring points."""
    return [
        place
        for place, rule in enumerate(model.rules)
        if isinstance(rule, EventRule) and (isinstance(rule.points, Expression) or rule.points > 0)
    ]


def _shares(points: Floats) -> tuple[Floats, Floats]:
    """(n,) the effective number of rules that pay, and the largest share of one."""
    paid = np.maximum(np.nan_to_num(points), 0.0)
    total = paid.sum(axis=1, keepdims=True)
    share = np.divide(paid, total, out=np.zeros_like(paid), where=total > 0.0)
    spread = -(share * np.log(np.where(share > 0.0, share, 1.0))).sum(axis=1)
    return np.where(total[:, 0] > 0.0, np.exp(spread), 0.0), share.max(axis=1, initial=0.0)


def _events(model: ScoreModel, log: EventLog, at: int, window: Duration) -> dict[str, Floats]:
    """By measure, (size,) of the events in (at - window, at] that may bring points; 0 without."""
    selector, size = that_bring_points(model), log.subject.size
    rows = matching(log, selector, model.calendar)
    rows = rows[np.searchsorted(log.time[rows], at - window.us, side="right") :]
    unit = log.subject.codes[rows].astype(np.intp)
    events = np.bincount(unit, minlength=size).astype(np.float64)
    days = active_days(log, selector, model.calendar, at - window.us, at)
    active = np.bincount(days.unit, minlength=size).astype(np.float64)
    busiest, commonest = np.zeros(size), np.zeros(size)
    np.maximum.at(busiest, days.unit, days.count)
    width = len(log.table.name.values)
    cell, count = np.unique(unit.astype(np.int64) * width + log.table.name.codes[rows], return_counts=True)
    np.maximum.at(commonest, (cell // width).astype(np.intp), count)
    return {
        "events": events,
        "active": active,
        "a_day": _over(events, active),
        "busiest": _over(busiest, events),
        "one_kind": _over(commonest, events),
        "variation": _variation(unit, log.time[rows], size),
    }


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)


def _variation(unit: NDArray[np.intp], time: NDArray[np.int64], size: int) -> Floats:
    """(size,) the standard deviation of the gaps over their mean."""
    order = np.argsort(unit, kind="stable")
    unit, time = unit[order], time[order]
    same = unit[1:] == unit[:-1]
    own, gap = unit[1:][same], np.diff(time)[same].astype(np.float64)
    count = np.bincount(own, minlength=size)
    fine = np.bincount(own, weights=gap % DAY != 0.0, minlength=size) > 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(own, weights=gap, minlength=size) / count
        spread = np.sqrt(np.bincount(own, weights=(gap - mean[own]) ** 2, minlength=size) / count)
        return np.where((count >= 2) & fine, spread / mean, np.nan)


def _separates(
    model: ScoreModel, log: EventLog, scores: ScoreTable, flags: NDArray[np.bool_], outcome: Outcome
) -> tuple[Auc | None, Auc | None]:
    """The AUC of the score for staying, of all subjects and without the flagged."""
    row = {name: place for place, name in enumerate(log.names)}
    unit = np.array([row[name] for name in scores.subjects], dtype=np.intp)
    low = scores.at + 1 + outcome.gap
    when, _ = happenings(outcome, log, model.calendar).window(low, low + outcome.horizon.us)
    stayed = ((when[unit] != NEVER) == outcome.stays_when_seen).astype(np.float64)
    usual = ~flags.any(axis=1)
    return delong(scores.scores, stayed), delong(scores.scores[usual], stayed[usual])
