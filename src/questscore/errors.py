"""Every error of questscore: where it is, what was found, and what to do about it.

Lives here: the exception classes and the `Problem` they carry.
Lives elsewhere: finding the problems. A layer raises with the bare field name and each layer
above adds its own part with `ModelError.under`, so that the reader sees ``rules[3].when``.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice

from attrs import evolve, frozen


@frozen
class Problem:
    """One thing that is wrong: ``where`` it is, ``what`` was found, and the ``fix``."""

    where: str
    what: str
    fix: str = ""

    def under(self, prefix: str) -> Problem:
        """The same problem seen from one layer further out: ``when`` becomes ``rules[3].when``."""
        joint = "" if not self.where or self.where.startswith("[") else "."
        return evolve(self, where=f"{prefix}{joint}{self.where}")

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  fix: {self.fix}" if self.fix else head


def veiled(value: object) -> str:
    """What a value is, without the value: what events hold is told to no log.

    >>> veiled("ada"), veiled(5), veiled(None)
    ('a text of 3 characters', 'a value of type int', 'None')
    """
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"a text of {len(value):,} character{'s' * (len(value) != 1)}"
    return f"a value of type {type(value).__name__}"


class QuestscoreError(Exception):
    """The parent of every error that questscore raises on purpose."""


class _Located(QuestscoreError, ValueError):
    """An error that is a list of problems, each with its place and its fix.

    >>> error = ModelError("unknown name 'login_7d'", where="when", fix="write 'logins_7d'")
    >>> print(error.under("rules[3]"))
    rules[3].when: unknown name 'login_7d'
      fix: write 'logins_7d'
    """

    def __init__(
        self,
        what: str | Iterable[Problem],
        *,
        where: str = "",
        fix: str = "",
        source: str = "",
    ) -> None:
        if isinstance(what, str):
            self.problems: tuple[Problem, ...] = (Problem(where, what, fix),)
        else:
            self.problems = tuple(what)
        self.source = source
        super().__init__(str(self))

    def under(self, prefix: str) -> _Located:
        """A copy whose problems stand below ``prefix``."""
        return type(self)((p.under(prefix) for p in self.problems), source=self.source)

    def from_source(self, source: str) -> _Located:
        """A copy that names the file it came from."""
        return type(self)(self.problems, source=source)

    def __str__(self) -> str:
        lead = f"{self.source}: " if self.source else ""
        return "\n".join(f"{lead}{problem}" for problem in self.problems)


class ModelError(_Located):
    """A model that cannot mean anything; all of its problems at once, in ``problems``."""


class EventError(_Located):
    """A source of events that cannot be read as such, or an event that cannot be one."""


class SnapshotError(_Located):
    """State that cannot be saved or read back: damaged, of a later version, or refused by the system."""


class PluginError(_Located):
    """A kind that questscore did not bring has failed: it raised, or gave what no signal or rule may give.

    ``where`` names the signal or rule, the text says for which ``subject`` where that is known, and what the
    plugin raised is the ``__cause__``.
    """

    told = False
    """Whether it names a plugin that failed; a plugin may raise one of its own, which does not."""

    def __init__(
        self,
        what: str | Iterable[Problem],
        *,
        where: str = "",
        fix: str = "",
        source: str = "",
        subject: str | None = None,
    ) -> None:
        self.subject = subject
        super().__init__(what, where=where, fix=fix, source=source)


class UnknownSubject(QuestscoreError, KeyError):
    """A subject that has no event at or before the instant asked for.

    Its text, which may end in a log, names nobody. ``subject`` is who was asked for; ``nearest`` is the known
    subject that is spelt most like it, or None.
    """

    def __init__(
        self, what: str = "unknown subject", *, subject: object = None, nearest: str | None = None
    ) -> None:
        self.subject = subject
        self.nearest = nearest
        super().__init__(what if nearest is None else f"{what}; this error's `nearest` is spelt like it")

    @classmethod
    def of(cls, subject: object, when: str, known: Collection[str] = ()) -> UnknownSubject:
        """The error of ``subject``, which has no event ``when``; the nearest is looked for among ``known``.

        >>> error = UnknownSubject.of("adda", "by then", ["ada", "bob"])
        >>> str(error).partition(";")[0], error.subject, error.nearest
        ('the subject, a text of 4 characters, has no event by then', 'adda', 'ada')
        """
        few = isinstance(subject, str) and len(known) < _FEW
        near = nearest(str(subject), known) if few else None
        what = f"the subject, {veiled(subject)}, has no event {when}".rstrip()
        return cls(what, subject=subject, nearest=near if near != subject else None)

    def __str__(self) -> str:
        return str(self.args[0])


class MissingExtra(QuestscoreError, ImportError):
    """Something that needs a package beyond the core; the message names the extra to install."""


_CANDIDATES, _LONGEST, _FEW = 700, 60, 10_000  # a hostile model must not make a hint dear
_LOOKS, _CLOSEST, _CUTOFF = 10_000, 8, 0.5
_left: ContextVar[list[int] | None] = ContextVar("_left", default=None)


@contextmanager
def few_hints() -> Iterator[None]:
    """Within it all hints together look at so many names at most; after that there are none."""
    if _left.get() is not None:
        yield
        return
    token = _left.set([_LOOKS])
    try:
        yield
    finally:
        _left.reset(token)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like ``name``, or None when none is close.

    >>> nearest("login_7d", ["logins_7d", "idle_days"])
    'logins_7d'
    """
    whole = list(islice(known, _CANDIDATES))
    candidates = [text[:_LONGEST] for text in whole]
    if (left := _left.get()) is not None:
        if left[0] < len(candidates):
            return None
        left[0] -= len(candidates)
    name = name[:_LONGEST]
    matcher = difflib.SequenceMatcher(b=name)
    quick: list[tuple[float, int, int]] = []
    for place, text in enumerate(candidates):
        matcher.set_seq1(text)
        if matcher.real_quick_ratio() >= _CUTOFF and (bound := matcher.quick_ratio()) >= _CUTOFF:
            begin = next((i for i, (a, b) in enumerate(zip(text, name, strict=False)) if a != b), len(text))
            quick.append((bound, begin, -place))
    found: list[tuple[float, int]] = []
    for _, _, place in sorted(quick, reverse=True)[:_CLOSEST]:
        matcher.set_seq1(candidates[-place])
        found.append((matcher.ratio(), place))
    best, place = max(found, default=(0.0, 0))
    return whole[-place] if best >= _CUTOFF else None
