"""What plugins are shown and may give: events that cannot be changed, finite numbers, forms of their own."""

from __future__ import annotations

import copy
import decimal
import enum
import fractions
import re
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import pytest
from attrs import evolve, field, frozen

from questscore import (
    Context,
    Count,
    Event,
    EventRule,
    ModelError,
    ScoreModel,
    ScoreOf,
    Scorer,
    Selector,
    SignalDefinition,
    history,
    score,
)
from questscore.language import Value
from questscore.model.event import canonical
from questscore.model.plugin import Shown, has_own, has_plugins, plugged, points_of, sealed, value_of
from questscore.reference import Subject
from support.plugins import Letters

EVENT = Event("pay", "2026-03-01T09:00:00Z", user="ada", properties={"amount": 3, "plan": "pro"}, id="e1")


class Plans(enum.StrEnum):
    PRO = "pro"


def test_a_sealed_event_is_the_same_event() -> None:
    found = sealed(EVENT)
    assert found == EVENT and canonical(found) == canonical(EVENT) and repr(found) == repr(EVENT)
    assert sealed(found) is found
    free = evolve(found, name="other")
    free.properties["amount"] = 4
    assert found.properties == {"amount": 3, "plan": "pro"}
    assert type(copy.deepcopy(found.properties)) is dict


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.__setitem__("amount", 4),
        lambda p: p.__delitem__("amount"),
        lambda p: p.update(amount=4),
        lambda p: p.setdefault("other", 4),
        lambda p: p.pop("amount"),
        lambda p: p.popitem(),
        lambda p: p.clear(),
        lambda p: p.__ior__({"amount": 4}),
    ],
)
def test_its_properties_cannot_be_changed(change: Callable[[dict[str, object]], object]) -> None:
    found = sealed(EVENT)
    with pytest.raises(TypeError, match="cannot be changed"):
        change(found.properties)  # type: ignore[arg-type]
    assert found == EVENT


def test_a_context_tells_a_plugin_of_its_instant_and_before_and_nothing_else() -> None:
    model = ScoreModel("m", subject="user", timezone="Europe/Paris", signals=[Count("pays", on="pay")])
    shown = Shown(Subject(model, [EVENT]), EVENT.time)
    assert (shown.timezone, shown.week_start, shown.calendar) == ("Europe/Paris", "monday", model.calendar)
    assert shown.signal("pays", EVENT.time) == 1 and shown.signal("pays", EVENT.time - 1) == 0
    assert shown.reset(EVENT.time) is None and shown.scored(model, EVENT.time) == 0
    (member,) = shown.members(EVENT.time)
    for one in (shown, member):
        assert not hasattr(one, "before")
        with pytest.raises(ValueError, match=r"it asks about 2026-03-01T09:00:00\.000001Z"):
            one.signal("pays", EVENT.time + 1)
        with pytest.raises(AttributeError):
            one.timezone = "UTC"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (None, None),
        ("many", "many"),
        (np.str_("many"), "many"),
        (Plans.PRO, "pro"),
        (2, 2.0),
        (True, 1.0),
        (float("nan"), None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (decimal.Decimal("0.25"), 0.25),
        (fractions.Fraction(1, 4), 0.25),
    ],
)
def test_what_a_signal_may_give(given: object, value: Value) -> None:
    found = value_of(given)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([1.0], TypeError),
        (np.ones(1), TypeError),
        (np.array(1.0), TypeError),
        (1j, TypeError),
        (np.complex64(1), TypeError),
        ({}, TypeError),
        (float("inf"), ValueError),
        (10**400, ValueError),
        (decimal.Decimal("-Infinity"), ValueError),
    ],
)
def test_what_nothing_may_give(given: object, error: type[Exception]) -> None:
    for fits in (value_of, points_of):
        with pytest.raises(error, match="it gave"):
            fits(given)


@pytest.mark.parametrize("given", ["many", float("nan")])
def test_what_a_rule_may_not_give_though_a_signal_may(given: object) -> None:
    with pytest.raises((TypeError, ValueError), match="points are"):
        points_of(given)


def test_kinds_of_others_are_told_from_our_own_inside_other_models_too() -> None:
    mine, theirs = Count("mine", on="login"), Letters("theirs")
    assert (plugged(mine), plugged(theirs), plugged(EventRule("r", on="*", points=1))) == (False, True, False)
    inner = ScoreModel("inner", subject="user", signals=[theirs])
    outer = ScoreModel("outer", subject="user", signals=[mine, ScoreOf("s", model=inner)])
    assert has_plugins(inner) and has_plugins(outer)
    assert not has_plugins(ScoreModel("plain", subject="user", signals=[mine]))


@frozen
class Mumbles(Count):
    """Says of itself what ``how`` says."""

    how: Callable[[], object] = field(kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return self.how()  # type: ignore[return-value]

    reads = properties = selects  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (lambda: 1 / 0, "selects of Mumbles failed: ZeroDivisionError: division by zero"),
        (lambda: None, "selects of Mumbles failed: TypeError"),
        (lambda: ("logins",), "selects of Mumbles gives 'logins', where (text, Selector) is due"),
        (lambda: (7,), "gives 7, where text is due"),
        (lambda: (("", "logins"),), "gives ('', 'logins'), where (text, Selector) is due"),
    ],
)
def test_a_model_names_the_part_that_cannot_say_what_it_reads(how: Callable[[], object], told: str) -> None:
    with pytest.raises(ModelError, match=re.escape(told)) as caught:
        ScoreModel("m", subject="user", signals=[Count("c", on="a"), Mumbles("x", on="a", how=how)])
    assert {problem.where for problem in caught.value.problems} == {"signals[1]"}


@frozen
class Twice(Count):
    """Two for each event: a definition of its own, with the fast forms of another."""

    kind: ClassVar[str] = "test_twice_each"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return 2.0 * len(context.matching(events, self.selector))


@frozen
class Renamed(Count):
    """The same definition under another kind."""

    kind: ClassVar[str] = "test_renamed"


@frozen
class SwitchedOff(SignalDefinition):
    """Without a form over columns, in so many words."""

    kind: ClassVar[str] = "test_switched_off"
    lower: ClassVar[None] = None

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return float(len(events))


def test_a_definition_that_is_overridden_counts_and_not_the_fast_forms_of_the_other() -> None:
    assert not has_own(Twice, "lower") and not has_own(Twice, "follow")
    assert has_own(Renamed, "lower") and has_own(Renamed, "follow")
    assert not has_own(SwitchedOff, "lower") and not has_own(SwitchedOff, "follow")
    signals = [Twice("x", on="pay"), Renamed("y", on="pay"), SwitchedOff("z")]
    model = ScoreModel("m", subject="user", signals=signals)
    expected = {"x": 2.0, "y": 1.0, "z": 1.0}
    assert score(model, [EVENT])["ada"].signals == expected
    scorer = Scorer(model)
    scorer.ingest(EVENT)
    assert scorer.score("ada").signals == expected
    found = history(model, [EVENT], signals=True).signals
    assert {name: column[-1, 0] for name, column in found.items()} == expected
