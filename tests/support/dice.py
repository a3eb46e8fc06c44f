"""Dice: which play, and which step next.

Lives here: drawing a model for a play, and steps with their events and instants, on the edges that there are.
Lives elsewhere: taking the steps and comparing (`play`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from attrs import asdict, evolve, frozen

import questscore
from questscore import Event, ModelError, Scorer
from questscore.codec.unstructure import to_mapping
from questscore.model.time import Duration, instant
from support import models
from support.logs import ACCOUNTS, DAY, HOUR, MINUTE, NAMES, PLACES, USERS, Stage
from support.models import Maker, Mapping
from support.moving import (
    ANYTHING,
    BY_PERIOD,
    CONTINUOUS,
    MECHANISMS,
    moving_events,
    moving_model,
    stage_of,
)
from support.play import FORMS, Play, Step
from support.pressure import PRESSURES
from support.triggering import ACTIONS, another, give_triggers

LARGEST_LOG = 90
_LONGEST = {BY_PERIOD: 200, CONTINUOUS: 4}  # days
BROKEN: tuple[Mapping, ...] = (
    {"name": "", "time": 10**15, "user": "u0", "account": "a0"},
    {"name": "questscore.other", "time": 10**15, "user": "u0", "account": "a0"},
    {"name": "login", "time": "yesterday", "user": "u0", "account": "a0"},
    {"name": "login", "time": "2024-03-01T10:00:00", "user": "u0", "account": "a0"},
    {"name": "login", "time": 5, "user": "u0", "account": "a0"},
    {"name": "login", "time": 10**15},
    {"name": "login", "time": 10**15, "user": 5, "account": "a0"},
    {"name": "login", "time": 10**15, "user": "u0", "account": "a0", "properties": {"amount": float("inf")}},
    {"name": "login", "time": 10**15, "user": "u0", "account": "a0", "properties": {"amount": [1]}},
    {"name": "login", "time": 10**15, "user": "u0", "account": "a0", "properties": 3},
)


def first_play(rng: Random) -> tuple[Play, Stage]:
    """A play that has not begun, and where and when it is set."""
    draw = rng.random()
    if draw < 0.3:
        place = rng.choice(PLACES)
        days = rng.choice([3, 20, 40])
        maker = Maker(rng, place, days < 10, models.instant_inside(place, rng))
        model = models.random_model(maker, rng.choice(["user", "account"]))
        if rng.random() < 0.25:
            models.flapping(maker, model, "week" if days > 3 else "day")
    else:
        mode = BY_PERIOD if draw < 0.75 else CONTINUOUS
        mechanism = rng.choice([*MECHANISMS, ANYTHING, ANYTHING, ANYTHING])
        maker, model, days, _ = moving_model(rng, mode, mechanism)
        days = min(days, _LONGEST[mode])
    if (
        rng.random() < 0.12 and model.get("evaluate") != CONTINUOUS
    ):  # of years, in cells: a forecast takes long
        _plug_in(rng, model)
    if rng.random() < 0.5:
        give_triggers(rng, model)
    pressures = tuple(pressure for pressure in PRESSURES if rng.random() < 0.4)
    return Play(model, _retention(rng, model), pressures), stage_of(maker, days)


def _plug_in(rng: Random, model: Mapping) -> None:
    """Give a model kinds that have a definition only."""
    if rng.random() < 0.7:
        model["signals"].append({"name": "letters", "kind": "test_letters", "days": rng.choice([1, 4])})
        model["rules"].append({"name": "talks", "when": "letters > 12", "points": rng.choice([15, -8])})
    if rng.random() < 0.6:
        model["rules"].append({"name": "nights", "kind": "test_nights"})


def least_retention(model: questscore.ScoreModel) -> int | None:
    """The least microseconds a model can be retained for, None when it needs every event there was."""
    try:
        Scorer(model, retain="1us")
    except ModelError as error:
        found = re.search(r"retain at least (\w+)", str(error))
        return None if found is None else Duration.of(found[1]).us
    return 1


def _retention(rng: Random, model: Mapping) -> str | None:
    if rng.random() > 0.25:
        return None
    least = least_retention(questscore.load_model(model))
    return None if least is None else f"{least + rng.choice([0, 1, HOUR, DAY, 5 * DAY])}us"


@frozen
class Dice:
    """Draws steps for a play.

    Args:
        play: How far it has come.
        stage: Where and when it is set.
        rng: Where chance comes from.
    """

    play: Play
    stage: Stage
    rng: Random

    # -- instants ---------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Where the play stands."""
        return self.stage.start if self.play.plain.now is None else self.play.plain.now

    @property
    def days(self) -> int:
        """How long the play was meant to be, microseconds."""
        return self.stage.end - self.stage.start

    @property
    def _end(self) -> int:
        """Beyond it the definition takes too long, which looks at every instant since the first."""
        return self.stage.start + 2 * self.days

    def _times(self) -> list[int]:
        return [event.time for event in self.play.plain.events()] or [self.stage.start]

    def _ahead(self) -> int:
        """An instant at or after now: soon, or on an edge."""
        rng, now = self.rng, self.now
        draw = rng.random()
        if draw < 0.3:
            return now + rng.choice([0, 0, 1, MINUTE, HOUR, 7 * HOUR])
        if draw < 0.55:
            drawn = self.stage.near(rng, self._times())
        elif draw < 0.75:
            drawn = self.stage.edge(rng)
        else:
            drawn = now + int(self.days * rng.random() / 10)
        return drawn if now <= drawn < self._end else now + rng.choice([0, 0, 1, MINUTE, HOUR])

    def _back(self) -> int:
        """An instant at or before now."""
        rng, now = self.rng, self.now
        draw = rng.random()
        if draw < 0.4:
            return min(now, self.stage.near(rng, self._times()))
        if draw < 0.5:
            return now - rng.choice([0, 1, MINUTE, DAY])
        return self.stage.start + int((now - self.stage.start) * rng.random())

    def _at(self) -> int | None:
        """An instant to read at; None: now."""
        draw = self.rng.random()
        if draw < 0.35:
            return None
        return self._back() if draw < 0.7 else self._ahead()

    def _subject(self) -> str:
        known = self.play.plain.subjects
        if not known or self.rng.random() < 0.06:
            return self.rng.choice(["nobody", "u0", "a0"])
        return self.rng.choice(known)

    # -- steps ------------------------------------------------------------------------------------------

    def happens(self) -> Step:
        """Events at or after now, and at times some of before."""
        late = self.rng.random() < 0.25
        return self._ingest(self._new(0.3 if late else 0.0))

    def comes_late(self) -> Step:
        """Events of the past."""
        return self._ingest(self._new(1.0))

    def comes_again(self) -> Step:
        """Events that were there before, the same or changed, among new ones."""
        return self._ingest(self._new(0.2) + self._again() + self._again())

    def is_broken(self) -> Step:
        """Events of which one is none, and one has no subject."""
        events = self._new(0.2)
        other = {"user": "account", "account": "user"}[self.play.model["subject"]]
        stray = {"name": "login", "time": self._ahead(), other: "u0"}
        for odd in (self.rng.choice(BROKEN), stray):
            events.insert(self.rng.randint(0, len(events)), odd)
        return self._ingest(events)

    def _ingest(self, events: list[Mapping]) -> Step:
        return "ingest", (self.rng.choice(FORMS), events)

    def _new(self, late: float) -> list[Mapping]:
        rng = self.rng
        if len(self._times()) > LARGEST_LOG:
            return []
        size = rng.choice([1, 1, 1, 2, 3, 5])
        times = [self._back() if rng.random() < late else self._ahead() for _ in range(size)]
        return self._named(moving_events(rng, self.stage, times, self.play.model["subject"]))

    def _named(self, events: list[Mapping]) -> list[Mapping]:
        """Mostly with ids that no event before has: those of what is no longer retained are forgotten."""
        if self.play.retain is None and self.rng.random() < 0.3:
            return events
        step = len(self.play.steps)
        return [{**e, "id": f"{step}/{e['id']}"} if e.get("id") else e for e in events]

    def _again(self) -> list[Mapping]:
        rng, plain = self.rng, self.play.plain
        standing = [e for e in plain.events() if plain.horizon is None or e.time >= plain.horizon]
        if not standing:
            return []
        return [self._changed(rng.choice(standing)) for _ in range(rng.choice([0, 1, 2]))]

    def _changed(self, event: Event) -> Mapping:
        rng = self.rng
        if event.id is None:  # never a duplicate
            return asdict(event)
        draw = rng.random()
        if draw < 0.4:
            return asdict(event)
        if draw < 0.6:
            return asdict(evolve(event, properties={**event.properties, "amount": rng.choice([1, 5, 77])}))
        if draw < 0.85:
            return asdict(event) | {"time": event.time + rng.choice([-DAY, -1, 1, HOUR])}
        if draw < 0.95:
            return asdict(event) | {"name": rng.choice(NAMES)}
        other = "account" if self.play.model["subject"] == "user" else "user"
        return asdict(event) | {other: rng.choice(ACCOUNTS if other == "account" else USERS)}

    def reads_now(self) -> Step:
        """One subject now."""
        return "score", (self._subject(), None)

    def reads(self) -> Step:
        """One subject at any instant."""
        return "score", (self._subject(), self._at())

    def reads_all(self) -> Step:
        """All subjects at any instant."""
        return "scores", (self._at(),)

    def looks_back(self) -> Step:
        """A history of a few instants."""
        rng = self.rng
        end = None if rng.random() < 0.3 else self._at()
        last = self.now if end is None else end
        if rng.random() < 0.2 and (last - min(self._times())) < 6 * DAY:
            return "history", (rng.choice(["day", "2d", "18h"]), None, end)
        every, length = rng.choice([("day", DAY), ("week", 7 * DAY), ("12h", 12 * HOUR), ("3d", 3 * DAY)])
        return "history", (every, last - int(length * 4 * rng.random()), end)

    def advances(self) -> Step:
        """By a little."""
        return self._advance(self._back() if self.rng.random() < 0.25 else self._ahead())

    def advances_far(self) -> Step:
        """By much, unless the play has come far already."""
        far = self.now + int(self.days * self.rng.random() / 2)
        return self._advance(far if far < self._end else self._ahead())

    def advances_back(self) -> Step:
        """To where it was, or before."""
        advanced = self.play.plain.advanced
        to = self._back() if advanced is None else advanced - self.rng.choice([0, 1, HOUR, DAY])
        return "advance", (to,)

    def _advance(self, to: int) -> Step:
        advanced = self.play.plain.advanced
        return "advance", (to if advanced is None else max(to, advanced),)

    def forecasts(self) -> Step:
        """One subject from any instant on."""
        return "forecast", (self._subject(), self._at())

    def explains(self) -> Step:
        """One subject at any instant."""
        return "explain", (self._subject(), self._at())

    def explains_change(self) -> Step:
        """One subject between two instants, at times swapped."""
        first, last = self._back(), self._at() or self.now
        if self.rng.random() < 0.9:
            first, last = sorted((first, last))
        return "explain_change", (self._subject(), first, last)

    def forgets(self) -> Step:
        """One subject."""
        return "forget", (self._subject(),)

    def saves(self) -> Step:
        """Everything, and goes on with what was loaded."""
        return "save", ()

    def merges(self) -> Step:
        """With another scorer, of new events and some that are here too."""
        rng = self.rng
        if len(self._times()) > LARGEST_LOG:
            return "merge", ([], None)
        times = [self._back() if rng.random() < 0.5 else self._ahead() for _ in range(rng.randint(1, 4))]
        retain = self.play.plain.retain
        if retain is not None:  # nothing that the other would fold: what is left of it then is its own affair
            times = [max(self.now, *times) - rng.randint(0, min(retain, HOUR)) for _ in times]
        events = self._named(moving_events(rng, self.stage, times, self.play.model["subject"]))
        if retain is not None:
            oldest = max(instant(event["time"]) for event in events) - min(retain, HOUR)
            return "merge", ([event for event in events if instant(event["time"]) >= oldest], None)
        return "merge", (events + self._again(), self._ahead() if rng.random() < 0.5 else None)

    def asks_who_is_in(self) -> Step:
        """An audience at any instant."""
        audiences = [one.name for one in self.play.plain.model.audiences]
        return "members", (self.rng.choice(audiences or ["nobody's"]), self._at())

    def handles(self) -> Step:
        """A handler of one action."""
        return "handle", (self.rng.choice(ACTIONS),)

    def releases(self) -> Step:
        """Some firings."""
        return "release", (self.rng.random(),)

    def publishes(self) -> Step:
        """Another model, from about now on."""
        plain, rng = self.play.plain, self.rng
        if len(plain.publications) > 3:
            return "release", (1.0,)
        at = self._back() if rng.random() < 0.4 else self._ahead()
        last = plain.publications[-1].at
        if last is not None and rng.random() < 0.9:
            at = max(at, last)
        model = another(rng, to_mapping(plain.model))
        return "publish", (model, at, rng.choice(["replay", "from", "freeze"]))


ODDS: dict[Callable[[Dice], Step], int] = {
    Dice.happens: 9, Dice.comes_late: 3, Dice.comes_again: 2, Dice.is_broken: 1, Dice.reads_now: 4,
    Dice.reads: 5, Dice.reads_all: 3, Dice.looks_back: 2, Dice.advances: 6, Dice.advances_far: 1,
    Dice.advances_back: 1, Dice.forecasts: 2, Dice.explains: 2, Dice.explains_change: 2, Dice.forgets: 1,
    Dice.saves: 2, Dice.merges: 1, Dice.asks_who_is_in: 1, Dice.handles: 1, Dice.releases: 1,
    Dice.publishes: 1,
}  # fmt: skip
"""Every way to go on, and how often it is taken in `play_numbered`."""


def play_numbered(seed: int, number: int, length: int = 50) -> Play:
    """Plays the play of that number under that seed to its end: the same on every machine."""
    rng = Random(f"play/{seed}/{number}")
    play, stage = first_play(rng)
    dice = Dice(play, stage, rng)
    for _ in range(length):
        (draw,) = rng.choices(list(ODDS), list(ODDS.values()))
        play.do(draw(dice))
    return play
