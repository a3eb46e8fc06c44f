"""Whatever the content, `load_model` gives a model or an error of ours; and what it gives, it writes."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questscore import ModelError
from questscore.codec import load_model, to_mapping
from questscore.codec.formats import FORMATS
from unit.codec.test_formats import TEXTS
from unit.codec.test_schema import VALIDATOR
from unit.codec.whole import WHOLE, Table

WORDS = st.sampled_from(
    [
        *(
            "name",
            "kind",
            "on",
            "when",
            "signal",
            "tiers",
            "points",
            "where",
            "limit",
            "model",
            "scope",
            "scale",
        ),
        *(
            "count",
            "rollup",
            "score",
            "linear",
            "user",
            "account",
            "member",
            "login",
            "*",
            "7d",
            "week",
            "10%",
        ),
        *(
            "logins > 5",
            "score",
            "",
            "inf",
            "no",
            "questscore.reset",
            "2026-03-01",
            "Europe/Paris",
            "..",
            "a\0b",
        ),
    ]
)
LEAVES = st.one_of(
    WORDS,
    st.text(max_size=8),
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.binary(max_size=3),
)
KEYS = WORDS | st.text(max_size=5) | st.integers(0, 3) | st.none()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
PARTS = st.sampled_from(
    ["signals", "rules", "groups", "levels", "triggers", "audiences", "events", "scale", "margin"]
)


def loads_or_refuses(table: Any) -> None:
    """A model, valid by the schema, which comes back from its text; or problems that say what and how."""
    try:
        model = load_model(table)
    except ModelError as error:
        assert error.problems
        assert all(problem.what and problem.fix for problem in error.problems)
        assert all(len(str(problem)) < 2000 for problem in error.problems)
        return
    try:
        text = to_mapping(model)
    except ModelError as error:
        assert "no text form" in str(error)
        return
    assert load_model(text) == model
    assert VALIDATOR.is_valid(text)
    if isinstance(table, dict):
        with contextlib.suppress(TypeError):  # it holds dates or the like
            assert VALIDATOR.is_valid(json.loads(json.dumps(table)))


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.dictionaries(PARTS, VALUES, max_size=3))
def test_random_tables(junk: Table, parts: Table) -> None:
    loads_or_refuses({"name": "m", "subject": "account", **parts, **junk})


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_the_whole_model_with_anything_anywhere(data: st.DataObject) -> None:
    """One to three values replaced, taken away, renamed or doubled."""
    table = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        holder: Any = table
        while True:
            steps = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not steps:
                break
            step = data.draw(st.sampled_from(steps))
            inner = holder[step]
            if not (isinstance(inner, (dict, list)) and data.draw(st.booleans())):
                match data.draw(st.sampled_from(["replace", "remove", "rename", "move"])):
                    case "remove":
                        del holder[step]
                    case "rename" if isinstance(holder, dict):
                        holder[data.draw(KEYS)] = holder.pop(step)
                    case "move":
                        holder[step] = copy.deepcopy(data.draw(st.sampled_from(list(WHOLE.values()))))
                    case _:
                        holder[step] = data.draw(VALUES)
                break
            holder = inner
    loads_or_refuses(table)


@settings(max_examples=100, deadline=None)
@given(suffix=st.sampled_from(sorted(FORMATS)), data=st.data())
def test_files_with_anything_in_them(
    suffix: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Random bytes, random text, and good files with a few bytes changed."""
    good = TEXTS[suffix].encode()
    place = data.draw(st.integers(0, len(good)))
    piece = data.draw(
        st.binary(max_size=4) | st.text(":[]{}&*!|>'\"%@`#,-= \n\t\\.0e<?~", max_size=4).map(str.encode)
    )
    cut = good[:place] + piece + good[place + data.draw(st.integers(0, 4)) :]
    content = data.draw(st.just(cut) | st.binary(max_size=30) | st.text(max_size=30).map(_encoded))
    path = tmp_path_factory.getbasetemp() / f"fuzz{suffix}"
    path.write_bytes(content)
    loads_or_refuses(path)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=40, deadline=None)
@given(table=st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_json_of_anything(table: Table, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps({"name": "m", "subject": "user", **table}, default=str, skipkeys=True))
    loads_or_refuses(path)
