"""Tenure: the time in which a model is in service after another, over the columns of all subjects.

Lives here: what each model sees, from when until when it reads, and when it looks at levels.
Lives elsewhere: reading at an instant and levels from one to the next (timeline), what is made of them
(history, sweep), one subject's way through the models (route).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from questscore.aggregates.plan import NEVER
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.engine.timeline import Timeline, begin, evaluations
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service


@frozen(eq=False)
class Tenure:
    """A model in service from ``start`` until ``until``, both included.

    Args:
        service: The model.
        timeline: It, over what it sees of the events.
        start, until: Its first and its last instant; what is read before all models is of the first.
        looked: When it looks at levels, where that is by period.
    """

    service: Service
    timeline: Timeline
    start: int
    until: int
    looked: Sequence[int]


def tenures(
    services: Sequence[Service],
    table: EventTable,
    whole: EventLog,
    *,
    settled: int | None = None,
    steps: bool | None = None,
    apart: bool = True,
    faults: Faults = RAISING,
) -> list[Tenure]:
    """The tenures of models, up to the last instant of a log.

    Args:
        services: The models in service one after the other; the first is there whatever its start.
        table: The events.
        whole: The same, settled.
        settled: An evaluation instant of the first; what comes after it is wanted. None: all is.
        steps, apart, faults: As for `Timeline`; None: by how often levels are looked at.
    """
    to, found = whole.until, list[Tenure]()
    own = [services[0], *(service for service in services[1:] if begin(service) <= to)]
    first = int(whole.time[0]) if len(whole) else to + 1
    for service, after in zip(own, [*own[1:], None], strict=True):
        start, until = begin(service), to if after is None else begin(after) - 1
        known = start - 1 if found or settled is None else settled
        log = whole
        if service.since is not None:
            seen = table.take(np.flatnonzero(table.time >= service.since))
            log = settle(seen, service.model.subject, to)
        looked = evaluations(service.model, max(known, first - 1), until)
        many = len(looked) > 1 if steps is None else steps
        timeline = Timeline(service.model, log, steps=many, apart=apart, faults=faults)
        found.append(Tenure(service, timeline, start if found else NEVER, until, looked))
    return found
