"""The doors: what a host calls.

Lives here: each door, a few lines long.
Lives elsewhere: all the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from questscore.columns.batch import CHUNK
from questscore.columns.table import EventTable
from questscore.engine.as_at import as_at
from questscore.engine.explain import explained
from questscore.engine.history import grid, walked
from questscore.errors import EventError, ModelError, nearest
from questscore.io import Source, read_events
from questscore.model.definition import SpanLike
from questscore.model.event import EVENT_NAMES
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service, in_force, in_span
from questscore.model.result import Explanation, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Span, TimeError, instant, iso
from questscore.results.history import History
from questscore.results.table import Report, ScoreTable


def _checked(model: ScoreModel, events: Source) -> EventTable:
    """The events, once it is clear that the model is one."""
    if not isinstance(model, ScoreModel):
        swapped = isinstance(events, ScoreModel)
        raise ModelError(
            f"a {type(model).__name__} is no ScoreModel" + ("; the events are one" if swapped else ""),
            fix="pass the model first, then the events" if swapped else "pass load_model(…) of it",
        )
    return read_events(events)


def _moment(at: object, table: EventTable, where: str = "at") -> int:
    if at is None and table.rejections and not len(table):
        raise EventError(
            f"none of {len(table.rejections):,} events can be used; {table.rejections[0]}",
            fix="see the rejections of read_events(…) for the others",
        )
    if at is None:
        return int(table.time.max()) if len(table) else 0
    try:
        return instant(at)
    except TimeError as error:
        raise EventError(
            str(error), where=where, fix="pass an aware datetime, ISO text or microseconds"
        ) from None


def score(model: ScoreModel, events: Source, at: object = None) -> ScoreTable:
    """The score of every subject with an event at or before an instant.

    A pure function: the order of the events, repeats of an id, and later events make no difference.

    Args:
        model: What a score is.
        events: An `EventTable`, or whatever `read_events` takes.
        at: The instant, in any form an event's time may have; by default the last event's time.

    >>> from questscore import Count, EventRule, ScoreModel, score
    >>> model = ScoreModel("demo", subject="user", rules=[EventRule("log in", on="login", points=5)])
    >>> score(model, [{"name": "login", "time": "2026-03-01T09:00:00Z", "user": "ada"}])["ada"].value
    5.0
    """
    table = _checked(model, events)
    return table_at(model, table, _moment(at, table))


def table_at(
    model: ScoreModel,
    table: EventTable,
    moment: int,
    faults: Faults = RAISING,
    levels: Sequence[str | None] | None = None,
) -> ScoreTable:
    """The scores as of an instant.

    Args:
        model, table, moment: What is read, of which events, when.
        faults: What becomes of a plugin's failure.
        levels: Where margin and dwell heed another model's levels: the levels, by subject.
    """
    found = as_at(model, table, moment, faults, heed=levels is None)
    units, scores = found.units, found.scores
    order = (*model.levels.order, None)
    log = found.log
    later = int(np.count_nonzero(table.time > moment))
    points = np.empty((len(units), len(model.rules)), order="F")
    for column, rule in enumerate(model.rules):
        np.add(scores.points[rule.name][units], 0.0, out=points[:, column])  # nothing is 0.0, never -0.0
    return ScoreTable(
        model=model.name,
        version=model.version,
        at=moment,
        subjects=found.names,
        scores=scores.value[units],
        raw=scores.raw[units],
        levels=[order[code] for code in found.level[units].tolist()] if levels is None else levels,
        rules=tuple(rule.name for rule in model.rules),
        points=points,
        adjustments=scores.adjustments[units],
        columns={signal.name: found.signal(signal.name) for signal in model.columns},
        report=Report(
            events=len(table),
            rejected=len(table.rejections),
            later=later,
            unattributed=log.unattributed,
            duplicates=log.duplicates,
            conflicts=len(log.conflicts),
            unseen=_unseen(model, table),
            unread=_unread(model, table),
        ),
    )


def history(
    model: ScoreModel,
    events: Source,
    every: SpanLike = "day",
    start: object = None,
    end: object = None,
    *,
    signals: bool | Sequence[str] = False,
    points: bool = False,
) -> History:
    """Scores and levels of all subjects through time, with the model's own changes of level.

    Args:
        model: What a score is.
        events: An `EventTable`, or whatever `read_events` takes.
        every: A calendar period: its first instants in (start, end]; or a duration: start + each multiple.
            Then ``end``.
        start, end: Instants; by default the first and the last event's time.
        signals: True for all signals, or the names of some: their values at each instant too.
        points: Whether the points of each rule are wanted too.

    >>> from questscore import EventRule, ScoreModel, history
    >>> model = ScoreModel("demo", subject="user", rules=[EventRule("log in", on="login", points=5)])
    >>> days = [{"name": "login", "time": f"2026-03-0{d}T09:00:00Z", "user": "ada"} for d in (1, 2, 3)]
    >>> history(model, days).scores[:, 0].tolist()
    [5.0, 10.0, 15.0]
    """
    table = _checked(model, events)
    (found,) = histories([Service(model)], table, every, start, end, signals, points, None)
    return found


def history_blocks(
    model: ScoreModel,
    events: Source,
    every: SpanLike = "day",
    start: object = None,
    end: object = None,
    *,
    periods: int = 30,
    signals: bool | Sequence[str] = False,
    points: bool = False,
) -> Iterator[History]:
    """The `history`, some instants at a time, so that a long one need not fit in memory.

    Each block holds all subjects, and the changes of level after the block before it, up to its own last
    instant. One after another they are the whole.

    Args:
        model, events, every, start, end, signals, points: As for `history`.
        periods: How many instants a block has at most.

    >>> from questscore import EventRule, ScoreModel, history_blocks
    >>> model = ScoreModel("demo", subject="user", rules=[EventRule("log in", on="login", points=5)])
    >>> days = [{"name": "login", "time": f"2026-03-0{d}T09:00:00Z", "user": "ada"} for d in (1, 2, 3)]
    >>> [block.scores[:, 0].tolist() for block in history_blocks(model, days, periods=2)]
    [[5.0, 10.0], [15.0]]
    """
    return histories([Service(model)], _checked(model, events), every, start, end, signals, points, periods)


def histories(
    services: Sequence[Service],
    table: EventTable,
    every: SpanLike,
    start: object,
    end: object,
    signals: bool | Sequence[str],
    points: bool,
    size: int | None,
    faults: Faults = RAISING,
    changes: Callable[[int], Sequence[Transition]] | None = None,
) -> Iterator[History]:
    """A `History` in blocks, of the models in service one after the other.

    Args:
        services, table: What is read, and of which events.
        every, start, end, signals, points: As for `history`.
        size: How many instants a block has at most; None: one block of all.
        faults: What becomes of a plugin's failure.
        changes: Gives all changes of level up to an instant, as `walked` wants them.
    """
    first, last = span(table, start, end)
    model = services[in_force(services, last)].model
    instants = gridded(model, every, first, last, size)
    wanted = chosen_signals([one.model for one in in_span(services, first, last)], signals)
    found = walked(
        services,
        table,
        instants,
        signals=wanted,
        points=points,
        size=size,
        faults=faults,
        changes=None if changes is None else changes(last),
    )
    return (
        History(
            model.name,
            model.version,
            part.times,
            part.names,
            part.scores,
            part.order,
            part.levels,
            part.tell,
            part.born,
            part.signals,
            part.points,
        )
        for part in found
    )


def span(table: EventTable, start: object, end: object) -> tuple[int, int]:
    """The first and the last instant of a history."""
    last = _moment(end, table, "end")
    earliest = int(table.time.min()) if len(table) else last
    first = earliest if start is None else _moment(start, table, "start")
    if first > last:
        given = start is not None and end is not None
        fix = "swap the two" if given else "name both: one left out is the time of the first or last event"
        raise EventError(f"{iso(first)} is after the end, {iso(last)}", where="start", fix=fix)
    return first, last


def gridded(model: ScoreModel, every: SpanLike, first: int, last: int, size: int | None) -> list[int]:
    """The grid of a history in blocks of ``size`` instants."""
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
        raise EventError(f"{size!r} is no number of instants", where="periods", fix="write 1 or more")
    try:
        return grid(model, Span.of(every), first, last)
    except ModelError as error:
        raise error.under("every") from None


def chosen_signals(models: Iterable[ScoreModel], signals: bool | Sequence[str]) -> tuple[str, ...]:
    """The names of the signals asked for, of models one of which has each."""
    known = tuple(dict.fromkeys(signal.name for model in models for signal in model.columns))
    if isinstance(signals, bool):
        return known if signals else ()
    wanted = (signals,) if isinstance(signals, str) or not isinstance(signals, Iterable) else tuple(signals)
    for name in wanted:
        if name not in known:
            near = nearest(name, known) if isinstance(name, str) else None
            hint = f"; the nearest is {near!r}" if near else ""
            raise ModelError(
                f"{name!r} is no signal of the model that a subject has{hint}",
                where="signals",
                fix="pass True for all signals, or names of some",
            )
    return wanted


def _models(model: ScoreModel) -> Iterator[ScoreModel]:
    """The model, and those whose scores it reads."""
    yield model
    for signal in model.signals:
        inner = getattr(signal, "model", None)
        if isinstance(inner, ScoreModel):
            yield from _models(inner)


def _selectors(model: ScoreModel) -> list[Selector]:
    found: list[Selector] = []
    for one in _models(model):
        found += (selector for signal in one.signals for _, selector in signal.selects())
        found += (selector for rule in one.rules for _, selector in rule.selects())
    return found


def _unseen(model: ScoreModel, table: EventTable) -> tuple[str, ...]:
    """The event names that the model selects and no event bears."""
    named = {name for selector in _selectors(model) for name in selector.on} - {"*"}
    missing = {code: name for code, name in enumerate(table.name.values) if name in named}
    for start in range(0, len(table), CHUNK):
        if not missing:
            break
        for code in np.unique(table.name.codes[start : start + CHUNK]).tolist():
            missing.pop(code, None)
    return tuple(sorted((named - set(table.name.values)) | set(missing.values())))


def _unread(model: ScoreModel, table: EventTable) -> tuple[str, ...]:
    """The properties that the model reads and no event carries."""
    named: set[str] = set()
    for one in _models(model):
        named.update(*(signal.properties() for signal in one.signals))
        named.update(name for rule in one.rules for name, _ in rule.properties())
    for selector in _selectors(model):
        if selector.where is not None:
            named |= selector.where.names | selector.where.properties
    return tuple(sorted(named - set(table.properties) - set(EVENT_NAMES)))


def explain(model: ScoreModel, events: Source, subject: str, at: object = None) -> Explanation:
    """Why a subject's score is what it is: a tree in which the children of each node add up to it.

    Args:
        model: What a score is.
        events: An `EventTable`, or whatever `read_events` takes.
        subject: Whose score.
        at: The instant; by default the last event's time.

    Raises:
        UnknownSubject: The subject has no event at or before ``at``.

    >>> from questscore import EventRule, ScoreModel, explain
    >>> rules = [EventRule("log in", on="login", points=5, limit={"count": 1, "every": "day"})]
    >>> days = [{"name": "login", "time": f"2026-03-01T09:0{m}:00Z", "user": "ada"} for m in (0, 1)]
    >>> print(explain(ScoreModel("demo", subject="user", rules=rules), days, "ada"))
    ada: score                  5.00
      log in                    5.00
        awarded for 2 × login  10.00
        lost to limits         -5.00
    """
    table = _checked(model, events)
    return explained(model, table, subject, _moment(at, table))
