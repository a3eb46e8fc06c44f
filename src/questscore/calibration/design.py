"""Design: a model's rules as columns that points are fitted to, and a model from fitted points.

Lives here: which rules can be fitted and which are held, variants of the model that the engine reads a column
from, and the way back from points to a model. No event is counted here.
Lives elsewhere: reading the variants at cutoffs (snapshots), the fit (solver), what is chosen (calibrate).

A column is what its rule would pay for 1 point: for an event rule the aged sum of what its limits allow, for
the others what they pay as read now. So raw points = held + sum of points x column, whatever the points are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TypeAlias

from attrs import evolve, frozen

from questscore.errors import ModelError, nearest
from questscore.language import Expression
from questscore.model.award import Limit
from questscore.model.definition import expression
from questscore.model.level import Levels
from questscore.model.rule import Group, Rule
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.selector import selector as selects
from questscore.model.signal import SignalDefinition
from questscore.model.time import Duration, Period, Span
from questscore.rules import ConditionRule, EventRule, TierRule

HalfLife: TypeAlias = Duration | None
"""How points age; None: they stay."""
ONCE_A_DAY = Limit(count=1, every=Period.DAY)
ACTIVE_DAY = "active day"
_UNIT = 100.0  # of expressions, where no rule of the table has a number of points


@frozen
class Column:
    """One rule that points are fitted to.

    Args:
        name: The rule's name.
        rule: As the model has it, or the active-day rule that is proposed.
        prior: The points the table gives it; a proposed rule, a formula and a rate have the table's largest.
        scale: What a reading of the variant is multiplied with, so that the column is for 1 point: the weight
            of the rule's group, over the table's points where the variant pays these.
        sign: 1: points are >= 0; -1: <= 0; 0: free.
        proposed: Whether the model lacks the rule.
        active_day: Whether it counts active days.
    """

    name: str
    rule: Rule
    prior: float
    scale: float
    sign: int
    proposed: bool = False
    active_day: bool = False

    @property
    def aged(self) -> bool:
        """Whether the half-life matters to it."""
        return isinstance(self.rule, EventRule)

    def variant(self, name: str, half_life: HalfLife) -> Rule:
        """The rule that is read for the column."""
        if isinstance(self.rule, EventRule):
            points = self.rule.points if isinstance(self.rule.points, Expression) else 1.0
            return evolve(aged(self.rule, half_life), name=name, points=points, group=None)
        if isinstance(self.rule, ConditionRule) and not isinstance(self.rule.points, Expression):
            return evolve(self.rule, name=name, points=1.0, group=None)
        return evolve(self.rule, name=name, group=None)

    def with_points(self, name: str, half_life: HalfLife, points: float) -> Rule:
        """The rule with these points, as a model has it."""
        share = points / self.prior if self.prior else 0.0
        if isinstance(self.rule, TierRule):
            tiers = tuple((start, worth * share) for start, worth in self.rule.tiers)
            return evolve(self.rule, name=name, tiers=tiers)
        if isinstance(self.rule, EventRule | ConditionRule):
            worth = _times(self.rule.points, share) if isinstance(self.rule.points, Expression) else points
            rule = aged(self.rule, half_life) if isinstance(self.rule, EventRule) else self.rule
            return evolve(rule, name=name, points=worth)
        raise TypeError(f"{type(self.rule).__name__} has no points to fit")


def _times(points: Expression, share: float) -> Expression | float:
    if share in (0.0, 1.0):
        return points if share else 0.0
    return expression(f"{share!r} * ({points})")


def aged(rule: EventRule, half_life: HalfLife) -> EventRule:
    """The rule with this half-life instead of its own ageing, and once a day where nothing limits it."""
    free = not rule.limit and rule.cooldown is None
    limit = (ONCE_A_DAY,) if free else rule.limit
    return evolve(rule, half_life=half_life, fade=None, steps=None, limit=limit)


@frozen
class Term:
    """A column with the half-life it is read with; None for one that does not age, or never does."""

    column: Column
    half_life: HalfLife


@frozen(slots=False)
class Design:
    """A model's rules as columns.

    Args:
        model: The model.
        columns: What points are fitted to: the model's rules in their order, then the active-day rule.
        held: Rules whose points stay as they are, and why.
        active: Which events make an active day.
    """

    model: ScoreModel
    columns: tuple[Column, ...]
    held: Mapping[str, str]
    active: Selector

    def terms(self, half_lives: Sequence[HalfLife]) -> tuple[Term, ...]:
        """The columns at these half-lives: one after another for a rule that ages, once for the others."""
        return tuple(
            Term(column, half_life)
            for column in self.columns
            for half_life in (half_lives if column.aged else (None,))
        )

    def variant(self, half_lives: Iterable[HalfLife], signals: Iterable[SignalDefinition] = ()) -> ScoreModel:
        """The model whose rules are read for the columns: those that age once a half-life, and the others."""
        rules = [
            column.variant(_label(place, half_life), half_life)
            for half_life in half_lives
            for place, column in enumerate(self.columns)
            if column.aged
        ]
        rules += [c.variant(_label(i, None), None) for i, c in enumerate(self.columns) if not c.aged]
        return bare(self.model, rules=rules, signals=(*self.model.signals, *signals))

    def recent(self, window: Duration) -> ScoreModel:
        """The model whose rules pay for what happened in the window alone, one for each column."""
        rules = []
        for place, column in enumerate(self.columns):
            rule = column.variant(str(place), None)
            rules.append(evolve(rule, window=Span(window)) if isinstance(rule, EventRule) else rule)
        return bare(self.model, rules=rules)

    def label(self, term: Term) -> str:
        """The name of the variant's rule that is read for a term."""
        return _label(self.columns.index(term.column), term.half_life)

    @cached_property
    def rest(self) -> ScoreModel:
        """The model of what is held: its rules and groups, and adjustments; its score is raw points."""
        rules = [rule for rule in self.model.rules if rule.name in self.held]
        return bare(self.model, rules=rules, groups=self.model.groups)

    def calibrated(self, half_lives: Sequence[HalfLife], points: Sequence[float]) -> ScoreModel:
        """The model with these points: a plain model without scale and bounds, levels and triggers.

        Args:
            half_lives: One, or several: a rule that ages then becomes one a half-life.
            points: One for each of the `terms`.

        A rule of the table stays with 0 points where it has none; a proposed one is left out.
        """
        given = dict(zip(self.terms(half_lives), points, strict=True))
        own = {column.name: _rules(column, given) for column in self.columns}
        rules = [
            rule
            for told in self.model.rules
            for rule in ([told] if told.name in self.held else own[told.name])
        ]
        rules += [rule for column in self.columns if column.proposed for rule in own[column.name]]
        return bare(self.model, rules=rules, groups=self.model.groups)


def _rules(column: Column, given: Mapping[Term, float]) -> list[Rule]:
    """The rules of a column: those that pay, or the first where none does and the table has it."""
    own = [(term, worth) for term, worth in given.items() if term.column is column]
    paying = [(term, worth) for term, worth in own if worth] or ([] if column.proposed else own[:1])
    names = (
        [column.name]
        if len(paying) == 1
        else [f"{column.name} ({t.half_life or 'stays'})" for t, _ in paying]
    )
    return [
        column.with_points(name, term.half_life, float(worth))
        for name, (term, worth) in zip(names, paying, strict=True)
    ]


def _label(place: int, half_life: HalfLife) -> str:
    return f"{place} {half_life or 'stays'}"


def quiet(model: ScoreModel) -> ScoreModel:
    """The model without levels and what listens to them: the same scores."""
    return evolve(model, levels=Levels(), below=None, margin=None, dwell=None, triggers=(), audiences=())


def bare(
    model: ScoreModel,
    *,
    rules: Sequence[Rule],
    signals: Sequence[SignalDefinition] | None = None,
    groups: Sequence[Group] = (),
) -> ScoreModel:
    """The model with other rules, without levels, scale and bounds: its scores are raw points."""
    return evolve(
        quiet(model),
        rules=tuple(rules),
        signals=model.signals if signals is None else tuple(signals),
        groups=tuple(groups),
        minimum=None,
        maximum=None,
        scale=None,
    )


def designed(model: ScoreModel, *, active: object = None, signs: Mapping[str, int] | None = None) -> Design:
    """The columns of a model.

    Args:
        model: Whose rules are fitted.
        active: Which events make an active day; those that bring points, unless told.
        signs: By rule, 1, -1 or 0 (free), where the sign of the table's points is not meant.

    Raises:
        ModelError: A sign is given to a rule that the model lacks, or is no sign.
    """
    told = dict(signs or {})
    selector = active_days(model) if active is None else selects(active)
    names = [rule.name for rule in model.rules]
    proposal = next(name for name in _names(ACTIVE_DAY) if name not in names)
    for name, sign in told.items():
        if name not in (*names, proposal) or sign not in (-1, 0, 1):
            near = None if name in names else nearest(str(name), names)
            raise ModelError(
                f"{sign!r} for {name!r}" + (f"; the nearest rule is {near!r}" if near else ""),
                where="signs",
                fix="write 1, -1 or 0 for the name of a rule",
            )
    held = {rule.name: why for rule in model.rules if (why := _fixed(rule, model))}
    plain = [abs(p) for rule in model.rules if rule.name not in held and (p := _number(rule))]
    unit = max(plain, default=_UNIT)
    weights = {group.name: group.weight for group in model.groups}
    columns = []
    for rule in model.rules:
        if rule.name not in held:
            number = _number(rule)
            prior = unit if number is None else number
            paid = number is None or isinstance(rule, TierRule)
            weight = 1.0 if rule.group is None else weights[rule.group]
            sign = 0 if prior == 0 else 1 if prior > 0 else -1
            scale = weight / prior if paid else weight
            same = same_days(rule, selector)
            columns.append(Column(rule.name, rule, prior, scale, told.get(rule.name, sign), active_day=same))
    proposed = EventRule(proposal, on=selector.on, where=selector.where, points=1, limit=ONCE_A_DAY)
    if not any(same_days(rule, selector) for rule in model.rules):
        columns.append(
            Column(proposal, proposed, unit, 1.0, told.get(proposal, 1), proposed=True, active_day=True)
        )
    return Design(model, tuple(columns), held, selector)


def _names(first: str) -> Iterable[str]:
    yield first
    yield from (f"{first} {number}" for number in range(2, 1_000_000))


def same_days(rule: Rule, selector: Selector) -> bool:
    """Whether the rule pays for the first such event of each day, and nothing else."""
    if not isinstance(rule, EventRule) or not isinstance(rule.points, float):
        return False
    once = rule.limit in ((), (ONCE_A_DAY,)) and rule.cooldown is None
    plain = rule.window is None and rule.active is None and rule.curve is None
    return rule.selector == selector and once and plain and rule.points > 0


def active_days(model: ScoreModel) -> Selector:
    """The events that bring points: those of any event rule that takes none; all where there is none."""
    rules = [rule for rule in model.rules if isinstance(rule, EventRule)]
    good = [r for r in rules if isinstance(r.points, Expression) or r.points >= 0]
    if not good or any(rule.selector == Selector("*") for rule in good):
        return Selector("*")
    where = [rule.where for rule in good]
    if all(condition is None for condition in where):
        return Selector(tuple(dict.fromkeys(name for rule in good for name in rule.on)))
    every = any(rule.on == ("*",) for rule in good)
    names = dict.fromkeys(name for rule in good for name in rule.on)
    return Selector("*" if every else tuple(names), " or ".join(dict.fromkeys(_condition(r) for r in good)))


def _condition(rule: EventRule) -> str:
    named = None if rule.on == ("*",) else f"event_name in [{', '.join(map(repr, rule.on))}]"
    parts = [part for part in (named, None if rule.where is None else f"({rule.where})") if part]
    return f"({' and '.join(parts)})"


def _fixed(rule: Rule, model: ScoreModel) -> str | None:
    """Why the points of a rule are held, or None."""
    if rule.minimum is not None or rule.maximum is not None:
        return "its points are bounded"
    group = next((group for group in model.groups if group.name == rule.group), None)
    if group is not None and (group.minimum is not None or group.maximum is not None):
        return f"the group {group.name!r} is bounded"
    match rule:
        case EventRule():
            if rule.curve is not None:
                return "it has a curve"
            return "its points are limited" if any(limit.points for limit in rule.limit) else None
        case ConditionRule():
            return None
        case TierRule():
            return None if any(worth for _, worth in rule.tiers) else "all of its tiers are worth 0"
    return f"the kind {rule.kind!r} has no points to fit"


def _number(rule: Rule) -> float | None:
    """The points of the table: a number, or what the largest tier pays; None for formulas and rates."""
    match rule:
        case TierRule() if rule.mode != "marginal":
            sums = list(accumulate(worth for _, worth in rule.tiers))
            return max(sums if rule.mode == "cumulative" else [worth for _, worth in rule.tiers], key=abs)
        case EventRule() | ConditionRule():
            return rule.points if isinstance(rule.points, float) else None
    return None
