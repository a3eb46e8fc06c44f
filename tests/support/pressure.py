"""Small sizes, so that what a scorer does with many subjects and events happens with a few.

Lives here: which sizes there are, and having them small for a while.
Lives elsewhere: the sizes themselves (journal, engine).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest import mock

from questscore.engine import states
from questscore.engine.states import Recent
from questscore.engine.sweep import Sweep
from questscore.journal import Journal
from questscore.scorer.readings import Readings
from questscore.scorer.serving import Serving

PRESSURES = ("swept", "forgetful", "small blocks", "alone")
"""Changes of level found for all subjects at once; little kept in mind; few events are many; every subject
read by itself."""


@contextlib.contextmanager
def pressed(pressures: Iterable[str]) -> Iterator[None]:
    """While inside, these of `PRESSURES` hold."""
    with contextlib.ExitStack() as stack:
        for pressure in pressures:
            for patch in _PATCHES[pressure]:
                stack.enter_context(patch())
        yield


def _keeps_two() -> Any:
    plain = Recent.__init__

    def __init__(self: Recent[Any], size: int) -> None:
        plain(self, min(size, 2))

    return mock.patch.object(Recent, "__init__", __init__)


def _always_pays(self: Sweep, due: int, settled: int | None, to: int) -> bool:
    return self.possible(settled, to)


def _never(self: Readings, serving: Serving) -> bool:
    return False


_PATCHES: dict[str, tuple[Callable[[], contextlib.AbstractContextManager[object]], ...]] = {
    "swept": (lambda: mock.patch.object(Sweep, "pays", _always_pays),),
    "forgetful": (_keeps_two,),
    "small blocks": (
        lambda: mock.patch.object(Journal, "block", 8),
        lambda: mock.patch.object(Journal, "young", 3),
        lambda: mock.patch.object(states, "MANY", 3),
        lambda: mock.patch.object(states, "NEAR", 2),
    ),
    "alone": (lambda: mock.patch.object(Readings, "_columnar", _never),),
}
