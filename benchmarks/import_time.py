"""How long ``import questscore`` takes in a new process, beside ``import numpy``.

    python -m benchmarks.import_time

Prints the median of nine cold processes each, the start of the interpreter left out.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 9
MODULES = ("questscore", "numpy", "cattrs")
_TIMED = """\
import time
began = time.perf_counter()
import {module}
print(time.perf_counter() - began)
"""


def import_times(module: str, runs: int = RUNS) -> list[float]:
    """Seconds that importing a module takes, one process a run."""
    command = [sys.executable, "-c", _TIMED.format(module=module)]
    return [
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(runs)
    ]


def main() -> None:
    """Print the medians."""
    for module in MODULES:
        times = import_times(module)
        print(
            f"import {module:<11} {1000 * statistics.median(times):6.0f} ms  (least {1000 * min(times):.0f})"
        )


if __name__ == "__main__":
    main()
