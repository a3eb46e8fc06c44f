"""Told: changes of level as columns, as a snapshot holds them.

Lives here: the parts of a list of changes, and the list they were.
Lives elsewhere: which lists a scorer has (stored), how parts stand in a file (snapshot).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from questscore.model.result import Transition
from questscore.snapshot import Json, Part, Parts

T = TypeVar("T", bound=Hashable)


def parts_of(changes: Sequence[Transition]) -> dict[str, Part]:
    """The parts of a list of changes."""
    subjects, subject = _coded(change.subject for change in changes)
    levels, level = _coded(name for change in changes for name in (change.before, change.after))
    causes, cause = _coded(change.cause for change in changes)
    ways, way = _coded(change.passed for change in changes)
    words: Json = {"levels": levels, "causes": causes, "ways": [list(names) for names in ways]}
    return {
        "words": words,
        "subjects": subjects,
        "subject": subject,
        "time": np.array([change.time for change in changes], dtype=np.int64),
        "level": level.reshape(-1, 2),
        "score": np.array([np.nan if c.score is None else c.score for c in changes], dtype=np.float64),
        "cause": cause,
        "way": way,
        "retracted": np.array([change.retracted for change in changes], dtype=np.bool_),
    }


def changes_in(parts: Parts, start: str) -> list[Transition]:
    """The changes whose parts' names begin like that."""
    words = cast("dict[str, list[str]]", parts.json(f"{start}words"))
    levels, causes = cast("list[str | None]", words["levels"]), words["causes"]
    ways = [tuple(names) for names in words["ways"]]
    subjects = cast("list[str]", parts.texts(f"{start}subjects"))
    columns = (
        parts.array(f"{start}{name}").tolist()
        for name in ("subject", "time", "level", "score", "cause", "way", "retracted")
    )
    return [
        Transition(
            subjects[subject],
            time,
            levels[before],
            levels[after],
            None if score != score else score,
            causes[cause],
            ways[way],
            retracted,
        )
        for subject, time, (before, after), score, cause, way, retracted in zip(*columns, strict=True)
    ]


def _coded(values: Iterable[T]) -> tuple[list[T], NDArray[np.int32]]:
    """The different values, and which of them each is."""
    code: dict[T, int] = {}
    places = [code.setdefault(value, len(code)) for value in values]
    return list(code), np.array(places, dtype=np.int32)
