"""Backtest: a model through the past, as if it had been in service.

Lives here: levels, what triggers would have done, time in each level, and what followed.
Lives elsewhere: scores through time (history), outcomes by level (bands), two models (compare).
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import numpy as np
from attrs import field, frozen

from questscore.api import history
from questscore.errors import ModelError
from questscore.io import Source
from questscore.io.write import Columns
from questscore.model.definition import DurationLike, SpanLike
from questscore.model.firing import Firing
from questscore.model.result import Transition, html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration, iso
from questscore.model.trigger import Trigger
from questscore.results.columnar import Columnar
from questscore.results.history import History
from questscore.review.asked import checked, moment
from questscore.review.bands import Bands, bands
from questscore.review.changes import LevelChanges, between
from questscore.review.firing import firing, met
from questscore.review.text import aligned, share


@frozen(eq=False, repr=False, slots=False)
class Backtest(Columnar):
    """A model over the past.

    Args:
        model: The model.
        history: Scores and levels at the instants looked at, and the changes of level.
        outcomes: What followed, by level; None without outcomes.
        start: The changes after it count, epoch microseconds; None: all.
    """

    model: ScoreModel
    history: History
    outcomes: Bands | None = None
    start: int | None = field(default=None, repr=False)

    @cached_property
    def changes(self) -> LevelChanges:
        """The changes of level in the period, and where they led."""
        found = self.history
        return between(found.transitions, found.order, self.start, int(found.times[-1]))

    @cached_property
    def fired(self) -> tuple[Firing, ...]:
        """What the triggers on levels would have done, by time; re-arming heeded, drafts among drafts.

        Triggers that watch an audience are left out.
        """
        return tuple(
            firing(self.model, trigger, change.subject, change.time, (change.before, change.after))
            for trigger, change in self._met
        )

    @cached_property
    def _met(self) -> list[tuple[Trigger, Transition]]:
        return met(self.model, self.changes.transitions)

    @cached_property
    def fired_by_month(self) -> dict[tuple[str, str], int]:
        """(trigger, month) to how often it would have fired; months such as ``"2026-03"``, local ones."""
        counts = Counter((trigger.name, change.time) for trigger, change in self._met)
        months: Counter[tuple[str, str]] = Counter()
        for (trigger, time), count in counts.items():
            months[trigger, f"{self.model.calendar.local(time):%Y-%m}"] += count
        return dict(sorted(months.items()))

    @cached_property
    def time_in_level(self) -> dict[str, float]:
        """Level to days, over all subjects: each instant stands for the time since the one before it."""
        found, times = self.history, self.history.times
        days = np.zeros(len(found.order))
        for row in range(1, len(times)):
            codes = found.codes[row]
            there = np.bincount(codes[codes >= 0], minlength=len(found.order))
            days += there * ((times[row] - times[row - 1]) / DAY)
        return dict(zip(found.order, days.tolist(), strict=True))

    def columns(self) -> Columns:
        """What would have fired: ``time subject trigger action before after draft``, a row each."""
        return {
            "time": [iso(one.time) for one in self.fired],
            "subject": [one.subject for one in self.fired],
            "trigger": [one.trigger for one in self.fired],
            "action": [one.action for one in self.fired],
            "before": [one.before for one in self.fired],
            "after": [one.after for one in self.fired],
            "draft": [one.draft for one in self.fired],
        }

    def to_dict(self) -> dict[str, object]:
        """The counts as plain values."""
        return {
            "model": self.model.name,
            "version": self.model.version,
            "instants": len(self.history),
            "subjects": len(self.history.subjects),
            "transitions": len(self.changes.transitions),
            "matrix": [
                {"before": before, "after": after, "subjects": count}
                for before, after, count in self.changes.matrix
            ],
            "time_in_level": self.time_in_level,
            "fired": [
                {"trigger": trigger, "month": month, "times": times}
                for (trigger, month), times in self.fired_by_month.items()
            ],
            "outcomes": None if self.outcomes is None else self.outcomes.to_dict(),
        }

    def __str__(self) -> str:
        found, days = self.history, self.time_in_level
        name = f"{printable(self.model.name, 40)} version {printable(self.model.version, 20)}"
        span = f"{iso(int(found.times[0]))} to {iso(int(found.times[-1]))}"
        lines = [f"{name}: {len(found):,} instants, {span}, {len(found.subjects):,} subjects"]
        whole = sum(days.values())
        rows = [[level, f"{spent:,.0f}", share(spent, whole)] for level, spent in days.items()]
        lines += aligned([["days in level", "", ""], *rows]) if rows else []
        lines += str(self.changes).split("\n")
        lines += self._firings()
        return "\n".join([*lines, *([] if self.outcomes is None else [str(self.outcomes)])])

    def _firings(self) -> list[str]:
        draft = {trigger.name: trigger.status == "draft" for trigger in self.model.triggers}
        months = sorted({month for _, month in self.fired_by_month})
        if not months:
            return ["triggers that would have fired: none"]
        rows = [
            [
                f"{name}{' (draft)' if draft[name] else ''}",
                *(f"{self.fired_by_month.get((name, month), 0):,}" for month in months),
            ]
            for name in sorted({name for name, _ in self.fired_by_month})
        ]
        return ["triggers that would have fired", *aligned([["", *months], *rows])]

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(str(self))


def backtest(
    model: ScoreModel,
    events: Source,
    every: SpanLike,
    outcomes: object = None,
    start: object = None,
    end: object = None,
    *,
    horizon: DurationLike = "90d",
) -> Backtest:
    """A model through the past: who would have stood where, what would have fired, and who was lost after.

    Args:
        model: What a score is.
        events: An `EventTable`, or whatever `read_events` takes.
        every: The grid of instants, as for `history`.
        outcomes: Subjects and the instants at which they were lost: a mapping, pairs, or a table with two
            columns. Then churn rate and lift are told by level.
        start, end: Instants; by default the first and the last event's time. What happens up to ``start`` is
            heeded in scores and levels, and not told.
        horizon: How long after an instant a loss counts.

    Raises:
        ModelError: The model has no levels, or the horizon is no duration.
        EventError: The outcomes are no subjects with instants.

    >>> from questscore import EventRule, Level, Levels, ScoreModel
    >>> rules = [EventRule("log in", on="login", points=10, half_life="7d")]
    >>> model = ScoreModel("demo", subject="user", rules=rules, levels=Levels(Level("in", at_least=8)))
    >>> days = [{"name": "login", "time": f"2026-03-0{d}T09:00:00Z", "user": "ada"} for d in (1, 2)]
    >>> found = backtest(model, days, "day", end="2026-03-20T00:00:00Z")
    >>> found.time_in_level
    {'base': 9.0, 'in': 9.0}
    """
    table = checked(events, model)
    if not len(model.levels):
        raise ModelError("the model has no levels to look back at", where="levels", fix="declare some")
    try:
        ahead = Duration.of(horizon)
    except ModelError as error:
        raise error.under("horizon") from None
    found = history(model, table, every, start, end)
    followed = None if outcomes is None else bands(model, found, outcomes, ahead)
    since = None if start is None else moment(start, table)
    return Backtest(model, found, followed, since)
