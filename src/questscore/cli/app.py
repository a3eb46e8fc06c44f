"""The commands, and what becomes of their errors.

Lives here: options, exit codes, and the order of things in each command.
Lives elsewhere: what is computed (the library), how it is printed (console, output, contributors).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Literal

from attrs import frozen
from cyclopts import App, CycloptsError, Parameter

import questscore
from questscore import EventTable, ScoreTable
from questscore.cli.console import Column, clean, count, for_people, note, say, show_table, working
from questscore.cli.output import SHOWN, print_csv, show_scores
from questscore.errors import EventError, QuestscoreError, UnknownSubject, veiled
from questscore.io import write_table
from questscore.model.time import TimeError, instant, iso

OK, WRONG_INPUT, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
REJECTIONS_SHOWN = 5
WRITABLE = (".csv", ".jsonl", ".parquet")


class UsageError(Exception):
    """The command line asks for something that does not exist."""


def _version() -> str:
    try:
        return metadata.version("questscore")
    except metadata.PackageNotFoundError:
        return "not installed: run from its source"


app = App(
    name="questscore",
    help="Engagement scores from event logs: signals, points, levels and reasons.",
    version=_version,
    help_format="plaintext",
)


def run(arguments: Sequence[str]) -> int:
    """One command line to its exit code; nothing an input can cause ends in a traceback."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever called
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        command, bound, _ = app.parse_args(list(arguments), exit_on_error=False, print_error=False)
        code = command(*bound.args, **bound.kwargs)
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
    except (CycloptsError, UsageError) as error:
        note(f"questscore: {error}\nquestscore --help, or questscore COMMAND --help, says what there is")
        return WRONG_USE
    except UnknownSubject as error:  # who typed the name may read it
        told, veil = str(error).partition(";")[0], f"the subject, {veiled(error.subject)},"
        told = told.replace(veil, repr(error.subject))
        note(told if error.nearest is None else f"{told}; the nearest is {error.nearest!r}")
        return WRONG_INPUT
    except QuestscoreError as error:
        note(str(error))
        return WRONG_INPUT
    except BrokenPipeError:
        # Whoever read us has seen enough; the interpreter must not try to flush what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        note(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        return WRONG_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


@frozen
class Reading:
    """How an event file is to be read."""

    columns: Annotated[
        str | None,
        Parameter(help="Which column is which field, such as user=customer_id,time=created_at."),
    ] = None
    unit: Annotated[Literal["us", "ms", "s"], Parameter(help="What times written as integers count.")] = "us"
    timezone: Annotated[
        str | None, Parameter(help="Where times without an offset are local, such as Europe/Paris.")
    ] = None

    def read(self, events: Path, now: Callable[[str], None]) -> EventTable:
        """The events; rejected rows are counted and the first few told on stderr."""
        log = questscore.read_events(
            events,
            columns=self._columns(),
            unit=self.unit,
            timezone=self.timezone,
            progress=lambda rows: now(f"reading {events}: {rows:,} rows"),
        )
        if log.rejections:
            note(f"{count(len(log.rejections), 'row')} rejected, {len(log):,} kept:")
        for rejection in log.rejections[:REJECTIONS_SHOWN]:
            note(f"  {rejection}")
        if len(log.rejections) > REJECTIONS_SHOWN:
            note(f"  ... and {len(log.rejections) - REJECTIONS_SHOWN:,} more")
        if log.rejections and not len(log):
            fix = "see the reasons above; --columns, --unit and --timezone say how to read a file"
            raise EventError("no row of this file can be used", where=str(events), fix=fix)
        return log

    def _columns(self) -> dict[str, str] | None:
        if self.columns is None:
            return None
        pairs = [pair.partition("=") for pair in self.columns.split(",")]
        if not all(field.strip() and column for field, _, column in pairs):
            raise UsageError(
                f"--columns {self.columns}: write field=column, such as user=customer_id,time=when"
            )
        return {field.strip(): column for field, _, column in pairs}


AS_IT_IS = Reading()


@app.command
def score(
    events: Path,
    *,
    model: Path,
    at: str | None = None,
    out: Path | None = None,
    reading: Annotated[Reading, Parameter(name="*")] = AS_IT_IS,
    top: int | None = None,
    filter: str | None = None,
) -> None:
    """Score the subjects of an event log.

    On a terminal this prints a table of the highest scores; in a pipe, CSV of all.

    Args:
        events: A CSV, JSON Lines or Parquet file.
        model: A TOML, JSON or YAML file.
        at: The instant, such as 2026-03-01T00:00:00Z; without it, that of the last event.
        out: Write to this file instead; .csv, .jsonl or .parquet.
        top: Only so many subjects, those with the highest scores.
        filter: Only subjects for which this holds, such as "score > 50 and logins_7d == 0".
    """
    when = _instant(at)
    if out is not None and out.suffix.lower() not in WRITABLE:
        raise UsageError(f"--out {out}: the name must end in one of {', '.join(WRITABLE)}")
    if top is not None and top < 1:
        raise UsageError(f"--top {top}: must be at least 1")
    used = questscore.load_model(model)
    with working(f"reading {events}") as now:
        log = reading.read(events, now)
        now(f"scoring {len(log):,} events")
        table = questscore.score(used, log, at=when)
    _tell(table, used.subject)
    chosen = table if filter is None else table.filter(filter)
    shown = SHOWN if top is None and out is None and for_people() else top
    first = chosen if shown is None else chosen.top(shown)
    if out is not None:
        write_table(first.columns(), out)
        note(f"wrote {count(len(first), 'score')} to {out}")
    elif for_people():
        show_scores(first, len(chosen))
    else:
        print_csv(first)


@app.command
def explain(
    subject: str,
    events: Path,
    *,
    model: Path,
    at: str | None = None,
    reading: Annotated[Reading, Parameter(name="*")] = AS_IT_IS,
) -> None:
    """Say why a subject has its score, line by line.

    Args:
        subject: The user or account, whichever the model scores.
        events: A CSV, JSON Lines or Parquet file.
        model: A TOML, JSON or YAML file.
        at: The instant, such as 2026-03-01T00:00:00Z; without it, that of the last event.
    """
    when = _instant(at)
    used = questscore.load_model(model)
    with working(f"reading {events}") as now:
        log = reading.read(events, now)
        now(f"explaining {subject}")
        tree = questscore.explain(used, log, subject, at=when)
    for line in str(tree).split("\n"):
        say(clean(line))


@app.command
def check(model: Path) -> None:
    """Check a model file: "ok", or all that is wrong with it.

    Args:
        model: A TOML, JSON or YAML file.
    """
    used = questscore.load_model(model)
    levels = ", ".join(used.levels.order) if len(used.levels) else "none"
    counts = f"{count(len(used.signals), 'signal')}, {count(len(used.rules), 'rule')}, levels: {levels}"
    say(clean(f"ok: {used.name}, version {used.version}, scores each {used.subject}: {counts}"))


@app.command
def schema(*, out: Path | None = None) -> None:
    """Print the JSON Schema of a model file, for editors.

    Args:
        out: Write to this file instead.
    """
    text = json.dumps(questscore.schema(), indent=2, ensure_ascii=False)
    if out is None:
        say(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")
        note(f"wrote {out}")


@app.command
def templates(name: str | None = None) -> None:
    """List the models to start from, or print one as a model file.

    Args:
        name: Which one; without it, all are listed.
    """
    from questscore import templates as shipped

    if name is not None:
        say(shipped.text(name).rstrip("\n"))
        return
    columns = tuple(Column(title, whole=True) for title in ("template", "scores", "for"))
    rows = ((each, shipped.load(each).subject, shipped.about(each)) for each in shipped.names())
    show_table(columns, rows)


@app.command
def demo(
    *,
    repo: Path = Path(),
    at: str | None = None,
    lines: Annotated[bool, Parameter(negative="")] = False,
    model: Path | None = None,
    by: Literal["user", "account"] | None = None,
    copy_model: Path | None = None,
) -> None:
    """Say who carries a project, from its git history: core, regular, slipping and gone.

    Nothing is fetched and nothing is changed.

    Args:
        repo: A folder in the repository; without it, the one you stand in.
        at: The instant, such as 2026-03-01T00:00:00Z; without it, that of the last commit.
        lines: Count added and deleted lines too, which takes longer.
        model: Your model instead of the one that comes with questscore.
        by: Score people (user) or the domains of their mails (account).
        copy_model: Only write the model to this new file, for you to change.
    """
    from questscore.cli.demo import copy_model as copy
    from questscore.cli.demo import run_demo

    if copy_model is not None:
        copy(copy_model)
    else:
        run_demo(repo, _instant(at), lines, model, by)


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return instant(int(text) if text.strip().isdecimal() else text)
    except TimeError as error:
        raise UsageError(f"--at: {error}") from None


def _tell(table: ScoreTable, subject: str) -> None:
    """What was scored, and which events of the log did not count, on stderr."""
    report = table.report
    if report.unattributed and report.unattributed == report.events - report.later:
        raise EventError(
            f"the model scores {subject}s, and no event names one",
            fix=f"say which column it is: --columns {subject}=COLUMN",
        )
    aside = [
        what
        for many, what in (
            (report.later, f"{report.later:,} later"),
            (report.duplicates, count(report.duplicates, "duplicate")),
            (report.conflicts, count(report.conflicts, "conflict")),
            (report.unattributed, f"{report.unattributed:,} without {subject}"),
        )
        if many
    ]
    left_out = f" ({', '.join(aside)} left out)" if aside else ""
    scored = f"{count(len(table), subject)} from {count(report.events, 'event')}"
    when = f", as at {iso(table.at)}" if report.events else ""
    note(f"{scored}{left_out}{when}")
    if report.unseen:
        note(f"in the model but in no event: {', '.join(map(repr, report.unseen))}")
    if report.unread:
        note(f"properties in the model that no event carries: {', '.join(map(repr, report.unread))}")
