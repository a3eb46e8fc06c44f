"""The report on contributors: who stands in which level, and why the first of them do.

Lives here: choosing whom to show, and in which words.
Lives elsewhere: reading and scoring (demo), streams and tables (console).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from attrs import frozen

from questscore import Explanation, Expression, ScoreModel, ScoreTable, explain
from questscore.cli.console import Column, brief, clean, count, heading, say, show_table
from questscore.cli.output import mostly, number
from questscore.columns.table import Keys
from questscore.errors import EventError
from questscore.io.git_history import GitHistory
from questscore.model.level import Level
from questscore.model.time import DAY, iso

NAME_WIDTH = 44
GIT_EVENTS = {"commit", "touched", "reviewed", "signed_off", "tested", "acked", "reported", "co_authored"}
SHOWN_IN_FIRST, SHOWN_IN_OTHERS, EXPLAINED, REASONS = 10, 5, 3, 5
SHORT = 90 * DAY
BUDGET = 20_000
COLUMNS = (
    Column("contributor"),
    Column("score", right=True),
    Column("last seen", right=True),
    Column("work", right=True),
    Column("mostly from"),
)


def ago(microseconds: int) -> str:
    """How long ago, in words.

    >>> ago(0), ago(3 * DAY), ago(800 * DAY)
    ('today', '3 days ago', '2.2 years ago')
    """
    days = microseconds // DAY
    if days < 1:
        return "today"
    if days < 365:
        return f"{days} day{'s' * (days > 1)} ago"
    return f"{days / 365.25:.1f} years ago"


@frozen
class Standing:
    """A contributor at the instant of the report.

    Args:
        subject, score, level: As scored.
        last: Epoch microseconds of the last event of any name.
        work: Commits and trailers so far.
        events: All events so far.
    """

    subject: str
    score: float | None
    level: str | None
    last: int
    work: int
    events: int


@frozen(slots=False)
class Report:
    """All that is printed about one history.

    Args:
        repo: Where it was read.
        history, model, scores: What was read, and what it scored under which model.
        at: Epoch microseconds at which it was scored.
    """

    repo: Path
    history: GitHistory
    model: ScoreModel
    scores: ScoreTable
    at: int

    def show(self) -> None:
        """Print it."""
        self._show_summary()
        levels = reversed(self.model.levels.order) if len(self.model.levels) else ()
        for name in levels:
            self._show_level(name)
        self._show_level(None)
        self._show_reasons()
        say()
        say("Not your idea of a contributor? Copy the model, change it, score again:")
        here = self.repo.resolve() == Path.cwd()
        where = "" if here else f" --repo {shlex.quote(clean(str(self.repo)))}"
        say("  questscore demo --copy-model my-model.toml")
        say(f"  questscore demo --model my-model.toml{where}")

    @cached_property
    def _who(self) -> Keys:
        """The contributor of each event."""
        return self.history.events.user if self.model.subject == "user" else self.history.events.account

    @cached_property
    def _position(self) -> dict[str, int]:
        return {text: code for code, text in enumerate(self._who.values)}

    @cached_property
    def standings(self) -> list[Standing]:
        """Everyone who was scored, the highest score first."""
        events, size = self.history.events, len(self._position)
        seen = (events.time <= self.at) & (self._who.codes >= 0)
        codes = self._who.codes[seen]
        last = np.zeros(size, np.int64)
        np.maximum.at(last, codes, events.time[seen])
        done = codes[events.name.codes[seen] != events.name.values.index("touched")]
        work, everything = np.bincount(done, minlength=size), np.bincount(codes, minlength=size)
        found = []
        for subject, value, level in zip(
            self.scores.subjects, self.scores.scores, self.scores.levels, strict=True
        ):
            code = self._position[subject]
            known = None if np.isnan(value) else float(value)
            counts = int(work[code]), int(everything[code])
            found.append(Standing(subject, known, level, int(last[code]), *counts))
        return sorted(found, key=lambda s: (-np.inf if s.score is None else s.score, s.work), reverse=True)

    def _show_summary(self) -> None:
        events = self.history.events
        seen = events.time <= self.at
        if not seen.any():
            raise EventError(
                f"no commit at or before {iso(self.at)}",
                where=str(self.repo),
                fix=f"ask for an instant from {iso(int(events.time.min()))} on",
            )
        commits = int(np.sum(seen & (events.name.codes == events.name.values.index("commit"))))
        first, last = int(events.time[seen].min()), int(events.time[seen].max())
        who = count(len(self.standings), "contributor" if self.model.subject == "user" else "mail domain")
        dates = f"{iso(first)[:10]} to {iso(last)[:10]}"
        heading(f"{self.repo.resolve().name}: {count(commits, 'commit')} by {who}, {dates}")
        model = clean(f"{self.model.name!r}, version {self.model.version}")
        say(f"Scored as at {iso(self.at)} by the model {model}.")
        say("Work: commits, and the reviews, tests, sign-offs and reports that commits of others name.")
        notes = list(self.history.notes)
        if commits == 1:
            notes.append("one commit says who began, not yet who stays")
        elif last - first < SHORT:
            notes.append(
                f"{count((last - first) // DAY, 'day')} of history: too short to see anyone slip or go"
            )
        foreign = [name for name in self.scores.report.unseen if name not in GIT_EVENTS]
        if foreign:
            notes.append(f"the model names what no git history has: {clean(', '.join(foreign))}")
        for text in notes:
            say(f"Note: {text}.")

    def _show_level(self, name: str | None) -> None:
        """One level and its first members; without a name, those who have none, if there are any."""
        members = self._members(name)
        if name is not None:
            title, rule = name, self._rule(name)
        elif members:
            title = "without a level"
            rule = "the score is unknown" if len(self.model.levels) else "the model has no levels"
        else:
            return
        say()
        heading(f"{title}: {len(members):,} ({rule})")
        shown = members[: SHOWN_IN_FIRST if name in (None, self.model.levels.order[-1]) else SHOWN_IN_OTHERS]
        if shown:
            show_table(COLUMNS, map(self._row, shown))
        if len(members) > len(shown):
            say(f"  ... and {len(members) - len(shown):,} more")

    def _row(self, s: Standing) -> tuple[str, ...]:
        mainly = mostly(self.scores[s.subject])
        return (
            brief(s.subject, NAME_WIDTH).ljust(self._name_width),
            number(s.score),
            ago(self.at - s.last),
            f"{s.work:,}",
            mainly,
        )

    @cached_property
    def _name_width(self) -> int:
        """One width for the names of all sections, so that their columns line up."""
        return max((len(brief(s.subject, NAME_WIDTH)) for s in self.standings), default=0)

    def _level(self, name: str | None) -> Level | None:
        return next((level for level in self.model.levels if level.name == name), None)

    def _rule(self, name: str) -> str:
        level = self._level(name)
        if level is None:
            return "no other level fits"
        return str(level.when) if level.at_least is None else f"score {level.at_least:g} or more"

    def _members(self, name: str | None) -> list[Standing]:
        """Of a level; where a condition makes it, those who once did most come first."""
        members = [s for s in self.standings if s.level == name]
        level = self._level(name)
        if level is not None and level.when is not None:
            members.sort(key=lambda s: -s.work)
        return members

    def _show_reasons(self) -> None:
        states = [level.name for level in self.model.levels if level.when is not None]
        ordinary = [s for s in self.standings if s.level not in states]
        high = [s for s in ordinary if s.level not in (None, self.model.levels.below)]
        parts = {"Why they are at the top": (high or ordinary)[:EXPLAINED]}
        if states:
            parts[f"Why they are {states[-1]}"] = self._members(states[-1])[:EXPLAINED]
        in_detail = self._in_detail([s for part in parts.values() for s in part])
        for title, part in parts.items():
            if part:
                say()
                heading(title)
            for s in part:
                self._explain(s, s.subject in in_detail)

    def _in_detail(self, standings: Sequence[Standing]) -> set[str]:
        """Whose points are broken down: explaining replays every event, so that a budget of them is kept."""
        found, budget = set(), BUDGET
        for s in sorted(standings, key=lambda s: s.events):
            budget -= s.events
            if budget >= 0:
                found.add(s.subject)
        return found

    def _explain(self, s: Standing, in_detail: bool) -> None:
        heading(f"  {brief(s.subject)}: {number(s.score)}" + (f", {s.level}" if s.level is not None else ""))
        level, score = self._level(s.level), self.scores[s.subject]
        if level is not None and level.when is not None:
            say(f"     {clean(because(level.when, score.signals))}")
        if in_detail:
            tree = explain(self.model, self.history.events, s.subject, self.at)
        else:
            points = (Explanation(name, value) for name, value in score.points.items())
            tree = Explanation("score", score.value, tuple(points))
        for line in reasons(tree):
            say(f"     {line}")


def because(condition: Expression, signals: Mapping[str, float | str | None]) -> str:
    """A condition, and the signals that make it hold."""
    values = ((name, signals[name]) for name in sorted(condition.names))
    said = (
        f"{name} is {value:,.4g}" if isinstance(value, float) else f"{name} is {value}"
        for name, value in values
    )
    return f"{condition}: {', '.join(said)}"


def reasons(tree: Explanation) -> list[str]:
    """The lines that moved a score most, each with what it is made of."""
    moved = [child for child in tree.children if child.value is not None and abs(child.value) >= 0.05]
    moved.sort(key=lambda child: -abs(child.value or 0.0))
    values = [f"{child.value:+,.1f}" for child in moved]
    width = max(map(len, values), default=0)
    told = [
        clean(f"{value:>{width}}  {child.label}{_made_of(child)}")
        for value, child in zip(values[:REASONS], moved, strict=False)
    ]
    rest = len(moved) - len(told)
    return [*told, f"{'':>{width}}  ... and {count(rest, 'smaller line')}"] if rest > 0 else told


def _made_of(line: Explanation) -> str:
    parts = [(part.label, part.value) for part in line.children if part.value is not None]
    told = [f"{label} {value:+,.1f}" for label, value in parts if abs(value) >= 0.05]
    return f": {', '.join(told)}" if told else ""
