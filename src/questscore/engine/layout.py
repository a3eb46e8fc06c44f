"""Layout: where in a state each part of a plan has its place, and which steps an event takes.

Lives here: places, and `Feed`, the steps by event name, for one offset each.
Lives elsewhere: what asks for places (follow), the state (tracks).
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable

from attrs import define, field, frozen

from questscore.engine.reads import leaf
from questscore.language import Expression
from questscore.language.closures import condition
from questscore.language.tree import Compare, Literal, Name, Node
from questscore.model.event import EVENT_NAMES, RESERVED, Event
from questscore.model.plugin import RAISING, Faults
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Period
from questscore.tracks.state import NEVER, Cell, Gate, Moments, Numbers, State, Step, Steps

LAST, READ = 0, 1
"""Places of moments that every state has: after which events must come, and the last reading.

The first is that of the last event taken, or how far an offset has looked since."""
Touched = Callable[[frozenset[int]], int]
"""The bits of what depends on some entries."""


@define(eq=False)
class Layout:
    """Places in the state of a subject (or, apart, of a member), given out while a model is compiled."""

    faults: Faults = RAISING  # what becomes of the failures of plugins
    numbers: Numbers = field(factory=lambda: array("d"))  # as they are in the beginning
    moments: Moments = field(factory=lambda: array("q", [NEVER, NEVER]))
    queues: int = 0
    texts: int = 0
    cells: list[Callable[[], Cell]] = field(factory=list)
    gates: list[Callable[[], Gate]] = field(factory=list)
    members: list[tuple[Layout, int]] = field(factory=list)  # and how far offsets before them look back
    pending: int = 0
    keeps: bool = False  # whether a kind has only a definition, which needs the events themselves
    lookback: int = 0  # how far back from an instant what is read there depends on single events
    endless: list[str] = field(factory=list)  # what depends on all events there ever were
    feeds: list[Feed] = field(factory=list)
    entries: int = 0
    watched: list[set[int]] = field(factory=list)
    indices: dict[tuple[Calendar, Period], Callable[[int], int]] = field(factory=dict)

    def number(self) -> int:
        self.numbers.append(0.0)
        return len(self.numbers) - 1

    def moment(self, begin: int = NEVER) -> int:
        self.moments.append(begin)
        return len(self.moments) - 1

    def queue(self) -> int:
        self.queues += 1
        return self.queues - 1

    def text(self) -> int:
        self.texts += 1
        return self.texts - 1

    def cell(self, make: Callable[[], Cell]) -> int:
        self.cells.append(make)
        return len(self.cells) - 1

    def gate(self, make: Callable[[], Gate]) -> int:
        self.gates.append(make)
        return len(self.gates) - 1

    def group(self, layout: Layout, offset: int) -> int:
        self.members.append((layout, offset))
        return len(self.members) - 1

    def line(self) -> int:
        self.pending += 1
        return self.pending - 1

    def feed(self) -> Feed:
        """The steps that events take, for one offset."""
        self.feeds.append(Feed(self))
        return self.feeds[-1]

    def saw(self, entries: Iterable[int]) -> None:
        """Notes on which entries of feeds depends what is being put together."""
        if self.watched:
            self.watched[-1].update(entries)

    def watch(self) -> None:
        """Begins to note them, apart from what was noted before."""
        self.watched.append(set())

    def end_watch(self) -> frozenset[int]:
        """What was noted since; what is around it depends on the same."""
        found = self.watched.pop()
        self.saw(found)
        return frozenset(found)

    def finish(self, touched: Touched) -> None:
        """Nothing more will be asked for: puts the steps of each name together."""
        for feed in self.feeds:
            feed.finish(touched)
        for inner, offset in self.members:
            inner.finish(lambda entries: 0)
            self.lookback = max(self.lookback, offset + inner.lookback)
            self.endless += inner.endless

    def fresh(self) -> State:
        """The state of a subject without events."""
        state = State()
        state.numbers = self.numbers[:]
        state.moments = self.moments[:]
        state.steps = self.feeds[0].opening
        state.queues = [array("q") for _ in range(self.queues)]
        state.cells = [make() for make in self.cells]
        state.texts = [None] * self.texts
        state.gates = [make() for make in self.gates]
        state.members = [{} for _ in self.members]
        state.pending = [deque() for _ in range(self.pending)]
        return state


@frozen(eq=False)
class _Entry:
    number: int
    selector: Selector
    calendar: Calendar
    step: Step


class Feed:
    """The steps that events take, by name: what nothing matches costs nothing.

    What only a subject's first event does is left out once that was taken: by the layout's first feed, whose
    events a state takes one by one, in that the state goes on with other steps; by the others, which see
    events late, in that a step looks whether it was.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._entries: list[_Entry] = []
        self._reserved: list[Step] = []
        self._every: list[Step] = []
        self._first: list[tuple[int, Step]] = []
        self._main = not layout.feeds
        self.opening, self.steps = Steps(), Steps()

    def on(self, selector: Selector, calendar: Calendar, step: Step) -> None:
        """A step for each event that a selector matches."""
        self._entries.append(_Entry(self._number(), selector, calendar, step))

    def on_first(self, step: Step) -> None:
        """A step for the first event that is no adjustment or reset."""
        self._first.append((self._number(), step))

    def on_reserved(self, step: Step) -> None:
        """A step for adjustments and resets."""
        self._reserved.append(step)

    def on_every(self, step: Step) -> None:
        """A step for every event, reserved ones too, before all others."""
        self._every.append(step)

    def _number(self) -> int:
        number = self._layout.entries
        self._layout.entries += 1
        self._layout.saw((number,))
        return number

    def finish(self, touched: Touched) -> None:
        """Puts the steps of each name together."""
        names = {n for e in self._entries for n in e.selector.on} - {"*"}
        every = touched(frozenset(range(self._layout.entries)))
        reserved = dict.fromkeys(RESERVED, ((*self._every, *self._reserved), every))
        first = self._opening() if self._first else ()
        for name in (*names, None):
            steps, entries = self._steps(name)
            after = (*self._every, *(() if self._main else first), *steps), touched(entries)
            entries |= {number for number, _ in self._first}
            opening = (*self._every, *first, *steps), touched(entries)
            if name is None:
                self.steps.others, self.opening.others = after, opening
            else:
                self.steps[name], self.opening[name] = after, opening
        self.steps.update(reserved)
        self.opening.update(reserved)

    def _opening(self) -> tuple[Step]:
        done = self._layout.number()
        first = tuple(step for _, step in self._first)
        following: Steps | None = self.steps if self._main else None

        def step(state: State, time: int, event: Event) -> None:
            if not state.numbers[done]:
                state.numbers[done] = 1.0
                for one in first:
                    one(state, time, event)
            if following is not None:
                state.steps = following

        return (step,)

    def _steps(self, name: str | None) -> tuple[tuple[Step, ...], frozenset[int]]:
        chosen = [e for e in self._entries if e.selector.every_name or name in e.selector.on]
        steps = [entry.step for entry in chosen if entry.selector.where is None]
        by_where: dict[tuple[Expression, Calendar], list[Step]] = {}
        for entry in chosen:
            if entry.selector.where is not None:
                by_where.setdefault((entry.selector.where, entry.calendar), []).append(entry.step)
        tables: dict[str, dict[str, tuple[Step, ...]]] = {}
        for (where, calendar), own in by_where.items():
            equal = _equal(where.tree)
            if equal is not None:
                property, text = equal
                tables.setdefault(property, {})[text] = (*tables.get(property, {}).get(text, ()), *own)
            else:
                steps.append(_where(condition(where.tree, leaf(calendar)), tuple(own)))
        steps += [_told_apart(property, table) for property, table in tables.items()]
        return tuple(steps), frozenset(entry.number for entry in chosen)

    def take(self, state: State, time: int, event: Event) -> None:
        """Takes an event into a state."""
        found = self.steps if not self._main else state.steps
        for step in found[event.name][0]:
            step(state, time, event)


def _where(holds: Callable[[Event], bool], steps: tuple[Step, ...]) -> Step:
    def step(state: State, time: int, event: Event) -> None:
        if holds(event):
            for one in steps:
                one(state, time, event)

    return step


def _told_apart(property: str, table: dict[str, tuple[Step, ...]]) -> Step:
    def step(state: State, time: int, event: Event) -> None:
        value = event.properties.get(property)
        if isinstance(value, str):
            for one in table.get(value, ()):
                one(state, time, event)

    return step


def _equal(tree: Node) -> tuple[str, str] | None:
    """The property and the text of ``property == "text"``."""
    match tree:
        case Compare(first=Name(name=name), rest=(("==", Literal(value=str() as text)),)):
            return None if name in EVENT_NAMES else (name, text)
    return None
