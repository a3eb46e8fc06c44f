"""For tests of hosts and plugins: a conformance kit, strategies, stories and parity.

Lives here: the public names; each is imported when it is first asked for, so that a process which only
asks for one of them loads nothing else, neither pytest nor Hypothesis.
Lives elsewhere: all the work (the modules of this package).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from questscore.testing.checks import (
        Check,
        check_rule,
        check_signal,
        parametrize_rule,
        parametrize_signal,
        rule_checks,
        signal_checks,
    )
    from questscore.testing.difference import assert_scores_equal, table_differences
    from questscore.testing.parity import assert_parity
    from questscore.testing.story import Story
    from questscore.testing.strategies import events, histories, models

_HOMES = {
    "questscore.testing.checks": (
        "Check",
        "check_rule",
        "check_signal",
        "parametrize_rule",
        "parametrize_signal",
        "rule_checks",
        "signal_checks",
    ),
    "questscore.testing.difference": ("assert_scores_equal", "table_differences"),
    "questscore.testing.parity": ("assert_parity",),
    "questscore.testing.story": ("Story",),
    "questscore.testing.strategies": ("events", "histories", "models"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Check",
    "Story",
    "assert_parity",
    "assert_scores_equal",
    "check_rule",
    "check_signal",
    "events",
    "histories",
    "models",
    "parametrize_rule",
    "parametrize_signal",
    "rule_checks",
    "signal_checks",
    "table_differences",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'questscore.testing' has no attribute {name!r}")
    found: object = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
