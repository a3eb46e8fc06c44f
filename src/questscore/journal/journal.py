"""Journal: the standing events of all subjects, in the order they came.

Lives here: what can be asked of it and done with it; single events while they wait to become columns.
Lives elsewhere: the rows that are columns (base), all of them as one table (table), saved journals (saved).

A row knows how far back the row before it of the same subject stands, and each subject's newest row is
known: so a subject's events are found in time that depends on their number alone. Single events wait as
they are and become columns some thousands at a time; they are put into the chains when that is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import EventTable
from questscore.journal.base import Base
from questscore.journal.bulk import earliest, grouped, subjects_of
from questscore.journal.dictionary import NONE
from questscore.journal.index import ABSENT
from questscore.journal.order import in_order
from questscore.journal.outcome import Outcome, Taken
from questscore.journal.saved import Part, Saved, parts_of, saved_in, spread
from questscore.journal.table import table_of
from questscore.model.event import Event, canonical

Indices = NDArray[np.intp]

_APPLIED = Outcome.APPLIED
_ALWAYS = 2**63 - 1


class Journal:
    """An append-only log in memory, of which each id of a subject stands once.

    Args:
        subject: Whose events these are: users or accounts.

    All events that are given have a subject, and none is earlier than what was dropped: the caller has
    seen to that. Which of several events with an id stands does not depend on the order they come in.

    >>> journal = Journal("user")
    >>> late = Event("login", "2026-03-02T09:00:00Z", user="ada", id="1")
    >>> early = Event("login", "2026-03-01T09:00:00Z", user="ada", id="1")
    >>> [journal.add(event).value for event in (late, late, early, late)]
    ['applied', 'duplicate', 'replaced', 'conflict']
    >>> journal.events("ada") == [early]
    True
    """

    block = 1 << 16
    """How many rows a block holds; a power of two."""
    young = 1 << 12
    """How many single events wait to become columns."""

    def __init__(self, subject: Literal["user", "account"]) -> None:
        self.subject: Literal["user", "account"] = subject
        self._by_user = subject == "user"
        self._base = Base(self._by_user, self.block.bit_length() - 1)
        self._start_young()

    def _start_young(self) -> None:
        self._young: list[Event] = []
        self._young_start = self._base.store.end
        self._index, self._floor = self._base.index, self._base.store.floor
        # those that have an id: by it or, where it is another subject's too, by subject and id
        self._fresh: dict[str | tuple[str, str], Event] = {}
        # how far back the row before stands, of those that are in the chains
        self._backs: list[int] = []

    # -- taking in

    def add(self, event: Event) -> Outcome:
        """Takes one event.

        Raises:
            ValueError: It has no subject, or is earlier than what was dropped.
        """
        subject = event.user if self._by_user else event.account
        if subject is None:
            raise ValueError(f"{event!r} has no {self.subject}")
        if event.time < self._floor:
            raise ValueError(f"{event!r} is earlier than what was dropped")
        id_ = event.id
        if id_ is not None:
            fresh, hashed = self._fresh, hash(subject) + hash(id_)
            if id_ not in fresh and not self._index.may_have(hashed):
                fresh[id_] = event  # nearly always
            else:
                known = self._known(subject, id_, hashed)
                if known is not None:
                    return self._again(event, known)
                fresh[(subject, id_) if id_ in fresh else id_] = event
        young = self._young
        young.append(event)
        if len(young) == self.young:
            self._flush()
        return _APPLIED

    def extend(self, table: EventTable, rows: Indices | None = None) -> Taken:
        """Takes the events of a table, or of some of its rows.

        What stands in the end is what stands after taking them one by one, in any order. Which of several
        with one id count as conflicts is said as if those that are the first of their id came first.

        Raises:
            ValueError: One has no subject, or is earlier than what was dropped.
        """
        self._flush()
        size = len(table) if rows is None else len(rows)
        own, _ = self._base.sides(table)
        every = slice(None) if rows is None else rows
        if size and own.codes[every].min() < 0:
            raise ValueError(f"an event has no {self.subject}")
        if size and table.time[every].min() < self._base.store.floor:
            raise ValueError("an event is earlier than what was dropped")
        doubtful: list[int] = []
        duplicates: list[int] = []
        done = 0
        while done < size:
            stop = min(size, done + self._base.store.tail.room)
            part = slice(done, stop) if rows is None else rows[done:stop]
            some, more = self._base.take(table, part)
            doubtful += some.tolist()
            duplicates += more.tolist()
            done = stop
        self._start_young()
        outcomes = [(self.add(table.event(row)), row) for row in doubtful]
        conflicts = [row for outcome, row in outcomes if outcome in (Outcome.CONFLICT, Outcome.REPLACED)]
        duplicates += [row for outcome, row in outcomes if outcome is Outcome.DUPLICATE]
        replaced = sum(outcome is Outcome.REPLACED for outcome, _ in outcomes)
        return Taken(size - len(duplicates) - len(conflicts), _rows(duplicates), _rows(conflicts), replaced)

    def _known(self, subject: str, id_: str, hashed: int) -> Event | None:
        """The standing event of a subject that has an id."""
        for key in (id_, (subject, id_)):
            known = self._fresh.get(key)
            if known is not None and subject == (known.user if self._by_user else known.account):
                return known
        row = self._index.find(hashed, self._base.has, subject, id_)
        return None if row == ABSENT else self._base.event(row)

    def _again(self, event: Event, known: Event) -> Outcome:
        """An event whose subject and id a standing one has."""
        standing, coming = canonical(known), canonical(event)
        if standing == coming:
            return Outcome.DUPLICATE
        if standing < coming:
            return Outcome.CONFLICT
        self._flush()
        subject, id_ = (event.user if self._by_user else event.account) or "", event.id or ""
        base = self._base
        base.store.kill(base.index.find(hash(subject) + hash(id_), base.has, subject, id_))
        self.add(event)
        return Outcome.REPLACED

    def _link(self) -> None:
        """Puts the single events into the chains of their subjects."""
        base, backs = self._base, self._backs
        for row, event in enumerate(self._young[len(backs) :], self._young_start + len(backs)):
            code = base.subjects[event.user if self._by_user else event.account]
            base.chains.grow(code + 1)
            backs.append(base.chains.link(code, row))

    def _flush(self) -> None:
        """Makes columns of the single events that wait."""
        if self._young:
            self._base.take_events(self._young, self._backs, with_ids=bool(self._fresh))
            self._start_young()

    # -- reading

    @property
    def subjects(self) -> Collection[str]:
        """The names of the subjects with a standing event, as they are now."""
        self._link()
        return Subjects(self._base)

    def events(self, subject: str, since: int | None = None, until: int | None = None) -> list[Event]:
        """A subject's standing events in canonical order, those with a time in (since, until].

        Cost: some microseconds for each standing event of the subject, however many others there are.
        """
        self._link()
        base, store = self._base, self._base.store
        low = store.floor if since is None else max(store.floor, since + 1)
        high = _ALWAYS if until is None else until
        found = []
        row = base.chains.newest[base.subjects.get(subject, NONE)]
        start, young, backs = store.start, self._young_start, self._backs
        segments, shift, before, mask = store.segments, store.shift, store.before, store.mask
        while row >= start:
            if row >= young:
                event = self._young[row - young]
                if low <= event.time <= high:
                    found.append(event)
                back = backs[row - young]
            else:
                segment, i = segments[(row >> shift) - before], row & mask
                time = segment.time[i]
                if low <= time <= high and not (segment.dead and segment.dead[i]):
                    found.append(base.made(segment, i, time, subject))
                back = segment.back[i]
            if not back:
                break
            row -= back
        found.reverse()
        return in_order(found)

    def first(self, subject: str) -> int | None:
        """The time of a subject's earliest standing event, None when there is none."""
        return min(map(self._time, self._standing(subject)), default=None)

    def table(self, until: int | None = None) -> EventTable:
        """The standing events with a time up to ``until`` as one table, in the order they came.

        The texts of its ids are made when they are asked for.
        """
        self._flush()
        base = self._base
        return table_of(base.store, base.by_user, base.subjects, base.others, base.names, until)

    def mark(self) -> int:
        """How many rows were ever appended; it grows with each event that is applied or replaces another."""
        return self._young_start + len(self._young)

    def touched(self, mark: int) -> dict[str, int]:
        """The subjects with an event since the mark, to the earliest instant of these that stand.

        An event that replaces another is the earlier of the two; what was dropped or forgotten is left out.
        """
        base = self._base
        texts = base.subjects.texts
        found: dict[str, int] = {}
        if mark < base.store.end:
            codes, times = earliest(base.store, mark)
            found = {texts[code] or "": time for code, time in zip(codes, times, strict=True)}
        for event in self._young[max(mark - self._young_start, 0) :]:
            name = (event.user if self._by_user else event.account) or ""
            found[name] = min(int(event.time), found.get(name, int(event.time)))
        return found

    def _standing(self, subject: str) -> Iterator[int]:
        """The numbers of a subject's standing rows, newest first."""
        self._link()
        store, young = self._base.store, self._young_start
        row = self._base.chains.newest[self._base.subjects.get(subject, NONE)]
        while row >= store.start:
            if row >= young:
                yield row
                back = self._backs[row - young]
            else:
                if store.stands(row):
                    yield row
                back = store.segment(row).back[row & store.mask]
            if not back:
                return
            row -= back

    def _time(self, row: int) -> int:
        if row >= self._young_start:
            return int(self._young[row - self._young_start].time)
        return self._base.store.segment(row).time[row & self._base.store.mask]

    # -- dropping

    def forget(self, subject: str) -> int:
        """Leaves a subject as if never seen, ids included; how many events went."""
        self._flush()
        code = self._base.subjects.get(subject, NONE)
        rows = list(self._standing(subject))
        for row in rows:
            self._base.store.kill(row)
        if rows:
            self._base.end([code])
            self._base.free()
        return len(rows)

    def due(self, before: int) -> Iterator[tuple[str, list[Event]]]:
        """Each subject's standing events with a time before an instant, in canonical order.

        The journal must not change meanwhile.
        """
        self._flush()
        for code, rows in grouped(self._base.store, before - 1):
            yield self._base.subjects.texts[code] or "", in_order([self._base.event(row) for row in rows])

    def drop(self, before: int) -> None:
        """Lets go of the events with a time before an instant, ids included."""
        self._flush()
        store, texts = self._base.store, self._base.subjects.texts
        if before > store.floor:
            codes = subjects_of(store, before - 1)
            store.floor = self._floor = before
            self._base.end([c for c in codes if next(self._standing(texts[c] or ""), None) is None])
            self._base.free()

    # -- saving

    def parts(self) -> dict[str, Part]:
        """What stands, as named arrays, lists of texts and plain values, which share nothing with it."""
        self._flush()
        store = self._base.store
        rows = np.flatnonzero(store.stand()) + store.start
        return parts_of(Saved(self.table(), rows, store.start, store.end, store.floor))

    @classmethod
    def from_parts(cls, subject: Literal["user", "account"], parts: Mapping[str, Part]) -> Self:
        """The journal of which ``parts`` are what `parts` gave; marks taken there hold here.

        Raises:
            ValueError: They are not such parts.
        """
        saved = saved_in(parts)
        journal = cls(subject)
        shift = journal._base.store.shift
        start = saved.start >> shift << shift
        journal._base = base = Base(journal._by_user, shift, start)
        table = spread(saved, start)
        done = 0
        while done < len(table):
            stop = min(len(table), done + base.store.tail.room)
            base.take(table, slice(done, stop), gaps=True)
            done = stop
        gone = np.ones(saved.end - start, dtype=np.bool_)
        gone[saved.rows - start] = False
        for row in np.flatnonzero(gone).tolist():
            base.store.kill(row + start)
        base.store.floor = saved.floor
        journal._start_young()
        return journal

    @property
    def nbytes(self) -> int:
        """About how many bytes it holds, texts included; single events that still wait are left out."""
        return self._base.nbytes


class Subjects(Collection[str]):
    """The subjects with a standing row, in no order that means anything."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def __len__(self) -> int:
        return self._base.chains.known

    def __contains__(self, subject: object) -> bool:
        code = self._base.subjects.get(subject, NONE) if isinstance(subject, str) else NONE
        return self._base.chains.newest[code] != ABSENT

    def __iter__(self) -> Iterator[str]:
        texts = self._base.subjects.texts
        return (texts[code] or "" for code in self._base.chains.with_rows())


def _rows(found: list[int]) -> Indices:
    return np.sort(np.array(found, dtype=np.intp))
