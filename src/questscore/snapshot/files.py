"""A snapshot in a file: whoever stops the machine at whatever moment finds the old one or the new one, whole.

Lives here: writing beside the file, making that lasting, and putting it in its place; reading; what is said
when the system will not.
Lives elsewhere: the bytes (frame, parts).

A process that is killed while it writes leaves a file ``.questscore-….tmp`` behind, which may be deleted.
Two processes may write the same file at once; the last to finish stays.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from questscore.errors import SnapshotError
from questscore.snapshot.frame import RESTORE, START, Bytes, Header, lengths, opened, sealed
from questscore.snapshot.parts import Part, Parts, pack, unpack

_BINARY: int = getattr(os, "O_BINARY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_READ: int = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)  # a pipe must not make us wait
_FOLDER: int | None = getattr(os, "O_DIRECTORY", None)  # None: this system has no way to sync a directory
_PIECE = 2**20


class System(Protocol):
    """What is asked of the operating system, as the module `os` has it."""

    def open(self, path: str, flags: int, mode: int = ..., /) -> int: ...
    def read(self, file: int, size: int, /) -> bytes: ...
    def write(self, file: int, data: memoryview, /) -> int: ...
    def fsync(self, file: int, /) -> None: ...
    def close(self, file: int, /) -> None: ...
    def stat(self, path: str, /) -> os.stat_result: ...
    def fstat(self, file: int, /) -> os.stat_result: ...
    def chmod(self, path: str, mode: int, /) -> None: ...
    def replace(self, source: str, target: str, /) -> None: ...
    def unlink(self, path: str, /) -> None: ...


def write(path: str | Path, header: Header, parts: Mapping[str, Part], *, system: System = os) -> None:
    """Writes a snapshot, in place of the file that is there, if any.

    On any error the temporary file is gone and the old file is as it was, but for one: when the directory
    cannot be synced at the very end, the new file stands and the error says so. The new file has the
    permissions of the old one; through a symbolic link the file that it points to is replaced.

    Args:
        path: Where to.
        header: Texts and integers that say what it is.
        parts: Arrays, texts, JSON values and bytes by name; they must not change meanwhile. Arrays are not
            copied.
        system: The module `os`, or what behaves like it.

    Raises:
        SnapshotError: A part or the header cannot be saved, or the system refuses; ``__cause__`` is what it
            said.
    """
    _check_path(path)
    try:
        pieces = sealed(header, pack(parts))
        _replace(Path(os.path.realpath(path)), pieces, system)
    except SnapshotError as error:
        raise error.from_source(str(path)) from error.__cause__
    except (OSError, ValueError) as error:
        raise _cannot("written", path, error) from error


def read(path: str | Path, *, system: System = os) -> tuple[dict[str, str | int], Parts]:
    """The header and the parts of a snapshot.

    Neither is looked into before the whole is known to be as it was written. Needs memory for the file, and
    for each part that is asked for.

    Raises:
        SnapshotError: There is no such file, it cannot be read, it is no snapshot, damaged, or of a later
            version.
    """
    _check_path(path)
    try:
        header, body = opened(_content(os.fspath(path), system))
        return header, unpack(body, str(path))
    except SnapshotError as error:
        raise error.from_source(str(path)) from None
    except (OSError, ValueError, MemoryError) as error:
        raise _cannot("read", path, error) from error


def _check_path(path: object) -> None:
    if not isinstance(path, (str, os.PathLike)):
        raise SnapshotError(f"a {type(path).__name__} is no path", where="path", fix="pass a text or a Path")


def _replace(target: Path, pieces: Iterable[Bytes], system: System) -> None:
    """Puts a new file with this content where ``target`` is."""
    permissions = _permissions(str(target), system)
    temporary = str(target.with_name(f".questscore-{secrets.token_hex(8)}.tmp"))
    with _opened(target.parent, system) as folder:
        file = system.open(temporary, _CREATE, 0o666 if permissions is None else 0o600)
        try:
            try:
                if permissions is not None:
                    system.chmod(temporary, permissions)
                for piece in pieces:
                    _write(file, piece, system)
                system.fsync(file)
            finally:
                system.close(file)
            system.replace(temporary, str(target))
        except BaseException:
            with suppress(OSError):
                system.unlink(temporary)
            raise
        if folder is not None:
            _sync(folder, system)


def _permissions(target: str, system: System) -> int | None:
    """Those of the file that is there, or None when there is none."""
    try:
        mode = system.stat(target).st_mode
    except FileNotFoundError:
        return None
    _check_regular(mode)
    return stat.S_IMODE(mode) & 0o777


@contextmanager
def _opened(folder: Path, system: System) -> Iterator[int | None]:
    """A directory, opened before anything is written: what forbids that is known while nothing is done."""
    if _FOLDER is None:
        yield None
        return
    file = system.open(str(folder), os.O_RDONLY | _FOLDER)
    try:
        yield file
    finally:
        with suppress(OSError):  # nothing was written through it
            system.close(file)


def _write(file: int, piece: Bytes, system: System) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[system.write(file, rest) :]


def _sync(folder: int, system: System) -> None:
    """Makes the new name lasting."""
    try:
        system.fsync(folder)
    except OSError as error:
        if error.errno == errno.EINVAL:  # a file system that has no such thing
            return
        what = f"was written whole, but might not outlast a power failure: {error.strerror or error}"
        raise SnapshotError(what, fix="check the disk, and save again") from error


def _content(path: str, system: System) -> bytearray:
    """A file's bytes, if it can be a snapshot by its beginning and its size."""
    file = system.open(path, _READ)
    try:
        status = system.fstat(file)
        _check_regular(status.st_mode)
        size = status.st_size
        start = _read(file, min(size, START.size), system)
        lengths(start, size)
        content = bytearray(size)
        content[: len(start)] = start
        place = len(start)
        while place < size:
            piece = _read(file, min(size - place, _PIECE), system)
            content[place : place + len(piece)] = piece
            place += len(piece)
        return content
    finally:
        system.close(file)


def _read(file: int, size: int, system: System) -> bytes:
    """Exactly so many bytes."""
    pieces = []
    while size:
        piece = system.read(file, size)
        if not piece:
            raise SnapshotError("was cut short while it was read", fix=RESTORE)
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _check_regular(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise SnapshotError("is a directory", fix="name a file in it")
    if not stat.S_ISREG(mode):
        raise SnapshotError("is no regular file", fix="name one")


def _cannot(done: str, path: str | Path, error: Exception) -> SnapshotError:
    """What the system says about a file, as an error of ours."""
    source = str(path)
    what, fix = f"cannot be {done}", "check the path and the file system"
    match error:
        case FileNotFoundError() if done == "read":
            return SnapshotError("there is no such file", fix="check the path", source=source)
        case FileNotFoundError() | NotADirectoryError():
            fix = "check the path; its directory must exist"
        case PermissionError():
            fix = "change the permissions of the file or its directory"
        case MemoryError():
            what, fix = f"{what}: it does not fit in memory", "use a machine with more memory"
        case OSError(errno=errno.ENOSPC) | OSError(errno=errno.EDQUOT):
            fix = "make room on the disk, then save again"
        case OSError(errno=errno.EIO):
            fix = "check the disk"
    why = getattr(error, "strerror", None) or str(error)
    return SnapshotError(f"{what}: {why}" if why else what, fix=fix, source=source)
