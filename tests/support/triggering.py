"""Triggers and audiences for random models, other models to publish, and firings by the definition alone.

Lives here: drawing them, and a desk that knows nothing but the list of what was told.
Lives elsewhere: what a scorer fires (`questscore.triggers`), who compares the two (`play`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from random import Random

from attrs import define, evolve, field

from questscore import Transition
from questscore.model.firing import Firing, firing_id
from questscore.model.publication import Service, in_force
from questscore.model.time import Duration
from questscore.model.trigger import Trigger
from support.models import Mapping

ACTIONS = ("mail", "call")
_REARM = ("always", "always", "once", "2d", "10d")


def give_triggers(rng: Random, model: Mapping) -> None:
    """Gives a model audiences, and triggers that wait for them and for its levels."""
    names = [f"audience {i}" for i in range(rng.choice([0, 1, 1, 2]))]
    model["audiences"] = [_audience(rng, name, model) for name in names]
    levels = [level["name"] for level in model.get("levels", ())] + [model.get("below", "base")]
    triggers = []
    for i in range(rng.choice([1, 2, 3, 4])):
        made: Mapping = {"name": f"trigger {i}", "action": rng.choice(ACTIONS), "rearm": rng.choice(_REARM)}
        made["status"] = rng.choice(["draft", "active", "active"])
        if names and (not model.get("levels") or rng.random() < 0.5):
            made |= {"audience": rng.choice(names), "on": rng.choice(["enter", "leave"])}
        elif model.get("levels"):
            made |= {"level": rng.choice(levels), "on": rng.choice(["enter", "leave", "rise", "fall"])}
        else:
            continue
        triggers.append(made)
    model["triggers"] = triggers


def _audience(rng: Random, name: str, model: Mapping) -> Mapping:
    made: Mapping = {"name": name, "enter": _condition(rng, model)}
    if rng.random() < 0.5:
        made["leave"] = _condition(rng, model)
    return made


def _condition(rng: Random, model: Mapping) -> str:
    draw = rng.random()
    signals = [s["name"] for s in model["signals"] if s.get("scope") is None]
    if signals and draw < 0.4:
        return f"{rng.choice(signals)} {rng.choice(['>', '<'])} {rng.choice([0.37, 1.13, 2.71, 7.19])}"
    if model.get("levels") and draw < 0.6:
        return f"level == {rng.choice(model['levels'])['name']!r}"
    return f"score {rng.choice(['>', '<'])} {rng.choice([-3.3, 0.7, 7.3, 23.9, 61.7])}"


def another(rng: Random, model: Mapping) -> Mapping:
    """A model to be published after this one."""
    made: Mapping = {"rules": [], "signals": [], **copy.deepcopy(model)}
    made["version"] = f"{model.get('version', '1')}{rng.choice('abc')}"
    for rule in list(made["rules"]):
        draw = rng.random()
        if "on" in rule and isinstance(rule.get("points"), (int, float)) and draw < 0.5:
            rule["points"] = rule["points"] * rng.choice([2, 0.5, -1]) or 7
        elif draw > 0.85:
            made["rules"].remove(rule)
    if rng.random() < 0.3:
        name = f"another {made['version']}"
        made["rules"].append({"name": name, "on": rng.choice(["login", "*"]), "points": 13})
    if made.get("levels") and rng.random() < 0.4:
        for level in made["levels"]:
            if "at_least" in level:
                level["at_least"] = level["at_least"] * 1.5 if level["at_least"] > 0 else level["at_least"]
            if rng.random() < 0.2:
                level["name"] = f"{level['name']} now"
    if rng.random() < 0.3:
        made["margin"] = rng.choice([0, 5, "10%"])
    if made.get("triggers") or rng.random() < 0.3:
        give_triggers(rng, made)
    return made


@define
class PlainDesk:
    """The firings that follow from what was told.

    Attributes:
        firings: By id.
        handlers: The actions with a handler that works.
    """

    firings: dict[str, Firing] = field(factory=dict)
    rearm: dict[str, object] = field(factory=dict)
    about: dict[str, str | None] = field(factory=dict)
    handlers: set[str] = field(factory=set)

    def hear(
        self,
        told: Iterable[tuple[Transition, str | None]],
        services: Sequence[Service],
        previous: int | None,
    ) -> None:
        """What an `advance` told, of levels (None) and audiences."""
        before = {name for name, one in self.firings.items() if not (one.held or one.draft)}
        for move, audience in sorted(
            told, key=lambda one: (one[0].time, one[0].subject, not one[0].retracted, one[1] or "")
        ):
            if move.retracted:
                self._undo(move, audience)
                continue
            model = services[in_force(services, move.time)].model
            for trigger in model.triggers:
                if trigger.audience == audience and self._wanted(trigger, move, model.levels.order):
                    name = firing_id(model.version, trigger.name, move.subject, move.time)
                    if name not in self.firings:
                        held = previous is None or move.time <= previous or move.cause == "model"
                        held = held and name not in before  # what waits is the same when it is told anew
                        firing = Firing(
                            name, trigger.name, move.subject, move.time, trigger.status == "draft", held,
                            trigger.action, trigger.notify, move.before, move.after,
                        )  # fmt: skip
                        self.rearm[name] = trigger.rearm
                        self.about[name] = audience
                        if held or name in before or self._may(firing):
                            self.firings[name] = firing

    def _undo(self, move: Transition, audience: str | None) -> None:
        for name, one in list(self.firings.items()):
            same = (one.subject, one.time, one.before, one.after, self.about[name]) == (
                move.subject,
                move.time,
                move.before,
                move.after,
                audience,
            )
            if same and (one.held or not (one.draft or one.delivered)):
                del self.firings[name]

    def _wanted(self, trigger: Trigger, move: Transition, order: Sequence[str]) -> bool:
        if trigger.audience is not None:
            return move.after == ("inside" if trigger.on == "enter" else "outside")
        if trigger.on in ("enter", "leave"):
            return trigger.level == (move.after if trigger.on == "enter" else move.before)
        if move.before not in order or move.after not in order:
            return False
        before, after, edge = (order.index(str(x)) for x in (move.before, move.after, trigger.level))
        return before < edge <= after if trigger.on == "rise" else after < edge <= before

    def _may(self, firing: Firing) -> bool:
        rearm = self.rearm[firing.id]
        same = (firing.trigger, firing.subject, firing.draft)
        fired = [
            f.time for f in self.firings.values() if not f.held and (f.trigger, f.subject, f.draft) == same
        ]
        if not fired or rearm == "always":
            return True
        return isinstance(rearm, Duration) and firing.time >= max(fired) + rearm.us

    def release(self, names: Iterable[str]) -> None:
        """Lets held firings go, by time."""
        for firing in sorted(
            (self.firings[name] for name in names), key=lambda f: (f.time, f.subject, f.trigger)
        ):
            if firing.held and self._may(firing):
                self.firings[firing.id] = evolve(firing, held=False)

    def deliver(self) -> None:
        """Handlers take what waits for them."""
        for firing in list(self.firings.values()):
            if not (firing.draft or firing.held) and firing.action in self.handlers:
                self.firings[firing.id] = evolve(firing, delivered=True)

    def forget(self, subject: str) -> None:
        """As if the subject had never been seen."""
        self.firings = {name: f for name, f in self.firings.items() if f.subject != subject}

    def listed(self) -> list[Firing]:
        """All of them, by time."""
        return sorted(self.firings.values(), key=lambda f: (f.time, f.subject, f.trigger))
