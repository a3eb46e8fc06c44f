"""Compare: two models over the same events, before one replaces the other.

Lives here: scoring with both over one log, and what each of their rules pays.
Lives elsewhere: the result (comparison), models through time (backtest).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import evolve

from questscore.columns.log import EventLog, settle
from questscore.engine.as_at import AsAt, read
from questscore.engine.plan import View
from questscore.engine.run import Run
from questscore.engine.scoring import Scoring, scored
from questscore.engine.timeline import Timeline
from questscore.errors import ModelError
from questscore.io import Source
from questscore.model.publication import Mode, Publication, Service
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period
from questscore.review.asked import checked, moment
from questscore.review.comparison import Comparison, RuleHits, Side
from questscore.review.crosstab import Crosstab
from questscore.rules.term import followed


def compare(
    a: ScoreModel, b: ScoreModel, events: Source, at: object = None, mode: Mode = "replay"
) -> Comparison:
    """What would change if model ``b`` stood in the place of model ``a``: levels, scores, rules, triggers.

    Both score the same events as of the same instant, each as `score` does.

    Args:
        a, b: The model that is in service and the one that is to be; both for the same kind of subject.
        events: An `EventTable`, or whatever `read_events` takes.
        at: The instant, in any form an event's time may have; by default the last event's time.
        mode: What becomes of earlier events: as `Scorer.publish` at that instant would have it. Under
            ``"from"`` a subject without a later event has no score and no level.

    Raises:
        ModelError: One model scores users and the other accounts, or ``b`` cannot follow ``a`` in that mode.

    >>> from questscore import EventRule, Level, Levels, ScoreModel
    >>> def model(points):
    ...     rules = [EventRule("log in", on="login", points=points)]
    ...     return ScoreModel("demo", subject="user", rules=rules, levels=Levels(Level("in", at_least=10)))
    >>> names = ("ada", "ada", "bob")
    >>> log = [{"name": "login", "time": "2026-03-01T09:00:00Z", "user": name} for name in names]
    >>> compare(model(5), model(10), log).changes
    (Change(subject='bob', before='base', after='in', score_before=5.0, score_after=10.0),)
    """
    table = checked(events, a, b)
    if a.subject != b.subject:
        raise ModelError(
            f"one model scores {a.subject}s, the other {b.subject}s",
            where="b",
            fix="compare models for the same kind of subject",
        )
    when = moment(at, table)
    service = followed([Service(a)], Publication(b, when, mode))[-1]
    log = settle(table, a.subject, when)
    if service.since is None:
        first, second = _read((a, service.model), log, when)
        one, other = _side(a, first), _side(service.model, second)
    else:
        (first,) = _read((a,), log, when)
        later = settle(table.take(np.flatnonzero(table.time >= service.since)), a.subject, when)
        (second,) = _read((b,), later, when)
        one, other = _side(a, first), _among(first.names, second.names, _side(b, second))
    matrix = Crosstab.of(one.order, other.order, one.codes.astype(np.int64), other.codes.astype(np.int64))
    place = {name: i for i, name in enumerate(other.order)}
    same = np.array([*(place.get(name, -2) for name in one.order), -1])
    moved = np.flatnonzero(same[one.codes] != other.codes)
    return Comparison(when, first.names, one, other, matrix, moved)


def _read(models: Sequence[ScoreModel], log: EventLog, at: int) -> list[AsAt]:
    """The scores of each model; what several ask of the log alike is found once."""
    run = Run(log, scored)
    alone = [model.levels.sticky for model in models]
    together = [
        None if sticky else Scoring(View(run, model, log.subject))
        for model, sticky in zip(models, alone, strict=True)
    ]
    if not all(alone):
        run.read_at(at)
    found: list[AsAt] = []
    for model, scoring in zip(models, together, strict=True):
        timeline = Timeline(model, log, steps=isinstance(model.evaluate, Period))
        if scoring is None:  # its levels depend on the past
            found.append(read(timeline, at))
        else:
            units, names = (found[0].units, found[0].names) if found else timeline.present
            scores = scoring.read(at)
            found.append(AsAt(log, scores, scores.level, units, names))
    return found


def _among(names: Sequence[str], known: Sequence[str], side: Side) -> Side:
    """The same among more subjects, of whom the others have no score."""
    places = np.searchsorted(np.array(names, dtype=object), np.array(known, dtype=object))
    scores, codes = np.full(len(names), np.nan), np.full(len(names), -1, dtype=side.codes.dtype)
    scores[places], codes[places] = side.scores, side.codes
    return evolve(side, scores=scores, codes=codes)


def _side(model: ScoreModel, found: AsAt) -> Side:
    """A model's numbers, of the subjects with an event; and what each rule pays them."""
    units, scores = found.units, found.scores
    hits = []
    for rule in model.rules:
        points = scores.points[rule.name][units]
        known = points[~np.isnan(points)]
        hits.append(RuleHits(rule.name, int(np.count_nonzero(known)), float(known.sum())))
    return Side(
        model,
        model.levels.order if len(model.levels) else (),
        scores.value[units],
        found.level[units],
        tuple(hits),
    )
