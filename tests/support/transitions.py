"""Whether two lists of changes of level are one.

Lives here: the definition's changes, what is left of changes once retractions cancel, the comparison, and
what to think of a difference.
Lives elsewhere: cases of levels that move (`moving`), the tolerance for numbers (`compare`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import asdict, evolve

import questscore
from questscore import Event, ScoreModel, Transition, reference
from support.cases import Case
from support.compare import equal
from support.judge import Answer, near_an_edge
from support.models import Mapping


def defined(model: ScoreModel, events: Iterable[Mapping], to: int) -> list[Transition]:
    """The definition's changes up to an instant."""
    return reference.transitions(model, [Event(**event) for event in events], to)


def key(move: Transition) -> tuple[object, ...]:
    """All of a change but its score, which has a tolerance."""
    return (move.subject, move.time, move.before, move.after, move.cause, move.passed)


def cancelled(told: Iterable[Transition]) -> list[Transition]:
    """What is left of all that was told: each retraction takes back one change told before it, to the bit.

    Raises:
        AssertionError: Something is taken back that did not stand.
    """
    standing: list[Transition] = []
    for move in told:
        if move.retracted:
            undone = evolve(move, retracted=False)
            assert undone in standing, f"taken back, and not told before: {move!r}"
            standing.remove(undone)
        else:
            standing.append(move)
    return sorted(standing, key=lambda move: (move.time, move.subject))


def moves_differ(found: Sequence[Transition], expected: Sequence[Transition]) -> list[str]:
    """What differs between two lists of changes, in words; empty when they are one."""
    lines = []
    for i in range(max(len(found), len(expected))):
        one = found[i] if i < len(found) else None
        other = expected[i] if i < len(expected) else None
        if one is None or other is None or not same(one, other):
            lines.append(f"change {i}: found {one!r}, expected {other!r}")
    return lines


def same(one: Transition, other: Transition) -> bool:
    """Whether two changes are one, their scores to the tolerance of the contract."""
    return key(one) == key(other) and one.retracted == other.retracted and equal(one.score, other.score)


def well_ordered(moves: Sequence[Transition]) -> bool:
    """Whether changes stand by time and subject, retractions before what replaces them."""
    places = [(move.time, move.subject, not move.retracted) for move in moves]
    return places == sorted(places)


SHIFTED = 10_000
"""Microseconds by which rounding may shift the instant at which an ageing score crosses an edge."""


def rounding_decides(model: Mapping, events: Sequence[Mapping], to: int, found: Sequence[Transition]) -> bool:
    """Whether what was found differs from the definition in no more than rounding can do.

    A crossing stands at a microsecond, and within a microsecond an ageing score moves by less than a double
    can tell. So a change may stand some microseconds off where the definition's score hardly moves between;
    beyond that, the definition must give what was found once its inexact sums move by next to nothing.
    """
    loaded = questscore.load_model(model)
    expected = defined(loaded, events, to)
    snapped = _snapped(loaded, events, expected, found)
    if not moves_differ(found, snapped):
        return True

    def answer(case: Case) -> Answer:
        shaken = questscore.load_model(case.model)
        return _answer(_snapped(shaken, case.events, defined(shaken, case.events, to), found))

    return near_an_edge(Case(model, list(events), to), _answer(found), answer)


def _snapped(
    model: ScoreModel, events: Sequence[Mapping], expected: Sequence[Transition], found: Sequence[Transition]
) -> list[Transition]:
    """The expected changes, at the instants found for them where the score hardly moves between the two."""
    own = reference.by_subject(model, [Event(**event) for event in events])
    snapped = []
    near: dict[tuple[object, ...], list[Transition]] = {}
    for move in found:
        near.setdefault((move.subject, move.before, move.after), []).append(move)
    for move in expected:
        for other in near.get((move.subject, move.before, move.after), ()):
            if 0 < abs(other.time - move.time) <= SHIFTED:
                subject = reference.Subject(model, own[move.subject])
                if equal(subject.score("", other.time).value, subject.score("", move.time).value):
                    move = evolve(move, time=other.time)
                    break
        snapped.append(move)
    return sorted(snapped, key=lambda move: (move.time, move.subject))


def _answer(moves: Sequence[Transition]) -> Answer:
    found: dict[str, dict[str, Any]] = {}
    for move in moves:
        told = asdict(move) | {"time": str(move.time), "passed": ", ".join(move.passed)}
        own = found.setdefault(move.subject, {})
        own[str(len(own))] = told
    return found
