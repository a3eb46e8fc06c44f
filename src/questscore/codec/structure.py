"""From plain tables to a model: all that is wrong is found and told at once.

Lives here: the parts of a model put together, their problems with full paths, and the checks between them.
Lives elsewhere: one part (parts), the checks themselves (model.check), files (files).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from attrs import frozen

from questscore.codec.bounds import UNUSABLE, bounded, told
from questscore.codec.fields import converter, fields
from questscore.codec.parts import READER, unknown_key
from questscore.errors import ModelError, Problem, few_hints
from questscore.model.check import check
from questscore.model.definition import Definition, bounds
from questscore.model.level import BASE, Level, Levels
from questscore.model.rule import Group, Rule
from questscore.model.score_model import ScoreModel
from questscore.model.signal import SignalDefinition
from questscore.model.trigger import Audience, Trigger

ENOUGH = 100
"""Problems in one list of parts; what follows is not looked at."""

_PARTS: dict[str, type[Definition]] = {
    "signals": SignalDefinition,
    "rules": Rule,
    "groups": Group,
    "levels": Level,
    "triggers": Trigger,
    "audiences": Audience,
}
_NAMED_IN = {"groups": ".group", "levels": ".level", "audiences": ".audience", "signals": ".of"}
"""By part, how the places end that name one of it."""


def from_mapping(source: object) -> ScoreModel:
    """The model that a table (and the tables in it) describes.

    Raises:
        ModelError: Everything that is wrong with it.

    >>> from_mapping({"name": "m", "subject": "user", "levels": [{"name": "top", "at_least": 9}]})
    <ScoreModel 'm' version 1: 0 signals, 0 rules, 1 levels, by user>
    """
    table, problems = bounded(source)
    model: ScoreModel | None = None
    try:
        with few_hints():
            model = READER.structure(table, ScoreModel)
    except ModelError as error:
        # what could not be copied was told by its place already
        problems += [p for p in error.problems if not problems or repr(UNUSABLE) not in p.what]
    if problems or model is None:
        raise ModelError(told(problems))
    return model


@frozen
class _Draft:
    subject: str | None
    events: Mapping[str, Sequence[str]]
    levels: Levels
    signals: Sequence[SignalDefinition | None]
    rules: Sequence[Rule | None]
    groups: Sequence[Group | None]
    triggers: Sequence[Trigger | None]
    audiences: Sequence[Audience | None]


def _model(value: object, _: object) -> ScoreModel:
    if isinstance(value, ScoreModel):
        return value
    if not isinstance(value, Mapping):
        raise ModelError(f"{value!r} is not a table", fix="write a table with at least 'name' and 'subject'")
    reading = _Reading(value)
    if problems := reading.problems():
        raise ModelError(problems)
    return ScoreModel(**reading.given)


def _converted(key: str, value: object) -> Any:
    convert = converter(fields(ScoreModel)[key])
    return value if convert is None else convert(value)


class _Reading:
    """One model on its way in: what of it could be read, and what is wrong with the rest."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self.given: dict[str, Any] = {}
        self.found: list[Problem] = []
        self.lists: dict[str, list[Any]] = {key: [] for key in _PARTS}
        self.unnamed: set[str] = set()
        known = fields(ScoreModel)
        for key, item in table.items():
            if key in _PARTS:
                self._list(key, item)
            elif key == "events":
                self._events(item)
            elif key in known:
                self._field(key, item)
            else:
                self.found.append(unknown_key(key, known))
        for key, field in known.items():
            if field.default is attrs.NOTHING and key not in table:
                self.found.append(Problem(key, f"{key!r} is missing", f"give {key!r}"))

    def _field(self, key: str, value: object) -> None:
        try:
            self.given[key] = _converted(key, value)
        except ModelError as error:
            self.found += error.under(key).problems
        except (TypeError, ValueError, ArithmeticError) as error:
            self.found.append(Problem(key, f"{value!r} cannot be read: {error}", "see what may stand here"))

    def _events(self, table: object) -> None:
        if not isinstance(table, Mapping):
            what = f"{table!r} is not a table"
            self.found.append(Problem("events", what, "write such as { pay = ['amount', 'plan'] }"))
            return
        declared: dict[str, Sequence[str]] = {}
        for name, properties in table.items():
            try:
                declared |= _converted("events", {name: properties})
            except ModelError as error:
                self.found += error.under("events").problems
        self.given["events"] = declared

    def _list(self, key: str, value: object) -> None:
        if not isinstance(value, (list, tuple)):
            self.found.append(Problem(key, f"{value!r} is not a list", "write a list of tables"))
            self.unnamed.add(key)
            return
        problems: list[Problem] = []
        for position, item in enumerate(value):
            if len(problems) >= ENOUGH:
                what = f"{len(value) - position} more were not looked at"
                problems.append(Problem("", what, "correct the problems above first"))
                self.unnamed.add(key)
                break
            made: Definition | None = None
            try:
                made = READER.structure(item, _PARTS[key])
            except ModelError as error:
                problems += error.under(f"[{position}]").problems
                made = getattr(error, "rest", None)
                if made is None:
                    self.unnamed.add(key)
            self.lists[key].append(made)
        self.found += (problem.under(key) for problem in problems)
        self.given[key] = self.lists[key]

    def problems(self) -> list[Problem]:
        """Everything that is wrong with the model, none of it because of something else."""
        levels = self._levels()
        self.found += bounds(self.given.get("minimum"), self.given.get("maximum"))
        given, lists = self.given, self.lists
        draft = _Draft(
            subject=given.get("subject"),
            events=given.get("events", {}),
            levels=levels,
            signals=lists["signals"],
            rules=lists["rules"],
            groups=lists["groups"],
            triggers=lists["triggers"],
            audiences=lists["audiences"],
        )
        unread = _names(draft) if "signals" in self.unnamed else ()
        self.found += (p for p in check(draft, unread) if not self._follows(p))
        return self.found

    def _levels(self) -> Levels:
        below = self.given.get("below") or BASE
        found = [
            Level(f"levels[{i}]", when="True") if level is None else level
            for i, level in enumerate(self.lists["levels"])
        ]
        levels = object.__new__(Levels)
        try:
            levels.__attrs_init__(found, below)
        except ModelError as error:
            self.found += error.under("levels").problems
        return levels

    def _follows(self, problem: Problem) -> bool:
        """Whether it may be about a name that could not be read."""
        return any(part in self.unnamed and problem.where.endswith(key) for part, key in _NAMED_IN.items())


def _names(draft: _Draft) -> set[str]:
    """Every name that is read as a signal's."""
    found = {name for part in (*draft.signals, *draft.rules) if part for name, _ in part.reads()}
    conditions = [level.when for level in draft.levels]
    conditions += [c for a in draft.audiences if a for c in (a.enter, a.leave)]
    return found.union(*(condition.names for condition in conditions if condition is not None))


READER.register_structure_hook_func(lambda cls: cls is ScoreModel, _model)
