"""Publishing a model over many subjects: what `compare` announced, and what happened.

    python -m benchmarks.publish
    python -m benchmarks.publish --events 200000 --subjects 5000

A million events of 100,000 accounts under the model of ../shared/bench; the one published pays twice for
meetings and half for tasks. In each mode the levels that change must be the ones announced, and whatever
triggers meet must be held. Exit code 1 when not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from attrs import evolve
from benchmarks.twelve import BENCH, DAYS, START, make_log

from questscore import EventRule, Scorer, Trigger, compare, load_model
from questscore.model.publication import Mode
from questscore.model.time import DAY

MODES: tuple[Mode, ...] = ("replay", "from", "freeze")


def main() -> int:
    """Publishes in each mode, and prints what changed and how long it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--subjects", type=int, default=100_000)
    options = parser.parse_args()
    model = load_model(json.loads((BENCH / "twelve-rules.json").read_text()))
    triggers = [
        Trigger(f"{on} {level.name}", on=on, level=level.name, action="mail", status="active")
        for level in model.levels
        for on in ("rise", "fall")
    ]
    old = evolve(model, triggers=triggers)
    factors = {"meeting_attended": 2.0, "task_created": 0.5, "task_completed": 0.5}
    rules = [
        evolve(rule, points=rule.points * factors.get(rule.on[0], 1.0))
        if isinstance(rule, EventRule) and isinstance(rule.points, float)
        else rule
        for rule in old.rules
    ]
    new = evolve(old, version="2", rules=rules)
    log = make_log(options.events, options.subjects)
    at = START + (DAYS - 30) * DAY
    wrong = 0
    for mode in MODES:
        scorer = Scorer(old)
        scorer.ingest(log)
        scorer.advance(at - 1)
        told = compare(old, new, log, at, mode)
        announced = {change.subject: (change.before, change.after) for change in told.changes}
        first = scorer.scores(at)
        began = time.process_time()
        scorer.publish(new, at, mode)
        second = scorer.scores(at)
        read = time.process_time() - began
        after = dict(zip(second.subjects, second.levels, strict=True))
        happened = {
            name: (level, after.get(name))
            for name, level in zip(first.subjects, first.levels, strict=True)
            if level != after.get(name)
        }
        began = time.process_time()
        changes = scorer.advance(at)
        moved = time.process_time() - began
        free = [one for one in scorer.firings() if one.time == at and not one.held]
        wrong += happened != announced or bool(free) or any(move.cause != "model" for move in changes)
        print(
            f"{mode:<6}: {len(announced):>7,} announced, {len(happened):>7,} happened, alike:"
            f" {happened == announced}; {len(changes):,} transitions told in {moved:.1f} s,"
            f" {len(free)} firings free; published and read in {read:.1f} s"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
