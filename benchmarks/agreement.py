"""Whether the engine gives the definition's numbers, on as many random cases as one likes.

    python -m benchmarks.agreement --cases 20000 --seed 1 --jobs 2

Prints how many cases exercised each kind and option, how many were decided by rounding (and left out),
and every disagreement, made smaller. Exits with 1 when there is a disagreement, when an option was
exercised too seldom, or when more than one case in a hundred was left out.
"""

from __future__ import annotations

import argparse
import functools
import pprint
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from attrs import define, field

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.cases import EVERY_OPTION, Case, coverage, numbered
from support.judge import Verdict, judge
from support.shrink import shrink

LARGEST_SHARE_LEFT_OUT = 0.01
LEAST_PER_20000 = 200
CHUNK = 50


@define
class Tally:
    """What a run of cases showed."""

    options: Counter[str] = field(factory=Counter)
    verdicts: Counter[Verdict] = field(factory=Counter)
    edges: list[tuple[int, tuple[str, ...]]] = field(factory=list)
    disagreements: list[tuple[int, tuple[str, ...]]] = field(factory=list)

    def add(self, other: Tally) -> None:
        self.options.update(other.options)
        self.verdicts.update(other.verdicts)
        self.edges += other.edges
        self.disagreements += other.disagreements


def run(seed: int, numbers: Sequence[int]) -> Tally:
    """Judge some cases."""
    tally = Tally()
    for number in numbers:
        case = numbered(seed, number)
        tally.options.update(coverage(case))
        try:
            judgement = judge(case)
            verdict, lines = judgement.verdict, judgement.lines
        except Exception as error:  # the definition has no answer: that is a finding too
            verdict, lines = Verdict.DISAGREE, (f"the definition raised {type(error).__name__}: {error}",)
        tally.verdicts[verdict] += 1
        if verdict is Verdict.EDGE:
            tally.edges.append((number, lines))
        if verdict is Verdict.DISAGREE:
            tally.disagreements.append((number, lines))
    return tally


def disagrees(case: Case) -> bool:
    """Whether engine and definition differ on a case, for no excusable reason."""
    return judge(case).verdict is Verdict.DISAGREE


def show(seed: int, number: int, smaller: bool = True) -> None:
    """Print a case, made smaller if it disagrees."""
    case = numbered(seed, number)
    if smaller and disagrees(case):
        case = shrink(case, disagrees)
    print(f"# case {number} of seed {seed}")
    print(f"model = {pprint.pformat(case.model, width=110, sort_dicts=False)}")
    print(f"events = {pprint.pformat(case.events, width=110, sort_dicts=False)}")
    print(f"at = {case.at}, chunk = {case.chunk}")
    for line in judge(case).lines:
        print("  ", line)


def report(tally: Tally, cases: int) -> list[str]:
    """Print the counts; what is wrong with them comes back."""
    wrong = []
    least = cases * LEAST_PER_20000 // 20_000
    width = max(map(len, EVERY_OPTION)) + 2
    for option in EVERY_OPTION:
        count = tally.options[option]
        print(f"{option:<{width}}{count:>7}{'' if count >= least else f'  fewer than {least}'}")
        if count < least:
            wrong.append(f"{option!r} exercised {count} times, fewer than {least}")
    left_out = tally.verdicts[Verdict.EDGE]
    print(
        f"\n{cases} cases: {tally.verdicts[Verdict.AGREE]} agree, {left_out} near an edge and left out, ",
        end="",
    )
    print(f"{tally.verdicts[Verdict.DISAGREE]} disagree")
    if left_out > LARGEST_SHARE_LEFT_OUT * cases:
        wrong.append(f"{left_out} cases near an edge are more than one in a hundred")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="compare the engine with the definition on random cases")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--show", type=int, metavar="NUMBER", help="print this case only, made smaller if it disagrees"
    )
    parser.add_argument("--shown", type=int, default=5, help="how many disagreements to print in full")
    options = parser.parse_args(arguments)
    if options.show is not None:
        show(options.seed, options.show)
        return 0
    began = time.perf_counter()
    chunks = [range(i, min(i + CHUNK, options.cases)) for i in range(0, options.cases, CHUNK)]
    tally = Tally()
    work = functools.partial(run, options.seed)
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            for part in pool.map(work, chunks):
                tally.add(part)
    else:
        for chunk in chunks:
            tally.add(work(chunk))
    wrong = report(tally, options.cases)
    print(f"{time.perf_counter() - began:.0f} s, seed {options.seed}")
    for number, lines in tally.edges:
        print(f"case {number}, near an edge: {lines[0][:200]}")
    for number, lines in tally.disagreements:
        print(f"case {number}, disagrees: {lines[0][:200]}")
    for number, _ in tally.disagreements[: options.shown]:
        show(options.seed, number)
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong or tally.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
