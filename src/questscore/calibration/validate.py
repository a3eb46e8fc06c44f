"""validate: calibrating a model again and again on the past, and judging each on what came next.

Lives here: the door, rolling cutoffs, the other scores it is compared with.
Lives elsewhere: the rows (snapshots), the fit (fitting), the figures and their report (report).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from attrs import evolve

from questscore.calibration.calibrate import usual_cutoffs
from questscore.calibration.delong import Auc, delong
from questscore.calibration.fitting import ACTIVE, CANDIDATES, Fitted, Options, fit_table
from questscore.calibration.guards import Finding, not_better, seasonality, separation
from questscore.calibration.logistic import fit_logistic
from questscore.calibration.options import check
from questscore.calibration.outcomes import Outcome, activity, arrivals
from questscore.calibration.report import CutoffReport, Figures, Report, figures
from questscore.calibration.snapshots import (
    Flags,
    Snapshots,
    every,
    moments,
    snapshots,
    some_events,
)
from questscore.calibration.statistics import Floats, Interval, midranks
from questscore.errors import EventError
from questscore.io import Source
from questscore.model.definition import DurationLike
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration, iso

Challenger = Callable[[Floats, Floats, Floats], Floats]
"""From earlier columns (n, k), who stayed (n,) and later columns (m, k) to scores (m,), high for staying."""
TABLE, ACTIVE_DAYS, RFM, RECENCY = "the table", "active days", "RFM logistic", "recency"


def validate(
    model: ScoreModel,
    events: Source,
    outcome: object,
    *,
    horizon: DurationLike = "90d",
    tests: object = None,
    number: int = 3,
    training: int = 6,
    step: DurationLike | None = None,
    lookback: DurationLike | None = None,
    recent: DurationLike = "30d",
    known: str | None = None,
    exclude: Iterable[str] = (),
    end: object = None,
    active: object = None,
    signs: Mapping[str, int] | None = None,
    half_lives: Sequence[DurationLike | None] | None = None,
    candidates: Sequence[str] = CANDIDATES,
    maximum: int = 100,
    nice: bool = False,
    seed: int = 0,
    challengers: Mapping[str, Challenger] | None = None,
    split: str = "time",
    progress: Callable[[float], None] | None = None,
) -> Report:
    """How well calibrating this model would have foretold, always on data later than what it was fitted on.

    Args:
        model, events, outcome, horizon: As for `calibrate`.
        tests: Cutoffs to judge at; by default the latest whose windows are over.
        number: How many of them, where they are not given.
        training: How many cutoffs are fitted on for each: those whose window was over by it.
        step: How far apart these are; the horizon unless told.
        recent: Who had an active day in that long before the cutoff is judged apart, too.
        lookback, known, exclude, end, active, signs: As for `snapshots`.
        half_lives, candidates, maximum, nice, seed: As for `calibrate`.
        challengers: Other ways to foretell from the same columns and recency, frequency and tenure.
        split: ``"time"``, or ``"also random"`` for one more figure that is named as what it is.
        progress: Told the share done.

    Compared with are the table itself, active days alone with their own half-life, a logistic regression on
    recency, frequency and tenure (RFM), and recency.

    Raises:
        EventError: No cutoff can be used, nothing was over before a test, or a random split is asked for as
            the headline.
    """
    check(
        model,
        {
            "horizon": horizon,
            "number": number,
            "training": training,
            "step": step,
            "recent": recent,
            "lookback": lookback,
            "exclude": exclude,
            "active": active,
            "signs": signs,
            "seed": seed,
            "half_lives": half_lives,
            "candidates": candidates,
            "maximum": maximum,
            "progress": progress,
        },
    )
    if split not in ("time", "also random"):
        raise EventError(
            f"a split by {split!r} is no headline: rows of one subject stand on both sides of it",
            where="split",
            fix="leave it out, or ask for 'also random' beside the split by time",
        )
    what = outcome if isinstance(outcome, Outcome) else activity(outcome, horizon)
    table = some_events(events)
    first = int(table.time.min()) if len(table) else 0
    arrived = arrivals(table, known)
    last = moments(end)[0] if end is not None else int(arrived.max()) if len(arrived) else 0
    judged = usual_cutoffs(what, first, last, number=number) if tests is None else moments(tests)
    apart = what.horizon if step is None else Duration.of(step)
    trained = {
        test: tuple(at for at in every(test - what.span, apart, training) if at > first) for test in judged
    }
    empty = [test for test in judged if not trained[test]]
    if empty:
        raise EventError(
            f"no window of {Duration(what.span)} was over by the cutoff {iso(empty[0])}",
            where="tests",
            fix="test later, or with a shorter horizon",
        )
    rows = snapshots(
        model,
        table,
        what,
        {*judged, *(at for cutoffs in trained.values() for at in cutoffs)},
        half_lives=half_lives,
        lookback=lookback,
        known=known,
        exclude=exclude,
        end=last,
        active=active,
        signs=signs,
    )
    lives = None if half_lives is None else tuple(None if h is None else Duration.of(h) for h in half_lives)
    options = Options(maximum, nice, lives, tuple(candidates), 1.0, 0, seed)
    work = _Rolling(rows, options, first, Duration.of(recent), dict(challengers or {}))
    reports, parts = [], []
    for place, test in enumerate(at for at in judged if at in rows.cutoffs):
        report, part = work.at(test, trained[test])
        reports.append(report)
        parts.append(part)
        if progress is not None:
            progress((place + 1) / len(judged))
    pooled = work.pooled(parts)
    against = {name: pooled.against[name] for name in (TABLE, ACTIVE_DAYS) if name in pooled.against}
    doubts = [
        not_better(name, None if gap is None else Interval(gap.value, gap.low, gap.high))
        for name, gap in against.items()
    ]
    return Report(
        model.name,
        str(what),
        tuple(reports),
        pooled,
        work.random(judged) if split == "also random" else None,
        tuple(doubt for doubt in doubts if doubt is not None),
    )


class _Part:
    """What the rows of one test cutoff are judged by."""

    def __init__(self, rows: Flags, score: Floats, probability: Floats, others: dict[str, Floats]) -> None:
        self.rows, self.score, self.probability, self.others = rows, score, probability, others


class _Rolling:
    """One fit and one judgement a test cutoff."""

    def __init__(
        self,
        rows: Snapshots,
        options: Options,
        first: int,
        recent: Duration,
        challengers: dict[str, Challenger],
    ) -> None:
        self.rows, self.options, self.first, self.recent = rows, options, first, recent
        self.challengers = challengers

    def at(self, test: int, trained: Sequence[int]) -> tuple[CutoffReport, _Part]:
        """The report of a test cutoff, fitted on cutoffs whose windows were over by it."""
        rows = self.rows
        use, own = rows.of(trained) & rows.before(test), rows.of([test])
        fitted = self.fit(use, test, self.options)
        score = fitted.score(rows)[own]
        unknown = np.full(len(score), np.nan)
        probability = unknown if fitted.map is None else fitted.map.probability(score)
        part = _Part(own, score, probability, self.others(use, own, test))
        found = figures(
            score,
            probability,
            rows.stayed()[own],
            others=part.others,
            active=rows.active(self.recent)[own],
            count=rows.count[own].astype(np.float64),
        )
        return CutoffReport(test, tuple(trained), fitted, found, self.findings(fitted, use, own, test)), part

    def fit(self, use: Flags, by: int, options: Options) -> Fitted:
        """Points from the rows in use, as known by an instant."""
        history = (int(self.rows.at[use].max()) - self.first) / DAY if use.any() else 1.0
        return fit_table(self.rows, use, by=by, options=options, history=max(history, 1.0))

    def others(self, use: Flags, own: Flags, test: int) -> dict[str, Floats]:
        """The other scores at the test cutoff."""
        rows = self.rows
        found = {TABLE: rows.table[own], RECENCY: -rows.idle[own].clip(max=1e6)}
        if any(column.active_day for column in rows.design.columns):
            alone = evolve(self.options, candidates=(ACTIVE,), half_lives=None)
            found[ACTIVE_DAYS] = self.fit(use, test, alone).score(rows)[own] - rows.held[own]
        stayed = rows.stayed(test)[use].astype(np.float64)
        rfm = self.frequency()
        fit = fit_logistic(rfm[use], stayed, ridge=1e-3)
        found[RFM] = fit.coefficients[0] + rfm[own] @ fit.coefficients[1:]
        columns = np.column_stack([rfm, rows.matrix([rows.outcome.horizon])])
        for name, challenger in self.challengers.items():
            found[name] = np.asarray(challenger(columns[use], stayed, columns[own]), dtype=np.float64)
        return found

    def frequency(self) -> Floats:
        """(n, 4) recency, frequency, tenure and frequency by tenure, as logarithms."""
        rows = self.rows
        idle = np.log1p(np.minimum(rows.idle, rows.tenure + 1.0))
        often, tenure = np.log1p(rows.days), np.log1p(rows.tenure)
        return np.column_stack([idle, often, tenure, often - tenure])

    def findings(self, fitted: Fitted, use: Flags, own: Flags, test: int) -> tuple[Finding, ...]:
        """What the guards say of this cutoff."""
        rows = self.rows
        stayed = rows.stayed(test)
        rates = [float(stayed[use & rows.of([at])].mean()) for at in sorted(set(rows.at[use].tolist()))]
        found = list(fitted.findings)
        moved = seasonality(rates, float(rows.stayed()[own].mean())) if own.any() else None
        if moved is not None:
            found.append(moved)
        if fitted.fit is not None:
            score = fitted.score(rows)[use]
            judged = delong(score, stayed[use].astype(np.float64), accounts=rows.subject[use])
            apart = separation(None if judged is None else judged.value, fitted.fit.beta)
            if apart is not None:
                found.append(apart)
        return tuple(found)

    def pooled(self, parts: Sequence[_Part]) -> Figures:
        """The figures of all test cutoffs together; a subject's rows are one account.

        Scores of different fits have different units: they are ranked within their cutoff first.
        """
        rows = self.rows
        own = np.concatenate([np.flatnonzero(part.rows) for part in parts])
        names = parts[0].others
        return figures(
            np.concatenate([midranks(part.score) / len(part.score) for part in parts]),
            np.concatenate([part.probability for part in parts]),
            rows.stayed()[own],
            others={
                name: np.concatenate([midranks(p.others[name]) / len(p.score) for p in parts])
                for name in names
            },
            active=rows.active(self.recent)[own],
            count=rows.count[own].astype(np.float64),
            accounts=rows.subject[own].tolist(),
        )

    def random(self, judged: Sequence[int]) -> Auc | None:
        """The AUC at the test cutoffs of a fit on half of their own rows: not by time."""
        rows = self.rows
        half = np.random.default_rng(self.options.seed).random(len(rows)) < 0.5
        own = rows.of(judged)
        fitted = self.fit(own & half, rows.end, self.options)
        late = own & ~half
        return delong(fitted.score(rows)[late], rows.stayed()[late].astype(np.float64))
