"""Moves: every subject's changes of level, told once each, and taken back where the past changed.

Lives here: which subjects must be looked at when time moves on, and the difference to what was told.
Lives elsewhere: one subject's walk (walk), all of them at once by period (timeline).
"""

from __future__ import annotations

import bisect
import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Protocol

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from questscore.engine.folds import Final, Known
from questscore.engine.route import Journey, Route
from questscore.engine.states import Recent
from questscore.engine.walk import Pause, Walk
from questscore.model.result import Transition
from questscore.model.time import AFTER_ALL, DAY, Period

LEAP, LEAPS = DAY, (10 * DAY, 100 * DAY, 3650 * DAY)
"""How far ahead it is asked, in turn, whether anything can change, until something can."""

_NOW, _ABSENT = -(2**62), -(2**63)
_FEW = 1024
_time = attrgetter("time")


def same(a: Transition, b: Transition) -> bool:
    """Whether two changes are one: rounding makes no difference between scores."""
    if (a.time, a.before, a.after, a.cause, a.passed) != (b.time, b.before, b.after, b.cause, b.passed):
        return False
    if a.score is None or b.score is None:
        return a.score is b.score
    return abs(a.score - b.score) <= 1e-9 * max(1.0, abs(a.score), abs(b.score))


def difference(
    told: Sequence[Transition], standing: Sequence[Transition]
) -> tuple[list[Transition], list[Transition]]:
    """What to tell: what was told and no longer stands, as retractions, and what stands and was not told.

    Returns:
        That, and what stands, to the bit as it was told.
    """
    stands = {change.time: change for change in standing}
    new, gone = dict(stands), []
    for change in told:  # two scorers that were merged may have told different changes of one instant
        if change.time in new and same(change, new[change.time]):
            del new[change.time]
            stands[change.time] = change
        else:
            gone.append(change)
    return [*(evolve(change, retracted=True) for change in gone), *new.values()], list(stands.values())


@frozen(eq=False)
class Rest:
    """How long subjects surely keep where they stand.

    Args:
        swept_to: Up to when those were swept of whom nothing is known.
        quiet: (n,) until when.
        loose: (n,) whether nothing is known beyond ``swept_to``.
        anew: (n,) whether they must be walked from the beginning.
    """

    swept_to: int
    quiet: NDArray[np.int64]
    loose: NDArray[np.bool_]
    anew: NDArray[np.bool_]


class Sweep(Protocol):
    """Finds the changes of level of all subjects at once."""

    def pays(self, due: int, settled: int | None, to: int) -> bool:
        """Whether that is cheaper than to walk so many subjects one by one."""

    def find(
        self, settled: int | None, standing: Mapping[str, Sequence[Transition]], to: int
    ) -> Iterable[Transition]:
        """The changes after one evaluation instant, up to which ``standing`` tells all, and up to another."""


class Moves:
    """The changes of level of all subjects, up to the instant advanced to; or those as to an audience.

    Args:
        route: The models in service, and what is watched.
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self.advanced: int | None = None
        self.told: dict[str, list[Transition]] = {}
        self.owed: list[Transition] = []  # final, and not told yet
        # until when subjects surely keep their level, the earliest first
        self._due: list[tuple[int, str]] = []
        self._quiet: dict[str, int] = {}
        # who was swept up to an instant: of how long they keep their level nothing is known
        self._loose: set[str] = set()
        self._swept_to = _NOW
        self._anew: set[str] = set()  # who must be walked from the beginning
        self._paused: Recent[Pause] = Recent(1 << 16)
        # of the last advance: who was looked at, what was told of whom before it, and all else there was
        self._looked: list[str] = []
        self._before: dict[str, list[Transition] | None] = {}
        self._was: tuple[int | None, list[Transition]] = None, []

    def advance(self, to: int, touched: Mapping[str, int], sweep: Sweep | None = None) -> list[Transition]:
        """The changes to tell when time moves on.

        Args:
            to: An instant at or after the one before.
            touched: The subjects with new events since the last call, each with the earliest instant.
            sweep: Finds the changes of all subjects at once, where that is possible.
        """
        found: list[Transition] = []
        self._looked, self._before, self._was = [], {}, (self.advanced, self.owed)
        if self.route.changes or self.told or self.owed:
            subjects = self._looked = self._looked_at(to, touched)
            if sweep is not None and sweep.pays(len(subjects), self.route.settled(self.advanced), to):
                found += self._swept(sweep, subjects, touched, to)
            else:
                for subject in subjects:
                    found += self._move(subject, to, touched.get(subject))
            found += [change for change in self.owed if change.time <= to]
            self.owed = [change for change in self.owed if change.time > to]
        self.advanced = to
        if len(self._due) > 2 * len(self._quiet) + _FEW:  # most of it is of the past, and far ahead
            self._file()
        return in_time(found)

    def take_back(self) -> None:
        """As before the last `advance`, which failed there or elsewhere: what it told was not heard."""
        self.advanced, self.owed = self._was
        for subject, told in self._before.items():
            if told is None:
                self.told.pop(subject, None)
            else:
                self.told[subject] = told
        self._look_anew([*self._looked, *self._before])

    def _tell(self, subject: str, standing: list[Transition]) -> None:
        self._before.setdefault(subject, self.told.get(subject))
        if standing:
            self.told[subject] = standing
        else:
            self.told.pop(subject, None)

    def _swept(
        self, sweep: Sweep, subjects: Iterable[str], touched: Mapping[str, int], to: int
    ) -> list[Transition]:
        """Those whose past may have changed are walked, the others swept; or all anew, if those are many."""
        settled = self.route.settled(self.advanced)
        late = set(self._anew)
        if settled is not None:
            late.update(subject for subject, earliest in touched.items() if earliest <= settled)
        anew = sweep.pays(len(late), None, to)
        if anew:
            late, settled = set(), None
            self._anew.clear()
        found = [change for subject in late for change in self._move(subject, to, touched.get(subject))]
        swept: dict[str, list[Transition]] = {}
        for change in sweep.find(settled, self.told, to):
            if change.subject not in late:
                swept.setdefault(change.subject, []).append(change)
        for subject in {*self.told, *swept} if anew else swept:
            told, new = self.told.get(subject, []), swept.get(subject, [])
            new, standing = difference(told, new) if anew else (new, [*told, *new])
            found += new
            self._tell(subject, standing)
        if self._swept_to < to:
            self._swept_to, self._loose = to, set()
        self._loose.update(subjects)
        self._loose -= late
        self._paused.drop_all(self._loose)
        self._quiet.update(dict.fromkeys(self._loose, to))
        return found

    def take_in(self, other: Moves, subjects: Collection[str]) -> None:
        """What another told counts as told; of the subjects it knows, all is looked at anew.

        So it is of all others too where the other one is ahead: they have changes that neither told.
        """
        for subject, changes in other.told.items():
            own = self.told.get(subject, [])
            new = [change for change in changes if not any(same(change, known) for known in own)]
            self.told[subject] = in_time([*own, *new])
        self.owed += other.owed
        ends = [end for end in (self.advanced, other.advanced) if end is not None]
        end = max(ends, default=None)
        self.resume(end, subjects if end == self.advanced else {*subjects, *self._quiet})

    def resume(self, advanced: int | None, subjects: Collection[str]) -> None:
        """Goes on from an instant; the subjects are walked anew from their beginning."""
        self.advanced = advanced
        self._look_anew(subjects)

    def replaced(self, route: Route, subjects: Collection[str]) -> None:
        """Another model came into service: its time is looked at anew."""
        self.route = route
        start, settled = route.legs[-1].start, route.settled(self.advanced)
        changed = settled is None or start is None or start <= settled
        (self._look_anew if changed else self._look_soon)(subjects)

    def _look_anew(self, subjects: Collection[str]) -> None:
        self._anew.update(subjects)
        self._look_soon(subjects)

    def _look_soon(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            self._paused.drop(subject)
            self._loose.discard(subject)
            self._quiet[subject] = _NOW
            heapq.heappush(self._due, (_NOW, subject))

    def forget(self, subject: str) -> None:
        """As if the subject had never been seen."""
        self.told.pop(subject, None)
        self._quiet.pop(subject, None)
        self._loose.discard(subject)
        self._anew.discard(subject)
        self._paused.drop(subject)
        self.owed = [change for change in self.owed if change.subject != subject]

    def rest(self, names: Sequence[str]) -> Rest:
        """Until when subjects surely keep where they stand, as far as that is known."""
        return Rest(
            self._swept_to,
            np.array([self._quiet.get(name, _ABSENT) for name in names], dtype=np.int64),
            np.array([name in self._loose for name in names], dtype=np.bool_),
            np.array([name in self._anew for name in names], dtype=np.bool_),
        )

    def go_on(self, advanced: int | None, names: Sequence[str], rest: Rest) -> None:
        """Goes on from an instant, as `rest` told of the subjects there are."""
        self.advanced, self._swept_to = advanced, rest.swept_to
        self._quiet = {
            name: quiet for name, quiet in zip(names, rest.quiet.tolist(), strict=True) if quiet != _ABSENT
        }
        self._loose = {name for name, loose in zip(names, rest.loose.tolist(), strict=True) if loose}
        self._anew = {name for name, anew in zip(names, rest.anew.tolist(), strict=True) if anew}
        self._file()

    def _file(self) -> None:
        """Files who is to be looked at by when that is."""
        quiet, loose = self._quiet, self._loose
        self._due = [(until, subject) for subject, until in quiet.items() if subject not in loose]
        heapq.heapify(self._due)

    def known(self, until: int, touched: Mapping[str, int]) -> Known:
        """What knows the changes of subjects up to an instant that were told, and that nothing can change.

        Args:
            until: The instant.
            touched: The subjects with new events since the last advance, each with the earliest instant.
        """
        settled = self.route.settled(self.advanced)
        ready = settled is not None and until <= settled

        def changes(subject: str, after: int) -> list[Transition] | None:
            if not ready or subject in self._anew or subject not in self._quiet:
                return None
            if touched.get(subject, AFTER_ALL) <= until:
                return None
            return [change for change in self.told.get(subject, ()) if after < change.time <= until]

        return changes

    def tells(self, look: int, touched: Mapping[str, int]) -> bool:
        """Whether where all stand at an evaluation instant is what was told, the last that there is so far.

        Args:
            look: The instant.
            touched: As for `known`.
        """
        ready = self.route.settled(self.advanced) == look and not self._anew and not self.owed
        return ready and all(time > look for time in touched.values())

    def settle(self, subject: str, final: Final, until: int) -> None:
        """Notes that a subject's changes up to an instant are final."""
        told = self.told.pop(subject, [])
        if later := [change for change in told if change.time > until]:
            self.told[subject] = later
        if not final.told:
            before = [change for change in told if final.after < change.time <= until]
            self.owed += difference(before, final.changes)[0]
            self._look_anew([subject])
        elif (pause := self._paused.find(subject)) is not None and pause.previous < until:
            self._paused.drop(subject)  # it would find again what is told no longer

    def _looked_at(self, to: int, touched: Iterable[str]) -> list[str]:
        subjects = dict.fromkeys(touched)
        if self._swept_to < to:
            subjects.update(dict.fromkeys(self._loose))
        while self._due and self._due[0][0] < to:
            quiet, subject = heapq.heappop(self._due)
            if self._quiet.get(subject) == quiet:
                subjects[subject] = None
        return list(subjects)

    def _move(self, subject: str, to: int, earliest: int | None) -> list[Transition]:
        told = self.told.get(subject, [])
        walk = self._resumed(subject, told, earliest)
        kept, standing = 0, list[Transition]()
        if walk is None:
            self._quiet.pop(subject, None)
            self._loose.discard(subject)
        else:
            kept = bisect.bisect_right(told, walk.previous, key=_time)
            standing = walk.to(to)
            self._note(subject, walk, to, LEAPS if earliest is None else LEAPS[:1])
        found, standing = difference(told[kept:], standing)
        self._tell(subject, [*told[:kept], *standing])
        return found

    def _resumed(
        self, subject: str, told: Sequence[Transition], earliest: int | None
    ) -> Walk | Journey | None:
        """A walk from the last instant at which all is settled."""
        pause = self._paused.find(subject)
        self._paused.drop(subject)  # the walk goes on with its state
        if pause is None or (earliest is not None and earliest <= pause.previous):
            start = self.route.begin(subject)
            if start is None:
                return None
            settled = self.route.settled(self.advanced)
            late = settled is not None and earliest is not None and earliest <= settled
            late |= subject in self._anew
            if settled is None or settled <= start.previous or late:
                pause = start
            else:
                pause = self.route.resumed(subject, start, told, settled)
        self._anew.discard(subject)
        return self.route.walk(subject, pause)

    def _note(self, subject: str, walk: Walk | Journey, to: int, leaps: Sequence[int]) -> None:
        """Keeps the walk for the next time, and until when the level surely stays.

        Who has just had an event will have another one soon: for those few ``leaps`` are enough.
        """
        quiet = to
        if walk.idle:
            quiet = max(walk.quiet(leaps), to)
            if quiet <= to:
                quiet = max(walk.quiet((LEAP,)), to)
        self._loose.discard(subject)
        self._quiet[subject] = quiet
        heapq.heappush(self._due, (quiet, subject))
        self._paused.keep(subject, walk.pause())


def in_time(changes: Iterable[Transition]) -> list[Transition]:
    """By time and subject, retractions before what replaces them."""
    return sorted(changes, key=lambda change: (change.time, change.subject, not change.retracted))


class Stands:
    """The levels that subjects stand in as of any instant, where margin and dwell heed the past.

    Args:
        route: The models in service.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._walks: Recent[Walk | Journey] = Recent(1 << 14)
        self._touched: dict[str, int] = {}
        self._period = all(isinstance(leg.tracker.model.evaluate, Period) for leg in route.legs)

    def touch(self, subject: str, time: int) -> None:
        """Notes that a subject has a new event."""
        if self._walks.find(subject) is not None:
            self._touched[subject] = min(time, self._touched.get(subject, time))

    def drop(self, subject: str) -> None:
        """Forgets a subject's walk."""
        self._walks.drop(subject)
        self._touched.pop(subject, None)

    def level(self, subject: str, at: int) -> str | None:
        """The level that the last evaluation instant up to ``at`` left."""
        walk = self._walks.find(subject) if self._period else None
        earliest = self._touched.pop(subject, None)
        if walk is not None and (at < walk.previous or (earliest is not None and earliest <= walk.last)):
            walk = None
        if walk is None:
            start = self._route.begin(subject)
            if start is None:
                return None
            walk = self._route.walk(subject, start)
            if self._period:
                self._walks.keep(subject, walk)
        elif earliest is not None:
            walk.more()
        walk.found.clear()
        walk.to(at)
        return walk.level
