"""Words for small hand-computed cases, each answered twice: by the definition and by the engine.

Lives here: short ways to write instants, events and models, and `both`, which insists on one answer.
Lives elsewhere: the numbers (the tests of each kind), random cases (``tests/laws``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, cast

import questscore
from questscore import Event, Rule, Score, ScoreModel, SignalDefinition, reference
from questscore.language import Value
from questscore.model.time import instant
from support.compare import differences, plain

ADA = "ada"
ACME = "acme"


def t(text: str) -> int:
    """Epoch microseconds of ``"2026-03-01"``, ``"2026-03-01T09:30"`` (UTC) or a time with an offset."""
    if "T" not in text:
        return instant(f"{text}T00:00Z")
    return instant(text if dt.datetime.fromisoformat(text).tzinfo else f"{text}Z")


def ev(
    name: str,
    when: str | int,
    *,
    user: str | None = ADA,
    account: str | None = ACME,
    id: str | None = None,
    **properties: Any,
) -> Event:
    """Something that happened; by Ada of Acme unless told."""
    moment = t(when) if isinstance(when, str) else when
    return Event(name, moment, user=user, account=account, properties=properties, id=id)


def adjust(when: str, amount: object = None, **properties: Any) -> Event:
    """Points by hand."""
    return ev("questscore.adjust", when, points=amount, **properties)


def reset(when: str, amount: object = None, **properties: Any) -> Event:
    """What was earned so far is void."""
    return ev("questscore.reset", when, points=amount, **properties)


def a_model(
    signals: Sequence[SignalDefinition] = (),
    rules: Sequence[Rule] = (),
    *,
    subject: str = "user",
    name: str = "a model",
    **fields: Any,
) -> ScoreModel:
    """A model of these signals and rules; of users unless told."""
    return ScoreModel(name, subject=cast(Any, subject), signals=signals, rules=rules, **fields)


def both(model: ScoreModel, events: Iterable[Event], at: str | int) -> dict[str, Score]:
    """The scores by subject, computed twice: the definition and the engine must give one answer."""
    events = list(events)
    moment = t(at) if isinstance(at, str) else at
    defined = reference.score(model, events, moment)
    found = questscore.score(model, events, moment).to_dicts()
    lines = differences(found, plain(defined))
    assert not lines, "\n".join(lines)
    return defined


def signal(definition: SignalDefinition, events: Iterable[Event], at: str | int, **fields: Any) -> Value:
    """The value of a signal for Ada."""
    return both(a_model([definition], **fields), events, at)[ADA].signals[definition.name]


def points(rule: Rule, events: Iterable[Event], at: str | int, **fields: Any) -> float | None:
    """What a rule pays Ada."""
    return both(a_model(fields.pop("signals", ()), [rule], **fields), events, at)[ADA].points[rule.name]


def scored(model: ScoreModel, events: Iterable[Event], at: str | int) -> Score:
    """The score of the only subject."""
    (found,) = both(model, events, at).values()
    return found
