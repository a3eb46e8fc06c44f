"""Layout: where in a state each part of a plan has its place, and which steps an event takes.

Lives here: places, and `Feed`, the steps by event name, for one offset each.
Lives elsewhere: what asks for places (follow), the state (tracks).
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from attrs import define, field, frozen

from questscore.language import Expression
from questscore.language.closures import compiled, condition
from questscore.language.functions import number
from questscore.language.tree import Compare, Literal, Name, Node, Prop
from questscore.model.event import EVENT_NAMES, RESERVED, Event
from questscore.model.selector import Selector, read
from questscore.model.time import Calendar, Period
from questscore.tracks.state import NEVER, Cell, Gate, State, Step

Reading = Callable[[Event], "float | str | None"]

LAST, FRONTIER, READ = 0, 1, 2
"""Places of moments that every state has: the last event taken, how far an offset has looked, the last reading."""


@define(eq=False)
class Layout:
    """Places in the state of a subject (or, apart, of a member), given out while a model is compiled."""

    lenient: bool = False  # whether what a definition raises makes its value missing
    numbers: int = 0
    moments: int = 3
    queues: int = 0
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
        self.numbers += 1
        return self.numbers - 1

    def moment(self) -> int:
        self.moments += 1
        return self.moments - 1

    def queue(self) -> int:
        self.queues += 1
        return self.queues - 1

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

    def finish(self) -> None:
        """Nothing more will be asked for: puts the steps of each name together."""
        for feed in self.feeds:
            feed.finish()
        for inner, offset in self.members:
            inner.finish()
            self.lookback = max(self.lookback, offset + inner.lookback)
            self.endless += inner.endless

    def fresh(self) -> State:
        """The state of a subject without events."""
        state = State()
        state.numbers = array("d", [0.0] * self.numbers)
        state.moments = array("q", [NEVER] * self.moments)
        state.queues = [deque() for _ in range(self.queues)]
        state.cells = [make() for make in self.cells]
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


@frozen(eq=False)
class Steps:
    """What an event of some name does: its steps, and the entries that they are of."""

    steps: tuple[Step, ...]
    entries: frozenset[int]


class Feed:
    """The steps that events take, by name: what nothing matches costs nothing."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._entries: list[_Entry] = []
        self._reserved: list[Step] = []
        self._every: list[Step] = []
        self.by_name: dict[str, Steps] = {}
        self.others = Steps((), frozenset())

    def on(self, selector: Selector, calendar: Calendar, step: Step) -> None:
        """A step for each event that a selector matches."""
        number = self._layout.entries
        self._layout.entries += 1
        self._layout.saw((number,))
        self._entries.append(_Entry(number, selector, calendar, step))

    def on_reserved(self, step: Step) -> None:
        """A step for adjustments and resets."""
        self._reserved.append(step)

    def on_every(self, step: Step) -> None:
        """A step for every event, reserved ones too, before all others."""
        self._every.append(step)

    def finish(self) -> None:
        """Puts the steps of each name together."""
        names = {name for entry in self._entries for name in entry.selector.on} - {"*"}
        self.by_name = {name: self._steps(name) for name in names}
        self.others = self._steps(None)
        every = frozenset(range(self._layout.entries))
        for name in RESERVED:
            self.by_name[name] = Steps((*self._every, *self._reserved), every)

    def _steps(self, name: str | None) -> Steps:
        chosen = [e for e in self._entries if e.selector.every_name or name in e.selector.on]
        steps: list[Step] = [*self._every, *(e.step for e in chosen if e.selector.where is None)]
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
        return Steps(tuple(steps), frozenset(entry.number for entry in chosen))

    def take(self, state: State, time: int, event: Event) -> None:
        """Takes an event into a state."""
        for step in self.by_name.get(event.name, self.others).steps:
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


def leaf(calendar: Calendar) -> Callable[[Name | Prop], Reading]:
    """How names in an expression read an event."""

    def of(node: Name | Prop) -> Reading:
        if isinstance(node, Name) and node.name in EVENT_NAMES:
            return reading(node.name, calendar)
        return _property(node.name)

    return of


def reading(name: str, calendar: Calendar) -> Reading:
    """How a name reads an event: a built-in name, which hides, or a property."""
    if name in EVENT_NAMES:
        return lambda event: read(event, name, calendar)
    return _property(name)


def _property(name: str) -> Reading:
    def get(event: Event) -> float | str | None:
        value = event.properties.get(name)
        if value is None or isinstance(value, (float, str)):
            return value
        return number(value)

    return get


def worth(expression: Expression, calendar: Calendar) -> Reading:
    """An expression over an event's properties."""
    return compiled(expression.tree, leaf(calendar))


def parts_of(
    selectors: Sequence[Selector], calendar: Calendar
) -> Callable[[str], Sequence[tuple[int, Callable[[Event], bool] | None]]]:
    """For an event's name, which of the selectors it may match, the last first, and on what condition."""
    made = [None if s.where is None else condition(s.where.tree, leaf(calendar)) for s in selectors]
    known: dict[str, list[tuple[int, Callable[[Event], bool] | None]]] = {}
    named = {name for s in selectors for name in s.on} - {"*"}

    def matching(name: str | None) -> list[tuple[int, Callable[[Event], bool] | None]]:
        return [
            (i, made[i])
            for i in reversed(range(len(selectors)))
            if selectors[i].every_name or name in selectors[i].on
        ]

    for name in named:
        known[name] = matching(name)
    others = matching(None)
    return lambda name: known.get(name, others)
