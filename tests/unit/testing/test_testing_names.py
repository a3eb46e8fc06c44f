"""The names of `questscore.testing`: one home each, and a place in the reference."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from questscore import testing

ROOT = Path(__file__).parents[3]


def test_every_name_has_one_home() -> None:
    source = ast.parse((ROOT / "src/questscore/testing/__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in source.body if isinstance(node, ast.If))
    said = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert said == testing._HOME_OF
    assert sorted(said) == sorted(testing.__all__) == dir(testing)


@pytest.mark.parametrize("name", testing.__all__)
def test_a_name_is_documented_with_its_methods(name: str) -> None:
    thing = getattr(testing, name)
    page = (ROOT / "docs/reference/testing.md").read_text(encoding="utf-8")
    assert inspect.getdoc(thing)
    assert re.search(rf"`{name}\b", page)
    own = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
    methods = [key for key, value in own.items() if inspect.isfunction(value) or isinstance(value, property)]
    assert not [m for m in methods if not inspect.getdoc(getattr(thing, m))]
    if name == "Story":
        assert not [m for m in methods if not re.search(rf"`{m}\b", page)]


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'storey'"):
        _ = testing.storey


def test_stories_and_parity_need_neither_pytest_nor_hypothesis() -> None:
    code = (
        "import sys; sys.modules['pytest'] = sys.modules['hypothesis'] = None;"
        "from questscore.testing import Story, assert_parity, assert_scores_equal, check_signal"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
