"""The body of a snapshot: arrays, texts, JSON values and bytes by name.

Lives here: packing them without copying arrays, and giving each back as what it was saved as.
Lives elsewhere: that no bit has changed since (frame). Still nothing is believed here that does not add up,
and no type is made from what a file says: it picks one of those below.

A body is the length of its index (8 bytes, little-endian), the index, and the parts one after another. The
index is JSON: for each part its name, kind, length, type and shape. An array is its values, little-endian, in
C order; texts are their lengths in characters as an array (-1 for None), then one UTF-8 text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TypeAlias, TypeGuard, TypeVar, overload

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.errors import SnapshotError, nearest
from questscore.snapshot.frame import RESTORE, Bytes
from questscore.snapshot.json_text import Json, parsed, written

Part: TypeAlias = "NDArray[np.generic] | Bytes | Json"
Scalar = TypeVar("Scalar", bound=np.generic)

_COUNT = 8  # bytes of the length of the index
_CODES = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
_DTYPES = {dtype.str: dtype for dtype in (np.dtype(code).newbyteorder("<") for code in _CODES)}
_LENGTHS = (np.int8, np.int16, np.int32, np.int64)
_KINDS = {"array": "an array", "texts": "texts", "json": "JSON", "bytes": "bytes"}


def pack(parts: Mapping[str, Part]) -> list[Bytes]:
    """The buffers of a body.

    An array that is little-endian and in C order is not copied: its buffer is the array's own, which must not
    change until it is written. A list of nothing but texts and None is packed as texts, any other as JSON.

    Raises:
        SnapshotError: A part that can be none; ``where`` is its name.
    """
    index: list[Json] = []
    buffers: list[Bytes] = []
    for name, part in parts.items():
        if not isinstance(name, str):
            raise SnapshotError(f"a part's name is of type {type(name).__name__!r}", fix="name it by a text")
        kind, dtype, shape, pieces = _packed(name, part)
        index.append([name, kind, sum(len(piece) for piece in pieces), dtype, shape])
        buffers += pieces
    head = written(index, "index")
    return [len(head).to_bytes(_COUNT, "little") + head, *buffers]


def unpack(body: Bytes, source: str = "") -> Parts:
    """The parts of a body; each is looked into when it is asked for.

    Args:
        body: What `pack` made, in one piece. The parts keep it alive.
        source: The file it came from, for errors.

    Raises:
        SnapshotError: The index does not describe the body.

    >>> parts = unpack(b"".join(pack({"times": np.array([3, 5]), "names": ["ada", None], "state": {"n": 2}})))
    >>> parts.array("times", np.int64), parts.texts("names"), parts.json("state")
    (array([3, 5]), ['ada', None], {'n': 2})
    """
    view = memoryview(body)
    begin = _COUNT + int.from_bytes(view[:_COUNT], "little")
    if not _COUNT <= begin <= len(view):
        raise SnapshotError("is longer than the body", where="index", source=source, fix=RESTORE)
    index = parsed(view[_COUNT:begin], "index")
    found: dict[str, _Packed] = {}
    for entry in index if isinstance(index, list) else [None]:
        match entry:
            case [str(name), str(kind), int(size), str(dtype), list(shape)] if (
                name not in found and kind in _KINDS and 0 <= size <= len(view) - begin and _counts(shape)
            ):
                found[name] = _Packed(kind, dtype, tuple(shape), view[begin : begin + size])
                begin += size
            case _:
                raise SnapshotError(
                    "does not say what its parts are", where="index", source=source, fix=RESTORE
                )
    if begin != len(view):
        raise SnapshotError("is shorter than the body", where="index", source=source, fix=RESTORE)
    return Parts(found, source)


@frozen(eq=False)
class _Packed:
    """One part as it stands in the body."""

    kind: str
    dtype: str
    shape: tuple[int, ...]
    data: memoryview


@frozen(eq=False, repr=False)
class Parts(Mapping[str, Part]):
    """What a snapshot holds, by name.

    As a mapping it gives each part as what it was saved as. The methods give one of a kind, and raise a
    `SnapshotError` that names the part when it is absent or of another kind. All of them make a new object
    at each call, so what they give is the caller's own.
    """

    _parts: Mapping[str, _Packed]
    _source: str = ""

    def __getitem__(self, name: str) -> Part:
        match self._parts[name].kind:
            case "array":
                return self.array(name)
            case "texts":
                return self.texts(name)
            case "json":
                return self.json(name)
            case _:
                return self.raw(name)

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        return f"<Parts: {', '.join(f'{name} ({part.kind})' for name, part in self._parts.items())}>"

    @overload
    def array(self, name: str) -> NDArray[np.generic]: ...

    @overload
    def array(self, name: str, dtype: type[Scalar]) -> NDArray[Scalar]: ...

    def array(self, name: str, dtype: type[np.generic] | None = None) -> NDArray[np.generic]:
        """An array, writable, in memory of its own and in the machine's byte order.

        Args:
            name: The part.
            dtype: The type it must have been saved as; None takes any.
        """
        part = self._part(name, "array")
        values = self._values(name, part, part.data)
        if dtype is not None and values.dtype != np.dtype(dtype):
            what = f"holds {values.dtype}, not {np.dtype(dtype)}"
            raise self._refused(what, name, "ask for the type it was saved as")
        return values

    def texts(self, name: str) -> list[str | None]:
        """A list of texts and None."""
        part = self._part(name, "texts")
        size = prod(part.shape) * _DTYPES[part.dtype].itemsize if part.dtype in _DTYPES else 0
        lengths = self._values(name, part, part.data[:size])
        try:
            whole = str(part.data[size:], "utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self._refused("is no UTF-8", name, RESTORE) from None
        if lengths.dtype.kind != "i" or lengths.ndim != 1:
            raise self._refused("has no lengths", name, RESTORE)
        return self._cut(name, whole, lengths.astype(np.int64))

    def json(self, name: str) -> Json:
        """A JSON value. A list of nothing but texts and None is one too."""
        if name in self._parts and self._parts[name].kind == "texts":
            return self.texts(name)
        return parsed(self._part(name, "json").data, name)

    def raw(self, name: str) -> bytes:
        """Bytes."""
        return self._part(name, "bytes").data.tobytes()

    def _part(self, name: str, kind: str) -> _Packed:
        part = self._parts.get(name)
        if part is None:
            near = nearest(name, self._parts)
            hint = f"; the nearest is {near!r}" if near else ""
            what = f"there is no such part{hint}"
            raise self._refused(what, name, "read it with the version that wrote it")
        if part.kind != kind:
            what = f"is {_KINDS[part.kind]}, not {_KINDS[kind]}"
            raise self._refused(what, name, "ask for what it was saved as")
        return part

    def _values(self, name: str, part: _Packed, data: memoryview) -> NDArray[np.generic]:
        dtype = _DTYPES.get(part.dtype)
        if dtype is None or prod(part.shape) * dtype.itemsize != len(data):
            raise self._refused("has another length than its type and shape", name, RESTORE)
        try:
            values = np.empty(part.shape, dtype.newbyteorder("="))
        except ValueError:
            raise self._refused("has a shape that no array has", name, RESTORE) from None
        values[...] = np.frombuffer(data, dtype).reshape(part.shape)
        return values

    def _cut(self, name: str, whole: str, lengths: NDArray[np.int64]) -> list[str | None]:
        ends = np.cumsum(np.maximum(lengths, 0))
        if (lengths < -1).any() or (ends[-1] if len(ends) else 0) != len(whole):
            raise self._refused("has another length than its texts", name, RESTORE)
        starts = [0, *ends[:-1].tolist()]
        texts: list[str | None] = [whole[a:b] for a, b in zip(starts, ends.tolist(), strict=False)]
        for row in np.flatnonzero(lengths < 0).tolist():
            texts[row] = None
        return texts

    def _refused(self, what: str, name: str, fix: str) -> SnapshotError:
        return SnapshotError(what, where=name, fix=fix, source=self._source)


def _packed(name: str, part: Part) -> tuple[str, str, list[int], list[Bytes]]:
    """Kind, type, shape and buffers of a part."""
    if isinstance(part, np.ndarray):
        little = part.dtype.newbyteorder("<")
        if little.str not in _DTYPES:
            what = f"an array of {part.dtype} cannot be saved"
            raise SnapshotError(what, where=name, fix="save numbers or booleans of a fixed size")
        return "array", little.str, list(part.shape), [_buffer(np.asarray(part, little, order="C"))]
    if isinstance(part, (bytes, bytearray, memoryview)):
        return "bytes", "", [], [bytes(part)]
    if _is_texts(part):
        lengths = _lengths(part)
        whole = "".join([text for text in part if text is not None])
        pieces: list[Bytes] = [_buffer(lengths), whole.encode("utf-8", "surrogatepass")]
        return "texts", lengths.dtype.str, [len(part)], pieces
    return "json", "", [], [written(part, name)]


def _buffer(values: NDArray[np.generic]) -> memoryview:
    """The bytes of an array in C order, not copied."""
    return values.reshape(-1).view(np.uint8).data


def _lengths(texts: Sequence[str | None]) -> NDArray[np.signedinteger]:
    """The length of each text, -1 for None, in the narrowest type that holds them, little-endian."""
    lengths = np.array([-1 if text is None else len(text) for text in texts], np.int64)
    longest = lengths.max(initial=0)
    narrow = next(dtype for dtype in _LENGTHS if longest <= np.iinfo(dtype).max)
    return lengths.astype(np.dtype(narrow).newbyteorder("<"))


def _is_texts(part: object) -> TypeGuard[Sequence[str | None]]:
    if not isinstance(part, (list, tuple)):
        return False
    return all(issubclass(kind, (str, type(None))) for kind in set(map(type, part)))


def _counts(shape: list[object]) -> TypeGuard[list[int]]:
    return all(type(count) is int and count >= 0 for count in shape)
