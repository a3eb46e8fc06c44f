"""Levels from who churned: thresholds by the scores of subjects that fell silent, or a reasoned refusal.

Lives here: the choice of the two thresholds, what is refused or warned of, and the levels made of them.
Lives elsewhere: the rows (landmarks), each way to cut (cuts), the result (thresholds).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from questscore.calibration import cuts
from questscore.calibration.cuts import Cost, curve, quality
from questscore.calibration.delong import delong
from questscore.calibration.design import active_days
from questscore.calibration.guards import Finding
from questscore.calibration.landmarks import Landmarks, Pool, landmarks
from questscore.calibration.options import check
from questscore.calibration.snapshots import named, some_events
from questscore.calibration.statistics import Interval, spearman, wilson
from questscore.calibration.thresholds import LevelRate, Names, Thresholds
from questscore.errors import ModelError
from questscore.io import Source
from questscore.model.definition import DurationLike, one_of
from questscore.model.level import Level, Levels
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector, selector
from questscore.model.time import Duration
from questscore.signals import Count

Floats = NDArray[np.float64]
By = Literal["quantile", "youden", "cost", "capacity"]
_WAYS = ("quantile", "youden", "cost", "capacity")
_FEW, _SOME, _LARGEST_SHARE = 20, 50, 0.40


def levels_from_churned(
    model: ScoreModel,
    events: Source,
    *,
    quantile: float = 0.75,
    by: By = "quantile",
    cost: Cost | None = None,
    capacity: int | None = None,
    names: Names | None = None,
    active: object = None,
    silence: DurationLike | None = None,
    window: DurationLike = "30d",
    number: int = 5,
    step: DurationLike = "30d",
    flagged: Iterable[str] = (),
    margin: str | float | None = "10%",
    dwell: DurationLike | None = "3d",
    known: str | None = None,
    exclude: Iterable[str] = (),
    end: object = None,
    seed: int = 0,
) -> Thresholds:
    """Levels whose low threshold is where subjects stood that then fell silent.

    Args:
        model: Whose scores get levels.
        events: An `EventTable`, or whatever `read_events` takes.
        quantile: The share of those who churned that is to lie below the low threshold.
        by: How the low threshold is chosen: ``"quantile"``, ``"youden"``, ``"cost"`` or ``"capacity"``.
        cost: For ``"cost"``: what a contact costs and brings.
        capacity: For ``"capacity"``: how many subjects can be looked after at a time.
        names: What the levels are called, and how many there are.
        active: Which events are engagement actions; those that bring points, unless told.
        silence: How long without one is churn; `usual_silence` of the gaps between active days, unless told.
        window: How recent the last one must be for a subject to count as active.
        number, step: How many landmarks there are, and how far apart; the latest is held back.
        flagged: Subjects that do not count for the high threshold, such as suspected gaming.
        margin, dwell: What keeps levels from flapping.
        known, exclude, end: As for `snapshots`.
        seed: For the landmark that stands for a subject that stayed.

    Where the data cannot carry thresholds they are refused: the levels are then by the quantiles 25 % and
    90 % of active subjects, `Thresholds.calibrated` is False and `Thresholds.refused` says why.

    Raises:
        EventError: No landmark lies in the data.
        ModelError: The model is none, or an option means nothing.
    """
    check(
        model,
        {
            "capacity": capacity,
            "active": active,
            "silence": silence,
            "window": window,
            "step": step,
            "number": number,
            "flagged": flagged,
            "exclude": exclude,
            "seed": seed,
        },
    )
    try:
        one_of(by, _WAYS)
    except ModelError as error:
        raise error.under("by") from None
    for name, given, kind in (("cost", cost, Cost), ("names", names, Names)):
        if not isinstance(given, (kind, type(None))):
            what = f"a {type(given).__name__} is no {kind.__name__}"
            raise ModelError(what, where=name, fix=f"pass a {kind.__name__} of questscore.calibration")
    if isinstance(quantile, bool) or not isinstance(quantile, (int, float)) or not 0.0 < quantile < 1.0:
        raise ModelError(f"{quantile!r} is no quantile", where="quantile", fix="write one such as 0.75")
    if by == "cost" and cost is None:
        raise ModelError("there is no cost", where="cost", fix="pass Cost(contact=…, value=…)")
    if by == "capacity" and capacity is None:
        raise ModelError("there is no capacity", where="capacity", fix="pass how many subjects")
    actions = active_days(model) if active is None else selector(active)
    found = landmarks(
        model,
        some_events(events),
        active=actions,
        number=number,
        step=step,
        window=window,
        silence=silence,
        known=known,
        exclude=exclude,
        end=end,
    )
    rows = found.earlier if len(found.instants) > 1 else found.pool
    pool = rows.one_each(seed)
    findings = list(_enough(pool))
    ways = _ways(pool, rows, quantile, cost, capacity, found.latest)
    low, said = _low(pool, rows, by, quantile, ways)
    findings += said
    if not any(finding.level == "refuse" for finding in findings):
        findings += _separates(pool, low.value)
    calibrated = not any(finding.level == "refuse" for finding in findings)
    if not calibrated:
        low = _quantile(rows.score, 0.25)
    high, said = _high(pool, rows, low.value, named(flagged), calibrated)
    findings += [*said, *_stable(found, pool, low.value, by, quantile)]
    chosen = Names() if names is None else names
    signal = _signal(model, actions, found.window) if chosen.none is not None else None
    levels = _levels(chosen, signal, rows.score, low.value, high, margin, dwell)
    latest = found.latest
    return Thresholds(
        levels=levels,
        signal=signal,
        calibrated=calibrated,
        low=low,
        high=high,
        ways=ways,
        fitted=quality(pool.score, pool.churned, low.value),
        held_back=quality(latest.score, latest.churned, low.value),
        rates=_rates(levels, latest),
        curve=curve(pool.score, pool.churned),
        found=found,
        findings=tuple(findings),
    )


def _enough(pool: Pool) -> Iterable[Finding]:
    churned, kept = int(pool.churned.sum()), int((~pool.churned).sum())
    if churned < _FEW:
        yield Finding("few churned", "refuse", f"{churned} subjects churned; {_FEW} are needed")
    if kept < _FEW:
        yield Finding("few kept", "refuse", f"{kept} subjects stayed; {_FEW} are needed")


def _ways(
    pool: Pool, rows: Pool, q: float, cost: Cost | None, capacity: int | None, latest: Pool
) -> dict[str, float]:
    """The low threshold by each way that is possible."""
    found = {
        "quantile": getattr(cuts.by_quantile(pool.score, pool.churned, q), "value", None),
        "youden": cuts.by_youden(pool.score, pool.churned),
        "cost": None if cost is None else cuts.by_cost(rows.score, rows.churned, cost),
        "capacity": None if capacity is None else cuts.by_capacity(latest.score, capacity),
    }
    return {way: cut for way, cut in found.items() if cut is not None and math.isfinite(cut)}


def _quantile(scores: Floats, q: float) -> Interval:
    value = float(np.quantile(scores, q)) if len(scores) else 0.0
    return Interval(value, value, value)


def _low(
    pool: Pool, rows: Pool, by: By, q: float, ways: Mapping[str, float]
) -> tuple[Interval, list[Finding]]:
    """The low threshold, drawn towards a quantile of all where few churned, and never above 40 % of all."""
    findings = []
    cut = ways.get(by)
    if cut is None:
        said = f"there is no threshold by {by} on these scores"
        return _quantile(rows.score, 0.25), [Finding("no threshold", "refuse", said)]
    low = Interval(cut, cut, cut)
    if by == "quantile":
        low = cuts.by_quantile(pool.score, pool.churned, q) or low
        churned = int(pool.churned.sum())
        if churned < _SOME:
            share, usual = churned / (churned + 50), _quantile(rows.score, 0.25).value
            ends = (low.value, low.low, low.high)
            low = Interval(*(share * end + (1 - share) * usual for end in ends))
            said = f"only {churned} subjects churned: drawn towards the 25 % quantile of all"
            findings.append(Finding("provisional", "warn", said))
    most = _quantile(rows.score, _LARGEST_SHARE).value
    if low.value > most:
        below = float(np.mean(rows.score < low.value))
        said = (
            f"{below:.0%} of active subjects would be flagged; held at {_LARGEST_SHARE:.0%}:"
            " most active accounts churn; levels describe order, not safety"
        )
        low = Interval(most, min(low.low, most), min(low.high, most))
        findings.append(Finding("most churn", "warn", said))
    return low, findings


def _separates(pool: Pool, cut: float) -> Iterable[Finding]:
    found = delong(pool.score, (~pool.churned).astype(np.float64))
    if found is None or found.low < 0.6:
        seen = "undefined" if found is None else f"{found.value:.2f}, at least {found.low:.2f}"
        yield Finding("does not separate", "refuse", f"the score does not separate: AUC {seen}")
    ratio = cuts.churn_ratio(pool.score, pool.churned, cut)
    if ratio.value < 1.5 or ratio.low < 1.2:
        said = f"churn below is {ratio.value:.2f} times that above, at least {ratio.low:.2f}"
        yield Finding("no difference", "refuse", said)
    rate = _by_fifths(pool)
    if len(rate) > 1 and (found_rank := spearman(np.arange(len(rate)), rate)) is not None and found_rank > 0:
        yield Finding("not monotone", "warn", "churn does not fall from fifth to fifth of the score")


def _by_fifths(pool: Pool) -> Floats:
    """The share that churned in each fifth of the score, from the lowest up; equal scores stay together."""
    edges = np.unique(np.quantile(pool.score, (0.2, 0.4, 0.6, 0.8)))
    fifth = np.searchsorted(edges, pool.score, side="right")
    rows = np.bincount(fifth, minlength=len(edges) + 1)
    lost = np.bincount(fifth, weights=pool.churned, minlength=len(edges) + 1)
    return np.asarray(lost[rows > 0] / rows[rows > 0], dtype=np.float64)


def _stable(found: Landmarks, pool: Pool, cut: float, by: By, q: float) -> Iterable[Finding]:
    """Whether the landmark that was held back has the recall that was meant."""
    latest = found.latest
    churned = int(latest.churned.sum())
    meant = cuts.quality(pool.score, pool.churned, cut).recall
    recall = cuts.quality(latest.score, latest.churned, cut).recall
    if len(found.instants) < 2 or churned < 50 or recall is None or meant is None:
        return
    target = q if by == "quantile" and abs(meant.value - q) < 0.02 else meant.value
    if abs(recall.value - target) > 0.10:
        said = f"at the latest landmark {recall.value:.0%} of who churned lie below, not {target:.0%}"
        yield Finding("unstable", "warn", said)


def _high(
    pool: Pool, rows: Pool, low: float, flagged: frozenset[str], calibrated: bool
) -> tuple[float | None, list[Finding]]:
    """From where on subjects stand out; None where that is not above the low threshold."""
    if not calibrated:
        high = _quantile(rows.score, 0.9).value
        return (high if high > low else None), []
    odd = np.array([name in flagged for name in pool.names], dtype=bool)
    usual = pool.take(~odd[pool.subject] & (pool.days >= 5)) if len(odd) else pool
    found = cuts.upper_fence(usual.score)
    if found is None:
        return None, [Finding("no fence", "note", f"{len(usual)} subjects with five active days are too few")]
    fence, tukey = found
    if fence <= low:
        return None, [
            Finding("no fence", "note", f"the upper fence {fence:.4g} is not above the low threshold")
        ]
    return fence, ([] if tukey else [Finding("no outliers", "note", "the high threshold is a quantile")])


def _signal(model: ScoreModel, actions: Selector, window: Duration) -> Count:
    """The number of engagement actions in the window: the model's own signal, or a new one."""
    for signal in model.signals:
        wanted = Count(signal.name, on=actions.on, where=actions.where, window=window)
        if isinstance(signal, Count) and signal == wanted:
            return signal
    taken = {signal.name for signal in model.signals}
    name = f"actions_{window}"
    while name in taken:
        name += "_"
    return Count(name, on=actions.on, where=actions.where, window=window)


def _levels(
    names: Names,
    signal: Count | None,
    scores: Floats,
    low: float,
    high: float | None,
    margin: str | float | None,
    dwell: DurationLike | None,
) -> Levels:
    top = None if names.high is None else high
    between = scores[(scores >= low) & (scores < (math.inf if top is None else top))]
    marks = [low]
    for place in range(1, len(names.middle)):
        mark = float(np.quantile(between, place / len(names.middle))) if len(between) else low
        marks.append(max(mark, float(np.nextafter(marks[-1], math.inf))))
    levels = [] if signal is None or names.none is None else [Level(names.none, when=f"{signal.name} == 0")]
    levels += [Level(name, at_least=mark) for name, mark in zip(names.middle, marks, strict=False)]
    if top is not None and names.high is not None:
        levels.append(Level(names.high, at_least=max(top, float(np.nextafter(marks[-1], math.inf)))))
    return Levels(*levels, below=names.low, margin=margin, dwell=dwell)


def _rates(levels: Levels, pool: Pool) -> tuple[LevelRate, ...]:
    held = np.array(levels.classify(pool.score.tolist()), dtype=object)
    found = []
    for name in levels.order:
        if any(level.name == name and level.when is not None for level in levels):
            continue
        own = held == name
        lost = int(np.count_nonzero(own & pool.churned))
        found.append(LevelRate(name, int(own.sum()), wilson(lost, int(own.sum()))))
    return tuple(found)
