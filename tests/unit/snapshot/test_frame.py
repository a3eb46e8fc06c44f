"""The frame: what comes out is what went in, or an error; no bit may change, go missing or be added."""

from __future__ import annotations

import struct
from hashlib import blake2b
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questscore import QuestscoreError, SnapshotError
from questscore.snapshot.frame import DIGEST, FORMAT, LONGEST_HEADER, MAGIC, START, Bytes, opened, sealed
from questscore.snapshot.parts import Part, pack, unpack

HEADER: dict[str, str | int] = {"kind": "scorer", "model": "task-app", "version": 3}
ANY_TEXT = st.text(st.characters(), max_size=8)  # lone surrogates included


def framed(*body: Bytes, header: dict[str, str | int] | None = None) -> bytes:
    """A whole frame."""
    return b"".join(sealed(HEADER if header is None else header, body))


def a_file_of(size: int) -> bytes:
    """A frame of just so many bytes, its body of parts of every kind."""
    random = Random(5)
    parts: dict[str, Part] = {"names": ["ada", None, "zen"], "state": {"rate": 0.1}, "times": np.arange(500)}
    rest = size
    while (excess := len(made := framed(*pack(parts | {"more": random.randbytes(rest)}))) - size) > 0:
        rest -= excess
    return made


def refused(data: Bytes) -> str:
    """What is said about bytes that are no frame; there is always something to do."""
    with pytest.raises(SnapshotError) as caught:
        opened(data)
    (problem,) = caught.value.problems
    assert problem.what and problem.fix
    return problem.what


def resealed(data: bytes) -> bytes:
    """The same bytes with a digest that fits them, as from a writer that means it."""
    return data[:-DIGEST] + blake2b(data[:-DIGEST], digest_size=DIGEST).digest()


@given(
    st.dictionaries(ANY_TEXT, ANY_TEXT | st.integers() | st.sampled_from([2**63, -(2**80)])),
    st.lists(st.binary(max_size=40), max_size=4),
)
def test_what_went_in_comes_out(header: dict[str, str | int], body: list[bytes]) -> None:
    head, whole = opened(bytearray(framed(*body, header=header)))
    assert head == header
    assert bytes(whole) == b"".join(body)
    assert whole.readonly


def test_the_same_header_in_another_order_is_the_same_file() -> None:
    assert framed(header={"a": 1, "b": "x"}) == framed(header={"b": "x", "a": 1})


def test_the_layout_is_the_documented_one() -> None:
    head = b'{"a":1}'
    start = b"QSCORE\r\n\x1a\n" + struct.pack("<HIQ", 1, len(head), 2)
    whole = start + head + b"xy"
    assert framed(b"x", b"y", header={"a": 1}) == whole + blake2b(whole, digest_size=16).digest()


def test_every_flipped_bit_of_8_kb_is_refused() -> None:
    """What is under the digest is not parsed first: all of these are refused for what the frame is."""
    data = bytearray(a_file_of(8192))
    unpack(opened(data)[1])
    passed = 0
    assert len(data) == 8192
    for place in range(len(data)):
        for bit in range(8):
            data[place] ^= 1 << bit
            try:
                opened(data)
                passed += 1
            except SnapshotError as error:
                assert error.problems[0].what and error.problems[0].fix and not error.problems[0].where
            data[place] ^= 1 << bit
    assert not passed
    opened(data)


def test_every_truncation_of_8_kb_is_refused() -> None:
    data = a_file_of(8192)
    for size in range(len(data)):
        refused(data[:size])
    for size in range(1, len(data)):
        refused(data[size:])


@pytest.mark.parametrize("garbage", [b"\0", b"\n", b"x" * 100, framed(b"another")])
def test_what_is_appended_is_refused(garbage: bytes) -> None:
    data = framed(b"body")
    assert refused(data + garbage).startswith("is damaged or was added to: it has ")


def test_parts_swapped_at_equal_length_are_refused() -> None:
    assert refused(framed(b"ab", b"cd")[:-DIGEST] + framed(b"cd", b"ab")[-DIGEST:]).startswith("is damaged")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04", "is no snapshot of questscore"),
        (b"\x93NUMPY" * 100, "is no snapshot of questscore"),
        (framed(b"body").replace(b"\r\n", b"\n"), "is damaged at its beginning, as by a copy in text mode"),
        (framed(b"body").replace(b"\n", b"\r\n"), "is damaged at its beginning, as by a copy in text mode"),
        (MAGIC, "is cut short: it has only 10 bytes"),
        (framed(b"body")[:30], "is damaged or was cut short: it has 30 bytes and speaks of 92"),
    ],
)
def test_what_is_no_frame_is_told_apart(data: bytes, says: str) -> None:
    assert refused(data) == says


@pytest.mark.parametrize("version", [2, 3, 65_535])
@pytest.mark.parametrize("otherwise_whole", [True, False])
def test_a_later_version_is_refused_by_name(version: int, otherwise_whole: bool) -> None:
    """Whatever it holds after its version, which only the later one knows."""
    data = MAGIC + struct.pack("<H", version) + framed(b"body")[len(MAGIC) + 2 :]
    says = refused(resealed(data) if otherwise_whole else data + b"more")
    assert says == f"written by a later questscore: format {version}; this one reads {FORMAT}"


def test_there_was_no_version_0() -> None:
    data = MAGIC + struct.pack("<H", 0) + framed(b"body")[len(MAGIC) + 2 :]
    assert refused(resealed(data)) == "is damaged at its beginning"


def test_lengths_are_not_believed() -> None:
    """However large: nothing is allocated by them."""
    body = framed(b"body")
    _, _, head, size = START.unpack(body[: START.size])
    for lie_head, lie_body in ((head + 1, size - 1), (0, head + size), (head, 2**64 - 1), (2**32 - 1, size)):
        lie = START.pack(MAGIC, FORMAT, lie_head, lie_body) + body[START.size :]
        refused(lie)
    assert refused(resealed(START.pack(MAGIC, FORMAT, 2**17, 0) + bytes(2**17 + DIGEST))).startswith("is dam")


@pytest.mark.parametrize(
    "head", [b"", b"[]", b"{", b'{"a":1.5}', b'{"a":true}', b'{"a":null}', b"\xff", b"[" * 9000]
)
def test_a_header_that_is_none_is_refused_even_under_a_right_digest(head: bytes) -> None:
    data = START.pack(MAGIC, FORMAT, len(head), 0) + head + bytes(DIGEST)
    with pytest.raises(SnapshotError, match=r"^header"):
        opened(resealed(data))


@pytest.mark.parametrize("value", [1.5, None, True, b"x", ["x"]])
def test_a_header_is_of_texts_and_integers(value: object) -> None:
    header: dict[str, object] = {"kind": value}
    with pytest.raises(SnapshotError, match=r"header\.kind"):
        sealed(header, [])  # type: ignore[arg-type]


def test_the_longest_header() -> None:
    """Said before a file is touched: when the frame is asked for, not when its first piece is."""
    spare = LONGEST_HEADER - len(b'{"a":""}')
    assert opened(framed(header={"a": "x" * spare}))[0] == {"a": "x" * spare}
    with pytest.raises(SnapshotError, match=r"has 65,537 bytes, more than 65,536"):
        sealed({"a": "x" * (spare + 1)}, [])


def test_the_error_is_one_of_ours() -> None:
    assert issubclass(SnapshotError, QuestscoreError)
