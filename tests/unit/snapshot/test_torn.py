"""Never torn: a call that fails, a power cut or a kill, at any moment, leaves the old file or the new one."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest

from questscore import SnapshotError
from questscore.snapshot import Part, Parts, read, write
from unit.snapshot import keeps_writing
from unit.snapshot.disks import Disk, Node, PowerCut

FILE = "/a disk in memory/state.quest"
OLD: dict[str, Part] = {"values": np.arange(300), "names": ["ada", None]}
NEW: dict[str, Part] = {"values": np.arange(500) * 7, "names": ["zen"]}
KILLS = 50


def save(disk: Disk, parts: dict[str, Part], kind: str) -> None:
    write(FILE, {"kind": kind}, parts, system=disk)


def bytes_of(kind: str, parts: dict[str, Part]) -> bytes:
    """What is on a disk after nothing went wrong."""
    disk = Disk()
    save(disk, parts, kind)
    return bytes(disk.names[FILE].content)


def a_disk(content: bytes | None, **options: object) -> Disk:
    """A disk that holds the file."""
    disk = Disk(**options)  # type: ignore[arg-type]
    if content is not None:
        disk.put(FILE, content)
    return disk


OLD_BYTES, NEW_BYTES = bytes_of("old", OLD), bytes_of("new", NEW)
THERE = pytest.mark.parametrize("there", [OLD_BYTES, None], ids=["over a file", "where none is"])


def calls(there: bytes | None) -> list[str]:
    """The calls of one save."""
    disk = a_disk(there)
    save(disk, NEW, "new")
    return disk.calls


@THERE
def test_the_calls_of_a_save(there: bytes | None) -> None:
    """What is written is synced before it gets the name, and the name is synced after."""
    made = calls(there)
    once = [call for i, call in enumerate(made) if call != "write" or made[i - 1] != "write"]
    permissions = ["chmod"] if there else []
    rest = ["write", "fsync", "close", "replace", "fsync", "close"]
    assert once == ["stat", "open", "open", *permissions, *rest]
    assert made.count("write") >= 5


@THERE
def test_a_save_outlasts_a_power_cut(there: bytes | None) -> None:
    disk = a_disk(there)
    save(disk, NEW, "new")
    assert set(disk.survivors(FILE)) == {NEW_BYTES}
    assert set(disk.names) == {FILE}
    assert not disk.files


@THERE
def test_a_power_cut_at_any_call_leaves_the_old_file_or_the_new_one(there: bytes | None) -> None:
    found = set()
    for cut in range(len(calls(there))):
        disk = a_disk(there, cut=cut)
        with pytest.raises(PowerCut):
            save(disk, NEW, "new")
        after = set(disk.survivors(FILE))
        assert after <= {there, NEW_BYTES}
        found |= after
    assert found == {there, NEW_BYTES}


def test_without_a_sync_of_the_file_it_would_be_torn() -> None:
    """This disk does tear what is written carelessly."""
    torn = set()
    for cut in range(len(calls(OLD_BYTES))):
        disk = a_disk(OLD_BYTES, cut=cut, lazy="file")
        with pytest.raises(PowerCut):
            save(disk, NEW, "new")
        torn |= set(disk.survivors(FILE)) - {OLD_BYTES, NEW_BYTES}
    assert torn
    for content in torn:
        disk = a_disk(content)
        with pytest.raises(SnapshotError):
            read(FILE, system=disk)


def test_without_a_sync_of_the_directory_the_new_file_might_be_gone() -> None:
    disk = a_disk(OLD_BYTES, lazy="folder")
    save(disk, NEW, "new")
    assert set(disk.survivors(FILE)) == {OLD_BYTES, NEW_BYTES}


@THERE
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_a_call_that_fails_leaves_the_old_file_and_nothing_else(there: bytes | None, error: int) -> None:
    names = calls(there)
    for number, name in enumerate(names):
        disk = a_disk(there, fails=(number,), error=error)
        if number == len(names) - 1:
            assert name == "close"
            save(disk, NEW, "new")  # of the directory, when all is done
            continue
        with pytest.raises(SnapshotError) as caught:
            save(disk, NEW, "new")
        assert str(caught.value).startswith(f"{FILE}: ")
        assert os.strerror(error) in caught.value.problems[0].what
        assert caught.value.problems[0].fix
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.__cause__.errno == error
        assert not disk.files
        named = number == len(names) - 2
        assert ("might not outlast" in str(caught.value)) == named
        assert disk.names.keys() == ({FILE} if there or named else set())
        if disk.names:
            assert bytes(disk.names[FILE].content) == (NEW_BYTES if named else there)
        assert set(disk.survivors(FILE)) <= {there, NEW_BYTES}
        save(disk, NEW, "new")  # and the next one succeeds
        assert set(disk.survivors(FILE)) == {NEW_BYTES}


@THERE
def test_when_cleaning_up_fails_too_the_first_error_is_told(there: bytes | None) -> None:
    names = calls(there)
    for number in range(3, names.index("replace")):
        disk = a_disk(there, fails=tuple(range(number, len(names) + 1)), error=errno.ENOSPC)
        with pytest.raises(SnapshotError, match="make room on the disk"):
            save(disk, NEW, "new")
        assert set(disk.survivors(FILE)) == {there}
        assert not disk.files


def test_a_file_system_that_cannot_sync_a_directory_is_no_error() -> None:
    disk = a_disk(OLD_BYTES, fails=(len(calls(OLD_BYTES)) - 2,), error=errno.EINVAL)
    save(disk, NEW, "new")
    assert disk.names[FILE].content == NEW_BYTES


def test_an_interrupt_leaves_the_old_file_and_nothing_else() -> None:
    class Interrupted(Disk):
        def fsync(self, file: int, /) -> None:
            raise KeyboardInterrupt

    disk = Interrupted()
    disk.put(FILE, OLD_BYTES)
    with pytest.raises(KeyboardInterrupt):
        save(disk, NEW, "new")
    assert {name: bytes(node.content) for name, node in disk.names.items()} == {FILE: OLD_BYTES}
    assert not disk.files


def test_a_read_that_fails_at_any_call() -> None:
    disk = a_disk(OLD_BYTES)
    assert read(FILE, system=disk)[0] == {"kind": "old"}
    assert disk.calls[:3] == ["open", "fstat", "read"] and disk.calls.count("read") >= 4
    for number in range(len(disk.calls)):
        failing = a_disk(OLD_BYTES, fails=(number,))
        with pytest.raises(SnapshotError, match="cannot be read: Input/output error"):
            read(FILE, system=failing)
        assert not failing.files


def test_a_file_that_shrinks_while_it_is_read() -> None:
    class Shrinking(Disk):
        def fstat(self, file: int, /) -> os.stat_result:
            status = super().fstat(file)
            del self.names[FILE].content[-10:]
            return status

    disk = Shrinking()
    disk.put(FILE, OLD_BYTES)
    with pytest.raises(SnapshotError, match="was cut short while it was read"):
        read(FILE, system=disk)


def test_a_file_that_says_it_is_larger_than_memory() -> None:
    class Huge(Disk):
        def _status(self, node: Node) -> os.stat_result:
            status = list(super()._status(node))
            status[6] = 2**62
            return os.stat_result(status)

    size = 2**62 - len(OLD_BYTES)
    body = int.from_bytes(OLD_BYTES[16:24], "little") + size
    disk = Huge()
    disk.put(FILE, OLD_BYTES[:16] + body.to_bytes(8, "little") + OLD_BYTES[24:])
    with pytest.raises(SnapshotError, match="does not fit in memory"):
        read(FILE, system=disk)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes that fork here")
def test_a_process_killed_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "state.quest"
    began = time.perf_counter()
    for turn in (1, 0):
        write(path, *keeps_writing.contents(turn))
    longest = 3 * (time.perf_counter() - began)
    random = Random(11)
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", keeps_writing.__file__, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    turns = []
    with process:
        assert process.stdin and process.stdout
        for _ in range(KILLS):
            process.stdin.write(f"{random.uniform(0, longest)}\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == str(int(signal.SIGKILL))
            turns.append(whole(*read(path)))
        process.stdin.close()
    assert set(turns) == {0, 1}
    assert len(list(tmp_path.iterdir())) - 1 >= KILLS // 10, "some were killed while they wrote"


def whole(header: dict[str, str | int], parts: Parts) -> int:
    """Whose turn it was, if nothing is of another one."""
    turn = header["turn"]
    assert isinstance(turn, int)
    _, expected = keeps_writing.contents(turn)
    np.testing.assert_array_equal(parts["values"], expected["values"])
    assert parts["name"] == expected["name"]
    return turn
