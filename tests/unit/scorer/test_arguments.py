"""What a scorer is asked with: odd subjects, paths and sources are told, and never a traceback of ours."""

from __future__ import annotations

from typing import Any

import pytest

from questscore import (
    Event,
    EventRule,
    ModelError,
    ScoreModel,
    Scorer,
    SnapshotError,
    UnknownSubject,
    read_events,
)

MODEL = ScoreModel("m", subject="user", rules=[EventRule("r", on="*", points=1)])


@pytest.mark.parametrize("subject", [["ada"], {"ada"}, {}, 5, None])
def test_what_is_no_subject_is_an_unknown_one(subject: Any) -> None:
    scorer = Scorer(MODEL)
    scorer.ingest(Event("a", "2026-03-01T09:00:00Z", user="ada"))
    assert subject not in scorer
    for ask in (scorer.score, scorer.explain, scorer.forecast, scorer.forget):
        with pytest.raises(UnknownSubject):
            ask(subject)


def test_what_is_no_scorer_and_no_path_is_told() -> None:
    odd: tuple[Any, ...] = (None, 5, [])
    for given in odd:
        with pytest.raises(ModelError, match=r"other: a .* is no Scorer"):
            Scorer(MODEL).merge(given)
        with pytest.raises(SnapshotError, match=r"path: a .* is no path"):
            Scorer(MODEL).save(given)
        with pytest.raises(SnapshotError, match=r"path: a .* is no path"):
            Scorer.load(given)


def test_a_mapping_of_columns_goes_in_as_it_is_read() -> None:
    columns = {"name": ["a", "a"], "time": ["2026-03-01T09:00:00Z"] * 2, "user": ["ada", "bob"]}
    assert Scorer(MODEL).ingest(columns).applied == len(read_events(columns)) == 2
