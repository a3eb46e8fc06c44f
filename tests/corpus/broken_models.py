"""Models that cannot mean anything, each with where its problem stands and what is said about it.

`EDITS` change one thing in `GOOD`; `TEXTS` and `FILES` are broken before there is a table to look at.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from attrs import field, frozen

Mapping = dict[str, Any]

GOOD: Mapping = {
    "name": "task-app",
    "version": "3",
    "subject": "account",
    "timezone": "Europe/Paris",
    "signals": [
        {"name": "logins_7d", "kind": "count", "on": "login", "window": "7d"},
        {"name": "idle_days", "kind": "since", "on": "login"},
        {"name": "of_member", "kind": "count", "on": "login", "scope": "member"},
        {"name": "busiest", "kind": "rollup", "of": "of_member", "by": "maximum"},
        {"name": "share", "kind": "formula", "expr": "logins_7d / (idle_days + 1)"},
        {"name": "plan", "kind": "latest", "on": "*", "property": "plan"},
        {"name": "path", "kind": "funnel", "steps": ["trial", {"on": "pay", "where": "amount > 0"}]},
    ],
    "rules": [
        {"name": "created a task", "on": "task_created", "points": 50, "half_life": "30d"},
        {"name": "uses it often", "when": "logins_7d > 5", "points": 150},
        {"name": "minutes", "signal": "logins_7d", "tiers": [[1, 5], [10, 20]], "mode": "highest"},
        {
            "name": "monthly",
            "on": "login",
            "points": 30,
            "limit": {"count": 1, "every": "month"},
            "group": "habit",
        },
    ],
    "groups": [{"name": "habit", "maximum": 100}],
    "scale": {"kind": "linear", "low": 0, "high": 500},
    "levels": [{"name": "100+", "at_least": 100}, {"name": "500+", "at_least": 500}],
}


class _Gone:
    """The value of an edit that takes a key away."""

    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()


@frozen
class Broken:
    """A broken model.

    Args:
        name: What is wrong, in words.
        edits: Place in `GOOD` (``rules[3].when``) to new value; one past the end of a list appends.
        where: Where the problem must be said to stand.
        says: A part of what must be said, in the problem or in its fix.
        file: Whether JSON can carry it.
    """

    name: str
    edits: Mapping = field(factory=dict)
    where: str = ""
    says: str = ""
    file: bool = True

    @property
    def model(self) -> Mapping:
        """`GOOD` with the edits."""
        made = copy.deepcopy(GOOD)
        for place, value in self.edits.items():
            _put(made, place, value)
        return made


def _put(model: Mapping, place: str, value: object) -> None:
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", place)]
    holder: Any = model
    for step in steps[:-1]:
        holder = holder[step]
    last: Any = steps[-1]
    if value is GONE:
        del holder[last]
    elif isinstance(holder, list) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value


def _edit(
    name: str, place: str, value: object, says: str, where: str | None = None, *, file: bool = True
) -> Broken:
    return Broken(name, {place: value}, place if where is None else where, says, file)


def _signal(name: str, signal: Mapping, where: str, says: str) -> Broken:
    """One more signal that is broken."""
    return Broken(name, {"signals[7]": {"name": "new", **signal}}, f"signals[7]{where}", says)


def _rule(name: str, rule: Mapping, where: str, says: str) -> Broken:
    """One more rule that is broken."""
    return Broken(name, {"rules[4]": {"name": "new", **rule}}, f"rules[4]{where}", says)


EVENT = {"on": "login", "points": 5}

EDITS = (
    # -- the model itself
    _edit("unknown key at the top", "timezon", "UTC", "timezone"),
    _edit("no name", "name", GONE, "missing"),
    _edit("no subject", "subject", GONE, "missing"),
    _edit("name is a number", "name", 7, "7"),
    _edit("version is a number", "version", 3, "3"),
    _edit("empty name", "name", "", "text"),
    _edit("unknown subject", "subject", "accounts", "account"),
    _edit("unknown zone", "timezone", "Europe/Pariss", "Europe/Paris"),
    _edit("week starts on no day", "week_start", "Mon", "monday"),
    _edit("unknown evaluate", "evaluate", "weekly", "week"),
    _edit("resolution is no duration", "resolution", "hour", "duration"),
    _edit("signals is a table", "signals", {"a": 1}, "list"),
    _edit("rules is text", "rules", "login", "list"),
    Broken("minimum above maximum", {"minimum": 10, "maximum": 1}, "minimum", "maximum"),
    _edit("maximum is text", "maximum", "inf", "number"),
    _edit("maximum is true", "maximum", True, "number"),
    _edit("maximum is not a number", "maximum", float("nan"), "number"),
    _edit("maximum is infinite", "maximum", float("inf"), "number"),
    _edit("maximum beyond any use", "maximum", 2**53 + 2, "number"),
    _edit("events is a list", "events", ["pay"], "table"),
    _edit("an event's properties are text", "events", {"pay": "amount"}, "list", "events.pay"),
    # -- signals
    _edit("unknown kind of signal", "signals[0].kind", "counts", "count"),
    _edit("signal without a kind", "signals[0].kind", GONE, "kind"),
    _edit("signal without a name", "signals[0].name", GONE, "missing", "signals[0].name"),
    _edit("unknown key of a signal", "signals[0].windw", "7d", "window"),
    _edit("a signal is a number", "signals[0]", 5, "table"),
    _edit("window in words", "signals[0].window", "seven days", "duration"),
    _edit("window of nothing", "signals[0].window", "0d", "positive"),
    _edit("window is a number", "signals[0].window", 7, "7"),
    _edit("window of months", "signals[0].window", "3months", "month"),
    _edit("no selector", "signals[0].on", GONE, "missing"),
    _edit("selector is a number", "signals[0].on", 3, "event name"),
    _edit("selector is an empty list", "signals[0].on", [], "event name"),
    _edit("star beside a name", "signals[0].on", ["*", "login"], "alone"),
    _edit("reserved selector", "signals[0].on", "questscore.adjust", "reserved"),
    _edit("two signals of one name", "signals[1].name", "logins_7d", "signals[0]"),
    _edit("signal named like a function", "signals[5].name", "round", "function"),
    _edit("signal named score", "signals[5].name", "score", "meaning"),
    _edit("signal named level", "signals[5].name", "level", "meaning"),
    _edit("signal named event_name", "signals[5].name", "event_name", "meaning"),
    _edit("signal named hour", "signals[5].name", "hour", "meaning"),
    _signal(
        "half_life of a mean",
        {"kind": "mean", "on": "pay", "property": "amount", "half_life": "3d"},
        ".half_life",
        "unknown key",
    ),
    _signal("total without a property", {"kind": "total", "on": "pay"}, ".property", "missing"),
    _signal("a streak of hours", {"kind": "streak", "on": "pay", "every": "hour"}, ".every", "period"),
    _signal(
        "at least 3.7", {"kind": "streak", "on": "pay", "every": "day", "at_least": 3.7}, ".at_least", "whole"
    ),
    _signal(
        "at least true",
        {"kind": "streak", "on": "pay", "every": "day", "at_least": True},
        ".at_least",
        "whole",
    ),
    _signal("never otherwise", {"kind": "since", "on": "pay", "never": "zero"}, ".never", "missing"),
    _signal("a funnel of text", {"kind": "funnel", "steps": "trial"}, ".steps", "list"),
    _signal(
        "a broken step",
        {"kind": "funnel", "steps": ["trial", {"on": "pay", "wher": "x > 1"}]},
        ".steps[1].wher",
        "where",
    ),
    _signal("milestones of nothing", {"kind": "milestones", "of": []}, ".of", "list"),
    _signal("unknown rollup", {"kind": "rollup", "of": "of_member", "by": "average"}, ".by", "mean"),
    _signal(
        "rollup of an unscoped signal", {"kind": "rollup", "of": "logins_7d", "by": "sum"}, ".of", "member"
    ),
    _signal(
        "rollup of an unknown signal", {"kind": "rollup", "of": "of_membr", "by": "sum"}, ".of", "of_member"
    ),
    _signal(
        "rollup with a condition",
        {"kind": "rollup", "of": "of_member", "by": "sum", "where": "x > 1"},
        ".where",
        "unknown key",
    ),
    _signal("unknown scope", {"kind": "count", "on": "pay", "scope": "members"}, ".scope", "member"),
    _signal("score of a name", {"kind": "score", "model": "other"}, ".model", ""),
    _signal(
        "broken model inside",
        {"kind": "score", "model": {**GOOD, "timezone": "Mars"}},
        ".model.timezone",
        "zone",
    ),
    _signal(
        "score of a user model",
        {
            "kind": "score",
            "model": {"name": "u", "version": "1", "subject": "user", "signals": [], "rules": []},
        },
        ".model",
        "account",
    ),
    _edit("rollup under a user model", "subject", "user", "account", "signals[3].kind"),
    _edit("a circle", "signals[4].expr", "share + 1", "circle", "signals[4]"),
    Broken(
        "a longer circle",
        {"signals[4].expr": "new + 1", "signals[7]": {"name": "new", "kind": "formula", "expr": "share * 2"}},
        "signals[7]",
        "share -> new -> share",
    ),
    _edit("unknown signal in a formula", "signals[4].expr", "login_7d + 1", "logins_7d"),
    _edit("member signal in a formula", "signals[4].expr", "of_member + 1", "member"),
    # -- expressions
    _edit("unknown signal in when", "rules[1].when", "login_7d > 5", "logins_7d"),
    _edit("member signal in when", "rules[1].when", "of_member > 5", "rollup"),
    _edit("compared with None", "rules[1].when", "logins_7d == None", "is_missing"),
    _edit("not closed", "rules[1].when", "(logins_7d > 5", "column"),
    _edit("empty expression", "rules[1].when", "", "empty"),
    _edit("a program", "rules[1].when", "__import__('os').system('true')", "__import__"),
    _edit("an attribute of a text", "rules[1].when", "'a'.upper() == 'A'", "column"),
    _edit("a lambda", "rules[1].when", "(lambda: 1)()", "lambda"),
    _edit("a walrus", "rules[1].when", "(x := 5) > 3", ":="),
    _edit("two ampersands", "rules[1].when", "logins_7d > 5 && share > 1", "and"),
    _edit("unknown function", "rules[1].when", "maxx(logins_7d, 1) > 5", "max"),
    _edit("round to digits", "rules[1].when", "round(share, 2) > 5", "round"),
    _edit("uneven weights", "signals[4].expr", "weighted_mean(share, 1, 2)", "weighted_mean"),
    _edit("list of two types", "rules[1].when", "plan in ['pro', 1]", "type"),
    _edit("list with None", "rules[1].when", "plan in ['pro', None]", "is_missing"),
    _edit("list of names", "rules[1].when", "plan in [share]", "literals"),
    _edit("property read in when", "rules[1].when", "prop('plan') == 'pro'", "prop"),
    _edit("giant exponent", "rules[1].when", "logins_7d ** 9999 > 1", "exponent"),
    _edit("giant integer", "rules[1].when", f"logins_7d > {10**30}", "integer"),
    _edit("too large for a double", "rules[1].when", "logins_7d > 1e999", "large"),
    _edit("beyond the length", "rules[1].when", " + ".join(["logins_7d"] * 600), "bytes"),
    _edit("beyond the depth", "rules[1].when", "not " * 40 + "share", "deep"),
    _edit("when is true", "rules[1].when", True, "expression"),
    _edit("where is a list", "signals[0].where", ["plan"], "expression"),
    # -- rules
    _edit("unknown key of a rule", "rules[0].ponts", 5, "points"),
    _edit("rule without points", "rules[0].points", GONE, "missing"),
    _edit("points are true", "rules[0].points", True, "number"),
    _edit("points are a list", "rules[0].points", [5], "number"),
    _edit("two rules of one name", "rules[1].name", "created a task", "rules[0]"),
    _edit("undeclared group", "rules[3].group", "habbit", "habit"),
    _edit("two groups of one name", "groups[1]", {"name": "habit"}, "groups[0]", "groups[1].name"),
    _edit("group bounds crossed", "groups[0].minimum", 200, "maximum"),
    _edit("group weight is text", "groups[0].weight", "2", "number"),
    _edit("half_life and fade", "rules[0].fade", "30d", "half_life"),
    _edit("half_life and steps", "rules[0].steps", {"every": "1d", "factor": 0.5}, "half_life"),
    _rule("a factor above 1", EVENT | {"steps": {"every": "1d", "factor": 1.5}}, ".steps.factor", "between"),
    _rule("steps without a factor", EVENT | {"steps": {"every": "1d"}}, ".steps.factor", "missing"),
    _rule("curve over an expression", EVENT | {"points": "amount", "curve": "log2"}, ".points", "curve"),
    _rule("curve over nothing", EVENT | {"points": 0, "curve": "sqrt"}, ".points", "0"),
    _rule("unknown curve", EVENT | {"curve": "log"}, ".curve", "log2"),
    _rule("limit of nothing", EVENT | {"limit": {"every": "day"}}, ".limit", "count"),
    _rule("limit of both", EVENT | {"limit": {"count": 1, "points": 5}}, ".limit", "both"),
    _rule("limit is a number", EVENT | {"limit": 3}, ".limit", "table"),
    _rule("second limit broken", EVENT | {"limit": [{"count": 1}, {"count": 0}]}, ".limit[1].count", "whole"),
    _rule("limit of negative points", EVENT | {"limit": {"points": -5}}, ".limit.points", "above 0"),
    _rule("limit every hour", EVENT | {"limit": {"count": 1, "every": "hour"}}, ".limit.every", "period"),
    _rule("cooldown is a number", EVENT | {"cooldown": 30}, ".cooldown", "duration"),
    _rule(
        "active the wrong way",
        EVENT | {"active": {"from": "2024-05-01", "until": "2024-04-01"}},
        ".active.until",
        "after",
    ),
    _rule("active without an end", EVENT | {"active": {}}, ".active", "from"),
    _rule(
        "active from a naive time",
        EVENT | {"active": {"from": "2024-05-01T10:00:00"}},
        ".active.from",
        "offset",
    ),
    _rule("tiers without a mode", {"signal": "share", "tiers": [[0, 1]]}, ".mode", "missing"),
    _rule("unknown mode", {"signal": "share", "tiers": [[0, 1]], "mode": "sum"}, ".mode", "cumulative"),
    _rule(
        "descending tiers",
        {"signal": "share", "tiers": [[5, 1], [0, 2]], "mode": "marginal"},
        ".tiers[1]",
        "5",
    ),
    _rule("tier of one number", {"signal": "share", "tiers": [[5]], "mode": "highest"}, ".tiers[0]", ""),
    _rule("no tiers", {"signal": "share", "tiers": [], "mode": "highest"}, ".tiers", ""),
    _rule(
        "tiers of an unknown signal",
        {"signal": "shares", "tiers": [[0, 1]], "mode": "highest"},
        ".signal",
        "share",
    ),
    _rule("unknown missing", {"when": "share > 1", "points": 5, "missing": "zero"}, ".missing", "unknown"),
    _rule("nothing that says its kind", {"points": 5}, "", ""),
    _rule("rule bounds crossed", EVENT | {"minimum": 5, "maximum": 1}, ".minimum", "maximum"),
    # -- scale, levels
    _edit("unknown scale", "scale.kind", "linea", "linear"),
    _edit("low equals high", "scale.high", 0, "equal", "scale.low"),
    _edit("half of nothing", "scale", {"kind": "saturating", "half": 0}, "above 0", "scale.half"),
    _edit(
        "negative s0",
        "scale",
        {"kind": "logistic", "slope": 1, "intercept": 0, "s0": -1},
        "above 0",
        "scale.s0",
    ),
    _edit(
        "percentile of nothing", "scale", {"kind": "percentile", "reference": []}, "list", "scale.reference"
    ),
    _edit("scale without a field", "scale.high", GONE, "missing"),
    _edit("levels not ascending", "levels[1].at_least", 50, "100"),
    _edit("two levels of one name", "levels[1].name", "100+", "twice"),
    _edit("a level of neither", "levels[0].at_least", GONE, "when"),
    _edit("a level of both", "levels[0].when", "share > 1", "both", "levels[0].at_least"),
    _edit("level named like the base", "levels[0].name", "base", "base"),
    _edit(
        "level when of an unknown signal",
        "levels[2]",
        {"name": "x", "when": "shar > 1"},
        "share",
        "levels[2].when",
    ),
    _edit("negative margin", "margin", -5, "margin"),
    _edit("margin in words", "margin", "ten percent", "margin"),
    _edit("dwell is a number", "dwell", 3, "duration"),
    # -- triggers and audiences
    _edit(
        "trigger of an unknown level",
        "triggers",
        [{"name": "t", "on": "enter", "level": "100", "action": "x"}],
        "100+",
        "triggers[0].level",
    ),
    _edit(
        "audience of an unknown signal",
        "audiences",
        [{"name": "a", "enter": "shar > 1"}],
        "share",
        "audiences[0].enter",
    ),
    # -- declared events
    Broken(
        "undeclared property of a declared event",
        {"events": {"login": ["device"]}, "signals[0].where": "devise == 'phone'"},
        "signals[0].where",
        "device",
    ),
)


@frozen
class Text:
    """A file that is no model: its ``suffix``, its ``content``, and a part of what must be said."""

    name: str
    suffix: str
    content: str | bytes
    says: str


TOML = """
name = "a"
version = "1"
subject = "user"

[[rules]]
name = "login"
on = "login"
points = 5
"""
JSON = """{"name": "a", "version": "1", "subject": "user",
"rules": [{"name": "login", "on": "login", "points": 5}]}"""
YAML = """
name: a
version: "1"
subject: user
rules:
  - {name: login, on: login, points: 5}
"""

TEXTS = (
    Text("empty TOML", ".toml", "", "name"),
    Text("empty JSON", ".json", "", "line 1"),
    Text("empty YAML", ".yaml", "", "table"),
    Text("TOML that is not TOML", ".toml", "name = ", "line 1"),
    Text("TOML with a typing slip", ".toml", TOML.replace("points = 5", "points = 5,"), "line 9"),
    Text("TOML with a key twice", ".toml", TOML + "points = 6", "line"),
    Text("TOML with infinity", ".toml", TOML.replace("5", "inf"), "number"),
    Text("TOML with not-a-number", ".toml", TOML.replace("5", "nan"), "number"),
    Text(
        "TOML with an integer of 5,000 digits",
        ".toml",
        TOML.replace("points = 5", f"points = {'9' * 5000}"),
        "",
    ),
    Text("TOML with a key of 32,000 parts", ".toml", ".".join(["a"] * 32_000) + " = 1", "dots"),
    Text("TOML beyond the size", ".toml", TOML + "# " + "x" * 300_000, "256"),
    Text("JSON beyond the size", ".json", JSON + " " * 300_000, "256"),
    Text("JSON with a comma too many", ".json", JSON.replace("}]", "},]"), "line 2"),
    Text("JSON with a key twice", ".json", JSON.replace('"version"', '"name"'), "name"),
    Text("JSON with NaN", ".json", JSON.replace("5", "NaN"), "NaN"),
    Text("JSON with infinity", ".json", JSON.replace("5", "-Infinity"), "Infinity"),
    Text("JSON with 1e999", ".json", JSON.replace("5", "1e999"), "1e999"),
    Text("JSON that is a list", ".json", f"[{JSON}]", "table"),
    Text("JSON that is a number", ".json", "7", "table"),
    Text("JSON 100,000 deep", ".json", "[" * 100_000 + "]" * 100_000, ""),
    Text("JSON cut off", ".json", JSON[:40], "line 1"),
    Text(
        "YAML with an alias",
        ".yaml",
        YAML.replace("subject: user", "subject: &who user\ntimezone: *who"),
        "alias",
    ),
    Text("YAML with an anchor only", ".yaml", YAML.replace("subject: user", "subject: &who user"), "anchor"),
    Text("YAML that laughs", ".yaml", "a: &a [x, x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(9)), "a"),
    Text("YAML with a key twice", ".yaml", YAML + "name: b", "name"),
    Text("YAML with a merge key", ".yaml", YAML + "<<: {below: x}", "<<"),
    Text("YAML with a Python object", ".yaml", YAML + "below: !!python/object/apply:os.getcwd []", "tag"),
    Text("YAML with a tag of its own", ".yaml", YAML + "below: !secret x", "tag"),
    Text("YAML that is not YAML", ".yaml", "name: [a", "line"),
    Text("YAML with a tab", ".yaml", "rules:\n\t- a", "line"),
    Text("YAML of two documents", ".yaml", f"{YAML}---{YAML}", "document"),
    Text("YAML that is a list", ".yaml", "- a\n- b", "table"),
    Text("YAML with no for a number", ".yaml", YAML.replace("points: 5", "points: no"), "expression"),
    Text("not text at all", ".toml", bytes(range(256)), "UTF-8"),
    Text("Latin-1", ".json", JSON.replace("login", "équipe").encode("latin-1"), "UTF-8"),
    Text("UTF-16", ".yaml", YAML.encode("utf-16"), "UTF-8"),
    Text("a picture", ".json", b"\x89PNG\r\n\x1a\n" + bytes(64), ""),
    Text("an unknown suffix", ".ini", TOML, ".toml"),
    Text("no suffix", "", TOML, ".toml"),
    Text("a typing slip in TOML", ".toml", TOML.replace("points", "ponts"), "points"),
    Text(
        "a rule that is text in YAML",
        ".yaml",
        YAML.replace("{name: login, on: login, points: 5}", "login"),
        "table",
    ),
)
