"""Parity: one model and one log through everything that computes a score, held to one answer.

Lives here: the ways, what each answers, and the message when two of them differ.
Lives elsewhere: what counts as a difference (difference), a log made smaller (smaller).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from attrs import evolve, fields, frozen

from questscore import reference
from questscore.api import history, score
from questscore.errors import EventError, PluginError
from questscore.io import Source, read_events
from questscore.language import Value
from questscore.model.event import Event, canonical
from questscore.model.result import Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, TimeError, instant, iso
from questscore.results.history import History
from questscore.scorer.scorer import Scorer
from questscore.testing.difference import scores_differ, transitions_differ
from questscore.testing.smaller import smaller

_LARGEST = 1_000  # rows of a chunk
_LOOKS = 500  # readings between events
_STOPS = 12  # advances, and snapshots
_SLACK = 10_000  # microseconds within which an ageing score moves by less than a double can tell
_SHOWN = 8


@frozen
class Case:
    """What is asked: a model, its events, the instants to read, ascending, and where chance starts."""

    model: ScoreModel
    events: tuple[Event, ...]
    instants: tuple[int, ...]
    seed: int


@frozen
class Answer:
    """What a way says: scores by instant and subject, and the changes of level up to the last instant."""

    scores: dict[int, dict[str, Score]]
    changes: Sequence[Transition]


Way = Callable[[Case], Answer]


def assert_parity(
    model: ScoreModel, events: Source, at: object = None, *, seed: int = 0, sample: int = 50
) -> None:
    """That everything which computes a score says the same of a model and its events.

    Compared are the definition (`questscore.reference`), `score`, `history`, and a `Scorer` that is given
    the events one by one, in random chunks, shuffled, with events that have an id sent again, and saved and
    loaded between chunks. Signals, points and scores are held to the tolerance of the contract; levels and
    changes of level must be equal, but that under continuous evaluation a change may be off by 10 ms.

    Args:
        model: What a score is.
        events: An `EventTable`, or whatever `read_events` takes.
        at: The instants to read, one or several; by default the times of one of the events and of the last,
            and thirty days later.
        seed: Where chance starts: equal seeds, equal chunks and orders.
        sample: How many subjects the definition computes, which replays each of them; the other ways are
            compared on all.

    Raises:
        AssertionError: Two ways differ. The message names them, the subject, the instant and what differs
            first, causes before effects, and the fewest events found that still show it.
        EventError: Some of the events are none.

    >>> from questscore import EventRule, ScoreModel
    >>> model = ScoreModel("m", subject="user", rules=[EventRule("r", on="*", points=3, half_life="7d")])
    >>> days = [f"2026-03-{day:02}T09:00:00Z" for day in range(1, 30)]
    >>> assert_parity(model, [{"name": "login", "time": day, "user": "ada"} for day in days])
    """
    __tracebackhide__ = True
    table = read_events(events)
    if table.rejections:
        raise EventError(f"{len(table.rejections):,} events are none; {table.rejections[0]}", where="events")
    log = tuple(table)
    case = Case(model, log, _instants(at, log, seed), seed)
    if not case.instants:
        return
    own = reference.by_subject(model, log)
    drawn = set(Random(seed).sample(sorted(own), min(sample, len(own))))  # noqa: S311
    seen = evolve(case, events=tuple(event for event in log if _subject(model, event) in drawn))
    _hold("score", "the definition", seen, _answered(_batch, seen), _definition(seen))
    batch = _batch(case)
    for name, way in WAYS.items():
        if name != "score":
            _hold(name, "score", case, _answered(way, case), batch)


def _answered(way: Way, case: Case) -> Answer | Exception:
    """What a way says; an exception is an answer too."""
    try:
        return way(case)
    except Exception as error:  # a plugin may raise anything
        return error


def _hold(name: str, basis: str, case: Case, found: Answer | Exception, expected: Answer) -> None:
    """That two answers are one; else the message."""
    __tracebackhide__ = True
    partial = name == "history"
    lines = list(_differences(found, expected, case, partial))
    if not lines:
        return
    way, other = WAYS[name], WAYS.get(basis, _definition)

    def shown(events: Sequence[Event]) -> list[tuple[str, str]]:
        less = evolve(case, events=tuple(events))
        return list(_differences(_answered(way, less), other(less), less, partial))

    own = [event for event in case.events if _subject(case.model, event) == lines[0][0]]
    pool = own if shown(own) else list(case.events)
    fewest = smaller(pool, lambda events: bool(shown(events)))
    lines = shown(fewest) or lines
    more = [f"  … and {len(lines) - 1:,} more differences"] if len(lines) > 1 else []
    rest = [f"    … and {len(fewest) - _SHOWN:,} more"] if len(fewest) > _SHOWN else []
    whose = f"{case.model.subject} {lines[0][0]!r}: " if lines[0][0] else ""
    raise AssertionError(
        "\n".join(
            [
                f"{case.model!r}: {name} and {basis} differ (seed {case.seed})",
                f"  {whose}{lines[0][1]}",
                *more,
                f"  the fewest events found that show it, of {len(case.events):,}:"
                + ("" if fewest else " none"),
                *(f"    {_written(event)}" for event in sorted(fewest, key=canonical)[:_SHOWN]),
                *rest,
            ]
        )
    )


def _differences(
    found: Answer | Exception, expected: Answer, case: Case, partial: bool
) -> Iterator[tuple[str, str]]:
    if isinstance(found, Exception):
        subject = found.subject if isinstance(found, PluginError) else None
        yield subject or "", f"raised {type(found).__name__}: {str(found).partition(chr(10))[0]}"
        return
    for at, rows in expected.scores.items():
        if partial:  # a history tells neither
            rows = {subject: evolve(row, raw=None, adjustments=0.0) for subject, row in rows.items()}
        for subject, line in scores_differ(found.scores[at], rows):
            yield subject, f"at {iso(at)}: {line}"
    slack = _SLACK if case.model.evaluate == "continuous" else 0
    yield from transitions_differ(found.changes, expected.changes, slack=slack)


def _written(event: Event) -> str:
    """All of an event, as it is written in Python; its ``repr`` holds back what is a host's own."""
    return f"Event({', '.join(f'{a.name}={getattr(event, a.name)!r}' for a in fields(Event))})"


def _subject(model: ScoreModel, event: Event) -> str | None:
    return event.user if model.subject == "user" else event.account


def _instants(at: object, log: Sequence[Event], seed: int) -> tuple[int, ...]:
    """The instants asked for, ascending."""
    if at is None:
        times = sorted(event.time for event in log)
        if not times:
            return ()
        drawn = Random(seed).choice(times)  # noqa: S311
        return tuple(sorted({drawn, times[-1], times[-1] + 30 * DAY}))
    several = isinstance(at, Iterable) and not isinstance(at, str)
    given: list[object] = list(at) if several and isinstance(at, Iterable) else [at]
    try:
        return tuple(sorted({int(instant(value)) for value in given}))
    except TimeError as error:
        raise EventError(
            str(error), where="at", fix="pass aware datetimes, ISO text or microseconds"
        ) from None


# -- the ways ---------------------------------------------------------------------------------------


def _definition(case: Case) -> Answer:
    scores = {at: reference.score(case.model, case.events, at) for at in case.instants}
    return Answer(scores, reference.transitions(case.model, case.events, _end(case)))


def _batch(case: Case) -> Answer:
    scores = {at: {row.subject: row for row in score(case.model, case.events, at)} for at in case.instants}
    return Answer(scores, history(case.model, case.events, "day", _end(case), _end(case)).transitions)


def _daily(case: Case) -> Answer:
    """A row for every day from the first event to each instant; of each the last row."""
    first = min((event.time for event in case.events), default=case.instants[0])
    scores: dict[int, dict[str, Score]] = {}
    changes: Sequence[Transition] = ()
    for at in case.instants:
        told = history(case.model, case.events, "day", min(first, at), at, signals=True, points=True)
        there = _names(case, at)
        scores[at] = {name: _row(told, i) for i, name in enumerate(told.subjects) if name in there}
        changes = told.transitions
    return Answer(scores, changes)


def _row(told: History, i: int) -> Score:
    """A subject's score at the last instant of a history, which tells neither raw points nor adjustments."""
    points = {name: _number(values[-1, i]) for name, values in told.points.items()}
    signals = {name: _value(values[-1, i]) for name, values in told.signals.items()}
    level: str | None = told.levels[-1, i]
    return Score(told.subjects[i], _number(told.scores[-1, i]), None, level, points, 0.0, signals)


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _value(value: Value) -> Value:
    return value if value is None or isinstance(value, str) else _number(value)


def _one_by_one(case: Case) -> Answer:
    """In canonical order, read on the way: the last subject now and then, and all as an instant passes."""
    rng = Random(case.seed)  # noqa: S311
    scorer = Scorer(case.model)
    scores: dict[int, dict[str, Score]] = {}
    waiting = list(case.instants)
    for event in sorted(case.events, key=canonical):
        while waiting and event.time > waiting[0]:
            at = waiting.pop(0)
            scores[at] = _read(scorer, case, at)
        scorer.ingest(event)
        subject = _subject(case.model, event)
        if subject is not None and rng.random() * len(case.events) < _LOOKS:
            scorer.score(subject)
    scores |= {at: _read(scorer, case, at) for at in waiting}
    return Answer(scores, scorer.advance(_end(case)))


def _in_chunks(case: Case) -> Answer:
    return _fed(case, sorted(case.events, key=canonical), Random(case.seed))  # noqa: S311


def _shuffled(case: Case) -> Answer:
    rng = Random(case.seed)  # noqa: S311
    return _fed(case, rng.sample(case.events, len(case.events)), rng)


def _repeated(case: Case) -> Answer:
    rng = Random(case.seed)  # noqa: S311
    again = [event for event in case.events if event.id is not None and rng.random() < 0.5]
    sent = [*case.events, *again]
    return _fed(case, rng.sample(sent, len(sent)), rng)


def _restored(case: Case) -> Answer:
    return _fed(case, sorted(case.events, key=canonical), Random(case.seed), restore=True)  # noqa: S311


def _fed(case: Case, log: Sequence[Event], rng: Random, restore: bool = False) -> Answer:
    """In chunks of 1 to 1,000 events, changes of level told on the way and the rest at the end."""
    scorer = Scorer(case.model)
    told: list[Transition] = []
    chunks = _chunks(log, rng)
    stops = {round(k * len(chunks) / _STOPS) for k in range(_STOPS)}
    for number, chunk in enumerate(chunks):
        scorer.ingest(chunk)
        if number in stops and scorer.now is not None and scorer.now <= _end(case):
            told += scorer.advance(scorer.now)
        if number in stops and restore:
            scorer = _reloaded(scorer)
    scores = {at: _read(scorer, case, at) for at in case.instants}
    return Answer(scores, _standing([*told, *scorer.advance(_end(case))]))


def _chunks(log: Sequence[Event], rng: Random) -> list[Sequence[Event]]:
    """The log in pieces, small and large ones alike."""
    found = []
    start = 0
    while start < len(log):
        size = int(min(_LARGEST, 1 + len(log) // 2) ** rng.random())
        found.append(log[start : start + size])
        start += size
    return found


def _reloaded(scorer: Scorer) -> Scorer:
    with tempfile.TemporaryDirectory(prefix="questscore-parity-") as folder:
        path = Path(folder) / "scorer"
        scorer.save(path)
        return Scorer.load(path, scorer.model)


def _read(scorer: Scorer, case: Case, at: int) -> dict[str, Score]:
    return {name: scorer.score(name, at) for name in sorted(_names(case, at))}


def _names(case: Case, at: int) -> set[str]:
    """The subjects with an event by then."""
    found = {_subject(case.model, event) for event in case.events if event.time <= at}
    return {name for name in found if name is not None}


def _standing(told: Sequence[Transition]) -> list[Transition]:
    """What is left of all that was told, once each retraction took back what it names."""
    standing: list[Transition] = []
    for change in told:
        if change.retracted:
            undone = evolve(change, retracted=False)
            if undone not in standing:
                raise AssertionError(f"taken back, and not told before: {change}")
            standing.remove(undone)
        else:
            standing.append(change)
    return sorted(standing, key=lambda change: (change.time, change.subject))


def _end(case: Case) -> int:
    return case.instants[-1]


WAYS: dict[str, Way] = {
    "score": _batch,
    "history": _daily,
    "a scorer, one by one": _one_by_one,
    "a scorer, in chunks": _in_chunks,
    "a scorer, shuffled": _shuffled,
    "a scorer, with events sent again": _repeated,
    "a scorer, saved and loaded between chunks": _restored,
}
