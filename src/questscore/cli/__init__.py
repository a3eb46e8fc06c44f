"""The command line: `questscore`, installed with ``questscore[cli]``.

Lives here: the entry point, which says what to install when something is missing.
Lives elsewhere: the commands (app), the report on a git history (demo), all numbers (the library itself).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; ``arguments`` default to those of the process.

    Returns:
        0: done. 1: a model or events cannot be used. 2: the command line itself is wrong.
    """
    try:
        from questscore.cli.app import run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "questscore":
            raise
        print(
            f'the command line needs {missing}, which is not installed: pip install "questscore[cli]"',
            file=sys.stderr,
        )
        return 1
    return run(sys.argv[1:] if arguments is None else arguments)
