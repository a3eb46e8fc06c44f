"""ScoreTable: the scores of all subjects at one instant, to look up, choose from, hand on and look at."""

from __future__ import annotations

import datetime as dt
import importlib
import math
from typing import Any

import numpy as np
import pytest

import questscore
from questscore import (
    ConditionRule,
    Count,
    EventRule,
    Latest,
    Level,
    Levels,
    Mean,
    ScoreModel,
    ScoreTable,
    UnknownSubject,
)
from questscore.errors import EventError, ModelError, QuestscoreError
from questscore.model.time import instant
from unit.engine.both import a_model, adjust, ev, t

MODEL = a_model(
    [
        Count("logins", on="login"),
        Mean("stars", on="rate", property="stars"),
        Latest("plan", on="*", property="plan"),
        Latest("mixed", on="*", property="mixed"),
    ],
    [
        EventRule("log in", on="login", points=10),
        ConditionRule("rated", when="stars > 0", points="stars", missing="unknown"),
    ],
    levels=Levels(Level("in", at_least=20), Level("star", at_least=50)),
    name="demo",
    version="7",
)
LOG = [
    ev("login", "2026-03-01", user="cyd", plan="pro"),
    ev("login", "2026-03-02", user="cyd"),
    ev("rate", "2026-03-02", user="cyd", stars=4, mixed=1),
    ev("login", "2026-03-01", user="ada", mixed="one"),
    ev("rate", "2026-03-02", user="ada", stars=2),
    ev("login", "2026-03-03", user="bob", plan="free"),
    ev("login", "2026-03-03", user="Zoë"),
    ev("rate", "2026-03-03", user="Zoë", stars=2, plan=""),
    adjust("2026-03-03", 40, user="Zoë"),
]


@pytest.fixture
def table() -> ScoreTable:
    return questscore.score(MODEL, LOG, t("2026-03-04"))


# -- what is in it


def test_it_is_sorted_by_subject_by_code_points(table: ScoreTable) -> None:
    assert list(table.subjects) == ["Zoë", "ada", "bob", "cyd"]
    assert [row.subject for row in table] == list(table.subjects)
    assert len(table) == 4


def test_its_columns_are_arrays_in_the_order_of_the_subjects(table: ScoreTable) -> None:
    """bob was never rated: his score, raw and points of that rule are unknown, NaN."""
    np.testing.assert_array_equal(table.scores, [52, 12, math.nan, 24])
    np.testing.assert_array_equal(table.raw, [52, 12, math.nan, 24])
    assert list(table.levels) == ["star", "base", None, "in"]
    assert table.rules == ("log in", "rated")
    np.testing.assert_array_equal(table.points, [[10, 2], [10, 2], [10, math.nan], [20, 4]])
    np.testing.assert_array_equal(table.adjustments, [40, 0, 0, 0])
    assert (table.model, table.version, table.at) == ("demo", "7", t("2026-03-04"))


def test_signals_are_numbers_with_nan_or_objects_with_none(table: ScoreTable) -> None:
    signals = table.signals
    assert list(signals) == ["logins", "stars", "plan", "mixed"]
    np.testing.assert_array_equal(np.asarray(signals["stars"], float), [2, 2, math.nan, 4])
    assert signals["stars"].dtype == np.float64
    assert signals["plan"].tolist() == ["", None, "free", "pro"]
    assert signals["mixed"].tolist() == [None, "one", None, 1]


def test_a_row_is_a_score_with_everything_by_name(table: ScoreTable) -> None:
    cyd = table["cyd"]
    assert (cyd.subject, cyd.value, cyd.raw, cyd.level, cyd.adjustments) == ("cyd", 24, 24, "in", 0)
    assert dict(cyd.points) == {"log in": 20, "rated": 4}
    assert dict(cyd.signals) == {"logins": 2, "stars": 4, "plan": "pro", "mixed": 1}
    bob = table["bob"]
    assert (bob.value, bob.raw, bob.level, bob.points["rated"]) == (None, None, None, None)


def test_rows_hold_plain_python_values(table: ScoreTable) -> None:
    """They go into JSON and databases."""
    for row in table:
        parts = [row.value, row.raw, row.adjustments, *row.points.values(), *row.signals.values()]
        assert {type(part) for part in parts} <= {float, str, type(None)}
        assert type(row.subject) is str


def test_an_unknown_subject_is_a_key_error_that_knows_the_nearest(table: ScoreTable) -> None:
    told = "a text of 3 characters, has no event at or before 2026-03-04T00:00:00Z; this error's `nearest`"
    with pytest.raises(UnknownSubject, match=told) as caught:
        table["cyt"]
    assert (caught.value.subject, caught.value.nearest) == ("cyt", "cyd")
    with pytest.raises(KeyError):
        table["nobody at all"]
    with pytest.raises(QuestscoreError):
        table[7]  # type: ignore[index]
    odd: tuple[Any, ...] = (["cyd"], slice(0, 1), {})
    for given in odd:
        with pytest.raises(UnknownSubject):
            table[given]
        assert given not in table
    assert "cyd" in table and "cyt" not in table and 7 not in table


# -- choosing


@pytest.mark.parametrize(
    ("expression", "subjects"),
    [
        ("score >= 20", ["Zoë", "cyd"]),
        ("level == 'in'", ["cyd"]),
        ("level in ['in', 'base']", ["ada", "cyd"]),
        ("is_missing(level)", ["bob"]),
        ("is_missing(score)", ["bob"]),
        ("score < 1000", ["Zoë", "ada", "cyd"]),  # an unknown score is not below anything
        ("logins > 1 or plan == 'free'", ["bob", "cyd"]),
        ("plan", ["bob", "cyd"]),  # neither missing nor the empty text
        ("mixed == 1", ["cyd"]),
        ("mixed == 'one'", ["ada"]),
        ("True", ["Zoë", "ada", "bob", "cyd"]),
        ("False", []),
        ("score - logins * 10 == 2", ["ada"]),
    ],
)
def test_filter_keeps_those_for_whom_an_expression_holds(
    table: ScoreTable, expression: str, subjects: list[str]
) -> None:
    kept = table.filter(expression)
    assert list(kept.subjects) == subjects
    assert list(kept) == [table[name] for name in subjects]


def test_filter_of_a_filter(table: ScoreTable) -> None:
    kept = table.filter("score > 15").filter("level == 'star'")
    assert [row.subject for row in kept] == ["Zoë"]
    assert "cyd" not in kept
    with pytest.raises(UnknownSubject):
        kept["cyd"]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("login > 1", "the nearest signal is 'logins'"),
        ("points > 1", "unknown name 'points'"),
        ("user == 'ada'", "unknown name 'user'"),
        ("prop('plan') == 'pro'", "reads a property of an event"),
        ("score >", "column"),
        ("", "empty"),
    ],
)
def test_filter_by_what_is_not_there_is_an_error_with_a_fix(
    table: ScoreTable, expression: str, says: str
) -> None:
    with pytest.raises(ModelError) as caught:
        table.filter(expression)
    assert says in str(caught.value)
    assert all(problem.fix for problem in caught.value.problems)


def test_top_is_highest_first_equal_ones_by_subject_and_unknown_ones_last() -> None:
    log = [*LOG, ev("login", "2026-03-01", user="abe"), ev("rate", "2026-03-01", user="abe", stars=2)]
    table = questscore.score(MODEL, log, t("2026-03-04"))
    assert list(table.top().subjects) == ["Zoë", "cyd", "abe", "ada", "bob"]
    assert list(table.top(3).subjects) == ["Zoë", "cyd", "abe"]
    assert list(table.top(99).subjects) == list(table.top().subjects)
    assert list(table.top(0).subjects) == []


def test_top_of_a_negative_number_is_nobody_or_an_error_and_not_all_but_the_last(table: ScoreTable) -> None:
    try:
        chosen = list(table.top(-1).subjects)
    except (ValueError, QuestscoreError):
        return
    assert chosen == []


def test_top_is_ten_by_default() -> None:
    log = [ev("login", "2026-03-01", user=f"u{i:02}") for i in range(30)]
    assert len(questscore.score(a_model(), log).top()) == 10


def test_take_gives_rows_in_any_order_and_again(table: ScoreTable) -> None:
    taken = table.take(np.array([3, 0, 3]))
    assert [row.subject for row in taken] == ["cyd", "Zoë", "cyd"]
    assert taken.signals["plan"].tolist() == ["pro", "", "pro"]
    assert (taken.at, taken.report) == (table.at, table.report)


def test_take_takes_any_positions_and_refuses_what_is_none(table: ScoreTable) -> None:
    names = list(table.subjects)
    assert list(table.take([2, 0, -1]).subjects) == [names[2], names[0], names[-1]]
    assert list(table.take(np.array(names) == names[1]).subjects) == [names[1]]
    assert len(table.take([])) == 0
    odd: tuple[Any, ...] = ([len(table)], [1.5], "x", None, 0, [[0]], [None])
    for rows in odd:
        with pytest.raises(EventError, match="rows: these are not all rows of a table"):
            table.take(rows)


@pytest.mark.parametrize("n", [None, "2", 1.5, True, [1]])
def test_top_of_no_number_is_an_error_with_a_fix(table: ScoreTable, n: Any) -> None:
    with pytest.raises(EventError, match=r"n: .* is no number of subjects\n  fix: "):
        table.top(n)


def test_choosing_leaves_the_table_as_it_was(table: ScoreTable) -> None:
    before = table.to_dicts()
    table.filter("score > 20")
    table.top(1)
    assert table.to_dicts() == before


# -- handing on

DICTS: dict[str, dict[str, Any]] = {
    "Zoë": {
        "subject": "Zoë",
        "score": 52,
        "raw": 52,
        "level": "star",
        "points": {"log in": 10, "rated": 2},
        "adjustments": 40,
        "signals": {"logins": 1, "stars": 2, "plan": "", "mixed": None},
    },
    "ada": {
        "subject": "ada",
        "score": 12,
        "raw": 12,
        "level": "base",
        "points": {"log in": 10, "rated": 2},
        "adjustments": 0,
        "signals": {"logins": 1, "stars": 2, "plan": None, "mixed": "one"},
    },
    "bob": {
        "subject": "bob",
        "score": None,
        "raw": None,
        "level": None,
        "points": {"log in": 10, "rated": None},
        "adjustments": 0,
        "signals": {"logins": 1, "stars": None, "plan": "free", "mixed": None},
    },
    "cyd": {
        "subject": "cyd",
        "score": 24,
        "raw": 24,
        "level": "in",
        "points": {"log in": 20, "rated": 4},
        "adjustments": 0,
        "signals": {"logins": 2, "stars": 4, "plan": "pro", "mixed": 1},
    },
}
FLAT = ["subject", "score", "raw", "level", "points.log in", "points.rated", "adjustments",
        "signals.logins", "signals.stars", "signals.plan", "signals.mixed"]  # fmt: skip


def test_to_dicts_is_a_mapping_a_subject_with_missing_as_none(table: ScoreTable) -> None:
    rows = table.to_dicts()
    assert rows == list(DICTS.values())
    assert dict(rows) == dict(rows.items()) == DICTS
    assert list(rows.keys()) == list(table.subjects)
    assert list(rows.values()) == rows[:4]
    found: list[object] = [DICTS["ada"], "ada", "eve"]
    assert [one in rows for one in found] == [True, True, False]
    assert rows["ada"] is rows[1]
    with pytest.raises(KeyError):
        rows["eve"]
    assert list(table.to_dicts()["cyd"]) == [
        "subject",
        "score",
        "raw",
        "level",
        "points",
        "adjustments",
        "signals",
    ]


def test_to_arrow_has_a_flat_column_for_each_rule_and_signal(table: ScoreTable) -> None:
    pa = importlib.import_module("pyarrow")
    arrow = table.to_arrow()
    assert arrow.column_names == FLAT
    assert arrow["subject"].to_pylist() == ["Zoë", "ada", "bob", "cyd"]
    assert arrow["score"].to_pylist() == [52, 12, None, 24]
    assert arrow["level"].to_pylist() == ["star", "base", None, "in"]
    assert arrow["points.rated"].to_pylist() == [2, 2, None, 4]
    assert arrow["signals.plan"].to_pylist() == ["", None, "free", "pro"]
    assert arrow["signals.mixed"].to_pylist() == [None, "one", None, "1.0"]
    assert [arrow.schema.field(name).type for name in ("score", "level")] == [pa.float64(), pa.string()]


def test_the_capsule_hands_it_to_any_library_that_speaks_arrow(table: ScoreTable) -> None:
    pa = importlib.import_module("pyarrow")
    pl = importlib.import_module("polars")
    assert pa.table(table).equals(table.to_arrow())
    assert pl.DataFrame(table)["score"].to_list() == [52, 12, None, 24]
    assert pa.table(table.top(1))["subject"].to_pylist() == ["Zoë"]


def test_to_pandas_and_to_polars(table: ScoreTable) -> None:
    frame = table.to_pandas()
    assert list(frame.columns) == FLAT
    assert frame["score"].tolist()[:2] == [52, 12] and math.isnan(frame["score"].iloc[2])
    assert frame["level"].tolist()[3] == "in"
    polars = table.to_polars()
    assert polars.columns == FLAT
    assert polars["score"].to_list() == [52, 12, None, 24]
    assert polars["signals.plan"].to_list() == ["", None, "free", "pro"]


def test_a_table_can_be_read_back_as_rows(table: ScoreTable) -> None:
    rows = table.to_arrow().to_pylist()
    assert rows[3]["points.log in"] == 20 and rows[3]["signals.logins"] == 2


# -- nothing, and next to nothing


@pytest.mark.parametrize(
    "model", [MODEL, a_model(), a_model([Count("n", on="a")])], ids=["full", "bare", "signal"]
)
def test_an_empty_log_gives_an_empty_table_that_does_everything(model: ScoreModel) -> None:
    table = questscore.score(model, [])
    assert (len(table), list(table.subjects), table.to_dicts()) == (0, [], [])
    assert list(table) == [] and len(table.top()) == 0 and len(table.filter("score > 1")) == 0
    assert table.points.shape == (0, len(model.rules))
    assert "0 subjects" in repr(table) and "<table" in table._repr_html_()
    assert table.to_arrow().num_rows == 0
    assert len(table.to_pandas()) == 0 and table.to_polars().height == 0
    with pytest.raises(UnknownSubject):
        table["ada"]


def test_an_empty_table_has_the_column_types_of_a_full_one() -> None:
    """So that a day without events does not break what is appended daily: text stays text."""
    full, empty = (questscore.score(MODEL, log, t("2026-03-04")).to_arrow() for log in (LOG, []))
    for name in ("subject", "score", "level", "points.rated", "adjustments", "signals.logins"):
        assert empty.schema.field(name).type == full.schema.field(name).type, name


def test_a_model_without_rules_scores_zero_and_lists_everybody() -> None:
    table = questscore.score(a_model(), LOG, t("2026-03-04"))
    assert table.scores.tolist() == [40, 0, 0, 0]
    assert (table.rules, table.points.shape) == ((), (4, 0))
    assert list(table.levels) == [None] * 4
    assert table.top(1)["Zoë"].value == 40


def test_nobody_has_come_yet_at_an_early_instant() -> None:
    assert len(questscore.score(MODEL, LOG, t("2026-02-01"))) == 0


# -- at


def test_at_is_by_default_the_last_events_time_whoevers_it_is() -> None:
    log = [*LOG, ev("x", "2026-03-09", user=None)]
    assert questscore.score(MODEL, log).at == t("2026-03-09")


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-02T00:00:00Z",
        "2026-03-02T01:00+01:00",
        dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
        1_772_409_600_000_000,
        np.int64(1_772_409_600_000_000),
        instant("2026-03-02T00:00:00Z"),
    ],
)
def test_at_may_be_an_instant_in_any_form(at: object) -> None:
    table = questscore.score(MODEL, LOG, at)
    assert table.at == 1_772_409_600_000_000
    assert list(table.subjects) == ["ada", "cyd"]


@pytest.mark.parametrize(
    "at", ["2026-03-02", "2026-03-02T00:00:00", 1_772_409_600, dt.date(2026, 3, 2), "now", 1.5, True]
)
def test_what_is_no_instant_is_an_error_that_names_at(at: object) -> None:
    with pytest.raises(EventError) as caught:
        questscore.score(MODEL, LOG, at)
    assert caught.value.problems[0].where == "at"
    assert caught.value.problems[0].fix


# -- report


def test_the_report_says_what_became_of_every_event() -> None:
    log: list[Any] = [
        {"name": "login", "time": t("2026-03-01"), "user": "ada", "id": "1"},
        {"name": "login", "time": t("2026-03-01"), "user": "ada", "id": "1"},  # a duplicate
        {"name": "login", "time": t("2026-03-02"), "user": "ada", "id": "1"},  # a conflict
        {"name": "login", "time": t("2026-03-01"), "account": "acme"},  # unattributed
        {"name": "login", "time": t("2026-03-09"), "user": "ada"},  # later
        {"name": "login", "time": t("2026-03-09"), "account": "acme"},  # later, whoever it is
        {"name": "", "time": t("2026-03-01"), "user": "ada"},  # rejected
        {"name": "login", "time": "yesterday", "user": "ada"},  # rejected
        {"name": "visit", "time": t("2026-03-01"), "user": "bob"},
    ]
    report = questscore.score(MODEL, log, t("2026-03-04")).report
    assert (report.events, report.rejected, report.later) == (7, 2, 2)
    assert (report.unattributed, report.duplicates, report.conflicts) == (1, 1, 1)
    assert report.applied == 2


def test_the_report_names_what_the_model_selects_and_no_event_bears() -> None:
    model = a_model(
        [Count("n", on=["login", "log_in"]), Count("any", on="*")], [EventRule("r", on="purchase", points=1)]
    )
    assert questscore.score(model, LOG).report.unseen == ("log_in", "purchase")
    assert questscore.score(model, []).report.unseen == ("log_in", "login", "purchase")


# -- shown


def many(size: int, subject: str = "user {}") -> ScoreTable:
    log = [ev("login", "2026-03-01", user=subject.format(i)) for i in range(size)]
    return questscore.score(MODEL, log, t("2026-03-04"))


def test_repr_has_a_title_and_some_rows(table: ScoreTable) -> None:
    assert repr(table).splitlines() == [
        "<ScoreTable demo version 7 at 2026-03-04T00:00:00Z: 4 subjects",
        "  Zoë    52.00  star",
        "  ada    12.00  base",
        "  bob  unknown",
        "  cyd    24.00  in>",
    ]


@pytest.mark.parametrize("size", [0, 1, 8, 9, 10, 1000])
def test_repr_is_at_most_ten_lines_and_says_how_many_more(size: int) -> None:
    shown = repr(many(size))
    assert len(shown.splitlines()) <= 10
    assert shown.endswith(">")
    assert (f"… and {size - 8:,} more" in shown) == (size > 8)


def test_repr_is_at_most_ten_lines_whatever_the_subjects_are_called() -> None:
    """A name with line breaks is data of somebody else's, and must not look like rows."""
    assert len(repr(many(8, "user\n{}\r\nx\u2028y")).splitlines()) <= 10


def test_repr_is_short_also_when_a_name_is_not() -> None:
    assert len(repr(many(8, "x" * 100_000 + "{}"))) < 10_000


HOSTILE = "<script>alert('x')</script>&\"{}"


def test_html_is_escaped_everywhere() -> None:
    made = a_model(
        [Latest("plan", on="*", property="plan")],
        [EventRule(HOSTILE, on="login", points=10)],
        name=HOSTILE,
        version=HOSTILE,
        levels=[{"name": HOSTILE, "at_least": 5}],
    )
    log = [ev("login", "2026-03-01", user=HOSTILE, plan=HOSTILE)]
    shown = questscore.score(made, log)._repr_html_()
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;") >= 4  # title, rule, subject, level
    assert "alert('x')" not in shown and '"{}' not in shown


def test_html_shows_scores_levels_and_points(table: ScoreTable) -> None:
    shown = table._repr_html_()
    assert "<th>subject</th><th>score</th><th>level</th><th>log in</th><th>rated</th>" in shown
    assert "<tr><td>cyd</td><td>24.00</td><td>in</td><td>20.00</td><td>4.00</td></tr>" in shown
    assert "<tr><td>bob</td><td>unknown</td><td></td><td>10.00</td><td>unknown</td></tr>" in shown


def test_html_is_at_most_50_kilobytes_for_many_subjects() -> None:
    assert len(many(5000)._repr_html_().encode()) <= 50_000


def test_html_is_at_most_50_kilobytes_for_many_rules() -> None:
    """A notebook keeps what it shows: a model of 300 rules must not make it grow by megabytes."""
    rules = [
        EventRule(f"a rule with a name of some length, number {i}", on="login", points=i) for i in range(300)
    ]
    log = [ev("login", "2026-03-01", user=f"user {i}") for i in range(50)]
    assert len(questscore.score(a_model(rules=rules), log)._repr_html_().encode()) <= 50_000


def test_html_is_at_most_50_kilobytes_for_long_names() -> None:
    assert len(many(20, "<" * 10_000 + "{}")._repr_html_().encode()) <= 50_000
