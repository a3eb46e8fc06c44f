"""A journal by definition: lists of events, settled anew with each that comes.

Lives here: the naive journal, and strategies for events that are alike in many ways.
Lives elsewhere: what settled means (questscore.reference).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import define, field
from hypothesis import strategies as st

from questscore import Event
from questscore.journal import Outcome
from questscore.model.event import canonical
from questscore.reference import settled

Kind = Literal["user", "account"]
START = 10**15


@define
class NaiveJournal:
    """What stands, by subject; and each row that was ever appended and stands, with its number."""

    subject: Kind
    standing: dict[str, list[Event]] = field(factory=dict)
    rows: list[tuple[int, Event]] = field(factory=list)
    appended: int = 0

    def of(self, event: Event) -> str:
        """Whose event it is."""
        subject = event.user if self.subject == "user" else event.account
        assert subject is not None
        return subject

    def add(self, event: Event) -> Outcome:
        before = self.standing.get(self.of(event), [])
        after = settled([*before, event])
        same = [e for e in before if e.id is not None and e.id == event.id]
        if len(after) > len(before):
            outcome = Outcome.APPLIED
        elif canonical(event) == canonical(same[0]):
            return Outcome.DUPLICATE
        elif all(e is not event for e in after):
            return Outcome.CONFLICT
        else:
            outcome = Outcome.REPLACED
            self.rows = [(row, e) for row, e in self.rows if e is not same[0]]
        self.standing[self.of(event)] = after
        self.rows.append((self.appended, event))
        self.appended += 1
        return outcome

    def forget(self, subject: str) -> int:
        self.rows = [(row, e) for row, e in self.rows if self.of(e) != subject]
        return len(self.standing.pop(subject, []))

    def drop(self, before: int) -> None:
        self.rows = [(row, e) for row, e in self.rows if e.time >= before]
        kept = {s: [e for e in events if e.time >= before] for s, events in self.standing.items()}
        self.standing = {subject: events for subject, events in kept.items() if events}

    def touched(self, mark: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for row, event in self.rows:
            if row >= mark:
                found[self.of(event)] = min(int(event.time), found.get(self.of(event), int(event.time)))
        return found


NUMBERS: Sequence[object] = (0.0, -0.0, 1, True, 1.5, 0.1, 300, 70_000, 2**40 + 0.5, 1e300)
VALUES = (*NUMBERS, "1", "", "Zoë", "\ud800")
IDS = ("1", "2", "é", "", "long-long-long", "0f8fad5b-d9cb-469f-a165-70867728950e")


def events(user: bool = True, account: bool = True) -> st.SearchStrategy[Event]:
    """Events of few subjects, ids and instants, so that most have something in common with another."""
    keys = st.sampled_from(["a", "b", "Zoë", "\udcff"])
    return st.builds(
        Event,
        name=st.sampled_from(["login", "pay"]),
        time=st.integers(START, START + 6),
        user=keys if user else st.none() | keys,
        account=keys if account else st.none() | keys,
        properties=st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(VALUES), max_size=2),
        id=st.none()
        | st.sampled_from(["1", "2", "é", "", "long-" * 3, "0f8fad5b-d9cb-469f-a165-70867728950e"]),
    )
