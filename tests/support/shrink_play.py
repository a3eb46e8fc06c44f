"""A failing play made smaller, as long as it keeps failing in the same way.

Lives here: fewer steps, fewer events in them, then a smaller model; and the play as text to be kept.
Lives elsewhere: smaller models (`shrink`), the steps (`play`).
"""

from __future__ import annotations

import pprint
from collections.abc import Callable, Iterator, Sequence

from support.cases import Case, instant_of
from support.models import Mapping
from support.play import Play, Step
from support.shrink import shrink

TRIES = 1500
"""How many plays are tried at most: a play that fails is told of, not pondered for ever."""


def failure(play: Play, steps: Sequence[Step]) -> BaseException | None:
    """What goes wrong when such a play takes these steps, None when nothing does."""
    again = Play(play.model, play.retain, play.pressures)
    try:
        for step in steps:
            again.do(step)
    except Exception as error:  # whatever it is
        return error
    return None


def sort_of(error: BaseException | None) -> str:
    """What two failures have in common: the class and the first words."""
    return "" if error is None else f"{type(error).__name__}: {str(error).partition(':')[0]}"


def smaller(play: Play) -> Play:
    """The smallest play found that fails as this one does, its steps not taken but noted."""
    wanted = sort_of(failure(play, play.steps))
    if not wanted:
        return play

    left = TRIES

    def fails(like: Play, steps: Sequence[Step]) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and sort_of(failure(like, steps)) == wanted

    def with_model(model: Mapping) -> Play:
        return Play(model, play.retain, play.pressures)

    for pressure in play.pressures:
        fewer = Play(play.model, play.retain, tuple(p for p in play.pressures if p != pressure))
        if fails(fewer, play.steps):
            fewer.steps = play.steps
            play = fewer
    steps = _fewer(list(play.steps), lambda left: fails(play, left))
    steps = _less(steps, lambda left: fails(play, left))
    model = shrink(Case(play.model, [], 0), lambda case: fails(with_model(case.model), steps)).model
    found = with_model(model)
    steps = _fewer(steps, lambda left: fails(found, left))
    found.steps = _less(steps, lambda left: fails(found, left))
    return found


def _fewer(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps):
            left = steps[:start] + steps[start + size :]
            if fails(left):
                steps = left
            else:
                start += size
        size //= 2
    return steps


def _less(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    again = True
    while again:
        again = False
        for place, step in enumerate(steps):
            for less in _lesser(step):
                left = [*steps[:place], less, *steps[place + 1 :]]
                if fails(left):
                    steps, again = left, True
                    break
            if again:
                break
    return steps


def _lesser(step: Step) -> Iterator[Step]:
    name, arguments = step
    for place, argument in enumerate(arguments):
        if isinstance(argument, list):
            for one in _lesser_events(argument):
                yield name, (*arguments[:place], one, *arguments[place + 1 :])
        elif isinstance(argument, int) and name in ("score", "scores", "explain", "forecast"):
            yield name, (*arguments[:place], None, *arguments[place + 1 :])


def _lesser_events(events: list[Mapping]) -> Iterator[list[Mapping]]:
    for row, event in enumerate(events):
        yield events[:row] + events[row + 1 :]
        for key in ("id", "account", "user", "properties"):
            if key in event:
                yield [*events[:row], {k: v for k, v in event.items() if k != key}, *events[row + 1 :]]
        for key in event.get("properties") or {}:
            kept = {k: v for k, v in event["properties"].items() if k != key}
            yield [*events[:row], {**event, "properties": kept}, *events[row + 1 :]]
        if not isinstance(event.get("time"), int):
            try:
                plain = instant_of(event["time"])
            except (KeyError, AssertionError, TypeError, ValueError):
                continue
            yield [*events[:row], {**event, "time": plain}, *events[row + 1 :]]


def written(play: Play) -> str:
    """A play as Python text."""
    model, steps = (
        pprint.pformat(part, width=108, sort_dicts=False) for part in (play.model, list(play.steps))
    )
    again = f"Play(model, {play.retain!r}, {play.pressures!r})"
    return f"{failure(play, play.steps)!r}\nmodel = {model}\nsteps = {steps}\n{again}"
