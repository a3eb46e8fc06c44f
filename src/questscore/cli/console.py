"""What is printed where: tables for people on a terminal, plain text in a pipe, everything else on stderr.

Lives here: the two streams, tables on either, a sign of life during long work, and disarming hostile text.
Lives elsewhere: what is printed (output, demo).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from attrs import frozen

LEAST_TEXT = 12

# Control characters, and those that turn the direction of the text around them.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def clean(text: str) -> str:
    r"""One line of text that does nothing to a terminal but show.

    >>> clean("\x1b[31mred\nalert")
    '[31mred alert'
    """
    return _HOSTILE.sub("", text.replace("\n", " ").replace("\t", " "))


def brief(text: str, most: int = 80) -> str:
    """`clean`, and cut where it goes on and on."""
    shown = clean(text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def count(many: int, what: str) -> str:
    """Some of something.

    >>> count(1, "commit"), count(1200, "commit")
    ('1 commit', '1,200 commits')
    """
    return f"{many:,} {what}{'s' * (many != 1)}"


def for_people() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(text: str = "") -> None:
    """A line of the result."""
    print(text)


def note(text: str) -> None:
    """Something beside the result; line by line on stderr."""
    for line in text.splitlines():
        print(clean(line), file=sys.stderr)


@frozen
class Column:
    """A column of a table; what is whole is never cut, and goes on below itself at the end of a line."""

    title: str
    right: bool = False
    whole: bool = False


def show_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """A table of texts: rich on a terminal, aligned plain text elsewhere."""
    cells = [
        [clean(cell) if column.whole else brief(cell) for cell, column in zip(row, columns, strict=True)]
        for row in rows
    ]
    if for_people():
        _rich_table(columns, cells)
        return
    titles = [column.title for column in columns]
    widths = [max(len(row[i]) for row in [titles, *cells]) for i in range(len(columns))]
    for row in [titles, *cells]:
        padded = (
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        )
        say(f"  {'  '.join(padded)}".rstrip())


def _rich_table(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    table.add_column("", width=0)
    widths = [
        max(cell_len(text) for text in [column.title, *(row[i] for row in cells)])
        for i, column in enumerate(columns)
    ]
    for i, width in enumerate(_fitted(columns, widths, console.width - 2 * len(columns))):
        folds = columns[i].whole and i == len(columns) - 1
        table.add_column(
            Text(columns[i].title),
            justify="right" if columns[i].right else "left",
            overflow="fold" if folds else "ellipsis",
            no_wrap=not folds,
            width=width,
        )
    for row in cells:
        table.add_row("", *(Text(cell.rstrip()) for cell in row))
    console.print(table)


def _fitted(columns: Sequence[Column], widths: Iterable[int], room: int) -> list[int]:
    """Widths for a narrow terminal: numbers, and what is whole, are never cut; the widest texts give way."""
    fitted = list(widths)
    last = len(fitted) - 1
    texts = [i for i, column in enumerate(columns) if not column.right and (not column.whole or i == last)]
    while sum(fitted) > room and (able := [i for i in texts if fitted[i] > LEAST_TEXT]):
        fitted[max(able, key=fitted.__getitem__)] -= 1
    return fitted


def heading(text: str) -> None:
    """A line that opens a section."""
    if for_people():
        from rich.console import Console
        from rich.text import Text

        Console(highlight=False).print(Text(clean(text), style="bold"))
    else:
        say(clean(text))


@contextmanager
def working(task: str) -> Iterator[Callable[[str], None]]:
    """A sign of life on stderr, if that is a terminal, while the block runs.

    Yields:
        A function that says what is being done now.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(clean(task))) as status:
        yield lambda text: status.update(Text(clean(text)))
