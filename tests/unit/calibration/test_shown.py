"""What people see: every result as text and in a notebook, and names that would play tricks."""

from __future__ import annotations

from questscore import EventRule, ScoreModel
from questscore.calibration.calibrate import calibrate
from questscore.calibration.changes import changes
from questscore.calibration.churned import levels_from_churned
from questscore.calibration.gaming import gaming
from questscore.calibration.outcomes import activity
from questscore.calibration.recalibrate import recalibrate
from questscore.calibration.thresholds import Names
from questscore.calibration.validate import validate
from support.retention import day, product

HOSTILE = "<b>work</b>\x1b[2J\nwork"
NAMES = {"work": HOSTILE, "look": "look", "rare": f"rare {HOSTILE}"}
MODEL = ScoreModel(
    HOSTILE, subject="user", rules=[EventRule(name, on=on, points=20) for on, name in NAMES.items()]
)
OUTCOME = activity(["work", "look"], "30d")


def test_every_result_is_shown_in_a_notebook_and_no_name_plays_tricks() -> None:
    rows = product()
    early = calibrate(MODEL, rows, OUTCOME, at=day(150), step="15d", half_lives=["20d"], draws=40)
    found = calibrate(MODEL, rows, OUTCOME, step="15d", half_lives=["20d"], draws=40)
    levels = levels_from_churned(found.model, rows, names=Names(low=HOSTILE))
    shown: list[tuple[str, str]] = [
        (str(one), one._repr_html_())
        for one in (
            found,
            validate(MODEL, rows, OUTCOME, tests=[day(200)], step="15d", half_lives=["20d"]),
            recalibrate(early, rows, OUTCOME, half_lives=["20d"], draws=0),
            changes(early, found),
            levels,
            gaming(levels.applied(found.model), rows),
        )
    ]
    for text, page in [*shown, (found.behaviour_table(), "<pre>")]:
        assert "\x1b" not in text
        assert "\nwork" not in text
        assert page.startswith("<pre>")
        assert "<b>" not in page
