"""Random cases: a model, a log and an instant, and the list of what a case exercises.

Lives here: how a case is put together, its Hypothesis strategy, and `coverage`.
Lives elsewhere: the parts (`models`, `logs`, `expressions`); how two answers are compared (`compare`).
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen
from hypothesis import strategies as st

from support import models
from support.logs import DAY, PLACES, Stage, microseconds, random_at, random_events, random_times
from support.models import BASE_KINDS, PERIODS, ROLLUPS, SELECTOR_KINDS, WINDOWED, Maker, Mapping

__all__ = ["EVERY_OPTION", "Case", "cases", "coverage", "numbered", "random_case"]


@frozen
class Case:
    """What a score depends on: the ``model`` as a mapping, the ``events`` as mappings, and ``at``.

    And what it must not depend on: ``chunk`` is how many rows the engine takes at a time (0: as it likes).
    """

    model: Mapping
    events: list[Mapping]
    at: int
    chunk: int = 0


def random_case(rng: Random) -> Case:
    """A small case that looks for trouble: edges of windows, periods, limits and clocks.

    >>> random_case(Random(1)).model["name"]
    'random'
    """
    place = rng.choice(PLACES)
    subject = rng.choice(["user", "account"])
    around = models.instant_inside(place, rng)
    draw = rng.random()
    if draw < 0.025:
        return _flapping(rng, Maker(rng, place, True, around), subject, "continuous")
    if draw < 0.16:
        return _flapping(rng, Maker(rng, place, False, around), subject, rng.choice(PERIODS))
    days = rng.choice([3, 20, 60, 60, 200, 800])
    maker = Maker(rng, place, days < 10, around)
    model = models.random_model(maker, subject)
    if rng.random() < 0.006:
        days, size = (
            3,
            rng.randint(400, 900),
        )  # dense: many events of a period, for which there are other ways
        model["signals"] += [models.busy(maker, f"busy{i}") for i in range(2)]
    else:
        size = rng.choice([0, 1, 3, 6, 10, 20, 20, 30, 40, 50, 60, 60, 120])
    start = around - rng.choice([days // 2, days - 1]) * DAY
    return _played(rng, maker, model, _stage(maker, start, days), size)


def _flapping(rng: Random, maker: Maker, subject: str, evaluate: str) -> Case:
    """A case whose level depends on the past; short, for the definition replays every instant."""
    model = models.random_model(maker, subject)
    models.flapping(maker, model, evaluate)
    days, size = _LENGTH_OF[evaluate]
    start = maker.around - days // 2 * DAY
    stage = _stage(maker, start, days)
    case = _played(rng, maker, model, stage, rng.randint(0, size))
    return evolve(case, at=min(case.at, stage.end + days * DAY // 3))


_LENGTH_OF = {
    "continuous": (4, 8),
    "day": (15, 20),
    "week": (90, 30),
    "month": (300, 30),
    "quarter": (700, 30),
    "year": (1500, 30),
}


def _stage(maker: Maker, start: int, days: int) -> Stage:
    return Stage(maker.place, start, start + days * DAY, tuple(maker.durations), tuple(maker.moments))


def _played(rng: Random, maker: Maker, model: Mapping, stage: Stage, size: int) -> Case:
    times = random_times(rng, stage, size)
    tidy = rng.random() < 0.25
    events = random_events(rng, stage, times, model["subject"], tidy)
    if tidy:
        events.sort(key=lambda event: instant_of(event["time"]))
    else:
        rng.shuffle(events)
    chunk = rng.randint(1, 9) if rng.random() < 0.4 else 0
    return Case(model, events, random_at(rng, stage, times), chunk)


def numbered(seed: int, number: int) -> Case:
    """The case of that number under that seed: the same on every machine."""
    return random_case(Random(f"{seed}/{number}"))


def cases() -> st.SearchStrategy[Case]:
    """The same cases, drawn by Hypothesis, which can make a failing one smaller."""
    return st.randoms(use_true_random=False).map(random_case)


# -- what a case exercises -------------------------------------------------------------------------


def coverage(case: Case) -> set[str]:
    """Names of the options that a case exercises; all that there are stand in `EVERY_OPTION`."""
    return {*_model_options(case.model, ""), *_log_options(case)}


def _model_options(model: Mapping, where: str) -> Iterator[str]:
    inner = bool(where)
    for signal in model["signals"]:
        yield from _signal_options(signal, model)
    for rule in model["rules"]:
        yield from _rule_options(rule)
    for group in model.get("groups", ()):
        yield from (f"group.{key}" for key in group if key != "name")
    if "scale" in model:
        scale = model["scale"]
        yield f"scale={scale['kind']}"
        if "s0" in scale:
            yield "scale=logistic.s0"
        if inner:
            yield f"{where}.scale"
    for key in ("timezone", "week_start"):
        if inner and key in model:
            yield f"{where}.{key}"
    if inner:
        return
    yield f"subject={model['subject']}"
    yield f"timezone={model['timezone']}"
    if "week_start" in model:
        yield f"week_start={model['week_start']}"
    yield from (
        f"model.{key}"
        for key in ("minimum", "maximum", "below", "dwell", "resolution", "events")
        if key in model
    )
    if "margin" in model:
        yield "margin=share" if isinstance(model["margin"], str) else "margin=points"
    if "evaluate" in model:
        yield f"evaluate={model['evaluate']}"
    for level in model.get("levels", ()):
        yield "level.when" if "when" in level else "level.at_least"
        yield from _words(level.get("when"), "signals")


def _span_options(kind: str, key: str, made: Mapping) -> Iterator[str]:
    if key in made:
        calendar = made[key] in PERIODS
        yield f"{kind}.{key}={'calendar' if calendar else 'duration'}"
        if calendar:
            yield f"{key}={made[key]}"


def _on_options(made: Mapping) -> Iterator[str]:
    if "on" in made:
        yield "on=list" if isinstance(made["on"], list) else "on=*" if made["on"] == "*" else "on=name"
    yield from _words(made.get("where"), "event")


def _signal_options(signal: Mapping, model: Mapping) -> Iterator[str]:
    kind = signal["kind"]
    yield kind
    yield from _span_options(kind, "window", signal)
    yield from _span_options(kind, "offset", signal)
    yield from _on_options(signal)
    for key in ("where", "half_life", "scope", "unit", "at_least", "gap", "within"):
        if key in signal:
            yield f"{kind}.{key}"
    if "every" in signal:
        yield f"{kind}.every={signal['every']}"
    if "never" in signal:
        yield f"since.never={signal['never']}"
    for selector in (*signal.get("steps", ()), *signal.get("of", ())) if kind != "rollup" else ():
        if isinstance(selector, dict):
            yield f"{kind}.step with where"
            yield from _on_options(selector)
    for selector in (signal.get("first"), signal.get("then")):
        if isinstance(selector, dict):
            yield "lag.step with where"
            yield from _on_options(selector)
    if kind == "rollup":
        yield f"rollup.by={signal['by']}"
    if kind == "score":
        yield from _model_options(signal["model"], "score.member" if "scope" in signal else "score.same")
    if kind == "formula":
        yield from _words(signal["expr"], "signals")
        yield from _formula_options(signal, model)


def _formula_options(signal: Mapping, model: Mapping) -> Iterator[str]:
    by_name = {s["name"]: s for s in model["signals"]}
    named = [
        by_name[node.id]
        for node in ast.walk(_tree(signal["expr"]))
        if isinstance(node, ast.Name) and node.id in by_name
    ]
    if any(s["kind"] == "formula" for s in named):
        yield "formula of a formula"
    if "scope" in signal and any("scope" not in s for s in named):
        yield "formula.scope naming the account's"


def _rule_options(rule: Mapping) -> Iterator[str]:
    kind = "event" if "on" in rule else "tier" if "signal" in rule else "condition"
    yield f"{kind} rule"
    yield from _on_options(rule)
    for key in (
        "where",
        "half_life",
        "fade",
        "steps",
        "window",
        "cooldown",
        "minimum",
        "maximum",
        "group",
        "missing",
    ):
        if key in rule:
            yield f"{kind}.{key}"
    yield from _span_options(kind, "window", rule)
    if "points" in rule:
        points = rule["points"]
        yield (
            f"{kind}.points=expression"
            if isinstance(points, str)
            else f"{kind}.points={'negative' if points < 0 else 'number'}"
        )
        yield from _words(
            points if isinstance(points, str) else None, "event" if kind == "event" else "signals"
        )
    yield from _words(rule.get("when"), "signals")
    if "mode" in rule:
        yield f"tier.mode={rule['mode']}"
    if "curve" in rule:
        yield f"event.curve={rule['curve']}"
    for key, bound in rule.get("active", {}).items():
        yield f"event.active.{key}"
        yield f"event.active as {type(bound).__name__}"
    limit = rule.get("limit", [])
    if isinstance(limit, list) and limit:
        yield "event.limit=list"
    for one in limit if isinstance(limit, list) else [limit]:
        sort = "count" if "count" in one else "points"
        yield f"limit.{sort}"
        if "every" in one:
            yield f"limit.{sort}.every"
            yield f"limit.every={one['every']}"
        if "per" in one:
            yield f"limit.{sort}.per"


_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.USub: "unary -", ast.And: "and", ast.Or: "or", ast.Not: "not", ast.Lt: "<",
    ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip
_FUNCTIONS = (
    "min", "max", "abs", "round", "floor", "ceil", "sqrt", "exp", "log", "log1p", "clip", "coalesce",
    "is_missing", "weighted_mean", "lower", "startswith", "endswith", "contains",
)  # fmt: skip


def _tree(text: str) -> ast.AST:
    return ast.parse(text.strip(), mode="eval")


def _words(text: str | None, over: str) -> Iterator[str]:
    if text is None:
        return
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield f"{node.func.id}() over {over}"
        elif isinstance(node, ast.IfExp):
            yield f"if else over {over}"
        elif isinstance(node, ast.Constant) and node.value is None:
            yield f"None over {over}"
        elif isinstance(node, ast.Compare) and len(node.ops) > 1:
            yield f"chained comparison over {over}"
        elif isinstance(node, ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
            yield f"{_OPERATORS[type(node)]} over {over}"


def _log_options(case: Case) -> Iterator[str]:
    subject = case.model["subject"]
    instants: list[int] = []
    ids: dict[tuple[object, str], Mapping] = {}
    seen: set[tuple[object, ...]] = set()
    zone = ZoneInfo(case.model["timezone"])
    for event in case.events:
        us = instant_of(event["time"])
        if us in instants:
            yield "tie"
        twin = (us, event["name"], event.get("id") or "", event.get("user") or "", event.get("account") or "")
        if not twin[2] and twin in seen:
            yield "twins"
        seen.add(twin)
        instants.append(us)
        yield f"time as {type(event['time']).__name__}"
        yield from _event_options(event, zone, us)
        if not event.get(subject):
            yield "unattributed event"
        if event.get("id"):
            first = ids.setdefault((event.get(subject), event["id"]), event)
            if first is not event:
                yield "duplicate id, same content" if _same(first, event) else "duplicate id, other content"
    if not instants:
        yield "no events"
        return
    if instants == sorted(instants):
        yield "in order of time"
    if 0 < case.chunk < len(instants):
        yield "in several chunks"
    if case.at < min(instants):
        yield "at before all"
    elif case.at >= max(instants):
        yield "at after all"
    else:
        yield "at in the middle"
    if case.at in instants:
        yield "at an event"
    durations = set(_durations(case.model))
    if any(case.at - us in durations for us in instants):
        yield "event exactly a duration before at"


def _event_options(event: Mapping, zone: ZoneInfo, us: int) -> Iterator[str]:
    local = dt.datetime.fromtimestamp(us // 1_000_000, zone)
    if (local.month, local.day) == (2, 29):
        yield "leap day"
    if local.utcoffset() != dt.datetime.fromtimestamp(us // 1_000_000 - DAY // 1_000_000, zone).utcoffset():
        yield "within a day of a clock change"
    if (local.hour, local.minute, local.second, us % 1_000_000) in (
        (0, 0, 0, 0),
        (0, 0, 0, 1),
        (23, 59, 59, 999_999),
    ):
        yield "within a microsecond of local midnight"
    if event["name"].startswith("questscore."):
        yield event["name"]
        yield from (f"{event['name']}.{key}" for key in ("model", "points") if key in event["properties"])
        return
    if "id" in event and not event["id"]:
        yield "empty id"
    if not event.get("user"):
        yield "no user"
    if not event.get("account"):
        yield "no account"
    if not event.get("properties"):
        yield "no properties"
        return
    for key, value in event["properties"].items():
        if isinstance(value, dict):
            yield "nested properties"
        elif key in ("amount", "mixed"):
            yield f"{key} as {type(value).__name__}"
        if value == "" or value == "équipe":
            yield "empty text" if value == "" else "unicode text"
        if value == 0 and str(value) == "-0.0":
            yield "negative zero"
        if value != value:
            yield "nan"
        if key == "hour":
            yield "hidden property"


def _same(a: Mapping, b: Mapping) -> bool:
    def content(event: Mapping) -> tuple[Any, ...]:
        names = (event["name"], event.get("user") or "", event.get("account") or "")
        return (instant_of(event["time"]), *names, repr(event.get("properties") or {}))

    return content(a) == content(b)


def instant_of(time: object) -> int:
    if isinstance(time, int):
        return time
    if isinstance(time, str):
        time = dt.datetime.fromisoformat(time.replace("987Z", "Z"))
    assert isinstance(time, dt.datetime)
    return microseconds(time)


def _durations(node: object) -> Iterator[int]:
    """Every length of time that a model names."""
    if isinstance(node, dict):
        for value in node.values():
            yield from _durations(value)
    elif isinstance(node, list):
        for value in node:
            yield from _durations(value)
    elif isinstance(node, str) and node[:-1].isdigit() and node[-1] in models.UNITS:
        yield models.length(node)


def _every_option() -> Iterator[str]:
    """What 20,000 cases must cover: each kind and each option of it, and each peculiarity of a log."""
    both = ("duration", "calendar")
    for kind in (*BASE_KINDS, "formula", "score"):
        yield from (kind, f"{kind}.scope")
    for kind in (*BASE_KINDS, "formula", "score", "rollup"):
        yield from (f"{kind}.offset={sort}" for sort in both)
    yield from (f"{kind}.where" for kind in SELECTOR_KINDS)
    yield from (f"{kind}.window={sort}" for kind in WINDOWED for sort in both)
    yield from (f"{kind}.half_life" for kind in ("count", "total"))
    yield from (f"{kind}.every={p}" for kind in ("active_periods", "streak") for p in PERIODS)
    yield from (f"{key}={p}" for key in ("window", "offset", "evaluate", "limit.every") for p in PERIODS)
    yield from (f"{kind}.unit" for kind in ("since", "age", "lag"))
    yield from (f"{kind}.step with where" for kind in ("funnel", "milestones", "lag"))
    yield from ("since.never=missing", "since.never=first_seen", "streak.at_least", "sessions.gap")
    yield from ("funnel.within", "milestones.within", "rollup", *(f"rollup.by={by}" for by in ROLLUPS))
    yield from (
        f"score.{side}.{key}" for side in ("same", "member") for key in ("timezone", "week_start", "scale")
    )
    yield from ("formula of a formula", "formula.scope naming the account's")
    yield from ("on=name", "on=list", "on=*")
    for kind in ("event", "condition", "tier"):
        yield from (f"{kind} rule", f"{kind}.minimum", f"{kind}.maximum", f"{kind}.group")
    yield from (f"event.{key}" for key in ("where", "half_life", "fade", "steps", "window", "cooldown"))
    yield from (
        f"{kind}.points={sort}"
        for kind in ("event", "condition")
        for sort in ("number", "negative", "expression")
    )
    yield from (f"{kind}.missing" for kind in ("condition", "tier"))
    yield from (f"tier.mode={mode}" for mode in ("highest", "cumulative", "marginal"))
    yield from ("event.curve=log2", "event.curve=sqrt", "event.limit=list", "event.window=calendar")
    yield from (f"event.active{key}" for key in (".from", ".until", " as date", " as datetime", " as str"))
    yield from (f"limit.{sort}{key}" for sort in ("count", "points") for key in ("", ".every", ".per"))
    yield from ("group.minimum", "group.maximum", "group.weight")
    yield from (f"scale={s}" for s in ("linear", "saturating", "logistic", "logistic.s0", "percentile"))
    yield from (f"model.{key}" for key in ("minimum", "maximum", "below", "dwell", "resolution", "events"))
    yield from ("margin=share", "margin=points", "evaluate=continuous", "level.when", "level.at_least")
    yield from ("subject=user", "subject=account")
    yield from (f"timezone={place.timezone}" for place in PLACES)
    yield from (f"week_start={day}" for day in models.WEEKDAYS)
    for over in ("event", "signals"):
        yield from (
            f"{word} over {over}" for word in (*_OPERATORS.values(), "if else", "None", "chained comparison")
        )
        yield from (f"{name}() over {over}" for name in _FUNCTIONS)
    yield "prop() over event"
    for reserved in ("adjust", "reset"):
        yield from (f"questscore.{reserved}{key}" for key in ("", ".model", ".points"))
    yield from ("in order of time", "in several chunks", "twins")
    yield from ("tie", "time as int", "time as str", "time as datetime", "unattributed event", "no events")
    yield from (
        "duplicate id, same content",
        "duplicate id, other content",
        "empty id",
        "no user",
        "no account",
    )
    yield from (
        "at before all",
        "at after all",
        "at in the middle",
        "at an event",
        "event exactly a duration before at",
    )
    yield from ("leap day", "within a day of a clock change", "within a microsecond of local midnight")
    yield from ("no properties", "nested properties", "empty text", "unicode text", "negative zero", "nan")
    yield from (
        f"amount as {name}" for name in ("int", "float", "bool", "str", "NoneType", "dict") if name != "dict"
    )
    yield from ("mixed as bool", "mixed as str", "mixed as float", "hidden property")


EVERY_OPTION = tuple(dict.fromkeys(_every_option()))
