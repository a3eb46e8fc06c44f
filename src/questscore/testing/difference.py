"""What differs between two answers about the same subjects.

Lives here: when two numbers are one; how scores, tables of them and changes of level differ, in words.
Lives elsewhere: where the answers come from (parity, story), how pytest shows them (pytest_plugin).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from questscore.model.result import Score, Transition
from questscore.results.table import ScoreTable

TOLERANCE = 1e-9
_SHOWN = 20


def same(found: object, expected: object, tolerance: float = TOLERANCE, size: float = 1.0) -> bool:
    """Whether two values are one: numbers to the tolerance, texts exactly, None only None.

    Args:
        found, expected: The values.
        tolerance: A share of the largest of 1, the two numbers and ``size``.
        size: The sum of the absolute terms that the numbers are sums of, where it is known.

    >>> same(0.1 + 0.2, 0.3), same(0.0, None), same(1, "1")
    (True, False, False)
    """
    if isinstance(found, int | float) and isinstance(expected, int | float):
        largest = max(1.0, abs(found), abs(expected), size)
        return found == expected or abs(found - expected) <= tolerance * largest
    return type(found) is type(expected) and found == expected


def score_differences(found: Score, expected: Score, tolerance: float = TOLERANCE) -> Iterator[str]:
    """What differs between two scores of one subject, causes first: signals, rules, their sums."""
    yield from _by_name("signal", found.signals, expected.signals, tolerance)
    yield from _by_name("rule", found.points, expected.points, tolerance)
    terms = [points for points in expected.points.values() if points is not None]
    size = sum(map(abs, [*terms, expected.adjustments]))
    for what, one, other in (
        ("adjustments", found.adjustments, expected.adjustments),
        ("raw", found.raw, expected.raw),
        ("score", found.value, expected.value),
        ("level", found.level, expected.level),
    ):
        if not same(one, other, tolerance, size):
            yield f"{what}: {said(one, other)}"


def _by_name(
    what: str, found: Mapping[str, object], expected: Mapping[str, object], tolerance: float
) -> Iterator[str]:
    for name in {**expected, **found}:
        if name not in found or name not in expected:
            yield f"{what} {name!r}: {'missing' if name not in found else 'not expected'}"
        elif not same(found[name], expected[name], tolerance):
            yield f"{what} {name!r}: {said(found[name], expected[name])}"


def said(found: object, expected: object) -> str:
    """Two values that differ, and by how much where they are numbers."""
    text = f"{found!r}, expected {expected!r}"
    if isinstance(found, int | float) and isinstance(expected, int | float):
        text += f" (off by {found - expected:.3g})"
    return text


def scores_differ(
    found: Mapping[str, Score], expected: Mapping[str, Score], tolerance: float = TOLERANCE
) -> Iterator[tuple[str, str]]:
    """Subject and difference, by subject."""
    for subject in sorted({*found, *expected}):
        if subject not in found:
            yield subject, "not scored"
        elif subject not in expected:
            yield subject, "scored, and should not be"
        else:
            for line in score_differences(found[subject], expected[subject], tolerance):
                yield subject, line


def transitions_differ(
    found: Sequence[Transition],
    expected: Sequence[Transition],
    tolerance: float = TOLERANCE,
    slack: int = 0,
) -> Iterator[tuple[str, str]]:
    """Subject and difference between two lists of changes of level, each sorted by time and subject.

    Args:
        found, expected: The changes.
        tolerance: Of their scores.
        slack: By how many microseconds a change may be off.
    """
    for i in range(max(len(found), len(expected))):
        one = found[i] if i < len(found) else None
        other = expected[i] if i < len(expected) else None
        if one is None or other is None or not _same_change(one, other, tolerance, slack):
            first = other or one
            assert first is not None  # noqa: S101
            yield first.subject, f"change of level {i}: {_told(one)}, expected {_told(other)}"


def _same_change(one: Transition, other: Transition, tolerance: float, slack: int) -> bool:
    alike = [(c.subject, c.before, c.after, c.cause, c.passed, c.retracted) for c in (one, other)]
    near = abs(one.time - other.time) <= slack
    return near and alike[0] == alike[1] and same(one.score, other.score, tolerance)


def _told(change: Transition | None) -> str:
    if change is None:
        return "none"
    return f"{change} at {change.score!r}" + (" taken back" if change.retracted else "")


def table_differences(found: ScoreTable, expected: ScoreTable, tolerance: float = TOLERANCE) -> list[str]:
    """What differs between two score tables, a line each; empty when they say the same.

    Compared are subjects, signals, points, adjustments, raw scores, scores and levels; not the reports.

    Args:
        found, expected: The tables.
        tolerance: Of the numbers, as a share of the larger one, and of at least 1.

    >>> from questscore import EventRule, ScoreModel, score
    >>> login = {"name": "login", "time": "2026-03-01T09:00:00Z", "user": "ada"}
    >>> rules = [EventRule("r", on="login", points=points) for points in (5, 6)]
    >>> five, six = (score(ScoreModel("m", subject="user", rules=[rule]), [login]) for rule in rules)
    >>> print("\\n".join(table_differences(five, six)))
    ada: rule 'r': 5.0, expected 6.0 (off by -1)
    ada: raw: 5.0, expected 6.0 (off by -1)
    ada: score: 5.0, expected 6.0 (off by -1)
    """
    ones, others = ({row.subject: row for row in table} for table in (found, expected))
    return [f"{subject}: {line}" for subject, line in scores_differ(ones, others, tolerance)]


def assert_scores_equal(found: ScoreTable, expected: ScoreTable, tolerance: float = TOLERANCE) -> None:
    """That two score tables say the same of every subject; else what differs.

    Args:
        found, expected: The tables; for what is compared see `table_differences`.
        tolerance: Of the numbers, as a share of the larger one, and of at least 1.

    Raises:
        AssertionError: They differ; the message has a line for each difference.

    >>> from questscore import EventRule, ScoreModel, score
    >>> model = ScoreModel("m", subject="user", rules=[EventRule("r", on="login", points=5)])
    >>> log = [{"name": "login", "time": f"2026-03-0{day}T09:00:00Z", "user": "ada"} for day in (1, 2)]
    >>> assert_scores_equal(score(model, log), score(model, log[::-1]))
    """
    __tracebackhide__ = True
    if lines := table_differences(found, expected, tolerance):
        more = [f"… and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
        head = f"the scores differ in {len(lines):,} place{'s' if len(lines) > 1 else ''}:"
        raise AssertionError("\n  ".join([head, *lines[:_SHOWN], *more]))
