"""Thresholds: levels with where their thresholds come from, and how well they do.

Lives here: the result of choosing thresholds, what guards said, and thresholds by plain quantiles.
Lives elsewhere: the choice (churned), each way to cut (cuts), what a level is (model.level).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from questscore.calibration.cuts import Curve, Quality
from questscore.calibration.guards import Finding
from questscore.calibration.landmarks import Landmarks
from questscore.calibration.statistics import Interval
from questscore.errors import ModelError
from questscore.model.definition import DurationLike
from questscore.model.level import Level, Levels
from questscore.model.result import html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.time import iso
from questscore.signals import Count

Floats = NDArray[np.float64]


@frozen
class Names:
    """What the levels are called, from the lowest up.

    Args:
        none: No engagement action within the window; None: there is no such level.
        low: Below the low threshold.
        middle: Between the two; of several each holds an equal share of the subjects between.
        high: Those that stand out; None: there is no such level.
    """

    none: str | None = "none"
    low: str = "low"
    middle: tuple[str, ...] = ("medium",)
    high: str | None = "high"


@frozen
class LevelRate:
    """A level at the landmark that was held back: its subjects, and the share of them that churned."""

    level: str
    subjects: int
    churned: Interval | None


@frozen(eq=False)
class Thresholds:
    """Levels, where their thresholds come from, and how well they do.

    Args:
        levels: The levels, with ``margin`` and ``dwell``; by quantiles of all where calibration was refused.
        signal: The signal that the level without engagement reads; None where there is no such level.
        calibrated: Whether the thresholds come from who churned.
        low: The low threshold with its interval, in the unit of the score.
        high: From where on subjects stand out; None where that is not above the low threshold.
        ways: The low threshold by each way that was possible.
        fitted: What the low threshold does to the rows it was chosen on, one a subject.
        held_back: What it does at the latest landmark, which it was not chosen on.
        rates: Level by level, at the landmark that was held back.
        curve: What every threshold would do to the rows it was chosen on.
        found: The landmarks.
        findings: What the guards said.
    """

    levels: Levels
    signal: Count | None
    calibrated: bool
    low: Interval
    high: float | None
    ways: Mapping[str, float]
    fitted: Quality
    held_back: Quality
    rates: tuple[LevelRate, ...]
    curve: Curve = field(repr=False)
    found: Landmarks = field(repr=False)
    findings: tuple[Finding, ...] = ()

    @property
    def refused(self) -> tuple[Finding, ...]:
        """Why there are no calibrated thresholds; empty where there are."""
        return tuple(finding for finding in self.findings if finding.level == "refuse")

    def applied(self, model: ScoreModel) -> ScoreModel:
        """The model with these levels, and the signal they read.

        Raises:
            ModelError: Its triggers name levels that are not among these.
        """
        lacks = self.signal is not None and self.signal not in model.signals
        signals = (*model.signals, self.signal) if lacks and self.signal is not None else model.signals
        below, margin, dwell = self.levels.below, self.levels.margin, self.levels.dwell
        return evolve(model, signals=signals, levels=self.levels, below=below, margin=margin, dwell=dwell)

    def __str__(self) -> str:
        at = ", ".join(iso(instant)[:10] for instant in self.found.instants)
        pool = self.found.earlier
        lines = [
            f"levels from who churned: {'calibrated' if self.calibrated else 'NOT calibrated, by quantiles'}",
            f"  landmarks {at}; churned: no engagement action for {self.found.silence}",
            f"  {len(np.unique(pool.subject)):,} active subjects, the latest landmark held back",
            f"  {self.levels.below} below {self.low.value:.4g} ({self.low.low:.4g} to {self.low.high:.4g})"
            + ("" if self.high is None else f", {self.levels.order[-1]} from {self.high:.4g}"),
        ]
        for label, found in (("where it was chosen", self.fitted), ("held back", self.held_back)):
            lines.append(
                f"  {label}: recall {_share(found.recall)}, precision {_share(found.precision)},"
                f" flagged {_share(found.flagged)}"
            )
        for rate in self.rates:
            lines.append(f"  {rate.level}: {rate.subjects:,} subjects, churned {_share(rate.churned)}")
        lines += [f"  {f.level}: {f.name}: {f.message}" for f in self.findings]
        return "\n".join(printable(line, 500) for line in lines)

    def _repr_html_(self) -> str:
        return html(str(self))


def _share(found: Interval | None) -> str:
    if found is None:
        return "unknown"
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


def levels_by_quantile(
    scores: Sequence[float] | Floats,
    shares: Mapping[str, float],
    *,
    below: str = "low",
    margin: str | float | None = "10%",
    dwell: DurationLike | None = "3d",
) -> Levels:
    """Levels that hold fixed shares of these scores: an order, and nothing that foretells.

    Args:
        scores: Numbers of subjects now; NaN (unknown) is left out.
        shares: By level, from the lowest up, the share of subjects that lie below it.
        below: What is under the first of them.
        margin, dwell: What keeps levels from flapping.

    >>> levels_by_quantile(range(101), {"medium": 0.25, "high": 0.9}).classify([10, 30, 95])
    ['low', 'medium', 'high']
    """
    values = np.asarray(scores, dtype=np.float64)
    values = values[~np.isnan(values)]
    marks: list[Level] = []
    for name, share in shares.items():
        if not 0.0 <= share <= 1.0:
            raise ModelError(f"{share!r} is no share", where=name, fix="write one between 0 and 1")
        mark = float(np.quantile(values, share)) if len(values) else 0.0
        if marks and marks[-1].at_least is not None:
            mark = max(mark, float(np.nextafter(marks[-1].at_least, math.inf)))
        marks.append(Level(name, at_least=mark))
    return Levels(*marks, below=below, margin=margin, dwell=dwell)
