"""Calibration: what calibrating a model gives: the model, its card, and how sure each number is.

Lives here: the result and its readable and columnar forms.
Lives elsewhere: making it (calibrate), judging it on later cutoffs (validate).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from questscore.calibration.behaviours import Behaviour
from questscore.calibration.choice import Choice
from questscore.calibration.design import HalfLife
from questscore.calibration.fitting import Fitted
from questscore.calibration.guards import Finding
from questscore.calibration.half_life import HalfLifeChoice
from questscore.calibration.mapping import ScoreMap
from questscore.calibration.statistics import Interval
from questscore.errors import ModelError
from questscore.io.write import Columns
from questscore.model.result import html, printable
from questscore.model.scale import Logistic
from questscore.model.score_model import ScoreModel
from questscore.model.time import iso
from questscore.results.columnar import Columnar

_LINE = 500  # characters


@frozen
class Card:
    """Enough to make a calibration again, and to judge what it may be used for.

    Law: of the same model, events and outcome, ``calibrate(…, cutoffs=card.cutoffs, at=card.by,
    draws=card.draws, seed=card.seed, **card.asked)`` gives the same points.

    Args:
        events: How many there were.
        first: The first event's time. by: Nothing that was not known by this instant was used.
        cutoffs: At which subjects were looked at.
        population, outcome: Who was looked at, and for what, in words.
        rows, subjects, stayed: Of (cutoff, subject); how many subjects; how many rows stayed.
        left_out: Why rows or cutoffs were left out, and how many.
        asked: The options of `calibrate` that were not the usual ones, by name.
        draws, seed: Of accounts, for the intervals.
        versions: Of the packages.
        digest: SHA-256 of the model that was calibrated, as text.
    """

    events: int
    first: int
    by: int
    cutoffs: tuple[int, ...]
    population: str
    outcome: str
    rows: int
    subjects: int
    stayed: int
    left_out: Mapping[str, int]
    asked: Mapping[str, Any]
    draws: int
    seed: int
    versions: Mapping[str, str]
    digest: str

    def __str__(self) -> str:
        at = ", ".join(iso(cutoff)[:10] for cutoff in self.cutoffs)
        lines = [
            f"data: {self.events:,} events, {iso(self.first)} to {iso(self.by)}",
            f"cutoffs: {at}",
            f"population: {self.population}: {self.rows:,} rows of {self.subjects:,}",
            f"outcome: {self.outcome}; {self.stayed:,} rows ({self.stayed / max(self.rows, 1):.1%}) stayed",
            f"seed {self.seed}, {self.draws} draws; "
            + ", ".join(f"{name} {version}" for name, version in self.versions.items()),
            f"model: {self.digest}",
        ]
        lines += [f"asked: {name} = {_asked(name, value)}" for name, value in self.asked.items()]
        lines += [f"left out: {name}: {count:,}" for name, count in self.left_out.items()]
        return "\n".join(lines)


@frozen
class RulePoints:
    """The points of one rule, and how sure they are.

    Args:
        rule: Its name. half_life: What it ages with; None where it does not age (``ages`` is False then).
        points: Whole points. table: What the table gives it; None for a proposed rule.
        low, high: The middle 90 % of the draws, at the same largest points; None where nothing was fitted.
        positive: The share of draws above 0.
        label: ``"firm"``, ``"soft"``, ``"not distinguishable"`` from none, or ``"as in the table"``.
        subjects, stayed: How many subjects stand behind it; how many of them stayed.
        thin: Whether these are too few to fit.
    """

    rule: str
    half_life: HalfLife
    ages: bool
    points: float
    table: float | None
    low: float | None
    high: float | None
    positive: float | None
    label: str
    subjects: int
    stayed: int
    thin: bool


@frozen
class RuleBehaviour:
    """What a rule's behaviour alone says about staying.

    Args:
        rule: Its name. sign: What the table declares: 1, -1 or 0.
        found: The figures. against: The share of free fits that speak against the sign, where it is 90 % or
            more; a sign is never flipped for it.
    """

    rule: str
    sign: int
    found: Behaviour
    against: float | None


@frozen(eq=False, repr=False)
class Calibration(Columnar):
    """A calibrated model, and all there is to know about it.

    Args:
        model: A plain model: raw points, no levels. The table unchanged where ``calibrated`` is False.
        calibrated: Whether there were outcomes enough.
        candidate: The way to fit that was taken.
        half_lives: What event rules age with; None: points stay.
        profile: How the half-life was found.
        choice: Where the ways to fit stood on the latest cutoff; None where there was nothing to judge on.
        map: From raw points to the chance of staying.
        points: By rule, or by rule and half-life.
        interchangeable: Groups of rules that stand in for each other: only their sum is known well.
        behaviours: What each behaviour alone says.
        findings: What the guards said.
        card: Enough to make it again.
        fitted: The fit itself.
    """

    model: ScoreModel
    calibrated: bool
    candidate: str
    half_lives: tuple[HalfLife, ...]
    profile: HalfLifeChoice | None
    choice: Choice | None
    map: ScoreMap | None
    points: tuple[RulePoints, ...]
    interchangeable: tuple[tuple[str, ...], ...]
    behaviours: tuple[RuleBehaviour, ...]
    findings: tuple[Finding, ...]
    card: Card
    fitted: Fitted = field(repr=False)

    @property
    def probability_model(self) -> ScoreModel:
        """The model whose score is 100 times the chance of staying.

        Raises:
            ModelError: Nothing was calibrated.
        """
        if self.map is None:
            raise ModelError("there is no map to a probability", fix="see the findings for the reason")
        scale = Logistic(slope=self.map.beta, intercept=self.map.alpha, s0=self.map.s0)
        return evolve(self.model, scale=scale)

    def columns(self) -> Columns:
        """A row a rule: its points, and how sure they are."""
        return {
            "rule": [one.rule for one in self.points],
            "half_life": [str(one.half_life) if one.ages else None for one in self.points],
            "points": [one.points for one in self.points],
            "table": [one.table for one in self.points],
            "low": [one.low for one in self.points],
            "high": [one.high for one in self.points],
            "positive": [one.positive for one in self.points],
            "label": [one.label for one in self.points],
            "subjects": [one.subjects for one in self.points],
            "stayed": [one.stayed for one in self.points],
        }

    def __repr__(self) -> str:
        head = (
            f"{self.candidate}, half-life {_lives(self.half_lives)}" if self.calibrated else "NOT calibrated"
        )
        lines = [f"calibration of {self.model.name}: {head}"]
        width = max((len(one.rule) for one in self.points), default=4)
        for one in self.points:
            table = "new" if one.table is None else f"table {one.table:g}"
            sure = "" if one.low is None else f" ({one.low:.0f} to {one.high:.0f})"
            aged = f", {one.half_life}" if one.ages and len(self.half_lives) > 1 else ""
            lines.append(
                f"  {one.rule:<{width}} {one.points:6g}{sure}, {table}{aged}: {one.label},"
                f" {one.subjects:,} subjects, {one.stayed:,} stayed"
            )
        lines += [f"  interchangeable: {', '.join(group)}" for group in self.interchangeable]
        if self.map is not None and self.calibrated:
            lines.append(f"  {self.map.sentence(_typical(self))}")
        lines += [f"  {one.level}: {one.name}: {one.message}" for one in self.findings]
        lines += [f"  {line}" for line in str(self.card).splitlines()]
        return "\n".join(printable(line, _LINE) for line in lines)

    def _repr_html_(self) -> str:
        return html(str(self))

    def behaviour_table(self) -> str:
        """What each behaviour alone says, as a table for people."""
        lines = ["behaviour: stayed with it, without it, difference; odds at the same number of active days"]
        for one in self.behaviours:
            found = one.found
            parts = [_percent(found.retained_with), _percent(found.retained_without)]
            gap = "unknown" if found.difference is None else _signed(found.difference)
            odds = "unknown" if found.odds_ratio is None else _times(found.odds_ratio)
            lines.append(f"  {one.rule}: {parts[0]}, {parts[1]}, {gap}; odds {odds}; {found.rows:,} rows")
            if one.against is not None:
                lines.append(f"    its sign is contradicted in {one.against:.0%} of free fits")
        return "\n".join(printable(line, _LINE) for line in lines)


def _asked(name: str, value: object) -> str:
    """An option for people; names of subjects are no one's business."""
    if name == "exclude" and isinstance(value, tuple):
        return f"{len(value):,} by name"
    if isinstance(value, tuple):
        return ", ".join("none" if one is None else str(one) for one in value)
    return str(value)


def _lives(half_lives: tuple[HalfLife, ...]) -> str:
    return " and ".join("none" if half_life is None else str(half_life) for half_life in half_lives)


def _typical(found: Calibration) -> float:
    """A score to say the map's sentence at: the largest points of a rule."""
    return max((abs(one.points) for one in found.points), default=1.0) or 1.0


def _percent(found: Interval | None) -> str:
    return "unknown" if found is None else f"{found.value:.1%}"


def _signed(found: Interval) -> str:
    return f"{found.value:+.1%} ({found.low:+.1%} to {found.high:+.1%})"


def _times(found: Interval) -> str:
    return f"x {found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
