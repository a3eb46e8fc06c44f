"""What pytest gets from an installed questscore: fixtures, and readable differences of score tables.

Lives here: the hooks. pytest imports this module whenever it starts, in any project whose environment has
questscore; so nothing else of questscore is imported here before a test asks for it.
Lives elsewhere: what the fixtures give (story, difference).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from questscore.model.score_model import ScoreModel
    from questscore.results.table import ScoreTable
    from questscore.testing.story import Story


class StoryMaker(Protocol):
    """What the fixture ``story`` gives: `Story` itself, but for the note it takes of each."""

    def __call__(
        self, model: ScoreModel, *, start: object, subject: str | None = None, timezone: str | None = None
    ) -> Story:
        """A story that begins at ``start``."""


_STORIES = pytest.StashKey[list["Story"]]()


@pytest.fixture
def story(request: pytest.FixtureRequest) -> StoryMaker:
    """Makes a `questscore.testing.Story`; when the test fails, what happened in it is shown."""
    from questscore.testing.story import Story

    told: list[Story] = request.node.stash.setdefault(_STORIES, [])

    def make(
        model: ScoreModel, *, start: object, subject: str | None = None, timezone: str | None = None
    ) -> Story:
        told.append(Story(model, start=start, subject=subject, timezone=timezone))
        return told[-1]

    return make


@pytest.fixture
def assert_scores_equal() -> Callable[[ScoreTable, ScoreTable], None]:
    """`questscore.testing.assert_scores_equal`: that two score tables say the same of every subject."""
    from questscore.testing.difference import assert_scores_equal

    return assert_scores_equal


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Leaves questscore's modules as they are installed.

    pytest marks every module of a distribution with a plugin, to rewrite its asserts; all of questscore
    would be compiled anew for that when a test imports it, and no assert in it would tell more.
    """
    marked = getattr(early_config.pluginmanager.rewrite_hook, "_must_rewrite", None)
    if isinstance(marked, set):
        marked.discard("questscore")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows the stories of a test that failed."""
    if call.when == "call" and call.excinfo is not None:
        for told in item.stash.get(_STORIES, []):
            item.add_report_section("call", "questscore story", str(told))
    return (yield)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """What differs between two score tables in ``assert one == other``."""
    tables = sys.modules.get("questscore.results.table")  # not loaded: then neither is one
    if op != "==" or tables is None:
        return None
    from questscore.results.table import ScoreTable

    if not (isinstance(left, ScoreTable) and isinstance(right, ScoreTable)):
        return None
    from questscore.testing.difference import table_differences

    lines = table_differences(left, right)
    head = (
        f"{len(lines):,} differences between two score tables"
        if lines
        else "two score tables that say the same"
    )
    return [
        f"{head}:" if lines else head,
        *lines,
        "== asks for one and the same table; assert_scores_equal compares",
    ]
