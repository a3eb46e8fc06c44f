"""Play: a `Scorer` and a `PlainScorer` taken through the same steps, which must say the same.

Lives here: the steps with their comparisons, and drawing the next one at random.
Lives elsewhere: what is drawn from (`models`, `logs`, `transitions`), who drives (`laws/test_scorer.py`,
``benchmarks.simulation``).

Every step is plain data, so that a play that fails can be written down, made smaller and kept.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import asdict, define, evolve, field

import questscore
from questscore import (
    Event,
    EventError,
    Explanation,
    ModelError,
    Scorer,
    Transition,
    UnknownSubject,
    reference,
)
from questscore.model.event import canonical
from questscore.model.publication import Mode
from questscore.model.time import DAY, Duration, Instant, Period
from questscore.rules.term import TermRule
from support.cases import Case, instant_of
from support.compare import differences, equal, plain
from support.judge import Answer, near_an_edge
from support.models import Mapping
from support.plain_scorer import PlainScorer
from support.pressure import pressed
from support.transitions import (
    SHIFTED,
    cancelled,
    moves_differ,
    rounding_decides,
    same,
    well_ordered,
)

Step = tuple[str, tuple[Any, ...]]

FORMS = ("one by one", "list", "table", "mappings")
COUNTS = ("received", "applied", "duplicate", "conflict", "unattributed", "too_late", "rejected", "late")
FORECAST_YEARS = 10


class Differs(AssertionError):
    """The scorer does not say what the definition says."""


@define
class Play:
    """A scorer and the definition, side by side.

    Args:
        model: As a mapping.
        retain: A duration's text, or None.
        pressures: Those of `PRESSURES` under which it is played.

    Attributes:
        steps: What was done so far.
        seen: How often each step was taken, and what came of it.
    """

    model: Mapping
    retain: str | None = None
    pressures: tuple[str, ...] = ()
    steps: list[Step] = field(factory=list)
    seen: Counter[str] = field(factory=Counter)
    scorer: Scorer = field(init=False)
    plain: PlainScorer = field(init=False)
    told: list[Transition] = field(factory=list)
    sure: bool = True

    def __attrs_post_init__(self) -> None:
        with pressed(self.pressures):
            self.scorer, retain = self._scorer(), self.retain
        self.plain = PlainScorer(self.scorer.model, None if retain is None else Duration.of(retain).us)

    def _scorer(self) -> Scorer:
        return Scorer(questscore.load_model(self.model), retain=self.retain)

    def _again(self) -> tuple[Scorer, PlainScorer]:
        """Others of the same models in service."""
        other = self._scorer()
        plainly = PlainScorer(other.model, self.plain.retain)
        for publication in self.plain.publications[1:]:
            other.publish(publication.model, Instant(publication.at or 0), publication.mode)
            plainly.publish(publication)
        return other, plainly

    def do(self, step: Step) -> None:
        """Takes a step."""
        self.steps.append(step)
        name, arguments = step
        self.seen[name] += 1
        with pressed(self.pressures):
            getattr(self, f"step_{name}")(*arguments)
            self._check_properties()

    def _check_properties(self) -> None:
        scorer, plainly = self.scorer, self.plain
        self._same("now", scorer.now, plainly.now)
        self._same("horizon", scorer.horizon, plainly.horizon)
        self._same("len", len(scorer), len(plainly.subjects))
        self._same("publications", list(scorer.publications), plainly.publications)
        self._same("model", scorer.model, plainly.model)
        self._same("plugin errors", scorer.plugin_errors, ())
        self._firings()

    def _same(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            raise Differs(f"{what}: found {found!r}, expected {expected!r}")

    # -- events in --------------------------------------------------------------------------------------

    def step_ingest(self, form: str, events: Sequence[Mapping]) -> None:
        """Events, given in one of `FORMS`."""
        if form == "one by one":
            for event in events:
                self._ingest(self.scorer, self.plain, _object(event), [event])
        else:
            self._ingest(self.scorer, self.plain, _given(form, events), events)

    def _ingest(self, scorer: Scorer, plainly: PlainScorer, given: Any, events: Sequence[Mapping]) -> None:
        horizon = scorer.horizon
        report = scorer.ingest(given)
        counts = plainly.ingest(events)
        found = {name: getattr(report, name) for name in COUNTS}
        self._same("report", found, {name: counts[name] for name in COUNTS})
        self._same("rejections", len(report.rejections), report.rejected)
        self._same("refused", len(report.refused), report.too_late)
        self._same("conflicts", len(report.conflicts), report.conflict)
        if horizon is not None and not isinstance(given, Event):
            early = [row for row, e in enumerate(events) if _instant(e) is not None and _instant(e) < horizon]  # type: ignore[operator]
            rows = {refused.row for refused in report.refused}
            self._same("refused rows", rows <= set(early), True)
        self.seen.update({f"ingest: {name}": count for name, count in counts.items() if count})

    # -- readings ---------------------------------------------------------------------------------------

    def step_score(self, subject: str, at: int | None) -> None:
        """One subject's score; by default now."""
        moment = self.plain.now if at is None else at
        if self._too_early(moment, lambda: self.scorer.score(subject, at)):
            return
        expected = None if moment is None else self.plain.score(subject, moment)
        if expected is None or moment is None:
            self._refused(UnknownSubject, lambda: self.scorer.score(subject, at))
            return
        found = self.scorer.score(subject, at)
        self._numbers(plain({subject: found}), plain({subject: expected}), moment)

    def step_scores(self, at: int | None) -> None:
        """The scores of all."""
        moment = self.plain.now if at is None else at
        if self._too_early(moment, lambda: self.scorer.scores(at)):
            return
        table = self.scorer.scores(at)
        if moment is None:
            self._same("scores of nothing", len(table), 0)
            return
        self._same("at", table.at, moment)
        self._numbers(dict(table.to_dicts()), plain(self.plain.scores(moment)), moment)

    def step_history(self, every: str, start: int | None, end: int | None) -> None:
        """Scores, levels and changes on a grid."""
        first = min((event.time for event in self.plain.events()), default=None)
        start_at = first if start is None else start
        end_at = self.plain.now if end is None else end
        if start_at is None or end_at is None or start_at > end_at:
            return
        horizon = self.plain.horizon
        if horizon is not None:
            start_at = max(start_at, horizon)
            start = start_at
            if end_at < horizon:
                return
        found = self.scorer.history(every, start, end)
        instants = self.plain.instants(every, start_at, end_at)
        self._same("times", found.times.tolist(), instants)
        for row, at in enumerate(instants):
            expected = self.plain.scores(at)
            numbers, levels = found.scores[row].tolist(), found.levels[row].tolist()
            read = {
                name: {"score": None if np.isnan(number) else number, "level": level}
                for name, number, level in zip(found.subjects, numbers, levels, strict=True)
            }
            wanted = {
                name: {"score": expected[name].value, "level": expected[name].level}
                if name in expected
                else {"score": None, "level": None}
                for name in found.subjects
            }
            self._same("nobody is left out", set(expected) <= set(found.subjects), True)
            self._numbers(read, wanted, at, ("score", "level"))
        moves, defined = list(found.transitions), self.plain.moves(end_at)
        if horizon is not None:
            moves = [move for move in moves if move.time >= horizon]
            defined = [move for move in defined if move.time >= horizon]
        self._moves(moves, defined, end_at, horizon)
        blocks = list(self.scorer.history_blocks(every, start, end, periods=2))
        self._same("times of blocks", [t for block in blocks for t in block.times.tolist()], instants)
        if all(list(block.subjects) == list(found.subjects) for block in blocks):
            rows = np.concatenate([block.scores for block in blocks])
            self._same("scores of blocks", np.allclose(rows, found.scores, equal_nan=True), True)
        told = [move for block in blocks for move in block.transitions]
        self._same("moves of blocks", len(told), len(found.transitions))

    # -- changes ----------------------------------------------------------------------------------------

    def step_advance(self, to: int) -> None:
        """All changes that were not told; nothing is told when ``to`` lies before the last one."""
        if self.plain.advanced is not None and to < self.plain.advanced:
            self._refused(EventError, lambda: self.scorer.advance(to))
            self.seen["advance: refused"] += 1
            return
        found = self.scorer.advance(to)
        self.scorer.release([])  # once more for the handlers that failed
        self._same("told in order", well_ordered(found), True)
        self.told += found
        expected = self.plain.advance(to)
        if lines := moves_differ(found, expected):
            standing = cancelled(self.told)
            if not moves_differ(standing, self.plain.told) or not self._excused(standing, to):
                raise Differs("\n".join(lines[:8]))
            self.plain.told = standing
            self.sure = False
        self.seen.update(f"advance: {'taken back' if move.retracted else move.cause}" for move in found)

    def step_forecast(self, subject: str, at: int | None) -> None:
        """The next change if nothing more happens, and what one more event would do."""
        moment = self.plain.now if at is None else at
        if self._too_early(moment, lambda: self.scorer.forecast(subject, at)):
            return
        if moment is None or self.plain.score(subject, moment) is None:
            self._refused(UnknownSubject, lambda: self.scorer.forecast(subject, at))
            return
        found = self.scorer.forecast(subject, at)
        own = self.plain.events(subject, moment)
        self._same("before", found.before, self.plain.level(subject, moment))
        end = moment + FORECAST_YEARS * 366 * DAY if found.time is None else found.time
        self.seen["forecast: a change" if found.time is not None else "forecast: no change"] += 1
        self._same("after", found.time is None, found.after == found.before)
        if found.time is not None and found.time <= moment:
            raise Differs(f"forecast: {found!r} is not after {moment}")
        # what an advance of a copy that knows nothing later tells
        copy = self._scorer_of(own)
        copy.advance(moment)
        told = copy.advance(end)
        first = [(told[0].time, told[0].before, told[0].after)] if told else []
        expected = [] if found.time is None else [(found.time, found.before, found.after)]
        self._same("forecast as advance tells", first, expected)
        # what the definition says of the time that it can be asked about
        soon = min(end, moment + self._soon())
        services = self.plain.services
        moves = [m for m in reference.transitions(services, own, soon) if m.time > moment]
        nearby = [move for move in told if move.time <= soon][: len(expected)]
        if lines := moves_differ(nearby, moves[:1]):
            earlier = [m for m in reference.transitions(services, own, soon) if m.time <= moment]
            if len(services) > 1 or not rounding_decides(
                self.model, [_mapping(e) for e in own], soon, [*earlier, *nearby]
            ):
                raise Differs("\n".join(lines))
        self._gains(subject, found, own, moment)

    def _soon(self) -> int:
        """How far ahead the definition is asked: it looks at every instant."""
        evaluate = self.plain.model.evaluate
        if not isinstance(evaluate, Period):
            return 6 * min(service.model.resolution.us for service in self.plain.services)
        return {Period.DAY: 12, Period.WEEK: 40, Period.MONTH: 150, Period.QUARTER: 400}.get(
            evaluate, 800
        ) * DAY

    def _scorer_of(self, events: Iterable[Event]) -> Scorer:
        first, *others = self.plain.publications
        scorer = Scorer(first.model)
        scorer.ingest(list(events))
        for publication in others:
            scorer.publish(publication.model, Instant(publication.at or 0), publication.mode)
        return scorer

    def _gains(self, subject: str, found: questscore.Forecast, own: Sequence[Event], at: int) -> None:
        service = self.plain.service(at)
        model = service.model
        own = [e for e in own if service.since is None or e.time >= service.since]
        for rule in model.rules:
            if not isinstance(rule, questscore.EventRule):
                continue
            if isinstance(rule, TermRule) and rule.term[1] is not None and rule.term[1] <= at:
                self._same(f"no gain of {rule.name}", rule.name in found.gains, False)
                continue
            matching = [e for e in own if not e.reserved and rule.selector.matches(e, model.calendar)]
            if not matching or (self.plain.horizon is not None and matching[-1].time < self.plain.horizon):
                continue  # another event is made up then
            last = evolve(matching[-1], time=Instant(at), id=None)
            self._same(f"a gain of {rule.name}", rule.name in found.gains, True)
            gain = found.gains[rule.name]
            after = self._after(subject, [*own, last], at)
            self._numbers(
                {subject: {"score": gain.score, "level": gain.level}},
                {subject: {"score": after.value, "level": after.level}},
                at,
                ("score", "level"),
                [*own, last],
            )
            if gain.needed is not None and gain.needed <= 5:
                more = self._after(subject, [*own, *[last] * gain.needed], at)
                self._numbers(
                    {subject: {"level": gain.reached}}, {subject: {"level": more.level}}, at, ("level",), own
                )

    def _after(self, subject: str, events: Sequence[Event], at: int) -> questscore.Score:
        return reference.Subject(self.plain.service(at).model, reference.settled(events)).score(subject, at)

    # -- reasons ----------------------------------------------------------------------------------------

    def step_explain(self, subject: str, at: int | None) -> None:
        """A tree that adds up to the score."""
        moment = self.plain.now if at is None else at
        if self._too_early(moment, lambda: self.scorer.explain(subject, at)):
            return
        score = None if moment is None else self.plain.score(subject, moment)
        if score is None:
            self._refused(UnknownSubject, lambda: self.scorer.explain(subject, at))
            return
        try:
            tree = self.scorer.explain(subject, at)
        except EventError:
            self._folded(subject)
            return
        self._same("explained", equal(tree.value, score.value), True)
        self._same("adds up", tree.check(), True)
        known = {canonical(event) for event in self.plain.events(subject)}
        self._same("of its events", {canonical(event) for event in tree.events()} <= known, True)

    def step_explain_change(self, subject: str, start: int, end: int) -> None:
        """A tree that adds up to the difference of two scores."""

        def ask() -> Explanation:
            return self.scorer.explain_change(subject, start, end)

        if self._too_early(min(start, end), ask):
            return
        after = self.plain.score(subject, end)
        if start > end and after is not None:
            self._refused(EventError, ask)
            return
        if after is None:
            self._refused((UnknownSubject, EventError), ask)
            return
        try:
            tree = ask()
        except EventError:
            self._folded(subject)
            return
        before = self.plain.score(subject, start)
        values = (0.0 if before is None else before.value, after.value)
        expected = None if None in values else values[1] - values[0]  # type: ignore[operator]
        close = equal(tree.value, expected) or (
            isinstance(tree.value, float)
            and isinstance(expected, float)
            and abs(tree.value - expected) <= 1e-9 * max(1.0, *(abs(v) for v in values if v is not None))
        )
        self._same("explained change", close or (tree.value, expected), True)
        self._same("adds up", tree.check(), True)

    # -- triggers, audiences, other models -------------------------------------------------------------

    def step_members(self, audience: str, at: int | None) -> None:
        """Who is in an audience."""
        moment = self.plain.now if at is None else at
        if self._too_early(moment, lambda: self.scorer.members(audience, at)):
            return
        model = self.plain.model if moment is None else self.plain.service(moment).model
        if audience not in [one.name for one in model.audiences]:
            self._refused(ModelError, lambda: self.scorer.members(audience, at))
            return
        expected = [] if moment is None else self.plain.members(audience, moment)
        self._same("members", self.scorer.members(audience, at), expected)
        self.seen["members: some"] += bool(expected)

    def step_handle(self, action: str) -> None:
        """A handler that works from its second call on."""
        calls: list[str] = []

        def handler(firing: questscore.Firing) -> None:
            calls.append(firing.id)
            if len(calls) == 1:
                raise RuntimeError("not yet")

        self.scorer.on(action, handler)
        self.scorer.release([])
        self.scorer.release([])
        self.plain.desk.handlers.add(action)
        self.plain.desk.deliver()

    def step_release(self, share: float) -> None:
        """Some of the firings that are held, and some that are not."""
        ids = [firing.id for firing in self.scorer.firings()]
        if not self.sure:
            return
        chosen = ids[: round(len(ids) * share)]
        self.scorer.release(chosen)
        self.scorer.release([])
        self.plain.desk.release(chosen)
        self.plain.desk.deliver()
        self.seen["released"] += len(chosen)
        self._refused(EventError, lambda: self.scorer.release(["nothing"]))
        self._same("a firing that is gone", self.scorer.release(["0" * 32]), [])

    def step_publish(self, model: Mapping, at: int, mode: Mode) -> None:
        """Another model comes into service."""
        published = questscore.load_model(model)
        last = self.plain.publications[-1].at
        if last is not None and at < last and (self.plain.horizon is None or at >= self.plain.horizon):
            self._refused(ModelError, lambda: self.scorer.publish(published, Instant(at), mode))
            return
        if self._too_early(at, lambda: self.scorer.publish(published, Instant(at), mode)):
            return
        try:
            publication = self.scorer.publish(published, Instant(at), mode)
        except ModelError:
            if self.retain is None:
                raise
            self.seen["publish: refused"] += 1
            return
        self.plain.publish(publication)
        self.seen[f"publish: {mode}"] += 1

    def _firings(self) -> None:
        if not self.sure:
            return
        found, expected = self.scorer.firings(), self.plain.desk.listed()
        if self.plain.horizon is not None:
            found = [one for one in found if one.time >= self.plain.horizon]
            expected = [one for one in expected if one.time >= self.plain.horizon]
        if [evolve(one, error=None) for one in found] == expected:
            self.seen["firings"] = max(self.seen["firings"], len(found))
            return
        shifted = len(found) == len(expected) and all(
            abs(one.time - other.time) <= SHIFTED
            and evolve(one, id="", time=0, error=None) == evolve(other, id="", time=0)
            for one, other in zip(found, expected, strict=True)
        )
        if not shifted:
            lines = [repr(one) for one in found if one not in expected]
            lines += [f"expected {one!r}" for one in expected if one not in found]
            raise Differs("firings: " + "\n".join(lines[:6]))
        self.sure = False  # an ageing score crosses within a microsecond: ids differ from now on
        self.seen["decided by rounding"] += 1

    # -- the whole --------------------------------------------------------------------------------------

    def step_forget(self, subject: str) -> None:
        """As if never seen."""
        if subject not in self.plain.subjects:
            self._refused(UnknownSubject, lambda: self.scorer.forget(subject))
            return
        gone = self.scorer.forget(subject)
        size = self.plain.forget(subject)
        if self.retain is None or gone > size:  # folded events are not counted
            self._same("gone", gone, size)
        self.told = [move for move in self.told if move.subject != subject]
        self._refused(UnknownSubject, lambda: self.scorer.score(subject))

    def step_save(self) -> None:
        """Into a file and out of it again; the one that was loaded goes on."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "state"
            self.scorer.save(path)
            self.scorer = Scorer.load(path)
        self.plain.desk.handlers.clear()  # the host's own

    def step_merge(self, first: Sequence[Mapping], to: int | None) -> None:
        """Takes in another scorer of the same model, made of these events."""
        other, plainly = self._again()
        self._ingest(other, plainly, _given("list", first), first)
        elsewhere: list[Transition] = []
        if to is not None and (plainly.now is None or to >= plainly.now):
            elsewhere = other.advance(to)
            plainly.advance(to)
        try:
            report = self.scorer.merge(other)
        except ModelError:
            if self.retain is None:
                raise
            self.seen["merge: refused"] += 1  # one of the two has folded events of a subject that both have
            return
        known = cancelled(self.told)
        self.told += [move for move in elsewhere if not any(same(move, other) for other in known)]
        counts = self.plain.merge(plainly)
        found = {name: getattr(report, name) for name in COUNTS}
        self._same("report", found, {name: counts[name] for name in COUNTS})

    # -- what is the same -------------------------------------------------------------------------------

    def _too_early(self, moment: int | None, ask: Callable[[], object]) -> bool:
        horizon = self.plain.horizon
        if moment is None or horizon is None or moment >= horizon:
            return False
        self._refused((EventError, UnknownSubject), ask)
        self.seen["read too early"] += 1
        return True

    def _refused(
        self, error: type[Exception] | tuple[type[Exception], ...], ask: Callable[[], object]
    ) -> None:
        try:
            found = ask()
        except error:
            self.seen["refused"] += 1
            return
        raise Differs(f"found {found!r}, expected {error}")

    def _folded(self, subject: str) -> None:
        """An explanation may be refused only of who has events that are no longer retained."""
        horizon = self.plain.horizon
        if horizon is None or self.plain.events(subject)[0].time >= horizon:
            raise Differs(f"{subject!r} cannot be explained, and all its events are retained")
        self.seen["explain: folded"] += 1

    def _numbers(
        self,
        found: Answer,
        expected: Answer,
        at: int,
        only: Sequence[str] = (),
        events: Sequence[Event] | None = None,
    ) -> None:
        lines = differences(found, expected)
        if not lines:
            return
        own = self.plain.events() if events is None else events
        mappings = [_mapping(event) for event in own if event.time <= at]

        services = self.plain.services
        if len(services) > 1:
            raise Differs("\n".join(lines[:8]))

        def answer(case: Case) -> Answer:
            model = questscore.load_model(case.model)
            scores = plain(reference.score(model, [Event(**event) for event in case.events], at))
            return {
                name: {key: score[key] for key in only or score}
                for name, score in scores.items()
                if name in found
            }

        if not near_an_edge(Case(self.model, mappings, at), found, answer):
            raise Differs("\n".join(lines[:8]))
        self.seen["decided by rounding"] += 1

    def _excused(self, standing: Sequence[Transition], to: int) -> bool:
        if len(self.plain.services) > 1:
            return False
        mappings = [_mapping(event) for event in self.plain.events()]
        excused = rounding_decides(self.model, mappings, to, standing)
        self.seen["decided by rounding"] += excused
        return excused

    def _moves(
        self, found: Sequence[Transition], expected: Sequence[Transition], to: int, since: int | None
    ) -> None:
        lines = moves_differ(found, expected)
        if lines and (since is not None or not self._excused(found, to)):
            raise Differs("\n".join(lines[:8]))


def _instant(event: Mapping) -> int | None:
    try:
        return instant_of(event["time"])
    except (KeyError, AssertionError, TypeError, ValueError):
        return None


def _object(event: Mapping) -> Event | Mapping:
    try:
        return Event(**event)
    except (EventError, TypeError):
        return event


def _given(form: str, events: Sequence[Mapping]) -> Any:
    if form == "table":
        return questscore.read_events(list(events))
    if form == "mappings":
        return iter(events)
    return [_object(event) for event in events]


def _mapping(event: Event) -> Mapping:
    return asdict(event)
