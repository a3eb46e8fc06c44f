"""Levels from who churned: each guard tripped, and come close to; what the levels then say."""

from __future__ import annotations

import numpy as np
import pytest

from questscore import Count, EventError, EventRule, Level, Levels, ModelError, ScoreModel, read_events, score
from questscore.calibration.churned import levels_from_churned
from questscore.calibration.cuts import Cost
from questscore.calibration.days import active_days
from questscore.calibration.landmarks import landmarks, usual_silence
from questscore.calibration.thresholds import Names, Thresholds, levels_by_quantile
from questscore.columns.log import settle
from questscore.model.selector import Selector
from questscore.model.time import DAY, Calendar, Duration, instant

START = int(instant("2026-01-01T00:00:00Z"))
MODEL = ScoreModel("demo", subject="user", rules=[EventRule("work", on="work", points="worth")])
Row = dict[str, object]


def day(number: float) -> int:
    return START + int(number * DAY)


def work(user: str, on: float, worth: float = 0.0) -> Row:
    return {"user": user, "name": "work", "time": day(on), "worth": worth}


def a_log(churned: np.ndarray, kept: np.ndarray, at: float = 40, prefix: str = "") -> list[Row]:
    """Subjects with these scores at a landmark; five active days each; who is kept works again after it."""
    rows: list[Row] = []
    for kind, scores in (("c", churned), ("k", kept)):
        for place, worth in enumerate(scores.tolist()):
            name = f"{prefix}{kind}{place:04d}"
            rows += [work(name, at - 6 + n, worth if n == 0 else 0.0) for n in range(5)]
            if kind == "k":
                rows.append(work(name, at + 10))
    return rows


def found(rows: list[Row], **options: object) -> Thresholds:
    """At one landmark, day 40, unless told."""
    given = {"number": 1, "silence": "30d", "end": day(70), **options}
    return levels_from_churned(MODEL, rows, **given)  # type: ignore[arg-type]


def said(result: Thresholds) -> set[str]:
    return {finding.name for finding in result.findings if finding.level != "note"}


LOW, HIGH = np.linspace(10, 30, 100), np.linspace(20, 90, 300)


def test_three_quarters_of_who_churned_lie_below() -> None:
    result = found(a_log(LOW, HIGH))
    assert result.calibrated
    assert said(result) == set()
    assert result.low.value == pytest.approx(25.0, abs=0.2)
    assert 23 < result.low.low < result.low.value < result.low.high < 28
    assert result.fitted.recall is not None
    assert result.fitted.recall.value == pytest.approx(0.75, abs=0.01)
    assert [level.name for level in result.levels] == ["none", "medium", "high"]
    assert result.levels.below == "low"
    assert (str(result.levels.margin), str(result.levels.dwell)) == ("10%", "3d")
    half = found(a_log(LOW, HIGH), quantile=0.5)
    assert half.low.value == pytest.approx(20.0, abs=0.2)


def test_the_levels_hold_in_the_model_and_say_who_is_not_there() -> None:
    result = found(a_log(LOW, HIGH))
    fitted = result.applied(MODEL)
    table = score(fitted, a_log(LOW, HIGH), day(41))
    expected = result.levels.classify(table.scores.tolist())
    assert list(table.levels) == expected
    assert set(expected) == {"low", "medium", "high"}
    later = score(fitted, a_log(LOW, HIGH), day(75))
    assert {level for name, level in zip(later.subjects, later.levels, strict=True) if "c" in name} == {
        "none"
    }


def test_a_signal_of_the_model_that_says_it_is_taken() -> None:
    own = Count("busy", on="work", window="30d")
    model = ScoreModel("demo", subject="user", signals=[own], rules=MODEL.rules)
    result = levels_from_churned(model, a_log(LOW, HIGH), number=1, silence="30d", end=day(70))
    assert result.signal == own
    assert result.applied(model).signals == (own,)


@pytest.mark.parametrize(("number", "refused"), [(19, True), (20, False)])
def test_a_few_who_churned_or_stayed_are_too_few(number: int, refused: bool) -> None:
    few = np.linspace(10, 20, number)
    result = found(a_log(few, HIGH))
    assert ("few churned" in said(result)) is refused
    assert result.calibrated is not refused
    other = found(a_log(LOW, np.linspace(60, 90, number)))
    assert ("few kept" in said(other)) is refused


@pytest.mark.parametrize(("number", "provisional"), [(49, True), (50, False)])
def test_under_fifty_the_threshold_is_drawn_to_a_quantile_of_all(number: int, provisional: bool) -> None:
    few = np.linspace(10, 20, number)
    result = found(a_log(few, HIGH))
    assert ("provisional" in said(result)) is provisional
    plain = float(np.quantile(few, 0.75))
    usual = float(np.quantile(np.append(few, HIGH), 0.25))
    share = number / (number + 50)
    expected = share * plain + (1 - share) * usual if provisional else plain
    assert result.low.value == pytest.approx(expected)


def test_a_score_that_does_not_separate_is_refused() -> None:
    dice = np.random.default_rng(1)
    mixed = found(a_log(dice.normal(50, 10, 200), dice.normal(50, 10, 400)))
    assert "does not separate" in said(mixed)
    assert not mixed.calibrated
    assert mixed.refused
    apart = found(a_log(dice.normal(42, 10, 200), dice.normal(50, 10, 400)))
    assert "does not separate" not in said(apart)


@pytest.mark.parametrize(("kept", "refused"), [(60, True), (600, False)])
def test_where_nearly_all_churn_those_above_churn_as_well(kept: int, refused: bool) -> None:
    result = found(a_log(np.linspace(10, 40, 300), np.linspace(20, 60, kept)))
    assert ("no difference" in said(result)) is refused


@pytest.mark.parametrize(("kept", "held"), [(130, True), (160, False)])
def test_never_more_than_two_fifths_are_flagged(kept: int, held: bool) -> None:
    scores = np.linspace(60, 90, kept)
    churned = np.linspace(10, 30, 160)
    result = found(a_log(churned, scores))
    assert ("most churn" in said(result)) is held
    most = float(np.quantile(np.append(churned, scores), 0.4))
    assert result.low.value == pytest.approx(most if held else 25.0, abs=0.2)


def test_churn_that_rises_with_the_score_is_said() -> None:
    assert "not monotone" in said(found(a_log(HIGH, LOW)))
    assert "not monotone" not in said(found(a_log(LOW, HIGH)))


@pytest.mark.parametrize(("shift", "unstable"), [(1.0, False), (20.0, True)])
def test_the_latest_landmark_is_held_back_and_tells_whether_it_lasts(shift: float, unstable: bool) -> None:
    rows = a_log(LOW, HIGH, at=40) + a_log(LOW + shift, HIGH, at=100, prefix="x")
    result = found(rows, number=2, step="60d", end=day(130))
    assert result.found.instants == (day(40), day(100))
    assert result.low.value == pytest.approx(25.0, abs=0.2)
    assert ("unstable" in said(result)) is unstable
    assert [rate.level for rate in result.rates] == ["low", "medium", "high"]
    assert sum(rate.subjects for rate in result.rates) == 400


def test_a_refusal_gives_quantiles_and_calls_them_so() -> None:
    result = found(a_log(LOW[:5], HIGH))
    every = np.append(LOW[:5], HIGH)
    assert result.low.value == pytest.approx(float(np.quantile(every, 0.25)))
    assert result.high == pytest.approx(float(np.quantile(every, 0.9)))
    assert "NOT calibrated, by quantiles" in str(result)
    assert "refuse: few churned: 5 subjects churned; 20 are needed" in str(result)


def test_other_ways_to_cut() -> None:
    rows = a_log(LOW, HIGH)
    assert found(rows, by="capacity", capacity=40).fitted.flagged is not None
    flagged = found(rows, by="capacity", capacity=40).fitted.flagged
    assert flagged is not None
    assert flagged.value <= 40 / 400
    assert found(rows, by="youden").low.value == found(rows).ways["youden"]
    cheap, dear = (found(rows, by="cost", cost=Cost(c, 10)).low.value for c in (4, 8))
    assert dear < cheap
    for wrong in ({"by": "cost"}, {"by": "capacity"}, {"by": "luck"}, {"quantile": 1.0}):
        with pytest.raises(ModelError):
            found(rows, **wrong)


def test_names_and_the_number_of_levels_are_free() -> None:
    rows = a_log(LOW, HIGH)
    names = Names(none=None, low="cold", middle=("warm", "hot"), high=None)
    result = found(rows, names=names, margin=None, dwell=None)
    assert result.signal is None
    assert result.levels.order == ("cold", "warm", "hot")
    held = result.levels.classify(np.append(LOW, HIGH).tolist())
    assert abs(held.count("warm") - held.count("hot")) <= 1


def test_those_under_suspicion_and_newcomers_do_not_raise_the_fence() -> None:
    odd = np.full(60, 9_000.0)
    rows = a_log(LOW, HIGH) + a_log(odd[:0], odd, prefix="odd")
    suspects = [f"oddk{place:04d}" for place in range(60)]
    high, without = found(rows).high, found(rows, flagged=suspects).high
    assert high is not None
    assert without is not None
    assert without < 100 < high
    new = [work(f"new{place}", 39, 9_000.0) for place in range(60)]
    assert found(a_log(LOW, HIGH) + new + [work(f"new{place}", 50) for place in range(60)]).high == without


def test_churn_is_a_silence_longer_than_usual() -> None:
    rows = [work("ada", n * 50) for n in range(10)] + [work("bob", n) for n in range(3)]
    log = settle(read_events(rows), "user")
    days = active_days(log, Selector("work"), Calendar())
    assert sorted(days.gaps()[1].tolist()) == [1, 1] + [50] * 9
    assert usual_silence(days) == Duration.of("50d")
    assert usual_silence(active_days(log, Selector("work"), Calendar(), until=day(3))) == Duration.of("30d")


def test_a_landmark_sees_its_own_instant_and_the_silence_begins_after_it() -> None:
    rows = [work("at", 40), work("edge", 10), work("in", 10 + 1 / DAY), work("last", 39), work("last", 70)]
    pool = landmarks(
        MODEL, read_events(rows), active=Selector("work"), number=1, silence="30d", end=day(70)
    ).pool
    names = [pool.names[unit] for unit in pool.subject.tolist()]
    assert dict(zip(names, pool.churned.tolist(), strict=True)) == {"at": True, "in": True, "last": False}


def test_one_row_a_subject_is_the_latest_before_churn_or_any_by_the_seed() -> None:
    rows = [work("gone", n) for n in (5, 35, 65)] + [work("kept", n) for n in range(0, 160, 5)]
    pool = landmarks(
        MODEL, read_events(rows), active=Selector("work"), number=4, step="30d", silence="30d", end=day(130)
    ).pool
    one = pool.one_each(3)
    assert [pool.names[unit] for unit in one.subject.tolist()].count("gone") == 1
    gone = one.take(np.array([pool.names[unit] == "gone" for unit in one.subject.tolist()]))
    assert gone.churned.tolist() == [True]
    assert gone.landmark.tolist() == [2]
    drawn = {int(pool.one_each(s).take(~pool.one_each(s).churned).landmark[0]) for s in range(20)}
    assert drawn == {0, 1, 2, 3}
    assert np.array_equal(pool.one_each(3).landmark, one.landmark)


def test_a_silence_longer_than_the_data_is_an_error() -> None:
    with pytest.raises(EventError, match="begins before the first event"):
        found(a_log(LOW, HIGH), silence="90d")


def test_levels_by_quantile_hold_shares_and_stay_ascending() -> None:
    levels = levels_by_quantile([0.0] * 90 + [1.0] * 10, {"medium": 0.25, "high": 0.5}, dwell=None)
    assert isinstance(levels, Levels)
    assert levels.classify([-1, 0, 1]) == ["low", "high", "high"] or levels.levels[0] == Level(
        "medium", at_least=0
    )
    with pytest.raises(ModelError, match="no share"):
        levels_by_quantile([1.0], {"medium": 25})
