"""A journal equals lists of events that are settled anew with each that comes, whatever is done with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import questscore
from questscore import Event
from questscore.journal import Journal, Outcome, base, dictionary, journal, same
from questscore.model.event import canonical
from questscore.reference import settled
from unit.journal.naive import START, Kind, NaiveJournal, events

SIZES = st.tuples(st.sampled_from([1, 2, 4, 16]), st.sampled_from([1, 2, 3, 50]))


def a_journal(subject: Kind, sizes: tuple[int, int]) -> Journal:
    """A journal with small blocks, so that a few events fill several."""

    class Small(Journal):
        block, young = sizes

    return Small(subject)


def agree(found: list[Event], wanted: list[Event]) -> None:
    """The same events in the same order, numbers as doubles to the sign of zero."""
    assert [(canonical(e), e.id) for e in found] == [(canonical(e), e.id) for e in wanted]


def check(journal: Journal, naive: NaiveJournal) -> None:
    """Every way of reading says what the naive journal has."""
    assert sorted(journal.subjects) == sorted(naive.standing)
    assert len(journal.subjects) == len(naive.standing)
    assert journal.mark() == naive.appended
    for subject in ("a", "b", "Zoë", "\udcff", "nobody"):
        wanted = naive.standing.get(subject, [])
        agree(journal.events(subject), wanted)
        assert journal.first(subject) == min((e.time for e in wanted), default=None)
        assert (subject in journal.subjects) == bool(wanted)
        low, high = START + 1, START + 3
        agree(journal.events(subject, since=low), [e for e in wanted if e.time > low])
        agree(journal.events(subject, until=high), [e for e in wanted if e.time <= high])
        agree(journal.events(subject, low, high), [e for e in wanted if low < e.time <= high])


def check_table(journal: Journal, naive: NaiveJournal, until: int | None) -> None:
    """The table has the same events; rows of one subject in the order they came."""
    table = journal.table(until)
    wanted = [e for _, e in naive.rows if until is None or e.time <= until]
    agree(list(table), wanted)


class Machine:
    """A journal and a naive one, to which the same things are done."""

    def __init__(self, subject: Kind, sizes: tuple[int, int]) -> None:
        self.journal, self.naive = a_journal(subject, sizes), NaiveJournal(subject)
        self.sizes, self.floor, self.marks = sizes, START, [0]
        self.given: list[Event] = []

    def fresh(self, given: list[Event]) -> list[Event]:
        """Those that are not too old."""
        return [event for event in given if event.time >= self.floor]

    def add(self, event: Event) -> None:
        for one in self.fresh([event]):
            assert self.journal.add(one) is self.naive.add(one)
            self.given.append(one)

    def extend(self, given: list[Event], cut: Callable[[int], list[int]] | None) -> None:
        table = questscore.read_events(self.fresh(given))
        chosen = list(range(len(table))) if cut is None else cut(len(table))
        taken = self.journal.extend(table, None if cut is None else np.array(chosen, dtype=np.intp))
        # rows whose id is there already come after the others
        new: list[int] = []
        again: list[int] = []
        seen: set[tuple[str, str | None]] = set()
        for row in chosen:
            event = table.event(row)
            key = (self.naive.of(event), event.id)
            known = any(e.id == event.id for e in self.naive.standing.get(key[0], []))
            (again if event.id and (known or key in seen) else new).append(row)
            seen.add(key)
        outcomes = [(self.naive.add(table.event(row)), row) for row in new + again]
        self.given += [table.event(row) for row in chosen]
        conflicts = [row for o, row in outcomes if o in (Outcome.CONFLICT, Outcome.REPLACED)]
        assert taken.conflicts.tolist() == sorted(conflicts)
        assert taken.duplicates.tolist() == sorted(row for o, row in outcomes if o is Outcome.DUPLICATE)
        assert taken.replaced == sum(o is Outcome.REPLACED for o, _ in outcomes)
        assert taken.applied + len(taken.duplicates) + len(taken.conflicts) == len(chosen)

    def forget(self, subject: str) -> None:
        assert self.journal.forget(subject) == self.naive.forget(subject)
        self.given = [e for e in self.given if self.naive.of(e) != subject]

    def drop(self, before: int) -> None:
        due = dict(self.journal.due(before))
        wanted = {
            subject: [e for e in found if e.time < before] for subject, found in self.naive.standing.items()
        }
        assert set(due) == {subject for subject, found in wanted.items() if found}
        for subject, found in due.items():
            agree(found, wanted[subject])
        self.journal.drop(before)
        self.naive.drop(before)
        self.floor = max(self.floor, before)
        self.given = [e for found in self.naive.standing.values() for e in found]

    def reload(self) -> None:
        self.journal = type(self.journal).from_parts(self.journal.subject, self.journal.parts())

    def settled_at_last(self) -> None:
        """What stands is what the reference makes of everything that was given and not let go."""
        by_subject: dict[str, list[Event]] = {}
        for event in self.given:
            by_subject.setdefault(self.naive.of(event), []).append(event)
        for subject, found in by_subject.items():
            agree(self.journal.events(subject), settled(found))


@pytest.mark.parametrize("subject", ["user", "account"])
@pytest.mark.parametrize("collide", [False, True], ids=["", "hashes collide"])
@settings(max_examples=1500, deadline=None)
@given(sizes=SIZES, data=st.data())
def test_a_journal_is_its_events_settled(
    subject: Kind, collide: bool, sizes: tuple[int, int], data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(same, "_MANY", data.draw(st.sampled_from([1, 1000])))
        if collide:
            for module in (journal, base, dictionary):
                patch.setattr(module, "hash", lambda text: len(text) % 2, raising=False)
        machine = Machine(subject, sizes)
        one = events(user=subject == "user", account=subject == "account")
        for _ in range(data.draw(st.integers(1, 8))):
            act = data.draw(
                st.sampled_from(["add", "adds", "extend", "some", "forget", "drop", "reload", "mark"])
            )
            match act:
                case "add":
                    machine.add(data.draw(one))
                case "adds":
                    for event in data.draw(st.lists(one, max_size=12)):
                        machine.add(event)
                case "extend":
                    machine.extend(data.draw(st.lists(one, max_size=12)), None)
                case "some":
                    machine.extend(
                        data.draw(st.lists(one, max_size=12)),
                        lambda size: [row for row in range(size) if data.draw(st.booleans())],
                    )
                case "forget":
                    machine.forget(data.draw(st.sampled_from(["a", "b", "nobody"])))
                case "drop":
                    machine.drop(data.draw(st.integers(START, START + 7)))
                case "reload":
                    machine.reload()
                case "mark":
                    machine.marks.append(machine.journal.mark())
            if data.draw(st.booleans()):
                check(machine.journal, machine.naive)
                mark = data.draw(st.sampled_from(machine.marks))
                assert machine.journal.touched(mark) == machine.naive.touched(mark)
        check(machine.journal, machine.naive)
        for mark in machine.marks:
            assert machine.journal.touched(mark) == machine.naive.touched(mark)
        check_table(machine.journal, machine.naive, None)
        check_table(machine.journal, machine.naive, START + 3)
        machine.settled_at_last()
