"""A model and its text are one thing, in every format and for every kind and option."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questscore import (
    Active,
    ConditionRule,
    Count,
    EventRule,
    Funnel,
    Level,
    Levels,
    Limit,
    ModelError,
    ScoreModel,
    ScoreOf,
    Since,
    TierRule,
)
from questscore.codec import dump_model, load_model, to_mapping
from questscore.codec.fields import fields
from questscore.model.time import instant
from questscore.rules import KINDS as RULES
from questscore.signals import KINDS
from support.cases import random_case
from unit.codec.whole import SMALL, WHOLE, Table, found_models, variants

SUFFIXES = (".toml", ".json", ".yaml", ".yml")

SPEC_TOML = """
name = "task-app"
version = "3"
subject = "account"
timezone = "Europe/Paris"

[[signals]]
name = "logins_7d"
kind = "count"
on = "login"
window = "7d"

[[signals]]
name = "idle_days"
kind = "since"
on = "login"

[[rules]]
name = "created a task"
on = "task_created"
points = 50
half_life = "30d"

[[rules]]
name = "uses it often"
when = "logins_7d > 5"
points = 150

[[rules]]
name = "monthly login"
on = "login"
points = 30
limit = { count = 1, every = "month" }

[[levels]]
name = "100+"
at_least = 100
"""
SPEC_OBJECT = ScoreModel(
    "task-app",
    version="3",
    subject="account",
    timezone="Europe/Paris",
    signals=[Count("logins_7d", on="login", window="7d"), Since("idle_days", on="login")],
    rules=[
        EventRule("created a task", on="task_created", points=50, half_life="30d"),
        ConditionRule("uses it often", when="logins_7d > 5", points=150),
        EventRule("monthly login", on="login", points=30, limit=Limit(count=1, every="month")),
    ],
    levels=Levels(Level("100+", at_least=100)),
)


def through(model: ScoreModel, path: Path) -> ScoreModel:
    """The model after it was written to a file and read."""
    dump_model(model, path)
    return load_model(path)


def test_text_and_objects_are_one_thing(tmp_path: Path) -> None:
    """The model of the contract, written both ways."""
    path = tmp_path / "task-app.toml"
    path.write_text(SPEC_TOML, encoding="utf-8")
    assert load_model(path) == load_model(str(path)) == SPEC_OBJECT


def test_the_whole_model_holds_every_kind_and_field() -> None:
    """So that what follows leaves nothing out."""
    kinds = {kind.kind: set[str]() for kind in KINDS}
    for signal in WHOLE["signals"]:
        kinds[signal["kind"]] |= set(signal)
    assert all(kinds.values())
    assert set().union(*map(set, WHOLE["rules"])) == {
        *(key for kind in RULES for key in fields(kind)),
    }


@pytest.mark.parametrize("table", variants(), ids=lambda table: str(table.get("scale", table["name"])))
def test_a_table_without_defaults_comes_back_as_it_was(table: Table) -> None:
    """`to_mapping` writes what a person would have written."""
    assert to_mapping(load_model(table)) == table


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("table", variants(), ids=lambda table: str(table.get("scale", table["name"])))
def test_every_format_keeps_every_model(table: Table, suffix: str, tmp_path: Path) -> None:
    model = load_model(table)
    assert through(model, tmp_path / f"m{suffix}") == model


def test_models_of_others_come_back_equal() -> None:
    """The conformance models and the benchmark's, as tables; text is stable after one turn."""
    for table in found_models():
        model = load_model(table)
        text = to_mapping(model)
        assert load_model(text) == model
        assert to_mapping(load_model(text)) == text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_models_of_others_come_back_equal_from_files(suffix: str, tmp_path: Path) -> None:
    for table in found_models()[:: 20 if suffix != ".json" else 4]:
        model = load_model(table)
        assert through(model, tmp_path / f"m{suffix}") == model


@pytest.mark.parametrize("seed", range(40))
def test_random_models_come_back_equal(seed: int, tmp_path: Path) -> None:
    model = load_model(random_case(Random(seed)).model)
    assert load_model(to_mapping(model)) == model
    suffix = SUFFIXES[seed % len(SUFFIXES)]
    assert through(model, tmp_path / f"m{suffix}") == model


LINE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)
WORDS = """yes no on off y N true True null ~ 1 01 0x1f 1e3 .5 1_000 12:30:45 2026-03-01 <<
= - ? : # & * ! | > % @ ` {a} [a] .inf .NaN 0o17 +1 '' " """
LINES = ("a: b", "- a", "a #b", " a ", "a\nb", "\ta", "é", "a\u2028b", "a\x85", "\ufeffa", "\x7f", "a\r\nb")
TRAPS = st.sampled_from([*WORDS.split(), *LINES])


@settings(max_examples=50, deadline=None)
@given(name=LINE | TRAPS, event=LINE | TRAPS, suffix=st.sampled_from(SUFFIXES))
def test_any_name_survives_every_format(
    name: str, event: str, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a text looks like to a format, it stays that text."""
    rule = EventRule(name, on=[f"{event}2", f"{event}3"], where="prop('x') == 'y'", points=5)
    model = ScoreModel(name, version=event, subject="user", rules=[rule], events={event: ("x", name)})
    assert through(model, tmp_path_factory.getbasetemp() / f"any{suffix}") == model


NUMBERS = st.floats(-(2**53), 2**53) | st.integers(-(2**53), 2**53)


@settings(max_examples=50, deadline=None)
@given(low=NUMBERS, share=st.floats(0, 1e6), suffix=st.sampled_from(SUFFIXES))
def test_any_number_survives_every_format(
    low: float, share: float, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """To the last bit, shares of a margin too."""
    rule = TierRule("t", signal="n", tiers=[(low, low)], mode="highest")
    margin = f"{share!r}%"
    model = ScoreModel("m", subject="user", signals=[Count("n", on="*")], rules=[rule], margin=margin)
    assert through(model, tmp_path_factory.getbasetemp() / f"number{suffix}") == model


def test_what_is_as_it_would_be_anyway_is_left_out() -> None:
    rule = {"name": "r", "on": ["login"], "points": 5.0, "limit": [{"count": 1}], "window": "2w"}
    table = {**SMALL, "version": "1", "timezone": "UTC", "levels": [], "below": "base", "rules": [rule]}
    assert to_mapping(load_model(table)) == {
        **SMALL,
        "rules": [{"name": "r", "on": "login", "points": 5, "window": "14d", "limit": {"count": 1}}],
    }


def test_names_come_first_and_what_all_kinds_share_comes_last() -> None:
    """A person finds what a table is before how it is bounded."""
    table = to_mapping(load_model(WHOLE))
    assert list(table)[:3] == ["name", "version", "subject"]
    assert list(table["signals"][0]) == ["name", "kind", "on", "window", "half_life", "offset"]
    assert list(table["rules"][0])[-3:] == ["minimum", "maximum", "group"]


def test_dates_of_toml_are_dates_and_instants(tmp_path: Path) -> None:
    """A date is its local midnight, a time needs its offset."""
    path = tmp_path / "dates.toml"
    rule = 'name = "a"\nsubject = "user"\n[[rules]]\nname = "r"\non = "x"\npoints = 1\n'
    path.write_text(rule + "active = { from = 2026-03-01, until = 2026-04-01T00:00:00+02:00 }\n")
    (read,) = load_model(path).rules
    assert isinstance(read, EventRule)
    assert read.active == Active(dt.date(2026, 3, 1), instant("2026-03-31T22:00:00Z"))
    path.write_text(rule + "active = { from = 2026-03-01T00:00:00 }\n")
    with pytest.raises(ModelError, match=r"rules\[0\].active.from"):
        load_model(path)
    path.write_text(rule + "active = { from = 00:00:00 }\n")
    with pytest.raises(ModelError, match=r"rules\[0\].active.from"):
        load_model(path)


def test_objects_may_stand_in_a_table() -> None:
    """A table made in Python may hold ready parts and lengths of time."""
    inner = ScoreModel("inner", subject="user")
    rule = EventRule("r", on="x", points=1)
    signal = {"name": "s", "kind": "score", "model": inner}
    steps: list[Any] = ["a", ("b", "c")]
    funnel = Funnel("f", steps=steps, within=dt.timedelta(days=2))
    made = load_model({"name": "m", "subject": "user", "signals": [signal, funnel], "rules": [rule]})
    assert made == ScoreModel("m", subject="user", signals=[ScoreOf("s", model=inner), funnel], rules=[rule])
    assert load_model(to_mapping(made)) == made


def test_parts_of_a_second_have_a_text_form() -> None:
    rule = EventRule("r", on="x", points=1, cooldown=dt.timedelta(milliseconds=1500))
    made = ScoreModel("m", subject="user", rules=[rule])
    assert to_mapping(made)["rules"][0]["cooldown"] == "1500ms"
    assert load_model(to_mapping(made)) == made


def test_only_a_model_has_a_text_form() -> None:
    with pytest.raises(ModelError, match="no ScoreModel"):
        to_mapping(WHOLE)  # type: ignore[arg-type]


def test_a_model_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    """Nothing is written that `load_model` refuses for its size."""
    rules = [EventRule(f"r{i}", on="x", points=1) for i in range(4000)]
    path = tmp_path / "large.json"
    with pytest.raises(ModelError, match="10,000 values"):
        dump_model(ScoreModel("m", subject="user", rules=rules), path)
    nested = f"max({', '.join(['a.b.c.d.e.f.g.h'] * 40)})"
    assert nested.count(".") > 256
    model = ScoreModel("m", subject="user", rules=[EventRule("r", on="x", points=nested)])
    with pytest.raises(ModelError, match=r"(?s)dots.*JSON or YAML"):
        dump_model(model, tmp_path / "large.toml")
    assert not list(tmp_path.iterdir())
    assert through(model, path) == model


def test_a_file_is_written_by_its_suffix(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"\.toml, \.json, \.yaml, \.yml"):
        dump_model(SPEC_OBJECT, tmp_path / "model.txt")
    dump_model(SPEC_OBJECT, tmp_path / "model.TOML")
    assert (tmp_path / "model.TOML").read_text() == SPEC_TOML.removeprefix("\n")


@pytest.mark.parametrize("path", ["no/such/directory/model.toml", "a\0.json", 5, None])
def test_what_cannot_be_written_is_a_model_error(path: Any, tmp_path: Path) -> None:
    target = tmp_path / path if isinstance(path, str) else path
    with pytest.raises(ModelError) as caught:
        dump_model(SPEC_OBJECT, target)
    assert caught.value.problems[0].fix
