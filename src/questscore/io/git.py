"""Git, asked read-only and offline, and deaf to what a repository configures.

Lives here: how git is started, the two commands that list a history, and why git may refuse.
Lives elsewhere: what the listing means (git_history).

A history is `git rev-list` feeding `git diff-tree`, which without ``-r`` compares only the top-level trees.
That is all that areas need, and costs half of what ``git log --name-only`` does.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from attrs import define, frozen

from questscore.errors import EventError

Detail = Literal["lines", "areas", "commits"]

_FORMAT = "--format=%H%x00%ct%x00%aN <%aE>%x00%(trailers:only,unfold)%x00"
_DIFFS: dict[Detail, tuple[str, ...]] = {"areas": ("--raw",), "lines": ("--numstat",)}
# What a repository configures must neither change the output nor start a program.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.external=", "-c",
         "diff.relative=false", "-c", "log.showSignature=false", "-c", "protocol.allow=never")  # fmt: skip
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF", "LANGUAGE")  # fmt: skip
_OFFLINE = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_DIFF_TREE = ("diff-tree", "--stdin", "--root", "--always", "-z", "--no-renames", "--no-ext-diff",
              "--no-textconv", "--encoding=UTF-8", _FORMAT)  # fmt: skip


@define
class Git:
    """A repository, by a folder in it."""

    repo: Path
    settings: tuple[str, ...] = _SAFE

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-C", str(self.repo), "--no-pager", *self.settings, *arguments]

    def _environment(self) -> dict[str, str]:
        return {k: v for k, v in os.environ.items() if k not in _FOREIGN} | _OFFLINE

    def run(self, *arguments: str, feed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """One short command to its end, whatever that is."""
        try:
            return subprocess.run(  # noqa: S603
                self._command(*arguments),
                input=feed,
                capture_output=True,
                env=self._environment(),
                check=False,
            )
        except OSError as error:
            raise _no_git(error) from None

    def ask(self, *arguments: str) -> str:
        """What a short question prints; raises when git refuses."""
        done = self.run(*arguments)
        if done.returncode:
            raise _refused(self.repo, done.stderr)
        return done.stdout.decode(errors="replace").strip("\n")

    def check(self) -> None:
        """Raises unless there is a commit to start from."""
        if not self.repo.is_dir():
            fix = "name the folder of a git repository"
            raise EventError("there is no such folder", where=str(self.repo), fix=fix)
        self.ask("rev-parse", "--git-dir")
        if self.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode:
            raise EventError(
                "this repository has no commit yet on the branch it stands on",
                where=str(self.repo),
                fix="commit something first, or check out a branch that has commits",
            )

    def is_partial(self) -> bool:
        """Whether objects may be missing because the clone left them where it came from.

        Git gives up when the .mailmap of a bare clone is among these; then it is told to look nowhere.
        """
        pattern = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
        partial = bool(self.run("config", "--get-regexp", pattern).stdout)
        if partial and self.run("cat-file", "-e", "HEAD:.mailmap").returncode:
            self.settings = (*_SAFE, "-c", "mailmap.blob=")
        return partial

    def mapped(self, people: list[bytes]) -> list[bytes]:
        """The same people as .mailmap has them."""
        if not people:
            return []
        answer = self.run("check-mailmap", "--stdin", feed=b"".join(b"%s\n" % person for person in people))
        found = answer.stdout.splitlines()
        return found if len(found) == len(people) and not answer.returncode else people

    @contextmanager
    def stream(self, detail: Detail) -> Iterator[IO[bytes]]:
        """The commits from HEAD as git prints them; raises at the end if git failed on the way."""
        with tempfile.TemporaryFile() as complaints:
            processes: list[subprocess.Popen[bytes]] = []

            def start(*arguments: str, stdin: IO[bytes] | int = subprocess.DEVNULL) -> IO[bytes]:
                try:
                    process = subprocess.Popen(  # noqa: S603
                        self._command(*arguments),
                        stdin=stdin,
                        stdout=subprocess.PIPE,
                        stderr=complaints,
                        env=self._environment(),
                    )
                except OSError as error:
                    raise _no_git(error) from None
                processes.append(process)
                assert process.stdout is not None  # noqa: S101
                return process.stdout

            try:
                if detail == "commits":
                    output = start("log", "--no-merges", "-z", _FORMAT, "--encoding=UTF-8", "HEAD", "--")
                else:
                    commits = start("rev-list", "--no-merges", "HEAD", "--")
                    output = start(*_DIFF_TREE, *_DIFFS[detail], stdin=commits)
                    commits.close()
                yield output
                failed = any(process.wait() for process in reversed(processes))
            finally:
                for process in processes:
                    process.kill()
                    process.wait()
                    if process.stdout is not None:
                        process.stdout.close()
            if failed:
                complaints.seek(0)
                raise _refused(self.repo, complaints.read())


def _no_git(error: OSError) -> EventError:
    return EventError(f"git cannot be started: {error}", fix="install git and see that it is on the PATH")


def _refused(repo: Path, stderr: bytes) -> EventError:
    said = stderr.decode(errors="replace").strip()
    if "not a git repository" in said:
        return EventError(
            "this is not a git repository",
            where=str(repo),
            fix="stand in one, or name its folder (the demo takes --repo DIR)",
        )
    reasons = [line for line in said.splitlines() if line.strip()] or ["no reason given"]
    return EventError(f"git cannot read this repository: {'; '.join(reasons[:3])}", where=str(repo))


@frozen
class Boundary:
    """The commits at which a shallow clone was cut, and which of them are merges."""

    commits: frozenset[bytes] = frozenset()
    merges: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, git: Git) -> Boundary:
        """Where this repository was cut; empty when it was not."""
        if git.ask("rev-parse", "--is-shallow-repository") != "true":
            return cls()
        listed = (git.repo / git.ask("rev-parse", "--git-path", "shallow")).read_bytes()
        objects = git.run("cat-file", "--batch", feed=listed).stdout
        merges, start = set(), 0
        while (end := objects.find(b"\n", start)) >= 0:
            sha, _, size = objects[start:end].partition(b" commit ")
            start = end + 1
            if size:
                header = objects[start : start + int(size)].partition(b"\n\n")[0]
                start += int(size) + 1
                if header.count(b"\nparent ") > 1:
                    merges.add(sha)
        return cls(frozenset(listed.split()), frozenset(merges))
