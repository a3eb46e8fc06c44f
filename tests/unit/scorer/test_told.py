"""Changes of level come back from a snapshot's parts as they went, to the bit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from questscore import Transition
from questscore.scorer import told
from questscore.snapshot.parts import pack, unpack

NAMES = st.text(st.characters(), max_size=3)
LEVELS = st.one_of(st.none(), NAMES)
CHANGES = st.builds(
    Transition,
    NAMES,
    st.integers(-(2**62), 2**62),
    LEVELS,
    LEVELS,
    st.one_of(st.none(), st.floats(allow_nan=False)),
    st.sampled_from(["event", "time", "adjustment", "model"]),
    st.lists(NAMES, max_size=3).map(tuple),
    st.booleans(),
)


@given(st.lists(CHANGES, max_size=12))
def test_changes_come_back_as_they_went(changes: list[Transition]) -> None:
    """Also where there are none, or texts are empty or hold what no file name would."""
    parts = {f"told.{name}": part for name, part in told.parts_of(changes).items()}
    again = told.changes_in(unpack(b"".join(pack(parts))), "told.")
    assert again == changes
    assert [repr(change.score) for change in again] == [repr(change.score) for change in changes]
