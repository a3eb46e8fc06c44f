"""What a host's tests get from the plugin, run as a host would run them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from questscore import EventRule, ScoreModel, ScoreTable, score
from questscore.testing import assert_scores_equal, pytest_plugin, table_differences

pytest_plugins = ["pytester"]

PLUGIN = "questscore.testing.pytest_plugin"
ROOT = Path(__file__).parents[3]
HEAD = """
from questscore import EventRule, Level, Levels, ScoreModel, score

def model(points):
    return ScoreModel("m", subject="user", rules=[EventRule("log in", on="login", points=points)],
                      levels=Levels(Level("in", at_least=6)))

LOG = [{"name": "login", "time": f"2026-03-0{day}T09:00:00Z", "user": user}
       for day in (1, 2) for user in ("ada", "bob")]
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs a host's tests with this plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def of(tests: str) -> pytest.RunResult:
        pytester.makepyfile(HEAD + tests)
        return pytester.runpytest_inprocess("-p", PLUGIN, "-p", "no:cacheprovider")

    return of


def table(points: float, days: int = 2) -> ScoreTable:
    model = ScoreModel("m", subject="user", rules=[EventRule("log in", on="login", points=points)])
    log = [{"name": "login", "time": f"2026-03-0{d}T09:00:00Z", "user": "ada"} for d in range(1, days + 1)]
    return score(model, log)


def test_the_fixtures_are_what_the_package_has(run: object) -> None:
    assert callable(run)
    done: pytest.RunResult = run("""
def test_story(story):
    story(model(5), start="2026-03-01", subject="ada").does("login", every="day", for_="3d").expect_score(15)

def test_equal(assert_scores_equal):
    assert_scores_equal(score(model(5), LOG), score(model(5), LOG[::-1]))
""")
    done.assert_outcomes(passed=2)


def test_a_story_is_shown_when_its_test_fails(run: object) -> None:
    """The events, and the reasons; a story whose test passes is not shown."""
    assert callable(run)
    done: pytest.RunResult = run("""
def test_fails(story):
    told = story(model(5), start="2026-03-01T09:00", subject="ada").does("login", plan="pro")
    told.expect_level("in")

def test_passes(story):
    story(model(5), start="2026-03-01T09:00", subject="bob").does("login")
""")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(
        [
            ">   * told.expect_level(*",
            "E   *AssertionError: ada at 2026-03-01T09:00:00Z: level 'base', expected 'in'",
            "E * log in*5.00",
            "*- Captured questscore story call -*",
            "2026-03-01 09:00:00+00:00 ada login plan='pro'",
        ]
    )
    assert "bob" not in done.stdout.str()
    assert "story.py" not in done.stdout.str(), "the expectation's own code is not shown"


def test_two_tables_that_differ_are_shown_by_difference(run: object) -> None:
    assert callable(run)
    done: pytest.RunResult = run("""
def test_differ():
    assert score(model(5), LOG) == score(model(6), LOG[:2] + LOG[3:])

def test_same():
    assert score(model(5), LOG) == score(model(5), LOG)
""")
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(
        [
            "E * assert 6 differences between two score tables:",
            "E *ada: rule 'log in': 10.0, expected 6.0 (off by 4)",
            "E *bob: rule 'log in': 10.0, expected 12.0 (off by -2)",
            "E *== asks for one and the same table; assert_scores_equal compares",
            "E * assert two score tables that say the same",
        ]
    )


def test_what_is_no_table_is_left_to_pytest() -> None:
    one = table(5)
    assert pytest_plugin.pytest_assertrepr_compare("==", 1, 2) is None
    assert pytest_plugin.pytest_assertrepr_compare("==", one, 2) is None
    assert pytest_plugin.pytest_assertrepr_compare("!=", one, one) is None


def test_pytest_starts_without_loading_anything(pytester: pytest.Pytester) -> None:
    """In a project that has nothing to do with scores neither numpy nor any part of questscore is loaded."""
    pytester.makepyfile("""
import sys

def test_loaded():
    heavy = ("questscore", "numpy", "attr", "cattrs", "hypothesis")
    found = {name for name in sys.modules if name.partition(".")[0] in heavy}
    assert found == {"questscore", "questscore.testing", "questscore.testing.pytest_plugin"}
""")
    source = f"import pytest, sys; sys.exit(pytest.main(['-q', '-p', {PLUGIN!r}, '-p', 'no:cacheprovider']))"
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout


def test_the_modules_of_questscore_are_not_compiled_anew(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though pytest marks all modules of a distribution with a plugin for the rewriting of their asserts."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    config = pytester.parseconfig("-p", PLUGIN)
    hook = config.pluginmanager.rewrite_hook
    hook.mark_rewrite("questscore", "another")
    marked = getattr(hook, "_must_rewrite")  # noqa: B009
    assert {"questscore", "another"} <= marked
    pytest_plugin.pytest_load_initial_conftests(config)
    assert "questscore" not in marked and "another" in marked


def test_it_is_registered_where_pytest_looks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"questscore": PLUGIN}
    assert {need.partition(">")[0] for need in project["optional-dependencies"]["testing"]} == {
        "pytest",
        "hypothesis",
    }


# -- differences of tables --------------------------------------------------------------------------


def test_equal_tables_have_no_difference() -> None:
    assert table_differences(table(5), table(5)) == []
    assert_scores_equal(table(0.1, 3), table(0.1 + 1e-12, 3))


def test_differences_are_told_by_subject_causes_first() -> None:
    assert table_differences(table(5), table(7)) == [
        "ada: rule 'log in': 10.0, expected 14.0 (off by -4)",
        "ada: raw: 10.0, expected 14.0 (off by -4)",
        "ada: score: 10.0, expected 14.0 (off by -4)",
    ]
    with pytest.raises(AssertionError, match=r"^the scores differ in 3 places:\n  ada: rule 'log in': 10\.0"):
        assert_scores_equal(table(5), table(7))


def test_subjects_and_rules_that_only_one_has() -> None:
    other = score(ScoreModel("n", subject="user", rules=[EventRule("r", on="*", points=1)]), [])
    assert table_differences(other, table(5)) == ["ada: not scored"]
    assert table_differences(table(5), other) == ["ada: scored, and should not be"]
    renamed = ScoreModel("m", subject="user", rules=[EventRule("enter", on="login", points=5)])
    log = [{"name": "login", "time": f"2026-03-0{d}T09:00:00Z", "user": "ada"} for d in (1, 2)]
    assert table_differences(score(renamed, log), table(5)) == [
        "ada: rule 'log in': missing",
        "ada: rule 'enter': not expected",
    ]


def test_a_long_list_is_cut() -> None:
    model = ScoreModel("m", subject="user", rules=[EventRule("r", on="login", points=1)])
    log = [{"name": "login", "time": "2026-03-01T09:00:00Z", "user": f"u{i:02}"} for i in range(30)]
    with pytest.raises(AssertionError, match=r"differ in 30 places(?s:.*)… and 10 more$"):
        assert_scores_equal(score(model, log), score(model, []))


def test_a_looser_tolerance_is_asked_for() -> None:
    assert table_differences(table(5), table(5.01), tolerance=0.01) == []
    assert len(table_differences(table(5), table(5.01), tolerance=0.0001)) == 3
