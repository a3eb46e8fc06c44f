"""`questscore demo`: who carries the project whose git history this is, and why.

Lives here: one run of it: the model, the history, the scores.
Lives elsewhere: the history as events (git_history), what is printed (contributors).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Literal

import attrs

from questscore import load_model, score
from questscore.cli.console import note, working
from questscore.cli.contributors import Report
from questscore.errors import EventError, QuestscoreError
from questscore.io.git_history import GitHistory, read_git_history
from questscore.model.time import DAY

SHIPPED = Path(str(files(__package__))) / "contributors.toml"


def copy_model(target: Path) -> None:
    """Write the shipped model to a new file."""
    try:
        with target.open("xb") as file:
            file.write(SHIPPED.read_bytes())
    except FileExistsError:
        raise QuestscoreError(f"{target}: there is such a file already; name another one") from None
    note(f"wrote {target}; change what you like, then: questscore demo --model {target}")


def run_demo(
    repo: Path, at: int | None, lines: bool, model: Path | None, by: Literal["user", "account"] | None
) -> None:
    """Read, score, print.

    Args:
        repo: A folder in the repository.
        at: Epoch microseconds; None: the last commit.
        lines: Count lines too.
        model: A model file instead of the shipped one.
        by: Whom to score, if not those whom the model says.
    """
    used = load_model(SHIPPED if model is None else model)
    if by is not None:
        used = attrs.evolve(used, subject=by)
    with working(f"reading the history of {repo}") as now:
        history = _read(repo, at, lines, now)
        when = int(history.events.time.max()) if at is None else at
        now("scoring")
        report = Report(repo, history, used, score(used, history.events, when), when)
    report.show()


def _read(repo: Path, at: int | None, lines: bool, now: Callable[[str], None]) -> GitHistory:
    seen = 0

    def progress(more: int) -> None:
        nonlocal seen
        seen += more
        now(f"reading the history of {repo}: {seen:,} commits")

    tomorrow = time.time_ns() // 1000 + DAY
    history = read_git_history(repo, lines=lines, latest=max(tomorrow, at or 0), progress=progress)
    if not len(history.events):
        notes = "; ".join(("nothing to score", *history.notes))
        raise EventError(notes, where=str(repo), fix="name another repository")
    return history
