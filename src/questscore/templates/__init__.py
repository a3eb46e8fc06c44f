"""Templates: models to start from, as files that load by name.

Lives here: the files, finding one by name, and putting your event names in place of its own.
Lives elsewhere: what a model file means (codec), worked examples (docs/reference/templates.md).

>>> from questscore import score, templates
>>> model = templates.load("scores-pipeline", events={"signed_up": "registered"})
>>> score(model, [{"name": "registered", "time": "2026-03-01T09:00:00Z", "account": "acme"}])["acme"].value
30.0
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from questscore.codec import load_model
from questscore.errors import ModelError, nearest
from questscore.model.score_model import ScoreModel

_FOLDER = files(__package__)
# Where a model file names events; a `rollup` has the name of a signal in its `of`.
_SELECTORS = ("on", "first", "then", "steps", "of")


def names() -> tuple[str, ...]:
    """The names of all templates, sorted.

    >>> names()[-2:]
    ('scores-pipeline', 'task-app')
    """
    found = (file.name for file in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def text(name: str) -> str:
    """A template as the text of a model file, comments included.

    Raises:
        ModelError: There is no such template.
    """
    known = names()
    if name not in known:
        near = nearest(name, known) if isinstance(name, str) else None
        hint = f"; the nearest is {near!r}" if near else ""
        raise ModelError(f"{name!r} is no template{hint}", fix=f"write one of {', '.join(known)}")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def about(name: str) -> str:
    """What a template is for, in the sentence that opens it.

    >>> about("scores-pipeline")
    'Points for what a company does in a subscription product, and the stages of a sales pipeline.'
    """
    lines = []
    for line in text(name).split("\n"):
        lines.append(line.removeprefix("#").strip())
        if not lines[-1] or lines[-1][-1] in ".?":
            break
    return " ".join(filter(None, lines))


def event_names(name: str) -> tuple[str, ...]:
    """The event names that a template selects, sorted: what to map yours to.

    >>> event_names("engagement-levels")
    ('action', 'login')
    """
    model = load(name)
    found = [part.selects() for part in model.signals] + [part.selects() for part in model.rules]
    return tuple(sorted({on for each in found for _, selector in each for on in selector.on} - {"*"}))


def load(name: str, events: Mapping[str, str | Sequence[str]] | None = None) -> ScoreModel:
    """A template as a model.

    Args:
        name: Which one.
        events: For event names of the template, yours; where there are several, each of them counts.

    Raises:
        ModelError: There is no such template, or it selects no event of such a name.

    >>> load("engagement-levels", events={"action": ["task_created", "report_shared"]})
    <ScoreModel 'engagement-levels' version 1: 3 signals, 1 rules, 3 levels, by account>
    """
    table = tomllib.loads(text(name))
    if events is not None:
        _check(name, events)
        table = {key: _mapped(value, events) for key, value in table.items()}
    return load_model(table)


def _check(name: str, events: Mapping[str, str | Sequence[str]]) -> None:
    known = event_names(name)
    if not isinstance(events, Mapping):
        fix = f"write a mapping of {', '.join(known)} to yours"
        raise ModelError(f"{events!r} is no mapping", where="events", fix=fix)
    for own, yours in events.items():
        if own not in known:
            fix = f"map some of {', '.join(known)}"
            raise ModelError(f"{name!r} selects no event {own!r}", where="events", fix=fix)
        if not isinstance(yours, (str, list, tuple)):
            fix = "write the name of an event, or a list of names"
            raise ModelError(f"{yours!r} is no event name", where=f"events[{own!r}]", fix=fix)


def _mapped(value: object, events: Mapping[str, str | Sequence[str]]) -> object:
    """A part of a model file with the event names replaced."""
    if isinstance(value, list):
        return [_mapped(item, events) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _selected(key, part, events) if key in _SELECTORS else _mapped(part, events)
        for key, part in value.items()
    }


def _selected(key: str, value: object, events: Mapping[str, str | Sequence[str]]) -> object:
    if isinstance(value, str):
        return value if key == "of" else _yours(value, events)
    if isinstance(value, list) and key == "on":
        found = [name for item in value for name in _listed(_yours(item, events))]
        return list(dict.fromkeys(found))
    if isinstance(value, list):
        return [_yours(item, events) if isinstance(item, str) else _mapped(item, events) for item in value]
    return _mapped(value, events)


def _yours(name: str, events: Mapping[str, str | Sequence[str]]) -> str | list[str]:
    found = events.get(name, name)
    return found if isinstance(found, str) else list(found)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
