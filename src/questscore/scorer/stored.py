"""A scorer in a file: what is saved, and how it is read back.

Lives here: the parts of a scorer as arrays, texts and JSON, and the digest of a model.
Lives elsewhere: the file itself (snapshot), states as plain data (engine).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, cast

from attrs import frozen

from questscore.codec.structure import from_mapping
from questscore.codec.unstructure import to_mapping
from questscore.engine.folds import Fold, Folds
from questscore.engine.moves import Moves
from questscore.engine.thaw import icy, thawed
from questscore.engine.tracker import Tracker
from questscore.errors import SnapshotError
from questscore.journal.saved import Part as JournalPart
from questscore.model.publication import Publication
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.snapshot import Json, Parts
from questscore.tracks.state import Plain

KIND = "scorer"


def digest(model: ScoreModel) -> str:
    """What tells one model from another: of its text form, spaces and the order of keys apart."""
    text = json.dumps(to_mapping(model), sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def publications_of(publications: Sequence[Publication]) -> Json:
    """The list of publications as JSON has it."""
    return [{"model": _json(to_mapping(p.model)), "at": p.at, "mode": p.mode} for p in publications]


def model_in(parts: Parts) -> ScoreModel:
    """The model that a saved scorer has in service."""
    listed = cast(list[dict[str, object]], parts.json("publications"))
    return from_mapping(listed[-1]["model"])


def _json(mapping: Mapping[str, object]) -> Json:
    return cast(Json, json.loads(json.dumps(mapping)))


def _changes(changes: Sequence[Transition]) -> Json:
    return [
        [c.subject, c.time, c.before, c.after, c.score, c.cause, list(c.passed), c.retracted] for c in changes
    ]


def _changes_in(plain: Json) -> list[Transition]:
    found = []
    for row in cast("list[list[object]]", plain):
        subject, time, before, after, score, cause, passed, retracted = row
        found.append(
            Transition(
                cast(str, subject),
                cast(int, time),
                cast("str | None", before),
                cast("str | None", after),
                cast("float | None", score),
                cast(str, cause),
                tuple(cast("list[str]", passed)),
                cast(bool, retracted),
            )
        )
    return found


def moves_of(moves: Moves) -> Json:
    """What was told of changes of level."""
    return {
        "advanced": moves.advanced,
        "told": _changes([change for own in moves.told.values() for change in own]),
        "owed": _changes(moves.owed),
    }


def restore_moves(moves: Moves, plain: Json, subjects: Sequence[str]) -> None:
    """Takes back what `moves_of` gave; every subject is looked at anew."""
    saved = cast("dict[str, Json]", plain)
    for change in _changes_in(saved["told"]):
        moves.told.setdefault(change.subject, []).append(change)
    moves.owed = _changes_in(saved["owed"])
    moves.resume(cast("int | None", saved["advanced"]), subjects)


def folds_of(folds: Folds) -> Json:
    """The folded events."""
    return {
        "gone": folds.gone,
        "folds": [
            [subject, cast(Json, icy(fold.state)), _standing(fold), fold.walked]
            for subject, fold in folds.folds.items()
        ],
    }


def restore_folds(folds: Folds, tracker: Tracker, plain: Json) -> None:
    """Takes back what `folds_of` gave."""
    saved = cast("dict[str, Json]", plain)
    folds.gone = cast("int | None", saved["gone"])
    for row in cast("list[list[Json]]", saved["folds"]):
        subject, state, standing, walked = row
        folds.folds[cast(str, subject)] = Fold(
            thawed(tracker.layout, cast(Plain, state)),
            {
                cast("str | None", watched): (cast("str | None", level), cast("int | None", since))
                for watched, level, since in cast("list[list[object]]", standing)
            },
            cast(int, walked),
        )


def _standing(fold: Fold) -> Json:
    return [[watched, level, since] for watched, (level, since) in fold.standing.items()]


class _Saved(TypedDict):
    now: int | None
    retain: int | None
    on_plugin_error: Literal["raise", "missing"]


@frozen
class Settings:
    """What a scorer was made with, and how far it has come."""

    now: int | None
    retain: int | None
    on_plugin_error: Literal["raise", "missing"]


def settings_in(parts: Parts) -> Settings:
    """The settings of a saved scorer."""
    saved = cast(_Saved, parts.json("scorer"))
    return Settings(saved["now"], saved["retain"], saved["on_plugin_error"])


def journal_in(parts: Parts) -> dict[str, JournalPart]:
    """The parts of the journal."""
    start = "journal."
    found = {name[len(start) :]: parts[name] for name in parts if name.startswith(start)}
    return cast("dict[str, JournalPart]", found)


def check(header: Mapping[str, str | int], parts: Parts, path: str, model: ScoreModel, replay: bool) -> bool:
    """Whether the file is of that very model; refuses what is no scorer, or of another model."""
    if header.get("digest") == digest(model):
        return True
    if not replay:
        raise SnapshotError(
            f"it is of the model {header.get('model')!r} version {header.get('version')!r}, and"
            f" {model.name!r} version {model.version!r} is not the same",
            where="model",
            fix="load it without a model, or with replay=True to score its events anew",
            source=path,
        )
    if model_in(parts).subject != model.subject:
        raise SnapshotError(
            f"it holds the events of {model_in(parts).subject}s, and the model scores {model.subject}s",
            where="model",
            fix="replay the events from where they came from",
            source=path,
        )
    if cast("dict[str, list[object]]", parts.json("folds"))["folds"]:
        raise SnapshotError(
            "some of its events are no longer retained, and so cannot be replayed under another model",
            where="model",
            fix="load it without a model",
            source=path,
        )
    return False
