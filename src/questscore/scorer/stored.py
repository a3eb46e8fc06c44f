"""A scorer in a file: what is saved, and how it is read back.

Lives here: the parts of a scorer as arrays, texts and JSON, and the digest of a model.
Lives elsewhere: the file itself (snapshot), changes of level as columns (told), states as plain data
(engine).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict, cast

import numpy as np
from attrs import frozen

from questscore.codec.structure import from_mapping
from questscore.codec.unstructure import to_mapping
from questscore.engine.folds import Fold, Folds
from questscore.engine.moves import Moves, Rest
from questscore.engine.thaw import icy, thawed
from questscore.engine.tracker import Tracker
from questscore.errors import SnapshotError
from questscore.journal.saved import Part as JournalPart
from questscore.model.publication import Mode, Publication
from questscore.model.score_model import ScoreModel
from questscore.scorer import told
from questscore.scorer.course import Course
from questscore.snapshot import Json, Part, Parts
from questscore.tracks.state import Plain
from questscore.triggers.desk import Desk

KIND = "scorer"


def digest(model: ScoreModel) -> str:
    """What tells one model from another: of its text form, spaces and the order of keys apart."""
    text = json.dumps(to_mapping(model), sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def publications_of(publications: Sequence[Publication]) -> Json:
    """The list of publications as JSON has it."""
    return [{"model": _json(to_mapping(p.model)), "at": p.at, "mode": p.mode} for p in publications]


def publications_in(parts: Parts, newest: ScoreModel | None = None) -> list[Publication]:
    """Takes back what `publications_of` gave; the last model need not be read where it is at hand."""
    *others, last = cast("list[dict[str, object]]", parts.json("publications"))
    models = [from_mapping(one["model"]) for one in others]
    models.append(from_mapping(last["model"]) if newest is None else newest)
    return [
        Publication(model, cast("int | None", one["at"]), cast(Mode, one["mode"]))
        for model, one in zip(models, [*others, last], strict=True)
    ]


def model_in(parts: Parts) -> ScoreModel:
    """The model that a saved scorer has in service."""
    return publications_in(parts)[-1].model


def _json(mapping: Mapping[str, object]) -> Json:
    return cast(Json, json.loads(json.dumps(mapping)))


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


def course_of(course: Course) -> dict[str, Part]:
    """The folds of each model in service, and what was told of levels and of audiences."""
    watching: list[tuple[str | None, Moves]] = [(None, course.moves), *course.watches.items()]
    names = sorted(course.names())
    found: dict[str, Part] = {"names": names}
    rests = [moves.rest(names) for _, moves in watching]
    found["course"] = {
        "gone": course.gone,
        "folds": [folds_of(serving.folds) for serving in course.servings],
        "watching": [
            [audience, moves.advanced, rest.swept_to]
            for (audience, moves), rest in zip(watching, rests, strict=True)
        ],
    }
    for i, ((_, moves), rest) in enumerate(zip(watching, rests, strict=True)):
        found |= {f"quiet.{i}": rest.quiet, f"loose.{i}": rest.loose, f"anew.{i}": rest.anew}
        changes = [change for own in moves.told.values() for change in own]
        for start, listed in ((f"told.{i}.", changes), (f"owed.{i}.", moves.owed)):
            found |= {start + name: part for name, part in told.parts_of(listed).items()}
    return found


def gone_in(parts: Parts) -> int:
    """How many of the services were left behind."""
    return cast("dict[str, int]", parts.json("course"))["gone"]


def restore_course(course: Course, parts: Parts) -> None:
    """Takes back what `course_of` gave."""
    saved = cast("dict[str, list[Json]]", parts.json("course"))
    for serving, folds in zip(course.servings, saved["folds"], strict=True):
        restore_folds(serving.folds, serving.tracker, folds)
    names = cast("list[str]", parts.texts("names"))
    for i, row in enumerate(saved["watching"]):
        audience, advanced, swept_to = cast("tuple[str | None, int | None, int]", row)
        moves = course.moves if audience is None else course.watches[audience]
        for change in told.changes_in(parts, f"told.{i}."):
            moves.told.setdefault(change.subject, []).append(change)
        moves.owed = told.changes_in(parts, f"owed.{i}.")
        quiet, loose = parts.array(f"quiet.{i}", np.int64), parts.array(f"loose.{i}", np.bool_)
        moves.go_on(advanced, names, Rest(swept_to, quiet, loose, parts.array(f"anew.{i}", np.bool_)))


def touched_of(touched: Mapping[str, int]) -> dict[str, Part]:
    """The subjects with new events since the last advance, each with the earliest instant."""
    times = np.array(list(touched.values()), dtype=np.int64)
    return {"touched": list(touched), "touched.times": times}


def touched_in(parts: Parts) -> dict[str, int]:
    """Takes back what `touched_of` gave."""
    names = cast("list[str]", parts.texts("touched"))
    return dict(zip(names, parts.array("touched.times", np.int64).tolist(), strict=True))


def desk_of(desk: Desk) -> Json:
    """The firings."""
    return cast(Json, desk.plain())


def desk_in(parts: Parts) -> Desk:
    """Takes back what `desk_of` gave."""
    saved = cast(_Desk, parts.json("desk"))
    return Desk.of(
        saved["firings"], [(trigger, subject, draft, time) for trigger, subject, draft, time in saved["last"]]
    )


class _Desk(TypedDict):
    firings: list[dict[str, object]]
    last: list[tuple[str, str, bool, int]]


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
    course = cast("dict[str, list[dict[str, list[object]]]]", parts.json("course"))
    if any(folds["folds"] for folds in course["folds"]):
        raise SnapshotError(
            "some of its events are no longer retained, and so cannot be replayed under another model",
            where="model",
            fix="load it without a model",
            source=path,
        )
    return False
