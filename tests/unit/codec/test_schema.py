"""The JSON Schema: every model that loads is valid under it, and what editors can see as broken is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import attrs
import jsonschema  # type: ignore[import-untyped]
import pytest

from questscore import (
    Active,
    Audience,
    Group,
    Level,
    Limit,
    Linear,
    Logistic,
    Percentile,
    Saturating,
    Selector,
    SignalDefinition,
    Steps,
    Trigger,
)
from questscore.codec import load_model, register, schema, to_mapping
from questscore.codec.descriptions import descriptions, summary
from questscore.codec.registry import SIGNALS
from questscore.rules import KINDS as RULES
from questscore.signals import KINDS, Distinct
from unit.codec.test_problems import whole
from unit.codec.whole import SMALL, found_models, variants

SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PARTS = (
    Active,
    Audience,
    Group,
    Level,
    Limit,
    Linear,
    Logistic,
    Percentile,
    Saturating,
    Selector,
    Steps,
    Trigger,
)


def valid(table: object) -> bool:
    return bool(VALIDATOR.is_valid(table))


def test_it_is_a_schema_and_plain_json() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA == schema()


@pytest.mark.parametrize("table", variants(), ids=lambda table: str(table.get("scale", table["name"])))
def test_models_are_valid(table: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(table)] == []


def test_models_of_others_are_valid() -> None:
    """As they were written, and as we write them."""
    for i, table in enumerate(found_models()):
        assert valid(table if i % 2 else to_mapping(load_model(table))), table["name"]


def test_what_is_missing_may_be_null_where_there_is_a_default() -> None:
    rule = {"name": "r", "on": "login", "points": 5, "where": None, "limit": None, "fade": "1d"}
    assert valid({**SMALL, "rules": [rule], "scale": None})
    level = {"name": "x", "at_least": 3, "when": None}
    assert valid({**SMALL, "levels": [level]})
    assert load_model({**SMALL, "rules": [rule], "levels": [level]})


BROKEN: list[dict[str, Any]] = [
    {"subjct": "user"},
    {"name": None},
    {"subject": "users"},
    {"version": 3},
    {"week_start": "Sunday"},
    {"evaluate": "hour"},
    {"resolution": "1 hour"},
    {"minimum": "1"},
    {"maximum": True},
    {"scale__kind": "log"},
    {"scale__half": 3},
    {"scale__slope": None},
    {"margin": "10"},
    {"margin": -1},
    {"dwell": 3},
    {"events__trial": "x"},
    {"signals": {"a": 1}},
    {"signals__0": "login"},
    {"signals__0__kind": "cuont"},
    {"signals__0__kind": None},
    {"signals__0__windw": "7d"},
    {"signals__0__window": "7"},
    {"signals__0__window": "0d"},
    {"signals__0__on": []},
    {"signals__0__on": ["*", "a"]},
    {"signals__0__on": "questscore.reset"},
    {"signals__1__property": None},
    {"signals__0__scope": "members"},
    {"signals__10__at_least": 0},
    {"signals__10__at_least": 1.5},
    {"signals__10__every": "7d"},
    {"signals__14__steps": []},
    {"signals__14__steps": "abc"},
    {"signals__16__then": {"on": "pay", "wher": "x"}},
    {"signals__18__by": "total"},
    {"signals__19__model__subject": "x"},
    {"signals__19__model": "other"},
    {"rules__0__on": None},
    {"rules__0__points": None},
    {"rules__0__points": [5]},
    {"rules__0__when": "logins > 1"},
    {"rules__0__fade": "30d"},
    {"rules__0__limit": 3},
    {"rules__0__limit": {"count": 1, "points": 3}},
    {"rules__0__limit": {"every": "day"}},
    {"rules__0__limit": [{"count": 0}]},
    {"rules__0__active": {}},
    {"rules__0__active": {"form": "2024-01-01"}},
    {"rules__0__curve": "log"},
    {"rules__2__steps__factor": 2},
    {"rules__4__missing": "0"},
    {"rules__6__mode": None},
    {"rules__6__tiers": []},
    {"rules__6__tiers": [[1]]},
    {"rules__6__tiers": [[1, "2"]]},
    {"groups__0__weight": "2"},
    {"levels__1__at_least": None},
    {"levels__1__when": "logins > 1"},
    {"levels": {"a": 1}},
    {"triggers__0__on": "jump"},
    {"triggers__0__level": None},
    {"triggers__0__notify": "no"},
    {"triggers__0__rearm": "never"},
    {"audiences__0__enter": None},
]


@pytest.mark.parametrize("changes", BROKEN, ids=str)
def test_broken_models_are_not_valid(changes: dict[str, Any]) -> None:
    assert not valid(whole(**changes))


def tables(node: object) -> Iterator[dict[str, Any]]:
    """Every schema of a table in a schema."""
    if isinstance(node, dict):
        if "properties" in node and node.get("type") == "object":
            yield node
        for item in node.values():
            yield from tables(item)
    elif isinstance(node, list):
        for item in node:
            yield from tables(item)


def test_every_field_has_a_title_a_description_and_a_default_or_must_be_given() -> None:
    """What editors show; and nothing may stand beside the fields."""
    found = list(tables(SCHEMA))
    assert len(found) == 1 + len(KINDS) + len(RULES) + len(PARTS)
    for table in found:
        assert table["title"]
        assert table["description"]
        assert table["additionalProperties"] is False
        for key, shown in table["properties"].items():
            assert shown["title"]
            assert shown["description"]
            assert ("default" in shown) != (key in table["required"]), key


def test_defaults_are_valid_themselves() -> None:
    for table in tables(SCHEMA):
        for key, shown in table["properties"].items():
            if "default" in shown:
                part = VALIDATOR.evolve(schema={**shown, "$defs": SCHEMA["$defs"]})
                assert part.is_valid(shown["default"]), key


def test_descriptions_come_from_docstrings() -> None:
    """Several fields may share an entry, an entry may take several lines, bases are read too."""
    assert descriptions(Distinct)["property"].startswith("Which property; events without it are skipped. 1,")
    assert descriptions(Distinct)["offset"].startswith("The value as of that long ago")
    assert summary(Distinct).startswith("Breadth: the number of different values")


def test_registered_kinds_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SIGNALS, "_known", dict(SIGNALS._known))

    @register
    @attrs.frozen
    class Count(SignalDefinition):
        """Something of its own.

        Args:
            size: How large.
        """

        kind: ClassVar[str] = "counted/otherwise"
        size: int = attrs.field(default=3, kw_only=True)
        mode: Literal["a", "b"] = attrs.field(default="a", kw_only=True)

        def naive(self, events: object, at: int, context: object) -> float:
            return float(self.size)

    made = schema()
    (found,) = (t for t in tables(made) if t["properties"].get("kind", {}).get("const") == Count.kind)
    assert found["properties"]["size"] == {
        "title": "Size",
        "description": "How large.",
        "type": "integer",
        "default": 3,
    }
    checker = jsonschema.Draft202012Validator(made)
    for signal, good in (({"size": 4, "mode": "b"}, True), ({"size": "4"}, False), ({"mode": "c"}, False)):
        table = {**SMALL, "signals": [{"name": "x", "kind": Count.kind, **signal}]}
        assert checker.is_valid(table) is good
    assert schema()["$defs"]["Count"]["properties"]["kind"]["const"] == "count"
