"""The example that ships with the project: its log comes out of its generator, and its model scores it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from questscore.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples" / "task_app"


def test_the_log_is_what_the_generator_writes(tmp_path: Path) -> None:
    again = tmp_path / "events.csv"
    subprocess.run([sys.executable, str(EXAMPLE / "generate.py"), str(again)], check=True)
    assert again.read_bytes() == (EXAMPLE / "events.csv").read_bytes()


def test_the_accounts_score_as_their_characters_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", str(EXAMPLE / "events.csv"), "--model", str(EXAMPLE / "model.toml")]) == 0
    out, err = capsys.readouterr()
    level = {row.split(",")[0]: row.split(",")[3] for row in out.splitlines()[1:]}
    assert level == {
        "acme": "2000+",
        "cyberdyne": "500+",
        "globex": "500+",
        "hooli": "500+",
        "initech": "100+",
        "soylent": "no engagement",
        "stark": "2000+",
        "umbrella": "no engagement",
        "wayne": "100+",
        "wonka": "500+",
    }
    assert err == "10 accounts from 1,837 events (1 duplicate left out), as at 2026-06-29T13:05:10Z\n"
