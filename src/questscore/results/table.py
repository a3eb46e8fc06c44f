"""ScoreTable: the scores of all subjects at one instant.

Lives here: the table, rows of it as objects, choosing rows, readable forms.
Lives elsewhere: where the numbers come from (engine), Arrow and files (io).
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from itertools import islice
from typing import SupportsIndex, TypeAlias, overload

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from questscore.columns.vector import Vector, holds
from questscore.errors import EventError, ModelError, UnknownSubject
from questscore.io.write import Columns
from questscore.language import Expression, Value, check_names, parse
from questscore.model.result import Score, escaped, printable
from questscore.model.time import iso
from questscore.results.columnar import Columnar

Floats = NDArray[np.float64]
_SHOWN = 8
_RULES_SHOWN = 12


@frozen
class Report:
    """What became of the events on the way to the scores.

    Args:
        events: How many were given, beside those rejected.
        rejected: How many could not be events.
        later: How many happen after the instant.
        unattributed: How many have no subject.
        duplicates: How many repeat an event with the same id and the same content.
        conflicts: How many repeat an id with other content; the first in canonical order stands.
        unseen: Event names that the model selects and no event bears.
        unread: Properties that the model reads and no event carries.
    """

    events: int
    rejected: int
    later: int
    unattributed: int
    duplicates: int
    conflicts: int
    unseen: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def applied(self) -> int:
        """How many the scores are made of."""
        return self.events - self.later - self.unattributed - self.duplicates - self.conflicts


Row: TypeAlias = dict[str, object]
"""A score as plain values by name."""


class Rows(list[Row]):
    """A mapping for each subject, sorted by subject; each is also found by its subject.

    >>> rows = Rows([{"subject": "ada", "score": 5.0}])
    >>> rows[0] is rows["ada"], list(rows.keys()), [name for name, row in rows.items()]
    (True, ['ada'], ['ada'])
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        super().__init__(rows)
        self._by_subject = {str(row["subject"]): row for row in self}

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Row: ...
    @overload
    def __getitem__(self, key: slice) -> list[Row]: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Row | list[Row]:
        return self._by_subject[key] if isinstance(key, str) else super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return key in self._by_subject if isinstance(key, str) else super().__contains__(key)

    def keys(self) -> KeysView[str]:
        """The subjects."""
        return self._by_subject.keys()

    def values(self) -> ValuesView[Row]:
        """The mappings."""
        return self._by_subject.values()

    def items(self) -> ItemsView[str, Row]:
        """Each subject with its mapping."""
        return self._by_subject.items()


def _shown(value: float | None) -> str:
    return "unknown" if value is None or value != value else f"{value:,.2f}"


@frozen(eq=False, repr=False)
class ScoreTable(Columnar):
    """Scores, levels, points and signals of all subjects, sorted by subject.

    Args:
        model, version: The model's name and version.
        at: The instant, epoch microseconds.
        subjects: n names, ascending.
        scores, raw: (n,) after and before bounds and scale; NaN where unknown.
        levels: n level names, or None.
        rules: m rule names.
        points: (n, m) points by subject and rule; NaN where unknown.
        adjustments: (n,) what adjustments and resets add.
        signals: Name to (n,) float64 with NaN for missing or, where texts occur, to (n,) objects with None.
        report: What became of the events.
    """

    model: str
    version: str
    at: int
    subjects: Sequence[str]
    scores: Floats
    raw: Floats
    levels: Sequence[str | None]
    rules: tuple[str, ...]
    points: Floats
    adjustments: Floats
    _columns: Mapping[str, Vector]
    report: Report
    _places: dict[str, int] = field(factory=dict, init=False)

    @property
    def signals(self) -> dict[str, NDArray[np.float64] | NDArray[np.object_]]:
        """Signals by name, one entry a subject."""
        return {name: _array(column, len(self)) for name, column in self._columns.items()}

    def __len__(self) -> int:
        return len(self.subjects)

    def __iter__(self) -> Iterator[Score]:
        return map(self._row, range(len(self)))

    def __contains__(self, subject: object) -> bool:
        return isinstance(subject, str) and subject in self._index()

    def _index(self) -> dict[str, int]:
        if len(self._places) != len(self):
            self._places.update((subject, i) for i, subject in enumerate(self.subjects))
        return self._places

    def __getitem__(self, subject: str) -> Score:
        """One subject's score; `UnknownSubject` when it has none."""
        try:
            return self._row(self._index()[subject])
        except (KeyError, TypeError):  # a list, a slice: no subject either
            raise UnknownSubject.of(subject, f"at or before {iso(self.at)}", self.subjects) from None

    def _row(self, i: int) -> Score:
        return Score(
            self.subjects[i],
            _known(self.scores[i]),
            _known(self.raw[i]),
            self.levels[i],
            {rule: _known(self.points[i, j]) for j, rule in enumerate(self.rules)},
            float(self.adjustments[i]),
            {name: _value(column, i) for name, column in self._columns.items()},
        )

    def take(self, rows: NDArray[np.intp] | Sequence[int]) -> ScoreTable:
        """The subjects in these rows (k,), in that order.

        Raises:
            EventError: A row is not there.
        """
        return self._take(_places(rows, len(self)))

    def _take(self, rows: NDArray[np.intp]) -> ScoreTable:
        return evolve(
            self,
            subjects=[self.subjects[i] for i in rows.tolist()],
            scores=self.scores[rows],
            raw=self.raw[rows],
            levels=[self.levels[i] for i in rows.tolist()],
            points=self.points[rows],
            adjustments=self.adjustments[rows],
            columns={name: column.take(rows) for name, column in self._columns.items()},
        )

    def filter(self, expression: str | Expression) -> ScoreTable:
        """The subjects for which an expression over signals, ``score`` and ``level`` holds.

        Raises:
            ModelError: The expression cannot be read, or names what is not there.
        """
        wanted = expression if isinstance(expression, Expression) else parse(expression)
        names = {**self._columns, "score": Vector(self.scores), "level": self._level_column()}
        if problems := check_names(wanted, names):
            raise ModelError(problems)
        return self._take(np.flatnonzero(holds(wanted, names.__getitem__, None, len(self))))

    def _level_column(self) -> Vector:
        texts = sorted({level for level in self.levels if level is not None})
        code = {text: i for i, text in enumerate(texts)}
        return Vector(
            np.nan, np.array([-1 if lv is None else code[lv] for lv in self.levels], np.int32), texts
        )

    def top(self, n: int = 10) -> ScoreTable:
        """The ``n`` highest scores, highest first; equal ones by subject, unknown ones last.

        Raises:
            EventError: ``n`` is no whole number.
        """
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise EventError(f"{n!r} is no number of subjects", where="n", fix="write such as 10")
        return self._take(np.argsort(-self.scores, kind="stable")[: max(n, 0)])

    def columns(self) -> Columns:
        """Flat columns: subject, score, raw, level, ``points.<rule>``, adjustments, ``signals.<name>``."""
        found: dict[str, Sequence[object] | NDArray[np.float64] | NDArray[np.object_]] = {
            "subject": self.subjects,
            "score": self.scores,
            "raw": self.raw,
            "level": self.levels,
        }
        found |= {f"points.{rule}": self.points[:, j] for j, rule in enumerate(self.rules)}
        found["adjustments"] = self.adjustments
        return found | {f"signals.{name}": column for name, column in self.signals.items()}

    def to_dicts(self) -> Rows:
        """A mapping for each subject with ``subject score raw level points adjustments signals``.

        Points and signals are by name; missing is None.
        """
        return Rows(
            {
                "subject": row.subject,
                "score": row.value,
                "raw": row.raw,
                "level": row.level,
                "points": dict(row.points),
                "adjustments": row.adjustments,
                "signals": dict(row.signals),
            }
            for row in self
        )

    def _title(self) -> str:
        name = f"{printable(self.model, 40)} version {printable(self.version, 20)}"
        return f"{name} at {iso(self.at)}: {len(self):,} subject{'s' * (len(self) != 1)}"

    def __repr__(self) -> str:
        rows = [
            (printable(s.subject, 40), _shown(s.value), printable(s.level or "", 40))
            for s in islice(self, _SHOWN)
        ]
        wide = max((len(row[0]) for row in rows), default=0)
        digits = max((len(row[1]) for row in rows), default=0)
        lines = [f"  {name:<{wide}}  {value:>{digits}}  {level}".rstrip() for name, value, level in rows]
        more = [f"  … and {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else []
        return "\n".join([f"<ScoreTable {self._title()}", *lines, *more]) + ">"

    def _repr_html_(self) -> str:
        rules = self.rules[:_RULES_SHOWN]
        more = [f"… and {len(self.rules) - len(rules)} more rules"] if len(self.rules) > len(rules) else []
        head = ("subject", "score", "level", *rules, *more)
        body = [
            (s.subject, _shown(s.value), s.level or "", *(_shown(s.points[rule]) for rule in rules))
            for s in islice(self, 2 * _SHOWN)
        ]
        rows = "".join(f"<tr>{_cells('td', row)}</tr>" for row in body)
        style = "text-align:right;border-spacing:1em 0"
        return (
            f"<table style='{style}'><caption>{escaped(self._title())}</caption>"
            f"<thead><tr>{_cells('th', head)}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{escaped(printable(text, 40))}</{tag}>" for text in texts)


def _known(value: np.float64) -> float | None:
    return None if value != value else float(value)


def _value(column: Vector, i: int) -> Value:
    if column.text is not None:
        code = int(column.text if isinstance(column.text, int) else column.text[i])
        if code >= 0:
            return column.texts[code]
    return _known(np.float64(column.num if isinstance(column.num, float) else column.num[i]))


def _array(column: Vector, size: int) -> NDArray[np.float64] | NDArray[np.object_]:
    if column.text is None:
        return np.broadcast_to(np.asarray(column.num), size).astype(np.float64)
    found = np.empty(size, dtype=object)
    found[:] = [_value(column, i) for i in range(size)]
    return found


def _places(rows: NDArray[np.intp] | Sequence[int], size: int) -> NDArray[np.intp]:
    """Positions in a table of ``size`` rows, negative ones counted from its end."""
    given = np.asarray(rows)
    try:
        if given.ndim == 1 and (given.dtype.kind in "iub" or not len(given)):
            places: NDArray[np.intp] = np.arange(size)[given if len(given) else slice(0)]
            return places
    except IndexError:
        pass
    what = f"these are not all rows of a table of {size:,}"
    raise EventError(what, where="rows", fix="pass places from 0 on, such as [2, 0]")
