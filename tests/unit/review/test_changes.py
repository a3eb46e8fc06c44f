"""Who rose and who fell over a period."""

from __future__ import annotations

import pytest

from questscore import EventError, Levels, ModelError, Scorer, Transition, history
from questscore.review import level_changes
from unit.review.worlds import MODEL, events

DAY = 86_400_000_000
BEGIN = 1_772_323_200_000_000  # 2026-03-01


def move(
    subject: str, day: int, before: str | None, after: str | None, retracted: bool = False
) -> Transition:
    return Transition(subject, BEGIN + day * DAY, before, after, 1.0, "event", (), retracted)


TOLD = [
    move("ada", 1, "none", "low"),
    move("bob", 1, "high", "low"),
    move("cyd", 2, "low", "high"),
    move("ada", 3, "low", "high"),
    move("cyd", 4, "high", "low"),
    move("bob", 5, "low", None),
    move("dan", 6, None, "low"),
]
ORDER = ["none", "low", "high"]


def test_subjects_are_compared_from_before_the_period_to_its_end() -> None:
    found = level_changes(TOLD, levels=ORDER)
    assert [str(net) for net in found.rose] == ["ada: none -> high"]
    assert [str(net) for net in found.other] == ["bob: high -> None", "dan: None -> low"]
    assert [net.subject for net in found.returned] == ["cyd"]
    assert found.fell == ()
    assert found.matrix["none", "high"] == found.matrix["high", None] == found.matrix["low", "low"] == 1
    assert found.matrix.moved == 3
    plain = found.to_dict()
    assert plain["rose"] == [{"subject": "ada", "before": "none", "after": "high"}]
    assert (plain["start"], plain["end"], plain["transitions"]) == (None, "2026-03-07T00:00:00Z", 7)
    assert len(found.transitions) == 7


def test_a_period_begins_after_its_start_and_holds_its_end() -> None:
    found = level_changes(TOLD, "2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z", levels=ORDER)
    assert [change.subject for change in found.transitions] == ["cyd", "ada"]
    assert [str(net) for net in found.rose] == ["ada: low -> high", "cyd: low -> high"]
    later = level_changes(TOLD, "2026-03-04T00:00:00Z", levels=ORDER)
    assert [str(net) for net in later.fell] == ["cyd: high -> low"]


def test_what_was_taken_back_cancels_out() -> None:
    back = [
        *TOLD,
        move("ada", 3, "low", "high", retracted=True),
        move("eve", 3, "low", "high", retracted=True),
    ]
    assert [str(net) for net in level_changes(back, levels=ORDER).rose] == ["ada: none -> low"]
    again = [*back, move("ada", 3, "low", "high")]
    assert [str(net) for net in level_changes(again, levels=ORDER).rose] == ["ada: none -> high"]


def test_a_history_and_what_a_scorer_told_say_the_same() -> None:
    """Whatever the order and the pieces in which the scorer was told of events and time."""
    log = events(3)
    whole = level_changes(history(MODEL, log))
    scorer = Scorer(MODEL)
    told = []
    for part in range(3):
        scorer.ingest(log[part::3])
        told += scorer.advance(whole.end - (2 - part) * 10 * DAY)
    found = level_changes(told, levels=MODEL)
    assert str(found) == str(whole)
    assert found.columns() == whole.columns()
    assert len(whole.rose) + len(whole.fell) == whole.matrix.moved > 0


def test_nothing_happened() -> None:
    found = level_changes([], levels=Levels())
    assert (found.rose, found.fell, found.matrix.moved) == ((), (), 0)
    assert "rose 0" in str(found)
    assert level_changes([], levels=ORDER).to_arrow().num_rows == 0


def test_errors() -> None:
    with pytest.raises(ModelError, match="do not say which is higher"):
        level_changes(TOLD)
    with pytest.raises(ModelError, match="no level 'high'"):
        level_changes(TOLD, levels=["none", "low"])
    with pytest.raises(ModelError, match="'high' is one name"):
        level_changes(TOLD, levels="high")
    with pytest.raises(EventError, match="start"):
        level_changes(TOLD, "soon", levels=ORDER)
    with pytest.raises(EventError, match="is after the end"):
        level_changes(TOLD, "2026-03-05T00:00:00Z", "2026-03-01T00:00:00Z", levels=ORDER)
