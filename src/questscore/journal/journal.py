"""Journal: the standing events of all subjects, in the order they came.

Lives here: events taken in one by one or many at once, ids, chains of rows, dropping.
Lives elsewhere: rows by number (store), the table of ids (index), the journal as columns (columns), saved
journals (saved).

A row knows how far back the row before it of the same subject stands, and each subject's newest row is
known: so a subject's events are found in time that depends on their number alone. Single events wait as
they are and become columns some thousands at a time.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys
from questscore.journal.dictionary import NONE, Dictionary
from questscore.journal.index import ABSENT, Hashes, IdIndex
from questscore.journal.order import by_code, distinct, in_order, starts_of
from questscore.journal.outcome import Outcome, Taken
from questscore.journal.packing import Integers
from questscore.journal.restore import restored
from questscore.journal.saved import Part, Saved, parts_of, saved_in, spread
from questscore.journal.store import Segment, Store
from questscore.journal.table import table_of
from questscore.model.event import Event, canonical

Indices = NDArray[np.intp]
Rows = Indices | slice

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
    young = 1 << 13
    """How many single events wait to become columns."""

    def __init__(self, subject: Literal["user", "account"]) -> None:
        self.subject: Literal["user", "account"] = subject
        self._by_user = subject == "user"
        self._names, self._others, self._coded = Dictionary(), Dictionary(), Dictionary()
        self._store = Store(self.block.bit_length() - 1)
        self._index = IdIndex(0)
        self._set_heads(np.full(1, ABSENT, dtype=np.int64))
        self._known = 0
        self._young: list[Event] = []
        self._young_start = 0
        # of the single events, those with an id: its row, by subject and id
        self._fresh: dict[tuple[str, str], int] = {}
        # the single events that are in the chains already: whose they are, how far back the one before stands
        self._linked: list[int] = []
        self._backs: list[int] = []
        self._kept_texts = 0

    # -- taking in

    def add(self, event: Event) -> Outcome:
        """Takes one event.

        Raises:
            ValueError: It has no subject, or is earlier than what was dropped.
        """
        subject = event.user if self._by_user else event.account
        if event.time < self._store.floor:
            raise ValueError(f"{event!r} is earlier than what was dropped")
        young = self._young
        id_ = event.id
        if id_ is not None and subject is not None:
            key = (subject, id_)
            held = self._fresh.get(key, ABSENT)
            hashed, index = hash(subject) + hash(id_), self._index
            if held == ABSENT and index.view[hashed & index.mask]:
                held = index.find(hashed, lambda row: self._has(row, subject, id_))
            if held != ABSENT:
                return self._again(event, held)
            self._fresh[key] = self._young_start + len(young)
        elif subject is None:
            raise ValueError(f"an event has no {self.subject}")
        young.append(event)
        if len(young) == self.young:
            self._flush()
        return _APPLIED

    def extend(self, table: EventTable, rows: Indices | None = None) -> Taken:
        """Takes the events of a table, or of some of its rows; equal to taking them one by one.

        Raises:
            ValueError: One has no subject, or is earlier than what was dropped; then none is taken.
        """
        self._flush()
        size = len(table) if rows is None else len(rows)
        self._check(table, slice(None) if rows is None else rows)
        again: list[int] = []
        done = 0
        while done < size:
            stop = min(size, done + self._store.tail.room)
            again += self._append(table, slice(done, stop) if rows is None else rows[done:stop])
            done = stop
        outcomes = [(self.add(table.event(row)), row) for row in again]
        conflicts = [row for outcome, row in outcomes if outcome in (Outcome.CONFLICT, Outcome.REPLACED)]
        duplicates = sum(outcome is Outcome.DUPLICATE for outcome, _ in outcomes)
        replaced = sum(outcome is Outcome.REPLACED for outcome, _ in outcomes)
        applied = size - duplicates - len(conflicts)
        return Taken(applied, duplicates, np.sort(np.array(conflicts, dtype=np.intp)), replaced)

    def _check(self, table: EventTable, rows: Rows) -> None:
        codes = (table.user if self._by_user else table.account).codes[rows]
        if not len(codes):
            return
        if codes.min() < 0:
            raise ValueError(f"an event has no {self.subject}")
        if table.time[rows].min() < self._store.floor:
            raise ValueError("an event is earlier than what was dropped")

    def _append(self, table: EventTable, rows: Rows, *, gaps: bool = False) -> list[int]:
        """Takes rows as columns, but those whose id is there already: these are returned."""
        own, other = (table.user, table.account) if self._by_user else (table.account, table.user)
        subject = self._coded.translated(own.codes[rows], own.values)
        if not gaps and len(subject) and not subject.min():
            raise ValueError(f"an event has no {self.subject}")
        self._grow_heads()
        ids = None if table.id is None else _texts(table.id, rows)
        again: list[int] = []
        if ids is not None and any(ids):
            kept = self._claim(subject, ids)
            if kept is not None:
                numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
                again = np.delete(numbers, kept).tolist()
                rows, subject, ids = numbers[kept], subject[kept], [ids[i] for i in kept.tolist()]
        else:
            ids = None
        at = self._store.append(
            table.time[rows],
            self._names.translated(table.name.codes[rows], table.name.values),
            subject,
            self._others.translated(other.codes[rows], other.values),
            self._chain(subject),
            ids,
        )
        self._store.tail.take_properties(table, rows, at)
        self._seal()
        return again

    def _claim(self, subject: NDArray[np.int32], ids: Sequence[str | None]) -> Indices | None:
        """Makes the ids known; which places are new, or None when all are."""
        start, texts = self._store.end, ids
        places = np.arange(len(ids))
        if not all(ids):
            places = np.flatnonzero([bool(id_) for id_ in ids])
            texts = [id_ for id_ in ids if id_]

        def has(row: int, i: int) -> bool:
            code = subject[places[i]]
            if row < start:
                return self._has(row, self._coded.texts[code], texts[i])
            return bool(subject[row - start] == code) and ids[row - start] == texts[i]

        hashes = self._hashes(subject[places], texts)
        owners, settle = self._index.claim_many(hashes, places + start, has)
        known = np.flatnonzero(owners != ABSENT)
        new = np.delete(places, known)
        if not len(known):
            settle(new + start)
            return None
        kept = np.delete(np.arange(len(ids)), places[known])
        settle(np.searchsorted(kept, new) + start)
        return kept

    def _chain(self, subject: NDArray[np.int32]) -> Integers:
        """(n,) how far back the subject's row before each stands, of the rows that come next."""
        start = self._store.end
        back = np.zeros(len(subject), dtype=np.int64)
        if not len(subject):
            return back
        order = by_code(subject)
        codes = subject[order]
        if not codes[0]:  # of a saved journal, in which these rows stood no more
            order, codes = order[np.searchsorted(codes, 1) :], codes[np.searchsorted(codes, 1) :]
            if not len(codes):
                return back
        opens = starts_of(codes)
        back[order[1:]] = order[1:] - order[:-1]
        first, last = order[opens], order[np.append(opens[1:], len(codes)) - 1]
        met = codes[opens]
        heads = self._heads_array[met]
        back[first] = np.where(heads == ABSENT, 0, first + start - heads)
        self._known += int(np.count_nonzero(heads == ABSENT))
        self._heads_array[met] = last + start
        return back

    def _again(self, event: Event, held: int) -> Outcome:
        """An event whose id a standing row has."""
        standing, coming = canonical(self._event(held)), canonical(event)
        if standing == coming:
            return Outcome.DUPLICATE
        if standing < coming:
            return Outcome.CONFLICT
        self._flush()
        self._store.kill(held)
        self.add(event)
        return Outcome.REPLACED

    def _has(self, row: int, subject: str | None, id_: str | None) -> bool:
        """Whether a row stands and is of the subject and has the id."""
        if not self._store.stands(row):
            return False
        segment, i = self._store.segment(row), row & self._store.mask
        return self._coded.texts[segment.subject[i]] == subject and segment.id_of(i) == id_

    def _hashes(self, subjects: NDArray[np.int32], ids: Sequence[str | None]) -> Hashes:
        """(n,) what the index knows subjects and ids by."""
        hashes = np.fromiter(map(hash, ids), np.int64, len(ids)).view(np.uint64)
        hashes += self._coded.hashes(subjects)
        return hashes

    def _grow_heads(self) -> None:
        size = len(self._coded.texts)
        if size > len(self._heads_array):
            heads = np.full(size + size // 2, ABSENT, dtype=np.int64)
            heads[: len(self._heads_array)] = self._heads_array
            self._set_heads(heads)

    def _set_heads(self, heads: Integers) -> None:
        self._heads_array, self._heads = heads, heads.data

    def _link(self) -> None:
        """Puts the single events into the chains of their subjects."""
        linked, backs = self._linked, self._backs
        if len(linked) == len(self._young):
            return
        for row, event in enumerate(self._young[len(linked) :], self._young_start + len(linked)):
            code = self._coded[event.user if self._by_user else event.account]
            if code >= len(self._heads):
                self._grow_heads()
            head = self._heads[code]
            self._heads[code] = row
            self._known += head == ABSENT
            linked.append(code)
            backs.append(0 if head == ABSENT else row - head)

    def _flush(self) -> None:
        """Makes columns of the single events that wait."""
        events, store = self._young, self._store
        if not events:
            return
        if self._linked:
            self._link()
        backs = np.array(self._backs, dtype=np.int64)
        own, others = [event.user for event in events], [event.account for event in events]
        if not self._by_user:
            own, others = others, own
        subject, other = self._coded.codes(own), self._others.codes(others)
        self._grow_heads()
        time = np.array(array("q", [event.time for event in events]))
        name = self._names.codes([event.name for event in events])
        ids = [event.id for event in events] if self._fresh else None
        done = 0
        while done < len(events):
            part = slice(done, min(len(events), done + store.tail.room))
            back = backs[part] if len(backs) else self._chain(subject[part])
            at = store.append(
                time[part], name[part], subject[part], other[part], back, None if ids is None else ids[part]
            )
            store.tail.put([event.properties for event in events[part]], at.start)
            store.seal()
            done = part.stop
        if self._fresh:
            rows = np.fromiter(self._fresh.values(), np.int64, len(self._fresh))
            subjects = subject[rows - self._young_start]
            self._index.put(self._hashes(subjects, [id_ for _, id_ in self._fresh]), rows)
        self._young, self._fresh, self._linked, self._backs = [], {}, [], []
        self._young_start = store.end

    def _seal(self) -> None:
        self._store.seal()
        self._young_start = self._store.end

    # -- reading

    @property
    def subjects(self) -> Subjects:
        """The names of the subjects with a standing event."""
        self._link()
        return Subjects(self._coded, self._heads_array, self._known)

    def events(self, subject: str, since: int | None = None, until: int | None = None) -> list[Event]:
        """A subject's standing events in canonical order, those with a time in (since, until].

        Cost: some microseconds for each standing event of the subject, however many others there are.
        """
        store = self._store
        low = store.floor if since is None else max(store.floor, since + 1)
        high = _ALWAYS if until is None else until
        found = []
        row, backs, start, young = self._newest(subject), self._backs, store.start, self._young_start
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
                    found.append(self._made(segment, i, time, subject))
                back = segment.back[i]
            if not back:
                break
            row -= back
        found.reverse()
        return in_order(found)

    def first(self, subject: str) -> int | None:
        """The time of a subject's earliest standing event, None when there is none."""
        store = self._store
        times = []
        for _, segment, i in self._chain_of(subject):
            if segment is None:
                times.append(int(self._young[i].time))
            elif (time := segment.time[i]) >= store.floor and not (segment.dead and segment.dead[i]):
                times.append(time)
        return min(times, default=None)

    def table(self, until: int | None = None) -> EventTable:
        """The standing events with a time up to ``until`` as one table, in the order they came.

        The texts of its ids are made when they are asked for.
        """
        self._flush()
        return table_of(self._store, self._by_user, self._coded, self._others, self._names, until)

    def mark(self) -> int:
        """How many rows were ever appended; it grows with each event that is applied or replaces another."""
        return self._young_start + len(self._young)

    def touched(self, mark: int) -> dict[str, int]:
        """The subjects with an event since the mark, to the earliest instant of these that stand.

        An event that replaces another is the earlier of the two; what was dropped or forgotten is left out.
        """
        least = np.full(len(self._coded.texts), _ALWAYS, dtype=np.int64)
        for segment, rows in self._store.standing(mark):
            every: Rows = slice(None) if rows is None else rows
            subject, time = segment.column("subject")[every], segment.column("time")[every]
            order = by_code(subject)
            opens = starts_of(subject[order])
            codes = subject[order[opens]]
            least[codes] = np.minimum(least[codes], np.minimum.reduceat(time[order], opens))
        codes = np.flatnonzero(least < _ALWAYS)
        texts = self._coded.texts
        found = {
            texts[code] or "": time for code, time in zip(codes.tolist(), least[codes].tolist(), strict=True)
        }
        for event in self._young[max(mark - self._young_start, 0) :]:
            name = (event.user if self._by_user else event.account) or ""
            found[name] = min(int(event.time), found.get(name, int(event.time)))
        return found

    def _chain_of(self, subject: str) -> Iterator[tuple[int, Segment | None, int]]:
        """The rows of a subject, newest first, with where each is: its segment, or None and a young event."""
        row, store, start, young = self._newest(subject), self._store, self._store.start, self._young_start
        while row >= start:
            if row >= young:
                segment, i = None, row - young
                back = self._backs[i]
            else:
                segment, i = store.segment(row), row & store.mask
                back = segment.back[i]
            yield row, segment, i
            if not back:
                return
            row -= back

    def _newest(self, subject: str) -> int:
        """The newest row of a subject, or `ABSENT`."""
        self._link()
        return self._heads[self._coded.get(subject, NONE)]

    def _event(self, row: int) -> Event:
        if row >= self._young_start:
            return self._young[row - self._young_start]
        segment, i = self._store.segment(row), row & self._store.mask
        return self._made(segment, i, segment.time[i], self._coded.texts[segment.subject[i]] or "")

    def _made(self, segment: Segment, i: int, time: int, subject: str) -> Event:
        """The event of a row of a segment."""
        name = segment.name[i]
        other = self._others.texts[segment.other[i]]
        user, account = (subject, other) if self._by_user else (other, subject)
        text = self._names.texts[name] or ""
        return restored(text, time, user, account, segment.properties(i, name), segment.id_of(i))

    # -- dropping

    def forget(self, subject: str) -> int:
        """Leaves a subject as if never seen, ids included; how many events went."""
        self._flush()
        code = self._coded.get(subject)
        if not code:
            return 0
        rows = [row for row, _, _ in self._chain_of(subject) if self._store.stands(row)]
        for row in rows:
            self._store.kill(row)
        self._end([code])
        self._store.free()
        return len(rows)

    def due(self, before: int) -> Iterator[tuple[str, list[Event]]]:
        """Each subject's standing events with a time before an instant, in canonical order.

        The journal must not change meanwhile.
        """
        self._flush()
        codes, numbers = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for segment, rows in self._store.standing(until=before - 1):
            places = np.arange(segment.size) if rows is None else rows
            codes.append(segment.column("subject")[places].astype(np.int64))
            numbers.append(places + segment.start)
        subject, row = np.concatenate(codes), np.concatenate(numbers)
        order = by_code(subject)
        subject, row = subject[order], row[order]
        for start, stop in pairwise([*starts_of(subject).tolist(), len(subject)]):
            name = self._coded.texts[int(subject[start])] or ""
            yield name, in_order([self._event(r) for r in row[start:stop].tolist()])

    def drop(self, before: int) -> None:
        """Lets go of the events with a time before an instant, ids included."""
        self._flush()
        store = self._store
        if before <= store.floor:
            return
        ended = []
        for segment, rows in store.standing(until=before - 1):
            subject = segment.column("subject")
            ended.append(distinct(subject if rows is None else subject[rows]).astype(np.int64))
        store.floor = before
        if ended:
            codes = distinct(np.concatenate(ended)).tolist()
            self._end([code for code in codes if not self._has_standing(code)])
        store.free()
        if self._index.used > max(3 * (store.end - store.start) // 2, 1024):
            self._index.purge(store.start, store.stand())
        self._sweep()

    def _has_standing(self, code: int) -> bool:
        subject = self._coded.texts[code] or ""
        return any(self._store.stands(row) for row, _, _ in self._chain_of(subject))

    def _end(self, codes: list[int]) -> None:
        """Subjects without a standing row leave."""
        self._known -= len(codes)
        for code in codes:
            self._heads[code] = ABSENT
        self._coded.remove(codes)

    def _sweep(self) -> None:
        """Lets go of names and of others that no row has, when they may be half of all."""
        dictionaries = {"name": self._names, "other": self._others}
        if sum(map(len, dictionaries.values())) < 2 * self._kept_texts + 1024:
            return
        for key, dictionary in dictionaries.items():
            used = np.zeros(len(dictionary.texts), dtype=np.bool_)
            for segment in self._store.segments:
                used[segment.column(key)] = True
            dictionary.keep(used)
        self._kept_texts = sum(map(len, dictionaries.values()))

    # -- saving

    def parts(self) -> dict[str, Part]:
        """What stands, as named arrays, lists of texts and plain values, which share nothing with it."""
        self._flush()
        store = self._store
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
        shift = journal._store.shift
        start = saved.start >> shift << shift
        journal._store = Store(shift, start)
        journal._index = IdIndex(start)
        journal._young_start = start
        table = spread(saved, start)
        done = 0
        while done < len(table):
            stop = min(len(table), done + journal._store.tail.room)
            journal._append(table, slice(done, stop), gaps=True)
            done = stop
        gone = np.ones(saved.end - start, dtype=np.bool_)
        gone[saved.rows - start] = False
        for row in np.flatnonzero(gone).tolist():
            journal._store.kill(row + start)
        journal._store.floor = saved.floor
        return journal

    @property
    def nbytes(self) -> int:
        """About how many bytes it holds, texts included; single events that still wait are left out."""
        dictionaries = (self._coded, self._others, self._names)
        return (
            self._store.nbytes
            + self._index.nbytes
            + self._heads_array.nbytes
            + sum(dictionary.nbytes for dictionary in dictionaries)
        )


class Subjects(Collection[str]):
    """The names of a journal's subjects with a standing event, in no order that means anything."""

    def __init__(self, coded: Dictionary, heads: Integers, size: int) -> None:
        self._coded, self._heads, self._size = coded, heads, size

    def __len__(self) -> int:
        return self._size

    def __contains__(self, subject: object) -> bool:
        code = self._coded.get(subject) if isinstance(subject, str) else None
        return bool(code) and self._heads[code] != ABSENT

    def __iter__(self) -> Iterator[str]:
        texts = self._coded.texts
        return (texts[code] or "" for code in np.flatnonzero(self._heads != ABSENT).tolist())


def _texts(column: Keys, rows: Rows) -> Sequence[str | None]:
    """The texts of some rows; an empty one can be there."""
    codes, values = column.codes[rows], column.values
    there = np.flatnonzero(codes >= 0)
    known = codes if len(there) == len(codes) else codes[there]
    if len(known) and bool(np.all(known[1:] - known[:-1] == 1)):
        some: Sequence[str | None] = values[int(known[0]) : int(known[-1]) + 1]
    else:
        some = [values[code] for code in known.tolist()]
    if len(known) == len(codes):
        return some
    whole: list[str | None] = [None] * len(codes)
    for place, text in zip(there.tolist(), some, strict=True):
        whole[place] = text
    return whole
