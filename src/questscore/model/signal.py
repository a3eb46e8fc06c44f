"""SignalDefinition: the base of every signal kind, and what its definition may ask for.

Lives here: the base class and the `Context` protocol. No kind is known here.
Lives elsewhere: the kinds (signals), their evaluation (reference, engine).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol

from attrs import field, frozen

from questscore.language import Expression, Value
from questscore.model.definition import Definition, names, optional_expression, optional_span, scope, text
from questscore.model.event import Event
from questscore.model.selector import Selector
from questscore.model.time import EARLIEST, Calendar, Duration, Span


class Context(Protocol):
    """What a definition may ask for beside the events: the calendar, other signals, the members.

    One context belongs to one subject, or to one user in one account for member signals.
    """

    @property
    def calendar(self) -> Calendar:
        """The model's time zone and week start."""

    @property
    def timezone(self) -> str:
        """The model's IANA time zone."""

    @property
    def week_start(self) -> str:
        """``"monday"`` to ``"sunday"``."""

    def matching(self, events: Sequence[Event], selector: Selector | str | Sequence[str]) -> list[Event]:
        """Those of ``events`` that the selector (or name, or names) selects, in their order."""

    def signal(self, name: str, at: int) -> Value:
        """Another signal as of ``at``; from a member, an unscoped signal is the account's."""

    def members(self, at: int) -> Sequence[Context]:
        """The contexts of the users with an event in this account at or before ``at``."""

    def scored(self, model: object, at: int) -> float | None:
        """The scaled score of another model on this context's events, None when unknown or no event."""

    def reset(self, at: int) -> int | None:
        """The last instant at or before ``at`` at which this model's points were reset."""


@frozen
class SignalDefinition(Definition):
    """A named number (or, for some kinds, text) for a subject at an instant.

    Subclass it with ``attrs.frozen``, give it a ``kind``, say the parameters as fields and write
    `naive`. A kind may also have a ``lower(plan)`` and a ``follow(track)``, which make it fast.

    A kind that has `naive` alone may say ``moves_with_time: ClassVar[bool] = False``: its value depends on
    the events it is given and on nothing else, neither the instant nor other signals nor members. Then it is
    not asked again until there is a new event.

    A kind may say ``over_members: ClassVar[bool] = True``: what it reads are signals with ``scope="member"``,
    of each of an account's members, as a rollup does.

    Args:
        name: What rules and expressions call it.
        offset: The value as of that long ago, or as of just before the current period began.
        scope: ``"member"``: the value for one user, over that user's events in the account.
    """

    kind: ClassVar[str] = ""
    moves_with_time: ClassVar[bool] = True
    over_members: ClassVar[bool] = False

    name: str = field(converter=text)
    offset: Span | None = field(default=None, converter=optional_span, kw_only=True)
    scope: Literal["member"] | None = field(default=None, converter=scope, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        """The definition.

        Args:
            events: One subject's events at or before ``at``, in canonical order, no reserved ones. Neither
                they nor their properties can be changed.
            at: The instant, already shifted by ``offset``; microseconds.
            context: Calendar, other signals, members.

        Returns:
            A finite number, a text, or None (or NaN) when the value is missing.
        """
        raise NotImplementedError(f"{type(self).__name__} has no naive definition")

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        """The selectors it has, each with its place (``"steps[1]"``; ``""`` for its own ``on``)."""
        return ()

    def properties(self) -> tuple[str, ...]:
        """The properties it reads, beside those of its selectors' conditions."""
        return ()

    def reads(self) -> tuple[tuple[str, str], ...]:
        """The signals it reads: (name, the field that names it)."""
        return ()


@frozen
class SelectedSignal(SignalDefinition):
    """Base of the kinds with one selector.

    Args:
        on: An event name, a list of them, or ``"*"`` (every name that is not reserved).
        where: A condition over the event's properties, or None.
    """

    on: tuple[str, ...] = field(converter=names, kw_only=True)
    where: Expression | None = field(default=None, converter=optional_expression, kw_only=True)

    @property
    def selector(self) -> Selector:
        """Which events it is about."""
        return Selector(self.on, self.where)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("", self.selector),)


def shifted(at: int, offset: Span | None, calendar: Calendar) -> int:
    """The instant that a signal with this offset looks at when it is read at ``at``."""
    if offset is None:
        return at
    if isinstance(offset.length, Duration):
        return max(at - offset.length.us, EARLIEST)
    return calendar.start(offset.length, calendar.index(offset.length, at)) - 1


def inside(time: int, at: int, window: Span | None, calendar: Calendar) -> bool:
    """Whether an event at ``time`` <= ``at`` lies in the window that ends at ``at``."""
    if window is None:
        return True
    if isinstance(window.length, Duration):
        return time > at - window.length.us
    return calendar.index(window.length, time) == calendar.index(window.length, at)
