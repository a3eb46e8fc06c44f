"""How long `questscore demo` takes on a large history: 100,000 commits in a made-up repository.

Lives here: a seeded generator that feeds `git fast-import`, and the clock around the command as users run it.
Lives elsewhere: the reader of the history (io), the demo (cli). Promised: at most 15 seconds in all.

    python benchmarks/demo_history.py [--commits 100000] [--repo DIR to keep and use again] [--lines]
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PEOPLE = 2_000
AREAS = 40
DIRECTORIES = 25
FILES = 8
START = 1_400_000_000
SPAN = 10 * 365 * 86_400
TRAILERS = (("Reviewed-by", 0.5), ("Signed-off-by", 0.6), ("Tested-by", 0.1), ("Acked-by", 0.1),
            ("Reported-by", 0.1), ("Co-authored-by", 0.05))  # fmt: skip
PROMISED_SECONDS = 15.0


def person(number: int) -> str:
    """The signature of a contributor; every tenth signs with one of two addresses, which .mailmap joins."""
    return f"Person {number} <person{number}@company{number % 60}.example>"


def fast_import(commits: int, seed: int) -> Iterator[bytes]:
    """The stream for `git fast-import`: few people do most of the work, each in a time of their own."""
    rng = random.Random(seed)
    weights = list(itertools.accumulate(1 / (rank + 5) for rank in range(PEOPLE)))
    joined = [rng.random() * 0.8 for _ in range(PEOPLE)]
    left = [start + rng.random() * 0.6 for start in joined]
    homes = [rng.sample(range(AREAS), rng.choice((1, 2, 2, 5))) for _ in range(PEOPLE)]
    everyone = range(PEOPLE)
    mailmap = "".join(f"{person(n)} <old{n}@home.example>\n" for n in range(0, PEOPLE, 10)).encode()
    for number in range(commits):
        share = number / commits
        author, *helpers = (
            next(
                (
                    p
                    for p in rng.choices(everyone, cum_weights=weights, k=20)
                    if joined[p] <= share <= left[p]
                ),
                0,
            )
            for _ in range(4)
        )
        when = START + int(SPAN * share)
        lines = [f"subsystem: change number {number}", "", "Why it was needed, in a few words. " * 4, ""]
        lines += [
            f"{key}: {person(rng.choice(helpers))}" for key, chance in TRAILERS if rng.random() < chance
        ]
        message = "\n".join(lines).encode() + b"\n"
        old = author % 10 == 0 and rng.random() < 0.5
        who = f"P{author} <old{author}@home.example>" if old else person(author)
        yield f"commit refs/heads/main\nauthor {who} {when} +0000\ncommitter {who} {when} +0000\n".encode()
        yield b"data %d\n%s" % (len(message), message)
        if number == 0:
            yield b"M 100644 inline .mailmap\ndata %d\n%s\n" % (len(mailmap), mailmap)
        for _ in range(rng.choice((1, 1, 2, 3, 5))):
            area = rng.choice(homes[author])
            path = f"area{area}/part{rng.randrange(DIRECTORIES)}/file{rng.randrange(FILES)}.txt"
            text = "".join(f"line {rng.randrange(1000)}\n" for _ in range(rng.randrange(3, 30))).encode()
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text)
        yield b"\n"


def build(folder: Path, commits: int, seed: int) -> None:
    """Make a bare repository in ``folder``."""
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True, env=quiet)
    with subprocess.Popen(
        ["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE, env=quiet
    ) as process:
        assert process.stdin is not None
        process.stdin.writelines(fast_import(commits, seed))
        process.stdin.close()
    if process.returncode:
        raise SystemExit("git fast-import failed")


def timed_demo(folder: Path, options: list[str]) -> float:
    """Seconds from the start of the command to its end, the start of Python included."""
    command = [sys.executable, "-m", "questscore.cli", "demo", "--repo", str(folder), *options]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def main() -> None:
    """Build the repository unless it is there, run the demo on it, print the seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--commits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repo", type=Path, help="keep the repository here, and use it if it is there")
    parser.add_argument("--lines", action="store_true", help="count lines too (slow)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.repo or Path(scratch) / "history.git"
        if not folder.exists():
            build(folder, wanted.commits, wanted.seed)
        seconds = timed_demo(folder, ["--lines"] if wanted.lines else [])
    verdict = "as promised" if seconds <= PROMISED_SECONDS else "TOO SLOW"
    print(
        f"demo on {wanted.commits:,} commits: {seconds:.1f} s (at most {PROMISED_SECONDS:.0f} s: {verdict})"
    )


if __name__ == "__main__":
    main()
