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


@pytest.mark.parametrize("time", [(1,), [], {}, b"now", None])
def test_a_mapping_is_one_event_whatever_is_in_it(time: object) -> None:
    """A stranger's event is rejected and counted; it is never taken for columns, whose faults are raised."""
    report = Scorer(MODEL).ingest({"name": ["a"], "time": time, "user": ["ada"]})
    assert (report.received, report.rejected, report.rejections[0].field) == (1, 1, "name")
