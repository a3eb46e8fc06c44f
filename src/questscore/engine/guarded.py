"""Guarded: the columnar form of a kind that others wrote, held to what it may do.

Lives here: such a kind's ``lower``, the plan that it sees, whose arrays cannot be changed, and what its
reader may give.
Lives elsewhere: the plan behind it (plan), the same one event at a time (guarded_track), failures (model).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from questscore.aggregates.plan import (
    Awards,
    Course,
    Courses,
    Indices,
    Integers,
    Lowered,
    Mask,
    Matches,
    Numbers,
    Plan,
    Reader,
    Times,
)
from questscore.columns.log import EventLog, Unit
from questscore.columns.vector import Vector
from questscore.model.plugin import RAISING, Faults, has_own, passes, plugged
from questscore.model.rule import Rule
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.time import Calendar, Duration, Period, Span

Part: TypeAlias = SignalDefinition | Rule
A = TypeVar("A", bound="NDArray[np.generic]")


def lowering(part: Part, faults: Faults = RAISING) -> Lowered | None:
    """The part, if it has a columnar form of its own definition; one failure of it would be everybody's."""
    if not isinstance(part, Lowered):
        return None
    if plugged(part) and (faults.lenient or not has_own(type(part), "lower")):
        return None
    return part


@contextmanager
def held(part: Part, door: str, faults: Faults = RAISING, subject: str | None = None) -> Iterator[None]:
    """What is raised inside is a failure of the part."""
    try:
        yield
    except BaseException as cause:
        if passes(cause):
            raise
        faults.fail(part, door, subject, cause)


def lowered(part: Part, form: Lowered, plan: Plan, log: EventLog, unit: Unit) -> Reader:
    """What reads a part of which there is a columnar form."""
    if not plugged(part):
        return form.lower(plan)
    with held(part, "lower"):
        read = form.lower(_Shown(plan, part))
        if not callable(read):
            raise TypeError(f"it gave a {type(read).__name__}, where what reads an instant is due")

    def checked(at: int) -> Vector:
        with held(part, "lower"):
            found = vector_of(read(at), unit.size)
            if isinstance(part, Rule) and found.text is not None:
                raise TypeError("it gave texts, where points are numbers, or NaN when unknown")
        endless = np.flatnonzero(np.isinf(np.broadcast_to(found.num, unit.size)))
        if len(endless):
            owner = unit.owner[endless[0]] if unit.name == "member" else endless[0]
            with held(part, "lower", subject=log.names[owner]):
                raise ValueError("it gave an infinite number")
        return found

    return checked


def vector_of(given: object, size: int) -> Vector:
    """What a reader gave, as a vector of that many values.

    Raises:
        TypeError: It is no vector of numbers and texts.
        ValueError: It has another number of values.
    """
    if not isinstance(given, Vector):
        raise TypeError(f"it gave a {type(given).__name__}, where a Vector is due")
    num, text = given.num, given.text
    if isinstance(num, np.ndarray):
        _check(num, size, "num", "biuf")
        given = evolve(given, num=num.astype(np.float64, copy=False))
    if isinstance(text, np.ndarray):
        _check(text, size, "text", "iu")
    if text is not None:
        if not all(isinstance(one, str) for one in given.texts):
            raise TypeError("it gave a Vector whose texts are no texts")
        if np.max(text, initial=-1) >= len(given.texts) or np.min(text, initial=-1) < -1:
            raise ValueError("it gave a Vector with codes of texts that it does not have")
        given = evolve(given, texts=tuple(map(str.__str__, given.texts)))
    return given


def _check(array: NDArray[np.generic], size: int, name: str, kinds: str) -> None:
    if array.shape != (size,):
        raise ValueError(f"it gave a Vector with {name} of shape {array.shape}, where {(size,)} is due")
    if array.dtype.kind not in kinds or isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"it gave a Vector with {name} of {array.dtype}, a {type(array).__name__}")


def _closed(array: A) -> A:
    shown = array.view()
    shown.flags.writeable = False
    return shown


def _shown(vector: Vector) -> Vector:
    num, text = vector.num, vector.text
    return Vector(
        _closed(num) if isinstance(num, np.ndarray) else num,
        _closed(text) if isinstance(text, np.ndarray) else text,
        tuple(vector.texts),
    )


def _matches(found: Matches) -> Matches:
    return Matches(_closed(found.unit), _closed(found.rows), _closed(found.time), _closed(found.log_time))


class _Shown:
    """A plan whose arrays cannot be changed.

    Args:
        plan: Behind it.
        part: Who asks.
    """

    def __init__(self, plan: Plan, part: Part) -> None:
        self._plan, self._part = plan, part

    @property
    def size(self) -> int:
        return self._plan.size

    @property
    def calendar(self) -> Calendar:
        return self._plan.calendar

    def moment(self, at: int) -> int:
        return self._plan.moment(at)

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Reader:
        return _of(self._plan.sum(selector, property, window=window, half_life=half_life))

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        return _of(self._plan.tally(selector, property, window=window))

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Reader:
        return _of(self._plan.extreme(selector, property, largest=largest, window=window))

    def trait(self, selector: Selector, property: str, *, last: bool) -> Reader:
        return _of(self._plan.trait(selector, property, last=last))

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        return _of(self._plan.distinct(selector, property, window=window))

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Reader:
        return _of(self._plan.periods(selector, every, window=window))

    def first(self, selector: Selector) -> Times:
        return _times(self._plan.first(selector))

    def last(self, selector: Selector) -> Times:
        return _times(self._plan.last(selector))

    def matches(self, selector: Selector, *, window: Span | None = None) -> Callable[[int], Matches]:
        read = self._plan.matches(selector, window=window)
        return lambda at: _matches(read(at))

    def marked(
        self, selector: Selector, marks: Callable[[Matches], Mask], *, window: Span | None = None
    ) -> Reader:
        def guarded(found: Matches) -> Mask:
            with held(self._part, "lower"):
                mask = marks(_matches(found))
                _check(mask, len(found), "marks", "b")
            return mask

        return _of(self._plan.marked(selector, guarded, window=window))

    def followed(
        self, selectors: Sequence[Selector], courses: Courses, *, window: Span | None = None
    ) -> Callable[[int], Sequence[Numbers]]:
        def guarded(found: Sequence[Matches], until: int | None) -> Sequence[Course]:
            with held(self._part, "lower"):
                made = courses([_matches(one) for one in found], until)
                if not all(isinstance(one, Course) for one in made):
                    raise TypeError("it gave something else than courses")
            return made

        read = self._plan.followed(selectors, guarded, window=window)
        return lambda at: [_closed(one) for one in read(at)]

    def period_index(self, every: Period, time: Integers) -> Integers:
        return self._plan.period_index(every, time)

    def inside(self, time: Integers, at: int, window: Span | None) -> Mask:
        return self._plan.inside(time, at, window)

    def awards(self, asked: Awards) -> Reader:
        return _of(self._plan.awards(asked))

    def signal(self, name: str) -> Reader:
        return _of(self._plan.signal(name))

    def members(self) -> tuple[Plan, Indices, Callable[[int], Mask]]:
        plan, owner, present = self._plan.members()
        return _Shown(plan, self._part), _closed(owner), lambda at: _closed(present(at))

    def scored(self, model: object) -> Reader:
        return _of(self._plan.scored(model))


def _of(read: Reader) -> Reader:
    return lambda at: _shown(read(at))


def _times(read: Times) -> Times:
    return lambda at: _closed(read(at))
