"""Gaming and data quality: planted gamers are found, honest people left alone, and bad events told."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from attrs import evolve

from questscore import (
    ConditionRule,
    Count,
    Event,
    EventRule,
    Latest,
    Level,
    Levels,
    ModelError,
    ScoreModel,
    TierRule,
    Total,
    UnknownSubject,
    explain,
    score,
)
from questscore.review import quality
from unit.review import worlds

DAY = 86_400_000_000
END = 1_775_001_600_000_000  # 2026-04-01
KINDS = {"view": 1, "comment": 5, "report": 20, "invite": 50}
MODEL = ScoreModel(
    "community",
    subject="user",
    rules=[EventRule(name, on=name, points=points, half_life="30d") for name, points in KINDS.items()],
    levels=Levels(Level("member", at_least=50)),
)


def honest(dice: Random, user: str) -> list[Event]:
    """Some weeks of work: sessions on some days, a few things in each, more views than reports."""
    keen, busy = dice.betavariate(1.2, 2.5), dice.uniform(1, 5)
    first = dice.choice((45, 45, 45, dice.randrange(1, 45)))
    log = []
    for day in range(first):
        if dice.random() > keen:
            continue
        for _ in range(dice.choice((1, 1, 2))):
            start = END - (day + 1) * DAY + int(dice.gauss(14, 3) % 24 / 24 * DAY)
            for _ in range(1 + int(dice.expovariate(1 / busy))):
                name = dice.choices(list(KINDS), (8, 4, 2, 1))[0]
                log.append(Event(name, min(start, END), user=user))
                start += int(dice.expovariate(1 / 300) * 1_000_000)
    return log


def daily(dice: Random, user: str) -> list[Event]:
    """One cheap event a day, whenever."""
    return [Event("view", END - day * DAY - dice.randrange(DAY), user=user) for day in range(30)]


def burst(dice: Random, user: str) -> list[Event]:
    """Like anybody, but for sixty events within half an hour of one day."""
    start = END - dice.randrange(1, 25) * DAY
    names = dice.choices(list(KINDS), k=60)
    return honest(dice, user)[:30] + [
        Event(name, start + dice.randrange(DAY // 48), user=user) for name in names
    ]


def one_rule(dice: Random, user: str) -> list[Event]:
    """Comments only, some on most days."""
    return [
        Event("comment", END - day * DAY - dice.randrange(DAY), user=user)
        for day in range(28)
        for _ in range(dice.randrange(4))
    ]


@pytest.mark.parametrize("seed", range(5))
def test_planted_gamers_are_found_and_honest_people_left_alone(seed: int) -> None:
    """Three of each sort among six hundred; of the honest at most one in a hundred is named."""
    dice = Random(seed)
    log = [event for i in range(600) for event in honest(dice, f"honest{i:03}")]
    planted = {}
    for i in range(3):
        for made in (daily, burst, one_rule):
            user = f"{made.__name__}{i}"
            planted[user] = made
            log += made(dice, user)
    found = quality(MODEL, log, END)
    assert set(planted) <= set(found.reasons)
    present = [subject for subject in found.gaming.subjects if subject.startswith("honest")]
    named = [subject for subject in found.reasons if subject.startswith("honest")]
    assert len(present) > 500
    assert len(named) <= 0.01 * len(present)
    for user, made in planted.items():
        wanted = "a burst" if made is burst else "one kind of event"
        assert wanted in found.reasons[user]


def naive_busiest(log: list[Event], user: str) -> int:
    times = [event.time for event in log if event.user == user]
    return max((sum(t - 3_600_000_000 < other <= t for other in times) for t in times), default=0)


def test_the_busiest_hour_is_half_open_and_each_subjects_own() -> None:
    dice = Random(7)
    log = [event for i in range(30) for event in honest(dice, f"u{i:02}")]
    edge = [Event("view", END - 5 * DAY + minutes * 60_000_000, user="edge") for minutes in (0, 59, 60)]
    log += edge
    found = quality(MODEL, log, END, window="60d")
    for subject in found.gaming.subjects:
        assert found[subject].busiest_hour == naive_busiest(log, subject)
    assert found["edge"].busiest_hour == 2


def test_what_limits_took_is_what_the_explanations_say() -> None:
    """Summed over the accounts, before ageing."""
    log = worlds.events(2)
    model = evolve(
        worlds.MODEL, rules=[evolve(worlds.WORKS, limit={"count": 1, "every": "week"}, cooldown="2h")]
    )
    found = quality(model, log)
    table = score(model, log)
    lost = {}
    for subject in table.subjects:
        tree = explain(model, log, subject)
        lines = [line for line in tree.walk() if line.label == "lost to limits"]
        lost[subject] = -sum(line.value or 0.0 for line in lines)
    assert sum(lost.values()) > 100
    assert dict(zip(found.gaming.subjects, found.lost.tolist(), strict=True)) == pytest.approx(lost)
    (loss,) = found.limits
    assert loss.rule == "works"
    assert loss.lost == pytest.approx(sum(lost.values()))
    assert loss.subjects == sum(value > 0 for value in lost.values())


def test_without_limits_nothing_is_lost() -> None:
    model = evolve(worlds.MODEL, rules=worlds.MODEL.rules[1:])
    found = quality(model, worlds.events(2))
    assert found.limits == ()
    assert not found.lost.any()


SHOP = ScoreModel(
    "shop",
    subject="user",
    signals=[
        Total("spent", on="order", property="amount"),
        Latest("plan", on="*", property="plan"),
        Count("calls", on="call"),
    ],
    rules=[
        EventRule("order", on="order", where="country == 'FR'", points=1),
        EventRule("score", on="review", points="stars * 2"),
        EventRule("refund", on="refund", points=-5),
        ConditionRule("pro", when="plan == 'pro'", points=3),
        TierRule("spender", signal="spent", tiers=[[100, 10]], mode="highest"),
    ],
)


def shop(name: str, **properties: str | float) -> Event:
    return Event(name, "2026-03-01T10:00:00Z", user="ada", properties=properties)


SHOP_LOG = [
    shop("order", amount=60, country="FR"),
    shop("order", amount="70", country="DE"),
    shop("order", amount=50),
    shop("review", stars=4, plan="pro"),
    shop("review", stars="five"),
    shop("review", plan=3),
    shop("ordr", amount=9),
    shop("ordr", amount=9),
    Event("order", "2026-03-01T10:00:00Z", account="acme", properties={"amount": 1, "country": "FR"}),
    Event("review", "2026-04-01T10:00:00Z", user="ada"),
]


def test_events_that_lack_what_the_model_reads() -> None:
    """As of 2 March: what comes later is not counted."""
    found = quality(SHOP, SHOP_LOG, "2026-03-02T00:00:00Z")
    told = {(t.event, t.property): (t.wants, t.events, t.missing, t.wrong) for t in found.properties}
    assert told == {
        ("order", "amount"): ("number", 4, 0, 1),
        ("order", "country"): ("text", 4, 1, 0),
        ("review", "stars"): ("number", 3, 1, 1),
        ("*", "plan"): ("any", 9, 0, 1),
    }
    assert "amount of order: 1 not a number, of 4" in str(found)
    assert "stars of review: 1 without, 1 not a number, of 3" in str(found)


def test_signals_are_read_from_selectors_only() -> None:
    """A name in a condition over signals is no property."""
    assert "spent" not in {trouble.property for trouble in quality(SHOP, SHOP_LOG).properties}


def test_names_that_nobody_bears_and_names_that_nobody_reads() -> None:
    found = quality(SHOP, SHOP_LOG, "2026-03-02T00:00:00Z")
    assert found.events.unseen == ("call", "refund")
    assert found.events.unattributed == 1
    assert found.ignored == {}  # a signal reads every event
    named = evolve(SHOP, signals=SHOP.signals[::2], rules=[r for r in SHOP.rules if r.name != "pro"])
    assert quality(named, SHOP_LOG).ignored == {"ordr": 2}
    later = [*SHOP_LOG, Event("ordr", "2026-04-01T10:00:00Z", user="ada")]
    assert quality(named, later, "2026-03-02T00:00:00Z").ignored == {"ordr": 2}


def test_events_that_are_left_out_are_told_with_the_reason() -> None:
    text = str(quality(SHOP, SHOP_LOG, "2026-03-02T00:00:00Z"))
    assert "events: 10; left out 1 without a subject, 1 after the instant\n" in text


def test_rules_that_never_pay() -> None:
    """An event rule that paid once is alive, though its points are gone; a condition is read as of now."""
    assert quality(SHOP, SHOP_LOG, "2026-03-02T00:00:00Z").never == ("refund", "pro")
    faded = ScoreModel("m", subject="user", rules=[EventRule("o", on="order", points=1, window="1d")])
    assert quality(faded, SHOP_LOG, "2026-05-01T00:00:00Z").never == ()


def test_one_subject() -> None:
    found = quality(SHOP, SHOP_LOG, "2026-03-02T00:00:00Z")
    ada = found["ada"]
    assert ada.rule == "spender"
    assert ada.share == pytest.approx(10 / 19)
    assert "ada (None): nothing odd; 53% of the points from spender" in str(ada)
    assert ada.to_dict()["subject"] == "ada"
    with pytest.raises(UnknownSubject, match="this error's `nearest`"):
        found["adaa"]


def test_forms() -> None:
    found = quality(worlds.MODEL, worlds.events(5))
    table = found.to_arrow()
    assert table.num_rows == len(found)
    assert np.array_equal(table["lost"].to_numpy(), found.lost)
    assert found.to_dict()["subjects"] == len(found)
    assert "event names that nothing reads" not in str(found)
    assert found._repr_html_().startswith("<pre>")


def test_without_events_and_with_a_window_that_is_none() -> None:
    assert len(quality(MODEL, [])) == 0
    assert "0 subjects" in str(quality(MODEL, []))
    with pytest.raises(ModelError, match="window"):
        quality(MODEL, [], window="soon")
