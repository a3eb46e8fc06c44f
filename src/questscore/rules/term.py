"""Terms: event rules whose awards count in a span of time alone, and the services that publications make.

Lives here: what freezing does to the rules of two models.
Lives elsewhere: event rules (event), publications (model), reading scores under them (reference, engine).
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, fields, frozen

from questscore.aggregates.plan import Awards, Term
from questscore.errors import ModelError
from questscore.model.award import Active
from questscore.model.event import Event
from questscore.model.publication import Publication, Service
from questscore.model.score_model import ScoreModel
from questscore.model.signal import Context
from questscore.model.time import EARLIEST, Instant
from questscore.rules.event import EventRule


@frozen
class TermRule(EventRule):
    """An event rule of which only awards in [start, end) count; others use limits up as ever.

    Args:
        term: The two instants, epoch microseconds; None: no end on that side.
    """

    term: Term = field(default=(None, None), kw_only=True)

    def _earned(self, events: Sequence[Event], context: Context) -> list[tuple[Event, float, float]]:
        start, end = self.term
        return [
            earned
            for earned in EventRule._earned(self, events, context)
            if (start is None or earned[0].time >= start) and (end is None or earned[0].time < end)
        ]

    def _asked(self) -> Awards:
        return evolve(EventRule._asked(self), term=self.term)


def services(publications: Sequence[Publication]) -> tuple[Service, ...]:
    """What reads scores when, of publications in the order in which they were made.

    Raises:
        ModelError: A model cannot follow the one before it in that way.
    """
    found: tuple[Service, ...] = ()
    for publication in publications:
        found = followed(found, publication)
    return found


def followed(known: Sequence[Service], publication: Publication) -> tuple[Service, ...]:
    """The services there are once one more publication was made.

    Raises:
        ModelError: Its model cannot follow in that way.
    """
    model, at = publication.model, publication.at
    if not known or at is None:
        return (Service(model),)
    before = known[-1]
    if model.subject != before.model.subject:
        raise ModelError(
            f"it scores {model.subject}s, and the model in service {before.model.subject}s",
            where="subject",
            fix=f"publish a model of {before.model.subject}s",
        )
    if before.start is not None and at < before.start:
        raise ModelError(
            "it would be in service before the model that it replaces",
            where="at",
            fix="publish at the same instant or later",
        )
    if publication.mode == "freeze":
        model = frozen_into(model, before, at)
    kept = [service for service in known if service.start is None or service.start < at]
    return (*kept, Service(model, at, at if publication.mode == "from" else None))


def frozen_into(model: ScoreModel, before: Service, at: int) -> ScoreModel:
    """The model over awards from an instant on, with the earlier awards of the one before."""
    old = [rule for rule in before.model.rules if isinstance(rule, EventRule)]
    if old and model.calendar != before.model.calendar:
        raise ModelError(
            "its time zone or week is not that of the model whose awards would be frozen",
            where="timezone",
            fix="publish with mode='replay' or mode='from', or keep timezone and week_start",
        )
    own = [_until(rule, at, None) if isinstance(rule, EventRule) else rule for rule in model.rules]
    names = {rule.name for rule in own}
    groups = {group.name for group in model.groups}
    for rule in old:
        name = f"{rule.name} (version {before.model.version})" if rule.name in names else rule.name
        while name in names:
            name += "'"
        names.add(name)
        start, end = rule.term if isinstance(rule, TermRule) else (None, None)
        kept = _until(rule, start, at if end is None else min(end, at))
        if before.since is not None:
            kept = evolve(kept, active=_since(rule, before.since, model))
        own.append(evolve(kept, name=name, group=rule.group if rule.group in groups else None))
    return evolve(model, rules=own, events={})


def _until(rule: EventRule, start: int | None, end: int | None) -> TermRule:
    given = {a.name: getattr(rule, a.name) for a in fields(EventRule) if a.init}
    return TermRule(**given, term=(start, end))


def _since(rule: EventRule, since: int, model: ScoreModel) -> Active:
    start, end = (None, None) if rule.active is None else rule.active.bounds(model.calendar)
    start = since if start is None else max(start, since)
    if end is not None and end <= start:  # never: a span that no event is in
        return Active(until=Instant(EARLIEST))
    return Active(Instant(start), None if end is None else Instant(end))
