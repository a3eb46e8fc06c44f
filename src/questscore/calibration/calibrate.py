"""calibrate: a model's points, half-lives and probability from what its subjects did next.

Lives here: the door, and the order of what it does.
Lives elsewhere: what it returns (calibration), the rows (snapshots), the fit (fitting).
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from attrs import evolve

from questscore.calibration.behaviours import behaviour, sign_conflicts
from questscore.calibration.bootstrap import AccountDraws, interchangeable, one_step, stability
from questscore.calibration.calibration import Calibration, Card, RuleBehaviour, RulePoints
from questscore.calibration.design import designed
from questscore.calibration.fitting import (
    CANDIDATES,
    SAMPLE,
    Fitted,
    Options,
    Progress,
    fit_table,
    some_accounts,
)
from questscore.calibration.guards import Finding, separation, suspicious_rules
from questscore.calibration.options import check
from questscore.calibration.outcomes import Outcome, activity, arrivals
from questscore.calibration.snapshots import Flags, Snapshots, every, named, snapshots, some_events
from questscore.calibration.solver import fit_points
from questscore.calibration.statistics import auc
from questscore.codec import to_mapping
from questscore.columns.table import EventTable
from questscore.errors import EventError, ModelError, nearest
from questscore.io import Source
from questscore.model.definition import DurationLike
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration, TimeError, instant

__all__ = ["calibrate"]
_NUMBER = 6


def calibrate(
    model: ScoreModel,
    events: Source,
    outcome: object,
    *,
    horizon: DurationLike = "90d",
    at: object = None,
    cutoffs: object = None,
    number: int = _NUMBER,
    step: DurationLike | None = None,
    lookback: DurationLike | None = None,
    known: str | None = None,
    exclude: Iterable[str] = (),
    active: object = None,
    signs: Mapping[str, int] | None = None,
    half_lives: Sequence[DurationLike | None] | None = None,
    candidates: Sequence[str] = CANDIDATES,
    maximum: int = 100,
    nice: bool = False,
    draws: int = 200,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Calibration:
    """Points, half-lives and a probability for a model's rules, from outcomes; the table is the prior.

    Args:
        model: Whose rules get points. Rules with a curve, clipped limits or bounds stay as they are.
        events: An `EventTable`, or whatever `read_events` takes.
        outcome: `activity` or `churn`; or what `activity` takes, with ``horizon``.
        horizon: Of an outcome that is given as a selector or as dates.
        at: Nothing that was not known by this instant is used; by default all that is there.
        cutoffs: At which subjects are looked at; by default the latest whose windows do not overlap.
        number, step: How many of them, and how far apart; the horizon unless told.
        lookback, known, exclude, active, signs: As for `snapshots`.
        half_lives: One, or several, that every event rule is to have; from the data unless told.
        candidates: Which ways to fit are tried: ``"active days"``, ``"table adjusted"``, ``"free points"``,
            ``"two half-lives"``.
        maximum: The largest whole point.
        nice: Whether points are to be nice numbers: 1, 2, 3, 5, 10, 15, 20, 25 and so on.
        draws: Of accounts, for the intervals.
        seed: Of the draws: the same seed gives the same result.
        progress: Told the share done.

    Points are high for staying, whichever of activity and churn the outcome is. With fewer than 10 outcomes
    of the rarer class the table is returned unchanged, and `Calibration.calibrated` is False.

    Raises:
        EventError: No cutoff can be used.
        ModelError: The model is none or has no rule that points can be fitted to, or an option means nothing.
    """
    check(
        model,
        {
            "horizon": horizon,
            "number": number,
            "step": step,
            "lookback": lookback,
            "exclude": exclude,
            "active": active,
            "signs": signs,
            "half_lives": half_lives,
            "candidates": candidates,
            "maximum": maximum,
            "draws": draws,
            "seed": seed,
            "progress": progress,
        },
    )
    what = outcome if isinstance(outcome, Outcome) else activity(outcome, horizon)
    table = some_events(events)
    arrived = arrivals(table, known)
    by = _instant(at) if at is not None else int(arrived.max()) if len(arrived) else 0
    first = int(table.time.min()) if len(table) else by
    if cutoffs is None:
        cutoffs = usual_cutoffs(what, first, by, number=number, step=step)
    told: Progress = progress or (lambda share: None)
    lives = None if half_lives is None else tuple(None if h is None else Duration.of(h) for h in half_lives)
    options = Options(maximum, nice, lives, tuple(candidates), 1.0, draws, seed)
    left_out = named(exclude)

    def read(
        outcome: Outcome, cutoffs: object, half_lives: Sequence[DurationLike | None] | None
    ) -> Snapshots:
        return snapshots(
            model,
            table,
            outcome,
            cutoffs,
            half_lives=half_lives,
            lookback=lookback,
            known=known,
            exclude=left_out,
            end=by,
            active=active,
            signs=signs,
        )

    rows = read(what, cutoffs, half_lives)
    if not rows.design.columns:
        raise ModelError("no rule of the model has points to fit", where="rules", fix="add an event rule")
    told(0.1)
    own = designed(model, active=active)
    meant = {column.name: column.sign for column in own.columns}
    asked: dict[str, tuple[object, object]] = {
        "lookback": (lookback, None),
        "known": (known, None),
        "exclude": (tuple(sorted(left_out)), ()),
        "active": (own.active, designed(model).active),
        "signs": ({name: sign for name, sign in (signs or {}).items() if sign != meant.get(name)}, {}),
        "half_lives": (lives, None),
        "candidates": (tuple(candidates), CANDIDATES),
        "maximum": (maximum, 100),
        "nice": (nice, False),
    }
    fitted = fit_table(
        rows,
        np.ones(len(rows), dtype=bool),
        by=by,
        options=options,
        history=(rows.cutoffs[-1] - first) / DAY,
        progress=lambda share: told(0.1 + 0.8 * share),
        sparing=True,
    )
    rows.let_go([*fitted.half_lives, what.horizon])
    wait = what.horizon.us // 10
    waited = read(
        evolve(what, gap=what.gap + wait), [cutoff - wait for cutoff in rows.cutoffs], fitted.half_lives
    )
    earlier = auc(fitted.score(waited), waited.stayed(by).astype(np.float64))
    found = assembled(
        model,
        table,
        rows,
        fitted,
        earlier=earlier,
        first=first,
        by=by,
        draws=draws,
        seed=seed,
        asked={name: value for name, (value, usual) in asked.items() if value != usual},
    )
    told(1.0)
    return found


def usual_cutoffs(
    outcome: Outcome, first: int, last: int, *, number: int = _NUMBER, step: DurationLike | None = None
) -> tuple[int, ...]:
    """The latest cutoffs whose window is over, a step (the horizon) apart, each with a horizon of history.

    One that has less history where there is no other.
    """
    apart = outcome.horizon if step is None else Duration.of(step)
    found = every(last - outcome.span, apart, number)
    return tuple(at for at in found if at >= first + outcome.horizon.us) or found[-1:]


def _instant(value: object) -> int:
    try:
        return instant(value)
    except TimeError as error:
        raise EventError(str(error), where="at", fix="pass an instant") from None


def assembled(
    model: ScoreModel,
    table: EventTable,
    rows: Snapshots,
    fitted: Fitted,
    *,
    earlier: float | None,
    first: int,
    by: int,
    draws: int,
    seed: int,
    asked: Mapping[str, object],
) -> Calibration:
    """The result of a fit: the model, its card, and what is said of rules and behaviours."""
    digest = _digest(model)
    stayed = rows.stayed(by)
    if fitted.calibrated:
        plain = rows.design.calibrated(fitted.half_lives, fitted.points.tolist())
        plain = evolve(plain, version=f"{model.version}+{_digest(plain)[:8]}")
    else:
        plain = model
    looked = "ever" if rows.lookback is None else f"in the {Duration(rows.lookback)} before"
    card = Card(
        events=len(table),
        first=first,
        by=by,
        cutoffs=rows.cutoffs,
        population=f"{model.subject}s with an event {looked}",
        outcome=str(rows.outcome),
        rows=len(rows),
        subjects=len(rows.subjects),
        stayed=int(stayed.sum()),
        left_out={name: count for name, count in rows.notes.items() if count},
        asked=asked,
        draws=draws,
        seed=seed,
        versions={name: importlib.metadata.version(name) for name in ("questscore", "numpy")},
        digest=digest,
    )
    return Calibration(
        model=plain,
        calibrated=fitted.calibrated,
        candidate=fitted.candidate,
        half_lives=fitted.half_lives,
        profile=fitted.profile,
        choice=fitted.choice,
        map=fitted.map,
        points=_points(rows, fitted, stayed),
        interchangeable=_groups(fitted),
        behaviours=_behaviours(rows, fitted, stayed, draws, seed),
        findings=(
            *fitted.findings,
            *_unseen(rows.outcome, table),
            *_held(rows),
            *_judged(rows, fitted, stayed, earlier),
        ),
        card=card,
        fitted=fitted,
    )


def _digest(model: ScoreModel) -> str:
    """A hash of the model as text."""
    return hashlib.sha256(json.dumps(to_mapping(model), sort_keys=True).encode()).hexdigest()


def _points(rows: Snapshots, fitted: Fitted, stayed: Flags) -> tuple[RulePoints, ...]:
    present = rows.matrix(fitted.half_lives) != 0.0
    sure = iter(
        stability(fitted.points[fitted.moved], fitted.refits.points) if fitted.refits is not None else ()
    )
    found = []
    for place, term in enumerate(fitted.terms):
        moved = bool(len(fitted.moved)) and bool(fitted.moved[place])
        one = next(sure) if moved and fitted.refits is not None else None
        own = present[:, place]
        found.append(
            RulePoints(
                rule=term.column.name,
                half_life=term.half_life if term.column.aged else None,
                ages=term.column.aged and term.half_life is not None,
                points=float(fitted.points[place]),
                table=None if term.column.proposed else term.column.prior,
                low=None if one is None else one.low,
                high=None if one is None else one.high,
                positive=None if one is None else one.positive,
                label="as in the table" if one is None else one.label,
                subjects=len(np.unique(rows.subject[own])),
                stayed=len(np.unique(rows.subject[own & stayed])),
                thin=term.column.name in fitted.thin,
            )
        )
    return tuple(found)


def _groups(fitted: Fitted) -> tuple[tuple[str, ...], ...]:
    """Rules that stand in for each other."""
    if fitted.refits is None:
        return ()
    moved = [term for term, which in zip(fitted.terms, fitted.moved.tolist(), strict=True) if which]
    names = [
        f"{term.column.name} ({term.half_life or 'stays'})"
        if len(fitted.half_lives) > 1
        else term.column.name
        for term in moved
    ]
    return tuple(tuple(names[place] for place in group) for group in interchangeable(fitted.refits.points))


def _behaviours(
    rows: Snapshots, fitted: Fitted, stayed: Flags, draws: int, seed: int
) -> tuple[RuleBehaviour, ...]:
    """What each rule's behaviour alone says, by the table's own signs."""
    did = rows.recent(rows.outcome.horizon)
    amount = rows.matrix([rows.outcome.horizon])
    y = stayed.astype(np.float64)
    columns = rows.design.columns
    against: list[float | None] = [None] * len(columns)
    if fitted.calibrated and draws:
        some = some_accounts(rows.subject, SAMPLE, seed)
        free = fit_points(amount[some], y[some], signs=np.zeros(len(columns)), held=rows.held[some])
        drawn = one_step(free, AccountDraws.of(rows.subject[some], draws, seed))
        against = sign_conflicts([float(column.sign) for column in columns], drawn.points)
    return tuple(
        RuleBehaviour(
            column.name,
            column.sign,
            behaviour(did[:, place].astype(np.float64), amount[:, place], rows.days, y),
            against[place],
        )
        for place, column in enumerate(columns)
    )


def _unseen(outcome: Outcome, table: EventTable) -> Iterable[Finding]:
    """Names of the outcome that no event bears: perhaps misspelt."""
    known = table.name.values
    for name in () if outcome.events is None else sorted({*outcome.events.on} - {"*", *known}):
        near = nearest(name, known)
        hint = "" if near is None else f"; the nearest is {near!r}"
        yield Finding("unseen", "warn", f"no event is named {name!r}, which the outcome asks for{hint}")


def _held(rows: Snapshots) -> Iterable[Finding]:
    """What stays as it is, and what the model's triggers may do to outcomes."""
    for name, why in rows.design.held.items():
        yield Finding("held", "note", f"{name}: {why}; its points stay as they are")
    if not rows.notes["excluded"] and any(
        trigger.status == "active" for trigger in rows.design.model.triggers
    ):
        what = (
            "triggers act on the score: whom a campaign reached stays for another reason; keep 5 to 10 in 100"
        )
        yield Finding(
            "contamination", "warn", f"{what} out of it by lot, fit on these, and exclude the others"
        )
    if len(rows.design.model.levels):
        yield Finding("levels", "note", "levels are left out: thresholds of another score mean nothing here")


def _judged(rows: Snapshots, fitted: Fitted, stayed: Flags, earlier: float | None) -> Iterable[Finding]:
    """Separation, and rules that may know the outcome.

    ``earlier`` is the AUC of the same points when columns end a tenth of the horizon earlier.
    """
    if not fitted.calibrated or fitted.fit is None:
        return
    y = stayed.astype(np.float64)
    score = fitted.score(rows)
    whole = auc(score, y)
    found = separation(whole, fitted.fit.beta)
    if found is not None:
        yield found
    if whole is None:
        return
    amount = rows.matrix([rows.outcome.horizon])
    own = [
        (column.name, auc(amount[:, place], y))
        for place, column in enumerate(rows.design.columns)
        if not column.active_day
    ]
    yield from suspicious_rules([name for name, _ in own], [value for _, value in own], whole, earlier)
