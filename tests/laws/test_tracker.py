"""The law: a state that takes events one at a time says what the definition says of them.

Whatever it was read at in between, and whoever copied it on the way.
"""

from __future__ import annotations

from random import Random

import pytest

from questscore import Event, Score, ScoreModel, load_model
from questscore.engine.tracker import Tracker, in_order
from questscore.intake import from_rows
from questscore.reference import Subject, by_subject
from questscore.tracks.state import State
from support.cases import Case, numbered
from support.compare import differences, equal, plain

CASES = 400
CHUNK = 25
SEED = 3
chunks = pytest.mark.parametrize("first", range(0, CASES, CHUNK))


def the_model(case: Case) -> tuple[ScoreModel, dict[str, list[Event]]]:
    """A case's model and, by subject, its events up to its instant."""
    model = load_model(case.model)
    events = [event for event in from_rows(case.events) if event.time <= case.at]
    return model, {name: list(own) for name, own in by_subject(model, events).items()}


class Taken:
    """Events taken into a state one by one, with readings and copies in between."""

    def __init__(self, tracker: Tracker, rng: Random) -> None:
        self.tracker, self.rng = tracker, rng
        self.state = tracker.fresh()
        self.last: int | None = None
        self.copies: list[tuple[State, Score, int]] = []

    def all(self, events: list[Event]) -> State:
        """The state after all of them; anew from the start where an offset has looked too far ahead."""
        ordered = in_order(events)
        for i, event in enumerate(ordered):
            if self.last is not None and self.last < event.time:
                self.perhaps_look(self.last, event.time - 1)
                if self.tracker.late(self.state, event.time):
                    self.state = self.tracker.follow(self.tracker.fresh(), ordered[:i])
            self.tracker.take(self.state, event)
            self.last = event.time
        return self.state

    def perhaps_look(self, first: int, last: int) -> None:
        """Reads the state at some instants, and goes on with a copy of it."""
        for at in sorted(self.rng.randint(first, last) for _ in range(self.rng.choice((0, 0, 1, 2)))):
            reading = self.tracker.read(self.state, at)
            if self.rng.random() < 0.3:
                self.copies.append((self.state, reading, at))
                self.state = self.state.copy()


@chunks
def test_a_tracker_gives_the_definitions_numbers(first: int) -> None:
    """Every number, level and text, whatever was read and copied before."""
    for number in range(first, first + CHUNK):
        case = numbered(SEED, number)
        model, by_name = the_model(case)
        tracker, found, expected = Tracker(model), {}, {}
        for name, events in by_name.items():
            state = Taken(tracker, Random(number)).all(events)
            if not state.huge:
                found[name] = tracker.read(state, case.at, name)
                expected[name] = Subject(model, events).score(name, case.at)
        assert differences(plain(found), plain(expected)) == [], (SEED, number)


@chunks
def test_a_copied_state_stays_as_it_was(first: int) -> None:
    """What a copy takes leaves the other as it is; and what a reading tells later is what it told."""
    copies = 0
    for number in range(first, first + CHUNK):
        model, by_name = the_model(numbered(SEED, number))
        tracker = Tracker(model)
        for name, events in by_name.items():
            taken = Taken(tracker, Random(number))
            taken.all(events)
            for state, reading, at in taken.copies:
                copies += 1
                again = tracker.read(state, at)
                assert differences(plain({name: reading}), plain({name: again})) == [], (SEED, number)
    assert copies > 0


@chunks
def test_a_score_stays_in_its_range(first: int) -> None:
    """While nothing happens, the score lies in the range told before, and its level is one of those told."""
    told = 0
    for number in range(first, first + CHUNK):
        case, rng = numbered(SEED, number), Random(number)
        model, by_name = the_model(case)
        tracker = Tracker(model)
        for events in by_name.values():
            state = tracker.follow(tracker.fresh(), in_order(events))
            if state.huge:
                continue
            begin = events[-1].time
            until = begin + rng.choice((1, 10**6, 3_600 * 10**6, 86_400 * 10**6, 40 * 86_400 * 10**6))
            may, least = tracker.sheet.may_stand(state.copy(), begin, until)
            span = tracker.sheet.outlook.range(state.copy(), begin, until)
            for at in sorted({begin, until, *(rng.randint(begin, until) for _ in range(4))}):
                reading = tracker.read(state, at)
                assert span.contains(reading.value) or any(
                    equal(reading.value, end) for end in (span.low, span.high)
                ), (SEED, number, at)
                assert reading.level in may, (SEED, number, at)
                assert reading.value is None or reading.value >= least - 1e-9 * max(1.0, abs(least))
            told += span.low > -1e308
    assert told > 0
