"""Rollup and member scope: what the users of an account come to together."""

from __future__ import annotations

import pytest

from questscore import (
    ConditionRule,
    Count,
    Event,
    EventRule,
    Formula,
    Lag,
    Latest,
    Rollup,
    ScoreModel,
    ScoreOf,
    Since,
    Total,
)
from questscore.language import Value
from unit.engine.both import ACME, a_model, adjust, both, ev, reset

# Logins in Acme: ada 3, bob 1, cyd 0 (one visit); ada also logs in for Zen
LOG = [
    ev("login", "2026-03-01", user="ada"),
    ev("login", "2026-03-02", user="ada"),
    ev("login", "2026-03-03", user="ada"),
    ev("login", "2026-03-03", user="bob"),
    ev("visit", "2026-03-04", user="cyd"),
    ev("login", "2026-03-04", user="ada", account="zen"),
    ev("login", "2026-03-05", user=None),
]
OF_MEMBER = Count("logins", on="login", scope="member")


def rolled(by: str, member: object = OF_MEMBER, log: list[Event] = LOG, at: str = "2026-03-06") -> Value:
    """What a rollup of Acme's members is."""
    made = a_model([member, Rollup("r", of=member.name, by=by)], subject="account")  # type: ignore[list-item, attr-defined, arg-type]
    return both(made, log, at)[ACME].signals["r"]


@pytest.mark.parametrize(
    ("by", "value"),
    [("sum", 4), ("mean", 4 / 3), ("median", 1), ("minimum", 0), ("maximum", 3), ("count", 3)],
)
def test_members_come_to(by: str, value: float) -> None:
    """3, 1 and 0; what ada does for another account, and what nobody in particular does, is left out."""
    assert rolled(by) == value


def test_the_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle() -> None:
    assert rolled("median", log=LOG[:4]) == 2
    assert rolled("median", log=[*LOG, ev("login", "2026-03-05", user="dan")]) == 1


@pytest.mark.parametrize(
    ("by", "value"),
    [("sum", 0), ("count", 0), ("mean", None), ("median", None), ("minimum", None), ("maximum", None)],
)
def test_of_nothing_sum_and_count_are_zero_and_the_rest_missing(by: str, value: float | None) -> None:
    """Whether there is no member, or the signal is missing for all, or it is text."""
    assert rolled(by, log=[ev("login", "2026-03-01", user=None)]) == value
    assert rolled(by, member=Latest("plan", on="*", property="plan", scope="member")) == value
    texts = [ev("login", "2026-03-01", plan="pro"), ev("login", "2026-03-01", user="bob", plan="team")]
    assert rolled(by, member=Latest("plan", on="*", property="plan", scope="member"), log=texts) == value


def test_members_for_whom_the_signal_is_missing_are_left_out() -> None:
    rated = [
        *LOG,
        ev("rate", "2026-03-05", user="ada", stars=5),
        ev("rate", "2026-03-05", user="cyd", stars=2),
    ]
    stars = Latest("stars", on="rate", property="stars", scope="member")
    assert [rolled(by, stars, rated) for by in ("count", "mean", "minimum")] == [2, 3.5, 2]


def test_members_are_users_with_an_event_by_then_and_reserved_events_make_no_member() -> None:
    assert [rolled("count", at=f"2026-03-0{day}") for day in (1, 2, 3, 4)] == [1, 1, 2, 3]
    assert (
        rolled("count", log=[*LOG, adjust("2026-03-01", 5, user="eve"), reset("2026-03-01", 5, user="fay")])
        == 3
    )


def test_a_member_stays_one_whatever_the_member_signals_own_offset() -> None:
    """Two days before, bob and cyd had not come yet: they are members with 0 logins then."""
    before = Count("logins", on="login", scope="member", offset="2d")
    assert [rolled(by, before, at="2026-03-04") for by in ("count", "sum", "maximum")] == [3, 2, 2]


def test_an_offset_of_the_rollup_takes_the_members_of_then() -> None:
    signals = [OF_MEMBER, Rollup("r", of="logins", by="count", offset="2d")]
    assert both(a_model(signals, subject="account"), LOG, "2026-03-04")[ACME].signals["r"] == 1


def test_a_user_of_two_accounts_is_a_member_of_both_with_the_events_of_each() -> None:
    made = a_model([OF_MEMBER, Rollup("r", of="logins", by="sum")], subject="account")
    found = both(made, LOG, "2026-03-06")
    assert (found["acme"].signals["r"], found["zen"].signals["r"]) == (4, 1)


def test_member_signals_are_no_column_of_results() -> None:
    made = a_model([OF_MEMBER, Rollup("r", of="logins", by="sum")], subject="account")
    assert list(both(made, LOG, "2026-03-06")[ACME].signals) == ["r"]


def test_a_member_formula_reads_member_signals_and_the_accounts() -> None:
    """Each member's share of all logins of the account, the unattributed one included: 3/5, 1/5, 0."""
    signals = [
        OF_MEMBER,
        Count("all", on="login"),
        Formula("share", expr="logins / all", scope="member"),
        Rollup("largest", of="share", by="maximum"),
        Rollup("shares", of="share", by="sum"),
    ]
    found = both(a_model(signals, subject="account"), LOG, "2026-03-06")[ACME].signals
    assert (found["largest"], found["shares"]) == (0.6, 0.8)


def test_a_member_formula_with_an_offset_reads_the_account_as_of_then() -> None:
    signals = [
        Count("all", on="login"),
        Formula("then", expr="all", scope="member", offset="3d"),
        Rollup("r", of="then", by="maximum"),
    ]
    assert both(a_model(signals, subject="account"), LOG, "2026-03-06")[ACME].signals["r"] == 4


def test_a_member_may_be_asked_about_the_rollup_of_all_members() -> None:
    """How many log in more often than the average member: 3 > 4/3 only."""
    signals = [
        OF_MEMBER,
        Rollup("average", of="logins", by="mean"),
        Formula("above", expr="logins > average", scope="member"),
        Rollup("r", of="above", by="sum"),
    ]
    assert both(a_model(signals, subject="account"), LOG, "2026-03-06")[ACME].signals["r"] == 1


def test_company_ratios_follow() -> None:
    """Of two members who began a trial one paid, after 4 days; who had none is left out."""
    log = [
        ev("trial", "2026-03-01", user="ada"),
        ev("paid", "2026-03-05", user="ada"),
        ev("trial", "2026-03-02", user="bob"),
        ev("paid", "2026-03-02", user="cyd"),
    ]
    signals = [
        Count("trial", on="trial", scope="member"),
        Count("paid", on="paid", scope="member"),
        Formula("converted", expr="(paid > 0) if trial > 0 else None", scope="member"),
        Rollup("conversion", of="converted", by="mean"),
        Lag("lag", first="trial", then="paid", scope="member"),
        Rollup("adoption_lag", of="lag", by="median"),
    ]
    found = both(a_model(signals, subject="account"), log, "2026-03-06")[ACME].signals
    assert (found["conversion"], found["adoption_lag"]) == (0.5, 4)


def test_an_id_is_used_once_in_the_account_also_by_two_members() -> None:
    """The subject is the account, and within it an id is one event: the first in canonical order."""
    log = [ev("login", "2026-03-01", user="bob", id="e1"), ev("login", "2026-03-01", user="ada", id="e1")]
    assert [rolled(by, log=log) for by in ("sum", "count")] == [1, 1]


# -- scores of members


USER_MODEL = ScoreModel(
    "of a user",
    subject="user",
    signals=[Count("n", on="login"), Since("idle", on="login")],
    rules=[EventRule("logs in", on="login", points=10), ConditionRule("idle", when="idle >= 3", points=-5)],
    maximum=25,
)


def of_members(log: list[Event], at: str = "2026-03-06") -> dict[str, Value]:
    signals = [ScoreOf("of_user", model=USER_MODEL, scope="member")]
    signals += [Rollup(by, of="of_user", by=by) for by in ("sum", "maximum", "count")]  # type: ignore[misc]
    return dict(both(a_model(signals, subject="account"), log, at)[ACME].signals)


def test_a_user_models_score_of_a_member_is_on_the_events_in_that_account() -> None:
    """ada: 30 - 5 = 25 (idle since the 3rd, bounded by 25); bob: 10 - 5; cyd: seen 2 days ago, 0."""
    assert of_members(LOG) == {"sum": 30, "maximum": 25, "count": 3}


def test_adjustments_of_a_member_count_and_an_account_wide_one_is_nobodys() -> None:
    """bob: 5 + 7. An adjustment without a user is the account's; one for another model is not his."""
    log = [
        *LOG,
        adjust("2026-03-05", 7, user="bob"),
        adjust("2026-03-05", 100, user=None),
        adjust("2026-03-05", 1000, user="bob", model="another"),
    ]
    assert of_members(log) == {"sum": 37, "maximum": 25, "count": 3}


def test_a_reset_of_a_member_voids_that_members_points_only() -> None:
    """ada: 30 are void, she starts from 1, and idles at -5."""
    log = [*LOG, reset("2026-03-05", 1, user="ada")]
    assert of_members(log)["sum"] == (1 - 5) + 5 + 0


def test_sums_over_totals_of_members_are_the_total_of_the_account_with_users() -> None:
    log = [
        ev("pay", f"2026-03-0{d}", user=u, amount=a)
        for d, u, a in ((1, "ada", 5), (2, "bob", 7), (3, None, 100))
    ]
    signals = [Total("paid", on="pay", property="amount", scope="member"), Rollup("r", of="paid", by="sum")]
    assert both(a_model(signals, subject="account"), log, "2026-03-06")[ACME].signals["r"] == 12
