"""The life of a SaaS account, from trial to farewell: one model and one log, read again and again."""

from __future__ import annotations

import tomllib
from typing import Any

from questscore import Event, explain, load_model, score

MODEL = load_model(
    tomllib.loads("""
        name = "health"
        subject = "account"
        timezone = "Europe/Paris"
        maximum = 500

        [[signals]]
        name = "seats"
        kind = "latest"
        on = ["subscribed", "upgraded"]
        property = "seats"

        [[signals]]
        name = "idle_days"
        kind = "since"
        on = "login"

        [[signals]]
        name = "logins"
        kind = "count"
        on = "login"
        window = "7d"
        scope = "member"

        [[signals]]
        name = "is_active"
        kind = "formula"
        expr = "logins > 0"
        scope = "member"

        [[signals]]
        name = "active_members"
        kind = "rollup"
        of = "is_active"
        by = "sum"

        [[signals]]
        name = "adoption"
        kind = "formula"
        expr = "active_members / seats"

        [[signals]]
        name = "first_value"
        kind = "lag"
        first = "signed_up"
        then = "report_shared"

        [[rules]]
        name = "shared a report"
        on = "report_shared"
        points = 20
        half_life = "30d"
        limit = { count = 2, every = "day" }

        [[rules]]
        name = "pays"
        when = "seats > 0"
        points = 100

        [[rules]]
        name = "seats in use"
        signal = "adoption"
        tiers = [[0.5, 50], [0.9, 100]]
        mode = "highest"

        [[rules]]
        name = "quick start"
        when = "first_value <= 3"
        points = 30

        [[rules]]
        name = "has gone quiet"
        when = "idle_days >= 14"
        points = -150

        [[levels]]
        name = "gone"
        when = "idle_days >= 60"

        [[levels]]
        name = "engaged"
        at_least = 50

        [[levels]]
        name = "thriving"
        at_least = 200
    """)
)


def event(name: str, when: str, user: str = "ada", **properties: Any) -> Event:
    return Event(name, f"2026-{when}+02:00", user=user, account="acme", properties=properties)


def test_an_account_comes_and_goes() -> None:
    log: list[Event] = []

    # Ada signs up on a Monday in April and looks around.
    log += [event("signed_up", "04-06T09:00"), event("login", "04-06T09:01")]
    acme = score(MODEL, log, "2026-04-06T18:00+02:00")["acme"]
    assert (acme.value, acme.level) == (0, "base")
    assert acme.signals["adoption"] is None  # there are no seats to divide by yet
    assert acme.signals["first_value"] is None

    # Two days later she shares three reports. Two count; it was a quick start; she is engaged.
    log += [event("report_shared", f"04-08T1{hour}:00") for hour in (0, 1, 2)]
    log += [event("login", "04-08T09:55")]
    acme = score(MODEL, log, "2026-04-08T12:00+02:00")["acme"]
    assert acme.points["quick start"] == 30
    assert 69.9 < (acme.value or 0) < 70  # two of twenty points each, an hour or two old
    assert acme.level == "engaged"

    # The company subscribes with two seats, and Bob comes along: two of two are active in the week.
    log += [event("subscribed", "04-09T10:00", seats=2), event("login", "04-10T09:00", user="bob")]
    acme = score(MODEL, log, "2026-04-10T10:00+02:00")["acme"]
    assert acme.signals["active_members"] == 2
    assert acme.points["seats in use"] == 100
    assert acme.level == "thriving"

    # Success breeds seats: with ten of them two active members are not half of it any more.
    log += [event("upgraded", "04-12T10:00", seats=10)]
    acme = score(MODEL, log, "2026-04-12T10:00+02:00")["acme"]
    assert (acme.signals["adoption"], acme.points["seats in use"]) == (0.2, 0)
    assert acme.level == "engaged"

    # Then nobody comes. On the 14th day after Bob's login, at his hour, the account has gone quiet.
    just_before = score(MODEL, log, "2026-04-24T08:59:59.999999+02:00")["acme"]
    quiet = score(MODEL, log, "2026-04-24T09:00+02:00")["acme"]
    assert (just_before.points["has gone quiet"], quiet.points["has gone quiet"]) == (0, -150)
    assert (just_before.level, quiet.level) == ("engaged", "base")

    # Why? The tree names each reason, and its lines add up to the score.
    why = explain(MODEL, log, "acme", "2026-04-24T09:00+02:00")
    assert why.check()
    assert abs((why.value or 0) - (quiet.value or 0)) < 1e-9
    reasons = {child.label: child.value for child in why.children if child.value}
    assert list(reasons) == ["shared a report", "pays", "quick start", "has gone quiet"]
    (sharing,) = (child for child in why.children if child.label == "shared a report")
    assert [line.label for line in sharing.children] == [
        "awarded for 3 × report_shared",
        "lost to limits",
        "lost to ageing",
    ]

    # After sixty days it is gone, whatever the points say: that level is looked at first.
    gone = score(MODEL, log, "2026-06-09T09:00+02:00")["acme"]
    assert gone.level == "gone"

    # One login, and it is back where its points put it: paying, but hardly used.
    log += [event("login", "06-20T09:00", user="bob")]
    back = score(MODEL, log, "2026-06-20T09:00+02:00")["acme"]
    assert (back.points["has gone quiet"], back.points["pays"]) == (0, 100)
    assert back.level == "engaged"

    # Nothing of this depended on when we looked, or on the order in which events came.
    assert score(MODEL, log[::-1], "2026-04-24T09:00+02:00")["acme"] == quiet
