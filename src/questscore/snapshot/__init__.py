"""State in one file: no pickle, refused when damaged, never torn.

Lives here: a frame that notices any change (frame), arrays, texts and JSON by name (parts, json_text), and
getting them to a disk and back (files).
Lives elsewhere: what the state means, and whether it is of the right model: that is in the header for its
owner to read.
"""

from questscore.snapshot.files import read, write
from questscore.snapshot.json_text import Json
from questscore.snapshot.parts import Part, Parts

__all__ = ["Json", "Part", "Parts", "read", "write"]
