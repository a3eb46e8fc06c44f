"""A journal by hand: outcomes, what it costs, and what it lets go."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from attrs import evolve

import questscore
from questscore import Event
from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.journal import Journal, Outcome, same
from questscore.journal.packing import Column
from questscore.model.time import DAY
from unit.engine.both import ev
from unit.journal.naive import START


def table_of(events: Iterable[Event]) -> EventTable:
    return questscore.read_events(list(events))


def one_by_one(journal: Journal, events: list[Event]) -> list[str]:
    return [journal.add(event).value for event in events]


def at_once(journal: Journal, events: list[Event]) -> list[str]:
    taken = journal.extend(table_of(events))
    conflicts = set(taken.conflicts.tolist())
    assert taken.applied == len(events) - len(taken.duplicates) - len(conflicts)
    return ["conflict" if row in conflicts else "" for row in range(len(events))]


Way = Callable[[Journal, list[Event]], list[str]]
WAYS = pytest.mark.parametrize("take", [one_by_one, at_once])


@WAYS
def test_a_number_and_the_same_as_boolean_or_integer_are_one_content_and_a_text_is_another(take: Way) -> None:
    journal = Journal("user")
    stands = ev("a", "2026-03-01", id="e", x=1)
    take(journal, [stands])
    same = [ev("a", "2026-03-01", id="e", x=value) for value in (1.0, True, 1)]
    assert "conflict" not in take(journal, same)
    assert journal.events("ada") == [stands]
    text = ev("a", "2026-03-01", id="e", x="1")  # its JSON stands before that of 1.0
    take(journal, [text])
    assert journal.events("ada") == [text]


@WAYS
def test_one_id_of_two_subjects_is_two_events_and_of_two_accounts_of_one_user_is_a_conflict(
    take: Way,
) -> None:
    events = [ev("a", "2026-03-01", id="e", user=user, account=account) for user in "ab" for account in "xy"]
    users, accounts = Journal("user"), Journal("account")
    take(users, events)
    take(accounts, events)
    assert [[e.account for e in users.events(user)] for user in "ab"] == [["x"], ["x"]]
    assert [[e.user for e in accounts.events(account)] for account in "xy"] == [["a"], ["a"]]


@WAYS
def test_without_an_id_nothing_is_a_duplicate(take: Way) -> None:
    journal = Journal("user")
    take(journal, [ev("a", "2026-03-01", id=id_) for id_ in (None, "", None)])
    assert len(journal.events("ada")) == 3


@WAYS
def test_a_property_may_be_text_in_one_event_and_a_number_in_the_next(take: Way) -> None:
    journal = Journal("user")
    values = ["pro", 3.0, "", 0.0]
    events = [ev("a", f"2026-03-0{day}", plan=value) for day, value in enumerate(values, 1)]
    take(journal, [*events, ev("a", "2026-03-05")])
    assert [e.properties.get("plan") for e in journal.events("ada")] == [*values, None]
    assert [e.properties.get("plan") for e in journal.table()] == [*values, None]


def test_the_same_object_twice_is_a_duplicate() -> None:
    journal, event = Journal("user"), ev("a", "2026-03-01", id="e")
    assert [journal.add(event), journal.add(event)] == [Outcome.APPLIED, Outcome.DUPLICATE]


def test_rows_of_a_table_are_taken_and_conflicts_are_said_by_its_rows() -> None:
    journal = Journal("user")
    events = [ev("a", f"2026-03-0{day}", id=id_) for day, id_ in enumerate("xyxyz", 1)]
    taken = journal.extend(table_of(events), np.array([4, 2, 0, 1]))
    assert (taken.applied, taken.duplicates.tolist(), taken.conflicts.tolist()) == (3, [], [0])
    assert taken.replaced == 1
    assert [e.id for e in journal.events("ada")] == ["x", "y", "z"]
    assert journal.first("ada") == events[0].time


def test_what_has_no_subject_or_is_too_old_is_refused() -> None:
    journal = Journal("account")
    orphan = ev("a", "2026-03-05", account=None)
    blank = table_of([ev("a", "2026-03-05", account="?")])
    blank = EventTable(blank.time, blank.name, blank.user, Keys(blank.account.codes, [""]))
    for wrong in (lambda: journal.add(orphan), lambda: journal.extend(table_of([orphan]))):
        with pytest.raises(ValueError, match="has no account"):
            wrong()
    with pytest.raises(ValueError, match="has no subject"):
        journal.extend(blank)
    old = ev("a", "2026-03-05")
    journal.drop(old.time + 1)
    read = Journal.from_parts("account", journal.parts())
    for wrong in (lambda: journal.add(old), lambda: journal.extend(table_of([old])), lambda: read.add(old)):
        with pytest.raises(ValueError, match="earlier than what was dropped"):
            wrong()
    assert (list(journal.subjects), journal.mark()) == ([], 0)


@WAYS
def test_what_was_forgotten_or_dropped_counts_again_when_it_is_sent_again(take: Way) -> None:
    journal = Journal("user")
    events = [ev("a", "2026-03-05", id="1"), ev("a", "2026-03-05", id="1", user="bob")]
    take(journal, events)
    assert (journal.forget("ada"), journal.forget("ada")) == (1, 0)
    assert ("ada" in journal.subjects, list(journal.subjects)) == (False, ["bob"])
    assert journal.add(events[0]) is Outcome.APPLIED
    assert journal.add(events[1]) is Outcome.DUPLICATE
    journal.drop(events[0].time + 1)
    assert len(journal.subjects) == 0
    assert journal.add(ev("a", "2026-03-06", id="1")) is Outcome.APPLIED


@pytest.mark.parametrize("wrong", ["journal", "time", "name.texts"])
def test_parts_of_which_one_is_not_there_are_refused(wrong: str) -> None:
    journal = Journal("user")
    journal.add(ev("a", "2026-03-01"))
    parts = {name: part for name, part in journal.parts().items() if name != wrong}
    with pytest.raises(ValueError, match=wrong):
        Journal.from_parts("user", parts)


def test_touched_are_those_since_the_mark_at_their_earliest() -> None:
    journal = Journal("user")
    late, early = ev("a", "2026-03-05", id="1"), ev("a", "2026-03-02", id="1")
    journal.add(late)
    journal.add(ev("a", "2026-03-01", user="bob"))
    mark = journal.mark()
    assert journal.touched(mark) == {}
    journal.add(early)
    journal.extend(table_of([ev("a", "2026-03-04", user="eve"), ev("a", "2026-03-03", user="eve")]))
    assert journal.touched(mark) == {"ada": early.time, "eve": ev("a", "2026-03-03").time}
    assert journal.mark() == mark + 3


# -- what it costs


def a_log(size: int, subjects: int, ids: bool = False, seed: int = 1) -> EventTable:
    """Rows in order of time, one every ten seconds, with properties as products have them."""
    rng = np.random.default_rng(seed)
    minutes = np.where(rng.random(size) < 0.15, rng.gamma(2, 10, size), np.nan)
    feature = np.where(rng.random(size) < 0.2, rng.integers(0, 40, size), -1).astype(np.int32)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)
    codes = np.arange(size, dtype=np.int32)
    texts = [bytes(row).decode() for row in letters[rng.integers(0, 36, (size if ids else 0, 12))]]
    return EventTable(
        START + np.arange(size) * 10_000_000,
        Keys(rng.integers(0, 15, size).astype(np.int32), [f"event {k}" for k in range(15)]),
        Keys.empty(size),
        Keys(rng.integers(0, subjects, size).astype(np.int32), [f"acct_{k:08}" for k in range(subjects)]),
        Keys(codes, texts) if ids else None,
        {
            "minutes": PropertyColumn(minutes, None),
            "feature": PropertyColumn(None, Keys(feature, [f"f{k}" for k in range(40)])),
        },
    )


def test_an_event_takes_few_bytes_and_its_id_few_more() -> None:
    plain, with_ids = Journal("account"), Journal("account")
    size = 8 * Journal.block
    plain.extend(a_log(size, 1000))
    with_ids.extend(a_log(size, 1000, ids=True))
    assert plain.nbytes / size <= 20
    # 9 for the letters, and a table of ids of 8 bytes a slot, half full
    assert (with_ids.nbytes - plain.nbytes) / size <= 25.5


class Counted:
    """A column that counts how often it is read."""

    reads = 0

    def __init__(self, column: Column) -> None:
        self.column = column

    def __getitem__(self, position: int) -> int:
        Counted.reads += 1
        return self.column[position]


def test_a_subject_is_read_at_the_cost_of_its_own_rows() -> None:
    """However many rows of others stand before, between and after."""
    journal = Journal("account")
    rare = [ev("a", START + day * DAY, account="rare") for day in range(5)]
    for event in rare:
        journal.extend(a_log(Journal.block, 1000, seed=event.time % 97))
        journal.add(event)
    journal.extend(a_log(Journal.block, 1000))
    for segment in journal._base.store.segments:
        segment.back = Counted(segment.back)  # type: ignore[assignment, unused-ignore]
    assert journal.events("rare") == rare
    assert Counted.reads == 5


def test_a_window_that_slides_over_the_log_takes_a_bounded_room() -> None:
    """Events, ids, subjects and texts that come and go leave nothing behind."""

    class Small(Journal):
        block, young = 1 << 10, 1 << 6

    journal = Small("account")
    most = []
    for day in range(60):
        log = a_log(1000, 50, ids=True, seed=day)
        texts = [[f"{text} of {day}" for text in keys.values] for keys in (log.account, log.name)]
        account, name = Keys(log.account.codes, texts[0]), Keys(log.name.codes, texts[1])
        journal.extend(EventTable(log.time + day * DAY, name, log.user, account, log.id, log.properties))
        journal.drop(START + (day - 5) * DAY)
        most.append(journal.nbytes)
    assert max(most[30:]) <= 1.5 * max(most[5:20])
    assert len(journal.subjects) == 50 * 6
    journal.drop(START + 100 * DAY)
    assert len(journal.subjects) == 0
    assert len(journal.table()) == 0


def test_a_table_repeats_what_was_sent_and_is_counted_at_once() -> None:
    journal, log = Journal("account"), a_log(2000, 10, ids=True)
    journal.extend(log)
    assert journal.extend(log).duplicates.tolist() == list(range(2000))
    assert journal.mark() == 2000
    changed = {**log.properties, "minutes": PropertyColumn(np.full(2000, 1.0), None)}
    taken = journal.extend(EventTable(log.time, log.name, log.user, log.account, log.id, changed))
    assert (taken.applied, len(taken.duplicates), len(taken.conflicts)) == (0, 0, 2000)


@pytest.mark.parametrize(
    "field", ["time", "name", "user", "number", "sign", "no number", "text", "no text", "more"]
)
def test_a_table_that_repeats_ids_with_other_content_is_all_conflicts(field: str) -> None:
    """Each field alone makes other content; the sign of zero is part of a number."""
    size = 300
    journal = Journal("account")
    log = a_log(size, 1, ids=True)
    zeros, texts = PropertyColumn(np.zeros(size), None), PropertyColumn(None, Keys(log.account.codes, ["x"]))
    log = evolve(log, user=Keys(log.account.codes, ["ada"]), properties={"number": zeros, "text": texts})
    journal.extend(log)
    other = PropertyColumn(None, Keys(log.account.codes, ["y"]))
    changed = {
        "time": evolve(log, time=log.time + 1),
        "name": evolve(log, name=Keys(log.name.codes, [f"other {k}" for k in range(15)])),
        "user": evolve(log, user=Keys(log.account.codes, ["bob"])),
        "number": evolve(log, properties={"number": PropertyColumn(np.ones(size), None), "text": texts}),
        "sign": evolve(log, properties={"number": PropertyColumn(-np.zeros(size), None), "text": texts}),
        "no number": evolve(log, properties={"text": texts}),
        "text": evolve(log, properties={"number": zeros, "text": other}),
        "no text": evolve(log, properties={"number": zeros}),
        "more": evolve(log, properties={"number": zeros, "text": texts, "more": zeros}),
    }
    taken = journal.extend(changed[field])
    assert (taken.applied, len(taken.duplicates), len(taken.conflicts)) == (0, 0, size)


def test_a_repeat_of_what_was_replaced_in_the_same_table_is_a_conflict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(same, "_MANY", 1)
    journal = Journal("user")
    late, early = ev("a", "2026-03-02", id="e"), ev("a", "2026-03-01", id="e")
    journal.extend(table_of([late]))
    taken = journal.extend(table_of([late, early, late]))
    assert (taken.duplicates.tolist(), taken.conflicts.tolist(), taken.replaced) == ([0], [1, 2], 1)
    assert journal.events("ada") == [early]


def test_a_subject_that_comes_after_a_forgotten_one_has_nothing_of_it() -> None:
    """Not its code in a table that was seen before, nor the hashes of its ids."""
    journal = Journal("user")
    table = table_of(
        [ev("a", f"2026-03-0{day}", user=user) for day, user in ((1, "ada"), (2, "eve"), (3, "ada"))]
    )
    journal.extend(table.take(slice(0, 1)))
    journal.forget("ada")
    bob = ev("a", "2026-03-01", user="bob", id="e")
    journal.extend(table_of([bob]))
    journal.extend(table.take(slice(1, 3)))
    assert {name: len(journal.events(name)) for name in journal.subjects} == {"bob": 1, "ada": 1, "eve": 1}
    assert journal.add(bob) is Outcome.DUPLICATE
