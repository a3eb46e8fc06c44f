"""Comparison: what replacing a model by another would change, subject by subject.

Lives here: the result, its tidy columns and readable form.
Lives elsewhere: scoring with both models (compare).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from questscore.io.write import Columns
from questscore.model.firing import Firing
from questscore.model.result import html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.time import iso
from questscore.results.columnar import Columnar
from questscore.review.crosstab import Crosstab
from questscore.review.firing import Met, firing
from questscore.review.text import aligned, amount, share

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_SHOWN = 5


@frozen
class RuleHits:
    """How often a rule pays, as of the instant.

    Args:
        rule: Its name.
        subjects: How many subjects have points from it, other than 0.
        points: The sum of their points, unknown ones left out.
    """

    rule: str
    subjects: int
    points: float


@frozen(eq=False, repr=False, slots=False)
class Side:
    """One of the two models, over all subjects.

    Args:
        model: The model.
        order: Names of its levels by rank.
        scores: (n,) by subject; NaN where unknown.
        codes: (n,) places in ``order``, -1 for none.
        rules: What each of its rules pays, in their order.
    """

    model: ScoreModel
    order: tuple[str, ...]
    scores: NDArray[np.float64]
    codes: NDArray[np.signedinteger]
    rules: tuple[RuleHits, ...]

    @property
    def dead(self) -> tuple[str, ...]:
        """The rules from which nobody has points."""
        return tuple(rule.rule for rule in self.rules if not rule.subjects)

    @cached_property
    def mean(self) -> float:
        """The mean of the known scores; NaN without any."""
        known = self.scores[~np.isnan(self.scores)]
        return float(known.mean()) if len(known) else np.nan

    @cached_property
    def quantiles(self) -> dict[float, float]:
        """Share to the score that this share of the known scores does not exceed, linearly interpolated."""
        known = self.scores[~np.isnan(self.scores)]
        if not len(known):
            return dict.fromkeys(QUANTILES, np.nan)
        return dict(zip(QUANTILES, np.quantile(known, QUANTILES).tolist(), strict=True))

    @cached_property
    def levels(self) -> NDArray[np.object_]:
        """(n,) names of the levels, None for none."""
        found: NDArray[np.object_] = np.array((*self.order, None), dtype=object)[self.codes]
        return found

    def __str__(self) -> str:
        return f"{printable(self.model.name, 40)} version {printable(self.model.version, 20)}"


@frozen
class Change:
    """A subject whose level would change: from and to which, and its scores."""

    subject: str
    before: str | None
    after: str | None
    score_before: float | None
    score_after: float | None

    def __str__(self) -> str:
        scores = f"{amount(self.score_before)} -> {amount(self.score_after)}"
        return f"{self.subject}: {self.before} -> {self.after} ({scores})"


@frozen(eq=False, repr=False, slots=False)
class Comparison(Columnar):
    """What would change if one model were replaced by another at an instant.

    Args:
        at: The instant, epoch microseconds.
        subjects: n names, sorted.
        a, b: The model that is, and the one that would be; arrays are in the order of ``subjects``.
        matrix: From levels of ``a`` to levels of ``b``, how many subjects.
    """

    at: int
    subjects: Sequence[str]
    a: Side
    b: Side
    matrix: Crosstab
    _moved: NDArray[np.intp] = field(repr=False)

    def __len__(self) -> int:
        return len(self.subjects)

    @property
    def levels_changed(self) -> int:
        """How many subjects would have another level."""
        return len(self._moved)

    @cached_property
    def scores_changed(self) -> int:
        """How many subjects would have another score, beyond rounding, or a known one instead of none."""
        a, b = self.a.scores, self.b.scores
        with np.errstate(invalid="ignore"):
            differs = np.abs(a - b) > 1e-9 * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
        return int(np.count_nonzero(differs | (np.isnan(a) != np.isnan(b))))

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The subjects whose level would change, by name."""
        return tuple(self._changes())

    def _changes(self) -> Iterator[Change]:
        before, after = self.a.levels, self.b.levels
        for i in self._moved.tolist():
            scores = (float(side.scores[i]) for side in (self.a, self.b))
            known = (None if score != score else score for score in scores)
            yield Change(self.subjects[i], before[i], after[i], *known)

    @cached_property
    def fires(self) -> tuple[Firing, ...]:
        """What triggers of ``b`` on levels would fire, by subject: what publishing it would hold.

        Re-arming is not heeded, as it depends on what fired before; nor are triggers on audiences.
        """
        meeting, model = Met(self.b.model), self.b.model
        before, after = self.a.levels, self.b.levels
        return tuple(
            firing(model, trigger, self.subjects[i], self.at, (before[i], after[i]), held=True)
            for i in (self._moved.tolist() if meeting.triggers else ())
            for trigger in meeting((before[i], after[i]))
        )

    def columns(self) -> Columns:
        """Tidy columns ``subject score_a score_b level_a level_b changed``, a row a subject."""
        moved = np.zeros(len(self), dtype=bool)
        moved[self._moved] = True
        return {
            "subject": self.subjects,
            "score_a": self.a.scores,
            "score_b": self.b.scores,
            "level_a": self.a.levels,
            "level_b": self.b.levels,
            "changed": moved,
        }

    def to_dict(self) -> dict[str, object]:
        """All but the rows, as plain values: what a dashboard or a log line holds."""
        return {
            "at": iso(self.at),
            "subjects": len(self),
            "levels_changed": self.levels_changed,
            "scores_changed": self.scores_changed,
            "a": _plain(self.a),
            "b": _plain(self.b),
            "matrix": [
                {"before": before, "after": after, "subjects": count} for before, after, count in self.matrix
            ],
            "fires": [
                {"trigger": name, "draft": draft, "subjects": count}
                for (name, draft), count in self._fired().items()
            ],
        }

    def _fired(self) -> Counter[tuple[str, bool]]:
        """How often each trigger would fire, and whether it is a draft."""
        meeting, counts = Met(self.b.model), Counter[tuple[str, bool]]()
        for before, after, subjects in self.matrix:
            for trigger in meeting((before, after)) if before != after else ():
                counts[trigger.name, trigger.status == "draft"] += subjects
        return counts

    def __str__(self) -> str:
        size = len(self)
        lines = [f"{self.a} -> {self.b} at {iso(self.at)}: {size:,} subjects"]
        lines.append(f"levels: {self.levels_changed:,} change ({share(self.levels_changed, size)})")
        lines += (f"  {line}" for line in str(self.matrix).split("\n"))
        lines += (f"    {printable(str(change))}" for change in islice(self._changes(), _SHOWN))
        if self.levels_changed > _SHOWN:
            lines.append(f"    … and {self.levels_changed - _SHOWN:,} more")
        lines.append(f"scores: {self.scores_changed:,} change ({share(self.scores_changed, size)})")
        head = ["", "mean", *(f"{q:.0%}" for q in QUANTILES)]
        rows = [
            [name, amount(side.mean), *map(amount, side.quantiles.values())]
            for name, side in (("before", self.a), ("after", self.b))
        ]
        lines += aligned([head, *rows])
        lines += ["rules: subjects with points", *self._rules()]
        for name, side in (("before", self.a), ("after", self.b)):
            if side.dead:
                lines.append(f"  pay nobody {name}: {', '.join(map(printable, side.dead))}")
        fired = self._fired()
        lines.append("triggers that would fire" + ("" if fired else ": none"))
        for (name, draft), count in fired.items():
            lines.append(f"  {printable(name)}{' (draft)' if draft else ''}: {count:,}")
        return "\n".join(lines)

    def _rules(self) -> list[str]:
        hits = [{rule.rule: f"{rule.subjects:,}" for rule in side.rules} for side in (self.a, self.b)]
        names = dict.fromkeys([*hits[0], *hits[1]])
        rows = [[name, hits[0].get(name, "-"), hits[1].get(name, "-")] for name in names]
        return aligned([["", "before", "after"], *rows])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(str(self))


def _plain(side: Side) -> dict[str, object]:
    return {
        "model": side.model.name,
        "version": side.model.version,
        "mean": _known(side.mean),
        "quantiles": {f"{q:g}": _known(value) for q, value in side.quantiles.items()},
        "rules": {rule.rule: {"subjects": rule.subjects, "points": rule.points} for rule in side.rules},
        "dead": list(side.dead),
    }


def _known(value: float) -> float | None:
    return None if value != value else value
