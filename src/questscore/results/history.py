"""History: scores and levels on a grid, and the model's changes of level.

Lives here: the result, its tidy columns, its readable form.
Lives elsewhere: the walk that fills it (engine).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from questscore.io.write import Columns
from questscore.model.result import Transition, printable
from questscore.model.time import iso
from questscore.results.columnar import Columnar


@frozen(eq=False, repr=False, slots=False)
class History(Columnar):
    """Scores and levels of all subjects at k instants.

    Args:
        model, version: The model's name and version.
        times: (k,) int64 epoch microseconds, ascending.
        subjects: n names, sorted.
        scores: (k, n) float64; NaN where unknown, and before a subject's first event.
        order: Level names by rank.
        codes: (k, n) places in ``order``; -1 where there is no level, and before a subject's first event.
        signals: Those asked for: name to (k, n) float64, NaN where missing or before a subject's first event;
            or, where texts occur, to (k, n) objects with None.
        points: By rule, where they were asked for: (k, n) float64, bounds applied; NaN as in ``scores``.
    """

    model: str
    version: str
    times: NDArray[np.int64]
    subjects: Sequence[str]
    scores: NDArray[np.float64]
    order: tuple[str, ...]
    codes: NDArray[np.signedinteger]
    _tell: Callable[[], Sequence[Transition]]
    _born: NDArray[np.int64]
    signals: Mapping[str, NDArray[np.float64] | NDArray[np.object_]] = field(factory=dict)
    points: Mapping[str, NDArray[np.float64]] = field(factory=dict)

    @property
    def levels(self) -> NDArray[np.object_]:
        """(k, n) level names; None where there is none, and before a subject's first event."""
        found: NDArray[np.object_] = np.array((*self.order, None), dtype=object)[self.codes]
        return found

    @cached_property
    def transitions(self) -> Sequence[Transition]:
        """The model's own changes of level, at its own evaluation instants, by time and subject.

        All up to the last of ``times``; of a block, those after the block before.
        """
        return self._tell()

    def __len__(self) -> int:
        return len(self.times)

    def part(self, rows: slice, transitions: Sequence[Transition]) -> History:
        """Some of its instants, and the changes of level that go with them."""
        return evolve(
            self,
            times=self.times[rows],
            scores=self.scores[rows],
            codes=self.codes[rows],
            tell=lambda: transitions,
            signals={name: values[rows] for name, values in self.signals.items()},
            points={name: values[rows] for name, values in self.points.items()},
        )

    def columns(self) -> Columns:
        """Tidy columns: a row for each instant and subject that has an event by then.

        They are time, subject, score and level; ``points.<rule>`` and ``signals.<name>`` where asked for.
        """
        row, column = np.nonzero(self._born[None, :] <= self.times[:, None])
        return {
            "time": np.array([iso(t) for t in self.times.tolist()], dtype=object)[row],
            "subject": np.array(self.subjects, dtype=object)[column],
            "score": self.scores[row, column],
            "level": np.array((*self.order, None), dtype=object)[self.codes[row, column]],
            **{f"points.{name}": values[row, column] for name, values in self.points.items()},
            **{f"signals.{name}": values[row, column] for name, values in self.signals.items()},
        }

    def __repr__(self) -> str:
        if not len(self.times):
            return f"<History {printable(self.model, 40)} version {printable(self.version, 20)}: no instant>"
        span = f"{iso(int(self.times[0]))} to {iso(int(self.times[-1]))}"
        lines = [f"  {printable(str(change))}" for change in self.transitions[:6]]
        more = [f"  … and {len(self.transitions) - 6:,} more"] if len(self.transitions) > 6 else []
        name = f"{printable(self.model, 40)} version {printable(self.version, 20)}"
        size = f"{len(self.times):,} instants, {span}, {len(self.subjects):,} subjects"
        head = f"<History {name}: {size}, {len(self.transitions):,} changes of level"
        return "\n".join([head, *lines, *more]) + ">"
