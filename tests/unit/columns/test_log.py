"""Settling a log: whose each event is, which of several with one id stands, and the order of ties.

The definition is ``reference.settled``; here the columns are held against it, and both against cases by hand.
"""

from __future__ import annotations

from random import Random
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import questscore
from questscore import Count, Event, Latest, reference
from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.model.event import canonical
from unit.engine.both import a_model, both, ev

Kind = Literal["user", "account"]


def settled(events: list[Event], subject: Kind = "user", until: int | None = None) -> list[Event]:
    """The events that stand, as the columns have them."""
    return list(settle(questscore.read_events(events), subject, until).table)


def by_definition(events: list[Event], subject: Kind, until: int | None) -> dict[str, list[Event]]:
    """Settled events by subject."""
    model = a_model(subject=subject)
    return reference.by_subject(model, [e for e in events if until is None or e.time <= until])


def by_columns(events: list[Event], subject: Kind, until: int | None) -> dict[str, list[Event]]:
    """The same, of the columns; every subject's events stand in the order of the log."""
    found: dict[str, list[Event]] = {}
    for event in settled(events, subject, until):
        found.setdefault(str(getattr(event, subject)), []).append(event)
    return dict(sorted(found.items()))


# -- by hand


def test_events_stand_in_order_of_time_however_they_came() -> None:
    log = [ev("a", f"2026-03-0{day}") for day in (3, 1, 2)]
    assert [e.time for e in settled(log)] == sorted(e.time for e in log)


def test_what_comes_after_the_instant_is_not_there() -> None:
    log = [ev("a", f"2026-03-0{day}") for day in (3, 1, 2)]
    assert len(settled(log, until=log[2].time)) == 2
    assert len(settled(log, until=log[2].time - 1)) == 1
    assert settled(log, until=log[1].time - 1) == []


def test_events_without_the_models_kind_of_subject_are_unattributed() -> None:
    log = [ev("a", "2026-03-01"), ev("a", "2026-03-01", user=None), ev("a", "2026-03-01", account=None)]
    table = questscore.read_events(log)
    of_users, of_accounts = settle(table, "user"), settle(table, "account")
    assert (len(of_users), of_users.unattributed) == (2, 1)
    assert (len(of_accounts), of_accounts.unattributed) == (2, 1)


def test_the_first_of_an_id_stands_and_the_others_are_duplicates_or_conflicts() -> None:
    log = [
        ev("a", "2026-03-02", id="e", x=1),  # other time: a conflict
        ev("a", "2026-03-01", id="e", x=1),  # stands
        ev("a", "2026-03-01", id="e", x=1.0),  # a duplicate: 1 and 1.0 are one value
        ev("a", "2026-03-01", id="e", x=True),  # so is True
        ev("a", "2026-03-01", id="e", x="1"),  # but not the text: "1" in quotes stands before 1.0
        ev("a", "2026-03-01", id="e"),  # nor nothing
        ev("b", "2026-03-01", id="e", x=1),  # nor another name
        ev("a", "2026-03-01", id="e", x=1, account="zen"),  # nor another account
        ev("a", "2026-03-01", id="e", x=1, user="bob"),  # another subject's: stands
        ev("a", "2026-03-01", id="f", x=1),
    ]
    found = settle(questscore.read_events(log), "user")
    # the text's JSON '{"x": "1"}' stands before '{"x": 1.0}', so it is the first: all others are conflicts
    stands = [(e.user, e.id, e.properties) for e in found.table]
    assert sorted(map(str, stands)) == [
        "('ada', 'e', {'x': '1'})",
        "('ada', 'f', {'x': 1.0})",
        "('bob', 'e', {'x': 1.0})",
    ]
    assert (found.duplicates, found.conflicts.tolist()) == (0, [0, 1, 2, 3, 5, 6, 7])
    without_text = [e for e in log if e.properties.get("x") != "1"]
    found = settle(questscore.read_events(without_text), "user")
    assert (found.duplicates, found.conflicts.tolist()) == (2, [0, 4, 5, 6])


def test_conflicts_are_rows_of_the_table_that_was_given() -> None:
    """So that a host can find them: unattributed and later rows before them shift nothing."""
    log = [
        ev("a", "2026-03-01", user=None),
        ev("a", "2026-03-09"),
        ev("a", "2026-03-03", id="e", x=2),
        ev("a", "2026-03-02", id="e", x=1),
        ev("a", "2026-03-04", id="e", x=1),
    ]
    found = settle(questscore.read_events(log), "user", until=log[4].time)
    assert found.conflicts.tolist() == [2, 4]


def test_without_ids_like_events_are_all_there() -> None:
    log = [ev("a", "2026-03-01")] * 3 + [ev("a", "2026-03-01", id="")] * 2
    assert len(settled(log)) == 5


@pytest.mark.parametrize("order", range(6))
def test_a_tie_is_put_into_canonical_order_on_each_key_in_turn(order: int) -> None:
    tie = [
        ev("b", "2026-03-01", account=None),
        ev("a", "2026-03-01", account="zen"),
        ev("a", "2026-03-01", account="acme", x=10),
        ev("a", "2026-03-01", account="acme", x=9),
        ev("a", "2026-03-01", account="acme", x="é"),
        ev("a", "2026-03-01", account=None, id="1"),
        ev("a", "2026-03-01", account="Zoë", id="0"),
    ]
    shuffled = Random(order).sample(tie, len(tie))
    assert settled(shuffled) == sorted(tie, key=canonical)


def test_canonical_order_by_text_is_that_of_code_points() -> None:
    """As Python compares: "Z" before "a" before "é" before astral characters."""
    names = ["a", "Z", "é", "ä", "😀", "aa", "a b", "~", "\uffff"]
    log = [ev(name, "2026-03-01") for name in names]
    assert [e.name for e in settled(log)] == sorted(names)


def test_a_table_in_order_is_not_copied() -> None:
    """Ten million rows that need no sorting are taken as they are."""
    table = questscore.read_events([ev("a", f"2026-03-0{day}") for day in (1, 2, 3)])
    assert settle(table, "user").table is table


def test_an_empty_table_settles_to_nothing() -> None:
    assert settled([]) == []


def test_members_are_pairs_of_account_and_user() -> None:
    log = [
        ev("a", "2026-03-01"),
        ev("a", "2026-03-02", account="zen"),
        ev("a", "2026-03-03", user="bob"),
        ev("a", "2026-03-04", user=None),
        ev("a", "2026-03-05"),
    ]
    found = settle(questscore.read_events(log), "account")
    assert found.member.size == 3
    codes = found.member.codes.tolist()
    assert codes[0] == codes[4] and codes[3] == -1 and len({codes[0], codes[1], codes[2]}) == 3
    owners = [found.names[found.member.owner[code]] for code in codes if code >= 0]
    assert owners == ["acme", "zen", "acme", "acme"]


# -- against the definition


def events() -> st.SearchStrategy[list[Event]]:
    """Logs of few instants, names and ids, so that much of it ties."""
    value = st.sampled_from([None, 0, -0.0, 1, 1.0, True, "1", "", "x", 9, 10, float("nan")])
    properties = st.dictionaries(st.sampled_from(["x", "y", "x.z"]), value, max_size=2)
    event = st.builds(
        Event,
        name=st.sampled_from(["a", "b", "questscore.adjust", "questscore.reset"]),
        time=st.sampled_from([10**15, 10**15 + 1, 10**15 + 2, 10**15 - 1]),
        user=st.sampled_from(["ada", "bob", "Zoë"]),
        account=st.sampled_from(["acme", "zen", None]),
        properties=properties,
        id=st.sampled_from([None, "", "1", "2", "10"]),
    )
    return st.lists(event, max_size=14)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    events(), st.sampled_from(["user", "account"]), st.sampled_from([None, 10**15 - 2, 10**15, 10**15 + 1])
)
def test_the_columns_settle_as_the_definition_does(
    log: list[Event], subject: Kind, until: int | None
) -> None:
    defined, found = by_definition(log, subject, until), by_columns(log, subject, until)
    assert {name: [*map(canonical, own)] for name, own in found.items()} == {
        name: [*map(canonical, own)] for name, own in defined.items()
    }


@settings(max_examples=60, deadline=None, derandomize=True)
@given(events(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_is_nothing_to_it(log: list[Event], rng: Random) -> None:
    shuffled = rng.sample(log, len(log))
    plain, mixed = (settle(questscore.read_events(given), "user") for given in (log, shuffled))
    assert _per_subject(plain.table) == _per_subject(mixed.table)
    assert (plain.duplicates, len(plain.conflicts), plain.unattributed) == (
        mixed.duplicates,
        len(mixed.conflicts),
        mixed.unattributed,
    )


def _per_subject(table: EventTable) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for event in table:
        found.setdefault(event.user or "", []).append(canonical(event))
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(events(), st.sampled_from([10**15, 10**15 + 1]))
def test_every_event_is_accounted_for_once(log: list[Event], at: int) -> None:
    """events = applied + later + unattributed + duplicates + conflicts, and applied is what stands."""
    report = questscore.score(a_model(subject="account"), log, at).report
    later = sum(event.time > at for event in log)
    assert (report.events, report.later) == (len(log), later)
    assert report.applied == len(settled(log, "account", at))
    assert report.unattributed == sum(event.account is None and event.time <= at for event in log)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(events(), st.sampled_from(["user", "account"]))
def test_what_depends_on_ties_is_the_same_both_ways(log: list[Event], subject: Kind) -> None:
    both(
        a_model(
            [
                Count("n", on="*"),
                Latest("x", on="*", property="x"),
                Latest("who", on="*", property="event_name"),
            ],
            subject=subject,
        ),
        log,
        10**15 + 1,
    )


def test_short_codes_of_names_hold_more_than_256_names() -> None:
    """Names are kept in as few bytes as they fit: the 257th is not the first."""
    for many in (255, 256, 257, 300):
        log = [ev(f"n{i}", "2026-03-01T00:00:00") for i in range(many)]
        assert len(np.unique(settle(questscore.read_events(log), "user").short_names)) == many
        ends = [Count("last", on=f"n{many - 1}"), Count("first", on="n0")]
        assert dict(both(a_model(ends), log, "2026-03-02")["ada"].signals) == {"last": 1, "first": 1}
