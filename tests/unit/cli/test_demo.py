"""The report on a git history, from a repository in which everyone plays a part."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from questscore.cli import main
from questscore.cli.console import count
from questscore.cli.contributors import ago

START, DAYS, DAY = 1_600_000_000, 730, 86_400

CORA = "Cora <cora@one.example>"
REGGIE = "Reggie <reggie@two.example>"
SLIM = "Slim <slim@two.example>"
GONZO = "Gonzo <gonzo@three.example>"
OTTO = "[red]Otto <otto@three.example>"
BOT = "dependabot[bot] <bot@users.noreply.example>"


def story() -> Iterator[tuple[int, str, str, str]]:
    """Day, author, area and message of each commit."""
    for day in range(DAYS):
        if day % 2 == 0:
            review = f"\n\nReviewed-by: {REGGIE}\n" if day % 28 == 0 else ""
            yield day, CORA, ("src", "docs", "tests")[day % 3], f"work{review}"
        if day % 14 == 0:
            yield day, REGGIE, "docs", f"words\n\nTested-by: {CORA}\n"
        if day % 7 == 0 and day < DAYS - 100:
            yield day, SLIM, "src", "weekly"
        if day % 5 == 0 and day < 100:
            yield day, GONZO, "src", "early"
        if day % 30 == 0:
            yield day, BOT, "src", "bump"
        if day == DAYS - 20:
            yield day, OTTO, "docs", "typo"
    yield DAYS, CORA, "src", "last"


def build(folder: Path, commits: Iterator[tuple[int, str, str, str]]) -> Path:
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    stream = []
    for number, (day, author, area, message) in enumerate(commits):
        when = START + day * DAY
        stream.append(
            f"commit refs/heads/main\nauthor {author} {when} +0000\ncommitter {author} {when} +0000\n"
        )
        stream.append(f"data {len(message)}\n{message}\n")
        stream.append(f"M 100644 inline {area}/file\ndata {len(str(number))}\n{number}\n\n")
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True, env=quiet)
    run = ["git", "-C", str(folder), "fast-import", "--quiet"]
    subprocess.run(run, input="".join(stream).encode(), check=True, env=quiet)
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("demo") / "project", story())


def sections(text: str) -> dict[str, list[str]]:
    """The report's paragraphs by the first word of their headings."""
    return {part.split()[0].rstrip(":"): part.splitlines() for part in text.split("\n\n")}


def report(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    code = main(["demo", *options])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    return out


def test_everyone_stands_where_their_part_puts_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = report(capsys, "--repo", str(project))
    part = sections(text)
    for level, who in (
        ("core", "Cora"),
        ("regular", "Reggie"),
        ("occasional", "[red]Otto"),
        ("slipping", "Slim"),
        ("gone", "Gonzo"),
        ("bot", "dependabot[bot]"),
    ):
        assert part[level][0].startswith(f"{level}: 1 (")
        assert part[level][2].split()[0] == who, text
    assert list(part) == ["project", "core", "regular", "occasional", "slipping", "gone", "bot", "Why", "Not"]
    assert part["project"] == [
        "project: 555 commits by 6 contributors, 2020-09-13 to 2022-09-13",
        "Scored as at 2022-09-13T12:26:40Z by the model 'contributors', version 1.",
        "Work: commits, and the reviews, tests, sign-offs and reports that commits of others name.",
    ]
    assert "today" in part["core"][2] and "years ago" in part["gone"][2]


def test_reasons_are_given_for_the_top_and_for_the_slipping(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = report(capsys, "--repo", str(project))
    top, slipping = re.findall(r"^Why .*?(?=\n\n)", text, re.DOTALL | re.MULTILINE)
    assert f"  {CORA}: " in top and "commits" in top and "lost to ageing" in top
    assert top.count(", core\n") == 1
    assert f"  {SLIM}: " in slipping
    assert "work_year_before >= 12 and pace < 0.25: pace is 0, work_year_before is " in slipping


def test_at_takes_the_story_back(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = sections(report(capsys, "--repo", str(project), "--at", "2020-12-20T00:00:00Z"))
    assert part["gone"][0].startswith("gone: 0")
    assert "Gonzo" in "".join(part["regular"] + part["core"])
    assert main(["demo", "--repo", str(project), "--at", "2019-01-01T00:00:00Z"]) == 1
    assert "no commit at or before 2019-01-01T00:00:00Z" in capsys.readouterr().err


def test_by_account_scores_the_domains_of_mails(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = sections(report(capsys, "--repo", str(project), "--by", "account"))
    assert part["project"][0].endswith("by 4 mail domains, 2020-09-13 to 2022-09-13")
    assert part["core"][2].split()[0] in {"one.example", "two.example"}


def test_lines_count_when_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "size of commits" not in report(capsys, "--repo", str(project))
    assert "size of commits" in report(capsys, "--repo", str(project), "--lines")


def test_the_model_can_be_copied_changed_and_used(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--copy-model", "mine.toml"]) == 0
    assert "questscore demo --model mine.toml" in capsys.readouterr().err
    assert main(["check", "mine.toml"]) == 0
    assert main(["demo", "--copy-model", "mine.toml"]) == 1
    assert "mine.toml: there is such a file already" in capsys.readouterr().err
    mine = tmp_path / "mine.toml"
    mine.write_text(mine.read_text().replace('name = "core"\n', 'name = "pillars"\n'))
    assert (
        sections(report(capsys, "--repo", str(project), "--model", "mine.toml"))["pillars"][2].split()[0]
        == "Cora"
    )
    mine.write_text(
        'name = "bare"\nsubject = "user"\n[[rules]]\nname = "commits"\non = "commit"\npoints = 1\n'
    )
    assert "Cora" in report(capsys, "--repo", str(project), "--model", "mine.toml")


def test_the_repository_it_stands_in_is_read(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert report(capsys) == report(capsys, "--repo", str(project))


def test_one_commit_is_a_report_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = build(tmp_path / "one", iter([(0, CORA, "src", "first")]))
    text = report(capsys, "--repo", str(one))
    assert "one: 1 commit by 1 contributor," in text
    assert "one commit says who began, not yet who stays" in text
    assert "Cora" in sections(text)["occasional"][2]


def test_what_cannot_be_read_ends_with_1_and_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert main(["demo", "--repo", str(tmp_path)]) == 1
    assert "this is not a git repository" in capsys.readouterr().err
    empty = build(tmp_path / "empty", iter([]))
    assert main(["demo", "--repo", str(empty)]) == 1
    assert "no commit yet" in capsys.readouterr().err
    future = build(tmp_path / "future", iter([(100_000, CORA, "src", "from tomorrow")]))
    assert main(["demo", "--repo", str(future)]) == 1
    assert "nothing to score; skipped for an impossible date" in capsys.readouterr().err


def test_words() -> None:
    assert [ago(days * DAY * 10**6) for days in (0, 1, 364, 730)] == [
        "today", "1 day ago", "364 days ago", "2.0 years ago"
    ]  # fmt: skip
    assert [count(n, "line") for n in (0, 1, 2_000)] == ["0 lines", "1 line", "2,000 lines"]


def test_points_of_those_with_very_many_events_are_not_broken_down(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = report(capsys, "--repo", str(project))
    monkeypatch.setattr("questscore.cli.contributors.BUDGET", 0)
    brief = report(capsys, "--repo", str(project))
    assert "lost to ageing" in whole and "lost to ageing" not in brief
    assert re.sub(r"(?m)^( +[+-][\d.,]+  [^:\n]+): .*$", r"\1", whole) == brief


def test_on_a_terminal_no_name_does_more_than_show(tmp_path: Path) -> None:
    hostile = build(
        tmp_path / "hostile", iter([(0, "[blink]\x1b]0;title\x07Eve <eve@x.example>", "src", "first")])
    )
    ours, theirs = pty.openpty()
    run = [sys.executable, "-m", "questscore.cli", "demo", "--repo", str(hostile)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(run, stdout=theirs, stderr=subprocess.PIPE, check=False, env=environment)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0, done.stderr.decode()
    assert "[blink]]0;titleEve <eve@x.example>" in shown
    assert "\x1b]0" not in shown and "\x07" not in shown
    assert "\x1b[1mhostile: 1 commit by 1 contributor" in shown
