"""A model that cannot mean anything gets a located, fixable message, never another kind of traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import questscore
from corpus.broken_models import EDITS, GOOD, JSON, TEXTS, TOML, YAML, Broken, Text
from questscore.errors import ModelError


def test_the_corpus_is_large_and_each_name_is_one() -> None:
    """At least sixty, counted by different names."""
    names = [broken.name for broken in EDITS] + [text.name for text in TEXTS]
    assert len(set(names)) == len(names) >= 60


def test_what_the_corpus_breaks_is_whole_before(tmp_path: Path) -> None:
    """The model that is edited loads, from a table and from a file of each kind."""
    assert questscore.load_model(GOOD).name == "task-app"
    for suffix, text in ((".toml", TOML), (".json", JSON), (".yaml", YAML)):
        path = tmp_path / f"good{suffix}"
        path.write_text(text, encoding="utf-8")
        assert questscore.load_model(path).name == "a"


def says(error: ModelError, broken: Broken) -> None:
    """The problem stands where it should, says what it should, and has a fix."""
    found = [problem for problem in error.problems if problem.where == broken.where]
    assert found, f"expected a problem at {broken.where}, found: {error}"
    assert any(broken.says in f"{problem.what}; {problem.fix}" for problem in found), str(error)
    assert all(problem.what and problem.fix for problem in error.problems), str(error)


@pytest.mark.parametrize("broken", EDITS, ids=lambda broken: broken.name)
def test_a_broken_model_says_where_what_and_the_fix(broken: Broken) -> None:
    """As a table: one problem at its place, with the fix."""
    with pytest.raises(ModelError) as caught:
        questscore.load_model(broken.model)
    says(caught.value, broken)


@pytest.mark.parametrize("broken", EDITS, ids=lambda broken: broken.name)
def test_a_broken_model_file_names_the_file_too(broken: Broken, tmp_path: Path) -> None:
    """As JSON: the same, with the name of the file in front."""
    path = tmp_path / "task-app.json"
    path.write_text(json.dumps(broken.model), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        questscore.load_model(path)
    assert "task-app.json" in str(caught.value)
    if "NaN" not in path.read_text() and "Infinity" not in path.read_text():
        says(caught.value, broken)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_a_file_that_is_no_model_is_a_located_error(text: Text, tmp_path: Path) -> None:
    """Broken before there is a table: the message names the file and what is wrong with it."""
    path = tmp_path / f"model{text.suffix}"
    path.write_bytes(text.content if isinstance(text.content, bytes) else text.content.encode())
    with pytest.raises(ModelError) as caught:
        questscore.load_model(path)
    message = str(caught.value)
    assert path.name in message
    assert text.says in message
    assert all(problem.what and problem.fix for problem in caught.value.problems), message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Neither a missing file nor a directory is a crash."""
    for path in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(ModelError) as caught:
            questscore.load_model(path)
        assert path.name in str(caught.value)


def test_what_is_no_source_of_a_model_at_all() -> None:
    """A number, a list and None are refused by name."""
    for source in (7, None, ["a"], 3.7, b"name"):
        with pytest.raises(ModelError):
            questscore.load_model(source)  # type: ignore[arg-type]


def test_all_problems_are_reported_at_once() -> None:
    """Five mistakes in five places are five problems of one error."""
    edits = {
        "timezone": "Europe/Pariss",
        "signals[0].window": "seven days",
        "rules[1].when": "login_7d > 5",
        "rules[3].group": "habbit",
        "levels[1].at_least": 50,
    }
    with pytest.raises(ModelError) as caught:
        questscore.load_model(Broken("several", edits).model)
    assert {problem.where for problem in caught.value.problems} >= set(edits)
