"""The frame of a snapshot: a header and a body that are read only if no bit of them has changed.

Lives here: the layout below, and what is said about bytes that are not one whole frame.
Lives elsewhere: what the body holds (parts), the file (files).

| bytes | what |
| --- | --- |
| 10 | ``QSCORE``, then line ends and an end of text, which a copy in text mode would change |
| 2 | the version of the format |
| 4 | the length of the header |
| 8 | the length of the body |
| | the header: JSON, keys sorted |
| | the body |
| 16 | BLAKE2b-128 of all bytes before |

Numbers are little-endian. The digest is checked before the header or the body is looked into. It finds
accidents; it is no signature, since whoever can write the file can compute it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TypeAlias

from questscore.errors import SnapshotError
from questscore.snapshot.json_text import parsed, written

MAGIC = b"QSCORE\r\n\x1a\n"
FORMAT = 1
START = struct.Struct("<10sHIQ")
DIGEST = 16
LONGEST_HEADER = 2**16
RESTORE = "take an earlier copy of it, or build the state anew from the events"

Header: TypeAlias = Mapping[str, str | int]
Bytes: TypeAlias = bytes | bytearray | memoryview


def sealed(header: Header, body: Sequence[Bytes]) -> Iterator[Bytes]:
    """The frame around a body, piece by piece; the body is not copied.

    Args:
        header: Texts and integers by name: the kind of state, the model and its digest, and so on. At most
            64 KiB as JSON.
        body: Buffers of bytes, one after another. They must not change until the last piece is taken.

    Raises:
        SnapshotError: The header holds something else, or is too long; said before the first piece.

    >>> header, body = opened(b"".join(sealed({"kind": "scorer"}, [b"a", b"bc"])))
    >>> header, bytes(body)
    ({'kind': 'scorer'}, b'abc')
    """
    for key, value in header.items():
        if not _fits(key, value):
            what = f"a header is of texts and integers, not of {type(value).__name__!r}"
            raise SnapshotError(what, where=f"header.{key}", fix="save it as a part of the body")
    head = written(dict(sorted(header.items())), "header")
    if len(head) > LONGEST_HEADER:
        what = f"has {len(head):,} bytes, more than {LONGEST_HEADER:,}"
        raise SnapshotError(what, where="header", fix="save what is long as a part of the body")
    start = START.pack(MAGIC, FORMAT, len(head), sum(len(piece) for piece in body))
    return _digested([start, head, *body])


def _digested(pieces: Sequence[Bytes]) -> Iterator[Bytes]:
    """The pieces, then the digest of them all."""
    digest = blake2b(digest_size=DIGEST)
    for piece in pieces:
        digest.update(piece)
        yield piece
    yield digest.digest()


def opened(data: Bytes) -> tuple[dict[str, str | int], memoryview]:
    """The header and the body of a whole, unchanged frame.

    Raises:
        SnapshotError: It is none, it was cut or added to, any bit of it has changed, or a later version of
            questscore wrote it.
    """
    view = memoryview(data).toreadonly()
    head, _ = lengths(view[: START.size], len(view))
    if blake2b(view[:-DIGEST], digest_size=DIGEST).digest() != view[-DIGEST:]:
        raise SnapshotError("is damaged: its content does not match its digest", fix=RESTORE)
    return _header(view[START.size : START.size + head]), view[START.size + head : -DIGEST]


def lengths(start: Bytes, size: int) -> tuple[int, int]:
    """The lengths of header and body of a frame that begins with ``start`` and has ``size`` bytes in all.

    Args:
        start: The first `START.size` bytes, or all if there are fewer.
        size: How many bytes there really are; no length is believed that does not add up to it.

    Raises:
        SnapshotError: No frame of this version can begin like this and have that size.
    """
    if not size:
        raise SnapshotError("is empty", fix=RESTORE)
    begins = bytes(start[: len(MAGIC)])
    if not MAGIC.startswith(begins):
        if begins.startswith(MAGIC[:6]):
            raise SnapshotError("is damaged at its beginning, as by a copy in text mode", fix=RESTORE)
        raise SnapshotError("is no snapshot of questscore", fix="check the path")
    if len(start) < START.size:
        raise SnapshotError(f"is cut short: it has only {size} bytes", fix=RESTORE)
    _, version, head, body = START.unpack(start)
    if version > FORMAT:
        what = f"written by a later questscore: format {version}; this one reads {FORMAT}"
        raise SnapshotError(what, fix="upgrade questscore; if there is no later one, the file is damaged")
    if version < FORMAT or head > LONGEST_HEADER:
        raise SnapshotError("is damaged at its beginning", fix=RESTORE)
    whole = START.size + head + body + DIGEST
    if size != whole:
        how = "cut short" if size < whole else "added to"
        what = f"is damaged or was {how}: it has {size:,} bytes and speaks of {whole:,}"
        raise SnapshotError(what, fix=RESTORE)
    return head, body


def _header(data: memoryview) -> dict[str, str | int]:
    found = parsed(data, "header")
    if not isinstance(found, Mapping):
        raise SnapshotError("is no table", where="header", fix=RESTORE)
    header: dict[str, str | int] = {}
    for key, value in found.items():
        if not isinstance(value, (str, int)) or not _fits(key, value):
            raise SnapshotError("is neither text nor integer", where=f"header.{key}", fix=RESTORE)
        header[key] = value
    return header


def _fits(key: object, value: object) -> bool:
    return isinstance(key, str) and isinstance(value, (str, int)) and not isinstance(value, bool)
