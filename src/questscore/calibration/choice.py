"""The choice among candidate tables: by a later cutoff, the simplest that is not clearly worse.

Lives here: the inner split by time, the candidates' losses on it, and the one-standard-error rule.
Lives elsewhere: the candidates' columns (the design of a snapshot), the fit (solver).

The usual candidates, the simplest first: A active days alone; P the table as prior; B free points; C two
half-lives. A table taken as it is has no columns, and its score as the held part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike, NDArray

from questscore.calibration.links import losses
from questscore.calibration.solver import fit_points
from questscore.calibration.statistics import Floats, summed


@frozen(eq=False)
class Candidate:
    """A way to fit: its columns on every row, and the arguments of `fit_points`.

    ``design`` (n, J); ``signs`` (J,), None: all positive; ``prior`` (J,) or None; ``held`` (n,) or None.
    """

    name: str
    design: Floats = field(repr=False)
    signs: Floats | None = None
    prior: Floats | None = None
    tau: float = 1.0
    held: Floats | None = field(default=None, repr=False)


@frozen
class Standing:
    """A candidate's mean log-loss on the later cutoff, and how far it is above the best, with its error."""

    name: str
    loss: float
    above: float
    se: float


@frozen
class Choice:
    """The candidate chosen, the one with the least loss, and where each stands, the simplest first."""

    chosen: str
    best: str
    standings: tuple[Standing, ...]


def inner_split(
    cutoffs: ArrayLike, horizon: int, gap: int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows (n,) to fit on and which to judge on, from the cutoff of each.

    Args: ``cutoffs`` (n,), ``horizon`` and ``gap``, all in one unit (microseconds).

    Judged are the rows of the latest cutoff c; fitted those whose outcome window closed by then, cutoffs
    <= c - gap - horizon. Either may be empty: with a single cutoff there is nothing to choose by.
    """
    at = np.asarray(cutoffs)
    if not len(at):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    last = at.max()
    return np.asarray(at <= last - gap - horizon), np.asarray(at == last)


def choose(
    candidates: Sequence[Candidate],
    outcomes: ArrayLike,
    accounts: ArrayLike,
    fit_rows: NDArray[np.bool_],
    judge_rows: NDArray[np.bool_],
    weights: ArrayLike | None = None,
) -> Choice | None:
    """Fits each candidate on some rows, judges it on others, takes the simplest within a standard error.

    Args:
        candidates: The simplest first. outcomes, accounts, weights: (n,). fit_rows, judge_rows: (n,).

    The standard error is that of the mean difference to the best, paired by row and summed by account. None
    where nothing can be judged: no row to fit or judge on, or one class only among those to fit on.

    Raises:
        ValueError: no candidate.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    y = np.asarray(outcomes, dtype=np.float64)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    table = []
    for one in candidates:
        count = one.design.shape[1]
        signs = np.ones(count) if one.signs is None else one.signs
        held = np.zeros(len(y)) if one.held is None else one.held
        fit = fit_points(
            one.design[fit_rows],
            y[fit_rows],
            signs=signs,
            prior=one.prior,
            tau=one.tau,
            weights=w[fit_rows],
            held=held[fit_rows],
        )
        if fit.problem is None:
            return None
        table.append(losses(fit.log_odds(one.design[judge_rows], held[judge_rows]), y[judge_rows]))
    return one_standard_error(
        [one.name for one in candidates],
        np.column_stack(table),
        np.asarray(accounts)[judge_rows],
        w[judge_rows],
    )


def one_standard_error(
    names: Sequence[str], table: ArrayLike, accounts: ArrayLike, weights: ArrayLike | None = None
) -> Choice | None:
    """The first of ``names`` whose mean loss is within one standard error of the least; None without rows.

    Args:
        names: The simplest first. table: (n, candidates), the loss of each row. accounts, weights: (n,).

    Rows with a NaN are left out. Source: Breiman, Friedman, Olshen and Stone 1984, section 3.4.3, with the
    error of a ratio of sums over accounts.

    >>> table = [[0.50, 0.40], [0.30, 0.41], [0.45, 0.42]]
    >>> found = one_standard_error(["simple", "rich"], table, [1, 2, 3])
    >>> found.best, found.chosen
    ('rich', 'simple')
    """
    lost = np.asarray(table, dtype=np.float64)
    _, who = np.unique(np.asarray(accounts), return_inverse=True)
    w = np.ones(len(lost)) if weights is None else np.asarray(weights, dtype=np.float64)
    kept = np.isfinite(lost).all(axis=1) & np.isfinite(w)
    lost, who, w = lost[kept], who[kept], w[kept]
    total = float(w.sum())
    if not total > 0.0:
        return None
    means = w @ lost / total
    best = int(np.argmin(means))
    standings = []
    for k, name in enumerate(names):
        gap = lost[:, k] - lost[:, best]
        above = float(means[k] - means[best])
        size = int(who.max()) + 1
        sums = summed(who, w * (gap - above), size)
        count = len(np.unique(who))
        se = math.sqrt(float(sums @ sums) * count / max(count - 1, 1)) / total
        standings.append(Standing(name, float(means[k]), above, se))
    chosen = next(one.name for one in standings if one.above <= one.se)
    return Choice(chosen, names[best], tuple(standings))
