"""Several threads at one scorer: a reading sees whole batches, never a part of one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from questscore import Count, Event, EventRule, Level, Levels, ScoreModel, Scorer, read_events
from questscore.model.time import DAY, HOUR
from unit.engine.both import t

SUBJECTS = ("ada", "bob", "cyd", "dee")
BATCHES = 120
READERS = 8
FIRST = t("2026-03-01")


@pytest.fixture(autouse=True)
def _many_switches() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def a_model() -> ScoreModel:
    """A batch gives each subject 5 points and takes 5 away, so that the sum is 0 between batches."""
    return ScoreModel(
        "threads",
        subject="user",
        signals=[Count("given", on="give"), Count("taken", on="take"), Count("lately", on="*", window="2d")],
        rules=[EventRule("give", on="give", points=5), EventRule("take", on="take", points=-5)],
        levels=Levels(Level("torn", at_least=1)),
    )


def a_batch(number: int) -> list[Event]:
    """For each subject one of both, some of them late, in an order that leaves no sum at 0 on the way."""
    at = FIRST + number * HOUR - (DAY if number % 7 == 0 else 0)
    return [
        Event(name, at + place, user=subject, id=f"{number}/{name}")
        for name in ("give", "take")
        for place, subject in enumerate(SUBJECTS)
    ]


def read_one(scorer: Scorer) -> None:
    for subject in SUBJECTS:
        score = scorer.score(subject)
        assert (score.value, score.level) == (0.0, "base")
        assert score.signals["given"] == score.signals["taken"]


def read_all(scorer: Scorer) -> None:
    table = scorer.scores()
    assert len(table) == len(SUBJECTS)
    assert not table.scores.any()
    assert len({*table.signals["given"].tolist(), *table.signals["taken"].tolist()}) == 1


def explain(scorer: Scorer) -> None:
    tree = scorer.explain("ada")
    assert tree.value == 0.0
    assert tree.check()
    now = scorer.now
    assert now is not None
    assert scorer.explain_change("bob", FIRST, max(now, FIRST)).value == 0.0


def look_ahead(scorer: Scorer) -> None:
    forecast = scorer.forecast("cyd")
    assert (forecast.time, forecast.after) == (None, "base")
    assert forecast.gains["give"].score == 5.0


def advance(scorer: Scorer) -> None:
    assert scorer.advance(FIRST + BATCHES * HOUR) == []


def look_back(scorer: Scorer) -> None:
    assert not scorer.history("day").scores[-1].any()


def at_once(read: Callable[[Scorer], None], write: Callable[[], None], scorer: Scorer) -> int:
    """Reads in `READERS` threads while one writes; how many readings there were."""
    ready, done = threading.Barrier(READERS + 1), threading.Event()
    wrong: list[BaseException] = []
    counts = [0] * READERS

    def reading(place: int) -> None:
        ready.wait()
        try:
            while not done.is_set() or not counts[place]:
                read(scorer)
                counts[place] += 1
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=reading, args=(place,)) for place in range(READERS)]
    for thread in threads:
        thread.start()
    ready.wait()
    try:
        write()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    if wrong:
        raise wrong[0]
    return sum(counts)


@pytest.mark.parametrize("form", [list, read_events])
@pytest.mark.parametrize("read", [read_one, read_all, explain, look_ahead, advance, look_back])
def test_readings_see_whole_batches(
    read: Callable[[Scorer], None], form: Callable[[list[Event]], object]
) -> None:
    """While one thread takes events in, eight others never see half of a batch."""
    scorer = Scorer(a_model())
    scorer.ingest(a_batch(1))

    def write() -> None:
        for number in range(2, BATCHES):
            report = scorer.ingest(form(a_batch(number)))  # type: ignore[arg-type]
            assert report.applied == 2 * len(SUBJECTS)

    assert at_once(read, write, scorer) >= READERS
    read_one(scorer)
    assert scorer.score("ada").signals["given"] == BATCHES - 1


def test_threads_that_take_events_in_lose_none() -> None:
    """Eight threads ingest event by event what is read as one log in the end."""
    scorer = Scorer(a_model())
    batches = [event for number in range(1, BATCHES) for event in a_batch(number)]
    parts = [batches[place::READERS] for place in range(READERS)]
    threads = [
        threading.Thread(target=lambda part=part: [scorer.ingest(event) for event in part]) for part in parts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read_all(scorer)
    assert scorer.score("dee").signals["taken"] == BATCHES - 1


def test_two_scorers_merged_into_each_other_at_once_do_not_wait_for_ever() -> None:
    """The two locks are taken in one order."""
    one, other = Scorer(a_model()), Scorer(a_model())
    one.ingest(a_batch(1))
    other.ingest(a_batch(2))
    threads = [
        threading.Thread(target=a.merge, args=(b,)) for a, b in ((one, other), (other, one)) for _ in range(4)
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert one.score("ada").signals["given"] == other.score("ada").signals["given"] == 2
