"""Mean, Minimum and Maximum of a numeric property, and Latest, First and Distinct of any."""

from __future__ import annotations

from questscore import Distinct, First, Latest, Maximum, Mean, Minimum, SignalDefinition
from questscore.language import Value
from unit.engine.both import ADA, a_model, both, ev, signal

RATED = [
    ev("rate", "2026-03-01", stars=4),
    ev("rate", "2026-03-02", stars=1),
    ev("rate", "2026-03-03", stars="five"),
    ev("rate", "2026-03-04"),
    ev("rate", "2026-03-05", stars=-2.5),
    ev("visit", "2026-03-06", stars=100),
]


def of(definition: type, at: str = "2026-03-07", **fields: object) -> Value:
    made = definition("s", on="rate", property="stars", **fields)
    assert isinstance(made, SignalDefinition)
    return signal(made, RATED, at)


def test_summaries_of_the_numbers_there_are() -> None:
    """4, 1 and -2.5; a text, a missing one and another event are none of them."""
    assert [of(Mean), of(Minimum), of(Maximum)] == [2.5 / 3, -2.5, 4]


def test_without_a_number_a_summary_is_missing_and_not_zero() -> None:
    assert [of(kind, at="2026-03-04", window="day") for kind in (Mean, Minimum, Maximum)] == [None] * 3
    assert [of(kind, at="2026-03-01T00:00", where="stars > 9") for kind in (Mean, Minimum, Maximum)] == [
        None
    ] * 3


def test_summaries_in_windows() -> None:
    """(2 March, 5 March]: only -2.5; the calendar week from Monday 2 March: 1 and -2.5."""
    at = "2026-03-05"
    assert [of(kind, at=at, window="3d") for kind in (Mean, Minimum, Maximum)] == [-2.5, -2.5, -2.5]
    assert [of(kind, at=at, window="week") for kind in (Mean, Minimum, Maximum)] == [-0.75, -2.5, 1]


def test_subjects_without_a_number_do_not_spoil_those_with_one() -> None:
    log = [*RATED, ev("rate", "2026-03-01", user="bob"), ev("rate", "2026-03-01", user="cyd", stars=7)]
    found = both(a_model([Mean("s", on="rate", property="stars")]), log, "2026-03-07")
    assert {name: score.signals["s"] for name, score in found.items()} == {
        "ada": 2.5 / 3,
        "bob": None,
        "cyd": 7,
    }


# -- traits

PLANS = [
    ev("join", "2026-03-01", plan="free", seats=1),
    ev("change", "2026-03-02", plan="pro", seats=5),
    ev("change", "2026-03-03", seats=9),  # says nothing of the plan
    ev("visit", "2026-03-04", plan="team"),
    ev("change", "2026-03-05", plan=None),
]


def test_latest_and_first_are_of_the_events_that_carry_the_property() -> None:
    changes = ["join", "change"]
    found = both(
        a_model(
            [
                Latest("plan", on=changes, property="plan"),
                First("first_plan", on=changes, property="plan"),
                Latest("seats", on="*", property="seats"),
                Latest("any", on="*", property="plan"),
                Latest("none", on="*", property="nowhere"),
                First("who", on="*", property="user"),
                Latest("what", on="*", property="event_name"),
                Latest("at", on="*", property="hour"),
            ]
        ),
        PLANS,
        "2026-03-06",
    )[ADA].signals
    assert dict(found) == {
        "plan": "pro", "first_plan": "free", "seats": 9, "any": "team", "none": None, "who": "ada",
        "what": "change", "at": 0,
    }  # fmt: skip


def test_a_trait_is_missing_before_anything_was_said() -> None:
    log = [ev("visit", "2026-02-01"), *PLANS]
    assert signal(Latest("p", on="*", property="plan"), log, "2026-02-02") is None
    assert signal(First("p", on="*", property="plan"), log, "2026-03-01") == "free"


def test_at_one_microsecond_canonical_order_says_which_is_last() -> None:
    """By id first (none stands before any), then by name, whatever the order of arrival."""
    tie = [
        ev("a", "2026-03-01", id="9", plan="id 9"),
        ev("z", "2026-03-01", plan="no id, z"),
        ev("b", "2026-03-01", id="1", plan="id 1"),
        ev("a", "2026-03-01", plan="no id, a"),
    ]
    for log in (tie, tie[::-1], tie[2:] + tie[:2]):
        assert signal(Latest("p", on="*", property="plan"), log, "2026-03-01") == "id 9"
        assert signal(First("p", on="*", property="plan"), log, "2026-03-01") == "no id, a"


def test_a_trait_may_change_from_number_to_text_and_an_empty_text_is_said() -> None:
    log = [ev("a", "2026-03-01", x=5), ev("a", "2026-03-02", x="five"), ev("a", "2026-03-03", x="")]
    latest = Latest("x", on="a", property="x")
    assert [signal(latest, log, f"2026-03-0{day}") for day in (1, 2, 3)] == [5, "five", ""]


def test_texts_and_numbers_of_different_subjects_stand_in_one_column() -> None:
    log = [
        ev("a", "2026-03-01", x=5),
        ev("a", "2026-03-01", user="bob", x="five"),
        ev("a", "2026-03-01", user="cyd"),
    ]
    found = both(a_model([Latest("x", on="a", property="x")]), log, "2026-03-02")
    assert [found[who].signals["x"] for who in ("ada", "bob", "cyd")] == [5, "five", None]


# -- distinct


def test_distinct_counts_values_and_not_events() -> None:
    """1, 1.0 and True are one value; "1" is another, and so is the empty text; -0.0 is 0."""
    values = [1, 1.0, True, "1", "", "a", "a", "A", 0, -0.0, False, None, 2]
    log = [ev("a", f"2026-03-01T00:00:{i:02}", x=value) for i, value in enumerate(values)]
    assert signal(Distinct("n", on="a", property="x"), log, "2026-03-02") == 7


def test_distinct_in_a_window_counts_what_is_in_it() -> None:
    log = [ev("use", f"2026-03-0{day}", feature=f) for day, f in ((1, "a"), (2, "b"), (3, "a"), (4, "c"))]
    breadth = Distinct("n", on="use", property="feature", window="2d")
    assert [signal(breadth, log, f"2026-03-0{day}") for day in (1, 2, 3, 4, 5, 6)] == [1, 2, 2, 2, 1, 0]


def test_distinct_of_what_an_event_itself_has() -> None:
    """How many people, how many kinds of thing, on how many weekdays."""
    log = [ev("a", "2026-03-02"), ev("b", "2026-03-03", user="bob"), ev("a", "2026-03-09", user="bob")]
    signals = [
        Distinct(f"n_{name}", on="*", property=name) for name in ("user", "event_name", "weekday", "account")
    ]
    found = both(a_model(signals, subject="account"), log, "2026-03-10")["acme"].signals
    assert dict(found) == {"n_user": 2, "n_event_name": 2, "n_weekday": 2, "n_account": 1}
