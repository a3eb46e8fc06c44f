"""Parts: arrays, texts, JSON and bytes come back as they went, and nothing is taken for what it is not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from questscore import SnapshotError
from questscore.snapshot import Json, Part, Parts
from questscore.snapshot.json_text import DEEPEST
from questscore.snapshot.parts import pack, unpack

DTYPES = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(endianness="<"),
    npst.unsigned_integer_dtypes(endianness="<"),
    npst.floating_dtypes(endianness="<", sizes=(16, 32, 64)),
    npst.complex_number_dtypes(endianness="<", sizes=(64, 128)),
)
ARRAYS = DTYPES.flatmap(lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, min_side=0)))
ANY_TEXT = st.text(st.characters(), max_size=6)
TEXTS = st.lists(st.none() | ANY_TEXT)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**53 - 2, 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def through(parts: Mapping[str, Part]) -> Parts:
    """Packed, joined and unpacked."""
    return unpack(b"".join(pack(parts)))


def exactly(value: object) -> str:
    """Tells 1 from 1.0 and from True, 0.0 from -0.0, and one order of keys from another."""
    return repr(value)


# -- round trips


@given(ARRAYS)
def test_an_array_comes_back(values: np.ndarray[Any, Any]) -> None:
    back = through({"x": values}).array("x", values.dtype.type)
    assert back.dtype == values.dtype
    assert back.shape == values.shape
    assert back.tobytes() == values.tobytes()
    assert back.flags.writeable and back.flags.owndata and back.flags.aligned


@given(TEXTS)
def test_texts_come_back(texts: list[str | None]) -> None:
    assert through({"x": texts}).texts("x") == texts


@given(JSON)
def test_a_json_value_comes_back(value: Json) -> None:
    assert exactly(through({"x": value}).json("x")) == exactly(value)


@given(st.dictionaries(ANY_TEXT, ARRAYS | TEXTS | JSON | st.binary(max_size=20), max_size=6))
def test_parts_come_back_together(parts: dict[str, Part]) -> None:
    back = through(parts)
    assert list(back) == list(parts)
    assert len(back) == len(parts)
    for name, part in parts.items():
        assert name in back
        assert type(back[name]) is type(part)
        if isinstance(part, np.ndarray):
            np.testing.assert_array_equal(back[name], part, strict=True)
        else:
            assert exactly(back[name]) == exactly(part)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [None],
        [""],
        ["", None, ""],
        ["\0", "a\0b"],
        ["\ud83d", "\ude00"],  # lone surrogates that would be one character if they met
        ["\ud83d\ude00", "😀"],
        ["x" * 127, None],
        ["x" * 128, None],
        ["é" * 40_000, "y"],
    ],
)
def test_texts_that_others_lose(texts: list[str | None]) -> None:
    assert through({"x": texts, "y": texts}).texts("x") == texts


@pytest.mark.parametrize(
    "value",
    [
        0.1,
        -0.0,
        5e-324,
        1.7976931348623157e308,
        2**53 + 1,
        -(2**200),
        1.0,
        "\ud83d\ude00",
        "\0",
        {"": {"\ud800": []}},
    ],
)
def test_values_that_others_change(value: Json) -> None:
    assert exactly(through({"x": value}).json("x")) == exactly(value)


def test_a_table_of_any_kind_is_a_dict_and_a_tuple_a_list() -> None:
    class Table(dict[str, int]):
        pass

    assert exactly(through({"x": Table(a=1), "y": (1, (2, "z"))})["x"]) == "{'a': 1}"
    assert through({"y": (1, (2, "z"))}).json("y") == [1, [2, "z"]]
    assert through({"y": ("a", None)}).texts("y") == ["a", None]


def test_a_list_of_texts_is_json_too() -> None:
    parts = through({"x": ["a", None], "y": []})
    assert parts.json("x") == ["a", None]
    assert parts.json("y") == parts.texts("y") == []


def test_arrays_of_every_layout() -> None:
    """Big-endian, strided, reversed and in Fortran order: the same values, in the machine's own layout."""
    plain = np.arange(12, dtype=np.int32).reshape(3, 4)
    for values in (plain.astype(">i4"), plain[::-1], plain[:, ::2], np.asfortranarray(plain), plain.T):
        back = through({"x": values}).array("x", np.int32)
        np.testing.assert_array_equal(back, values)
        assert back.flags.c_contiguous and back.dtype.isnative


def test_bytes_of_every_kind() -> None:
    parts = through({"a": bytearray(b"a\0"), "b": memoryview(b"abcd")[::2], "c": b""})
    assert [parts.raw(name) for name in "abc"] == [b"a\0", b"ac", b""]


def test_what_is_given_is_the_callers_own() -> None:
    body = bytearray(b"".join(pack({"x": np.zeros(3), "y": ["a"]})))
    parts = unpack(body)
    first = parts.array("x", np.float64)
    first += 1
    assert parts.array("x", np.float64).tolist() == [0, 0, 0]
    parts.texts("y").append("b")
    assert parts.texts("y") == ["a"]


def test_an_array_is_packed_without_a_copy() -> None:
    values = np.zeros(1000)
    buffers = pack({"x": values})
    values[:] = 7
    assert unpack(b"".join(buffers)).array("x", np.float64).tolist() == [7] * 1000


# -- refused on the way in


def a_deep_list(depth: int) -> Json:
    """[[[…]]]"""
    made: Json = 1
    for _ in range(depth):
        made = [made]
    return made


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (math.nan, "nan is no JSON number"),
        ({"a": [1, math.inf]}, "inf is no JSON number"),
        ({"a": {1: 2}}, "a key is of type 'int'"),
        ({None: 2}, "a key is of type 'NoneType'"),
        ({1, 2}, "a value of type 'set' cannot be saved"),
        ([b"a"], "a value of type 'bytes' cannot be saved"),
        ([np.int64(1)], "a value of type 'int64' cannot be saved"),
        ([np.zeros(1)], "a value of type 'ndarray' cannot be saved"),
        (object(), "a value of type 'object' cannot be saved"),
        ([10**5000], "holds an integer too long to write"),
        (a_deep_list(DEEPEST + 1), "is more than 100 deep"),
        (np.array(["a", None]), "an array of object cannot be saved"),
        (np.array(["a"]), "an array of <U1 cannot be saved"),
        (np.zeros(1, "M8[us]"), r"an array of datetime64\[us\] cannot be saved"),
        (np.zeros(1, "i4,f8"), "an array of .* cannot be saved"),
        pytest.param(
            np.zeros(1, np.longdouble),
            "an array of float.* cannot be saved",
            marks=pytest.mark.skipif(np.longdouble().itemsize == 8, reason="it is a double here"),
        ),
    ],
)
def test_what_cannot_be_saved(part: Any, says: str) -> None:
    with pytest.raises(SnapshotError, match=f"^the part: {says}\n  fix: "):
        pack({"fine": 1, "the part": part})


def test_the_deepest_json() -> None:
    assert through({"x": a_deep_list(DEEPEST)}).json("x") == a_deep_list(DEEPEST)


def test_a_name_is_a_text() -> None:
    with pytest.raises(SnapshotError, match="a part's name is of type 'int'"):
        pack({1: "x"})  # type: ignore[dict-item]


def test_no_key_is_told() -> None:
    """A key may be somebody's id."""
    with pytest.raises(SnapshotError) as caught:
        pack({"state": {"ada@example.org": {"x": math.nan}}})
    assert "ada" not in str(caught.value)


# -- refused on the way out


def test_a_part_that_is_absent_or_of_another_kind() -> None:
    body = b"".join(pack({"times": np.zeros(2, np.int32), "names": ["a"], "state": {"a": 1}, "blob": b"x"}))
    parts = unpack(body, "scorer.quest")
    asked: dict[str, tuple[Callable[[str], object], str]] = {
        "tims": (parts.texts, "there is no such part; the nearest is 'times'"),
        "zzz": (parts.raw, "there is no such part\n"),
        "names": (parts.array, "is texts, not an array"),
        "times": (parts.texts, "is an array, not texts"),
        "state": (parts.raw, "is JSON, not bytes"),
        "blob": (parts.json, "is bytes, not JSON"),
    }
    for name, (getter, says) in asked.items():
        with pytest.raises(SnapshotError, match=rf"^scorer\.quest: {name}: {says}"):
            getter(name)
    with pytest.raises(SnapshotError, match="times: holds int32, not int64\n  fix: "):
        parts.array("times", np.int64)
    assert parts.array("times").dtype == np.int32
    assert parts.get("zzz") is None
    assert repr(parts) == "<Parts: times (array), names (texts), state (json), blob (bytes)>"


def body_of(index: object, rest: bytes = b"") -> bytes:
    """A body with an index of our making."""
    head = json.dumps(index).encode()
    return len(head).to_bytes(8, "little") + head + rest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        (2**64 - 1).to_bytes(8, "little"),
        (5).to_bytes(8, "little") + b"[]",
        body_of({}),
        body_of([3]),
        body_of([["x", "json", 1, ""]], b"1"),
        body_of([["x", "pickle", 1, "", []]], b"1"),
        body_of([["x", "json", 2, "", []]], b"1"),
        body_of([["x", "json", -1, "", []]], b"1"),
        body_of([["x", "json", 1, "", [-1]]], b"1"),
        body_of([["x", "json", 1, "", [1.0]]], b"1"),
        body_of([["x", "json", 1, "", []], ["x", "json", 1, "", []]], b"11"),
        body_of([], b"left over"),
    ],
)
def test_an_index_that_does_not_describe_its_body(body: bytes) -> None:
    with pytest.raises(SnapshotError, match="index"):
        unpack(body)


@pytest.mark.parametrize(
    ("entry", "rest"),
    [
        (["array", "<i8", [2]], bytes(8)),
        (["array", "<i8", [1]], bytes(16)),
        (["array", "<i8", [2**61]], bytes(8)),
        (["array", "|O", [1]], bytes(8)),
        (["array", "<f16", [1]], bytes(16)),
        (["array", "not a type", [1]], bytes(8)),
        (["array", "<i8", [0, 2**62, 2**62]], b""),
        (["array", "<i8", [0, 2**80]], b""),
        (["array", "<i8", [1] * 200], bytes(8)),
        (["texts", "|i1", [3]], b"\1\1"),
        (["texts", "|i1", [2]], b"\1\1abc"),
        (["texts", "|i1", [2]], b"\xfe\1a"),
        (["texts", "|i1", [1]], b"\1\xff"),
        (["texts", "|u1", [1]], b"\1a"),
        (["texts", "<f4", [1]], bytes(4)),
        (["texts", "|i1", [1, 1]], b"\1a"),
        (["texts", "", []], b""),
        (["texts", "", [2**70]], b""),
        (["json", "", []], b"{"),
        (["json", "", []], b"[" * 100_000),
        (["json", "", []], b"1" * 5000),
    ],
)
def test_a_part_that_does_not_add_up(entry: list[Any], rest: bytes) -> None:
    """Under a right digest, from a writer that means harm: an error, and no memory by what it says."""
    kind, dtype, shape = entry
    parts = unpack(body_of([["x", kind, len(rest), dtype, shape]], rest))
    with pytest.raises(SnapshotError, match=r"^x: "):
        parts["x"]
