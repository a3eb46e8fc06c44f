"""Random models, in the mapping form, that say everything a model can say.

Lives here: every signal kind, rule kind, scale and option, with a chance for each.
Lives elsewhere: expressions (`expressions`), event logs (`logs`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

from attrs import define, field

from support.expressions import PROPERTIES, Vocabulary, boolean, number
from support.logs import DAY, HOUR, MINUTE, NAMES, Place, microseconds, midnight, moment

Mapping = dict[str, Any]

UNITS = {"s": 1_000_000, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
PERIODS = ("day", "week", "month", "quarter", "year")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SELECTOR_KINDS = (
    "count", "total", "mean", "minimum", "maximum", "latest", "first", "distinct", "active_periods", "streak",
    "since", "age", "sessions",
)  # fmt: skip
BASE_KINDS = (*SELECTOR_KINDS, "funnel", "milestones", "lag")
WINDOWED = (
    "count",
    "total",
    "mean",
    "minimum",
    "maximum",
    "distinct",
    "active_periods",
    "sessions",
    "funnel",
)
OF_A_PROPERTY = ("total", "mean", "minimum", "maximum", "latest", "first", "distinct")
ROLLUPS = ("sum", "mean", "median", "minimum", "maximum", "count")
LEVEL_POINTS = (-50, 0, 20, 20.5, 60, 100, 200.5)


def length(duration: str) -> int:
    """Microseconds of a duration in the model's form."""
    return int(duration[:-1]) * UNITS[duration[-1]]


@define
class Maker:
    """Draws the parts of one model; remembers the times they name, so that a log can sit on their edges.

    Args:
        rng: Where chance comes from.
        place: The clock.
        short: Whether only short lengths make sense (a case that plays within days).
        around: An instant inside the log, for absolute bounds.
    """

    rng: Random
    place: Place
    short: bool
    around: int
    durations: list[int] = field(factory=list)
    moments: list[int] = field(factory=list)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def duration(self, *choices: str) -> str:
        """A length of time, remembered; ``choices`` when not any would do."""
        if not choices:
            choices = ("45s", "30m", "12h", "1d", "36h", "7d", "7d", "2w", "30d", "60d")
            if self.short:
                choices = ("45s", "30m", "6h", "12h", "1d", "36h", "3d", "7d")
        drawn = self.rng.choice(choices)
        self.durations.append(length(drawn))
        return drawn

    def span(self) -> str:
        """A window or offset: a length of time or a calendar period."""
        return self.duration() if self.chance(0.6) else self.rng.choice(PERIODS)

    def on(self) -> object:
        draw = self.rng.random()
        if draw < 0.5:
            return self.rng.choice(NAMES)
        if draw < 0.75:
            return "*"
        return self.rng.sample(NAMES, self.rng.randint(1, 3))

    def where(self) -> str:
        """A condition over an event: mostly a plain one, so that something matches."""
        if self.chance(0.4):
            return boolean(self.rng, PROPERTIES)
        return self.rng.choice(
            [
                "amount > 20",
                "plan == 'pro'",
                "plan in ('pro', 'team')",
                "amount >= 10 and plan != 'free'",
                "cart.total <= 3",
                "hour >= 9 and hour < 17",
                "weekday > 5",
                "not (plan == 'free')",
                "event_name != 'login'",
            ]
        )

    def selector(self, share: float = 0.35) -> Mapping:
        chosen: Mapping = {"on": self.on()}
        if self.chance(share):
            chosen["where"] = self.where()
        return chosen

    def step(self) -> object:
        """A selector where several stand in a list: mostly its bare name."""
        return self.rng.choice(NAMES) if self.chance(0.7) else self.selector(0.7)

    # -- signals ---------------------------------------------------------------------------------

    def base_signal(self, name: str, kind: str) -> Mapping:
        """A signal over events, of any kind that reads them."""
        rng = self.rng
        made: Mapping = {"name": name, "kind": kind}
        if kind in SELECTOR_KINDS:
            made |= self.selector()
        if kind in OF_A_PROPERTY:
            made["property"] = rng.choice(
                _PROPERTY_OF.get(kind, ("amount", "amount", "cart.total", "cart.deep.x"))
            )
        if kind in ("count", "total") and self.chance(0.35):
            made["half_life"] = self.duration("12h", "3d", "5d", "30d")
        if kind in WINDOWED and self.chance(0.55):
            made["window"] = self.span()
        if kind in ("active_periods", "streak"):
            made["every"] = rng.choice(PERIODS)
        extra = _EXTRAS.get(kind)
        if extra is not None:
            extra(self, made)
        self.shift(made)
        return made

    def shift(self, made: Mapping) -> None:
        """Give a signal an offset, at times."""
        if self.chance(0.3):
            made["offset"] = self.span()

    def formula(self, name: str, words: Vocabulary) -> Mapping:
        made: Mapping = {"name": name, "kind": "formula", "expr": self.over_signals(words)}
        self.shift(made)
        return made

    def over_signals(self, words: Vocabulary) -> str:
        """A numeric expression over signals: often one that people write."""
        a, b = self.rng.choice(words.numbers), self.rng.choice(words.numbers)
        if self.chance(0.5):
            return number(self.rng, words)
        return self.rng.choice(
            [
                f"{a} / {b}",
                f"1 - {a} / {b}",
                f"({a} > 2) if {b} > 0 else None",
                f"coalesce({a}, 0) + log1p(abs({b}))",
                f"clip({a}, 0, 5)",
                f"{a} > 1",
                f"weighted_mean({a}, 2, {b}, 1)",
                f"({a} - {b}) / {b}",
            ]
        )

    # -- rules -----------------------------------------------------------------------------------

    def bounds(self, made: Mapping, share: float) -> None:
        if self.chance(share):
            made["minimum"] = self.rng.choice([-40, 0, 5, -10.5])
        if self.chance(share):
            made["maximum"] = self.rng.choice([80, 20, 30.5, 10])

    def event_rule(self, name: str) -> Mapping:
        rng = self.rng
        made: Mapping = {"name": name, **self.selector(0.3)}
        if self.chance(0.16):
            made |= {"points": rng.choice([10, 50, -5, 2.5]), "curve": rng.choice(["log2", "sqrt"])}
        elif self.chance(0.6):
            made["points"] = rng.choice([10, 50, 7.5, 1, 100, -30, -5, 0.1, 0])
        else:
            made["points"] = self.event_points()
        self.ageing(made)
        if self.chance(0.4):
            many = self.chance(0.25)
            made["limit"] = [self.limit() for _ in range(rng.randint(1, 3))] if many else self.limit()
        if self.chance(0.22):
            made["cooldown"] = self.duration("30m", "12h", "1d", "2d")
        if self.chance(0.16):
            made["active"] = self.active()
        return made

    def event_points(self) -> str:
        if self.chance(0.4):
            return f"clip({number(self.rng, PROPERTIES)}, -60, {self.rng.choice([60, 200])})"
        return self.rng.choice(
            [
                "10 if plan == 'pro' else 2",
                "15 if plan != 'free' else -5",
                "amount * 0.5",
                "amount - 20",
                "cart.total * 10",
                "cart.total * 0.5 - 1",
                "amount / 40",
                "round(amount / 3)",
                "amount if flag else None",
            ]
        )

    def ageing(self, made: Mapping) -> None:
        draw = self.rng.random()
        if draw < 0.17:
            made["half_life"] = self.duration("12h", "3d", "30d")
        elif draw < 0.32:
            made["fade"] = self.duration("36h", "7d", "20d")
        elif draw < 0.47:
            every = self.duration("1d", "10d", "12h")
            made["steps"] = {"every": every, "factor": self.rng.choice([0.5, 0.9, 0.25])}
        if self.chance(0.25):
            made["window"] = self.duration() if self.chance(0.85) else self.rng.choice(PERIODS)

    def limit(self) -> Mapping:
        rng = self.rng
        made: Mapping = (
            {"count": rng.randint(1, 3)}
            if self.chance(0.55)
            else {"points": rng.choice([60, 100, 25.5, 10, 120, 2.5])}
        )
        if self.chance(0.6):
            made["every"] = rng.choice(PERIODS)
        if self.chance(0.4):
            made["per"] = rng.choice(
                ["plan", "user", "account", "event_name", "amount", "cart.total", "mixed", "weekday"]
            )
        return made

    def active(self) -> Mapping:
        rng = self.rng
        start = self.around - rng.choice([0, DAY, 5 * DAY])
        chosen: Mapping = {}
        draw = rng.random()
        if draw < 0.7:
            chosen["from"] = self.bound(start)
        if draw > 0.4:
            chosen["until"] = self.bound(start + rng.choice([2, 10, 40]) * DAY)
        return chosen

    def bound(self, us: int) -> object:
        """An instant, or a local date, in a form that a model file can have."""
        draw = self.rng.random()
        if draw < 0.4:
            self.moments.append(midnight(moment(us).date(), self.place.timezone))
            return moment(us).date()
        self.moments.append(us)
        if draw < 0.7:
            return moment(us).astimezone(dt.timezone(dt.timedelta(hours=2))).isoformat()
        return moment(us)

    def condition_rule(self, name: str, words: Vocabulary) -> Mapping:
        made: Mapping = {"name": name, "when": self.condition(words)}
        if self.chance(0.6):
            made["points"] = self.rng.choice([150, -100, 40, 0.5])
        else:
            made["points"] = f"clip({self.over_signals(words)}, -100, 100)"
        return self.unknown(made)

    def condition(self, words: Vocabulary) -> str:
        """A condition over signals, half the time a plain one."""
        if self.chance(0.4):
            return boolean(self.rng, words)
        name = self.rng.choice(words.numbers)
        sign = self.rng.choice([">", ">=", "<", "<=", "==", "!="])
        return f"{name} {sign} {self.rng.choice(['0', '1', '2', '0.5', '7'])}"

    def unknown(self, made: Mapping) -> Mapping:
        if self.chance(0.14):
            made["missing"] = "unknown"
        return made

    def tier_rule(self, name: str, words: Vocabulary) -> Mapping:
        rng = self.rng
        froms = sorted(rng.sample([-5, 0, 0.5, 1, 2, 5, 10, 30], rng.randint(1, 4)))
        made: Mapping = {
            "name": name,
            "signal": rng.choice([*words.numbers, *words.either]),
            "tiers": [[f, rng.choice([5, 20, 60, -10, 2.5])] for f in froms],
            "mode": rng.choice(["highest", "cumulative", "marginal"]),
        }
        return self.unknown(made)

    # -- the whole -------------------------------------------------------------------------------

    def scale(self) -> Mapping:
        rng = self.rng
        match rng.choice(["linear", "saturating", "logistic", "percentile"]):
            case "linear":
                return {"kind": "linear", "low": rng.choice([0, -50]), "high": rng.choice([300, 75.5])}
            case "saturating":
                return {"kind": "saturating", "half": rng.choice([100, 12.5])}
            case "logistic":
                made: Mapping = {
                    "kind": "logistic",
                    "slope": rng.choice([0.02, 0.8]),
                    "intercept": rng.choice([-1, 0.5]),
                }
                return made | ({"s0": rng.choice([10, 2.5])} if self.chance(0.5) else {})
            case _:
                values = [
                    rng.choice([0, 10, 10, 50, 60, 100, 120, -30, 7.5, 300]) for _ in range(rng.randint(1, 8))
                ]
                return {"kind": "percentile", "reference": values}

    def levels(self, words: Vocabulary) -> list[Mapping]:
        rng = self.rng
        starts = sorted(rng.sample(LEVEL_POINTS, rng.randint(1, 3)))
        made: list[Mapping] = [{"name": f"from {s}", "at_least": s} for s in starts]
        if self.chance(0.35) and words.numbers:
            for i in range(rng.randint(1, 2)):
                made.insert(
                    rng.randint(0, len(made)), {"name": f"special {i}", "when": self.condition(words)}
                )
        return made


_PROPERTY_OF = {
    "latest": ("plan", "amount", "mixed", "event_name", "user", "weekday", "flag"),
    "first": ("plan", "amount", "mixed", "event_name", "user", "weekday", "cart.total"),
    "distinct": ("plan", "amount", "mixed", "event_name", "user", "account", "day", "cart.total", "flag"),
}


def _streak(maker: Maker, made: Mapping) -> None:
    if maker.chance(0.4):
        made["at_least"] = maker.rng.choice([1, 2, 3])


def _since(maker: Maker, made: Mapping) -> None:
    _unit(maker, made)
    if maker.chance(0.4):
        made["never"] = maker.rng.choice(["missing", "missing", "first_seen"])


def _unit(maker: Maker, made: Mapping) -> None:
    if maker.chance(0.3):
        made["unit"] = maker.duration("1h", "7d", "1d", "45s")


def _sessions(maker: Maker, made: Mapping) -> None:
    if maker.chance(0.7):
        made["gap"] = maker.duration("30m", "12h", "3d")


def _within(maker: Maker, made: Mapping) -> None:
    if maker.chance(0.5):
        made["within"] = maker.duration("12h", "3d", "30d")


def _funnel(maker: Maker, made: Mapping) -> None:
    made["steps"] = [maker.step() for _ in range(maker.rng.randint(2, 4))]
    _within(maker, made)


def _milestones(maker: Maker, made: Mapping) -> None:
    made["of"] = [maker.step() for _ in range(maker.rng.randint(2, 4))]
    _within(maker, made)


def _lag(maker: Maker, made: Mapping) -> None:
    made |= {"first": maker.step(), "then": maker.step()}
    _unit(maker, made)


_EXTRAS: dict[str, Callable[[Maker, Mapping], None]] = {
    "streak": _streak,
    "since": _since,
    "age": _unit,
    "sessions": _sessions,
    "funnel": _funnel,
    "milestones": _milestones,
    "lag": _lag,
}


def vocabulary(signals: list[Mapping], scope: str | None = None) -> Vocabulary:
    """The names of signals an expression of that scope may use, and whether they are numbers."""
    seen = [s for s in signals if scope == "member" or s.get("scope") is None]
    either = [s["name"] for s in seen if s["kind"] in ("latest", "first")]
    numbers = [s["name"] for s in seen if s["kind"] not in ("latest", "first")]
    return Vocabulary(numbers=numbers, texts=either[:1], either=either)


def random_model(maker: Maker, subject: str, *, nested: bool = False) -> Mapping:
    """One model; ``nested`` ones (the ``model`` of a `score` signal) are small and name no third."""
    rng = maker.rng
    model: Mapping = {"name": "inner" if nested else "random", "version": "1", "subject": subject}
    if not nested or maker.chance(0.4):
        model["timezone"] = maker.place.timezone if not nested else rng.choice(["UTC", "Asia/Kathmandu"])
    if maker.chance(0.3):
        model["week_start"] = rng.choice(WEEKDAYS)
    signals = _signals(maker, subject, nested)
    model["signals"] = signals
    words = vocabulary(signals)
    groups = ["g1", "g2"][: rng.choice([0, 0, 1, 2])]
    model["rules"] = [_rule(maker, f"r{i}", words, groups) for i in range(rng.randint(1, 2 if nested else 5))]
    if groups:
        model["groups"] = [_group(maker, name) for name in groups]
    if maker.chance(0.12):
        model["minimum"] = rng.choice([0, -20, 5])
    if maker.chance(0.12):
        model["maximum"] = rng.choice([100, 20, 250.5])
    if maker.chance(0.35):
        model["scale"] = maker.scale()
    if not nested or maker.chance(0.2):
        _levels(maker, model, words)
    if maker.chance(0.03):
        keys = ["amount", "plan", "cart.total", "cart.deep.x", "mixed", "flag", "utm-source", "nowhere"]
        model["events"] = {rng.choice(NAMES): keys}
    return model


def _signals(maker: Maker, subject: str, nested: bool) -> list[Mapping]:
    rng = maker.rng
    kinds = rng.sample(BASE_KINDS, rng.randint(1, 2 if nested else 3))
    signals = [maker.base_signal(f"s{i}", kind) for i, kind in enumerate(kinds)]
    if subject == "account" and not nested and maker.chance(0.5):
        signals += _members(maker, signals)
    if not nested and maker.chance(0.16):
        inner = random_model(maker, subject, nested=True)
        signals.append({"name": "other", "kind": "score", "model": inner})
        maker.shift(signals[-1])
    words = vocabulary(signals)
    if words.numbers:
        for i in range(rng.choice([0, 0, 1, 1, 2]) if not nested else rng.choice([0, 0, 1])):
            signals.append(maker.formula(f"f{i}", vocabulary(signals)))
    rng.shuffle(signals)
    return signals


def _members(maker: Maker, unscoped: list[Mapping]) -> list[Mapping]:
    rng = maker.rng
    kinds = rng.sample(BASE_KINDS, rng.randint(1, 2))
    made = [maker.base_signal(f"m{i}", kind) | {"scope": "member"} for i, kind in enumerate(kinds)]
    if maker.chance(0.25):
        inner = random_model(maker, "user", nested=True)
        made.append({"name": "ms", "kind": "score", "scope": "member", "model": inner})
        maker.shift(made[-1])
    words = vocabulary(made + (unscoped if maker.chance(0.6) else []), "member")
    if words.numbers and maker.chance(0.5):
        made.append(maker.formula("mf", words) | {"scope": "member"})
    of = [m["name"] for m in made if m["kind"] not in ("latest", "first")]
    if not of:  # a text has no sum: a formula makes a number of it
        made.append(
            {"name": "mf", "kind": "formula", "scope": "member", "expr": f"{made[0]['name']} == 'pro'"}
        )
        of = ["mf"]
    for i in range(rng.randint(1, 2)):
        made.append({"name": f"ru{i}", "kind": "rollup", "of": rng.choice(of), "by": rng.choice(ROLLUPS)})
        maker.shift(made[-1])
    return made


def _rule(maker: Maker, name: str, words: Vocabulary, groups: list[str]) -> Mapping:
    draw = maker.rng.random()
    if draw < 0.55 or not words.numbers:
        made = maker.event_rule(name)
    elif draw < 0.8:
        made = maker.condition_rule(name, words)
    else:
        made = maker.tier_rule(name, words)
    maker.bounds(made, 0.12)
    if groups and maker.chance(0.6):
        made["group"] = maker.rng.choice(groups)
    return made


def _group(maker: Maker, name: str) -> Mapping:
    rng = maker.rng
    made: Mapping = {"name": name}
    if maker.chance(0.5):
        made["minimum"] = rng.choice([-50, 0, 5])
    if maker.chance(0.5):
        made["maximum"] = rng.choice([120, 30, 60.5])
    if maker.chance(0.4):
        made["weight"] = rng.choice([0.5, 2, 0, 1.25, -1])
    return made


def _levels(maker: Maker, model: Mapping, words: Vocabulary) -> None:
    if maker.chance(0.8):
        model["levels"] = maker.levels(words)
        if maker.chance(0.15):
            model["below"] = "none yet"


def busy(maker: Maker, name: str) -> Mapping:
    """A signal over many events that fall into few cells."""
    rng = maker.rng
    if maker.chance(0.3):
        return {"name": name, "kind": "distinct", "on": "*", "property": rng.choice(["plan", "mixed", "day"])}
    made: Mapping = {"name": name, "kind": rng.choice(["active_periods", "streak"]), "on": "*"}
    return made | {"every": rng.choice(PERIODS)}


# Longer than a period, so that it holds something; for "continuous" anything does.
_DWELL = {
    "continuous": ("30m", "12h", "1d", "3d"), "day": ("1d", "2d", "3d", "6d"), "week": ("8d", "2w", "30d"),
    "month": ("40d", "60d", "90d"), "quarter": ("100d", "200d"), "year": ("400d", "800d"),
}  # fmt: skip


def flapping(maker: Maker, model: Mapping, evaluate: str) -> None:
    """Give a model levels that depend on the past: a margin, a dwell or both."""
    rng = maker.rng
    low = [{"name": "from 5", "at_least": 5}, {"name": "from 20", "at_least": 20}]
    if "levels" not in model or maker.chance(0.6):
        model["levels"] = [*low, {"name": "from 60", "at_least": 60}]
    model["evaluate"] = evaluate
    both = rng.random()
    if both < 0.7:
        model["margin"] = rng.choice([5, 10, 12.5, "10%", "25%"])
    if both > 0.4:
        model["dwell"] = maker.duration(*_DWELL[evaluate])
    if evaluate == "continuous" or maker.chance(0.3):
        model["resolution"] = rng.choice(["6h", "1d", "12h"])


def instant_inside(place: Place, rng: Random) -> int:
    """A local noon near one of the dates of a place."""
    date = rng.choice(place.dates)
    return microseconds(dt.datetime(date.year, date.month, date.day, 12, tzinfo=dt.UTC))
