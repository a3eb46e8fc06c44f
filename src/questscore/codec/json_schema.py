"""A JSON Schema of model files, for editors and other checkers.

Lives here: fields and their types as schema; registered kinds are in it like the built-in ones.
Lives elsewhere: what is checked when a model is loaded (structure), which is more: names, order, time zones.
"""

from __future__ import annotations

import collections.abc as abc
import datetime as dt
import enum
import re
import types
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import attrs

from questscore import rules
from questscore.codec.descriptions import descriptions, summary
from questscore.codec.fields import Field, converter, default, fields, hints
from questscore.codec.registry import RULES, SIGNALS, Kinds
from questscore.codec.unstructure import plain
from questscore.language import Expression
from questscore.model import definition as of
from questscore.model.award import Active, Limit, Steps, limits
from questscore.model.definition import Definition
from questscore.model.event import RESERVED_PREFIX
from questscore.model.level import Level, Levels, Margin
from questscore.model.rule import Rule
from questscore.model.scale import Logistic, Saturating
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.time import SMALLEST_MICROSECONDS, WEEKDAYS, Duration, Instant, Period, Span
from questscore.model.trigger import Trigger

Schema: TypeAlias = dict[str, Any]

_NULL: Schema = {"type": "null"}
_NAME: Schema = {"type": "string", "pattern": r"\S"}
_EVENT: Schema = {"type": "string", "pattern": rf"^(?!{re.escape(RESERVED_PREFIX)})[\s\S]"}
_LENGTH = r"0*[1-9][0-9]{0,15}(us|ms|[smhdw])"
_SHARE = r"^\s*\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*%\s*$"
_SHARED: dict[str, Schema] = {
    "number": {"type": "number", "minimum": -(2**53), "maximum": 2**53},
    "duration": {
        "description": "A number and a unit: s, m, h, d (24 hours) or w.",
        "type": "string",
        "pattern": rf"^\s*{_LENGTH}\s*$",
        "examples": ["30m", "12h", "7d"],
    },
    "period": {
        "description": "A calendar period in the model's time zone.",
        "enum": [period.value for period in Period],
    },
    "span": {
        "description": "A trailing length of time, or a calendar period.",
        "anyOf": [{"$ref": "#/$defs/duration"}, {"$ref": "#/$defs/period"}],
    },
    "expression": {
        "description": "An expression such as amount > 10 and plan == 'pro'.",
        "type": "string",
        "minLength": 1,
        "maxLength": 4096,
    },
    "names": {
        "description": "An event name, a list of them, or * for every name.",
        "anyOf": [
            _EVENT,
            {"type": "array", "minItems": 1, "items": _EVENT | {"not": {"const": "*"}}},
            {"const": ["*"]},
        ],
    },
    "moment": {
        "description": "A date (its local midnight), or an instant with its offset.",
        "anyOf": [
            {"type": "string", "pattern": r"^\s*\d{4}-\d\d-\d\d"},
            {"type": "integer", "minimum": SMALLEST_MICROSECONDS},
        ],
    },
    "margin": {
        "description": "Points, or a share of the threshold such as 10%.",
        "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _SHARE}],
    },
}
_PLAIN: dict[object, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"$ref": "#/$defs/number"},
    type(None): _NULL,
    Any: {},
    ScoreModel: {"$ref": "#"},
    Expression: {"$ref": "#/$defs/expression"},
    Duration: {"$ref": "#/$defs/duration"},
    dt.timedelta: {"$ref": "#/$defs/duration"},
    Period: {"$ref": "#/$defs/period"},
    Span: {"$ref": "#/$defs/span"},
    Instant: {"$ref": "#/$defs/moment"},
    dt.date: {"$ref": "#/$defs/moment"},
    Margin: {"$ref": "#/$defs/margin"},
}
_BY_CONVERTER: dict[object, Schema] = {
    of.text: _NAME,
    of.optional_text: {"anyOf": [_NAME, _NULL]},
    of.whole: {"type": "integer", "minimum": 1},
    of.names: {"$ref": "#/$defs/names"},
}


def _given(key: str) -> Schema:
    return {"required": [key], "properties": {key: {"not": _NULL}}}


def _pairs(*keys: str) -> Schema:
    """At most one of the keys."""
    pairs = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :]]
    return {"not": {"anyOf": [{"allOf": [_given(a), _given(b)]} for a, b in pairs]}}


_ALSO: dict[type, Schema] = {
    Level: {"oneOf": [_given("at_least"), _given("when")]},
    Limit: {
        "allOf": [
            {"oneOf": [_given("count"), _given("points")]},
            {"properties": {"count": {"minimum": 1}, "points": {"exclusiveMinimum": 0}}},
        ]
    },
    Steps: {"allOf": [{"properties": {"factor": {"minimum": 0, "maximum": 1}}}]},
    Saturating: {"allOf": [{"properties": {"half": {"exclusiveMinimum": 0}}}]},
    Logistic: {"allOf": [{"properties": {"s0": {"exclusiveMinimum": 0}}}]},
    Active: {"anyOf": [_given("from"), _given("until")]},
    Trigger: {"oneOf": [_given("level"), _given("audience")]},
    rules.EventRule: _pairs("half_life", "fade", "steps"),
}


def schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a model file, registered kinds included.

    A kind that an installed package brings is there by its name alone until a model names it: nothing is
    imported for the schema.

    Laws: every model that loads is valid under it. The converse does not hold: whether names exist,
    levels ascend or a time zone is known is checked by `load_model`.

    >>> schema()["properties"]["subject"]["enum"]
    ['user', 'account']
    """
    made = _Maker()
    model = made.table(ScoreModel, {})
    model["properties"]["week_start"]["enum"] = list(WEEKDAYS)
    defs = {name: made.defs[name] for name in sorted(made.defs)}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return head | model | {"title": "questscore model", "$defs": defs}


class _Maker:
    """Collects the definitions that the schema of the model refers to."""

    def __init__(self) -> None:
        self.defs: dict[str, Schema] = dict(_SHARED)
        self.names: dict[type, str] = {}

    def table(self, cls: type[Definition], kind: Schema) -> Schema:
        """A table of the fields of ``cls``, and its ``kind`` where it has one."""
        types, said = hints(cls), descriptions(Selector) | descriptions(cls)
        properties, required = dict(kind), [key for key in kind if "default" not in kind[key]]
        for key, field in fields(cls).items():
            properties[key] = {
                "title": key.replace("_", " ").capitalize(),
                "description": said.get(field.name, summary(cls)),
                **self.of_field(field, types.get(field.name, Any)),
            }
            if (value := default(field)) is attrs.NOTHING:
                required.append(key)
            else:
                properties[key]["default"] = plain(value)
        return {
            "title": cls.__name__,
            "description": summary(cls),
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
            **_ALSO.get(cls, {}),
        }

    def of_field(self, field: Field, hint: Any) -> Schema:
        """What may stand in a field: by its converter where that says more than its type."""
        convert: object = converter(field)
        if convert in _BY_CONVERTER:
            return _BY_CONVERTER[convert]
        if convert is limits:
            return {"anyOf": [self.ref(Limit), {"type": "array", "items": self.ref(Limit)}, _NULL]}
        found = self.of(hint)
        full = convert is not None and field.default is attrs.NOTHING
        return found | {"minItems": 1} if full and found.get("type") == "array" else found

    def of(self, hint: Any) -> Schema:
        """What may stand for a value of that type."""
        origin, args = get_origin(hint), get_args(hint)
        if hint in _PLAIN:
            return _PLAIN[hint]
        if origin is Literal:
            return {"enum": list(args)}
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(arg) for arg in args]}
        if origin is tuple and args[-1] is not Ellipsis:
            size = len(args)
            items = [self.of(arg) for arg in args]
            return {"type": "array", "prefixItems": items, "minItems": size, "maxItems": size}
        if origin in (tuple, list, set, frozenset, abc.Sequence, abc.Set):
            return {"type": "array", "items": self.of(args[0])}
        if origin in (dict, abc.Mapping):
            return {"type": "object", "additionalProperties": self.of(args[1])}
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return {"enum": [member.value for member in hint]}
        return self.part(hint) if isinstance(hint, type) and issubclass(hint, Definition) else {}

    def part(self, cls: type[Definition]) -> Schema:
        """What may stand for a part of a model."""
        if cls is SignalDefinition:
            return {"anyOf": [*(self.ref(kind) for kind in SIGNALS), *_brought(SIGNALS)]}
        if cls is Rule:
            return {"anyOf": [*(self.ref(kind) for kind in RULES), *_brought(RULES)]}
        if cls is Levels:
            return {"type": "array", "items": self.ref(Level)}
        if cls is Selector:
            return {"anyOf": [{"$ref": "#/$defs/names"}, self.ref(Selector)]}
        return self.ref(cls)

    def ref(self, cls: type[Definition]) -> Schema:
        """A reference to the table of ``cls``, which is made when it is first asked for."""
        if cls not in self.names:
            name = cls.__name__
            while name in self.defs:
                name += "_"
            self.names[cls], self.defs[name] = name, {}
            self.defs[name] = self.table(cls, _kind(cls))
        return {"$ref": f"#/$defs/{self.names[cls]}"}


def _brought(kinds: Kinds[SignalDefinition] | Kinds[Rule]) -> list[Schema]:
    """What may stand for the kinds of packages that are not imported yet: their names, and any fields."""
    if not (names := kinds.brought()):
        return []
    kind = {"title": "Kind", "description": "A kind that an installed package brings.", "enum": list(names)}
    return [{"type": "object", "properties": {"kind": kind, "name": _NAME}, "required": ["kind", "name"]}]


def _kind(cls: type[Definition]) -> Schema:
    kind = getattr(cls, "kind", "")
    if not kind:
        return {}
    found = {"title": "Kind", "description": summary(cls), "const": kind}
    return {"kind": found | {"default": kind} if cls in rules.KINDS else found}
