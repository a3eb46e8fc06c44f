"""A disk in memory: what a machine may find on it after its power was cut, and calls that fail.

Lives here: `Disk`, which behaves like the module `os` as far as a snapshot needs it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator

from attrs import define, field

SHORT = 1000  # bytes that one call writes or reads at most


class PowerCut(BaseException):
    """The machine stops here: nothing that runs after it has an effect."""


@define(eq=False)
class Node:
    """A file, whatever it is called."""

    content: bytearray = field(factory=bytearray)
    synced: bytes = b""
    mode: int = 0o644

    def survivors(self) -> Iterator[bytes]:
        """What may be found in it: only what was synced is sure to be there."""
        yield self.synced
        if self.content != self.synced:
            for size in (0, 1, len(self.content) // 2, len(self.content) - 1, len(self.content)):
                yield bytes(self.content[:size])
            yield bytes(len(self.content))


@define(eq=False)
class Disk:
    """One directory of files.

    Args:
        folder: The directory.
        fails: Numbers of the calls, from 0, that fail with ``error`` and do nothing.
        cut: Number of the call at which the power is cut: half of a write is done, nothing of another call.
        lazy: A sync that does nothing: ``"file"`` or ``"folder"``.
    """

    folder: str = "/a disk in memory"
    fails: tuple[int, ...] = ()
    error: int = errno.EIO
    cut: int | None = None
    lazy: str = ""
    names: dict[str, Node] = field(factory=dict)
    lasting: dict[str, Node] = field(factory=dict)
    moved: list[tuple[str, Node]] = field(factory=list)  # names given since the folder was synced
    files: dict[int, tuple[Node | None, list[int]]] = field(factory=dict)  # open: node or folder, and place
    calls: list[str] = field(factory=list)

    def put(self, path: str, content: bytes) -> None:
        """A file that has been there for long."""
        self.names[path] = self.lasting[path] = Node(bytearray(content), content)

    def survivors(self, path: str) -> Iterator[bytes | None]:
        """Everything that may be found there after a cut; None: no file."""
        old = self.lasting.get(path)
        if old is None:
            yield None
        for node in [old, *(node for name, node in self.moved if name == path)]:
            if node is not None:
                yield from node.survivors()

    def _call(self, name: str) -> None:
        self.calls.append(name)
        number = len(self.calls) - 1
        if self.cut is not None and number >= self.cut:
            raise PowerCut
        if number in self.fails:
            raise OSError(self.error, os.strerror(self.error))

    def _node(self, path: str) -> Node:
        if path not in self.names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self.names[path]

    def open(self, path: str, flags: int, mode: int = 0o777, /) -> int:
        self._call("open")
        number = max(self.files, default=2) + 1
        if path == self.folder:
            self.files[number] = (None, [0])
        elif flags & os.O_CREAT:
            assert flags & os.O_EXCL and path not in self.names
            self.names[path] = Node(mode=mode)
            self.moved.append((path, self.names[path]))
            self.files[number] = (self.names[path], [0])
        else:
            self.files[number] = (self._node(path), [0])
        return number

    def _file(self, file: int) -> tuple[Node, list[int]]:
        node, place = self.files[file]
        assert node is not None
        return node, place

    def read(self, file: int, size: int, /) -> bytes:
        self._call("read")
        node, place = self._file(file)
        piece = bytes(node.content[place[0] : place[0] + min(size, SHORT)])
        place[0] += len(piece)
        return piece

    def write(self, file: int, data: memoryview, /) -> int:
        node, _ = self._file(file)
        if self.cut == len(self.calls):
            node.content += data[: min(len(data), SHORT) // 2]
        self._call("write")
        node.content += data[:SHORT]
        return min(len(data), SHORT)

    def fsync(self, file: int, /) -> None:
        self._call("fsync")
        node, _ = self.files[file]
        if node is None and self.lazy != "folder":
            self.lasting = dict(self.names)
            self.moved.clear()
        elif node is not None and self.lazy != "file":
            node.synced = bytes(node.content)

    def close(self, file: int, /) -> None:
        del self.files[file]  # also when it fails, as in Linux
        self._call("close")

    def _status(self, node: Node) -> os.stat_result:
        return os.stat_result((stat.S_IFREG | node.mode, 0, 0, 0, 0, 0, len(node.content), 0, 0, 0))

    def stat(self, path: str, /) -> os.stat_result:
        self._call("stat")
        return self._status(self._node(path))

    def fstat(self, file: int, /) -> os.stat_result:
        self._call("fstat")
        return self._status(self._file(file)[0])

    def chmod(self, path: str, mode: int, /) -> None:
        self._call("chmod")
        self._node(path).mode = mode

    def replace(self, source: str, target: str, /) -> None:
        self._call("replace")
        self.names[target] = self.names.pop(source)
        self.moved.append((target, self.names[target]))

    def unlink(self, path: str, /) -> None:
        self._call("unlink")
        self._node(path)
        del self.names[path]
