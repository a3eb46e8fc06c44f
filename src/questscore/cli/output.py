"""Scores on their way out: a table for people, CSV for pipes.

Lives here: what the rows look like in each.
Lives elsewhere: the scores (ScoreTable), files of them (io), tables of text (console).
"""

from __future__ import annotations

import csv
import sys

import numpy as np

from questscore import Score, ScoreTable
from questscore.cli.console import Column, say, show_table

SHOWN = 20


def number(value: float | None) -> str:
    """A number for people.

    >>> number(1234.56), number(-0.04), number(None)
    ('1,234.6', '0.0', 'unknown')
    """
    return "unknown" if value is None else f"{round(value, 1) + 0.0:,.1f}"


def mostly(score: Score, most: int = 2) -> str:
    """The rules that move a score most, the largest first."""
    moved = [(name, points) for name, points in score.points.items() if points is not None]
    moved.sort(key=lambda pair: -abs(pair[1]))
    return ", ".join(f"{name} {points:+,.0f}" for name, points in moved[:most] if abs(points) >= 0.5)


def show_scores(table: ScoreTable, total: int) -> None:
    """A table for people; ``total`` is how many were scored in all."""
    columns = (Column("subject"), Column("score", right=True), Column("level"), Column("mostly from"))
    show_table(columns, ((s.subject, number(s.value), s.level or "", mostly(s)) for s in table))
    if len(table) < total:
        say(f"... and {total - len(table):,} more; --top N shows N, --out FILE writes all")


def print_csv(table: ScoreTable) -> None:
    """CSV with a header on stdout; what is missing or unknown is an empty cell."""
    columns = table.columns()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    plain = [values.tolist() if isinstance(values, np.ndarray) else values for values in columns.values()]
    for row in zip(*plain, strict=True):
        writer.writerow("" if cell != cell else cell for cell in row)
