"""ScoreModel: everything that says what a score is.

Lives here: the model's fields and what it looks up by name.
Lives elsewhere: whether its parts fit together (check), models as text (codec).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal, TypeVar, cast

from attrs import field, frozen

from questscore.errors import ModelError, Problem, few_hints
from questscore.model.check import check
from questscore.model.definition import (
    Definition,
    bounds,
    build,
    one_of,
    optional_duration,
    optional_number,
    optional_text,
    text,
)
from questscore.model.definition import duration as a_duration
from questscore.model.level import Levels, Margin, optional_levels, optional_margin
from questscore.model.rule import Group, Rule
from questscore.model.scale import Scale, optional_scale
from questscore.model.signal import SignalDefinition
from questscore.model.time import WEEKDAYS, Calendar, Duration, Period, calendar, zone
from questscore.model.trigger import Audience, Trigger

D = TypeVar("D", bound=Definition)


def _subject(value: Literal["user", "account"]) -> Literal["user", "account"]:
    return cast(Literal["user", "account"], one_of(value, ("user", "account")))


def _timezone(value: str) -> str:
    zone(text(value))
    return value


def _week_start(value: str) -> str:
    return one_of(value, WEEKDAYS)


def _evaluate(value: Period | str) -> Period | Literal["continuous"]:
    if value == "continuous":
        return "continuous"
    try:
        return Period.of(value)
    except ModelError as error:
        problem = error.problems[0]
        raise ModelError(problem.what, fix=f"{problem.fix}, or 'continuous'") from None


def _all(cls: type[D], value: object) -> tuple[D, ...]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise ModelError(f"{value!r} is not a list", fix="write a list of tables")
    found: list[D] = []
    problems: list[Problem] = []
    for position, item in enumerate(value):
        try:
            found.append(build(cls, item))
        except ModelError as error:
            problems += error.under(f"[{position}]").problems
    if problems:
        raise ModelError(problems)
    return tuple(found)


def _objects(cls: type[D], value: object, example: str) -> tuple[D, ...]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise ModelError(f"{value!r} is not a list", fix=f"pass a list of objects such as {example}")
    found = tuple(value)
    problems = [
        Problem(f"[{i}]", f"a {type(item).__name__} is no {cls.__name__}", f"pass such as {example}")
        for i, item in enumerate(found)
        if not isinstance(item, cls)
    ]
    if problems:
        raise ModelError(problems)
    return found


def _signals(value: Iterable[SignalDefinition]) -> tuple[SignalDefinition, ...]:
    return _objects(SignalDefinition, value, "Count('logins', on='login')")


def _rules(value: Iterable[Rule]) -> tuple[Rule, ...]:
    return _objects(Rule, value, "EventRule('login', on='login', points=5)")


def _groups(value: Iterable[Group]) -> tuple[Group, ...]:
    return _all(Group, value)


def _triggers(value: Iterable[Trigger]) -> tuple[Trigger, ...]:
    return _all(Trigger, value)


def _audiences(value: Iterable[Audience]) -> tuple[Audience, ...]:
    return _all(Audience, value)


def _events(value: Mapping[str, Iterable[str]] | None) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ModelError(f"{value!r} is not a table", fix="write such as { pay = ['amount', 'plan'] }")
    found: dict[str, tuple[str, ...]] = {}
    for name, properties in value.items():
        listed = isinstance(properties, (list, tuple))
        if not (isinstance(name, str) and listed and all(isinstance(p, str) and p for p in properties)):
            raise ModelError(
                f"{properties!r} is not a list of property names",
                where=str(name),
                fix="write such as ['amount']",
            )
        found[name] = tuple(properties)
    return found


@frozen(slots=False)
class ScoreModel(Definition):
    """A scoring model: signals, rules, groups, scale and levels for one kind of subject.

    Args:
        name, version: What results and stored state are labelled with.
        subject: Who is scored: ``"user"`` or ``"account"``.
        timezone, week_start: The calendar that periods are counted in.
        evaluate: When levels are looked at: the first instant of each period, or ``"continuous"``.
        resolution: The grid that ``"continuous"`` adds to the subject's own events.
        signals, rules, groups: What is measured, what it is worth, and what is bounded together.
        minimum, maximum: Bounds on the score before the scale.
        scale: From points to what is shown.
        levels, below, margin, dwell: Levels, the base level, and what keeps them from flapping.
        triggers, audiences: What a host wants to hear about.
        events: Properties by event name; names beyond these are errors then.

    Raises:
        ModelError: The parts do not fit; every problem at once, each with its place and fix.
    """

    name: str = field(converter=text)
    version: str = field(default="1", converter=text, kw_only=True)
    subject: Literal["user", "account"] = field(converter=_subject, kw_only=True)
    timezone: str = field(default="UTC", converter=_timezone, kw_only=True)
    week_start: str = field(default="monday", converter=_week_start, kw_only=True)
    evaluate: Period | Literal["continuous"] = field(default=Period.DAY, converter=_evaluate, kw_only=True)
    resolution: Duration = field(default=Duration.of("1h"), converter=a_duration, kw_only=True)
    signals: tuple[SignalDefinition, ...] = field(default=(), converter=_signals, kw_only=True)
    rules: tuple[Rule, ...] = field(default=(), converter=_rules, kw_only=True)
    groups: tuple[Group, ...] = field(default=(), converter=_groups, kw_only=True)
    minimum: float | None = field(default=None, converter=optional_number, kw_only=True)
    maximum: float | None = field(default=None, converter=optional_number, kw_only=True)
    scale: Scale | None = field(default=None, converter=optional_scale, kw_only=True)
    levels: Levels = field(factory=Levels, converter=optional_levels, kw_only=True)
    below: str | None = field(default=None, converter=optional_text, kw_only=True)
    margin: Margin | None = field(default=None, converter=optional_margin, kw_only=True)
    dwell: Duration | None = field(default=None, converter=optional_duration, kw_only=True)
    triggers: tuple[Trigger, ...] = field(default=(), converter=_triggers, kw_only=True)
    audiences: tuple[Audience, ...] = field(default=(), converter=_audiences, kw_only=True)
    events: Mapping[str, tuple[str, ...]] = field(factory=dict, converter=_events, kw_only=True, hash=False)

    def __attrs_post_init__(self) -> None:
        problems = bounds(self.minimum, self.maximum)
        given = {key: getattr(self, key) for key in ("below", "margin", "dwell")}
        own = {key: getattr(self.levels, key) for key in given}
        chosen = {key: own[key] if value is None else value for key, value in given.items()}
        levels = self.levels
        try:
            levels = Levels(*self.levels, **chosen)
        except ModelError as error:
            problems += error.under("levels").problems
        # the same three may be said on the model (as text does) or on Levels: both read alike after
        for key, value in {"levels": levels, **chosen}.items():
            object.__setattr__(self, key, value)
        with few_hints():
            problems += check(self)
        if problems:
            raise ModelError(problems)

    @cached_property
    def calendar(self) -> Calendar:
        """Its time zone and week start."""
        return calendar(self.timezone, self.week_start)

    @cached_property
    def signal(self) -> Mapping[str, SignalDefinition]:
        """Signals by name."""
        return {signal.name: signal for signal in self.signals}

    @cached_property
    def columns(self) -> tuple[SignalDefinition, ...]:
        """The signals that are columns of results: all but those of members."""
        return tuple(signal for signal in self.signals if signal.scope is None)

    def __repr__(self) -> str:
        return (
            f"<ScoreModel {self.name!r} version {self.version}: {len(self.signals)} signals,"
            f" {len(self.rules)} rules, {len(self.levels)} levels, by {self.subject}>"
        )
