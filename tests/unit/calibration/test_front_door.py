"""The front door: what is put together there, and that it loads nothing before it is asked for."""

from __future__ import annotations

import subprocess
import sys

import questscore
from questscore.calibration.churned import levels_from_churned
from questscore.calibration.thresholds import Thresholds
from questscore.model.time import Duration
from support.retention import MODEL, product


def test_levels_from_churned_is_where_the_contract_says() -> None:
    rows = product(users=120)
    found = questscore.Levels.from_churned(MODEL, rows, silence="30d")
    assert isinstance(found, Thresholds)
    assert found.found.silence == Duration.of("30d")
    assert found.levels == levels_from_churned(MODEL, rows, silence="30d").levels


def test_levels_alone_load_nothing_of_it() -> None:
    code = "import sys, questscore; questscore.Levels; print('questscore.calibration' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
