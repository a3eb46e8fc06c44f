"""recalibrate: whether a calibration still holds on what came after it, and what to use from now on.

Lives here: reading what has matured since, the verdict's consequences, and the readable result.
Lives elsewhere: the tests and the verdict (drift), the fit (calibrate), two fits side by side (changes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from attrs import evolve, field, frozen

from questscore.calibration.calibrate import calibrate
from questscore.calibration.calibration import Calibration
from questscore.calibration.changes import Changes, changes
from questscore.calibration.delong import Auc, delong
from questscore.calibration.drift import (
    Action,
    LevelCheck,
    Verdict,
    auc_drop,
    level_check,
    psi_by_band,
    verdict,
)
from questscore.calibration.guards import outcomes_enough
from questscore.calibration.mapping import fit_map
from questscore.calibration.options import check as check_options
from questscore.calibration.outcomes import Outcome, activity, arrivals
from questscore.calibration.snapshots import (
    Flags,
    Snapshots,
    every,
    moments,
    named,
    snapshots,
    some_events,
)
from questscore.calibration.statistics import Interval, Shift
from questscore.errors import EventError, ModelError
from questscore.io import Source
from questscore.model.definition import DurationLike
from questscore.model.result import html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import iso
from questscore.rules import EventRule

_PERIODS = 2
_EDGES = (30.0, 90.0, 365.0)  # days of tenure
_BANDS = ("under 30 d", "30 to 90 d", "90 to 365 d", "365 d and more")


@frozen
class Period:
    """A cutoff after the calibration whose window is over: what was foretold and what came.

    Args:
        cutoff: The instant. rows, stayed: Subjects looked at, and how many of them stayed.
        auc: Of the score. check: Calibration in the large; None where nothing was foretold.
    """

    cutoff: int
    rows: int
    stayed: int
    auc: Auc | None
    check: LevelCheck | None


@frozen(eq=False, repr=False)
class Recalibration:
    """Whether a calibration still holds, why, and what to use from now on.

    Args:
        previous: The calibration that was looked at.
        verdict: Refit, remap or leave, with the reasons, and shifts of the population that are worth a look.
        drop: By how much the AUC fell, with its interval; None where either is undefined.
        before, now: The AUC on the rows of the calibration, and on the periods since; by account.
        periods: The cutoffs since, ascending.
        shifts: The population stability index of scores, by tenure.
        calibration: What to use: a new one after a refit, the old points with a new map after a remap, the
            previous one where it is left.
    """

    previous: Calibration
    verdict: Verdict
    drop: Interval | None
    before: Auc | None
    now: Auc | None
    periods: tuple[Period, ...]
    shifts: Mapping[str, Shift]
    calibration: Calibration = field(repr=False)

    @property
    def action(self) -> Action:
        """``"refit"``, ``"remap"`` or ``"leave"``."""
        return self.verdict.action

    @property
    def changes(self) -> Changes | None:
        """The new points beside the old ones; None where nothing was fitted anew."""
        return changes(self.previous, self.calibration) if self.action == "refit" else None

    def to_dict(self) -> dict[str, object]:
        """The same as plain values."""
        found = self.changes
        return {
            "model": self.previous.model.name,
            "action": self.action,
            "reasons": list(self.verdict.reasons),
            "looks": list(self.verdict.looks),
            "auc": {"before": _plain(self.before), "now": _plain(self.now), "drop": _plain(self.drop)},
            "periods": [
                {
                    "cutoff": iso(one.cutoff),
                    "rows": one.rows,
                    "stayed": one.stayed,
                    "auc": _plain(one.auc),
                    "off": None if one.check is None else one.check.off,
                }
                for one in self.periods
            ],
            "shifts": {name: {"psi": one.psi, "p": one.p} for name, one in self.shifts.items()},
            "changes": None if found is None else found.to_dict(),
        }

    def __str__(self) -> str:
        lines = [f"recalibration of {printable(self.previous.model.name, 40)}: {self.action}"]
        lines += [f"  {reason}" for reason in self.verdict.reasons]
        lines.append(f"  AUC at calibration {_shown(self.before)}, since then {_shown(self.now)}")
        for one in self.periods:
            foretold = ""
            if one.check is not None:
                share = one.stayed / max(one.rows, 1)
                foretold = f", {share - one.check.off:.1%} foretold, bound {one.check.bound:.1%}"
            stayed = f"{one.stayed / max(one.rows, 1):.1%} stayed{foretold}"
            lines.append(f"  {iso(one.cutoff)[:10]}: {one.rows:,} rows, {stayed}; AUC {_shown(one.auc)}")
        lines += [f"  worth a look: {look}" for look in self.verdict.looks]
        found = self.changes
        return "\n".join([*lines, *([] if found is None else [str(found)])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(str(self))


def _plain(found: Auc | Interval | None) -> dict[str, float] | None:
    return None if found is None else {"value": found.value, "low": found.low, "high": found.high}


def _shown(found: Auc | None) -> str:
    return "unknown" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def recalibrate(
    previous: Calibration,
    events: Source,
    outcome: object,
    *,
    horizon: DurationLike = "90d",
    model: ScoreModel | None = None,
    at: object = None,
    periods: int = _PERIODS,
    number: int = 6,
    step: DurationLike | None = None,
    lookback: DurationLike | None = None,
    known: str | None = None,
    exclude: Iterable[str] = (),
    active: object = None,
    signs: Mapping[str, int] | None = None,
    half_lives: Sequence[DurationLike | None] | None = None,
    maximum: int = 100,
    nice: bool = False,
    draws: int = 200,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Recalibration:
    """Whether a calibration still holds on outcomes that have matured since; a new one where it does not.

    Args:
        previous: What `calibrate` gave.
        events: The log, grown since; it still has what the calibration was made from.
        outcome, horizon: The outcome that was calibrated for.
        model: The table for a refit; by default the one that was calibrated.
        at: Nothing that was not known by this instant is used.
        periods: How many cutoffs are judged: the latest whose windows are over, a horizon apart, none
            of them before the end of what the calibration knew.
        lookback, known, exclude, active, signs: As they were given to `calibrate`.
        number, step, half_lives, maximum, nice, draws, seed, progress: For a refit, as for `calibrate`. A
            smaller ``number`` forgets faster what was before the change.

    Refit: the AUC fell by more than 0.02 and the interval of the fall leaves 0 out. It is compared with the
    AUC on the calibration's own rows, which flatters the calibration a little where it had few outcomes. Else
    remap, the same points with a new map to a probability: the outcome was off the probabilities by more than
    2 points and 20 % of its share in both of the last two periods. Else leave. Shifts of the scores at equal
    tenure are told, and decide nothing. A calibration that was refused for want of outcomes is tried again.

    Raises:
        EventError: No window is over since the calibration, or the outcome is another one.
    """
    if not isinstance(previous, Calibration):
        raise ModelError(f"a {type(previous).__name__} is no Calibration", fix="pass what calibrate gave")
    check_options(
        previous.model if model is None else model,
        {
            "horizon": horizon,
            "periods": periods,
            "number": number,
            "step": step,
            "lookback": lookback,
            "exclude": exclude,
            "active": active,
            "signs": signs,
            "half_lives": half_lives,
            "maximum": maximum,
            "draws": draws,
            "seed": seed,
            "progress": progress,
        },
    )
    what = outcome if isinstance(outcome, Outcome) else activity(outcome, horizon)
    exclude = named(exclude)
    if str(what) != previous.card.outcome:
        raise EventError(
            f"calibrated for {previous.card.outcome}, asked about {what}",
            where="outcome",
            fix="pass the outcome of the calibration, or calibrate for the other one",
        )
    table = some_events(events)
    arrived = arrivals(table, known)
    last = moments(at)[0] if at is not None else int(arrived.max()) if len(arrived) else 0
    since = tuple(c for c in every(last - what.span, what.horizon, periods) if c >= previous.card.by)
    if not since:
        wait = iso(previous.card.by + what.span)
        raise EventError(
            f"no window is over since the calibration, which knew all until {iso(previous.card.by)}",
            where="at",
            fix=f"wait until {wait}",
        )
    rows = snapshots(
        previous.model,
        table,
        what,
        (*previous.card.cutoffs, *since),
        half_lives=[],
        lookback=lookback,
        known=known,
        exclude=exclude,
        end=last,
    )
    found = _judged(previous, rows, since)

    def again() -> Calibration:
        asked = _asked(previous) if model is None else _Asked(model, None, {})
        return calibrate(
            asked.model,
            table,
            what,
            at=last,
            number=number,
            step=step,
            lookback=lookback,
            known=known,
            exclude=exclude,
            active=asked.active if active is None else active,
            signs=asked.signs if signs is None else signs,
            half_lives=half_lives,
            maximum=maximum,
            nice=nice,
            draws=draws,
            seed=seed,
            progress=progress,
        )

    if found.action == "refit":
        return evolve(found, calibration=again())
    return _remapped(found, rows, since, len(table), last) if found.action == "remap" else found


def _judged(previous: Calibration, rows: Snapshots, since: Sequence[int]) -> Recalibration:
    """The tests and the verdict; nothing is made anew yet."""
    stayed, score = rows.stayed().astype(np.float64), rows.table
    chance = np.full(len(rows), np.nan) if previous.map is None else previous.map.probability(score)

    def ranked(own: Flags) -> Auc | None:
        return delong(score[own], stayed[own], accounts=rows.subject[own])

    periods = []
    for cutoff in since:
        own = rows.of([cutoff])
        check = level_check(chance[own], stayed[own])
        periods.append(Period(cutoff, int(own.sum()), int(stayed[own].sum()), ranked(own), check))
    before, now = ranked(rows.of(previous.card.cutoffs)), ranked(rows.of(since))
    drop = auc_drop(before, now)
    old, new = rows.of(previous.card.cutoffs[-1:]), rows.of(since[-1:])
    bands = np.searchsorted(_EDGES, rows.tenure, side="right")
    shifts = psi_by_band(score[old], score[new], bands[old], bands[new])
    names = {float(place): f"subjects known {name}" for place, name in enumerate(_BANDS)}
    said = verdict(drop, [one.check for one in periods], shifts, names)
    if not previous.calibrated:
        said = Verdict("refit", ("there were too few outcomes to calibrate",), said.looks)
    named = {names[band]: shift for band, shift in shifts.items()}
    return Recalibration(previous, said, drop, before, now, tuple(periods), named, previous)


def _remapped(
    found: Recalibration, rows: Snapshots, since: Sequence[int], events: int, last: int
) -> Recalibration:
    """The same points, and a map of what has matured since; left as it is where that cannot carry one."""
    own = rows.of(since)
    stayed = rows.stayed()[own].astype(np.float64)
    few = outcomes_enough(stayed)
    new = None if few is not None and few.level == "refuse" else fit_map(rows.table[own], stayed)
    if new is None:
        why = f"{found.verdict.reasons[0]}, but too few outcomes of the rarer class for a new map"
        return evolve(found, verdict=Verdict("leave", (why,), found.verdict.looks))
    old = found.previous
    card = evolve(old.card, events=events, by=last)
    return evolve(found, calibration=evolve(old, map=new, fitted=evolve(old.fitted, map=new), card=card))


@frozen
class _Asked:
    """What a calibration was asked: the table, which events make an active day, and the signs."""

    model: ScoreModel
    active: Selector | None
    signs: Mapping[str, int]


def _asked(previous: Calibration) -> _Asked:
    """The rules before they were calibrated, from the columns that points were fitted to."""
    terms = previous.fitted.terms
    columns = list(dict.fromkeys(term.column for term in terms))
    counts = next((column.rule for column in columns if column.active_day), None)
    active = counts.selector if isinstance(counts, EventRule) else None
    signs = {column.name: column.sign for column in columns}
    if not previous.calibrated:
        return _Asked(previous.model, active, signs)
    made = {term.column.name for term in terms}
    made |= {f"{term.column.name} ({term.half_life or 'stays'})" for term in terms}
    rules = [column.rule for column in columns if not column.proposed]
    rules += [rule for rule in previous.model.rules if rule.name not in made]
    version = previous.model.version.rpartition("+")[0]
    return _Asked(evolve(previous.model, version=version, rules=tuple(rules)), active, signs)
