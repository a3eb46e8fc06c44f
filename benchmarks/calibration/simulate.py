"""Calibration on made-up logs whose truth is known: what is found again, beside a demand and a sketch.

    python -m benchmarks.calibration.simulate             # about three minutes on one core
    python -m benchmarks.calibration.simulate --share 0.2 # a fifth of the repetitions

Rows are numbered as the demands are: 7 whole points, 8 few outcomes and a table, 9 known points, 10 known
half-lives, 15 interval and solver, 16 odd inputs. Exit code 1 when a demand is missed. The generators and the
seeds are here; short forms run with the tests.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from statistics import NormalDist
from unittest import mock

import numpy as np
from attrs import frozen

from questscore.calibration.bootstrap import AccountDraws, one_step, stability
from questscore.calibration.delong import delong
from questscore.calibration.half_life import choose_half_life
from questscore.calibration.integers import whole_points
from questscore.calibration.links import sigmoid
from questscore.calibration.mapping import fit_map
from questscore.calibration.objective import Objective, build
from questscore.calibration.solver import fit_points
from questscore.calibration.statistics import Floats, auc, average_precision, spearman

TRUE = np.array([10.0, 5.0, 2.0, 1.0, 0.0, 0.0])
TABLE = np.array([2.0, 5.0, 5.0, 5.0, 5.0, 5.0])  # hand-set, and not very good
BASE = 0.2
DAYS = 360
_WIDTH = 64


@frozen
class Row:
    """One line: a figure, what it must be (a text, and whether it is), and what the sketch had."""

    number: int
    what: str
    measured: float
    demand: str
    met: bool
    sketch: str = ""

    def __str__(self) -> str:
        mark = "" if self.met else "   MISSED"
        line = f"{self.number:>3}  {self.what:<{_WIDTH}} {self.measured:>9.4g}  {self.demand:<11}"
        return f"{line} {self.sketch:<8}{mark}"


def least(number: int, what: str, measured: float, bound: float, sketch: str = "") -> Row:
    """A figure that must be at least ``bound``."""
    return Row(number, what, measured, f">= {bound:g}", measured >= bound, sketch)


def most(number: int, what: str, measured: float, bound: float, sketch: str = "") -> Row:
    """A figure that must be at most ``bound``."""
    return Row(number, what, measured, f"<= {bound:g}", measured <= bound, sketch)


def intercept(z: Floats) -> float:
    """The alpha at which the mean of sigmoid(alpha + z) is the base rate."""
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if sigmoid(middle + z).mean() < BASE else (low, middle)
    return low


def points_log(subjects: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Counts of six behaviours (n, 6) that share a frailty, and the true log-odds (n,), alpha apart."""
    shared = rng.gamma(0.7, 1.0 / 0.7, (subjects, 1))
    design = rng.poisson(2.0 * shared * rng.gamma(1.0, 1.0, (subjects, 6))).astype(np.float64)
    return design, 1.2 * np.arcsinh(design @ TRUE / 10.0)


def half_life_log(
    accounts: int, truth: float, rng: np.random.Generator
) -> tuple[Callable[[float], Floats], Floats]:
    """Daily activity over 360 days in spells: the column at any half-life, and outcomes at the true one."""
    days = np.arange(DAYS)
    level = np.zeros((accounts, DAYS))
    for _ in range(4):
        begin, length = rng.integers(0, DAYS, accounts), rng.exponential(60.0, accounts)
        on = (days >= begin[:, None]) & (days < (begin + length)[:, None])
        level += on * rng.gamma(1.0, 0.2, (accounts, 1))
    active = (rng.random((accounts, DAYS)) < np.minimum(level, 0.9)).astype(np.float64)

    def design(life: float) -> Floats:
        return np.asarray(active @ 2.0 ** (-(DAYS - days) / life))[:, None]

    z = 1.5 * np.arcsinh(design(truth)[:, 0] / 0.5)
    return design, (rng.random(accounts) < sigmoid(z + intercept(z))).astype(np.float64)


def area(scores: Floats, outcomes: Floats) -> float:
    """The AUC of a sample that has both classes."""
    found = auc(scores, outcomes)
    assert found is not None
    return found


@frozen
class Market:
    """A large sample to judge on, and the truth's AUC on it."""

    alpha: float
    design: Floats
    happened: Floats
    truth: float

    @classmethod
    def of(cls, subjects: int) -> Market:
        """The same for all rows: seed 0."""
        rng = np.random.default_rng(0)
        design, z = points_log(subjects, rng)
        alpha = intercept(z)
        happened = (rng.random(subjects) < sigmoid(alpha + z)).astype(np.float64)
        return cls(alpha, design, happened, area(z, happened))

    def sample(self, outcomes: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Subjects until about that many have the outcome."""
        design, z = points_log(int(outcomes / BASE), rng)
        return design, (rng.random(len(z)) < sigmoid(self.alpha + z)).astype(np.float64)

    def lost(self, points: Floats) -> float:
        """How far the AUC of these points is below the truth's."""
        return self.truth - area(self.design @ points, self.happened)


def whole(market: Market, repeats: int) -> Iterator[Row]:
    """Row 7: what whole points cost in AUC, on the mean over samples."""
    costs: dict[str, list[float]] = {}
    for seed in range(repeats):
        design, happened = market.sample(1000, np.random.default_rng((7, seed)))
        fit = fit_points(design, happened, signs=np.ones(6), prior=TABLE)
        exact = market.lost(fit.points)
        for name, maximum, nice in (("10", 10, False), ("100", 100, False), ("nice, 100", 100, True)):
            lost = market.lost(whole_points(fit, maximum=maximum, nice=nice).points)
            costs.setdefault(name, []).append(lost - exact)
    for name, bound, sketch in (
        ("10", 0.002, ".0018"),
        ("100", 0.001, ".0005"),
        ("nice, 100", 0.002, ".000"),
    ):
        yield most(7, f"AUC lost by whole points up to {name}", float(np.mean(costs[name])), bound, sketch)


def few(market: Market, repeats: int) -> Iterator[Row]:
    """Row 8, made up: with few outcomes a table as prior is never much worse than the table."""
    table = market.lost(TABLE)
    for outcomes, tau in ((10, 0.5), (50, 1.0), (300, 1.0)):
        gains = []
        for seed in range(repeats):
            design, happened = market.sample(outcomes, np.random.default_rng((8, outcomes, seed)))
            fit = fit_points(design, happened, signs=np.ones(6), prior=TABLE, tau=tau)
            gains.append(table - market.lost(fit.points))
        what = f"{outcomes} outcomes and a poor table: mean AUC above the table's"
        yield least(8, what, float(np.mean(gains)), -0.006, "-.003" if outcomes == 10 else "")


def known_points(market: Market, repeats: int) -> Iterator[Row]:
    """Row 9: points (10, 5, 2, 1, 0, 0) found again without a table."""
    for outcomes in (300, 1000):
        lost, order, dead, shown = list[float](), list[float](), list[float](), list[float]()
        off, any_point = list[float](), list[float]()
        for seed in range(repeats):
            design, happened = market.sample(outcomes, np.random.default_rng((9, outcomes, seed)))
            fit = fit_points(design, happened, signs=np.ones(6))
            tens, hundreds = whole_points(fit, maximum=10).points, whole_points(fit).points
            draws = one_step(fit, AccountDraws.of(np.arange(len(happened)), 200, seed))
            labels = [rule.label for rule in stability(hundreds, draws.points)]
            lost.append(market.lost(hundreds))
            order.append(spearman(hundreds, TRUE) or 0.0)
            dead.append(float((tens[4:] != 0.0).mean()))
            any_point.append(float((hundreds[4:] != 0.0).mean()))
            shown.append(float(np.mean([label != "not distinguishable" for label in labels[4:]])))
            off += np.abs(hundreds[1:4] / hundreds[0] / (TRUE[1:4] / TRUE[0]) - 1.0).tolist()
        if outcomes == 300:
            yield most(9, "300 outcomes: AUC below the truth's", float(np.mean(lost)), 0.004, ".002")
            yield least(
                9, "300 outcomes: rank correlation with the true points", float(np.mean(order)), 0.85, ".91"
            )
        else:
            yield most(
                9, "1,000 outcomes: dead rules with points, of at most 10", float(np.mean(dead)), 0.2, ".13"
            )
            yield Row(
                9,
                "1,000 outcomes: dead rules with points, of at most 100",
                float(np.mean(any_point)),
                "",
                True,
            )
            yield most(9, "1,000 outcomes: dead rules labelled firm or soft", float(np.mean(shown)), 0.2)
            yield most(9, "1,000 outcomes: ratios off by (median)", float(np.median(off)), 0.3, ".28")


def known_half_lives(repeats: int, outcomes: int) -> Iterator[Row]:
    """Row 10: half-lives of 7, 30 and 90 days found again."""
    covered, worst = list[bool](), 0.0
    for truth, horizon in ((7.0, 30.0), (30.0, 60.0), (90.0, 60.0)):
        values = []
        for seed in range(repeats):
            rng = np.random.default_rng((10, outcomes, int(truth), seed))
            design, happened = half_life_log(int(outcomes / BASE), truth, rng)
            found = choose_half_life(
                design,
                happened,
                np.arange(len(happened)),
                horizon=horizon,
                history=DAYS,
                signs=[1],
                prior=[5.0],
                draws=100,
                seed=seed,
            )
            values.append(found.value)
            if found.low is not None and found.high is not None:
                covered.append(found.low <= truth <= found.high)
        worst = max(worst, abs(float(np.median(values)) / truth - 1.0))
    if outcomes >= 1000:
        yield most(10, f"{outcomes:,} outcomes: median off by, worst of 7, 30 and 90 d", worst, 0.05, ".04")
    bound, sketch = (0.9, "1.0") if outcomes >= 1000 else (0.88, ".93")
    yield least(
        10, f"{outcomes:,} outcomes: coverage of 95 % intervals", float(np.mean(covered)), bound, sketch
    )


def beyond_the_grid(repeats: int) -> Iterator[Row]:
    """Row 10: a true half-life below the grid is flagged."""
    flagged = []
    for seed in range(repeats):
        design, happened = half_life_log(2000, 7.0, np.random.default_rng((10, 0, seed)))
        found = choose_half_life(
            design, happened, np.arange(2000), horizon=240.0, history=DAYS, signs=[1], prior=[5.0], draws=40
        )
        flagged.append("edge" in found.flags)
    yield least(10, "a true 7 d below a grid from 20 d: share flagged", float(np.mean(flagged)), 1.0)


def intervals(repeats: int) -> Iterator[Row]:
    """Row 15: coverage of the logit interval of an AUC: two normal populations, 50 outcomes in 250 rows."""
    y = np.repeat([1.0, 0.0], [50, 200])
    for truth, sketch in ((0.7, ".935"), (0.85, "to"), (0.95, ".948")):
        apart = math.sqrt(2.0) * NormalDist().inv_cdf(truth)
        rng, held = np.random.default_rng((15, int(100 * truth))), 0
        for _ in range(repeats):
            found = delong(rng.normal(size=250) + apart * y, y)
            held += found is not None and found.low <= truth <= found.high
        share = held / repeats
        what = f"coverage of the logit-DeLong interval, 50 outcomes, AUC {truth:g}"
        yield Row(15, what, share, ".92 to .97", 0.92 <= share <= 0.97, sketch)


def by_bfgs(problem: Objective, starts: list[Floats]) -> float:
    """The least objective of scipy's L-BFGS-B, each point split into its two signs."""
    from scipy.optimize import minimize

    count = problem.design.shape[1]
    low, high = problem.lower, problem.upper
    bounds = [(max(a, 0.0), max(b, 0.0)) for a, b in zip(low[:count], high[:count], strict=True)]
    bounds += [(max(-b, 0.0), max(-a, 0.0)) for a, b in zip(low[:count], high[:count], strict=True)]
    bounds += list(zip(low[count:], high[count:], strict=True))

    def objective(v: Floats) -> tuple[float, Floats]:
        theta = np.concatenate([v[:count] - v[count : 2 * count], v[2 * count :]])
        off, l1 = theta - problem.centre, problem.l1[:count]
        x, z = problem.rows(theta, 0, len(problem.outcomes))
        residual = problem.weights * (sigmoid(z) - problem.outcomes)
        slope = problem.unit * (residual @ x) + problem.quadratic * off
        value = problem.unit * problem.loss(theta) + 0.5 * float(problem.quadratic @ off**2)
        value += float(l1 @ (v[:count] + v[count : 2 * count]))
        return value, np.concatenate([slope[:count] + l1, l1 - slope[:count], slope[count:]])

    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30}
    best = math.inf
    for start in starts:
        v = np.concatenate([np.maximum(start[:count], 0.0), np.maximum(-start[:count], 0.0), start[count:]])
        for _ in range(3):
            v = minimize(objective, v, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        best = min(best, objective(v)[0])
    return best


def wide_log(rows: int, rules: int, seed: int) -> tuple[Floats, Floats]:
    """Any number of correlated counts with whole points between 0 and 10, and outcomes."""
    rng = np.random.default_rng((15, rows, rules, seed))
    often = rng.gamma(0.7, 1.0, (rows, 1)) * rng.gamma(1.0, 1.0, rules) * 2.0
    design = rng.poisson(often) * rng.random((rows, rules))
    z = np.arcsinh(design @ rng.integers(0, 11, rules) / 5.0)
    return design, (rng.random(rows) < sigmoid(z + intercept(z))).astype(np.float64)


def seconds(rows: int, rules: int) -> float:
    """Processor time of one fit, the slower of with and without a table."""
    spent = []
    for prior in (None, np.full(rules, 5.0)):
        design, happened = wide_log(rows, rules, 0)
        began = time.process_time()
        fit_points(design, happened, signs=np.ones(rules), prior=prior)
        spent.append(time.process_time() - began)
    return max(spent)


def on_one_core(rows: int, rules: int) -> float:
    """The same in a process whose numpy has one thread: idle threads that wait spend processor time, too."""
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    with mock.patch.dict(os.environ, threads), get_context("spawn").Pool(1) as pool:
        return pool.apply(seconds, (rows, rules))


def solver(repeats: int) -> Iterator[Row]:
    """Row 15: the objective beside L-BFGS-B's, and the time of one fit (of its process, not of the wall)."""
    gaps = []
    for seed in range(repeats):
        for rows, rules in ((300, 4), (1000, 12)):
            design, happened = wide_log(rows, rules, seed)
            for prior in (None, np.full(rules, 5.0)):
                fit = fit_points(design, happened, signs=np.ones(rules), prior=prior)
                made = build(design, happened, np.ones(rows), np.zeros(rows), np.ones(rules), prior, 1.0)
                gaps.append(fit.objective / by_bfgs(*made) - 1.0)
    yield most(15, "objective above L-BFGS-B's, relative, worst", max(gaps), 1e-6, "3e-8")
    for rows, rules, bound in ((5000, 32, 0.5), (60_000, 10, 3.0)):
        what = f"seconds for {rows:,} x {rules}, the slower of with and without a table"
        yield most(15, what, on_one_core(rows, rules), bound, "0.1" if rules == 32 else "")


def odd_inputs() -> Iterator[Row]:
    """Row 16: separation, one class, zeros, a constant score, NaN, one subject: results without a warning."""
    rng = np.random.default_rng(16)
    design = rng.poisson(1.0, (200, 3)).astype(np.float64)
    coin = (rng.random(200) < 0.4).astype(np.float64)
    holed = np.where(rng.random((200, 3)) < 0.1, np.nan, design)
    cases = {
        "separation": (np.column_stack([coin, design[:, :2]]), coin),
        "no outcome": (design, np.zeros(200)),
        "every outcome": (design, np.ones(200)),
        "a column of zeros": (design * [1.0, 0.0, 1.0], coin),
        "all zeros": (np.zeros((200, 3)), coin),
        "a constant score": (np.ones((200, 3)), coin),
        "NaN in the design": (holed, coin),
        "NaN among outcomes": (design, np.where(coin == 1.0, coin, np.nan)),
        "one subject": (design[:1], coin[:1]),
        "nobody": (design[:0], coin[:0]),
    }
    for name, (columns, outcomes) in cases.items():
        fine = 0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for prior in (None, TABLE[:3]):
                fit = fit_points(columns, outcomes, signs=np.ones(3), prior=prior)
                draws = one_step(fit, AccountDraws.of(np.arange(len(outcomes)), 40, 0))
                points = whole_points(fit).points
                rules = stability(points, draws.points)
                scores = columns @ points
                for judged in (auc, average_precision, delong, fit_map):
                    judged(scores, outcomes)
                numbers = [*fit.points, fit.alpha, fit.beta, fit.s0, *points, *(rule.low for rule in rules)]
                kept = name != "separation" or fit.points[0] > 0.0
                fine += bool(np.isfinite(numbers).all() and np.isfinite(draws.theta).all() and kept)
        yield Row(16, f"{name}: fit, draws, whole points and measures defined", fine, "2 of 2", fine == 2)


def main() -> int:
    """Prints every row; 1 when a demand is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the repetitions")
    missed = [row for row in shown(parser.parse_args().share) if not row.met]
    print("every demand is met" if not missed else f"{len(missed)} demands are missed")
    return 1 if missed else 0


def shown(share: float = 1.0) -> list[Row]:
    """Every row, printed as soon as it is measured."""

    def times(number: int) -> int:
        return max(2, round(number * share))

    market = Market.of(50_000)
    poor = market.truth - market.lost(TABLE)
    print(f"made-up points: AUC of the truth {market.truth:.4f}, of the poor table {poor:.4f}")
    print(f"row  {'what':<{_WIDTH}}  measured  demand      sketch")
    found = []
    for rows in (
        whole(market, times(30)),
        few(market, times(60)),
        known_points(market, times(60)),
        known_half_lives(times(30), 1200),
        known_half_lives(times(60), 75),
        beyond_the_grid(times(30)),
        intervals(times(2000)),
        solver(times(5)),
        odd_inputs(),
    ):
        for row in rows:
            print(row, flush=True)
            found.append(row)
    return found


if __name__ == "__main__":
    sys.exit(main())
