"""Text of reviews: aligned columns, numbers for people.

Lives here: how a review is printed.
Lives elsewhere: what is printed (each review).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from questscore.model.result import printable

WIDEST = 40


def aligned(rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Lines in columns: the first to the left, the others to the right.

    >>> aligned([("", "n"), ("login", "5"), ("pay", "120")])
    ['           n', '  login    5', '  pay    120']
    """
    cells = [[printable(cell, WIDEST) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        right = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append(indent + "  ".join([first.ljust(widths[0]), *right]).rstrip())
    return lines


def share(part: float, whole: float) -> str:
    """A share in percent.

    >>> share(1, 8), share(0, 0)
    ('12.5 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def amount(value: float | None) -> str:
    """A number of points for people.

    >>> amount(1234.567), amount(None), amount(float("nan"))
    ('1,234.6', 'unknown', 'unknown')
    """
    return "unknown" if value is None or value != value else f"{round(value, 1) + 0.0:,.1f}"
