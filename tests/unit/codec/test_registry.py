"""Kinds of others: registered by a host, or brought by an installed package, and read as strictly."""

from __future__ import annotations

import datetime as dt
import enum
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import attrs
import jsonschema  # type: ignore[import-untyped]
import pytest

from questscore import Duration, ModelError, Rule, SignalDefinition
from questscore.codec import load_model, register, schema, to_mapping
from questscore.codec.registry import RULES, SIGNALS
from questscore.model.selector import Selector
from questscore.signals import Count
from unit.codec.whole import SMALL


@pytest.fixture(autouse=True)
def _own_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    for kinds in (SIGNALS, RULES):
        monkeypatch.setattr(kinds, "_known", dict(kinds._known))


def positive(_: object, __: object, value: int) -> None:
    if value <= 0:
        raise ValueError(f"{value} is not positive")


class Colour(enum.StrEnum):
    """An enumeration of texts."""

    RED = "red"


class Size(enum.Enum):
    """An enumeration of numbers."""

    ONE = 1


@attrs.frozen
class Span(SignalDefinition):
    """Days from the first to the newest matching event; fields without converters."""

    kind: ClassVar[str] = "span"
    on: str = attrs.field(default="*", kw_only=True)
    size: int = attrs.field(default=1, kw_only=True, validator=positive)
    share: float | None = attrs.field(default=None, kw_only=True)
    strict: bool = attrs.field(default=False, kw_only=True)
    names: list[str] = attrs.field(factory=list, kw_only=True)
    pair: tuple[int, str] = attrs.field(default=(1, "a"), kw_only=True)
    unit: Duration | None = attrs.field(default=None, kw_only=True)
    which: Selector | None = attrs.field(default=None, kw_only=True)
    mode: Literal["a", "b"] = attrs.field(default="a", kw_only=True)
    colour: Colour | None = attrs.field(default=None, kw_only=True)
    large: Size | None = attrs.field(default=None, kw_only=True)
    since: dt.timedelta | None = attrs.field(default=None, kw_only=True)
    any: Any = attrs.field(default=None, kw_only=True)

    def naive(self, events: object, at: int, context: object) -> float:
        return 0.0


@attrs.frozen
class Flat(Rule):
    """Always the same points."""

    kind: ClassVar[str] = "flat"
    points: float = attrs.field(kw_only=True)

    def naive(self, events: object, values: object, at: int, context: object) -> float:
        return self.points


def with_signal(**fields: object) -> dict[str, object]:
    return {**SMALL, "signals": [{"name": "s", "kind": "span", **fields}]}


def test_a_registered_kind_reads_and_writes_like_a_built_in_one() -> None:
    register(Span)
    register(Flat)
    fields = {
        "on": "login",
        "size": 3,
        "share": 2,
        "strict": True,
        "names": ["a", "b"],
        "pair": [2, "b"],
        "unit": "7d",
        "which": {"on": "pay", "where": "amount > 1"},
        "mode": "b",
        "colour": "red",
        "large": 1,
        "since": "36h",
        "any": {"free": [1]},
    }
    table = {**with_signal(**fields), "rules": [{"name": "f", "kind": "flat", "points": 5}]}
    model = load_model(table)
    assert model.rules == (Flat("f", points=5.0),)
    (signal,) = model.signals
    assert isinstance(signal, Span)
    assert (signal.colour, signal.large, signal.since) == (Colour.RED, Size.ONE, dt.timedelta(hours=36))
    assert (signal.pair, signal.unit, signal.which) == (
        (2, "b"),
        Duration.of("7d"),
        Selector("pay", "amount > 1"),
    )
    assert to_mapping(model) == table
    assert load_model(to_mapping(model)) == model


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"on": 3}, "on"),
        ({"on": ["login"]}, "on"),
        ({"size": 3.7}, "size"),
        ({"size": "3"}, "size"),
        ({"size": True}, "size"),
        ({"share": True}, "share"),
        ({"share": "inf"}, "share"),
        ({"share": float("nan")}, "share"),
        ({"strict": 1}, "strict"),
        ({"strict": "yes"}, "strict"),
        ({"names": "abc"}, "names"),
        ({"names": ["a", 3]}, "names[1]"),
        ({"pair": [1]}, "pair"),
        ({"pair": ["a", 1]}, "pair[0]"),
        ({"unit": "7"}, "unit"),
        ({"which": {"on": "pay", "wher": "x"}}, "which.wher"),
        ({"mode": "c"}, "mode"),
        ({"colour": "blue"}, "colour"),
        ({"large": 2}, "large"),
        ({"since": 36}, "since"),
        ({"sizes": 3}, "sizes"),
        ({"size": -1}, ""),
    ],
)
def test_fields_without_converters_are_read_by_type_and_nothing_is_coerced(
    fields: dict[str, object], where: str
) -> None:
    register(Span)
    with pytest.raises(ModelError) as caught:
        load_model(with_signal(**fields))
    (problem,) = caught.value.problems
    assert problem.where == f"signals[0].{where}".removesuffix(".")
    assert problem.fix


def test_registering_twice_changes_nothing_and_a_clash_is_refused_by_name() -> None:
    assert register(Span) is register(Span)

    @attrs.frozen
    class Other(Span):
        """The same kind again."""

    with pytest.raises(
        ModelError, match=r"Other: the kind 'span' is taken by .*\.Span\n  fix: give it another"
    ):
        register(Other)

    @attrs.frozen
    class Mine(Count):
        """A built-in kind again."""

    with pytest.raises(ModelError, match=r"'count' is taken by questscore.signals.sums.Count"):
        register(Mine)


def _undecorated() -> type:
    class Undecorated(SignalDefinition):
        kind = "x"

        def naive(self, events: object, at: int, context: object) -> float:
            return 0.0

    return Undecorated


def _without_kind() -> type:
    @attrs.frozen
    class WithoutKind(SignalDefinition):
        def naive(self, events: object, at: int, context: object) -> float:
            return 0.0

    return WithoutKind


def _kind_as_field() -> type:
    @attrs.frozen
    class KindAsField(Rule):
        kind: str = attrs.field(default="x", kw_only=True)  # type: ignore[misc]

    return KindAsField


def _without_naive() -> type:
    @attrs.frozen
    class WithoutNaive(Rule):
        kind: ClassVar[str] = "x"

    return WithoutNaive


def _with(name: str, method: object) -> Callable[[], type]:
    """A signal in which one method is another one."""

    def made() -> type:
        body = {"kind": "x", "naive": lambda self, events, at, context: 0.0, name: method}
        return attrs.frozen(type("Odd", (SignalDefinition,), body))

    return made


async def _later(self: object, events: object, at: int, context: object) -> float:
    return 0.0


def _generating(self: object, events: object, at: int, context: object) -> Iterator[float]:
    yield 0.0


def _with_field(hint: object) -> Callable[[], type]:
    """A rule with a field of that type, None: of none."""

    def made() -> type:
        def naive(self: object, events: object, values: object, at: int, context: object) -> float:
            return 0.0

        typed = {} if hint is None else {"size": hint}
        size = attrs.field(default=None, kw_only=True)
        return attrs.frozen(
            type("Odd", (Rule,), {"kind": "x", "naive": naive, "size": size, "__annotations__": typed})
        )

    return made


class Opaque:
    """What no text can become."""


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: int, "int is no SignalDefinition and no Rule"),
        (lambda: Rule, "Rule is no SignalDefinition and no Rule"),
        (lambda: 7, "7 is no SignalDefinition"),
        (lambda: Flat("f", points=1), "is no SignalDefinition"),
        (_undecorated, "is not an attrs class\n  fix: decorate it with @attrs.frozen"),
        (_without_kind, "has no kind\n  fix: write kind: ClassVar"),
        (_kind_as_field, "has a field named 'kind'"),
        (_without_naive, "has no naive definition\n  fix: write naive as Rule asks"),
        (
            _with("naive", lambda self, events, at: 0.0),
            "another signature: naive.*fix: write def naive.self, ev",
        ),
        (_with("naive", lambda self, events, at, context, more: 0.0), "has a naive with another signature"),
        (_with("naive", staticmethod(lambda events, at, context: 0.0)), "naive that is no plain method"),
        (_with("naive", _later), "naive that does not return its result at once"),
        (_with("naive", _generating), "naive that does not return its result at once"),
        (_with("lower", lambda self: 0.0), "lower with another signature.*fix: write def lower.self, plan"),
        (_with("follow", lambda self, track, more: 0.0), "follow with another signature"),
        (_with("follow", 7), "has a follow that is no plain method"),
        (_with_field(None), "a field 'size' without a type\n  fix: annotate size, or give it a converter"),
        (_with_field(Opaque), "'size' that cannot be read from text: nothing makes a Opaque"),
        (_with_field(list[Opaque] | None), "nothing makes a Opaque"),
        (_with_field(bytes), "nothing makes a bytes"),
        (_with_field(Callable[[int], int]), "cannot be read from text"),
        (_with_field("NoSuchName"), "whose type 'NoSuchName' cannot be looked up"),
    ],
)
def test_what_is_no_kind_is_refused_with_the_reason(made: Any, says: str) -> None:
    with pytest.raises(ModelError, match="(?s)" + says.replace("(", r"\(")):
        register(made())


# -- packages -------------------------------------------------------------------------------------

PLUGIN = """
import attrs
from typing import ClassVar
from questscore import Rule, SignalDefinition

@attrs.frozen
class Days(SignalDefinition):
    kind: ClassVar[str] = "days"
    def naive(self, events, at, context):
        return 1.0

@attrs.frozen
class Bonus(Rule):
    kind: ClassVar[str] = "bonus"
    def naive(self, events, values, at, context):
        return 1.0
"""
POINTS = """
[questscore.signals]
days = questscore_days:Days
misnamed = questscore_days:Days
sum = questscore_days:no_such_thing
broken = questscore_broken:Days
[questscore.rules]
bonus = questscore_days:Bonus
days = questscore_days:Days
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package with kinds, and one that breaks when it is imported."""
    (tmp_path / "questscore_days.py").write_text(PLUGIN)
    (tmp_path / "questscore_broken.py").write_text("raise RuntimeError('out of order')")
    info = tmp_path / "questscore_days-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: questscore-days\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop("questscore_days", None)


def test_a_package_is_imported_when_a_model_names_its_kind(packages: Path) -> None:
    load_model({**SMALL, "signals": [{"name": "c", "kind": "count", "on": "a"}]})
    assert "questscore_days" not in sys.modules
    signals = [{"name": "d", "kind": "days"}]
    model = load_model({**SMALL, "signals": signals, "rules": [{"name": "b", "kind": "bonus"}]})
    assert [type(part).__name__ for part in (*model.signals, *model.rules)] == ["Days", "Bonus"]
    assert to_mapping(model)["signals"] == signals


def test_the_schema_names_what_packages_bring_and_imports_none_of_it(packages: Path) -> None:
    table = {**SMALL, "signals": [{"name": "d", "kind": "days"}], "rules": [{"name": "b", "kind": "bonus"}]}
    checker = jsonschema.Draft202012Validator(schema())
    assert "questscore_days" not in sys.modules
    assert checker.is_valid(table)
    assert not checker.is_valid({**table, "signals": [{"name": "d", "kind": "dayz"}]})
    load_model(table)
    checker = jsonschema.Draft202012Validator(schema())
    assert checker.is_valid(table)
    assert not checker.is_valid({**table, "signals": [{"name": "d", "kind": "days", "more": 1}]})


def test_a_package_that_fails_is_a_located_error(packages: Path) -> None:
    """And the kinds of packages are among those that are offered."""
    kinds = ["broken", "sum", "misnamed", "dayss"]
    with pytest.raises(ModelError) as caught:
        load_model(
            {
                **SMALL,
                "signals": [{"name": kind, "kind": kind} for kind in kinds],
                "rules": [{"name": "r", "kind": "days"}],
            }
        )
    found = {problem.where: problem.what for problem in caught.value.problems}
    assert set(found) == {*(f"signals[{i}].kind" for i in range(4)), "rules[0].kind"}
    assert "questscore_broken:Days cannot be used: RuntimeError: out of order" in found["signals[0].kind"]
    assert "AttributeError" in found["signals[1].kind"]
    assert "not a SignalDefinition of kind 'misnamed'" in found["signals[2].kind"]
    assert "the nearest is 'days'" in found["signals[3].kind"]
    assert "not a Rule of kind 'days'" in found["rules[0].kind"]


def test_a_kind_that_two_packages_bring_is_refused(packages: Path) -> None:
    info = packages / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[questscore.signals]\ndays = other:Days\n")
    importlib.invalidate_caches()
    with pytest.raises(ModelError, match="'days' is brought by other:Days and by questscore_days:Days"):
        load_model({**SMALL, "signals": [{"name": "d", "kind": "days"}]})
