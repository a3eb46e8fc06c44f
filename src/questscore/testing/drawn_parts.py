"""Parts of models as Hypothesis strategies: for each built-in kind the fields it may have, as in a file.

Lives here: signals over events, rules, scales, groups, levels, expressions.
Lives elsewhere: putting a model together (drawn_models), what is chosen from (vocabulary).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TypeAlias

from hypothesis import strategies as st

from questscore.model.event import PropertyValue
from questscore.model.time import WEEKDAYS, Period
from questscore.testing.vocabulary import DURATIONS, ZONES, Values

Table: TypeAlias = dict[str, object]
Tables: TypeAlias = st.SearchStrategy[Table]
Fields: TypeAlias = dict[str, st.SearchStrategy[object]]

OVER_EVENTS = (
    "count",
    "total",
    "mean",
    "minimum",
    "maximum",
    "latest",
    "first",
    "distinct",
    "active_periods",
    "streak",
    "since",
    "age",
    "sessions",
    "funnel",
    "milestones",
    "lag",
)
TEXTS = ("latest", "first")
BY = st.sampled_from(["sum", "mean", "median", "minimum", "maximum", "count"])

_PERIODS = st.sampled_from([period.value for period in Period])
_DURATIONS = st.sampled_from(DURATIONS)
_SPANS = _DURATIONS | _PERIODS
_FORMS = (
    "{a}",
    "{a} / {b}",
    "1 - {a} / {b}",
    "clip({a}, 0, 5)",
    "coalesce({a}, 0) + {b}",
    "({a} > 2) if {b} > 0 else None",
    "weighted_mean({a}, 2, {b}, 1)",
    "log1p(abs({a}))",
)


def _tables(required: Fields, optional: Fields | None = None) -> Tables:
    return st.fixed_dictionaries(required, optional=optional or {})


def _together(*parts: Tables) -> Tables:
    """One table of several."""
    return st.tuples(*parts).map(lambda tables: {key: v for table in tables for key, v in table.items()})


class Words:
    """Event names and properties as strategies, and what is made of them; kept, for making them is dear.

    Args:
        names: Event names.
        properties: Name to values, of one type each.
    """

    def __init__(self, names: Sequence[str], properties: Values) -> None:
        self.name = st.sampled_from(names)
        self.on: st.SearchStrategy[object] = st.one_of(
            self.name, st.lists(self.name, min_size=1, max_size=3, unique=True), st.just("*")
        )
        self.property = st.sampled_from([*properties, "user", "weekday"])
        numeric = [name for name, values in properties.items() if not isinstance(values[0], str)]
        self.numeric = st.sampled_from(numeric or ["amount"])
        conditions = [text for name, values in properties.items() for text in _conditions(name, values)]
        self.where = st.sampled_from([*conditions, "hour >= 12", "weekday > 5"])
        self._several: dict[tuple[str, ...], st.SearchStrategy[list[Table]]] = {}

    @cached_property
    def signals(self) -> dict[str, Tables]:
        """By kind, a signal over events without its name."""
        on: Fields = {"on": self.on}
        where: Fields = {"where": self.where}
        windowed: Fields = {**where, "window": _SPANS}
        aged: Fields = {**windowed, "half_life": _DURATIONS}
        within: Fields = {"within": _DURATIONS}
        unit: Fields = {"unit": st.sampled_from(["1d", "1h", "7d"])}
        numeric: Fields = {**on, "property": self.numeric}
        carried: Fields = {**on, "property": self.property}
        every: Fields = {**on, "every": _PERIODS}
        step: st.SearchStrategy[object] = self.name | _tables({**on, **where})
        steps = st.lists(step, min_size=1, max_size=4)
        never = st.sampled_from(["first_seen", "missing"])
        forms: dict[str, tuple[Fields, Fields]] = {
            "count": (on, aged),
            "total": (numeric, aged),
            "mean": (numeric, windowed),
            "minimum": (numeric, windowed),
            "maximum": (numeric, windowed),
            "latest": (carried, where),
            "first": (carried, where),
            "distinct": (carried, windowed),
            "active_periods": (every, windowed),
            "streak": (every, {**where, "at_least": st.integers(1, 3)}),
            "since": (on, {**where, **unit, "never": never}),
            "age": (on, {**where, **unit}),
            "sessions": (on, {**windowed, "gap": _DURATIONS}),
            "funnel": ({"steps": steps}, {**within, "window": _SPANS}),
            "milestones": ({"of": steps}, within),
            "lag": ({"first": step, "then": step}, unit),
        }
        return {
            kind: _tables({"kind": st.just(kind), **required}, {"offset": _SPANS, **optional})
            for kind, (required, optional) in forms.items()
        }

    def several(self, kinds: tuple[str, ...]) -> st.SearchStrategy[list[Table]]:
        """A few signals over events, of different kinds, without their names."""
        if kinds not in self._several:
            one = st.one_of([self.signals[kind] for kind in kinds])
            self._several[kinds] = st.lists(one, max_size=3, unique_by=lambda table: str(table["kind"]))
        return self._several[kinds]

    @cached_property
    def event_rule(self) -> Tables:
        """An event rule without its name."""
        number = st.sampled_from([10, 50, -5, 2.5, 0.1])
        expression = self.numeric.map(lambda name: f"clip({said(name)}, -60, 60)")
        worth = st.one_of(
            _tables({"points": number}),
            _tables({"points": expression}),
            _tables({"points": number, "curve": st.sampled_from(["log2", "sqrt"])}),
        )
        cell: Fields = {"every": _PERIODS, "per": self.property}
        limit = _tables({"count": st.integers(1, 3)}, cell) | _tables(
            {"points": st.sampled_from([15, 60.5])}, cell
        )
        limits: st.SearchStrategy[object] = limit | st.lists(limit, max_size=2)
        return _together(
            _tables({"on": self.on}, {"where": self.where}),
            worth,
            _AGEING,
            _tables(
                {}, {"window": _SPANS, "limit": limits, "cooldown": _DURATIONS, "active": _ACTIVE, **_BOUNDS}
            ),
        )


@lru_cache(maxsize=16)
def words(names: tuple[str, ...], properties: tuple[tuple[str, tuple[PropertyValue, ...]], ...]) -> Words:
    """Those of these names and properties."""
    return Words(names, dict(properties))


def said(name: str) -> str:
    """A property in an expression."""
    return name if name.replace(".", "_").isidentifier() else f'prop("{name}")'


def _conditions(name: str, values: Sequence[PropertyValue]) -> list[str]:
    """Conditions over a property, some of which hold."""
    if isinstance(values[0], str):
        return [
            f"{said(name)} == {values[-1]!r}",
            f"{said(name)} in {[*values[:2]]!r}",
            f"not ({said(name)} == {values[0]!r})",
        ]
    middle = sorted(float(value) for value in values)[len(values) // 2]
    return [f"{said(name)} > {middle}", f"{said(name)} <= {middle}", f"not is_missing({said(name)})"]


_AGEING = st.one_of(
    _tables({}),
    _tables({"half_life": _DURATIONS}),
    _tables({"fade": _DURATIONS}),
    _tables({"steps": st.just({"every": "7d", "factor": 0.5})}),
)
_ACTIVE = st.sampled_from(
    [
        {"from": "2026-03-29T00:00:00Z"},
        {"until": "2026-11-01T00:00:00+01:00"},
        {"from": "2026-01-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"},
    ]
)
_BOUNDS: Fields = {"minimum": st.sampled_from([0, -40]), "maximum": st.sampled_from([80, 10.5])}
_PAID: Fields = {**_BOUNDS, "missing": st.just("unknown")}


@lru_cache(maxsize=256)
def over(numbers: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A numeric expression over these signals."""
    name = st.sampled_from(numbers)
    return st.builds(lambda form, a, b: str(form.format(a=a, b=b)), st.sampled_from(_FORMS), name, name)


@lru_cache(maxsize=256)
def condition(numbers: tuple[str, ...]) -> st.SearchStrategy[str]:
    """A condition over these signals."""
    sign, than = st.sampled_from([">=", ">", "<", "==", "!="]), st.sampled_from([1, 0, 2, 0.5, 7])
    return st.builds(lambda a, s, n: f"{a} {s} {n}", st.sampled_from(numbers), sign, than)


@lru_cache(maxsize=256)
def signal_rule(numbers: tuple[str, ...]) -> Tables:
    """A condition or tier rule over these signals, without its name."""
    points: st.SearchStrategy[object] = st.sampled_from([20, -30, 0.5]) | over(numbers)
    step = st.tuples(st.sampled_from([0, 1, 3, 10]), st.sampled_from([5, 20, -10, 2.5])).map(list)
    tiers = st.lists(step, min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(sorted)
    mode = st.sampled_from(["highest", "cumulative", "marginal"])
    tier = _tables({"signal": st.sampled_from(numbers), "tiers": tiers, "mode": mode}, _PAID)
    return _tables({"when": condition(numbers), "points": points}, _PAID) | tier


SCALES = st.one_of(
    _tables({"kind": st.just("linear"), "low": st.just(0), "high": st.just(200)}),
    _tables({"kind": st.just("saturating"), "half": st.just(50)}),
    _tables(
        {"kind": st.just("logistic"), "slope": st.just(0.02), "intercept": st.sampled_from([-1, 0.5])},
        {"s0": st.just(10)},
    ),
    _tables({"kind": st.just("percentile"), "reference": st.just([0, 10, 10, 50, 100])}),
)
GROUPS = st.lists(_tables({}, {**_BOUNDS, "weight": st.sampled_from([0.5, 2, 0, -1])}), max_size=2)
WHOLE = _tables(
    {},
    {**_BOUNDS, "timezone": st.sampled_from(ZONES), "week_start": st.sampled_from(WEEKDAYS), "scale": SCALES},
)
"""Fields of a model beside its parts."""
STARTS = st.lists(st.sampled_from([0, 5, 20, 20.5, 60, 100]), max_size=3, unique=True).map(sorted)
"""Where levels begin."""


@lru_cache(maxsize=16)
def kept(evaluate: tuple[str, ...]) -> Tables:
    """When levels are looked at, and what keeps them."""
    return _tables(
        {"evaluate": st.sampled_from(evaluate), "resolution": st.just("1d")},
        {
            "margin": st.sampled_from([5, "10%"]),
            "dwell": st.sampled_from(["1d", "3d", "12h"]),
            "below": st.just("none"),
        },
    )
