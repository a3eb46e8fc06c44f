"""Packed texts come back, whatever is in them, in few bytes where their letters are few."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questscore.journal.texts import LazyTexts, PackedTexts, from_utf8, utf8

LETTERS = st.sampled_from(["01", "0123456789abcdef-", "abcXYZ_", "é\ud800\0", "0123456789"])
TEXTS = LETTERS.flatmap(lambda letters: st.lists(st.none() | st.text(letters, max_size=9), max_size=8))
ANY = st.lists(st.none() | st.text(max_size=4) | st.text(min_size=30, max_size=40), max_size=8)
UUIDS = st.lists(st.uuids().map(str), max_size=5)


@given(TEXTS | ANY | UUIDS)
def test_texts_come_back_and_empty_ones_are_none(texts: list[str | None]) -> None:
    wanted = [text or None for text in texts]
    packed = PackedTexts(texts)
    assert [packed[i] for i in range(len(texts))] == wanted
    assert list(packed) == wanted
    assert packed.present().tolist() == [text is not None for text in wanted]
    assert from_utf8(*utf8(texts)) == wanted
    assert list(PackedTexts.plain(*packed.utf8())) == wanted


@pytest.mark.parametrize(
    ("texts", "each"),
    [
        ([str(UUID(int=k * 10**36)) for k in range(100)], 16),
        ([f"{k * 7919 % 10**12:012}" for k in range(100)], 6),
        ([f"{k:x}{k * 7919:011x}"[:12] for k in range(16, 116)], 6),
        ([f"Zz{k:x}{k * 7919:011x}"[:12] for k in range(16, 116)], 9),
        (["".join(map(chr, range(33 + k % 50, 45 + k % 50))) for k in range(100)], 9),
        (["".join(map(chr, range(33 + k % 80, 45 + k % 80))) for k in range(100)], 12),
        ([f"evt_{k}" for k in range(5, 105)], 4),
    ],
    ids=["uuid", "digits", "hex", "base64", "sixty", "more", "several widths"],
)
def test_few_letters_take_few_bytes(texts: list[str], each: int) -> None:
    assert list(PackedTexts(texts)) == texts
    assert PackedTexts(texts).nbytes <= 100 * each


@given(st.lists(TEXTS, max_size=3), st.integers(-10, 10), st.integers(-10, 10), st.sampled_from([1, 2, -1]))
def test_lazy_texts_are_a_list(lists: list[list[str | None]], a: int, b: int, step: int) -> None:
    some = [np.arange(len(texts))[::2] for texts in lists]
    wanted = [text or "" for texts in lists for text in texts[::2]]
    whole = [text or "" for texts in lists for text in texts]
    for lazy, texts in (
        (LazyTexts.of([(PackedTexts(t), rows) for t, rows in zip(lists, some, strict=True)]), wanted),
        (LazyTexts.of([(PackedTexts(t), None) for t in lists]), whole),
        (LazyTexts.of([(t, None) for t in lists]), whole),
    ):
        assert list(lazy) == texts and len(lazy) == len(texts)
        assert lazy[a:b:step] == texts[a:b:step]
        assert [lazy[i] for i in range(-len(texts), len(texts))] == texts + texts
        assert from_utf8(*lazy.utf8()) == [text or None for text in texts]
        with pytest.raises(IndexError):
            lazy[len(texts)]
