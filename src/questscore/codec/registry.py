"""Kinds by name: the built-in ones, those a host registers, those an installed package brings.

Lives here: `register`, and finding the class that a model file means by its ``kind``.
Lives elsewhere: the kinds (signals, rules), what they must be (admission), reading their fields (structure).

A package brings a kind as an entry point of the group ``questscore.signals`` or ``questscore.rules``
whose name is the kind. What is installed is looked up when a model names a kind that is not known yet, and
only that kind is imported: a built-in kind, and one that the host registered, stand whatever packages bring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from questscore import rules, signals
from questscore.codec.admission import refusal
from questscore.errors import ModelError, nearest
from questscore.model.plugin import passes
from questscore.model.rule import Rule
from questscore.model.signal import SignalDefinition

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T", bound=SignalDefinition | Rule)
C = TypeVar("C", bound=type[Any])


class Kinds(Generic[T]):
    """The classes of one sort of part, by their ``kind``.

    Args:
        base: What they all are.
        group: The group of entry points that brings more.
        known: The ones there are from the start.

    >>> SIGNALS.find("count").__name__
    'Count'
    """

    def __init__(self, base: type[T], group: str, known: Iterable[type[T]]) -> None:
        self.base = base
        self.group = group
        self._known: dict[str, type[T]] = {kind.kind: kind for kind in known}

    def __iter__(self) -> Iterator[type[T]]:
        return iter(tuple(self._known.values()))

    def add(self, cls: type[T]) -> None:
        """One more kind; a `ModelError` when another class has that name."""
        other = self._known.setdefault(cls.kind, cls)
        if other is not cls:
            raise ModelError(
                f"the kind {cls.kind!r} is taken by {other.__module__}.{other.__qualname__}",
                where=cls.__qualname__,
                fix="give it another kind",
            )

    def find(self, kind: object) -> type[T]:
        """The class of that kind, imported from the package that brings it when need be."""
        if isinstance(kind, str):
            if kind not in self._known:
                self._bring(kind)
            if kind in self._known:
                return self._known[kind]
        known = sorted({*self._known, *(point.name for point in self._points())})
        near = nearest(kind, known) if isinstance(kind, str) else None
        raise ModelError(
            f"{kind!r} is not a known kind" + (f"; the nearest is {near!r}" if near else ""),
            where="kind",
            fix=f"write {near!r}" if near else f"write one of {', '.join(map(repr, known))}",
        )

    @contextmanager
    def lent(self, cls: type[T]) -> Iterator[None]:
        """While inside, a class stands for its kind, registered or not."""
        before = dict(self._known)
        self._known[cls.kind] = cls
        try:
            yield
        finally:
            self._known = before

    def brought(self) -> tuple[str, ...]:
        """The kinds that installed packages bring and that no model has named yet; none is imported."""
        return tuple(sorted({point.name for point in self._points()} - set(self._known)))

    def _points(self) -> tuple[EntryPoint, ...]:
        from importlib.metadata import entry_points

        return tuple(entry_points(group=self.group))

    def _bring(self, kind: str) -> None:
        found = {point.value: point for point in self._points() if point.name == kind}
        if len(found) > 1:
            what = f"{kind!r} is brought by {' and by '.join(sorted(found))}"
            raise ModelError(what, where="kind", fix="uninstall one of the packages")
        for value, point in found.items():
            try:
                cls = point.load()
                if not (isinstance(cls, type) and issubclass(cls, self.base) and cls.kind == kind):
                    raise ModelError(f"it is not a {self.base.__name__} of kind {kind!r}")
                register(cls)
            except BaseException as error:  # whatever a stranger's module raises
                if passes(error):
                    raise
                what = f"the plugin {value} cannot be used: {type(error).__name__}: {error}"
                raise ModelError(what, where="kind", fix="update the package that brings it") from error


SIGNALS: Kinds[SignalDefinition] = Kinds(SignalDefinition, "questscore.signals", signals.KINDS)
RULES: Kinds[Rule] = Kinds(Rule, "questscore.rules", rules.KINDS)


def register(kind: C) -> C:
    """Makes a signal or rule kind known to model files, under the text in its ``kind``.

    Objects need no registering: any kind may be passed to a `ScoreModel` at once.

    Args:
        kind: A subclass of `SignalDefinition` or `Rule`, decorated with ``attrs.frozen``, with a ``kind``
            of its own and a ``naive``, whose fields can be read from text. Registering a class again changes
            nothing.

    Returns:
        The class, so that this is a decorator too.

    Raises:
        ModelError: What it lacks, by name.

    >>> register(signals.Count).kind
    'count'
    """
    name = getattr(kind, "__qualname__", repr(kind))
    if (found := refusal(kind)) is not None:
        what, fix = found
        raise ModelError(f"{name} {what}", where=name, fix=fix)
    if issubclass(kind, SignalDefinition):
        SIGNALS.add(kind)
    elif issubclass(kind, Rule):
        RULES.add(kind)
    return kind
