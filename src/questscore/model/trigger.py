"""Triggers and audiences: what a host wants to hear about.

Lives here: their vocabulary.
Lives elsewhere: when they fire and who is in.
"""

from __future__ import annotations

from typing import Literal, cast

from attrs import field, frozen

from questscore.errors import ModelError
from questscore.language import Expression
from questscore.model.definition import (
    Definition,
    expression,
    one_of,
    optional_expression,
    optional_text,
    text,
)
from questscore.model.time import Duration

INSIDE, OUTSIDE = "inside", "outside"
"""Where a subject stands to an audience."""
On = Literal["enter", "leave", "rise", "fall"]
Status = Literal["draft", "active"]
Rearm = Literal["always", "once"] | Duration


def _on(value: On) -> On:
    return cast(On, one_of(value, ("enter", "leave", "rise", "fall")))


def _status(value: Status) -> Status:
    return cast(Status, one_of(value, ("draft", "active")))


def _rearm(value: Rearm | str) -> Rearm:
    if value in ("always", "once"):
        return cast(Rearm, value)
    try:
        return Duration.of(value)
    except ModelError as error:
        raise ModelError(error.problems[0].what, fix="write 'always', 'once' or a duration") from None


def _flag(value: bool) -> bool:
    if not isinstance(value, bool):
        raise ModelError(f"{value!r} is neither true nor false", fix="write true or false")
    return value


@frozen
class Trigger(Definition):
    """An action to take when a subject changes its level or joins or leaves an audience.

    Args:
        name: What it is called.
        on: ``enter``, ``leave``, ``rise`` (from below it to it or higher) or ``fall``.
        level: The level it watches; or
        audience: the audience it watches (``enter`` and ``leave`` only).
        action: What the host has registered a handler for.
        status: A ``draft`` records what it would have done and does nothing.
        rearm: ``always``, ``once``, or a pause since its last firing for that subject.
        notify: Whether the host tells its own people.
    """

    name: str = field(converter=text)
    on: On = field(default="enter", converter=_on, kw_only=True)
    level: str | None = field(default=None, converter=optional_text, kw_only=True)
    audience: str | None = field(default=None, converter=optional_text, kw_only=True)
    action: str = field(converter=text, kw_only=True)
    status: Status = field(default="draft", converter=_status, kw_only=True)
    rearm: Rearm = field(default="always", converter=_rearm, kw_only=True)
    notify: bool = field(default=True, converter=_flag, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.level is None) == (self.audience is None):
            what = "neither" if self.level is None else "both"
            raise ModelError(
                f"names {what} of a level and an audience", where="level", fix="name exactly one"
            )
        if self.audience is not None and self.on in ("rise", "fall"):
            raise ModelError(
                f"an audience has no ranks to {self.on} through", where="on", fix="write 'enter' or 'leave'"
            )


@frozen
class Audience(Definition):
    """A named set of subjects: in while ``enter`` holds or, with ``leave``, from ``enter`` until ``leave``.

    Args:
        name: What it is called.
        enter: A condition over signals, ``score`` and ``level``.
        leave: The same, or None.
    """

    name: str = field(converter=text)
    enter: Expression = field(converter=expression)
    leave: Expression | None = field(default=None, converter=optional_expression)
