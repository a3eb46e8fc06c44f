"""What events hold stands in no text of an error, no reason of a rejection and no repr: these end in logs."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import questscore as qs
from questscore.review import quality

SECRET = "ada.lovelace@example.com"  # noqa: S105
NUMBER = 9_007_199_254_799_173
NOW = "2026-03-01T09:00:00Z"


def an_event(**given: Any) -> dict[str, Any]:
    return {"name": "pay", "time": NOW, "user": "u", **given}


class Spiteful(float):
    def __float__(self) -> float:
        raise RuntimeError(SECRET)


BROKEN: list[dict[str, Any]] = [
    an_event(user=[SECRET]),
    an_event(user={"mail": SECRET}),
    an_event(user=NUMBER),
    an_event(account=NUMBER),
    an_event(account=SECRET.encode()),
    an_event(id=NUMBER),
    an_event(id=(SECRET,)),
    an_event(name={"mail": SECRET}),
    an_event(time={"mail": SECRET}),
    an_event(time=[SECRET]),
    an_event(properties={"mail": [SECRET]}),
    an_event(properties={"mail": SECRET.encode()}),
    an_event(properties={"card": NUMBER}),
    an_event(properties={"card": -NUMBER}),
    an_event(properties={"card": {"number": NUMBER}}),
    an_event(properties={"card": Decimal("Infinity"), "mail": SECRET}),
    an_event(properties={"a.b": SECRET, "a": {"b": SECRET}}),
    an_event(properties=SECRET),
    an_event(properties=[SECRET]),
    an_event(user=None, properties={"mail": SECRET}, id=SECRET),
    an_event(time="soon", user=SECRET, id=SECRET, properties={"mail": SECRET}),
]


def tells(text: str) -> bool:
    return SECRET in text or str(NUMBER) in text


@pytest.mark.parametrize("given", BROKEN)
def test_an_event_that_cannot_be_one_is_told_without_what_it_holds(given: dict[str, Any]) -> None:
    (rejection,) = qs.read_events([given]).rejections
    assert not tells(str(rejection)) and not tells(repr(rejection)) and rejection.reason
    with pytest.raises(qs.EventError) as none:
        qs.score(MODEL, [given])
    assert not tells(str(none.value)) and not tells(repr(none.value))
    with pytest.raises(qs.EventError) as caught:
        qs.Event(**given)
    assert not tells(str(caught.value)) and not tells(repr(caught.value))


def test_what_a_value_says_when_it_fails_is_not_told_either() -> None:
    for table in (
        qs.read_events([an_event(mail=Spiteful(1.5))]),
        qs.read_events({"name": ["pay"], "time": [NOW], "user": ["u"], "mail": [Spiteful(1.5)]}),
    ):
        assert not tells(str(table.rejections[0])) and "RuntimeError" in table.rejections[0].reason


def test_cells_of_a_file_are_told_by_their_length(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(f"name,time,user,card,mail\npay,{NOW},u,{NUMBER},{SECRET}\npay,{NOW},u,1,{SECRET}\n")
    for types in ({"mail": "number"}, {"mail": "boolean"}, {}):
        rejections = qs.read_events(path, types=types).rejections
        assert rejections and not any(tells(str(rejection)) for rejection in rejections)
    lines = tmp_path / "events.jsonl"
    doubled = f'{{"user": "{SECRET}", "user": "{SECRET}"}}'
    lines.write_text(f'{json.dumps(an_event(card=NUMBER))}\n{doubled}\n"{SECRET}"\n')
    assert not any(tells(str(rejection)) for rejection in qs.read_events(lines).rejections)


MODEL = qs.ScoreModel("m", subject="user", rules=[qs.EventRule("r", on="pay", points=1, half_life="1d")])
LOG = [an_event(user=SECRET, id=SECRET), an_event(user=f"{SECRET}m")]


def a_scorer() -> qs.Scorer:
    scorer = qs.Scorer(MODEL)
    scorer.ingest(LOG)
    return scorer


@pytest.mark.parametrize(
    "ask",
    [
        lambda: qs.score(MODEL, LOG)[f"{SECRET}n"],
        lambda: qs.explain(MODEL, LOG, f"{SECRET}n"),
        lambda: qs.explain(MODEL, LOG, SECRET, "2026-01-01T00:00:00Z"),
        lambda: a_scorer().score(f"{SECRET}n"),
        lambda: a_scorer().score(SECRET, "2026-01-01T00:00:00Z"),
        lambda: a_scorer().explain(f"{SECRET}n"),
        lambda: a_scorer().explain_change(SECRET, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        lambda: a_scorer().forecast(f"{SECRET}n"),
        lambda: a_scorer().forget(f"{SECRET}n"),
        lambda: quality(MODEL, LOG)[f"{SECRET}n"],
    ],
)
def test_an_unknown_subject_is_known_to_who_asked_alone(ask: Callable[[], object]) -> None:
    with pytest.raises(qs.UnknownSubject) as caught:
        ask()
    assert not tells(str(caught.value)) and not tells(repr(caught.value))
    assert str(caught.value.subject).startswith(SECRET)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert (str(again), again.subject, again.nearest) == (
        str(caught.value),
        caught.value.subject,
        caught.value.nearest,
    )


@pytest.mark.parametrize(
    "rows", [[(SECRET, "soon")], [(SECRET, SECRET)], [(SECRET,)], [("u", NOW), (NUMBER, NOW)], [SECRET, 5]]
)
def test_a_table_of_outcomes_is_told_by_its_row(rows: list[Any]) -> None:
    with pytest.raises(qs.EventError) as caught:
        qs.churn(rows)
    assert not tells(str(caught.value)) and caught.value.problems[0].where


def test_a_repr_says_types_and_lengths() -> None:
    event = qs.Event("pay", NOW, SECRET, SECRET, {"mail": SECRET, "card": 41, "paid": True}, SECRET)
    assert repr(event) == (
        "Event(name='pay', time=1772355600000000, user=<str of 24>, account=<str of 24>, properties="
        "{'mail': <str of 24>, 'card': <int>, 'paid': <bool>}, id=<str of 24>)"
    )
    table = qs.read_events([event])
    for shown in (table, table.user, table.id, table.properties["mail"], table.properties["card"]):
        assert not tells(repr(shown)) and "41." not in repr(shown)
    assert not tells(repr(a_scorer()))
