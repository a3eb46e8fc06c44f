"""``python -m questscore.cli``: the same as `questscore`."""

import sys

from questscore.cli import main

sys.exit(main())
