"""Quality: whether scores rest on behaviour and on sound events.

Lives here: the report, over all subjects and for one.
Lives elsewhere: what it is made of (gaming, bursts, data).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from attrs import asdict, frozen
from numpy.typing import NDArray

from questscore.api import score
from questscore.calibration.design import active_days as that_bring_points
from questscore.calibration.gaming import GamingReport, gaming
from questscore.columns.log import settle
from questscore.errors import ModelError, UnknownSubject
from questscore.io import Source
from questscore.io.write import Columns
from questscore.model.definition import DurationLike
from questscore.model.result import html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration, iso
from questscore.results.columnar import Columnar
from questscore.results.table import Report, ScoreTable
from questscore.review.asked import checked, moment
from questscore.review.bursts import busiest_hour
from questscore.review.data import Loss, Payments, Trouble, ignored, troubles
from questscore.review.text import amount, share
from questscore.rules import EventRule

BURST = "a burst"
_LEAST, _HALF, _MOST, _SHOWN = 20, 0.5, 0.95, 5


@frozen
class SubjectQuality:
    """What one subject's points and events look like.

    Args:
        subject, level: Who, and where they stand.
        reasons: Why to look at them; empty for most.
        rule, share: The rule that pays them most, and its share of all that pays; None and 0 without points.
        events, active_days, busiest_day, busiest_hour: Of the window, of events that may bring points: how
            many, on how many days, the share of the busiest day, and how many in the busiest hour.
        variation: How much the gaps between them vary, relative to their mean; None where that says nothing.
        lost: Points that limits kept back, before ageing.
    """

    subject: str
    level: str | None
    reasons: tuple[str, ...]
    rule: str | None
    share: float
    events: int
    active_days: int
    busiest_day: float
    busiest_hour: int
    variation: float | None
    lost: float

    def to_dict(self) -> dict[str, object]:
        """The same as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        why = ", ".join(self.reasons) or "nothing odd"
        most = "no points" if self.rule is None else f"{self.share:.0%} of the points from {self.rule}"
        return (
            f"{self.subject} ({self.level}): {why}; {most}; {self.events:,} events on {self.active_days:,}"
            f" days, {self.busiest_hour:,} in the busiest hour; {amount(self.lost)} points lost to limits"
        )


@frozen(eq=False, repr=False, slots=False)
class QualityReport(Columnar):
    """Reasons to look at subjects, rules and events; no score is changed by it.

    Args:
        gaming: Shares, concentration and regularity by subject; arrays here are in its order.
        events: What became of the events, names that none bears, properties that none carries.
        largest: (n,) the rule that pays each most, None without points.
        busiest_hour: (n,) events in the busiest hour of the window.
        lost: (n,) points that limits kept back, before ageing.
        limits: The rules that limits kept from paying.
        properties: What events lack, or carry as another type.
        ignored: Event names that no signal and no rule selects, to how often they occur.
        never: Rules that never paid anybody: event rules ever, the others as of the instant.
    """

    gaming: GamingReport
    events: Report
    largest: tuple[str | None, ...]
    busiest_hour: NDArray[np.int64]
    lost: NDArray[np.float64]
    limits: tuple[Loss, ...]
    properties: tuple[Trouble, ...]
    ignored: Mapping[str, int]
    never: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.gaming)

    @cached_property
    def _burst(self) -> NDArray[np.bool_]:
        many = self.busiest_hour >= _LEAST
        found: NDArray[np.bool_] = many & (self.busiest_hour > _HALF * self.gaming.events)
        return found

    @cached_property
    def reasons(self) -> Mapping[str, tuple[str, ...]]:
        """Why to look at each subject that is named, by name.

        Those of ``gaming``, and a burst: 20 events or more, and more than half of the window's, in one hour.
        """
        found = dict(self.gaming.reasons)
        for row in np.flatnonzero(self._burst).tolist():
            subject = self.gaming.subjects[row]
            found[subject] = (*found.get(subject, ()), BURST)
        return dict(sorted(found.items()))

    @property
    def one_rule(self) -> int:
        """How many subjects have more than 95 % of what pays them from one rule."""
        return int(np.count_nonzero(self.gaming.largest > _MOST))

    def __getitem__(self, subject: str) -> SubjectQuality:
        """One subject's part; `UnknownSubject` when it has no event."""
        if not isinstance(subject, str) or subject not in self._places:
            raise UnknownSubject.of(subject, f"at or before {iso(self.gaming.at)}", self.gaming.subjects)
        row, found = self._places[subject], self.gaming
        variation = float(found.variation[row])
        return SubjectQuality(
            subject,
            found.levels[row],
            self.reasons.get(subject, ()),
            self.largest[row],
            float(found.largest[row]),
            int(found.events[row]),
            int(found.active[row]),
            float(found.busiest[row]),
            int(self.busiest_hour[row]),
            None if variation != variation else variation,
            float(self.lost[row]),
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {subject: row for row, subject in enumerate(self.gaming.subjects)}

    def columns(self) -> Columns:
        """A row a subject: those of ``gaming``, then ``largest_rule busiest_hour lost flag_burst``."""
        return {
            **self.gaming.columns(),
            "largest_rule": list(self.largest),
            "busiest_hour": self.busiest_hour,
            "lost": self.lost,
            "flag_burst": self._burst,
        }

    def to_dict(self) -> dict[str, object]:
        """All but the rows, as plain values."""
        return {
            "at": iso(self.gaming.at),
            "window": str(self.gaming.window),
            "subjects": len(self),
            "events": asdict(self.events) | {"applied": self.events.applied},
            "reasons": {subject: list(why) for subject, why in self.reasons.items()},
            "one_rule": self.one_rule,
            "limits": [asdict(loss) | {"lost": loss.lost} for loss in self.limits],
            "properties": [asdict(trouble) for trouble in self.properties],
            "ignored": dict(self.ignored),
            "never": list(self.never),
        }

    def __str__(self) -> str:
        size, events = len(self), self.events
        lines = [f"{size:,} subjects at {iso(self.gaming.at)}, events of {self.gaming.window}"]
        lines.append(f"to be looked at: {len(self.reasons):,} ({share(len(self.reasons), size)})")
        for subject, why in list(self.reasons.items())[:_SHOWN]:
            lines.append(f"  {printable(subject)}: {', '.join(why)}")
        lines += _more(len(self.reasons))
        lines.append(
            f"more than 95 % of the points from one rule: {self.one_rule:,} ({share(self.one_rule, size)})"
        )
        lines += _section("points lost to limits", [_loss(loss) for loss in self.limits])
        counts = {"rejected": events.rejected, "without a subject": events.unattributed,
                  "duplicates": events.duplicates, "in conflict": events.conflicts,
                  "after the instant": events.later}  # fmt: skip
        left_out = [f"{many:,} {what}" for what, many in counts.items() if many]
        lines.append(f"events: {events.events:,}" + (f"; left out {', '.join(left_out)}" if left_out else ""))
        lines += _section("properties", [str(trouble) for trouble in self.properties])
        lines += _section("event names of the model that no event bears", events.unseen)
        lines += _section("properties of the model that no event carries", events.unread)
        unknown = [f"{name} ({many:,})" for name, many in self.ignored.items()]
        lines += _section("event names that nothing reads", unknown)
        lines += _section("rules that never pay", self.never)
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(str(self))


def _more(many: int) -> list[str]:
    return [f"  … and {many - _SHOWN:,} more"] if many > _SHOWN else []


def _section(title: str, items: list[str] | tuple[str, ...]) -> list[str]:
    return [f"{title}:", *(f"  {printable(item)}" for item in items)] if items else []


def _loss(loss: Loss) -> str:
    kept = f"{amount(loss.lost)} of {amount(loss.awarded)} ({share(loss.lost, loss.awarded)})"
    return f"{loss.rule}: {kept}, of {loss.subjects:,} subjects"


def quality(
    model: ScoreModel, events: Source, at: object = None, *, window: DurationLike = "30d"
) -> QualityReport:
    """Whether scores rest on behaviour, and the model on sound events: reasons to look, never a verdict.

    Args:
        model: Whose points and events are looked at.
        events: An `EventTable`, or whatever `read_events` takes.
        at: The instant, in any form an event's time may have; by default the last event's time.
        window: How far back the events of subjects are looked at.

    >>> from questscore import EventRule, ScoreModel
    >>> rules = [EventRule("log in", on="login", points=5, limit={"count": 1, "every": "day"})]
    >>> names = ("login", "login", "logn")
    >>> log = [{"name": name, "time": "2026-03-01T09:00:00Z", "user": "ada"} for name in names]
    >>> found = quality(ScoreModel("demo", subject="user", rules=rules), log)
    >>> found.ignored, found.limits[0].lost, found["ada"].busiest_hour
    ({'logn': 1}, 5.0, 2)
    """
    table = checked(events, model)
    when = moment(at, table)
    try:
        span = Duration.of(window)
    except ModelError as error:
        raise error.under("window") from None
    scores = score(model, table, when)
    log = settle(table, model.subject, when)
    busiest = busiest_hour(log, that_bring_points(model), model.calendar, when - span.us, when)
    place = {name: code for code, name in enumerate(log.names)}
    units = np.array([place[name] for name in scores.subjects], dtype=np.intp)
    payments = Payments(model, table, when)
    return QualityReport(
        gaming(model, table, when, span),
        scores.report,
        _largest(scores),
        busiest[units],
        payments.lost,
        payments.losses(),
        troubles(model, table, when),
        ignored(model, table, when),
        _never(model, scores, payments),
    )


def _largest(scores: ScoreTable) -> tuple[str | None, ...]:
    paid = np.nan_to_num(scores.points)
    if not len(scores.rules):
        return (None,) * len(scores)
    best = paid.argmax(axis=1)
    return tuple(
        scores.rules[rule] if paid[row, rule] > 0 else None for row, rule in enumerate(best.tolist())
    )


def _never(model: ScoreModel, scores: ScoreTable, payments: Payments) -> tuple[str, ...]:
    event = payments.never()
    now = {
        rule for column, rule in enumerate(scores.rules) if not np.nan_to_num(scores.points[:, column]).any()
    }
    told = event | (now - {rule.name for rule in model.rules if isinstance(rule, EventRule)})
    return tuple(rule for rule in scores.rules if rule in told)
