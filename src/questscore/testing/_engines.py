"""Checks of the engines: over columns, one event at a time, from a file, they give what the definition gives.

Lives here: the checks that hold every way of reading equal to the definition.
Lives elsewhere: the definition itself (_definition), what a class says (_declared).
"""

from __future__ import annotations

import itertools
import random
import struct
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from attrs import evolve

from questscore import reference
from questscore.api import explain, history, score
from questscore.engine.tracker import Tracker
from questscore.language import Value
from questscore.model.event import Event
from questscore.model.level import Level, Levels
from questscore.model.result import ROUNDING, Explanation
from questscore.model.rule import Rule
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration, Instant, Period
from questscore.scorer.scorer import Scorer
from questscore.testing._cases import BEGIN, USERS, lengths, names, properties
from questscore.testing._specimen import BYSTANDER, Specimen, expect, expect_same, known
from questscore.testing.difference import transitions_differ

_SIZES = [DAY, 7 * DAY, 30 * DAY, 91 * DAY, 365 * DAY]
_EVERY = dict(zip(_SIZES, Period, strict=True))
"""About how long periods are."""


def lowering(it: Specimen) -> None:
    """``score`` (by ``lower``, where there is one) gives what the definition gives."""
    for seed in (21, 22, 23):
        events = it.log(seed)
        for at in it.instants(events, seed):
            expect_same(it.scored(events, at), it.defined(events, at), "by lower, score")


def following(it: Specimen) -> None:
    """A `Scorer` (by ``follow``, where there is one), read after events, gives what the definition gives."""
    for seed in (24, 25):
        events = it.log(seed)
        scorer = Scorer(it.model())
        for i, event in enumerate(events):
            scorer.ingest(event)
            if i % 3 == seed % 3:
                subject = event.user if it.subject == "user" else event.account
                assert subject is not None  # noqa: S101
                expected = {subject: it.defined(events[: i + 1], event.time)[subject]}
                one = scorer.score(subject, event.time)
                expect_same({subject: it.of(one.signals, one.points)}, expected, "by follow, after an event")
        for at in (events[-1].time + away for away in (0, 1, DAY, *lengths(it.part))):
            expect_same(_read(it, scorer, at), it.defined(events, at), "by follow, as time goes by")


def _read(it: Specimen, scorer: Scorer, at: int) -> dict[str, Value]:
    """By the states of a scorer, not over columns."""
    found = [scorer.score(row.subject, at) for row in scorer.scores(at)]
    return {one.subject: it.of(one.signals, one.points) for one in found}


def window_edges(it: Specimen) -> None:
    """Exactly a length of time after an event, and a microsecond to either side, all agree."""
    near = sorted({length + step for length in (*lengths(it.part), DAY) for step in (-1, 0, 1)})
    values = {name: options[-1] for name, options in properties(it.parts()).items()}
    for name in names(it.parts())[:2]:
        times = [BEGIN, BEGIN + DAY // 3]
        events = [
            Event(name, Instant(time), *USERS[0], values, f"{name} {i}") for i, time in enumerate(times)
        ]
        scorer = Scorer(it.model())
        scorer.ingest(events)
        for at in sorted({time + step for time in times for step in near if time + step >= times[-1]}):
            expected = it.defined(events, at)
            where = f"{(at - BEGIN):,} us after an event"
            expect_same(it.scored(events, at), expected, f"{where}, score")
            expect_same(_read(it, scorer, at), expected, f"{where}, a Scorer")


def through_time(it: Specimen) -> None:
    """``history`` at each of its instants gives what the definition gives there."""
    events, model, part = it.log(26), it.model(), it.part
    rules = isinstance(part, Rule)
    found = history(model, events, "week", signals=True, points=rules)
    column = found.points[part.name] if rules else found.signals[it.column]
    for row, at in enumerate(found.times.tolist()):
        expected = it.defined(events, at)
        read = {}
        for place, subject in enumerate(found.subjects):
            if subject in expected:
                value = column[row, place]
                read[subject] = None if value is None or value != value else _plain(value)
        expect_same(read, expected, "at an instant of history")


def _plain(value: object) -> Value:
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


def any_order(it: Specimen) -> None:
    """In any order, cut into any batches, the events come to the same."""
    events = it.log(27)
    dice = random.Random(27)  # noqa: S311
    at = events[-1].time + 1
    expected = it.defined(events, at)
    for attempt in range(3):
        shuffled = list(events)
        if attempt:
            dice.shuffle(shuffled)
        scorer = Scorer(it.model())
        while shuffled:
            size = dice.choice((1, 2, 7, len(shuffled)))
            batch, shuffled = shuffled[:size], shuffled[size:]
            scorer.ingest(batch if size > 1 else batch[0])
            if dice.random() < 0.5:  # a reading in between leaves no trace
                scorer.score((batch[0].user if it.subject == "user" else batch[0].account) or "")
        expect_same(_read(it, scorer, at), expected, "in another order, a Scorer")
        expect_same(it.scored(dice.sample(events, len(events)), at), expected, "in another order, score")


def duplicates(it: Specimen) -> None:
    """An event with an id that comes again counts once."""
    events = it.log(28)
    at = events[-1].time + 1
    expected = it.defined(events, at)
    twice = [event for event in events for _ in range(2)]
    scorer = Scorer(it.model())
    for event in (*events[::2], *twice):
        scorer.ingest(event)
    expect_same(it.scored(twice, at), expected, "with repeated events, score")
    expect_same(_read(it, scorer, at), expected, "with repeated events, a Scorer")


def restored(it: Specimen) -> None:
    """A `Scorer` that is saved and loaded, with old events folded too, goes on as if nothing had been."""
    events, model = it.log(29), it.model()
    half = len(events) // 2
    later = [evolve(event, time=Instant(event.time + 30 * DAY)) for event in events[half:]]
    last = later[-1].time
    late = evolve(later[-1], time=Instant(last - DAY // 2), id="late")
    with known(type(it.part)), tempfile.TemporaryDirectory() as folder:
        for retain in {None, _retainable(model)}:
            path = Path(folder) / "scorer"
            first = Scorer(model, retain)
            first.ingest(events[:half])
            first.ingest(later[:1])
            first.save(path)
            scorer = Scorer.load(path)
            scorer.ingest(later[1:])
            whole = [*events[:half], *later]
            expect_same(_read(it, scorer, last), it.defined(whole, last), "saved and loaded, a Scorer")
            scorer.ingest(late)
            for at in (last, last + DAY):
                expected = it.defined([*whole, late], at)
                expect_same(_read(it, scorer, at), expected, "saved and loaded, after a late event, a Scorer")


def _retainable(model: ScoreModel) -> Duration | None:
    """A time for which a scorer of the model can retain events; None: for ever."""
    tracker = Tracker(model)
    return None if tracker.endless else Duration(max(2 * DAY, tracker.lookback))


def forgets(it: Specimen) -> None:
    """A subject that is forgotten and comes again is as new."""
    events = it.log(30)
    at = events[-1].time + 1
    scorer = Scorer(it.model())
    scorer.ingest(events)
    before = _read(it, scorer, at)
    subject = sorted(before)[0]
    own = [e for e in events if (e.user if it.subject == "user" else e.account) == subject]
    scorer.forget(subject)
    kept = {name: value for name, value in before.items() if name != subject}
    expect_same(_read(it, scorer, at), kept, f"with {subject!r} forgotten, a Scorer")
    again = own[len(own) // 2 :]
    scorer.ingest(again)
    expected = kept | dict(it.defined(again, at))
    expect_same(_read(it, scorer, at), expected, "after forgetting, a Scorer")
    expect_same(it.defined(again, at), it.defined(list(again), at), "after forgetting, the definition")


def looks_ahead(it: Specimen) -> None:
    """A forecast, which tries events out and goes far ahead, leaves no trace."""
    events = it.log(34)
    at = events[-1].time + 1
    scorer = Scorer(it.model())
    scorer.ingest(events)
    expected = _read(it, scorer, at)
    for subject in expected:
        scorer.forecast(subject, at)
    expect_same(_read(it, scorer, at), expected, "after a forecast, a Scorer")


def merges(it: Specimen) -> None:
    """Two scorers, each with some of the events, come to one with all of them."""
    events = it.log(31)
    at = events[-1].time + 1
    one, other = Scorer(it.model()), Scorer(it.model())
    one.ingest(events[::2])
    other.ingest(events[1::2])
    with known(type(it.part)):
        one.merge(other)
    expect_same(_read(it, one, at), it.defined(events, at), "merged, a Scorer")


def explains(it: Specimen) -> None:
    """The reasons for a score add up to it, and no line but rounding makes them do so."""
    events, model = it.log(32), it.model()
    for at in it.instants(events, 32)[::3]:
        for row in score(model, events, at):
            tree = explain(model, events, row.subject, at)
            expect(tree.check(), f"the reasons for {row.subject!r} do not add up")
            expect_same({"": tree.value}, {"": row.value}, f"explained, the score of {row.subject!r}")
            _no_gap(tree)
    scorer = Scorer(model)
    scorer.ingest(events)
    first, last = events[len(events) // 2].time, events[-1].time + DAY
    for row in scorer.scores(first):
        tree = scorer.explain_change(row.subject, first, last)
        expect(tree.check(), f"the reasons for the change of {row.subject!r} do not add up")
        _no_gap(tree)


def levels(it: Specimen) -> None:
    """Changes of level that it brings about come when they should, however far a `Scorer` looks at once."""
    events = it.log(35)
    first, last = events[0].time, events[-1].time
    end = last + max([40 * DAY, *(2 * length for length in lengths(it.part))])
    size = next((size for size in _SIZES if end - first < 100 * size), _SIZES[-1])
    looks = [*range(first, last, max(DAY, (last - first) // 6)), *range(last, end, (end - last) // 6)]
    model = it.model()
    found = [one for at in looks for one in reference.score(model, events, at).values()]
    if isinstance(it.part, Rule):
        made = [Level(f"above {edge!r}", at_least=edge) for edge in _between([one.value for one in found])]
    elif it.column.isidentifier():
        values, x = [it.of(one.signals, one.points) for one in found], it.column
        made = [Level(f"above {edge!r}", when=f"{x} > {edge!r}") for edge in reversed(_between(values))]
        texts = sorted({value for value in values if isinstance(value, str)})
        made += [Level(f"says {text}", when=f"{x} == {text!r}") for text in texts]
    else:
        made = []
    if not made:
        return
    model = evolve(model, levels=Levels(*made), evaluate=_EVERY[size])
    scorer = Scorer(model)
    scorer.ingest(events)
    for subject, line in transitions_differ(scorer.advance(end), reference.transitions(model, events, end)):
        expect(False, f"for {subject!r}, {line}")


def _between(values: Iterable[Value]) -> list[float]:
    """Up to six numbers, ascending, each between two of the values."""
    known = sorted({value for value in values if isinstance(value, float)})
    gaps = [(low + high) / 2 for low, high in itertools.pairwise(known)]
    return sorted({gaps[i * len(gaps) // 6] for i in range(6)} - set(known)) if gaps else []


def _no_gap(node: Explanation) -> None:
    size = sum(abs(child.value or 0.0) for child in node.children if child.label != ROUNDING)
    for child in node.children:
        if child.label == ROUNDING:
            gap = abs(child.value or 0.0)
            expect(gap <= 1e-6 * max(1.0, size), f"the lines of {node.label!r} are {child.value!r} off")
        _no_gap(child)


def leaves_others_alone(it: Specimen) -> None:
    """The numbers beside it are the same to the bit with and without it."""
    events = it.log(33)
    at = events[-1].time + 1
    other, without = it.model(), it.model(without=True)
    for read in (_over_columns, _one_by_one, _at_each_instant):
        with_it, alone = read(other, events, at), read(without, events, at)
        expect(
            with_it == alone, f"{BYSTANDER!r}, which has nothing to do with it, is another number beside it"
        )


def _bits(value: Value) -> object:
    return struct.pack("d", value) if isinstance(value, float) else value


def _over_columns(model: ScoreModel, events: Sequence[Event], at: int) -> list[object]:
    found = score(model, list(events), at)
    return [(row.subject, _bits(row.signals[BYSTANDER]), _bits(row.points["kit_rule"])) for row in found]


def _one_by_one(model: ScoreModel, events: Sequence[Event], at: int) -> list[object]:
    scorer, found = Scorer(model), list[object]()
    for event in events:
        scorer.ingest(event)
        one = scorer.score((event.user if model.subject == "user" else event.account) or "", event.time)
        found.append((one.subject, _bits(one.signals[BYSTANDER]), _bits(one.points["kit_rule"])))
    return found


def _at_each_instant(model: ScoreModel, events: Sequence[Event], at: int) -> list[object]:
    found = history(model, list(events), "day", end=at, signals=(BYSTANDER,), points=True)
    return [found.signals[BYSTANDER].tobytes(), found.points["kit_rule"].tobytes()]


CHECKS: tuple[Callable[[Specimen], None], ...] = (
    lowering,
    following,
    window_edges,
    through_time,
    any_order,
    duplicates,
    restored,
    forgets,
    levels,
    looks_ahead,
    merges,
    explains,
    leaves_others_alone,
)
