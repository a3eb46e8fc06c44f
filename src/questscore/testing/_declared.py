"""Checks of what a class says: its documentation, its fields, its text.

Lives here: the checks that need no events.
Lives elsewhere: the definition (_definition), the engines (_engines), who runs them (checks).
"""

from __future__ import annotations

import json
from collections.abc import Callable

import attrs

from questscore.codec import load_model
from questscore.codec.admission import refusal
from questscore.codec.descriptions import descriptions
from questscore.codec.registry import RULES, SIGNALS
from questscore.codec.unstructure import to_mapping
from questscore.errors import ModelError
from questscore.model.rule import Rule
from questscore.model.signal import SignalDefinition
from questscore.testing._specimen import Specimen, expect, known


def can_be_registered(it: Specimen) -> None:
    """It is a frozen attrs class with a kind of its own, and with methods and fields as they must be."""
    if (found := refusal(type(it.part))) is not None:
        what, fix = found
        expect(False, f"the class {what}; {fix}")
    cls = type(it.part)
    for other in RULES if isinstance(it.part, Rule) else SIGNALS:
        where = f"{other.__module__}.{other.__qualname__}"
        expect(
            other is cls or other.kind != cls.kind,
            f"the kind {cls.kind!r} is taken by {where}; give it another kind",
        )


def documented(it: Specimen) -> None:
    """The class says what it is in words of its own, and each field of its own stands under ``Args:``."""
    cls = type(it.part)
    expect((vars(cls).get("__doc__") or "").strip(), "the class has no docstring")
    said = descriptions(cls)
    fields: tuple[attrs.Attribute[object], ...] = getattr(cls, "__attrs_attrs__", ())
    unsaid = [a.name for a in fields if a.init and a.name not in said]
    expect(not unsaid, f"nothing is said under Args: of {', '.join(unsaid)}: what it is, and in which unit")


def shown(it: Specimen) -> None:
    """Its repr names the class and the part, and is not endless."""
    text = repr(it.part)
    expect(type(it.part).__name__ in text and it.part.name in text, f"the repr {text[:100]!r} tells neither")
    expect(len(text) <= 10_000, f"the repr has {len(text):,} characters")


def equal_and_hashable(it: Specimen) -> None:
    """Two objects made alike are equal, with equal hashes; two that differ in a field are not."""
    other = attrs.evolve(it.part)
    expect(other == it.part, "two objects made alike are not equal")
    expect(hash(other) == hash(it.part), "two equal objects have different hashes")
    fields: tuple[attrs.Attribute[object], ...] = getattr(type(it.part), "__attrs_attrs__", ())
    for field in (one for one in fields if one.init):
        object.__setattr__(other, field.name, object())
        expect(other != it.part, f"two objects that differ in {field.name} are equal")
        object.__setattr__(other, field.name, getattr(it.part, field.name))


def immutable(it: Specimen) -> None:
    """No field can be set, and no value of a field can be changed, defaults among them."""
    fields: tuple[attrs.Attribute[object], ...] = getattr(type(it.part), "__attrs_attrs__", ())
    for field in fields:
        value = getattr(it.part, field.name)
        try:
            setattr(it.part, field.name, value)
        except (attrs.exceptions.FrozenInstanceError, AttributeError):
            pass
        else:
            expect(False, f"{field.name} can be set")
        try:
            hash(value)
        except TypeError:
            what = f"the {type(value).__name__} in {field.name} can be changed"
            expect(False, f"{what}: give the field a converter to a tuple, say")


def text_round_trip(it: Specimen) -> None:
    """A model with it, written as text and read again, is the same model."""
    cls = type(it.part)
    if not cls.kind:
        expect(False, "it has no kind, and so no text: write kind: ClassVar[str] = '…'")
    model = it.model()
    with known(cls):
        try:
            text = json.dumps(to_mapping(model), allow_nan=False)
            again = load_model(json.loads(text))
        except ModelError as error:
            raise AssertionError(f"what is written cannot be read: {error}") from error
    parts = again.rules if isinstance(it.part, Rule) else again.signals
    (found,) = (part for part in parts if part.name == it.part.name)
    expect(found == it.part, f"what is read is {found!r}, where {it.part!r} was written")
    expect(again == model, "the model that is read is another one")


def names_what_exists(it: Specimen) -> None:
    """``selects``, ``properties`` and ``reads`` say what they are asked, and what they name is there."""
    part = it.part
    for place, selector in part.selects():
        expect(isinstance(place, str) and hasattr(selector, "matches"), f"selects() gives {selector!r}")
    for read in part.properties():
        name = read if isinstance(part, SignalDefinition) else read[0]
        expect(isinstance(name, str), f"properties() gives {read!r}")
    signals = {signal.name for signal in it.model().signals}
    for name, field in part.reads():
        expect(isinstance(name, str) and isinstance(field, str), f"reads() gives {(name, field)!r}")
        expect(name in signals, f"reads() names {name!r}, which the model does not have: pass it in beside=")


CHECKS: tuple[Callable[[Specimen], None], ...] = (
    can_be_registered,
    documented,
    shown,
    equal_and_hashable,
    immutable,
    text_round_trip,
    names_what_exists,
)
