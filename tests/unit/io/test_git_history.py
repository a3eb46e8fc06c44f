"""Histories of small repositories as events; git itself makes them, under no one's configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from questscore.errors import EventError
from questscore.io.git_history import read_git_history

DAY = 86_400
NOON = 1_700_000_000
ANN, BEA, CEM = "Ann Arbor <ann@one.example>", "Bea <bea@Two.Example>", "Cem <cem@three.example>"


class Repository:
    """A repository in a folder, and what a test does to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def git(self, *arguments: str, feed: bytes = b"", **environment: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            input=feed,
            capture_output=True,
            check=True,
            env=self.environment | environment,
        )
        return done.stdout.decode(errors="replace").strip()

    def commit(
        self,
        author: str = ANN,
        when: int = NOON,
        message: str = "work",
        committed: int | None = None,
        mailmap: str | None = None,
        **files: str,
    ) -> str:
        """One commit; ``src__a="text"`` writes src/a."""
        for path, text in (files if mailmap is None else {**files, ".mailmap": mailmap}).items():
            target = self.folder / path.replace("__", "/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        name, _, mail = author.rstrip(">").partition(" <")
        self.git("add", "--all")
        self.git(
            "commit",
            "--allow-empty",
            f"--message={message}",
            GIT_AUTHOR_NAME=name,
            GIT_AUTHOR_EMAIL=mail,
            GIT_AUTHOR_DATE=f"{when} +0000",
            GIT_COMMITTER_NAME="Committer",
            GIT_COMMITTER_EMAIL="committer@else.example",
            GIT_COMMITTER_DATE=f"{when if committed is None else committed} +0000",
        )
        return self.git("rev-parse", "HEAD")

    def raw_commit(self, header: bytes) -> None:
        """A commit that git itself would not write; HEAD moves to it."""
        tree, parent = self.git("rev-parse", "HEAD^{tree}").encode(), self.git("rev-parse", "HEAD").encode()
        content = b"tree %s\nparent %s\n%s\n\nodd\n" % (tree, parent, header)
        sha = self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", feed=content)
        self.git("update-ref", "HEAD", sha)

    def clone(self, *options: str) -> Repository:
        copy = Repository(self.folder.with_name(f"{self.folder.name}-copy"))
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("clone", "--quiet", *options, self.folder.as_uri(), str(copy.folder))
        return copy


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    repository = Repository(tmp_path / "repo")
    repository.folder.mkdir()
    repository.git("init", "--quiet", "--initial-branch=main")
    return repository


def told(repository: Repository, lines: bool = False) -> list[str]:
    """The events as "name user property=value ...", sorted."""
    found = []
    for event in read_git_history(repository.folder, lines=lines).events:
        properties = (
            f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in event.properties.items()
        )
        found.append(" ".join([event.name, str(event.user), *sorted(properties)]))
    return sorted(found)


def test_a_commit_is_one_event_and_each_top_level_folder_it_touched_another(repo: Repository) -> None:
    repo.commit(ANN, src__a__deep="1", src__b="2", docs__c="3", README="4")
    assert told(repo) == [
        f"commit {ANN}",
        f"touched {ANN} area=.",
        f"touched {ANN} area=docs",
        f"touched {ANN} area=src",
    ]


def test_a_deleted_folder_is_touched_too_and_an_empty_commit_touches_nothing(repo: Repository) -> None:
    repo.commit(BEA, src__a="1", docs__b="2")
    shutil.rmtree(repo.folder / "docs")
    repo.commit(ANN)
    repo.commit(CEM)
    assert [line for line in told(repo) if BEA not in line] == [
        f"commit {ANN}",
        f"commit {CEM}",
        f"touched {ANN} area=docs",
    ]


def test_time_is_when_the_work_landed_and_the_account_is_the_domain_of_the_mail(repo: Repository) -> None:
    repo.commit(BEA, when=NOON - DAY, committed=NOON)
    (event,) = read_git_history(repo.folder).events
    assert (event.time, event.user, event.account) == (NOON * 1_000_000, BEA, "two.example")


def test_lines_are_counted_on_request_and_binary_files_have_none(repo: Repository) -> None:
    repo.commit(ANN, src__a="1\n2\n3\n")
    (repo.folder / "image").write_bytes(b"\0\1\2")
    repo.commit(ANN, src__a="1\n2\nthree\nfour\n")
    assert told(repo, lines=True)[:2] == [
        f"commit {ANN} added=2 deleted=1",
        f"commit {ANN} added=3 deleted=0",
    ]
    assert told(repo, lines=True)[2:] == told(repo)[2:]


def test_trailers_credit_the_people_they_name(repo: Repository) -> None:
    trailers = f"""fix

A word on why.

Reviewed-by: {BEA}
tested-BY: {CEM} # on two machines
Acked-by: bea@Two.Example
Reported-and-tested-by: Dee <dee@four.example>
Co-authored-by: "Eve" <eve@five.example>
Co-developed-by: Fay <fay@six.example>
Signed-off-by: {CEM}
Fixes: 1234
Reviewed-by: somebody without a mail
"""
    repo.commit(ANN, message=trailers)
    assert told(repo) == [
        "acked Bea <bea@Two.Example>",
        "co_authored Eve <eve@five.example>",
        "co_authored Fay <fay@six.example>",
        f"commit {ANN}",
        "reported Dee <dee@four.example>",
        f"reviewed {BEA}",
        f"signed_off {CEM}",
        "tested Cem <cem@three.example>",
        "tested Dee <dee@four.example>",
    ]


def test_what_people_say_of_their_own_commit_counts_only_as_a_report(repo: Repository) -> None:
    own = "".join(
        f"{key}-by: Ann <ANN@one.example>\n" for key in ("Signed-off", "Reviewed", "Tested", "Reported")
    )
    repo.commit(ANN, message=f"fix\n\n{own}")
    assert told(repo) == [f"commit {ANN}", f"reported {ANN}"]


def test_a_person_named_twice_for_one_thing_counts_once(repo: Repository) -> None:
    repo.commit(ANN, message=f"fix\n\nReviewed-by: {BEA}\nReviewed-by: Beatrice <bea@two.example>\n")
    assert told(repo) == [f"commit {ANN}", f"reviewed {BEA}"]


def test_mailmap_joins_the_addresses_of_authors_and_of_trailers(repo: Repository) -> None:
    mailmap = f"{ANN} <old@home.example>\n{BEA} <b@old.example>\n"
    repo.commit("A. <old@home.example>", message="one\n\nReviewed-by: B. <b@old.example>", mailmap=mailmap)
    repo.commit(ANN, message="two\n\nSigned-off-by: A. <old@home.example>\n")
    assert Counter(told(repo)) == Counter(
        {f"commit {ANN}": 2, f"touched {ANN} area=.": 1, f"reviewed {BEA}": 1}
    )
    bare = repo.clone("--bare")
    assert told(bare) == told(repo)


def test_merges_are_left_out(repo: Repository) -> None:
    repo.commit(ANN, src__a="1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit(BEA, docs__b="1")
    repo.git("checkout", "--quiet", "main")
    repo.commit(ANN, src__a="2")
    repo.git(
        "-c", "user.name=M", "-c", "user.email=m@x.example", "merge", "--quiet", "--no-ff", "-m", "m", "side"
    )
    history = read_git_history(repo.folder)
    assert history.commits == 3
    assert {event.user for event in history.events} == {ANN, BEA}


@pytest.mark.parametrize(
    "second", [-62_135_596_800, 0, 90_000_000, 99_999_999_999, "99999999999999999999", "never"]
)
def test_impossible_dates_are_skipped_and_said_so(repo: Repository, second: object) -> None:
    repo.commit(ANN)
    who = b"Odd <odd@x.example> %s +0000" % str(second).encode()
    repo.raw_commit(b"author %s\ncommitter %s" % (who, who))
    history = read_git_history(repo.folder, latest=(NOON + DAY) * 1_000_000)
    assert [event.user for event in history.events] == [ANN]
    assert history.notes == ("skipped for an impossible date (not from 1973-03-03 to 2023-11-15): 1 commits",)


def test_names_that_are_no_utf8_or_hold_odd_characters_are_read(repo: Repository) -> None:
    repo.commit(ANN)
    for name in (b"J\xf6rg", b"\x1b[31mRed", b"[bold]Tag", b""):
        who = b"%s <x@y.example> %d +0000" % (name, NOON)
        repo.raw_commit(b"author %s\ncommitter %s" % (who, who))
    assert {event.user for event in read_git_history(repo.folder).events} == {
        ANN,
        "J�rg <x@y.example>",
        "\x1b[31mRed <x@y.example>",
        "[bold]Tag <x@y.example>",
        "<x@y.example>",
    }


def test_paths_may_hold_anything(repo: Repository) -> None:
    for area in ("-", ":100644 odd", "new\nline", "tab\tbed", "ünï"):
        (repo.folder / area).mkdir()
        (repo.folder / area / "file").write_text("x\n")
    repo.commit(ANN)
    areas = {":100644 odd", "-", "new\nline", "tab\tbed", "ünï"}
    for lines in (False, True):
        events = read_git_history(repo.folder, lines=lines).events
        assert {event.properties["area"] for event in events if event.name == "touched"} == areas


def test_a_mail_without_a_domain_gives_no_account(repo: Repository) -> None:
    repo.commit("Root <root>")
    (event,) = read_git_history(repo.folder).events
    assert (event.user, event.account) == ("Root <root>", None)


def test_the_edge_of_a_shallow_clone_seems_to_touch_nothing(repo: Repository) -> None:
    repo.commit(ANN, src__a="1", docs__b="1", tests__c="1")
    repo.commit(BEA, src__a="2")
    repo.commit(CEM, docs__b="2")
    shallow = repo.clone("--depth=2")
    expected = [f"commit {BEA}", f"commit {CEM}", f"touched {CEM} area=docs"]
    assert told(shallow) == expected
    assert read_git_history(shallow.folder).notes == (
        "a shallow clone: older commits are not here, and changes of its oldest do not count",
    )
    assert f"commit {BEA}" in told(shallow, lines=True), "no lines for what seems to add everything"


def test_a_merge_at_the_edge_of_a_shallow_clone_is_a_merge_still(repo: Repository) -> None:
    repo.commit(ANN, src__a="1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit(BEA, docs__b="1")
    repo.git("checkout", "--quiet", "main")
    repo.git(
        "-c", "user.name=M", "-c", "user.email=m@x.example", "merge", "--quiet", "--no-ff", "-m", "m", "side"
    )
    repo.commit(ANN, when=NOON + 1, src__a="2")
    assert told(repo.clone("--depth=2")) == [f"commit {ANN}", f"touched {ANN} area=src"]


def test_a_shallow_clone_of_nothing_but_a_merge_tells_of_that(repo: Repository) -> None:
    repo.commit(ANN, src__a="1")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit(BEA, docs__b="1")
    repo.git("checkout", "--quiet", "main")
    merge = (
        "-c",
        "user.name=M",
        "-c",
        "user.email=m@x.example",
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "m",
        "side",
    )
    repo.git(*merge)
    assert told(repo.clone("--depth=1")) == ["commit M <m@x.example>"]


@pytest.mark.parametrize(
    ("filtered", "lines", "detail", "lost"),
    [
        ("blob:none", False, "areas", None),
        ("blob:none", True, "areas", "lines"),
        ("tree:0", False, "commits", "areas"),
        ("tree:0", True, "commits", "lines and areas"),
    ],
)
@pytest.mark.parametrize("kind", ["--bare", "--no-checkout"])
def test_a_partial_clone_gives_what_it_has_and_fetches_nothing(
    repo: Repository, filtered: str, lines: bool, detail: str, lost: str | None, kind: str
) -> None:
    repo.commit(ANN, src__a="1", mailmap=f"{ANN} <x@y.example>\n")
    repo.commit(BEA, message=f"two\n\nReviewed-by: {ANN}", docs__b="1")
    partial = repo.clone(f"--filter={filtered}", kind)
    objects = partial.git("count-objects", "-v")
    for origin in (repo.folder, repo.folder.with_name("away")):
        history = read_git_history(partial.folder, lines=lines)
        assert history.detail == detail
        assert Counter(e.name for e in history.events) == Counter(
            commit=2, reviewed=1, **({} if detail == "commits" else {"touched": 3})
        )
        said = f"a partial clone: {lost} cannot be counted without fetching, and nothing is fetched"
        assert history.notes == ((said,) if lost else ())
        if origin.exists():
            origin.rename(repo.folder.with_name("away"))
    assert partial.git("count-objects", "-v") == objects


def test_nothing_that_the_repository_configures_is_run_or_changes_what_is_read(
    repo: Repository, tmp_path: Path
) -> None:
    repo.commit(ANN, src__a="1\n", docs__b="1\n")
    repo.commit(BEA, src__a="2\n", src__c="1\n2\n")
    quiet = told(repo, lines=True)
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (repo.folder / ".gitattributes").write_text("* diff=trap\n")
    for key in ("core.fsmonitor", "core.pager", "diff.external", "diff.trap.command", "diff.trap.textconv",
                "gpg.program", "core.sshCommand", "pager.log", "core.editor"):  # fmt: skip
        repo.git("config", key, str(trap))
    for key, value in {
        "log.showSignature": "true",
        "log.showRoot": "false",
        "diff.relative": "true",
        "diff.noprefix": "true",
        "diff.renames": "copies",
        "color.ui": "always",
        "i18n.logOutputEncoding": "ISO-8859-1",
        "log.date": "relative",
        "format.pretty": "oneline",
        "log.decorate": "full",
    }.items():
        repo.git("config", key, value)
    assert told(repo, lines=True) == quiet
    assert read_git_history(repo.folder / "src").commits == 2
    assert not (tmp_path / "sprung").exists()


def test_variables_of_an_outer_git_do_not_lead_astray(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(ANN)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert told(repo) == [f"commit {ANN}"]


def test_progress_tells_how_many_commits_were_read(repo: Repository) -> None:
    for _ in range(3):
        repo.commit(ANN)
    seen: list[int] = []
    read_git_history(repo.folder, progress=seen.append)
    assert sum(seen) == 3


def test_what_cannot_be_read_is_said_with_what_to_do(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(EventError, match=r"plain: this is not a git repository\n  fix: stand in one"):
        read_git_history(plain)
    with pytest.raises(EventError, match="there is no such folder"):
        read_git_history(tmp_path / "nowhere")
    with pytest.raises(
        EventError, match=r"no commit yet on the branch it stands on\n  fix: commit something"
    ):
        read_git_history(repo.folder)
    repo.commit(ANN, src__a="1")
    tree = repo.git("rev-parse", "HEAD^{tree}")
    (repo.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(EventError, match="git cannot read this repository: "):
        read_git_history(repo.folder)
    monkeypatch.setenv("PATH", str(plain))
    with pytest.raises(EventError, match=r"git cannot be started: .*\n  fix: install git"):
        read_git_history(repo.folder)
