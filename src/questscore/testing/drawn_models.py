"""Models drawn by Hypothesis: every built-in kind of signal, rule and scale, with every option.

Lives here: the strategy, which puts parts together that fit.
Lives elsewhere: the parts (drawn_parts), events and histories (strategies).
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

import questscore.testing.drawn_parts as parts
from questscore.codec.parts import READER
from questscore.model.rule import Rule
from questscore.model.score_model import ScoreModel
from questscore.model.signal import SignalDefinition
from questscore.testing.drawn_parts import OVER_EVENTS, TEXTS, Table, Words
from questscore.testing.vocabulary import NAMES, PROPERTIES, Values

EVALUATE = ("day", "week", "month", "continuous")


@st.composite
def models(
    draw: st.DrawFn,
    *,
    names: Sequence[str] = NAMES,
    properties: Values = PROPERTIES,
    subject: str | None = None,
    kinds: Sequence[str] = OVER_EVENTS,
    signals: Sequence[st.SearchStrategy[SignalDefinition]] = (),
    rules: Sequence[st.SearchStrategy[Rule]] = (),
    evaluate: Sequence[str] = EVALUATE,
    composed: bool = True,
) -> ScoreModel:
    """A valid model of any built-in kinds and options; it shrinks to the parts that matter.

    Args:
        draw: Hypothesis gives it.
        names: The events it is about.
        properties: What it reads of them: name to values, of one type each.
        subject: ``"user"`` or ``"account"``; by default either.
        kinds: The kinds of signals over events to choose from.
        signals, rules: Strategies of signals and rules of your own, one of each of which is in every model;
            numeric signals, which formulas, rules and levels then read too.
        evaluate: When levels are looked at, one of these.
        composed: Whether there may be formulas, member signals with rollups, and the scores of other models.

    >>> from hypothesis import given, settings
    >>> @settings(max_examples=5, database=None)
    ... @given(models(subject="user"))
    ... def holds(model):
    ...     assert model.subject == "user"
    >>> holds()
    """
    words = parts.words(tuple(names), tuple((name, tuple(values)) for name, values in properties.items()))
    scored = draw(st.sampled_from(["user", "account"])) if subject is None else subject
    listed: list[object] = [draw(strategy) for strategy in signals]
    numbers = [signal.name for signal in listed if isinstance(signal, SignalDefinition)]
    tables = _numbered("s", draw(words.several(tuple(kinds))))
    if composed and scored == "account":
        tables += draw(_members(words, tuple(kinds)))
    if composed and draw(st.integers(0, 9)) == 9:
        inner = models(names=names, properties=properties, subject=scored, kinds=kinds, composed=False)
        tables.append({"name": "other", "kind": "score", "model": draw(inner)})
    numbers += [str(t["name"]) for t in tables if "scope" not in t and t["kind"] not in TEXTS]
    if composed and numbers and draw(_EITHER):
        tables.append({"name": "f", "kind": "formula", "expr": draw(parts.over(tuple(numbers)))})
        numbers.append("f")
    groups = _numbered("g", draw(parts.GROUPS))
    paying = [words.event_rule, *([parts.signal_rule(tuple(numbers))] if numbers else [])]
    made = _numbered("r", draw(st.lists(st.one_of(paying), max_size=4)))
    for rule in made if groups else []:
        if draw(_EITHER):
            rule["group"] = draw(st.sampled_from(groups))["name"]
    table: Table = {
        "name": "drawn",
        "subject": scored,
        "signals": [*listed, *tables],
        "rules": [*(draw(strategy) for strategy in rules), *made],
        "groups": groups,
        "levels": draw(_levels(tuple(numbers))),
    }
    table |= draw(parts.WHOLE)
    if table["levels"]:
        table |= draw(parts.kept(tuple(evaluate)))
    return READER.structure(table, ScoreModel)


_EITHER = st.booleans()


def _numbered(prefix: str, tables: Sequence[Table]) -> list[Table]:
    return [{"name": f"{prefix}{number}", **table} for number, table in enumerate(tables)]


@st.composite
def _members(draw: st.DrawFn, words: Words, kinds: Sequence[str]) -> list[Table]:
    """Member signals, and rollups of them."""
    numeric = tuple(kind for kind in kinds if kind not in TEXTS) or ("count",)
    found = _numbered("m", draw(words.several(numeric)))
    rolled: list[Table] = [
        {"name": f"of_{table['name']}", "kind": "rollup", "of": table["name"], "by": draw(parts.BY)}
        for table in found
    ]
    return [*(table | {"scope": "member"} for table in found), *rolled]


@st.composite
def _levels(draw: st.DrawFn, numbers: tuple[str, ...]) -> list[Table]:
    found: list[Table] = [{"name": f"from {start}", "at_least": start} for start in draw(parts.STARTS)]
    if found and numbers and draw(_EITHER):
        special: Table = {"name": "special", "when": draw(parts.condition(numbers))}
        found.insert(draw(st.integers(0, len(found))), special)
    return found
