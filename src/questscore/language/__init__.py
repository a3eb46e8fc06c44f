"""The expression language: a small, bounded subset of Python's expression syntax, read and evaluated here.

Lives here: text to tree, and the value of a tree on one row. No numpy, no clock, nothing is ever executed.
Lives elsewhere: the same over columns (``questscore.columns.vector``), and what the names stand for.
"""

from questscore.language.expression import Expression, check_names
from questscore.language.functions import FUNCTIONS, number, truth
from questscore.language.parse import parse
from questscore.language.tree import Value

__all__ = ["FUNCTIONS", "Expression", "Value", "check_names", "number", "parse", "truth"]
