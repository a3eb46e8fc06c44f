"""The four real event logs, scored end to end: how long it takes, who is where, and whether it is right.

    python -m benchmarks.real_logs              # all logs and models
    python -m benchmarks.real_logs ovs_users    # one of them
    python -m benchmarks.real_logs --sample 1000 --seed 7

Exits with 1 when the numbers of a sampled subject are not the definition's, at the end of a log or in it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from data.real_logs import DATA, LOGS, SAMPLE, Log, disagreements, sampled, the_model
from questscore import EventTable, ScoreModel, ScoreTable, score


def levels_of(table: ScoreTable, model: ScoreModel) -> str:
    """How many subjects each level holds, from the highest down."""
    counts = Counter(table.levels)
    order = [level for level in (*reversed(model.levels.order), None) if counts[level]]
    return ", ".join(f"{level or 'no level'} {counts[level]:,}" for level in order)


def show(log: Log, name: str, events: EventTable, size: int, seed: int) -> int:
    """Print what there is to say of one log and model; how many differences there are."""
    model = the_model(name)
    print(f"{name}: {len(events):,} events of {log.file}")
    found = 0
    for at in (log.at, None):
        began = time.perf_counter()
        table = score(model, events, at)
        seconds = time.perf_counter() - began
        subjects = sampled(table, seed, size)
        wrong = disagreements(model, events, table, subjects)
        print(f"  at {at or 'the last event'}: {len(table):,} {model.subject}s in {seconds:.2f} s")
        print(f"    {levels_of(table, model)}")
        print(f"    {len(subjects):,} sampled {model.subject}s, {len(wrong)} differences from the definition")
        for line in wrong[:5]:
            print(f"      {line}")
        found += len(wrong)
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="*", help="names under benchmarks/models; all of them unless told")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="subjects to compare with the definition")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    known = [name for log in LOGS for name in log.models]
    if unknown := set(chosen.models) - set(known):
        parser.error(f"no such model: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if not DATA.exists():
        print(f"the event logs are not there: {DATA}")
        return 2
    found = 0
    for log in LOGS:
        names = [name for name in log.models if not chosen.models or name in chosen.models]
        if names:
            began = time.perf_counter()
            events = log.read()
            print(f"{log.file}: read in {time.perf_counter() - began:.2f} s")
            found += sum(show(log, name, events, chosen.sample, chosen.seed) for name in names)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
