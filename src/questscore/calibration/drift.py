"""Whether a calibration still holds: refit, remap or leave, and why.

Lives here: the three tests (ranking, level, population) and the verdict they add up to.
Lives elsewhere: reading matured outcomes from events, the refit itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import frozen
from numpy.typing import ArrayLike

from questscore.calibration.delong import Auc
from questscore.calibration.probabilities import calibration_in_the_large
from questscore.calibration.statistics import Interval, Shift, finite_rows, normal_quantile, psi

Action = Literal["refit", "remap", "leave"]
_DROP = 0.02
_OFF, _OFF_SHARE = 0.02, 0.2  # of calibration in the large: absolute, and of the base rate
_PERIODS = 2
_P, _PSI = 0.001, 0.25


@frozen
class LevelCheck:
    """Calibration in the large of a matured period: observed share less mean prediction, and its bound."""

    off: float
    bound: float

    @property
    def exceeded(self) -> bool:
        """Whether the difference is beyond max(0.02, 20 % of the observed share)."""
        return abs(self.off) > self.bound


@frozen
class Verdict:
    """What to do with a calibration, and every reason for it.

    ``refit``: the ranking got worse; ``remap``: the ranking stands and the probabilities do not; ``leave``.
    ``looks`` are shifts of the population worth a look: no reason to act by themselves.
    """

    action: Action
    reasons: tuple[str, ...]
    looks: tuple[str, ...]


def auc_drop(before: Auc | None, now: Auc | None, level: float = 0.95) -> Interval | None:
    """How much lower the AUC of matured outcomes is than at calibration, as of independent samples.

    None where either is undefined. Positive is worse.
    """
    if before is None or now is None:
        return None
    value = before.value - now.value
    half = normal_quantile(level) * math.hypot(before.se, now.se)
    return Interval(value, value - half, value + half)


def level_check(p: ArrayLike, y: ArrayLike) -> LevelCheck | None:
    """Calibration in the large of a period: ``p`` (n,) predicted, ``y`` (n,) observed; None without rows."""
    predicted, observed = finite_rows(p, y)
    off = calibration_in_the_large(predicted, observed)
    if off is None:
        return None
    return LevelCheck(off, max(_OFF, _OFF_SHARE * float(observed.mean())))


def psi_by_band(
    before: ArrayLike, after: ArrayLike, bands_before: ArrayLike, bands_after: ArrayLike
) -> dict[float, Shift]:
    """The population stability index of scores within bands, such as of tenure.

    Args:
        before, bands_before: (n,), scores and the number of each row's band; after, bands_after: (m,).

    A growing customer base moves the scores of all without moving those of any tenure. A band that is empty
    on one side has no index and is left out.
    """
    old, old_bands = finite_rows(before, bands_before)
    new, new_bands = finite_rows(after, bands_after)
    found = {}
    for band in sorted({*old_bands.tolist(), *new_bands.tolist()}):
        shift = psi(old[old_bands == band], new[new_bands == band])
        if shift is not None:
            found[band] = shift
    return found


def verdict(
    drop: Interval | None,
    levels: Sequence[LevelCheck | None],
    shifts: Mapping[float, Shift],
    names: Mapping[float, str] | None = None,
) -> Verdict:
    """Refit, remap or leave.

    Args:
        drop: Of the AUC, see `auc_drop`. levels: By matured period, the latest last. shifts: By band.
        names: What to call each band; default its number.

    Refit: the drop is above 0.02 and its interval leaves 0 out. Else remap: calibration in the large is off
    in each of the last two periods. Else leave. Bands whose index is above 0.25 with
    p < 0.001 are worth a look whatever the verdict.
    """
    called = names or {}
    looks = tuple(
        f"scores of {called.get(band, f'band {band:g}')} moved: PSI {shift.psi:.2f}, p = {shift.p:.1g}"
        for band, shift in shifts.items()
        if shift.psi > _PSI and shift.p < _P
    )
    if drop is not None and drop.value > _DROP and drop.low > 0.0:
        what = f"the AUC fell by {drop.value:.3f} ({drop.low:.3f} to {drop.high:.3f})"
        return Verdict("refit", (what,), looks)
    last = [check for check in levels[-_PERIODS:] if check is not None]
    off = [check.off for check in last if check.exceeded]
    if len(off) == _PERIODS:
        what = f"outcomes are off the predictions in two periods running: {off[0]:+.3f} and {off[1]:+.3f}"
        return Verdict("remap", (what,), looks)
    reasons = []
    if drop is None:
        reasons.append("no matured outcomes of both kinds: the ranking cannot be judged")
    else:
        reasons.append(f"the AUC differs by {-drop.value:+.3f} ({-drop.high:+.3f} to {-drop.low:+.3f})")
    if off:
        reasons.append(f"the outcome is off by {off[-1]:+.3f} in one of the last two periods")
    return Verdict("leave", tuple(reasons), looks)
