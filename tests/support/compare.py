"""Whether two answers to the same case are the same answer.

Lives here: the tolerance of the contract, and the differences between two results in words.
Lives elsewhere: where the answers come from, and what to do with a difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from questscore.results.table import Rows

TOLERANCE = 1e-9

Answers = Mapping[str, Mapping[str, Any]] | Rows


class ScoreLike(Protocol):
    """What the definition returns for a subject."""

    subject: str
    value: float | None
    raw: float | None
    level: str | None
    adjustments: float
    points: Mapping[str, float | None]
    signals: Mapping[str, float | str | None]


def plain(scores: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The definition's scores in the form of ``ScoreTable.to_dicts()``."""
    return {
        subject: {
            "subject": score.subject,
            "score": score.value,
            "raw": score.raw,
            "level": score.level,
            "points": dict(score.points),
            "adjustments": score.adjustments,
            "signals": dict(score.signals),
        }
        for subject, score in scores.items()
    }


def equal(found: object, expected: object, tolerance: float = TOLERANCE) -> bool:
    """Whether two values are one: numbers to the tolerance, None only None, texts exactly.

    >>> equal(0.1 + 0.2, 0.3), equal(1, "1"), equal(0.0, None)
    (True, False, False)
    """
    if isinstance(found, int | float) and isinstance(expected, int | float):
        return found == expected or abs(found - expected) <= tolerance * max(1.0, abs(found), abs(expected))
    return type(found) is type(expected) and found == expected


def differences(found: Answers, expected: Answers, tolerance: float = TOLERANCE) -> list[str]:
    """What differs between two answers, a line each; empty when they are one.

    Stricter than `equal` in one thing: where exactly 0 is expected, as of a sum of no terms, 0 must be found.
    (A sum whose terms cancel could be next to 0 in one of the two; in the cases there are, none is.)
    """
    found, expected = dict(found.items()), dict(expected.items())
    lines = [f"{subject}: not scored" for subject in expected if subject not in found]
    lines += [f"{subject}: scored, and should not be" for subject in found if subject not in expected]
    for subject in expected:
        if subject in found:
            lines += _differences(f"{subject}", found[subject], expected[subject], tolerance)
    return lines


def _differences(place: str, found: object, expected: object, tolerance: float) -> Iterable[str]:
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        for key in {**expected, **found}:
            if key not in found or key not in expected:
                yield f"{place}.{key}: {'missing' if key not in found else 'not expected'}"
            else:
                yield from _differences(f"{place}.{key}", found[key], expected[key], tolerance)
    elif not equal(found, expected, tolerance) or (expected == 0 and found != 0):
        yield f"{place}: found {found!r}, expected {expected!r}"
