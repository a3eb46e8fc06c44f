"""Options of the doors of calibration, looked at before anything is read.

Lives here: what each may be, and the error of what it may not, by its name.
Lives elsewhere: what they mean (each door).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from questscore.calibration.fitting import CANDIDATES
from questscore.errors import ModelError, Problem
from questscore.model.definition import one_of
from questscore.model.score_model import ScoreModel
from questscore.model.selector import selector
from questscore.model.time import Duration

_LEAST = {"number": 1, "training": 1, "periods": 1, "maximum": 1, "draws": 0, "seed": 0, "capacity": 0}
_LENGTHS = ("horizon", "step", "lookback", "recent", "window", "silence")
_SUBJECTS = ("exclude", "flagged")


def check(model: object, options: Mapping[str, object]) -> None:
    """That a model is one, and that each option is what it may be; None is what it is by default.

    Raises:
        ModelError: The model is none, or options mean nothing: all of them at once.

    >>> check(ScoreModel("m", subject="user"), {"draws": -1, "exclude": 5})
    Traceback (most recent call last):
        ...
    questscore.errors.ModelError: draws: -1 is no whole number of at least 0
      fix: write such as 1
    exclude: a int is no list of subjects
      fix: pass such as ['test-user']
    """
    if not isinstance(model, ScoreModel):
        raise ModelError(f"a {type(model).__name__} is no ScoreModel", fix="pass load_model(…) of it")
    given = ((name, value) for name, value in options.items() if value is not None or name in _LEAST)
    problems = [problem.under(name) for name, value in given if (problem := _wrong(name, value))]
    if problems:
        raise ModelError(problems)


def _wrong(name: str, value: Any) -> Problem | None:
    kind = type(value).__name__
    if name in _LEAST:
        whole = not isinstance(value, bool) and hasattr(value, "__index__")
        if (whole and value.__index__() >= _LEAST[name]) or (value is None and name == "capacity"):
            return None
        return Problem("", f"{value!r} is no whole number of at least {_LEAST[name]}", "write such as 1")
    if name in _LENGTHS:
        return _of(Duration.of, value)
    listed = isinstance(value, Iterable) and not isinstance(value, (str, bytes))
    if name in _SUBJECTS:
        if listed or isinstance(value, str):
            return None
        return Problem("", f"a {kind} is no list of subjects", "pass such as ['test-user']")
    if name == "half_lives":
        if not listed:
            return Problem("", f"a {kind} is no list of half-lives", "pass such as ['30d']")
        return next(filter(None, (_of(Duration.of, each) for each in value if each is not None)), None)
    if name == "candidates":
        fix = f"pass some of {', '.join(map(repr, CANDIDATES))}"
        if not listed or not value:
            return Problem("", f"{value!r} names no candidates", fix)
        return next(filter(None, (_of(_candidate, each) for each in value)), None)
    if name == "signs":
        fix = "pass such as {'invited': 1}"
        return None if isinstance(value, Mapping) else Problem("", f"a {kind} is no mapping", fix)
    if name == "active":
        return _of(selector, value)
    if name == "progress":
        return None if callable(value) else Problem("", f"a {kind} cannot be called", "pass a function")
    return None


def _candidate(value: object) -> str:
    return one_of(value, CANDIDATES)


def _of(read: Callable[[object], object], value: object) -> Problem | None:
    try:
        read(value)
    except ModelError as error:
        return error.problems[0]
    return None
