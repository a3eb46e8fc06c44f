"""Publishing a model: what is announced is what happens, and nothing fires unless it is released."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import ClassVar

import pytest
from attrs import evolve, frozen

from questscore import (
    ConditionRule,
    Event,
    EventError,
    EventRule,
    EventTable,
    Level,
    Levels,
    ModelError,
    ScoreModel,
    Scorer,
    SignalDefinition,
    Since,
    Transition,
    Trigger,
    compare,
    read_events,
)
from questscore.engine.moves import same
from questscore.model.publication import Mode
from questscore.model.time import DAY, HOUR, instant
from support.pressure import pressed

START = instant("2026-01-01T00:00:00Z")
AT = instant("2026-03-01T00:00:00Z")
LEVELS = Levels(Level("warm", at_least=50), Level("hot", at_least=100))
TRIGGERS = [
    Trigger(f"{on} hot", on=on, level="hot", action="mail", status="active") for on in ("rise", "fall")
]


def model(version: str, points: float, **fields: object) -> ScoreModel:
    rules = [
        EventRule("paid", on="paid", points=points, half_life="30d"),
        EventRule("came", on="*", points=points / 2, limit={"count": 1, "every": "month"}),
        ConditionRule("silent", when="idle >= 20", points=-points),
    ]
    idle = [Since("idle", on="*")]
    return ScoreModel(
        "m", version=version, subject="account", signals=idle, rules=rules, levels=LEVELS, triggers=TRIGGERS
    )


def log(subjects: int) -> EventTable:
    rng = Random(7)
    return read_events(
        [
            Event(
                rng.choice(["paid", "login", "login"]),
                START + int(rng.random() * 90 * DAY),
                account=f"a{rng.randrange(subjects):05}",
                id=str(i),
            )
            for i in range(subjects * 6)
        ]
    )


@pytest.mark.parametrize("mode", ["replay", "from", "freeze"])
def test_what_is_announced_happens(mode: Mode) -> None:
    """`compare` tells who changes level at the instant of publishing; so it is, and what fires is held."""
    old, new, events = model("1", 40), model("2", 55), log(400)
    scorer = Scorer(old)
    scorer.ingest(events)
    scorer.advance(AT - 1)
    scorer.on("mail", lambda firing: pytest.fail(f"{firing} was delivered"))
    announced = {c.subject: (c.before, c.after) for c in compare(old, new, events, AT, mode).changes}
    before = dict(zip((t := scorer.scores(AT)).subjects, t.levels, strict=True))
    scorer.publish(new, AT, mode)
    after = dict(zip((t := scorer.scores(AT)).subjects, t.levels, strict=True))
    happened = {name: (level, after.get(name)) for name, level in before.items() if level != after.get(name)}
    assert happened == announced
    assert len(happened) > (1 if mode == "freeze" else 20)
    changes = scorer.advance(AT)
    assert changes and all(change.cause == "model" for change in changes)
    of_now = [firing for firing in scorer.firings() if firing.time == AT]
    assert all(firing.held for firing in of_now)
    assert of_now or mode != "replay"


def test_instants_before_are_read_under_the_model_before() -> None:
    scorer = Scorer(model("1", 40))
    scorer.ingest([Event("paid", START, account="acme"), Event("paid", AT + DAY, account="acme")])
    early = scorer.scores(START + DAY)
    scorer.publish(model("2", 100), AT)
    assert scorer.scores(START + DAY).to_dicts() == early.to_dicts()
    assert scorer.score("acme", AT - 1).value == pytest.approx(40 * 2 ** (-59 / 30) - 40 + 20, abs=1e-4)
    assert [(p.model.version, p.at, p.mode) for p in scorer.publications] == [
        ("1", None, "replay"),
        ("2", AT, "replay"),
    ]


def test_a_late_event_goes_to_the_model_in_force_at_its_time() -> None:
    """Frozen: 40 points age on from January, 100 from March; the late one is of January's model."""
    rules = {
        version: [EventRule("paid", on="paid", points=points, half_life="30d")]
        for version, points in (("1", 40.0), ("2", 100.0))
    }
    old, new = (ScoreModel("m", version=v, subject="account", rules=own) for v, own in rules.items())
    scorer = Scorer(old)
    scorer.ingest(Event("paid", AT + DAY, account="acme"))
    scorer.publish(new, AT, "freeze")
    scorer.ingest(Event("paid", AT - 30 * DAY, account="acme"))
    score = scorer.score("acme", AT + DAY)
    assert score.points == pytest.approx({"paid": 100.0, "paid (version 1)": 40 * 2 ** (-31 / 30)})


def test_a_first_payment_is_not_paid_for_twice() -> None:
    first = [EventRule("first", on="*", points=30, limit={"count": 1})]
    scorer = Scorer(ScoreModel("m", version="1", subject="account", rules=first))
    scorer.ingest(Event("paid", START, account="acme"))
    scorer.publish(ScoreModel("m", version="2", subject="account", rules=first), AT, "freeze")
    scorer.ingest([Event("paid", AT + DAY, account="acme"), Event("paid", AT + DAY, account="bolt")])
    assert [score.value for score in scorer.scores()] == [30.0, 30.0]


def test_what_cannot_be_published() -> None:
    scorer = Scorer(model("1", 40))
    users = ScoreModel("m", subject="user")
    with pytest.raises(ModelError, match="it scores users"):
        scorer.publish(users, AT)
    scorer.publish(model("2", 40), AT)
    with pytest.raises(ModelError, match="before the model that it replaces"):
        scorer.publish(model("3", 40), AT - 1)
    with pytest.raises(ModelError, match="'now' is not known"):
        scorer.publish(model("3", 40), AT, "now")  # type: ignore[arg-type]
    with pytest.raises(EventError, match="to"):
        scorer.publish(model("3", 40), "today")
    elsewhere = ScoreModel("m", version="3", subject="account", timezone="Europe/Paris")
    with pytest.raises(ModelError, match="time zone"):
        scorer.publish(elsewhere, AT, "freeze")
    assert len(scorer.publications) == 2


def test_a_model_is_published_for_a_time_to_come() -> None:
    scorer = Scorer(model("1", 60))
    scorer.ingest(Event("paid", START, account="acme"))
    scorer.publish(model("2", 600), START + 5 * DAY)
    assert scorer.score("acme").level == "warm"
    scorer.advance(START + 5 * DAY)
    assert scorer.score("acme").level == "hot"
    assert scorer.forecast("acme", START + DAY).before == "warm"


def test_saved_and_loaded_between_models(tmp_path: Path) -> None:
    """The list of publications is in the file; the last model need not be read from it."""

    @frozen
    class Answer(SignalDefinition):
        kind: ClassVar[str] = "never registered"

        def naive(self, events: object, at: int, context: object) -> float:
            return 42.0

    newest = ScoreModel("m", version="2", subject="account", signals=[Answer("x")])
    scorer = Scorer(model("1", 40))
    scorer.ingest(Event("paid", START, account="acme"))
    scorer.publish(newest, AT, "from")
    scorer.ingest(Event("paid", AT, account="acme"))
    scorer.save(tmp_path / "state")
    again = Scorer.load(tmp_path / "state", newest)
    assert again.publications == scorer.publications
    assert again.score("acme").signals == {"x": 42.0}
    assert again.score("acme", START) == scorer.score("acme", START)
    with pytest.raises(ModelError, match="not a known kind"):
        Scorer.load(tmp_path / "state")


def test_blocks_of_a_history_have_the_rows_of_the_whole() -> None:
    """Also those of subjects of which a model that came into service has seen nothing yet."""
    scorer = Scorer(model("1", 40))
    scorer.ingest([Event("paid", START + DAY, account="a0"), Event("paid", START + 5 * DAY, account="a1")])
    scorer.publish(model("2", 55), START + 8 * DAY, "from")
    scorer.ingest(Event("paid", START + 9 * DAY, account="a0"))
    whole = scorer.history(start=START, end=START + 12 * DAY, points=True)
    blocks = list(scorer.history_blocks(start=START, end=START + 12 * DAY, periods=2, points=True))
    rows = [row for block in blocks for row in block.to_arrow().to_pylist()]
    assert rows == whole.to_arrow().to_pylist()
    assert [row["score"] for row in rows if row["subject"] == "a1"][-5:] == [None] * 5


@pytest.mark.parametrize("mode", ["replay", "from", "freeze"])
@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("dwell", ["3d", None])
def test_many_subjects_move_on_under_the_next_model_as_each_does_alone(
    mode: Mode, watched: bool, dwell: str | None
) -> None:
    """Found for all at once or one by one, changes are the same: also of levels that the next one renames.

    Here the base level of the first model is no base of the second, one of its names is nobody's any more,
    and subjects come before the publication, at its instant and after it.
    """
    first = evolve(model("1", 40), margin=5.0, dwell="2d")
    levels = Levels(Level("base", at_least=20), Level("hot", at_least=90), below="low")
    second = evolve(
        model("2", 55), levels=levels, below="low", margin="10%", dwell=dwell, triggers=[], version="2"
    )
    third = evolve(model("3", 45), below="low", triggers=[])
    events = [*log(60), *(Event("paid", AT + late * DAY, account=f"new{late}") for late in range(4))]

    def told(pressures: tuple[str, ...]) -> list[list[Transition]]:
        with pressed(pressures):
            scorer = Scorer(first)
            scorer.ingest(event for event in events if event.time < AT)
            found = [scorer.advance(AT - DAY)] if watched else []
            scorer.publish(second, AT, mode)
            scorer.ingest(event for event in events if event.time >= AT)
            found += [scorer.advance(AT + days * DAY + HOUR) for days in (0, 1, 1, 9)]
            scorer.publish(third, AT + 5 * DAY, "replay")
            scorer.publish(second, AT + 10 * DAY + 1, mode)
            return [*found, scorer.advance(AT + 10 * DAY), scorer.advance(AT + 40 * DAY)]

    swept, alone = told(("swept",)), told(())
    for together, one_by_one in zip(swept, alone, strict=True):
        assert [(m.subject, m.retracted) for m in together] == [(m.subject, m.retracted) for m in one_by_one]
        assert all(map(same, together, one_by_one))
    assert {"model", "event", "time"} <= {change.cause for part in swept for change in part}
    assert any(change.retracted for part in swept for change in part)


def test_any_version_can_be_had_again_from_the_list_of_publications(tmp_path: Path) -> None:
    """With the events at hand or without: a scorer that goes through the list up to it reads as was read."""
    events, grid = log(40), [START + day * DAY for day in range(1, 90, 11)]

    def read(scorer: Scorer) -> list[list[dict[str, object]]]:
        return [list(scorer.scores(at).to_dicts()) for at in grid]

    scorer = Scorer(model("1", 40))
    scorer.ingest(events)
    told = [read(scorer)]
    published: list[tuple[int, Mode]] = [(20, "from"), (35, "freeze"), (35, "replay"), (50, "freeze")]
    for number, (day, mode) in enumerate(published, start=2):
        scorer.publish(model(str(number), 10.0 * number), START + day * DAY, mode)
        told.append(read(scorer))
    assert told[0] != told[1] != told[2] != told[3] != told[4]
    scorer.save(tmp_path / "state")
    for version, found in enumerate(told, start=1):
        first, *later = scorer.publications[:version]
        anew, saved = Scorer(first.model), Scorer.load(tmp_path / "state", first.model, replay=True)
        anew.ingest(events)
        for again in (anew, saved):
            for one in later:
                again.publish(one.model, one.at, one.mode)
            assert read(again) == found
