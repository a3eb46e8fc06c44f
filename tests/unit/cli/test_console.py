"""What reaches a terminal, a pipe and stderr."""

from __future__ import annotations

import pytest

from questscore.cli.console import Column, brief, clean, note, show_table, working


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone\x07", "[2Jgone"),
        ("one\ntwo\tthree\r", "one two three"),
        ("\x9b31mred", "31mred"),
        ("user\u202efdp.exe", "userfdp.exe"),
        ("\ud800half", "half"),
        ("Ünïcode 名 👩‍🚀", "Ünïcode 名 👩‍🚀"),
    ],
)
def test_hostile_text_only_shows(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


def test_what_goes_on_and_on_is_cut() -> None:
    assert brief("x" * 80) == "x" * 80
    assert brief("x" * 81) == "x" * 79 + "…"


def test_a_table_in_a_pipe_is_aligned_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    show_table([Column("who"), Column("score", right=True)], [["ann", "1.0"], ["[bold]b\x1b[31m", "1,000.0"]])
    assert capsys.readouterr().out == (
        "  who            score\n"
        "  ann              1.0\n"
        "  [bold]b[31m  1,000.0\n"
    )  # fmt: skip


def test_on_a_narrow_terminal_texts_give_way_and_numbers_do_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("questscore.cli.console.for_people", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    columns = [Column("contributor"), Column("score", right=True), Column("mostly from")]
    ann = ["Ann of the long name <ann@there.example>", "1,000.0", "commits +980, keeps coming back +20"]
    show_table(columns, [ann, ["Bob".ljust(len(ann[0])), "7.5", "commits +7.5"]])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "  contributor                score  mostly from",
        "  Ann of the long name <…  1,000.0  commits +980, keeps com…",
        "  Bob                          7.5  commits +7.5",
    ]


def test_notes_and_progress_stay_off_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with working("long work") as now:
        now("still at it")
        note("mind\nthis\x1b[31m")
    assert capsys.readouterr() == ("", "mind\nthis[31m\n")
