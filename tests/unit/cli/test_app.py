"""The commands: what they print where, and their exit codes."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from questscore import templates
from questscore.cli import main

MODEL = """
name = "small"
subject = "user"
below = "new"

[[signals]]
name = "logins"
kind = "count"
on = "login"

[[rules]]
name = "logs in"
on = "login"
points = 10

[[rules]]
name = "pays"
on = "paid"
points = "amount"

[[levels]]
name = "keen"
at_least = 20
"""
EVENTS = """\
name,time,user,amount
login,2026-03-01T09:00:00Z,ann,
login,2026-03-02T09:00:00Z,ann,
paid,2026-03-02T10:00:00Z,bob,2.5
login,2026-03-03T09:00:00Z,bob,
login,2026-03-04T09:00:00Z,cem,
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model.toml").write_text(MODEL)
    (tmp_path / "events.csv").write_text(EVENTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


SCORE = ["score", "events.csv", "--model", "model.toml"]


def test_score_in_a_pipe_is_csv_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SCORE) == 0
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(r["subject"], float(r["score"]), r["level"]) for r in rows] == [
        ("ann", 20.0, "keen"),
        ("bob", 12.5, "new"),
        ("cem", 10.0, "new"),
    ]
    assert float(rows[1]["points.pays"]) == 2.5
    assert float(rows[1]["signals.logins"]) == 1
    assert err == "3 users from 5 events, as at 2026-03-04T09:00:00Z\n"


def test_at_top_and_filter_choose(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def subjects(*options: str) -> list[str]:
        assert main([*SCORE, *options]) == 0
        return [line.split(",")[0] for line in capsys.readouterr().out.splitlines()[1:]]

    assert subjects("--at", "2026-03-02T23:00:00+01:00") == ["ann", "bob"]
    assert subjects("--at", "1772359200000000") == ["ann"]
    assert subjects("--top", "2") == ["ann", "bob"]
    assert subjects("--filter", "score < 20 and logins == 1") == ["bob", "cem"]


def test_times_of_other_kinds_are_read_when_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seconds.csv").write_text("name,time,user\nlogin,1772355600,ann\n")
    (folder / "local.csv").write_text("name,time,user\nlogin,2026-03-01 10:00:00,ann\n")
    for options in (["seconds.csv", "--unit", "s"], ["local.csv", "--timezone", "Europe/Paris"]):
        assert main(["score", *options, "--model", "model.toml"]) == 0
        assert "1 user from 1 event, as at 2026-03-01T09:00:00Z" in capsys.readouterr().err
    assert main(["score", "seconds.csv", "--model", "model.toml"]) == 1
    assert "seconds.csv: no row of this file can be used\n  fix: " in capsys.readouterr().err


def test_a_log_without_events_has_no_scores(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.csv").write_text("name,time,user,amount\n")
    assert main(SCORE) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert err.startswith("0 users from 0 events\n")


def test_columns_of_other_names_are_mapped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    renamed = EVENTS.replace("name,time,user", "what,when,customer", 1)
    (folder / "renamed.csv").write_text(renamed)
    assert main(SCORE) == 0
    expected = capsys.readouterr().out
    columns = ["--columns", "name=what, time=when,user=customer"]
    assert main(["score", "renamed.csv", "--model", "model.toml", *columns]) == 0
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_out_writes_the_kind_of_file_that_its_name_says(
    folder: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    assert main([*SCORE, "--out", f"scores.{suffix}", "--top", "2"]) == 0
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[-1]) == ("", f"wrote 2 scores to scores.{suffix}")
    target = folder / f"scores.{suffix}"
    if suffix == "csv":
        found = [
            (row["subject"], float(row["score"])) for row in csv.DictReader(target.read_text().splitlines())
        ]
    elif suffix == "jsonl":
        found = [(row["subject"], row["score"]) for row in map(json.loads, target.read_text().splitlines())]
    else:
        parquet = importlib.import_module("pyarrow.parquet")
        found = [(row["subject"], row["score"]) for row in parquet.read_table(target).to_pylist()]
    assert found == [("ann", 20.0), ("bob", 12.5)]


def test_explain_prints_the_tree(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "bob", "events.csv", "--model", "model.toml"]) == 0
    out = capsys.readouterr().out
    for word in ("12.50", "pays", "2.50", "logs in", "10.00"):
        assert word in out


def test_rejected_rows_are_counted_and_the_first_few_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "".join(f"login,yesterday\x1b[31m,dan{n},\n" for n in range(7))
    (folder / "events.csv").write_text(EVENTS + bad)
    assert main(SCORE) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 4
    assert err.startswith("7 rows rejected, 5 kept:\n  line 7: time: ")
    assert "\x1b" not in err
    assert "  ... and 2 more\n" in err


def test_check_says_ok_or_all_that_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model.toml"]) == 0
    assert capsys.readouterr().out == (
        "ok: small, version 1, scores each user: 1 signal, 2 rules, levels: new, keen\n"
    )
    broken = MODEL.replace("points = 10", "ponts = 10").replace("at_least = 20", 'at_least = "20"')
    (folder / "model.toml").write_text(broken)
    assert main(["check", "model.toml"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "model.toml: rules[0]" in err
    assert "model.toml: levels[0].at_least" in err


def test_schema_is_json_on_stdout_or_in_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert main(["schema", "--out", "schema.json"]) == 0
    assert json.loads((folder / "schema.json").read_text()) == printed
    assert printed["$schema"].startswith("https://json-schema.org/")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scor"], "scor"),
        (["score", "events.csv"], "--model"),
        ([*SCORE, "--nope"], "--nope"),
        ([*SCORE, "--top", "few"], "few"),
        ([*SCORE, "--top", "0"], "--top 0: must be at least 1"),
        ([*SCORE, "--at", "yesterday"], "--at: 'yesterday' is not an ISO 8601 time"),
        ([*SCORE, "--at", "2026-03-01T00:00:00"], "has no offset"),
        ([*SCORE, "--at", "17"], "too small for epoch microseconds"),
        ([*SCORE, "--columns", "user"], "--columns user: write field=column"),
        ([*SCORE, "--out", "scores.xlsx"], "must end in one of .csv, .jsonl, .parquet"),
        (["demo", "--by", "team"], "team"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "--help" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "nowhere.csv", "--model", "model.toml"], "nowhere.csv"),
        (["score", "events.csv", "--model", "nowhere.toml"], "nowhere.toml"),
        (["score", "model.toml", "--model", "model.toml"], "model.toml"),
        ([*SCORE, "--filter", "scor > 1"], "score"),
        ([*SCORE, "--columns", "usr=user"], "usr"),
        ([*SCORE, "--out", "no/such/folder.csv"], "no/such/folder.csv"),
        (["explain", "zoe", "events.csv", "--model", "model.toml"], "zoe"),
        (["check", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_input_that_cannot_be_used_ends_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "questscore.cli", *arguments]


def test_a_reader_who_has_seen_enough_is_no_error(folder: Path) -> None:
    many = "".join(f"login,2026-03-01T09:00:00Z,user{n},\n" for n in range(20_000))
    (folder / "events.csv").write_text(EVENTS + many)
    with subprocess.Popen(command(*SCORE), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read().decode()
    assert process.returncode == 0


def on_a_terminal(*arguments: str, width: int = 100) -> str:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": f"{width}"}
    done = subprocess.run(
        command(*arguments), stdout=theirs, stderr=subprocess.PIPE, check=False, env=environment
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0, done.stderr.decode()
    return shown


def test_on_a_terminal_people_get_a_table(folder: Path) -> None:
    (folder / "events.csv").write_text(EVENTS + "login,2026-03-04T09:00:00Z,[bold]\x1b[31meve,\n")
    lines = on_a_terminal(*SCORE).splitlines()
    assert "subject" in lines[0] and "mostly from" in lines[0]
    assert lines[1].split() == ["ann", "20.0", "keen", "logs", "in", "+20"]
    assert lines[2].split() == ["bob", "12.5", "new", "logs", "in", "+10,", "pays", "+2"]
    assert any("[bold][31meve" in line for line in lines)


def test_on_a_narrow_terminal_templates_keep_their_names_and_all_that_is_said_of_them() -> None:
    shown = on_a_terminal("templates", width=80)
    for name in templates.names():
        assert f" {name} " in shown
    assert max(map(len, re.sub("\x1b\\[[0-9;]*m", "", shown).splitlines())) <= 80
    assert "…" not in shown


def test_without_the_extra_the_message_names_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['cyclopts'] = None; import questscore.cli as c; sys.exit(c.main(['demo']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'the command line needs cyclopts, which is not installed: pip install "questscore[cli]"\n'
    )


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    for name in ("score", "explain", "check", "schema", "demo"):
        assert name in out
    assert main(["score", "--help"]) == 0
    assert "--model" in capsys.readouterr().out
