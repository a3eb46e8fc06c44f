"""The half-life from the outcomes: the profile of the objective over a grid, its minimum and an interval.

Lives here: the grid, the profile and the choice. Lives elsewhere: reading the columns at a half-life (the
design of a snapshot), the fit at each (solver), the draws (bootstrap).

Times are in days. ``math.inf`` is no ageing at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from questscore.calibration.bootstrap import AccountDraws, one_step
from questscore.calibration.guards import FEW
from questscore.calibration.solver import fit_points
from questscore.calibration.statistics import Floats, as_outcomes

Flag = Literal["few", "edge", "flat"]
_GRID = (1 / 12, 1 / 6, 1 / 4, 1 / 2, 3 / 4, 1.0, 2.0, 4.0)  # of the horizon
_FLAT = 1.92  # half the 95 % point of chi-square with 1 degree of freedom: the likelihood ratio says nothing
_REACH = 2  # grid points on either side of the best that a draw may choose


@frozen
class HalfLifeChoice:
    """A half-life in days with its interval, and the profile it was read from.

    Attributes:
        value: Days; the horizon where it was not estimated; ``math.inf``: points stay.
        low, high: The ends that hold 95 % of the draws of accounts; None where it was not estimated.
        flags: ``"few"``: fewer than 50 outcomes of the rarer class, so not estimated; ``"edge"``: the best is
            an end of the grid, so the truth may lie beyond; ``"flat"``: the profile rises by less than 1.92
            over the whole grid, so any half-life would do.
        profile: (half-life, least objective as a sum over the rows), ascending.
    """

    value: float
    low: float | None
    high: float | None
    flags: tuple[Flag, ...]
    profile: tuple[tuple[float, float], ...]


def half_life_grid(horizon: float, history: float) -> tuple[float, ...]:
    """Half-lives to try, ascending: 1/12 to 4 times the horizon, from a day to 0.7 of the history, and none.

    Args: ``horizon`` and ``history`` (from the first event to the last cutoff), days, > 0.

    >>> half_life_grid(60, 200)
    (5.0, 10.0, 15.0, 30.0, 45.0, 60.0, 120.0, inf)
    """
    finite = [share * horizon for share in _GRID if 1.0 <= share * horizon <= 0.7 * history]
    return (*(finite or [horizon]), math.inf)


def choose_half_life(
    design: Callable[[float], ArrayLike],
    outcomes: ArrayLike,
    accounts: ArrayLike,
    *,
    horizon: float,
    history: float,
    signs: ArrayLike,
    prior: ArrayLike | None = None,
    tau: float = 1.0,
    weights: ArrayLike | None = None,
    held: ArrayLike | None = None,
    draws: int = 200,
    seed: int = 0,
    grid: Sequence[float] | None = None,
    refine: bool = True,
    progress: Callable[[float], None] | None = None,
) -> HalfLifeChoice:
    """The half-life at which the outcomes are likeliest, by a parabola in log h through the best three.

    Args:
        design: From a half-life in days to the columns (n, J) read with it; asked once for each of
            the grid, and for one more to refine.
        outcomes, accounts: (n,).
        horizon, history: Days, see `half_life_grid`; ``grid`` replaces it, ascending.
        signs, prior, tau, weights, held: As for `fit_points`.
        draws: Of accounts, for the interval, each refitted by one Newton step at every half-life; 40 or more.
        refine: Read the minimum of the parabola once more, and lay the parabola anew: a grid is coarse.
        progress: Told the share done, after each half-life.

    The interval holds the middle 95 % of the draws' own minima, each sought among the five grid points around
    the best. Fewer than 50 outcomes of the rarer class estimate nothing: the horizon is the answer.

    Raises:
        ValueError: fewer than 40 draws, a grid that does not ascend, or what `fit_points` refuses.
    """
    if draws < 40:
        raise ValueError("an interval needs 40 draws or more")
    y = np.asarray(outcomes, dtype=np.float64)
    happened = as_outcomes(y[np.isfinite(y)])
    if min(int(happened.sum()), int((~happened).sum())) < FEW:
        return HalfLifeChoice(horizon, None, None, ("few",), ())
    lives = tuple(half_life_grid(horizon, history) if grid is None else grid)
    if not lives or any(b <= a for a, b in zip((0.0, *lives), lives, strict=False)):
        raise ValueError("a grid of half-lives ascends from above 0")
    drawn = AccountDraws.of(accounts, draws, seed)
    steps = len(lives) + refine

    def read(life: float) -> tuple[float, Floats]:
        fit = fit_points(
            design(life), outcomes, signs=signs, prior=prior, tau=tau, weights=weights, held=held
        )
        total = math.nan if fit.problem is None else fit.objective / fit.problem.unit
        if progress is not None:
            progress((len(found) + 1) / steps)
        return total, one_step(fit, drawn).objective

    found = dict[float, tuple[float, Floats]]()
    for life in lives:
        found[life] = read(life)
    value = lowest(lives, np.array([total for total, _ in found.values()]))[1]
    if refine and value not in found:
        found[value] = read(value)
    lives = tuple(sorted(found))
    totals = np.array([found[life][0] for life in lives])
    resampled = np.column_stack([found[life][1] for life in lives])
    if np.isnan(totals).any():
        return HalfLifeChoice(horizon, None, None, ("few",), ())
    best, value = lowest(lives, totals)
    near = slice(max(best - _REACH, 0), best + _REACH + 1)
    minima = [lowest(lives[near], row)[1] for row in resampled[:, near]]
    low, high = np.quantile(minima, (0.025, 0.975), method="inverted_cdf")
    flags: list[Flag] = []
    if len(lives) > 1 and not _bracketed(lives, best):
        flags.append("edge")
    if totals.max() - totals.min() < _FLAT:
        flags.append("flat")
    profile = tuple((life, float(total)) for life, total in zip(lives, totals, strict=True))
    return HalfLifeChoice(value, float(low), float(high), tuple(flags), profile)


def _bracketed(lives: Sequence[float], best: int) -> bool:
    """Whether finite half-lives stand on both sides of the best."""
    return 0 < best < len(lives) - 1 and math.isfinite(lives[best + 1])


def lowest(lives: Sequence[float], totals: Floats) -> tuple[int, float]:
    """The number of the best half-life, and where the parabola through it and its neighbours is lowest.

    The best itself where it has no finite neighbour on one side.
    """
    best = int(np.argmin(totals))
    if not _bracketed(lives, best):
        return best, float(lives[best])
    x = np.log(lives[best - 1 : best + 2])
    below, above = totals[best - 1] - totals[best], totals[best + 1] - totals[best]
    left, right = x[1] - x[0], x[2] - x[1]
    curvature = below / left + above / right
    if not curvature > 0.0:
        return best, float(lives[best])
    vertex = x[1] + 0.5 * (below / left * right - above / right * left) / curvature
    return best, float(math.exp(min(max(vertex, x[0]), x[2])))
