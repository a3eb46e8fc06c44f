"""Fitting: whole points, half-lives and the map to a probability from the rows of some snapshots.

Lives here: the order of the steps: outcomes enough, the half-life, thin rules, candidates, fit, whole points.
Lives elsewhere: each step (guards, half_life, choice, solver, integers, mapping), the rows (snapshots), what
is told of it (calibrate, validate).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from questscore.calibration.bootstrap import AccountDraws, Refits, one_step
from questscore.calibration.choice import Candidate, Choice, choose, inner_split
from questscore.calibration.design import HalfLife, Term
from questscore.calibration.guards import Finding, outcomes_enough, rules_for_outcomes, thin, thin_rules
from questscore.calibration.half_life import HalfLifeChoice, choose_half_life, half_life_grid
from questscore.calibration.integers import whole_points
from questscore.calibration.mapping import ScoreMap, fit_map
from questscore.calibration.snapshots import Flags, Snapshots
from questscore.calibration.solver import Fit, fit_points
from questscore.calibration.statistics import Floats
from questscore.errors import EventError, ModelError
from questscore.model.definition import one_of
from questscore.model.time import DAY, HOUR, Duration, iso

Progress = Callable[[float], None]
ACTIVE, TABLE, FREE, TWO = "active days", "table adjusted", "free points", "two half-lives"
CANDIDATES = (ACTIVE, TABLE, FREE, TWO)
SAMPLE = 60_000
_PROFILED = 0.8


@frozen
class Options:
    """How a fit is made.

    Args:
        maximum: The largest whole point.
        nice: Whether points are to be 1, 2, 3, 5, 10, 15, 20, 25 and so on.
        half_lives: Given ones; None: from the data.
        candidates: Which of `CANDIDATES` are tried.
        tau: Width of the table as a prior, as a share of each of its values.
        draws: Of accounts, for intervals.
        seed: Of the draws.
        sample: Rows beyond which half-life, candidates and rounding are judged on a sample of accounts.
    """

    maximum: int = 100
    nice: bool = False
    half_lives: tuple[HalfLife, ...] | None = None
    candidates: tuple[str, ...] = CANDIDATES
    tau: float = 1.0
    draws: int = 200
    seed: int = 0
    sample: int = SAMPLE

    def __attrs_post_init__(self) -> None:
        for name in self.candidates:
            one_of(name, CANDIDATES)
        for name, least in (("maximum", 1), ("draws", 0), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < least:
                raise ModelError(f"{value!r} is no {name}", where=name, fix=f"write {least} or more")
        for name in ("candidates", "half_lives"):
            if getattr(self, name) == ():
                raise ModelError("there are none", where=name, fix="name one, or leave them out")


@frozen(eq=False)
class Fitted:
    """Whole points and what they come from.

    Args:
        calibrated: Whether there were outcomes enough; else points are the table's.
        candidate: The way of `CANDIDATES` that was chosen.
        half_lives: What event rules age with.
        terms: The columns at these half-lives.
        points: (terms,) whole points; those of thin rules as in the table.
        map: From raw points to the chance of staying; None where there is none.
        profile: How the half-life was found; None where it was given.
        choice: Where the candidates stand; None where there was nothing to judge them on.
        thin: The rules that too few accounts stand behind.
        findings: What the guards said.
        fit: The fit before rounding; its points are of the terms ``moved``.
        moved: (terms,) which terms were fitted.
        refits: Of the draws of accounts; None where nothing was fitted.
    """

    calibrated: bool
    candidate: str
    half_lives: tuple[HalfLife, ...]
    terms: tuple[Term, ...]
    points: Floats
    map: ScoreMap | None
    profile: HalfLifeChoice | None
    choice: Choice | None
    thin: tuple[str, ...]
    findings: tuple[Finding, ...]
    fit: Fit | None = field(default=None, repr=False)
    moved: Flags = field(factory=lambda: np.zeros(0, dtype=bool), repr=False)
    refits: Refits | None = field(default=None, repr=False)

    def score(self, rows: Snapshots) -> Floats:
        """(n,) raw points of the rows of some snapshots of the same design."""
        return rows.held + rows.matrix(self.half_lives) @ self.points


def days(half_life: HalfLife) -> float:
    """A half-life in days; infinite where points stay."""
    return math.inf if half_life is None else half_life.us / DAY


def duration(value: float) -> HalfLife:
    """A half-life from days, to the day, below three days to the hour."""
    if math.isinf(value):
        return None
    unit = DAY if value >= 3.0 else HOUR
    return Duration(max(round(value * DAY / unit), 1) * unit)


def some_accounts(accounts: NDArray[np.intp], most: int, seed: int) -> NDArray[np.intp]:
    """The rows of accounts, drawn by the seed, that make about ``most`` rows; all where there are fewer."""
    if len(accounts) <= most:
        return np.arange(len(accounts))
    who, row = np.unique(accounts, return_inverse=True)
    number = max(1, int(len(who) * most / len(accounts)))
    drawn = np.random.default_rng((seed, 1)).permutation(len(who))[:number]
    return np.flatnonzero(np.isin(row, drawn))


def _on(fit: Fit, rows: NDArray[np.intp]) -> Fit:
    """The fit as if its problem were of some of its rows."""
    if fit.problem is None or len(rows) == len(fit.problem.outcomes) or not fit.used.all():
        return fit
    problem = evolve(
        fit.problem,
        design=fit.problem.design[rows],
        outcomes=fit.problem.outcomes[rows],
        weights=fit.problem.weights[rows],
        held=fit.problem.held[rows],
    )
    return evolve(fit, problem=problem)


class _Fitting:
    """One fit, step by step."""

    def __init__(self, rows: Snapshots, use: Flags, by: int, options: Options, history: float) -> None:
        self.rows, self.use, self.options, self.history = rows, np.flatnonzero(use), options, history
        self.stayed = rows.stayed(by).astype(np.float64)[self.use]
        self.accounts, self.held = rows.subject[self.use], rows.held[self.use]
        self.table = any(column.prior != 0.0 for column in rows.design.columns if not column.proposed)
        self.findings: list[Finding] = []

    def matrix(self, lives: Sequence[HalfLife], part: NDArray[np.intp] | None = None) -> Floats:
        """(rows, terms) of the rows in use, or of some of them."""
        return self.rows.matrix(lives)[self.use if part is None else self.use[part]]

    def signs(self, terms: Sequence[Term]) -> Floats:
        return np.array([float(term.column.sign) for term in terms])

    def prior(self, terms: Sequence[Term]) -> Floats | None:
        """The table, within the signs; None where it is all zeros."""
        return np.array([term.column.prior for term in terms]) if self.table else None

    def ways(self) -> tuple[str, ...]:
        """The candidates that mean something here.

        Half-lives that are given leave no others to try; without a table there is none to adjust.
        """
        asked = set(self.options.candidates)
        if TWO in asked and self.options.half_lives is not None:
            asked = asked - {TWO} | {TABLE}
        if TABLE in asked and not self.table:
            asked = asked - {TABLE} | {FREE}
        return tuple(name for name in CANDIDATES if name in asked)

    def crowded(self) -> Finding | None:
        """Whether there are too few outcomes for the rules, and a table is needed."""
        ways = self.ways()
        if set(ways) <= {ACTIVE}:
            return None
        with_table = self.table and not {TABLE, TWO}.isdisjoint(ways)
        return rules_for_outcomes(self.stayed, len(self.rows.design.columns), with_table)

    def sampled(self) -> NDArray[np.intp]:
        """Rows to judge half-lives, candidates and rounding on: all, or those of some accounts."""
        return some_accounts(self.accounts, self.options.sample, self.options.seed)

    def thin_columns(self) -> tuple[str, ...]:
        """The rules too few accounts stand behind; never the active-day rule."""
        columns = self.rows.design.columns
        terms = self.rows.design.terms([self.rows.outcome.horizon])
        rarer = self.stayed if self.stayed.mean() <= 0.5 else 1.0 - self.stayed
        bad = thin_rules(self.matrix([self.rows.outcome.horizon]) != 0.0, rarer, self.accounts)
        names = {term.column.name for term, which in zip(terms, bad.tolist(), strict=True) if which}
        return tuple(c.name for c in columns if c.name in names and not c.proposed)

    def half_life(self, tau: float, few: bool, progress: Progress) -> HalfLifeChoice | None:
        """The half-life of all event rules, with the table as prior."""
        horizon = self.rows.outcome.horizon
        if self.options.half_lives is not None:
            return None
        if few or not any(column.aged for column in self.rows.design.columns):
            return HalfLifeChoice(days(horizon), None, None, ("few",) if few else (), ())
        part = self.sampled()
        terms = self.rows.design.terms([horizon])
        grid = half_life_grid(days(horizon), self.history)
        self.rows.read([_exact(value) for value in grid])
        return choose_half_life(
            lambda value: self.matrix([_exact(value)], part),
            self.stayed[part],
            self.accounts[part],
            horizon=days(horizon),
            history=self.history,
            signs=self.signs(terms),
            prior=self.prior(terms),
            tau=tau,
            held=self.held[part],
            draws=max(40, min(self.options.draws, 200)),
            seed=self.options.seed,
            progress=progress,
        )

    def candidates(
        self,
        ways: Sequence[str],
        lives: tuple[HalfLife, ...],
        thin_names: Sequence[str],
        tau: float,
        part: NDArray[np.intp],
    ) -> list[tuple[Candidate, tuple[HalfLife, ...], Flags]]:
        """The candidates, the simplest first, each with its half-lives and the terms that it fits."""
        found = []
        for name in ways:
            own = _pair(self.rows.outcome.horizon) if name == TWO else lives
            terms = self.rows.design.terms(own)
            moved = np.array([_fits(name, term, thin_names) for term in terms])
            if not moved.any():
                continue
            matrix, prior = self.matrix(own, part), self.prior(terms)
            kept = np.zeros(len(terms)) if prior is None else prior / len(own)
            if name in (ACTIVE, FREE):
                kept[:] = 0.0
            held = self.held[part] + matrix[:, ~moved] @ kept[~moved]
            chosen = [term for term, fits in zip(terms, moved.tolist(), strict=True) if fits]
            table = None if name in (ACTIVE, FREE) or prior is None else prior[moved]
            one = Candidate(name, matrix[:, moved], self.signs(chosen), table, tau, held)
            found.append((one, own, moved))
        return found


def _exact(value: float) -> HalfLife:
    return None if math.isinf(value) else Duration(round(value * DAY))


def _pair(horizon: Duration) -> tuple[HalfLife, ...]:
    """The usual two half-lives: a third of the horizon, and twice."""
    return Duration(horizon.us // 3), Duration(horizon.us * 2)


def _fits(candidate: str, term: Term, thin_names: Sequence[str]) -> bool:
    if candidate == ACTIVE:
        return term.column.active_day
    return term.column.name not in thin_names


def fit_table(
    rows: Snapshots,
    use: Flags,
    *,
    by: int,
    options: Options | None = None,
    history: float,
    progress: Progress | None = None,
    sparing: bool = False,
) -> Fitted:
    """Points from the rows in use.

    Args:
        rows: Snapshots; ``use`` (n,): which of their rows.
        by: Labels are what was known by this instant.
        options: How the fit is made.
        history: Days from the first event to the last cutoff in use.
        progress: Told the share done, now and then.
        sparing: Whether the rows let go of half-lives that were tried as soon as they are not taken; a fit of
            other rows would read them again.

    Raises:
        EventError: The window of a row in use was not over by then.
    """
    if not rows.before(by)[use].all():
        raise EventError(
            f"a row is to be fitted whose window ends after {iso(by)}",
            fix="use the rows of cutoffs whose windows were over",
        )
    chosen, told = Options() if options is None else options, progress or (lambda share: None)
    work = _Fitting(rows, use, by, chosen, history)
    enough = outcomes_enough(work.stayed)
    if enough is not None:
        work.findings.append(enough)
        if enough.level == "refuse":
            return _unchanged(work)
    few = enough is not None
    tau = min(chosen.tau, 0.5) if few else chosen.tau
    crowded, ways = work.crowded(), work.ways()
    if crowded is not None:
        work.findings.append(crowded)
        if crowded.level == "refuse":
            return _unchanged(work)
        ways = tuple(name for name in ways if name != FREE)
    profile = work.half_life(tau, few, lambda share: told(_PROFILED * share))
    lives = (
        (duration(profile.value),) if profile is not None else chosen.half_lives or (rows.outcome.horizon,)
    )
    if sparing:
        rows.let_go([*lives, rows.outcome.horizon])
    work.findings += _of_profile(profile, lives)
    thin_names = work.thin_columns()
    choice, name = _chosen(work, work.candidates(ways, lives, thin_names, tau, work.sampled()), few)
    told(0.9)
    if name is None:
        what = "too few accounts stand behind every rule that is to be fitted: the table stays as it is"
        work.findings.append(Finding("nothing to fit", "refuse", what))
        return _unchanged(work)
    if sparing and name != TWO:
        rows.let_go([*lives, rows.outcome.horizon])
    ((one, own, moved),) = work.candidates((name,), lives, thin_names, tau, np.arange(len(work.use)))
    return _finished(work, one, own, moved, profile=profile, choice=choice, thin_names=thin_names)


def _unchanged(work: _Fitting) -> Fitted:
    lives = work.options.half_lives or (work.rows.outcome.horizon,)
    terms = work.rows.design.terms(lives)
    worth = np.array([0.0 if term.column.proposed else term.column.prior / len(lives) for term in terms])
    return Fitted(False, TABLE, lives, terms, worth, None, None, None, (), tuple(work.findings))


def _of_profile(profile: HalfLifeChoice | None, lives: tuple[HalfLife, ...]) -> list[Finding]:
    said = {
        "few": "too few outcomes to estimate the half-life: it is the horizon",
        "edge": "the best half-life is an end of those tried: the truth may lie beyond",
        "flat": "the outcomes hardly tell half-lives apart: any of those tried would do",
    }
    flags = () if profile is None else profile.flags
    return [Finding("half-life", "note", f"{lives[0] or 'no ageing'}: {said[flag]}") for flag in flags]


def _chosen(
    work: _Fitting, tried: Sequence[tuple[Candidate, tuple[HalfLife, ...], Flags]], few: bool
) -> tuple[Choice | None, str | None]:
    """Where the candidates, of the sampled rows, stand on the latest cutoff, and which is taken, if any.

    The simplest of those with points for rules that lies within a standard error of the best; active days
    alone only where none of these does.
    """
    names, part = [one.name for one, _, _ in tried], work.sampled()
    usual = next((name for name in (TABLE, FREE, *names) if name in names), None)
    if few or len(tried) < 2:
        return None, usual
    at = work.rows.at[work.use[part]]
    early, late = inner_split(at, work.rows.outcome.horizon.us, work.rows.outcome.gap)
    if not early.any() or not late.any():
        return None, usual
    choice = choose([one for one, _, _ in tried], work.stayed[part], work.accounts[part], early, late)
    if choice is None:
        return None, usual
    near = [standing.name for standing in choice.standings if standing.above <= standing.se]
    taken = next((name for name in near if name != ACTIVE), near[0])
    if near[0] == ACTIVE:
        what = "active days alone foretell as well, within a standard error"
        work.findings.append(Finding("active days", "note", what))
    return choice, taken


def _finished(
    work: _Fitting,
    one: Candidate,
    lives: tuple[HalfLife, ...],
    moved: Flags,
    *,
    profile: HalfLifeChoice | None,
    choice: Choice | None,
    thin_names: tuple[str, ...],
) -> Fitted:
    """The fit of a candidate, rounded, with its map and its draws."""
    signs = np.ones(one.design.shape[1]) if one.signs is None else one.signs
    fit = fit_points(one.design, work.stayed, signs=signs, prior=one.prior, tau=one.tau, held=one.held)
    whole = whole_points(_on(fit, work.sampled()), maximum=work.options.maximum, nice=work.options.nice)
    terms = work.rows.design.terms(lives)
    kept = np.array([term.column.prior for term in terms]) / len(lives)
    points = np.where(moved, 0.0, 0.0 if one.name in (ACTIVE, FREE) else kept)
    points[moved] = whole.points
    score = work.held + work.matrix(lives) @ points
    refits = None
    if work.options.draws:
        refits = one_step(fit, AccountDraws.of(work.accounts, work.options.draws, work.options.seed))
    names = [column.name for column in work.rows.design.columns]
    work.findings += thin(names, [name in thin_names for name in names], one.prior is not None)
    if not fit.converged:
        work.findings.append(Finding("not converged", "warn", "the fit stopped before its objective did"))
    return Fitted(
        True,
        one.name,
        lives,
        terms,
        points,
        fit_map(score, work.stayed),
        profile,
        choice,
        thin_names,
        tuple(work.findings),
        fit,
        moved,
        refits,
    )
