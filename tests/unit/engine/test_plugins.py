"""Kinds that somebody else wrote: with only a definition they give the same numbers through ``score``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pytest
from attrs import field, frozen

from questscore import (
    ConditionRule,
    Context,
    Count,
    Event,
    EventRule,
    Formula,
    ModelError,
    PluginError,
    Rollup,
    Rule,
    ScoreModel,
    ScoreOf,
    SignalDefinition,
    TierRule,
    explain,
)
from questscore.language import Value
from unit.engine.both import ACME, ADA, a_model, adjust, both, ev, reset, scored


@frozen
class Vowels(SignalDefinition):
    """How many vowels the names of a subject's events have."""

    kind: ClassVar[str] = "test_vowels"
    vowels: str = field(default="aeiou", kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return float(sum(letter in self.vowels for event in events for letter in event.name))


@frozen
class Mood(SignalDefinition):
    """The name of the last event with an exclamation mark; missing without one."""

    kind: ClassVar[str] = "test_mood"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return f"{events[-1].name}!" if events else None


@frozen
class Twice(SignalDefinition):
    """Twice another signal, and the local hour."""

    kind: ClassVar[str] = "test_twice"
    of: str = field(kw_only=True)

    def reads(self) -> tuple[tuple[str, str], ...]:
        return ((self.of, "of"),)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        value = context.signal(self.of, at)
        hour = context.calendar.local(at).hour
        return 2 * value + hour if isinstance(value, float) else None


@frozen
class HowMany(SignalDefinition):
    """A count that a plug-in returns as the whole number it is."""

    kind: ClassVar[str] = "test_how_many"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return len(context.matching(events, "login"))


@frozen
class Everyone(SignalDefinition):
    """The names of the members, which only the account's context knows."""

    kind: ClassVar[str] = "test_everyone"
    over_members: ClassVar[bool] = True

    def reads(self) -> tuple[tuple[str, str], ...]:
        return (("mood", "name"),)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        values = [member.signal("mood", at) for member in context.members(at)]
        return ",".join(sorted(value for value in values if isinstance(value, str)))


@frozen
class PerLetter(Rule):
    """Points for each letter of each event's name since the last reset, and for a signal."""

    kind: ClassVar[str] = "test_per_letter"
    of: str | None = field(default=None, kw_only=True)

    def reads(self) -> tuple[tuple[str, str], ...]:
        return () if self.of is None else ((self.of, "of"),)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        since = context.reset(at)
        letters = sum(len(event.name) for event in events if since is None or event.time > since)
        extra = 0.0 if self.of is None else values[self.of]
        return letters + extra if isinstance(extra, float) else None


@frozen
class Flat(Rule):
    """Five points, which a plug-in returns as the whole number they are."""

    kind: ClassVar[str] = "test_flat"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return 5


LOG = [
    ev("login", "2026-03-01"),
    ev("pay", "2026-03-02"),
    ev("idea", "2026-03-03", user="bob"),
    ev("login", "2026-03-04", user="bob"),
    adjust("2026-03-04", 3, user="bob"),
]


def test_a_signal_with_only_a_definition_is_scored() -> None:
    """login and pay have three vowels; idea and login five."""
    found = both(a_model([Vowels("v"), Vowels("a", vowels="a"), Mood("m")]), LOG, "2026-03-05")
    assert dict(found[ADA].signals) == {"v": 3, "a": 1, "m": "pay!"}
    assert dict(found["bob"].signals) == {"v": 5, "a": 1, "m": "login!"}


def test_its_offset_is_heeded_for_it() -> None:
    found = both(a_model([Vowels("v", offset="day"), Mood("m", offset="36h")]), LOG, "2026-03-04T12:00")
    assert dict(found["bob"].signals) == {"v": 3, "m": "idea!"}
    assert dict(found[ADA].signals) == {"v": 3, "m": "pay!"}


def test_it_reads_other_signals_and_is_read_by_formulas_rules_and_levels() -> None:
    model = a_model(
        [Vowels("v"), Twice("t", of="v"), Formula("f", expr="t + v"), Mood("m", offset="1d")],
        [
            ConditionRule("c", when="f > 10 and m == 'idea!'", points="f"),
            TierRule("tier", signal="t", tiers=[[6, 1], [10, 2]], mode="highest"),
        ],
        timezone="Asia/Kathmandu",
    )
    found = both(model, LOG, "2026-03-04T12:30")  # 18:15 in Kathmandu
    assert (found[ADA].signals["t"], found["bob"].signals["f"]) == (6 + 18, 10 + 18 + 5)
    assert (found[ADA].value, found["bob"].value) == (2, 33 + 2 + 3)


def test_as_a_member_signal_it_is_rolled_up() -> None:
    signals = [
        Vowels("v", scope="member"),
        Twice("t", of="v", scope="member"),
        Count("logins", on="login"),
        Twice("u", of="logins", scope="member"),
        Rollup("sum", of="v", by="sum"),
        Rollup("twice", of="t", by="maximum"),
        Rollup("of_account", of="u", by="minimum"),
    ]
    found = scored(a_model(signals, subject="account"), LOG, "2026-03-05T01:00").signals
    assert (found["sum"], found["twice"], found["of_account"]) == (8, 11, 5)


def test_it_may_ask_for_the_members() -> None:
    signals = [Mood("mood", scope="member"), Everyone("e")]
    found = scored(a_model(signals, subject="account"), LOG, "2026-03-05")
    assert found.signals["e"] == "login!,pay!"


def test_what_it_reads_of_the_members_is_checked_as_a_rollups_is() -> None:
    with pytest.raises(ModelError, match="'mood' is not a member signal"):
        a_model([Mood("mood"), Everyone("e")], subject="account")
    with pytest.raises(ModelError, match="a test_everyone needs subject = 'account'"):
        a_model([Everyone("e"), Count("mood", on="login")])
    with pytest.raises(ModelError, match="a circle: mood -> e -> mood"):
        a_model([Twice("mood", of="e", scope="member"), Everyone("e")], subject="account")


def test_a_rule_with_only_a_definition_is_scored_with_bounds_groups_and_resets() -> None:
    model = a_model([Vowels("v")], [PerLetter("p", of="v"), PerLetter("q", maximum=5)])
    found = both(model, [*LOG, reset("2026-03-01")], "2026-03-05")
    assert [*found[ADA].points.values()] == [3 + 3, 3]  # login is void; v is a signal and is not
    assert [*found["bob"].points.values()] == [9 + 5, 5]


def test_a_rule_may_be_unknown() -> None:
    """bob's mood of two days ago is missing, and so are the points that need it."""
    model = a_model([Twice("t", of="v"), Vowels("v")], [PerLetter("p", of="t")])
    assert both(model, LOG, "2026-03-05")[ADA].value == 8 + 6
    unknown = a_model([Mood("m")], [PerLetter("p", of="m")])
    assert both(unknown, LOG, "2026-03-05")[ADA].value is None


def test_they_work_inside_another_model_for_a_subject_and_for_a_member() -> None:
    inner = ScoreModel("inner", subject="user", signals=[Vowels("v")], rules=[PerLetter("p", of="v")])
    of_user = both(a_model([ScoreOf("s", model=inner, offset="1d")]), LOG, "2026-03-05")
    assert (of_user[ADA].signals["s"], of_user["bob"].signals["s"]) == (11, 9 + 5 + 3)
    of_member = a_model(
        [ScoreOf("s", model=inner, scope="member"), Rollup("r", of="s", by="sum")], subject="account"
    )
    assert both(of_member, LOG, "2026-03-05")[ACME].signals["r"] == 11 + 17


def test_a_whole_number_is_a_number() -> None:
    """To Python's types an int is a float; a plug-in that counts with ``len`` is not to be missing for it."""
    model = a_model(
        [HowMany("n"), HowMany("m", offset="1d"), Formula("f", expr="n + 1")],
        [Flat("flat"), TierRule("tier", signal="n", tiers=[[1, 10]], mode="highest"), PerLetter("p", of="n")],
    )
    found = both(model, LOG, "2026-03-05")[ADA]
    assert (found.signals["n"], found.signals["f"]) == (1, 2)
    assert dict(found.points) == {"flat": 5, "tier": 10, "p": 9}


def test_a_whole_number_of_a_member_is_rolled_up() -> None:
    model = a_model([HowMany("n", scope="member"), Rollup("r", of="n", by="sum")], subject="account")
    assert both(model, LOG, "2026-03-05")[ACME].signals["r"] == 2


def test_a_kind_without_a_definition_says_so() -> None:
    @frozen
    class Nothing(SignalDefinition):
        kind: ClassVar[str] = "test_nothing"

    with pytest.raises(PluginError, match="NotImplementedError: Nothing has no naive definition"):
        both(a_model([Nothing("n")]), LOG, "2026-03-05")


def test_they_are_explained() -> None:
    model = a_model(
        [Vowels("v")], [PerLetter("letters", of="v", maximum=10), EventRule("e", on="pay", points=1)]
    )
    tree = explain(model, LOG, ADA, "2026-03-05T00:00Z")
    assert tree.check()
    assert (tree.value, [child.label for child in tree.children]) == (11, ["letters", "e"])
    assert [line.value for line in tree.children[0].children] == [11, -1]
