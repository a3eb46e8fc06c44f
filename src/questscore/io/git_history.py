"""The history of a git repository as events: who committed, touched, reviewed, signed off, tested.

Lives here: what git lists, parsed, and the events it becomes. Everything stays bytes until it is a column.
Lives elsewhere: running git (git), what an event is worth (a model), what is printed (cli).
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from attrs import Factory, define, frozen
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.errors import EventError
from questscore.io.git import Boundary, Detail, Git
from questscore.model.time import LATEST, SECOND, SMALLEST_MICROSECONDS, iso

NAMES = ("commit", "touched", "reviewed", "signed_off", "tested", "acked", "reported", "co_authored")
COMMIT, TOUCHED = 0, 1
REPORTED = NAMES.index("reported")
TOP_LEVEL_FILES = b"."

_TRAILERS = {
    b"reviewed": NAMES.index("reviewed"),
    b"signed-off": NAMES.index("signed_off"),
    b"tested": NAMES.index("tested"),
    b"acked": NAMES.index("acked"),
    b"reported": REPORTED,
    b"co-authored": NAMES.index("co_authored"),
    b"co-developed": NAMES.index("co_authored"),
}
_PERSON = re.compile(rb"\s*\"?([^<>]*?)\"?\s*<\s*([^<>]*?)\s*>")
_BARE_MAIL = re.compile(rb"\s*([^\s<>@]+@[^\s<>@]+)\s*")
_TREE = b"040000"
_STEP = 2_000
_Ints = NDArray[np.int32]


@frozen(eq=False)
class GitHistory:
    """What was read.

    Args:
        events: Of the names in `NAMES`. ``user`` is "Name <mail>" as .mailmap has it, ``account`` the mail's
            domain in lower case, ``time`` the committer's: when the work landed. ``touched`` has ``area``,
            the top-level directory ("." for files beside them), ``commit`` has ``added`` and ``deleted``
            when lines were counted.
        commits: How many commits became events.
        detail: How much could be read: "lines", "areas", or "commits" alone.
        notes: What a reader of the numbers should know, a sentence each.
    """

    events: EventTable
    commits: int
    detail: Detail
    notes: tuple[str, ...]


def read_git_history(
    repo: str | os.PathLike[str] = ".",
    *,
    lines: bool = False,
    latest: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> GitHistory:
    """Events from all commits that HEAD reaches, merges left out.

    Args:
        repo: A folder inside a repository, or a bare one.
        lines: Count added and deleted lines too; several times slower.
        latest: Epoch microseconds. Commits dated later, or before 1973-03-03, are skipped and noted.
        progress: Called now and then with how many commits were read since the last call.

    Nothing is fetched: a partial clone that lacks contents gives no lines, one that lacks trees no areas.
    Changes of the commits at which a shallow clone was cut are left out: they would seem to touch everything.
    A trailer that names the author of its own commit says nothing new and is left out, `reported` apart.

    Raises:
        EventError: There is no git, no repository, no commit, or git cannot read it.
    """
    git = Git(Path(repo))
    git.check()
    boundary, partial = Boundary.of(git), git.is_partial()
    last = LATEST if latest is None else min(latest, LATEST)
    wanted: Detail = "lines" if lines else "areas"
    detail = wanted
    while True:
        try:
            columns, skipped = _walk(git, detail, boundary, last, progress)
            break
        except EventError:
            if not partial or detail == "commits":
                raise
            detail = "areas" if detail == "lines" else "commits"
    notes = []
    if skipped:
        span = f"from {_date(SMALLEST_MICROSECONDS)} to {_date(last)}"
        notes.append(f"skipped for an impossible date (not {span}): {skipped:,} commits")
    if boundary.commits:
        notes.append("a shallow clone: older commits are not here, and changes of its oldest do not count")
    if wanted != detail:
        lost = "lines and areas" if (wanted, detail) == ("lines", "commits") else wanted
        notes.append(f"a partial clone: {lost} cannot be counted without fetching, and nothing is fetched")
    return GitHistory(columns.table(git, detail == "lines"), len(columns.times), detail, tuple(notes))


def _walk(
    git: Git, detail: Detail, boundary: Boundary, latest: int, progress: Callable[[int], object] | None
) -> tuple[_Columns, int]:
    """All commits as columns, and how many were skipped for an impossible time."""
    columns, skipped, seen = _Columns(), 0, 0
    merges: list[tuple[_Commit, int]] = []
    with git.stream(detail) as stream:
        for seen, commit in enumerate(_commits(stream, detail), 1):
            if progress is not None and seen % _STEP == 0:
                progress(_STEP)
            time = commit.time()
            if not SMALLEST_MICROSECONDS <= time <= latest:
                skipped += 1
            elif commit.sha in boundary.merges:
                merges.append((commit, time))
            else:
                columns.add(commit, time, counted=commit.sha not in boundary.commits)
    if not columns.times:
        # A clone of depth 1 often holds a merge and nothing else: it is all there is to tell.
        for commit, time in merges:
            columns.add(commit, time, counted=False)
    if progress is not None:
        progress(seen % _STEP)
    return columns, skipped


def _date(us: int) -> str:
    return iso(us)[:10]


@define
class _Commit:
    """A commit as printed. ``areas`` and lines are those of its changes, as far as these were asked for."""

    sha: bytes
    when: bytes
    author: bytes
    trailers: bytes
    areas: set[bytes] = Factory(set)
    added: int = 0
    deleted: int = 0

    def time(self) -> int:
        """Epoch microseconds of the committer; -1 when it is no number."""
        try:
            return int(self.when) * SECOND
        except ValueError:
            return -1


def _tokens(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(1 << 20):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole


def _commits(stream: IO[bytes], detail: Detail) -> Iterator[_Commit]:
    """Commit after commit: four fields and an empty one, then each change in one or two fields of its own."""
    tokens = _tokens(stream)
    token = next(tokens, b"")
    while token:
        commit = _Commit(token, next(tokens, b""), next(tokens, b""), next(tokens, b""))
        next(tokens, b"")
        token = next(tokens, b"")
        if detail == "areas":
            while token.startswith((b":", b"\n:")):
                path = next(tokens, b"")
                commit.areas.add(path if _TREE in token[:16] else TOP_LEVEL_FILES)
                token = next(tokens, b"")
        elif detail == "lines":
            while b"\t" in token:
                more, fewer, path = token.lstrip(b"\n").split(b"\t", 2)
                area, nested, _ = path.partition(b"/")
                commit.areas.add(area if nested else TOP_LEVEL_FILES)
                if more != b"-":
                    commit.added += int(more)
                    commit.deleted += int(fewer)
                token = next(tokens, b"")
        yield commit


class _Codes(dict[bytes, int]):
    """Texts to consecutive numbers, given out on first sight; what decodes to the same text is one."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, int] = {}
        self.firsts: list[bytes] = []

    def __missing__(self, key: bytes) -> int:
        self[key] = code = self.texts.setdefault(key.decode(errors="replace"), len(self.texts))
        if code == len(self.firsts):
            self.firsts.append(key)
        return code

    def column(self, codes: _Ints) -> Keys:
        return Keys(codes, tuple(self.texts))


@define
class _Columns:
    """Commits as columns while they grow.

    Those whom trailers name wait as they are written, beside the number of their commit, until one question
    to git tells who all of them are.
    """

    people: _Codes = Factory(_Codes)
    areas: _Codes = Factory(_Codes)
    written: _Codes = Factory(_Codes)
    times: array[int] = Factory(lambda: array("q"))
    authors: array[int] = Factory(lambda: array("i"))
    added: array[float] = Factory(lambda: array("d"))
    deleted: array[float] = Factory(lambda: array("d"))
    touched_commits: array[int] = Factory(lambda: array("i"))
    touched_areas: array[int] = Factory(lambda: array("i"))
    trailer_commits: array[int] = Factory(lambda: array("i"))
    trailer_names: array[int] = Factory(lambda: array("i"))
    trailer_people: array[int] = Factory(lambda: array("i"))

    def add(self, commit: _Commit, time: int, counted: bool) -> None:
        """Take a commit; its changes only if they are ``counted``."""
        number = len(self.times)
        self.times.append(time)
        self.authors.append(self.people[commit.author.lstrip()])
        self.added.append(commit.added if counted else np.nan)
        self.deleted.append(commit.deleted if counted else np.nan)
        if counted:
            for area in sorted(commit.areas):
                self.touched_commits.append(number)
                self.touched_areas.append(self.areas[area])
        for line in commit.trailers.splitlines():
            key, _, value = line.partition(b":")
            if key[-3:].lower() == b"-by" and (person := _person(value)):
                for what in key[:-3].lower().split(b"-and-"):
                    if what in _TRAILERS:
                        self.trailer_commits.append(number)
                        self.trailer_names.append(_TRAILERS[what])
                        self.trailer_people.append(self.written[person])

    def table(self, git: Git, with_lines: bool) -> EventTable:
        """The events: commits, then areas, then trailers, each from the newest commit on."""
        commits, names, users = self._trailers(git)
        owners = np.concatenate([np.arange(len(self.times)), _ints(self.touched_commits), commits])
        sizes = len(self.times), len(self.touched_areas), len(commits)
        names = np.concatenate([np.repeat(_ints([COMMIT, TOUCHED]), sizes[:2]), names])
        users = np.concatenate([_ints(self.authors)[owners[: sum(sizes[:2])]], users])
        nowhere = np.full(len(owners), -1, np.int32)
        area = nowhere.copy()
        area[sizes[0] : sizes[0] + sizes[1]] = _ints(self.touched_areas)
        properties = {"area": PropertyColumn(None, self.areas.column(area))} if self.areas else {}
        if with_lines:
            for name, counts in (("added", self.added), ("deleted", self.deleted)):
                numbers = np.full(len(owners), np.nan)
                numbers[: sizes[0]] = counts
                properties[name] = PropertyColumn(numbers, None)
        domains = _Codes()
        accounts = _ints([domains[d] if (d := _domain(person)) else -1 for person in self.people.firsts])
        return EventTable(
            np.array(self.times, np.int64)[owners],
            Keys(names, NAMES),
            self.people.column(users),
            domains.column(accounts[users]),
            properties=properties,
        )

    def _trailers(self, git: Git) -> tuple[_Ints, _Ints, _Ints]:
        """Commit, event name and user of each trailer that counts."""
        known: dict[bytes, int] = {}
        for code, person in enumerate(self.people.firsts):
            known.setdefault(_key(person), code)
        mapped = git.mapped(self.written.firsts)
        for person in mapped:
            if _key(person) not in known:
                known[_key(person)] = self.people[person]
        users = _ints([known[_key(person)] for person in mapped])
        same = _ints([known[_key(person)] for person in self.people.firsts])
        rows = np.column_stack(
            [_ints(self.trailer_commits), _ints(self.trailer_names), users[_ints(self.trailer_people)]]
        )
        author = _ints(self.authors)[rows[:, 0]]
        others = rows[(same[rows[:, 2]] != same[author]) | (rows[:, 1] == REPORTED)]
        commits, names, people = np.unique(others, axis=0).T
        return commits, names, people


def _ints(values: Sequence[int]) -> _Ints:
    return np.array(values, dtype=np.int32)


def _person(value: bytes) -> bytes:
    """'Name <mail>' out of what a trailer says; empty when it holds no mail address."""
    if match := _PERSON.match(value):
        return (b"%s <%s>" % match.groups()).lstrip()
    match = _BARE_MAIL.fullmatch(value)
    return b"<%s>" % match[1] if match else b""


def _mail(person: bytes) -> bytes:
    return person[person.rfind(b"<") + 1 : -1].lower()


def _key(person: bytes) -> bytes:
    """What makes two spellings one person: the mail address, or all of it where there is none."""
    return _mail(person) or person


def _domain(person: bytes) -> bytes:
    _, at, domain = _mail(person).rpartition(b"@")
    return domain if at else b""
