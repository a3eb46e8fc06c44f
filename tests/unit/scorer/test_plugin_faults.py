"""A plugin that fails is told with signal, subject and cause, or done without; nothing else moves."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from attrs import frozen

import questscore
from questscore import (
    ConditionRule,
    Context,
    Count,
    Event,
    EventRule,
    Formula,
    Level,
    Levels,
    PluginError,
    PluginFault,
    Rollup,
    Rule,
    Score,
    ScoreModel,
    ScoreOf,
    Scorer,
    Selector,
    SignalDefinition,
    Total,
)
from questscore.codec import registry
from questscore.language import Value
from questscore.model.plugin import MOST
from questscore.model.result import Line
from questscore.model.rule import Reading
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track
from support.poison import CELLS, FOLLOW, LOWER, NAIVE, UNSAVED, BadColumns, BadRule, BadSignal, BadSteps
from unit.engine.both import ev, reset, t

LOG = [
    ev("login", "2026-03-01"),
    ev("pay", "2026-03-02", amount=3.5),
    ev("pay", "2026-03-04", amount=0.1),
    ev("login", "2026-03-01", user="bob"),
    ev("login", "2026-03-03", user="bob"),
    reset("2026-03-03T12:00", user="bob"),
    ev("login", "2026-03-05", user="bob"),
]
AT = t("2026-03-06")
SIGNALS = (
    Count("logins", on="login", half_life="3d"),
    Total("paid", property="amount", on="pay", half_life="2d"),
)
RULES = (
    EventRule("login", on="login", points=5, half_life="30d"),
    ConditionRule("pays", when="paid > 1", points="paid * 3"),
)
LEVELS = Levels(Level("some", at_least=6), Level("much", at_least=12))


def model(
    signals: Sequence[SignalDefinition] = (),
    rules: Sequence[Rule] = (),
    subject: Literal["user", "account"] = "user",
) -> ScoreModel:
    return ScoreModel(
        "m", subject=subject, signals=[*SIGNALS, *signals], rules=[*RULES, *rules], levels=LEVELS
    )


def scorer(model: ScoreModel, on_plugin_error: Literal["raise", "missing"]) -> Scorer:
    made = Scorer(model, on_plugin_error=on_plugin_error)
    for event in LOG:
        made.ingest(event)
    return made


def bits(score: Score) -> list[bytes | str | float | None]:
    """Every number of a score as it lies in memory, without the plugin's."""
    values: list[Value] = [score.value, score.raw, *(score.points[rule.name] for rule in RULES)]
    values += [score.signals[signal.name] for signal in SIGNALS]
    found: list[bytes | str | float | None] = [
        struct.pack("d", value) if isinstance(value, float) else value for value in values
    ]
    return [*found, score.level]


DOORS: dict[str, Callable[[ScoreModel], object]] = {
    "score": lambda made: questscore.score(made, LOG, AT),
    "history": lambda made: questscore.history(made, LOG).scores,
    "continuous history": lambda made: questscore.history(made, LOG).transitions,
    "explain": lambda made: questscore.explain(made, LOG, "ada", AT),
    "Scorer.score": lambda made: scorer(made, "raise").score("ada", AT),
    "Scorer.scores": lambda made: scorer(made, "raise").scores(AT),
    "Scorer.advance": lambda made: scorer(made, "raise").advance(AT),
    "Scorer.explain": lambda made: scorer(made, "raise").explain("ada", AT),
    "Scorer.explain_change": lambda made: scorer(made, "raise").explain_change("ada", LOG[0].time, AT),
    "Scorer.forecast": lambda made: scorer(made, "raise").forecast("ada", AT),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("part", [BadSignal("bad"), BadRule("bad")], ids=["signal", "rule"])
def test_every_door_names_what_failed_and_for_whom(
    door: Callable[[ScoreModel], object], part: BadSignal | BadRule
) -> None:
    made = model([part]) if isinstance(part, BadSignal) else model([], [part])
    with pytest.raises(PluginError) as caught:
        door(made)
    (problem,) = caught.value.problems
    assert problem.where == f"{'signal' if isinstance(part, BadSignal) else 'rule'} 'bad'"
    assert caught.value.subject == "ada"
    assert "naive of Bad" in problem.what and "for 'ada': ValueError: out of order" in problem.what
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("how", NAIVE)
def test_however_a_definition_fails_it_is_told_or_done_without(how: str) -> None:
    part = BadSignal("bad", how=how)
    for door in (DOORS["score"], DOORS["Scorer.score"]):
        with pytest.raises(PluginError, match="signal 'bad': naive of BadSignal failed for 'ada'"):
            door(model([part]))
    without, lenient = scorer(model(), "raise"), scorer(model([part]), "missing")
    for name in ("ada", "bob"):
        assert bits(lenient.score(name, AT)) == bits(without.score(name, AT))
        assert bits(lenient.scores(AT)[name]) == bits(without.scores(AT)[name])
    assert lenient.score("ada", AT).signals["bad"] is None
    assert lenient.score("bob", AT).signals["bad"] == 7
    assert {(fault.name, fault.subject) for fault in lenient.plugin_errors} == {("bad", "ada")}


@pytest.mark.parametrize("how", [*NAIVE, "writes a value", "gives NaN", "gives a text"])
def test_a_rule_that_fails_pays_nothing(how: str) -> None:
    part = BadRule("bad", how=how, on="login")
    with pytest.raises(PluginError, match="rule 'bad': naive of BadRule failed"):
        DOORS["score"](model([], [part]))
    without, lenient = scorer(model(), "raise"), scorer(model([], [part]), "missing")
    for name in ("ada", "bob"):
        assert bits(lenient.score(name, AT)) == bits(without.score(name, AT))
        assert lenient.score(name, AT).points["bad"] == 0
        assert lenient.explain(name, AT).check()
    assert {fault.subject for fault in lenient.plugin_errors} == {"ada", "bob"}


def test_its_bounds_hold_when_it_pays_nothing() -> None:
    lenient = scorer(model([], [BadRule("bad", minimum=2)]), "missing")
    assert lenient.score("ada", AT).points["bad"] == 2


@pytest.mark.parametrize("part", [BadSignal("bad"), BadRule("bad")], ids=["signal", "rule"])
def test_no_table_moves_by_a_bit_where_its_value_is_missing(part: BadSignal | BadRule) -> None:
    made = model([part]) if isinstance(part, BadSignal) else model([], [part])
    without, lenient = scorer(model(), "raise"), scorer(made, "missing")
    one, other = (each.history("12h", signals=True, points=True) for each in (without, lenient))
    assert all(one.signals[name].tolist() == other.signals[name].tolist() for name in one.signals)
    assert all((one.points[name] == other.points[name]).all() for name in one.points)
    if isinstance(part, BadSignal):
        assert (one.scores == other.scores).all() and one.transitions == other.transitions
        assert lenient.advance(AT) == without.advance(AT)
    assert {fault.subject for fault in lenient.plugin_errors} == {"ada"}


@pytest.mark.parametrize("how", LOWER)
def test_however_its_columns_fail_it_is_told_and_nothing_shared_is_changed(how: str) -> None:
    part = BadColumns("bad", how=how)
    for door in ("score", "history"):
        with pytest.raises(PluginError, match="signal 'bad': lower of BadColumns failed"):
            DOORS[door](model([part]))
    lenient = scorer(model([part]), "missing")  # which asks for definitions, one subject after another
    assert lenient.scores(AT)["ada"].signals["bad"] == 1
    assert lenient.plugin_errors == ()


def test_columns_that_fail_are_not_asked_for_when_its_value_may_be_missing() -> None:
    @frozen
    class Both(BadColumns):
        kind: ClassVar[str] = "test_both"

        def follow(self, track: Track) -> Gauge:
            return track.sum(Selector("*"))

    lenient = scorer(model([Both("bad")]), "missing")
    assert [row.signals["bad"] for row in lenient.scores(AT)] == [3, 3]
    assert lenient.history("day", signals=True).signals["bad"][-1].tolist() == [3, 3]
    assert len(lenient.advance(AT)) > 0
    assert lenient.plugin_errors == ()


@pytest.mark.parametrize("how", FOLLOW)
def test_however_it_fails_one_event_at_a_time_it_is_told_or_done_without(how: str) -> None:
    part = BadSteps("bad", how=how)
    with pytest.raises(PluginError, match="signal 'bad': follow of BadSteps failed"):
        DOORS["Scorer.score"](model([part]))
    without, lenient = scorer(model(), "raise"), scorer(model([part]), "missing")
    for name in ("ada", "bob"):
        assert bits(lenient.score(name, AT)) == bits(without.score(name, AT))
        assert lenient.score(name, AT).signals["bad"] is None
    assert lenient.advance(AT) == without.advance(AT)
    put_together = how in ("raises when put together", "gives no gauge", "cell cannot be made")
    assert put_together or "ada" in {fault.subject for fault in lenient.plugin_errors}


@pytest.mark.parametrize("how", CELLS)
def test_what_a_cell_failed_at_is_still_known_when_its_events_are_gone(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.SIGNALS, "_known", dict(registry.SIGNALS._known))
    questscore.register(BadSteps)
    made = Scorer(model([BadSteps("bad", how=how)]), retain="2d", on_plugin_error="missing")
    with_it = Scorer(model(), retain="2d")
    for one in (made, with_it):
        one.ingest(LOG)
        one.ingest(ev("login", "2026-06-01"))
    made.save(tmp_path / "file")
    loaded = Scorer.load(tmp_path / "file")
    assert loaded.score("ada").signals["bad"] is None
    assert bits(loaded.score("ada")) == bits(with_it.score("ada"))


@pytest.mark.parametrize("how", UNSAVED)
def test_a_cell_that_cannot_be_saved_is_told_or_done_without(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.SIGNALS, "_known", dict(registry.SIGNALS._known))
    questscore.register(BadSteps)
    with_it = Scorer(model(), retain="2d")
    strict = Scorer(model([BadSteps("bad", how=how)]), retain="2d")
    made = Scorer(strict.model, retain="2d", on_plugin_error="missing")
    for one in (made, strict, with_it):
        one.ingest(LOG)
        one.ingest(ev("login", "2026-06-01"))
    with pytest.raises(PluginError, match="signal 'bad': follow of BadSteps failed"):
        strict.save(tmp_path / "file")
    made.save(tmp_path / "file")
    assert {fault.name for fault in made.plugin_errors} == {"bad"}
    loaded = Scorer.load(tmp_path / "file")
    assert loaded.score("ada").signals["bad"] is None
    assert bits(loaded.score("ada")) == bits(with_it.score("ada"))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("choice", ["raise", "missing"])
def test_what_stops_the_program_goes_through(
    stop: type[BaseException], choice: Literal["raise", "missing"], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(events: object, context: object) -> Value:
        raise stop

    monkeypatch.setitem(NAIVE, "raises", stopping)
    with pytest.raises(stop):
        scorer(model([BadSignal("bad")]), choice).score("ada", AT)


def test_what_reads_it_reads_it_as_missing_and_is_not_blamed() -> None:
    signals = [
        BadSignal("bad"),
        Formula("twice", expr="bad * 2"),
        Formula("instead", expr="coalesce(bad, 3)"),
    ]
    rules = [ConditionRule("c", when="bad > 0", points=9)]
    with pytest.raises(PluginError, match="signal 'bad'"):
        DOORS["explain"](model(signals, rules))
    lenient = scorer(model(signals, rules), "missing")
    ada, bob = lenient.score("ada", AT), lenient.score("bob", AT)
    assert (ada.signals["twice"], ada.signals["instead"], ada.points["c"]) == (None, 3, 0)
    assert (bob.signals["twice"], bob.signals["instead"], bob.points["c"]) == (14, 7, 9)
    assert {fault.name for fault in lenient.plugin_errors} == {"bad"}


def test_it_may_fail_as_a_member_and_inside_another_model() -> None:
    inner = ScoreModel("inner", subject="user", signals=[BadSignal("bad")])
    signals = [
        BadSignal("bad", scope="member"),
        Rollup("all", of="bad", by="sum"),
        ScoreOf("inner", model=inner, scope="member"),
        Rollup("inners", of="inner", by="count"),
    ]
    made = model(signals, subject="account")
    with pytest.raises(PluginError, match="signal 'bad': naive of BadSignal failed for 'acme'"):
        questscore.score(made, LOG, AT)
    lenient = scorer(made, "missing")
    assert (lenient.score("acme", AT).signals["all"], lenient.score("acme", AT).signals["inners"]) == (7, 2)
    assert {(fault.name, fault.subject) for fault in lenient.plugin_errors} <= {
        ("bad", "acme"),
        ("bad", "ada"),
    }


def test_faults_are_counted_and_the_oldest_go() -> None:
    lenient = scorer(model([BadSignal("bad")]), "missing")
    for _ in range(3):
        lenient.score("ada", AT)
    assert lenient.plugin_errors == (PluginFault("bad", "ada", "ValueError: out of order", 3),)
    for i in range(MOST + 5):
        lenient.ingest(ev("pay", "2026-03-02", user=f"u{i}"))
        lenient.score(f"u{i}", AT)
    found = [fault.subject for fault in lenient.plugin_errors]
    assert found == [f"u{i}" for i in range(5, MOST + 5)]


def test_nothing_is_noted_any_more_of_a_subject_that_is_forgotten() -> None:
    lenient = scorer(model([BadSignal("bad", on="login")]), "missing")
    assert [lenient.score(name, AT).signals["bad"] for name in ("ada", "bob")] == [None, None]
    lenient.forget("ada")
    assert [fault.subject for fault in lenient.plugin_errors] == ["bob"]


@frozen
class Tells(Rule):
    """A rule that says of its points what it cannot."""

    kind: ClassVar[str] = "test_tells"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return float(len(events))

    def lines(self, *_: object) -> tuple[questscore.Explanation, ...]:  # type: ignore[override]
        raise ValueError("no words")

    def changes(self, *_: object) -> tuple[questscore.Explanation, ...]:  # type: ignore[override]
        raise ValueError("no words")


def test_an_explanation_does_without_what_a_rule_cannot_say() -> None:
    made = model([], [Tells("tells")])
    with pytest.raises(
        PluginError, match="rule 'tells': lines of Tells failed for 'ada': ValueError: no words"
    ):
        DOORS["explain"](made)
    with pytest.raises(PluginError, match="changes of Tells"):
        DOORS["Scorer.explain_change"](made)
    lenient = scorer(made, "missing")
    assert lenient.explain("ada", AT).check()
    assert lenient.explain_change("ada", LOG[0].time, AT).check()


@frozen
class Retells(Rule):
    """A rule whose reasons are those of ``how``."""

    kind: ClassVar[str] = "test_retells"
    how: Callable[[Sequence[Event], Mapping[str, Value], Context], object]

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return float(len(events))

    def lines(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> tuple[Line, ...]:
        return self.how(events, values, context)  # type: ignore[return-value]

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        return self.how(after.events, after.values, after.context)  # type: ignore[return-value]


line: Callable[..., Line] = Line


@pytest.mark.parametrize(
    "how",
    [
        lambda events, values, context: values.update(logins=1e6),
        lambda events, values, context: setattr(context, "timezone", "UTC"),
        lambda events, values, context: (Line("one", float("nan")),),
        lambda events, values, context: (line("one", "1"),),
        lambda events, values, context: (line(1, 1.0),),
        lambda events, values, context: (line("one", 1.0, ("login",)),),
        lambda events, values, context: (line("one", 1.0, 7),),
        lambda events, values, context: ("one",),
        lambda events, values, context: 7,
    ],
)
def test_whatever_else_it_says_is_told_or_done_without(how: Callable[..., object]) -> None:
    made = model([], [Retells("tells", how)])
    with pytest.raises(PluginError, match="rule 'tells': lines of Retells failed for 'ada'"):
        DOORS["explain"](made)
    with pytest.raises(PluginError, match="rule 'tells': changes of Retells failed for 'ada'"):
        DOORS["Scorer.explain_change"](made)
    lenient = scorer(made, "missing")
    assert lenient.explain("ada", AT).check()
    assert lenient.explain_change("ada", LOG[0].time, AT).check()


def test_the_events_behind_a_score_are_told_once_though_a_plugin_tells_them_too() -> None:
    def each(events: Sequence[Event], *_: object) -> tuple[Line, ...]:
        return tuple(Line(event.name, 1.0, (event,)) for event in events)

    made = model([], [Retells("tells", each)])
    own = [event for event in LOG if event.user == "ada"]
    assert list(questscore.explain(made, LOG, "ada", AT).events()) == own
    change = scorer(made, "raise").explain_change("ada", LOG[0].time, AT)
    assert len(change.events()) == len({event.time for event in change.events()})


def test_nan_is_missing() -> None:
    @frozen
    class NoNumber(SignalDefinition):
        kind: ClassVar[str] = "test_no_number"

        def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
            return float("nan")

    made = model([NoNumber("nan")])
    assert questscore.score(made, LOG, AT)["ada"].signals["nan"] is None
    assert scorer(made, "raise").score("ada", AT).signals["nan"] is None
