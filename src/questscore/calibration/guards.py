"""Guard rails that numbers alone can judge: each test by itself, with what it found.

Lives here: too few outcomes, thin rules, too many rules, separation, suspicious rules, a table that is not
better, a base rate that moved. Each returns findings and decides nothing: the caller refuses, warns or notes.
Lives elsewhere: guards that need events or cutoffs (leaks by time, overlapping windows; snapshots), those of
thresholds (thresholds), drift (drift).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike, NDArray

from questscore.calibration.objective import BETA
from questscore.calibration.statistics import Interval, as_outcomes, finite_rows

NONE, FEW = 10, 50  # outcomes of the rarer class: fewer are no outcomes at all; fewer are few
THIN_ACCOUNTS, THIN_OUTCOMES = 20, 5
PER_RULE = 10
SEPARATED, SUSPICIOUS, ALONE, LOST = 0.98, 0.95, 0.01, 0.05
WORSE = -0.005

Level = Literal["refuse", "warn", "note"]


@frozen
class Finding:
    """What a guard found: its ``name``, how grave it is, a sentence for the reader, and the figures.

    ``refuse``: there is no result to trust; ``warn``: there is one, with a doubt to be looked at; ``note``:
    something was done differently because of it.
    """

    name: str
    level: Level
    message: str
    figures: Mapping[str, float] = field(factory=dict)


def rarer(outcomes: ArrayLike) -> int:
    """How many outcomes the rarer class has; NaN is no outcome.

    >>> rarer([1, 0, 0, 1, 1])
    2
    """
    happened = as_outcomes(finite_rows(outcomes)[0])
    return min(int(happened.sum()), int((~happened).sum()))


def outcomes_enough(outcomes: ArrayLike) -> Finding | None:
    """Refuses below 10 outcomes of the rarer class in training, warns below 50.

    Few outcomes mean: stay near the table (tau 0.5), half-life = horizon, no level thresholds, a rough AUC.
    """
    count = rarer(outcomes)
    figures = {"outcomes": float(count)}
    if count < NONE:
        what = f"{count} outcomes of the rarer class, and {NONE} are needed: the table stays as it is"
        if not np.size(outcomes):
            what += " (nobody has an event by a cutoff whose window is over: is the horizon too long?)"
        return Finding("no outcomes", "refuse", what, figures)
    if count < FEW:
        what = (
            f"{count} outcomes of the rarer class: points stay near the table, the half-life is the horizon, "
            f"there are no level thresholds, and the AUC is rough"
        )
        return Finding("few outcomes", "warn", what, figures)
    return None


def thin_rules(present: ArrayLike, outcomes: ArrayLike, accounts: ArrayLike) -> NDArray[np.bool_]:
    """Which rules (J,) too few accounts stand behind: fewer than 20 with the event, or 5 with an outcome too.

    Args:
        present: (n, J), whether the row has the event. outcomes: (n,), 0 or 1, or NaN. accounts: (n,).

    A thin rule keeps its prior points, or has none; the fit gets its part as held.
    """
    seen = np.asarray(present, dtype=bool)
    y = np.asarray(outcomes, dtype=np.float64)
    _, who = np.unique(np.asarray(accounts), return_inverse=True)

    def behind(rows: NDArray[np.bool_]) -> int:
        return len(np.unique(who[rows]))

    return np.array(
        [behind(column) < THIN_ACCOUNTS or behind(column & (y == 1.0)) < THIN_OUTCOMES for column in seen.T],
        dtype=bool,
    )


def thin(names: Sequence[str], which: ArrayLike, with_table: bool) -> list[Finding]:
    """A note for each thin rule, as `thin_rules` found them."""
    kept = "its points stay those of the table" if with_table else "it gets no points"
    what = f"fewer than {THIN_ACCOUNTS} accounts with it, or {THIN_OUTCOMES} outcomes among them: {kept}"
    marked = np.asarray(which, dtype=bool)
    return [
        Finding("thin rule", "note", f"{name}: {what}")
        for name, bad in zip(names, marked, strict=True)
        if bad
    ]


def rules_for_outcomes(outcomes: ArrayLike, rules: int, with_table: bool) -> Finding | None:
    """Below 10 outcomes of the rarer class a rule, a table is needed: refused without one, noted with."""
    count = rarer(outcomes)
    if rules == 0 or count / rules >= PER_RULE:
        return None
    figures = {"outcomes": float(count), "rules": float(rules)}
    what = f"{count} outcomes of the rarer class for {rules} rules, less than {PER_RULE} each: "
    if with_table:
        return Finding("too many rules", "note", what + "the table decides much of the points", figures)
    return Finding("too many rules", "refuse", what + "give a table as prior, or fewer rules", figures)


def separation(auc: float | None, beta: float) -> Finding | None:
    """Warns at an AUC above 0.98 or a slope of the link at its bound: is a rule the outcome itself?"""
    bound = min(beta - BETA[0], BETA[1] - beta) <= 1e-6
    if not bound and (auc is None or auc <= SEPARATED):
        return None
    what = "the score tells the outcomes apart almost perfectly: check that no rule is the outcome itself"
    if bound and (auc is None or auc <= SEPARATED):
        what = (
            f"the slope of the link ended at its bound ({beta:g}): the score has nearly no say, or all of it"
        )
    return Finding("separation", "warn", what, {"beta": beta} if auc is None else {"auc": auc, "beta": beta})


def suspicious_rules(
    names: Sequence[str], aucs: Sequence[float | None], auc: float, earlier: float | None = None
) -> list[Finding]:
    """Rules that may know the outcome.

    Args:
        names, aucs: Each rule's own AUC; None where undefined. The active-day rule is not to be among them.
        auc: Of the whole score. earlier: The same with columns that end a tenth of the horizon earlier.

    Warns at a rule alone above 0.95, and where more than 0.05 of the AUC is lost with the last tenth of a
    horizon; notes a rule within 0.01 of the whole score of several.
    """
    found = []
    for name, own in zip(names, aucs, strict=True):
        if own is None:
            continue
        alone = max(own, 1.0 - own)
        figures = {"own": alone, "all": auc}
        if alone > SUSPICIOUS:
            what = f"{name} alone has an AUC of {alone:.3f}: check that it is not the outcome by another name"
            found.append(Finding("suspicious rule", "warn", what, figures))
        elif len(names) > 1 and auc - alone < ALONE:
            what = f"{name} alone ranks as well as the whole score ({alone:.3f} and {auc:.3f})"
            found.append(Finding("suspicious rule", "note", what, figures))
    if earlier is not None and auc - earlier > LOST:
        what = f"the AUC falls from {auc:.3f} to {earlier:.3f} when the last tenth of a horizon is not seen"
        found.append(Finding("suspicious rule", "warn", what, {"all": auc, "earlier": earlier}))
    return found


def not_better(other: str, difference: Interval | None) -> Finding | None:
    """Warns where the AUC may be more than 0.005 below that of ``other``: the new table is not recommended.

    ``difference``: AUC less that of ``other``, paired, with its interval.
    """
    if difference is None or difference.low >= WORSE:
        return None
    what = (
        f"against {other} the AUC differs by {difference.value:+.3f} ({difference.low:+.3f} to "
        f"{difference.high:+.3f}): the new table is not recommended"
    )
    return Finding("not better", "warn", what, {"difference": difference.value, "low": difference.low})


def seasonality(training: ArrayLike, test: float) -> Finding | None:
    """Warns where the base rate at the test cutoff lies over 3 standard deviations off those of training.

    ``training``: (cutoffs,), the share with the outcome at each; fewer than two judge nothing. The ranking
    stands; probabilities are marked as of uncertain level.
    """
    (rates,) = finite_rows(training)
    if len(rates) < 2 or not np.isfinite(test):
        return None
    mean, sd = float(rates.mean()), float(rates.std(ddof=1))
    if abs(test - mean) <= 3.0 * sd + 1e-12:
        return None
    what = (
        f"{test:.1%} have the outcome, where {mean:.1%} +- {3 * sd:.1%} was usual in training: "
        f"probabilities are of uncertain level, the ranking stays"
    )
    return Finding("seasonality", "warn", what, {"rate": test, "mean": mean, "sd": sd})
