"""Base: the rows of a journal that are columns, whose they are, and which ids they have.

Lives here: taking many events as columns, rows as events again.
Lives elsewhere: single events that wait to become columns, what is asked of a journal (journal).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys
from questscore.journal.chains import Chains
from questscore.journal.dictionary import Dictionary
from questscore.journal.index import ABSENT, Hashes, IdIndex
from questscore.journal.order import distinct
from questscore.journal.packing import Integers
from questscore.journal.restore import restored
from questscore.journal.same import Given, repeats
from questscore.journal.store import Segment, Store
from questscore.model.event import Event

Indices = NDArray[np.intp]
Codes = NDArray[np.int32]
Rows = Indices | slice


class Base:
    """Rows in a store, with dictionaries for their texts, the chains of their subjects and an index of ids.

    Args:
        by_user: The subjects are users; else accounts.
        shift, start: Those of the `Store`.

    ``others`` is the dictionary of the accounts or users that are not the subjects.
    """

    def __init__(self, by_user: bool, shift: int, start: int = 0) -> None:
        self.by_user = by_user
        self.names, self.subjects, self.others = Dictionary(), Dictionary(), Dictionary()
        self.store = Store(shift, start)
        self.chains = Chains()
        self.index = IdIndex(start)
        self._kept_texts = 0

    def sides(self, table: EventTable) -> tuple[Keys, Keys]:
        """A table's columns of subjects and of others."""
        return (table.user, table.account) if self.by_user else (table.account, table.user)

    def take(self, table: EventTable, rows: Rows, *, gaps: bool = False) -> tuple[Indices, Indices]:
        """Takes rows of a table, as many as there is room for in the tail.

        Returns those that are not taken because a row with their id may stand with other content, and those
        that are not taken because one with the same content stands.

        Args:
            table: The events.
            rows: Which of them.
            gaps: Some may have no subject; then they are rows that nobody has.

        Raises:
            ValueError: One has no subject.
        """
        own, other = self.sides(table)
        time, subject = table.time[rows], self.subjects.translated(own.codes[rows], own.values)
        self.chains.grow(len(self.subjects.texts))
        if not gaps and len(subject) and not subject.min():
            raise ValueError("an event has no subject")
        name = self.names.translated(table.name.codes[rows], table.name.values)
        others = self.others.translated(other.codes[rows], other.values)
        ids = None if table.id is None else _texts(table.id, rows)
        doubtful = duplicates = np.zeros(0, dtype=np.intp)
        if ids is not None and not any(ids):
            ids = None
        if ids is not None:
            again, owners, kept = self._claim(subject, ids)
            if len(again):
                numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
                given = Given(table, numbers[again], time[again], name[again], others[again])
                same = self._repeats(owners, given)
                doubtful, duplicates = given.rows[~same], given.rows[same]
                rows, ids = numbers[kept], [ids[i] for i in kept.tolist()]
                time, name, subject, others = time[kept], name[kept], subject[kept], others[kept]
        back = self.chains.link_many(subject, self.store.end)
        start = self.store.tail.append(time, name, subject, others, back, ids)
        self.store.tail.take_properties(table, rows, start)
        self.store.seal()
        return doubtful, duplicates

    def take_events(self, events: Sequence[Event], backs: Sequence[int], *, with_ids: bool) -> None:
        """Takes single events.

        Args:
            events: What they are.
            backs: How far back each one's previous row stands, of the first that are in the chains already.
            with_ids: Some have an id; it is known that these are new.
        """
        own, other = [event.user for event in events], [event.account for event in events]
        if not self.by_user:
            own, other = other, own
        subject, others = self.subjects.codes(own), self.others.codes(other)
        self.chains.grow(len(self.subjects.texts))
        time = np.array(array("q", [event.time for event in events]))
        name = self.names.codes([event.name for event in events])
        ids = [event.id for event in events] if with_ids else None
        done, begin, store = 0, self.store.end, self.store
        linked = len(backs)
        back = np.array(backs, dtype=np.int64)
        if linked < len(events):
            back = np.append(back, self.chains.link_many(subject[linked:], begin + linked))
        while done < len(events):
            part = slice(done, min(len(events), done + store.tail.room))
            some = None if ids is None else ids[part]
            start = store.tail.append(time[part], name[part], subject[part], others[part], back[part], some)
            store.tail.put([event.properties for event in events[part]], start)
            store.seal()
            done = part.stop
        if ids is not None:
            places, texts = _with_text(ids)
            self.index.put(self._hashes(subject[places], texts), places + begin)

    def _claim(self, subject: Codes, ids: Sequence[str | None]) -> tuple[Indices, Integers, Indices]:
        """Makes the ids known of rows that come next.

        Returns the places of those whose id a row has already, these rows, and the places of the others.
        """
        begin, (places, texts) = self.store.end, _with_text(ids)

        def has(row: int, i: int) -> bool:
            code = subject[places[i]]
            if row < begin:
                return self.has(row, self.subjects.texts[code], texts[i])
            return bool(subject[row - begin] == code) and ids[row - begin] == texts[i]

        hashes = self._hashes(subject[places], texts)
        owners, settle = self.index.claim_many(hashes, places + begin, has)
        known = np.flatnonzero(owners != ABSENT)
        again = places[known]
        if not len(known):
            return again, owners[known], np.arange(len(ids))
        kept = np.delete(np.arange(len(ids)), again)
        settle(np.searchsorted(kept, np.delete(places, known)) + begin)
        return again, owners[known], kept

    def _repeats(self, owners: Integers, given: Given) -> NDArray[np.bool_]:
        """Which events repeat the content of what stands, whatever becomes of the other ones."""
        before = np.flatnonzero(owners < self.store.end)
        some = Given(
            given.table, given.rows[before], given.time[before], given.name[before], given.other[before]
        )
        same = np.zeros(len(owners), dtype=np.bool_)
        same[before] = repeats(self.store, owners[before], some)
        # one with other content may come to stand, and then those after it are compared with that
        same[np.isin(owners, distinct(owners[~same]))] = False
        return same

    def has(self, row: int, subject: str | None, id_: str | None) -> bool:
        """Whether a row stands and is of the subject and has the id."""
        if not self.store.stands(row):
            return False
        segment, i = self.store.segment(row), row & self.store.mask
        return self.subjects.texts[segment.subject[i]] == subject and segment.id_of(i) == id_

    def _hashes(self, subjects: Codes, ids: Sequence[str | None]) -> Hashes:
        """(n,) what the index knows subjects and ids by."""
        hashes = np.fromiter(map(hash, ids), np.int64, len(ids)).view(np.uint64)
        hashes += self.subjects.hashes(subjects)
        return hashes

    def event(self, row: int) -> Event:
        """A row as an event."""
        segment, i = self.store.segment(row), row & self.store.mask
        return self.made(segment, i, segment.time[i], self.subjects.texts[segment.subject[i]] or "")

    def made(self, segment: Segment, i: int, time: int, subject: str) -> Event:
        """The event of a row of a segment, of which time and subject are known."""
        name, other = segment.name[i], self.others.texts[segment.other[i]]
        user, account = (subject, other) if self.by_user else (other, subject)
        text = self.names.texts[name] or ""
        return restored(text, time, user, account, segment.properties(i, name), segment.id_of(i))

    def end(self, codes: Sequence[int]) -> None:
        """Subjects without a standing row leave."""
        self.chains.end(codes)
        self.subjects.remove(codes)

    def free(self) -> None:
        """Lets go of what no standing row needs, as far as it is worth it."""
        store = self.store
        store.free()
        if self.index.used > max(3 * (store.end - store.start) // 2, 1024):
            self.index.purge(store.start, store.stand())
        dictionaries = {"name": self.names, "other": self.others}
        if sum(map(len, dictionaries.values())) >= 2 * self._kept_texts + 1024:
            for key, dictionary in dictionaries.items():
                used = np.zeros(len(dictionary.texts), dtype=np.bool_)
                for segment in store.segments:
                    used[segment.column(key)] = True
                dictionary.keep(used)
            self._kept_texts = sum(map(len, dictionaries.values()))

    @property
    def nbytes(self) -> int:
        """About how many bytes it holds, texts included."""
        parts = (self.store, self.index, self.chains, self.names, self.subjects, self.others)
        return sum(part.nbytes for part in parts)


def _with_text(texts: Sequence[str | None]) -> tuple[Indices, Sequence[str | None]]:
    """The places of those that are there and not empty, and these."""
    if all(texts):
        return np.arange(len(texts)), texts
    return np.flatnonzero([bool(text) for text in texts]), [text for text in texts if text]


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
