"""A process that writes two snapshots in turn until it is killed; run by test_torn.

For each line with a number of seconds it forks a child that writes without end, kills it after that time, and
says so. Forking spares the children the start of an interpreter.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from questscore.snapshot import Part, write

SIZE = 60_000


def contents(turn: int) -> tuple[dict[str, str | int], dict[str, Part]]:
    """The two snapshots, of different lengths; nothing of one can be taken for the other."""
    header: dict[str, str | int] = {"turn": turn}
    return header, {"values": np.full(SIZE * (1 + turn), turn, np.int64), "name": [f"turn {turn}", None]}


def main(path: Path) -> None:
    """Reads times from the standard input."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            turn = 0
            while True:
                write(path, *contents(turn))
                turn = 1 - turn
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
