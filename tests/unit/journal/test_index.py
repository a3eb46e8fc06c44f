"""The table of ids says what a dict says, however its hashes fall."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from questscore.journal.index import ABSENT, IdIndex

IDS = st.lists(st.integers(0, 60), max_size=40)


@given(st.lists(IDS, max_size=4), st.sampled_from([1, 3, 64]), st.booleans())
def test_an_index_is_a_dict(batches: list[list[int]], hashes: int, purge: bool) -> None:
    """Each batch is claimed at once; then the even rows stand no more, and the others are still found."""
    known: dict[str, int] = {}
    table = IdIndex(5)
    row = 5
    for batch in batches:
        ids = [str(number) for number in batch]
        rows = np.arange(row, row + len(ids))

        def has(held: int, i: int, ids: list[str] = ids, row: int = row, old: dict[str, int] = known) -> bool:
            return ids[held - row] == ids[i] if held >= row else old.get(ids[i]) == held

        codes = np.array([number % hashes for number in batch], dtype=np.uint64)
        owners, settle = table.claim_many(codes, rows, has)
        wanted = [known.get(id_, row + ids.index(id_)) for id_ in ids]
        assert [own if own != ABSENT else row + i for i, own in enumerate(owners.tolist())] == wanted
        new = [id_ for id_, own in zip(ids, owners.tolist(), strict=True) if own == ABSENT]
        settle(np.arange(row, row + len(new)))
        known = known | {id_: row + i for i, id_ in enumerate(new)}
        row += len(new)
    if purge:
        stands = np.arange(7, row) % 2 == 1
        known = {id_: held for id_, held in known.items() if held >= 7 and held % 2}
        table.purge(7, stands)
        assert table.used == len(known)
    for number in range(61):
        found = table.find(number % hashes, lambda held, _, id_: known.get(id_) == held, "", str(number))
        assert found == known.get(str(number), ABSENT)


def test_an_index_grows_and_shrinks_with_what_it_holds() -> None:
    table = IdIndex(0)
    empty = table.nbytes
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**63, 100_000).astype(np.uint64)
    table.put(hashes, np.arange(100_000))
    assert table.nbytes <= 100_000 * 8 * 2 / 0.6
    found = [
        table.find(int(hashes[row]), lambda held, _, id_: str(held) == id_, "", str(row)) for row in range(50)
    ]
    assert found == list(range(50))
    table.purge(99_990, np.ones(10, dtype=np.bool_))
    assert (table.used, table.nbytes) == (10, empty)
