"""Random cases of levels that move: models with one thing in them that time alone moves.

Lives here: the models, each with a log whose events arrive in waves, some of them late; what the changes of a
case show.
Lives elsewhere: models that say everything (`models`), the comparison of changes (`transitions`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from attrs import frozen

import questscore
from questscore import Scorer, Transition
from support import models
from support.cases import instant_of
from support.logs import DAY, PLACES, Stage, random_events, random_times
from support.models import Maker, Mapping
from support.transitions import cancelled, defined, key, moves_differ, rounding_decides, well_ordered

BY_PERIOD, CONTINUOUS = "by period", "continuous"
MODES = (BY_PERIOD, CONTINUOUS)
ANYTHING = "anything"


@frozen
class Moving:
    """A model, events, and how both meet.

    Args:
        mechanism: What of the model time alone moves; a name of `MECHANISMS`, or `ANYTHING`.
        model: As a mapping.
        waves: Events by arrival: those of ``waves[i]`` are known before the advance to ``ends[i]``.
        ends: The instants advanced to, ascending.
    """

    mechanism: str
    model: Mapping
    waves: tuple[tuple[Mapping, ...], ...]
    ends: tuple[int, ...]

    @property
    def events(self) -> list[Mapping]:
        """All of them."""
        return [event for wave in self.waves for event in wave]

    @property
    def late(self) -> bool:
        """Whether an event arrives after an advance beyond its time."""
        return any(
            instant_of(event["time"]) <= end
            for wave, end in zip(self.waves[1:], self.ends, strict=False)
            for event in wave
        )


# -- models with one thing that time moves ----------------------------------------------------------

_PAID = ("login", "pay")


def _earned(maker: Maker, **more: object) -> Mapping:
    """A rule that pays for events, as ``more`` says."""
    rule = {
        "name": "earned",
        "on": list(_PAID),
        "points": maker.rng.choice([10, 25, 7.5, 40, "amount"]),
        **more,
    }
    return {"rules": [rule]}


def _tiers(maker: Maker, signal: Mapping) -> Mapping:
    """A signal, and points by the band it is in."""
    froms: list[float] = maker.rng.choice([[1, 2, 4], [0.5, 1.5, 3], [1, 3]])
    tiers = [[start, points] for start, points in zip(froms, [10, 15, 40], strict=False)]
    mode = maker.rng.choice(["highest", "cumulative", "marginal"])
    rule = {"name": "tiers", "signal": signal["name"], "tiers": tiers, "mode": mode}
    return {"signals": [signal], "rules": [rule]}


def _when(maker: Maker, signal: Mapping, condition: str) -> Mapping:
    """A signal, and a level or points while a condition on it holds."""
    if maker.chance(0.3):
        level = {"name": "special", "when": condition}
        return {"signals": [signal], "rules": _earned(maker)["rules"], "special": level}
    rule = {"name": "while", "when": condition, "points": maker.rng.choice([30, 60, -15])}
    return {"signals": [signal], "rules": [rule, *_earned(maker)["rules"]]}


def _length(maker: Maker) -> str:
    if maker.short:
        return maker.duration("6h", "12h", "1d", "36h")
    return maker.duration("1d", "36h", "3d", "7d", "2w", "30d")


def _calendar(maker: Maker) -> str:
    return maker.rng.choice(["day", "day", "week"] if maker.short else ["week", "week", "month", "quarter"])


def _selected(maker: Maker, kind: str, **more: object) -> Mapping:
    made: Mapping = {"name": "x", "kind": kind, "on": maker.rng.choice(["*", "login", list(_PAID)]), **more}
    if kind in models.OF_A_PROPERTY:
        made["property"] = "plan" if kind == "distinct" else "amount"
    if kind == "active_periods":
        made["every"] = "day"
    return made


def _windowed(kind: str, span: Callable[[Maker], str]) -> Callable[[Maker], Mapping]:
    def make(maker: Maker) -> Mapping:
        signal = _selected(maker, kind, window=span(maker))
        if kind == "funnel":
            del signal["on"]
            signal["steps"] = ["login", "pay"]
            return _when(maker, signal, f"x >= {maker.rng.choice(['0.5', '1'])}")
        if kind in ("mean", "minimum", "maximum"):
            if maker.chance(0.4):
                rule = {"name": "known", "when": "x > 5", "points": 30, "missing": "unknown"}
                return {"signals": [signal], "rules": [rule]}
            return _when(maker, signal, f"x > {maker.rng.choice(['2', '8', '20'])}")
        if kind == "total":
            return _when(maker, signal, f"x >= {maker.rng.choice(['5', '20', '40'])}")
        return _tiers(maker, signal)

    return make


def _streak(maker: Maker) -> Mapping:
    every = "day" if maker.short else maker.rng.choice(["day", "day", "week"])
    return _tiers(maker, {"name": "x", "kind": "streak", "on": "*", "every": every})


def _elapsed(kind: str) -> Callable[[Maker], Mapping]:
    def make(maker: Maker) -> Mapping:
        signal: Mapping = {"name": "x", "kind": kind, "on": maker.rng.choice(["login", "*"])}
        limits = ["0.25", "0.5", "1", "1.5"] if maker.short else ["1", "2", "3.5", "7", "20"]
        if kind == "since" and maker.chance(0.3):
            signal["never"] = "missing"
        return _when(maker, signal, f"x {maker.rng.choice(['>=', '>'])} {maker.rng.choice(limits)}")

    return make


def _half_life_of(kind: str) -> Callable[[Maker], Mapping]:
    def make(maker: Maker) -> Mapping:
        signal = _selected(maker, kind, half_life=_length(maker))
        if kind == "count":
            return _tiers(maker, signal)
        return _when(maker, signal, f"x >= {maker.rng.choice(['10', '20', '35'])}")

    return make


def _steps(maker: Maker) -> Mapping:
    steps = {"every": _length(maker), "factor": maker.rng.choice([0.5, 0.25, 0.9])}
    if maker.chance(0.5):
        return _earned(maker, steps=steps, window=maker.duration("2d", "10d", "60d"))
    return _earned(maker, steps=steps)


def _curve(maker: Maker) -> Mapping:
    ageing: Mapping = {"half_life": _length(maker)} if maker.chance(0.5) else {"window": _length(maker)}
    made = _earned(maker, curve=maker.rng.choice(["log2", "sqrt"]), **ageing)
    made["rules"][0]["points"] = maker.rng.choice([10, 25])
    return made


def _limited(maker: Maker) -> Mapping:
    limits: list[Mapping] = [
        {"count": 1, "every": "day"},
        {"count": 2, "per": "plan"},
        {"points": 30, "every": "week"},
        {"points": 45.5},
    ]
    made = _earned(maker, limit=maker.rng.choice(limits), window=_length(maker))
    if maker.chance(0.5):
        made["rules"][0]["fade"] = _length(maker)
    return made


def _cooled(maker: Maker) -> Mapping:
    return _earned(maker, cooldown=maker.duration("30m", "12h", "1d"), half_life=_length(maker))


def _offset(span: Callable[[Maker], str]) -> Callable[[Maker], Mapping]:
    def make(maker: Maker) -> Mapping:
        return _tiers(maker, _selected(maker, "count", offset=span(maker)))

    return make


def _formula(maker: Maker) -> Mapping:
    parts = [
        _selected(maker, "count", window=_length(maker)) | {"name": "a"},
        _selected(maker, "count", window=_length(maker)) | {"name": "b"},
    ]
    formula = {
        "name": "x",
        "kind": "formula",
        "expr": maker.rng.choice(["a / b", "(a - b) / b", "a + 2 * b"]),
    }
    made = _when(maker, formula, f"x > {maker.rng.choice(['0', '0.5', '1'])}")
    return made | {"signals": [*parts, formula]}


def _rollup(maker: Maker) -> Mapping:
    kind = maker.rng.choice(["count", "since"])
    member: Mapping = {"name": "m", "kind": kind, "on": "*", "scope": "member"}
    if kind == "count":
        member["window"] = _length(maker)
    by = maker.rng.choice(["sum", "mean", "median", "minimum", "maximum"])
    made = _when(
        maker, {"name": "x", "kind": "rollup", "of": "m", "by": by}, f"x >= {maker.rng.choice('123')}"
    )
    return made | {"signals": [member, *made["signals"]], "subject": "account"}


def _of_another(maker: Maker) -> Mapping:
    inner = {"name": "inner", "version": "1", "subject": "user", "signals": []} | _earned(
        maker, half_life=_length(maker)
    )
    return _tiers(maker, {"name": "x", "kind": "score", "model": inner}) | {"subject": "user"}


def _grouped(maker: Maker) -> Mapping:
    made = _earned(maker, half_life=_length(maker), group="g")
    made["rules"].append({"name": "too", "on": "*", "points": 5, "window": _length(maker), "group": "g"})
    return made | {"groups": [{"name": "g", "maximum": 60, "weight": maker.rng.choice([0.5, 2])}]}


def _scaled(maker: Maker) -> Mapping:
    scale = maker.rng.choice(
        [
            {"kind": "saturating", "half": 30},
            {"kind": "logistic", "slope": 0.1, "intercept": -3},
            {"kind": "linear", "low": 0, "high": 80},
            {"kind": "percentile", "reference": [0, 5, 10, 20, 20, 35, 50]},
        ]
    )
    return _earned(maker, half_life=_length(maker)) | {"scale": scale}


MECHANISMS: dict[str, Callable[[Maker], Mapping]] = {
    "half-life of points": lambda maker: _earned(maker, half_life=_length(maker)),
    "half-life of a count": _half_life_of("count"),
    "half-life of a total": _half_life_of("total"),
    "fade": lambda maker: _earned(maker, fade=_length(maker)),
    "steps": _steps,
    "window of a rule, a duration": lambda maker: _earned(maker, window=_length(maker)),
    "window of a rule, a calendar period": lambda maker: _earned(maker, window=_calendar(maker)),
    **{f"window of {kind}, a duration": _windowed(kind, _length) for kind in models.WINDOWED},
    **{f"window of {kind}, a calendar period": _windowed(kind, _calendar) for kind in models.WINDOWED},
    "a threshold of since": _elapsed("since"),
    "a threshold of age": _elapsed("age"),
    "a streak that breaks": _streak,
    "offset by a duration": _offset(_length),
    "offset by a calendar period": _offset(_calendar),
    "curve": _curve,
    "limit": _limited,
    "cooldown": _cooled,
    "formula of windows": _formula,
    "rollup of members": _rollup,
    "score of another model": _of_another,
    "groups": _grouped,
    "scale": _scaled,
}


# -- a case -----------------------------------------------------------------------------------------

# evaluate: days a case plays, events at most
_PLAYS = {"day": (24, 16), "week": (100, 18), "month": (260, 18), "quarter": (500, 16)}
_RESOLUTIONS = {"6h": 5, "12h": 7, "1d": 9, "1h": 2, "45m": 1}


def moving_case(rng: Random, mode: str, mechanism: str | None = None) -> Moving:
    """A case in which levels move; by default mostly of one mechanism, at times of anything at all."""
    if mechanism is None:
        mechanism = rng.choice(list(MECHANISMS)) if rng.random() < 0.75 else ANYTHING
    maker, model, days, size = moving_model(rng, mode, mechanism)
    stage = stage_of(maker, days)
    times = random_times(rng, stage, rng.randint(1, size))
    events = moving_events(rng, stage, times, model["subject"])
    return _in_waves(rng, stage, mechanism, model, events)


def moving_model(rng: Random, mode: str, mechanism: str) -> tuple[Maker, Mapping, int, int]:
    """A model with levels, its maker, how many days a case of it should play, and with how many events."""
    place = rng.choice(PLACES)
    maker = Maker(rng, place, mode == CONTINUOUS, models.instant_inside(place, rng))
    subject = rng.choice(["user", "account"])
    if mechanism == ANYTHING:
        model = models.random_model(maker, subject)
        if "levels" not in model:
            model["levels"] = _levels(rng)
    else:
        model = _whole(maker, subject, MECHANISMS[mechanism](maker))
    if mode == CONTINUOUS:
        model["evaluate"] = "continuous"
        model["resolution"] = rng.choice(list(_RESOLUTIONS))
        days, size = _RESOLUTIONS[model["resolution"]], 9
    else:
        model["evaluate"] = rng.choice(["day", "day", "day", "week", "month", "quarter"])
        days, size = _PLAYS[model["evaluate"]]
    _hold(maker, model, mode)
    return maker, model, days, size


def stage_of(maker: Maker, days: int) -> Stage:
    """Where and when a case of so many days plays."""
    start = maker.around - days // 2 * DAY
    return Stage(maker.place, start, start + days * DAY, tuple(maker.durations), tuple(maker.moments))


def moving_events(rng: Random, stage: Stage, times: list[int], subject: str) -> list[Mapping]:
    """Events at these times, most of them of names that the mechanisms look at."""
    events = random_events(rng, stage, times, subject, rng.random() < 0.5)
    return [_one_that_counts(rng, event) for event in events]


def numbered_move(seed: int, mode: str, number: int) -> Moving:
    """The case of that number under that seed: the same on every machine."""
    mechanisms = [*MECHANISMS, *[ANYTHING] * (len(MECHANISMS) // 3)]
    rng = Random(f"{seed}/{mode}/{number}")
    return moving_case(rng, mode, mechanisms[number % len(mechanisms)])


def _one_that_counts(rng: Random, event: Mapping) -> Mapping:
    """The event, or one of a name that the mechanisms look at."""
    if event["name"].startswith("questscore.") or rng.random() < 0.4:
        return event
    return {**event, "name": rng.choice(_PAID)}


def _levels(rng: Random) -> list[Mapping]:
    starts: list[float] = rng.choice([[5, 20, 60], [10, 30], [5], [20.5, 50], [1, 12, 40]])
    return [{"name": f"from {start}", "at_least": start} for start in starts]


def _whole(maker: Maker, subject: str, parts: Mapping) -> Mapping:
    rng = maker.rng
    model: Mapping = {"name": "moving", "version": "1", "subject": subject, "timezone": maker.place.timezone}
    if maker.chance(0.3):
        model["week_start"] = rng.choice(models.WEEKDAYS)
    special = parts.pop("special", None)
    model |= {"signals": [], "levels": _levels(rng), **parts}
    if special is not None:
        model["levels"].insert(rng.randint(0, len(model["levels"])), special)
    return model


def _hold(maker: Maker, model: Mapping, mode: str) -> None:
    """Give a model margin and dwell, at times."""
    if maker.chance(0.4):
        model["margin"] = maker.rng.choice([2, 5, 12.5, "10%", "25%"])
    if maker.chance(0.4):
        lengths = {
            "day": ("1d", "2d", "3d", "6d"),
            "week": ("8d", "2w"),
            "month": ("40d",),
            "quarter": ("100d",),
        }
        short = ("30m", "7h", "12h", "1d", "3d")
        model["dwell"] = maker.duration(*(short if mode == CONTINUOUS else lengths[model["evaluate"]]))


def _in_waves(rng: Random, stage: Stage, mechanism: str, model: Mapping, events: list[Mapping]) -> Moving:
    span = stage.end - stage.start
    beyond = stage.end + span // rng.choice([4, 2, 1])
    instants = [stage.start + int(span * rng.random()) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    instants += [instant_of(rng.choice(events)["time"])] if rng.random() < 0.4 else []
    instants += [stage.edge(rng)] if rng.random() < 0.4 else []
    ends = sorted({max(stage.start, min(instant, beyond)) for instant in [*instants, beyond]})
    late = rng.choice([0, 0.1, 0.4])
    waves: list[list[Mapping]] = [[] for _ in ends]
    for event in events:
        on_time = next(i for i, end in enumerate(ends) if instant_of(event["time"]) <= end)
        arrives = on_time
        if rng.random() < late:
            arrives = rng.randint(on_time, len(ends) - 1)
        elif rng.random() < 0.1:
            arrives = rng.randint(0, on_time)  # before the advance that could tell of it
        waves[arrives].append(event)
    return Moving(mechanism, model, tuple(tuple(wave) for wave in waves), tuple(ends))


# -- what a case shows ------------------------------------------------------------------------------


def shown(case: Moving, standing: Sequence[Transition], told: Sequence[Transition]) -> Counter[str]:
    """What the changes of a case show: which mechanism moved a level by time alone, what held one, and so on.

    Args:
        case: The case.
        standing: The definition's changes at its end.
        told: All that the advances returned.
    """
    found: Counter[str] = Counter()
    by_time = [move for move in standing if move.cause == "time"]
    found["changes"] = len(standing)
    found[f"by time: {case.mechanism}"] = len(by_time)
    found.update(f"cause: {move.cause}" for move in standing)
    found["several levels passed"] = sum(len(move.passed) > 1 for move in standing)
    found["to or from unknown"] = sum(None in (move.before, move.after) for move in standing)
    found["retracted"] = sum(move.retracted for move in told)
    found["cases with late events"] = case.late
    found["cases with nothing moving"] = not standing
    for held in ("margin", "dwell"):
        if held in case.model:
            freed = {key: value for key, value in case.model.items() if key != held}
            others = {key(move) for move in defined(questscore.load_model(freed), case.events, case.ends[-1])}
            found[f"{held}: changes that are others without it"] = sum(key(m) not in others for m in standing)
    if "dwell" in case.model:
        found["dwell ends"] = sum(m.time in ends for m, ends in _dwells(case, standing))
    return found


def _dwells(case: Moving, standing: Sequence[Transition]) -> list[tuple[Transition, set[int]]]:
    """Changes by time, each with the instants at which a dwell of the same subject ends (continuous)."""
    length = models.length(case.model["dwell"])
    entered: dict[str, set[int]] = {}
    for move in standing:
        entered.setdefault(move.subject, set()).add(move.time + length)
    return [(move, entered[move.subject]) for move in standing if move.cause == "time"]


EVERY_SIGHT = (
    *(f"by time: {mechanism}" for mechanism in (*MECHANISMS, ANYTHING)),
    *(f"cause: {cause}" for cause in ("time", "event", "adjustment")),
    *(f"{held}: changes that are others without it" for held in ("margin", "dwell")),
    *("several levels passed", "to or from unknown", "retracted", "cases with late events"),
)


# -- a case played ----------------------------------------------------------------------------------


def advanced(case: Moving) -> tuple[list[Transition], list[str]]:
    """All that a scorer tells in a case's advances, and in what it is wrong.

    After each advance, what was told and not taken back must be what the definition says of the events so
    far; at the end, another scorer that is given all events first must tell that in one advance.
    """
    model = questscore.load_model(case.model)
    scorer = Scorer(model)
    told: list[Transition] = []
    known: list[Mapping] = []
    lines: list[str] = []
    for wave, end in zip(case.waves, case.ends, strict=True):
        scorer.ingest(list(wave))
        found = scorer.advance(end)
        known += wave
        told += found
        lines += [] if well_ordered(found) else [f"advance to {end}: not in order"]
        lines += _wrong(case, known, end, cancelled(told))
    once = Scorer(model)
    once.ingest(case.events)
    return told, lines + _wrong(case, case.events, case.ends[-1], once.advance(case.ends[-1]))


def _wrong(case: Moving, events: list[Mapping], end: int, found: Sequence[Transition]) -> list[str]:
    lines = moves_differ(found, defined(questscore.load_model(case.model), events, end))
    if not lines:
        return []
    if rounding_decides(case.model, events, end, found):
        return [ROUNDED]
    return [f"advance to {end}: {line}" for line in lines]


ROUNDED = "decided by rounding"
