"""Snapshots: who is looked at, what was known, and that nothing from after a cutoff gets in."""

from __future__ import annotations

import numpy as np
import pytest

from questscore import ConditionRule, Count, Duration, EventError, EventRule, ScoreModel, read_events, score
from questscore.calibration.design import HalfLife
from questscore.calibration.outcomes import activity, churn
from questscore.calibration.snapshots import Snapshots, every, snapshots
from questscore.model.time import DAY, instant

START = int(instant("2026-01-01T00:00:00Z"))
MODEL = ScoreModel(
    "demo",
    subject="user",
    signals=[Count("logins", on="login", window="14d")],
    rules=[
        EventRule("log in", on="login", points=5),
        EventRule("pay", on="pay", points=20),
        ConditionRule("often", when="logins > 2", points=15),
    ],
)
Row = dict[str, object]


def day(number: float) -> int:
    return START + int(number * DAY)


def event(user: str, on: float, name: str = "login", got: float | None = None) -> Row:
    row: Row = {"user": user, "name": name, "time": day(on)}
    return row if got is None else {**row, "got": day(got)}


def many(seed: int, days: float = 200, late: bool = False) -> list[Row]:
    """Random events of 30 users; some that arrive up to 40 days late, if asked."""
    dice = np.random.default_rng(seed)
    rows = []
    for _ in range(900):
        on = float(dice.uniform(0, days))
        delay = float(dice.uniform(0, 40)) if dice.random() < 0.3 else 0.0
        name = "pay" if dice.random() < 0.3 else "login"
        rows.append(event(f"u{dice.integers(30)}", on, name, on + delay if late else None))
    return rows


def read(rows: list[Row], cutoffs: object, **options: object) -> Snapshots:
    return snapshots(MODEL, rows, activity("login", "30d"), cutoffs, **options)  # type: ignore[arg-type]


def by_subject(found: Snapshots, column: object) -> dict[str, object]:
    """A column of one cutoff by name."""
    values = np.asarray(column).tolist()
    return {found.subjects[unit]: value for unit, value in zip(found.subject.tolist(), values, strict=True)}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("half_life", [Duration.of("10d"), None])
def test_the_columns_are_what_the_variant_is_scored_with(late: bool, half_life: HalfLife) -> None:
    """By the ordinary door, of the events that were known, at the cutoff less a microsecond."""
    rows = many(5, late=late)
    found = read(rows, every(day(160), "30d", 4), known="got" if late else None)
    variant = found.design.variant([half_life])
    terms = found.design.terms([half_life])
    places = [[r.name for r in variant.rules].index(found.design.label(term)) for term in terms]
    matrix = found.matrix([half_life])
    hidden = 0
    for place, cutoff in enumerate(found.cutoffs):
        known = [row for row in rows if not late or int(str(row["got"])) <= cutoff]
        hidden += sum(int(str(row["time"])) < cutoff for row in rows) - sum(
            int(str(row["time"])) < cutoff for row in known
        )
        table = score(variant, known, cutoff - 1)
        own = found.cutoff == place
        names = [found.subjects[unit] for unit in found.subject[own].tolist()]
        assert names == list(table.subjects)
        scales = [term.column.scale for term in terms]
        assert matrix[own] == pytest.approx(table.points[:, places] * scales, rel=1e-12)
    assert (hidden > 20) is late


def test_nothing_after_a_cutoff_changes_what_was_known_at_it() -> None:
    """Other events later, other outcomes, more of them: the same columns."""
    cutoff, later = day(100), [event(f"u{i}", 100 + i / 10, "pay") for i in range(30)]
    early = [row for row in many(7) if int(str(row["time"])) < cutoff]
    rest = [row for row in many(7) if int(str(row["time"])) >= cutoff]
    a, b = (read(early + other, cutoff, end=day(200)) for other in (rest, later))
    assert np.array_equal(a.matrix([None]), b.matrix([None]))
    for name in ("table", "held", "idle", "days", "tenure", "subject"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    assert not np.array_equal(a.stayed(), b.stayed())


def test_an_event_that_arrived_after_the_cutoff_is_not_in_it_however_early_it_happened() -> None:
    rows = [
        event("ada", 1, got=1),
        event("ada", 5, "pay", got=50),
        event("bob", 2, got=60),
        event("ada", 150),
    ]
    found = read(rows, [day(40), day(50)], known="got")
    assert [found.subjects[unit] for unit in found.subject.tolist()] == ["ada", "ada"]
    paid = found.matrix([None])[:, 1].tolist()
    assert paid == [0.0, 1.0]
    whole = read(rows, [day(40), day(50)])
    assert whole.matrix([None])[:, 1].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_a_row_stands_from_the_first_event_on_and_within_the_look_back() -> None:
    rows = [
        event("new", 50),
        event("old", 10),
        event("edge", 20),
        event("inside", 20 + 1 / DAY),
        event("x", 300),
    ]
    found = read(rows, day(50), lookback="30d")
    assert by_subject(found, found.idle) == pytest.approx({"inside": 30 - 2 / DAY}, abs=1e-9)
    assert by_subject(read(rows, day(50)), [0] * 3).keys() == {"old", "edge", "inside"}


def test_excluded_subjects_and_those_that_left_are_not_looked_at() -> None:
    rows = [event("ada", 1), event("bob", 1), event("eve", 1), event("eve", 200)]
    gone = churn([("bob", day(30), day(35)), ("ada", day(60), day(60))], "30d")
    found = snapshots(MODEL, rows, gone, [day(34), day(40)], exclude=["eve"])
    assert [found.subjects[unit] for unit in found.subject.tolist()] == ["ada", "bob", "ada"]
    assert found.stayed().tolist() == [False, True, False]
    assert found.notes["excluded"] == 2
    assert found.notes["gone before the cutoff"] == 1


def test_an_open_window_is_dropped_and_never_read_as_silence() -> None:
    rows = [event("ada", 1), event("bob", 1), event("bob", 70)]
    found = read(rows, [day(40), day(40) + 1])
    assert found.cutoffs == (day(40),)
    assert found.notes["cutoffs whose window is open"] == 1
    assert read(rows, [day(40), day(41)], end=day(71)).cutoffs == (day(40), day(41))
    with pytest.raises(EventError, match="no window of 30d is over by the end of the data, 2026-03-12"):
        read(rows, day(50))


def test_a_label_is_what_was_known_by_an_instant() -> None:
    rows = [
        event("ada", 1, got=1),
        event("ada", 20, got=45),
        event("bob", 1, got=1),
        event("bob", 200, got=200),
    ]
    found = read(rows, day(10), known="got")
    assert by_subject(found, found.stayed()) == {"ada": True, "bob": False}
    assert by_subject(found, found.stayed(by=day(44))) == {"ada": False, "bob": False}
    assert by_subject(found, found.count) == {"ada": 1, "bob": 0}


def test_staying_is_the_same_whether_activity_or_silence_is_the_outcome() -> None:
    rows = many(9)
    a, b = (snapshots(MODEL, rows, kind("login", "10d"), day(100)) for kind in (activity, churn))
    assert np.array_equal(a.stayed(), b.stayed())
    assert 0 < a.stayed().sum() < len(a)


def test_a_fit_may_use_the_rows_whose_window_was_over() -> None:
    found = read(many(11), [day(60), day(90), day(91), day(120)])
    assert set(found.at[found.before(day(120))].tolist()) == {day(60), day(90)}
    assert set(found.at[found.of([day(91)])].tolist()) == {day(91)}


def test_recency_frequency_and_tenure_are_read_at_the_cutoff() -> None:
    rows = [
        event("ada", 1),
        event("ada", 20.5),
        event("ada", 20.7),
        event("ada", 25, "look"),
        event("ada", 90),
    ]
    found = read(rows, day(40))
    assert found.idle.tolist() == pytest.approx([19.3], abs=1e-6)
    assert found.days.tolist() == [2.0]
    assert found.tenure.tolist() == pytest.approx([39.0], abs=1e-6)
    assert found.active("20d").tolist() == [True]
    assert found.active("19d").tolist() == [False]


def test_the_order_of_the_events_makes_no_difference() -> None:
    rows = many(13)
    a, b = read(rows, every(day(150), "20d", 3)), read(rows[::-1], every(day(150), "20d", 3))
    assert a.subjects == b.subjects
    assert a.matrix([None]) == pytest.approx(b.matrix([None]), abs=1e-12)
    assert np.array_equal(a.stayed(), b.stayed())


def test_a_table_of_events_may_be_given_as_it_is() -> None:
    rows = many(13)
    assert np.array_equal(
        read(rows, day(99)).table,
        snapshots(MODEL, read_events(rows), activity("login", "30d"), "2026-04-10T00:00:00Z").table,
    )
    with pytest.raises(EventError, match="cutoffs"):
        read(rows, "tomorrow")


def test_columns_that_were_let_go_are_read_again() -> None:
    """What a fit needs no more makes room for what it needs; the numbers stay."""
    found = read(many(5), every(day(160), "30d", 4))
    short, long = [Duration.of("10d")], [Duration.of("40d")]
    before = found.matrix(short), found.matrix(long)
    kept = len(found._columns)
    found.let_go(long)
    assert len(found._columns) < kept
    assert (found.matrix(short) == before[0]).all() and (found.matrix(long) == before[1]).all()
