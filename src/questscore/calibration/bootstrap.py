"""Resampling accounts: how far fitted points would move with other accounts of the same kind.

Lives here: seeded draws of whole accounts, refits of each draw by one Newton step, and what the draws say of
each rule: its interval, its label, and which rules stand in for each other.
Lives elsewhere: the fit itself (solver), intervals of an AUC by account (delong).

Rows of one account (its snapshots) are drawn together: drawing rows would call one account several witnesses.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from attrs import evolve, frozen
from numpy.typing import ArrayLike, NDArray

from questscore.calibration.links import losses, sigmoid
from questscore.calibration.quadratic import minimise_quadratic
from questscore.calibration.solver import Fit
from questscore.calibration.statistics import Floats

Label = Literal["firm", "soft", "not distinguishable"]
_ROWS = 8192  # rows whose products stay in cache


@frozen(eq=False)
class AccountDraws:
    """Draws of accounts with replacement, as many as there are.

    ``row`` (n,): the number of each row's account, from 0. ``counts`` (draws, accounts): how often each was
    drawn. Draw b is the same for the same seed and number of accounts, however many draws there are.

    >>> AccountDraws.of(["x", "y", "x"], draws=2, seed=1).counts.sum(axis=1).tolist()
    [2, 2]
    """

    row: NDArray[np.intp]
    counts: NDArray[np.uint16]

    @classmethod
    def of(cls, accounts: ArrayLike, draws: int, seed: int) -> AccountDraws:
        """Draws for rows of these accounts (n,), of any kind that sorts."""
        names, row = np.unique(np.asarray(accounts), return_inverse=True)
        size = len(names)
        counts = np.empty((draws, size), dtype=np.uint16)
        for number in range(draws):
            drawn = np.random.default_rng((seed, number)).integers(0, max(size, 1), size)
            counts[number] = np.bincount(drawn, minlength=size)
        return cls(row.astype(np.intp), counts)

    def weights(self, number: int) -> Floats:
        """The weight of each row (n,) in one draw: how often its account was drawn."""
        counts: Floats = self.counts[number].astype(np.float64)
        weights: Floats = counts[self.row]
        return weights


@frozen(eq=False)
class Refits:
    """A fit of each draw: ``theta`` (draws, J + 3); ``objective`` (draws,), as a sum over the rows."""

    theta: Floats
    objective: Floats

    @property
    def points(self) -> Floats:
        """(draws, J), in the unit of the fit."""
        return self.theta[:, :-3]


def one_step(fit: Fit, draws: AccountDraws) -> Refits:
    """Refits each draw by one Newton step from the fit, with its own gradient and Hessian and all bounds.

    Args:
        fit: A fit of rows of the same accounts, in the same order.
        draws: Of those rows.

    The step is exact where the likelihood is a parabola; with a few hundred outcomes its quantiles are those
    of full refits within their own sampling error. Cost: one pass over the rows, whatever the number of
    draws. A fit that had nothing to fit is repeated. Source: Shao and Tu 1995 (one-step bootstrap).
    """
    number = len(draws.counts)
    if fit.problem is None:
        return Refits(np.tile(fit.theta, (number, 1)), np.zeros(number))
    problem, row = fit.problem, draws.row[fit.used]
    if np.any(np.diff(row) < 0):
        order = np.argsort(row, kind="stable")
        row = row[order]
        problem = evolve(
            problem,
            design=problem.design[order],
            outcomes=problem.outcomes[order],
            weights=problem.weights[order],
            held=problem.held[order],
        )
    size = len(fit.theta)
    first, second = np.triu_indices(size)
    gradients, hessians = np.zeros((number, size)), np.zeros((number, len(first)))
    loss, totals = np.zeros(number), np.zeros(number)
    starts = np.flatnonzero(np.diff(row, prepend=-1))  # the first row of each account that has one
    edges = np.searchsorted(starts, np.arange(0, len(row), _ROWS))
    for begin, end in zip(edges, [*edges[1:], len(starts)], strict=True):
        if begin == end:
            continue
        low, high = starts[begin], starts[end] if end < len(starts) else len(row)
        x, z = problem.rows(fit.theta, low, high)
        y, weight, p = problem.outcomes[low:high], problem.weights[low:high], sigmoid(z)
        at = starts[begin:end] - low
        counts = draws.counts[:, row[starts[begin:end]]].astype(np.float64)
        gradients += counts @ np.add.reduceat((weight * (p - y))[:, None] * x, at)
        curved = (weight * p * (1.0 - p))[:, None] * x
        hessians += counts @ np.add.reduceat(x[:, first] * curved[:, second], at)
        loss += counts @ np.add.reduceat(weight * losses(z, y), at)
        totals += counts @ np.add.reduceat(weight, at)
    theta, objective = np.tile(fit.theta, (number, 1)), np.zeros(number)
    for b in range(number):
        if totals[b] == 0.0:
            continue
        unit = 1.0 / totals[b] if problem.averaged else 1.0
        full = np.zeros((size, size))
        full[first, second] = full[second, first] = unit * hessians[b]
        gradient, hessian = problem.with_penalty(fit.theta, unit * gradients[b], full)
        bounds = problem.l1, problem.lower, problem.upper
        theta[b] = minimise_quadratic(gradient, hessian, fit.theta, *bounds)
        step = theta[b] - fit.theta
        fall = gradient @ step + 0.5 * step @ hessian @ step
        fall += problem.l1 @ (np.abs(theta[b]) - np.abs(fit.theta))
        objective[b] = (unit * loss[b] + problem.penalty(fit.theta) + fall) / unit
    return Refits(theta, objective)


@frozen
class PointStability:
    """How sure the points of a rule are.

    ``low`` and ``high`` hold 90 % of the draws, in points; ``positive`` is the share of draws above 0.
    *firm*: the interval leaves 0 out and is narrower than half the value; *soft*: it leaves 0 out; else
    *not distinguishable* from no effect.
    """

    low: float
    high: float
    positive: float
    label: Label


def stability(points: ArrayLike, draws: ArrayLike) -> list[PointStability]:
    """What the draws (draws, J) say of each of the points (J,).

    Each draw is first brought to the same largest absolute value as ``points``, for a score times a constant
    is the same score. Draws that are all 0 stay 0. Without draws every rule is not distinguishable.
    """
    values, drawn = np.asarray(points, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    if not drawn.size:
        return [PointStability(float(v), float(v), 0.0, "not distinguishable") for v in values]
    tops = np.abs(drawn).max(axis=1, keepdims=True)
    scaled = np.divide(drawn * np.abs(values).max(), tops, out=np.zeros_like(drawn), where=tops > 0.0)
    low, high = np.quantile(scaled, (0.05, 0.95), axis=0)
    positive = (scaled > 0.0).mean(axis=0)
    found = []
    for k, value in enumerate(values):
        label: Label = "not distinguishable"
        if value != 0.0 and (low[k] > 0.0 or high[k] < 0.0):
            label = "firm" if high[k] - low[k] < 0.5 * abs(value) else "soft"
        found.append(PointStability(float(low[k]), float(high[k]), float(positive[k]), label))
    return found


def interchangeable(draws: ArrayLike, below: float = -0.3) -> list[tuple[int, ...]]:
    """Groups of rules that stand in for each other: every two of a group correlate below ``below``.

    ``draws``: (draws, J), points as refitted. Where one got more, the other got less: their sum is known
    better than either. Groups are as large as they can be, by their first rule; a rule that never moved is in
    none.

    >>> interchangeable([[1, 3, 5], [2, 2, 6], [3, 1, 5], [2, 2, 5]])
    [(0, 1)]
    """
    drawn = np.asarray(draws, dtype=np.float64)
    off = drawn - drawn.mean(axis=0) if len(drawn) else drawn
    size = np.sqrt((off**2).sum(axis=0))
    moved = size > 1e-12 * np.maximum(np.abs(drawn).max(axis=0, initial=0.0), 1e-300)
    unit = np.divide(off, size, out=np.zeros_like(off), where=moved)
    against = (unit.T @ unit) < below
    groups: list[tuple[int, ...]] = [(k,) for k in range(drawn.shape[1])]
    largest: list[tuple[int, ...]] = []
    while groups:
        grown = [
            (*group, k)
            for group in groups
            for k in range(group[-1] + 1, drawn.shape[1])
            if all(against[k, other] for other in group)
        ]
        kept = [g for g in groups if len(g) > 1 and not any(set(g) < set(other) for other in grown)]
        largest += kept
        groups = grown
    return sorted(largest)
