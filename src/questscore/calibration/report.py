"""Report: how well a calibrated score foretold what came after cutoffs it had not seen.

Lives here: the figures of one cutoff, the whole of them, and their readable and columnar forms.
Lives elsewhere: making it (validate), each figure (delong, statistics, probabilities).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import field, frozen

from questscore.calibration.delong import Auc, AucDifference, delong, delong_difference
from questscore.calibration.fitting import Fitted
from questscore.calibration.guards import Finding
from questscore.calibration.probabilities import (
    ReliabilityBin,
    brier,
    brier_skill,
    calibration_in_the_large,
    calibration_slope,
    ece,
    reliability,
)
from questscore.calibration.snapshots import Flags
from questscore.calibration.statistics import Floats, Lift, average_precision, lift_by_decile, spearman
from questscore.io.write import Columns
from questscore.model.result import html, printable
from questscore.model.time import iso
from questscore.results.columnar import Columnar


@frozen(eq=False)
class Figures:
    """How well a score foretold on some rows; None where something is not defined there.

    Args:
        rows, stayed: How many there were, and how many of them stayed.
        auc: Of the score, by account where rows of one account occur more than once.
        active: The same among those active of late; ``rows_active`` of them.
        others: The AUC of each other score.
        against: The AUC less that of each other score, paired.
        precision: The area under the precision-recall steps.
        lift: By tenth, the best scores first.
        brier, skill: Of the probability, and against the base rate.
        ece: Expected calibration error, of ten bins of equal size.
        off, slope: Calibration in the large (observed less expected), and the calibration slope.
        bins: Reliability by tenth of the probability.
        spearman: The rank correlation of the score with how often it happened.
    """

    rows: int
    stayed: int
    auc: Auc | None
    rows_active: int
    active: Auc | None
    others: Mapping[str, Auc | None]
    against: Mapping[str, AucDifference | None]
    precision: float | None
    lift: Sequence[Lift] = field(repr=False)
    brier: float | None
    skill: float | None
    ece: float | None
    off: float | None
    slope: float | None
    bins: Sequence[ReliabilityBin] = field(repr=False)
    spearman: float | None


def figures(
    score: Floats,
    probability: Floats,
    stayed: Flags,
    *,
    others: Mapping[str, Floats],
    active: Flags,
    count: Floats,
    accounts: Sequence[int] | None = None,
) -> Figures:
    """The figures of a score.

    Args:
        score, probability: (n,), the chance of staying; NaN where there is none. stayed: (n,).
        others: Other scores by name, each (n,), high for staying.
        active: (n,), who was active of late. count: (n,), how often it happened afterwards.
        accounts: (n,), where rows of one account occur more than once.
    """
    y = stayed.astype(np.float64)
    return Figures(
        rows=len(y),
        stayed=int(stayed.sum()),
        auc=delong(score, y, accounts=accounts),
        rows_active=int(active.sum()),
        active=delong(score[active], y[active]),
        others={name: delong(other, y, accounts=accounts) for name, other in others.items()},
        against={
            name: delong_difference(score, other, y, accounts=accounts) for name, other in others.items()
        },
        precision=average_precision(score, y),
        lift=lift_by_decile(score, y),
        brier=brier(probability, y),
        skill=brier_skill(probability, y),
        ece=ece(probability, y),
        off=calibration_in_the_large(probability, y),
        slope=calibration_slope(probability, y),
        bins=reliability(probability, y),
        spearman=spearman(score, count),
    )


@frozen(eq=False)
class CutoffReport:
    """One cutoff: what was fitted on what had closed before it, and how well that foretold.

    Args:
        cutoff: The instant. trained: The cutoffs that were fitted on.
        fitted: The fit. figures: How well it did. findings: What the guards said of this cutoff.
    """

    cutoff: int
    trained: tuple[int, ...]
    fitted: Fitted = field(repr=False)
    figures: Figures
    findings: tuple[Finding, ...]


@frozen(eq=False, repr=False)
class Report(Columnar):
    """How well calibrating a model foretells, cutoff by cutoff, always on later data.

    Args:
        name: The model's. outcome: What was looked for, in words.
        cutoffs: One report each, ascending.
        pooled: All rows of all cutoffs together, by account.
        random: The AUC when rows are drawn at random, where that was asked for: *not by time*, too good.
        findings: What the guards said of the whole.
    """

    name: str
    outcome: str
    cutoffs: tuple[CutoffReport, ...]
    pooled: Figures
    random: Auc | None
    findings: tuple[Finding, ...]

    @property
    def mean(self) -> float | None:
        """The mean AUC over the cutoffs where it is defined."""
        found = self._aucs()
        return float(np.mean(found)) if found else None

    @property
    def worst(self) -> float | None:
        """The AUC of the worst cutoff."""
        return min(self._aucs(), default=None)

    def _aucs(self) -> list[float]:
        return [one.figures.auc.value for one in self.cutoffs if one.figures.auc is not None]

    @property
    def recommended(self) -> bool:
        """Whether no guard speaks against using points calibrated like this."""
        every = (*self.findings, *(finding for one in self.cutoffs for finding in one.findings))
        return not any(finding.level == "refuse" or finding.name == "not better" for finding in every)

    def columns(self) -> Columns:
        """A row a cutoff, then one of all together."""
        rows = [*((iso(one.cutoff), one.figures) for one in self.cutoffs), ("pooled", self.pooled)]
        found: dict[str, list[object]] = {
            "cutoff": [name for name, _ in rows],
            "rows": [one.rows for _, one in rows],
            "stayed": [one.stayed for _, one in rows],
        }
        for name in ("auc", "active"):
            for part in ("value", "low", "high"):
                column = name if part == "value" else f"{name}_{part}"
                found[column] = [getattr(getattr(one, name), part, None) for _, one in rows]
        for other in self.pooled.against:
            for part in ("value", "low", "high"):
                column = f"against_{other.replace(' ', '_')}" + ("" if part == "value" else f"_{part}")
                found[column] = [getattr(one.against[other], part, None) for _, one in rows]
        for name in ("precision", "brier", "skill", "ece", "off", "slope", "spearman"):
            found[name] = [getattr(one, name) for _, one in rows]
        return found

    def __repr__(self) -> str:
        lines = [f"validation of {self.name}: {self.outcome}"]
        lines.append(f"  AUC: mean {_figure(self.mean)}, worst cutoff {_figure(self.worst)}")
        for label, one in [*((iso(c.cutoff)[:10], c.figures) for c in self.cutoffs), ("pooled", self.pooled)]:
            lines.append(
                f"  {label}: {one.rows:,} rows, {one.stayed:,} stayed; AUC {_interval(one.auc)},"
                f" among the {one.rows_active:,} active {_interval(one.active)}"
            )
            lines += [f"    against {name}: {_gap(gap)}" for name, gap in one.against.items()]
            lines.append(
                f"    Brier {_figure(one.brier)} (skill {_figure(one.skill)}), calibration error"
                f" {_figure(one.ece)}, off by {_figure(one.off)}, slope {_figure(one.slope)}"
            )
            if one.lift:
                lines.append(f"    best tenth: {one.lift[0].lift:.1f} times as likely to stay as all")
        if self.random is not None:
            lines.append(f"  not by time (rows drawn at random): AUC {_interval(self.random)}")
        every = [*self.findings, *(f for one in self.cutoffs for f in one.findings)]
        said = dict.fromkeys(f"  {one.level}: {one.name}: {one.message}" for one in every)
        lines += said
        lines.append("  the points " + ("can be used" if self.recommended else "are NOT recommended"))
        return "\n".join(printable(line, 500) for line in lines)

    def _repr_html_(self) -> str:
        return html(str(self))


def _figure(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"


def _interval(found: Auc | None) -> str:
    return "unknown" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _gap(found: AucDifference | None) -> str:
    return "unknown" if found is None else f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})"
