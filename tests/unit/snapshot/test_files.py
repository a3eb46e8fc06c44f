"""Snapshots in real files: what is there afterwards, and what is said when it cannot be."""

from __future__ import annotations

import os
import stat
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from questscore import SnapshotError
from questscore.snapshot import Part, files, read, write

PARTS: dict[str, Part] = {"values": np.arange(1000), "names": ["ada", None, "\ud800"], "state": {"rate": 0.1}}
LINUX = pytest.mark.skipif(os.name != "posix", reason="permissions, links and pipes as in POSIX")


def refused(path: Path | str) -> str:
    """What is said about reading it, without the path."""
    with pytest.raises(SnapshotError) as caught:
        read(path)
    assert caught.value.source == str(path)
    assert caught.value.problems[0].fix
    return caught.value.problems[0].what


def not_written(path: Path | str) -> str:
    """What is said about writing it, without the path; and nothing is left behind."""
    folder = Path(path).parent
    before = sorted(folder.iterdir()) if folder.is_dir() else []
    with pytest.raises(SnapshotError) as caught:
        write(path, {}, PARTS)
    assert caught.value.source == str(path)
    assert caught.value.problems[0].fix
    assert before == (sorted(folder.iterdir()) if folder.is_dir() else [])
    return caught.value.problems[0].what


@pytest.mark.parametrize("kind", [str, Path])
def test_a_snapshot_in_a_file(tmp_path: Path, kind: type[str] | type[Path]) -> None:
    path = tmp_path / "état.quest"
    for turn in range(3):
        write(kind(path), {"kind": "scorer", "turn": turn}, PARTS)
        header, parts = read(kind(path))
        assert header == {"kind": "scorer", "turn": turn}
        assert list(parts) == list(PARTS)
        np.testing.assert_array_equal(parts.array("values", np.int64), PARTS["values"])
        assert parts.texts("names") == PARTS["names"]
        assert parts.json("state") == PARTS["state"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_without_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("state.quest", {}, PARTS)
    assert len(read("state.quest")[1]) == 3


def test_the_longest_name_that_a_file_can_have(tmp_path: Path) -> None:
    write(tmp_path / ("x" * 255), {}, PARTS)
    assert len(read(tmp_path / ("x" * 255))[1]) == 3


def test_a_snapshot_without_anything(tmp_path: Path) -> None:
    write(tmp_path / "empty.quest", {}, {})
    header, parts = read(tmp_path / "empty.quest")
    assert (header, dict(parts)) == ({}, {})


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "log.csv").write_text("name,time,user\n" * 1000)
    assert refused(tmp_path / "nowhere.quest") == "there is no such file"
    assert refused(tmp_path / "nowhere" / "state.quest") == "there is no such file"
    assert refused(tmp_path / "log.csv" / "state.quest").startswith("cannot be read: ")
    assert refused(tmp_path / "empty") == "is empty"
    assert refused(tmp_path / "log.csv") == "is no snapshot of questscore"
    assert refused(str(tmp_path / "a\0b")).startswith("cannot be read: ")
    assert refused(tmp_path / ("x" * 300)).startswith("cannot be read: ")


def test_a_large_file_that_is_no_snapshot_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**40)
    assert refused(tmp_path / "large") == "is no snapshot of questscore"


@LINUX
def test_what_is_no_file(tmp_path: Path) -> None:
    """And a pipe is refused without waiting for someone at its other end."""
    os.mkfifo(tmp_path / "pipe")
    for what in (refused, not_written):
        assert what(tmp_path) == "is a directory"
        assert what(tmp_path / "pipe") == "is no regular file"
        assert what("/dev/null") == "is no regular file"
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not_written(tmp_path / "nowhere" / "state.quest") == "cannot be written: No such file or directory"
    assert not_written(tmp_path / "file" / "state.quest").startswith("cannot be written: ")
    assert not_written(str(tmp_path / "a\0b")).startswith("cannot be written: ")
    assert not_written(tmp_path / ("x" * 300)).startswith("cannot be written: ")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of somebody who may not do everything: root, where the tests run as root, acts as nobody."""
    own, nobody = os.geteuid(), 65534
    with tempfile.TemporaryDirectory() as name:
        if own == 0:
            os.chown(name, nobody, -1)
            os.seteuid(nobody)
        try:
            yield Path(name)
        finally:
            os.seteuid(own)


@LINUX
def test_without_permission(folder: Path) -> None:
    path = folder / "state.quest"
    write(path, {"turn": 1}, PARTS)
    folder.chmod(0o500)
    assert not_written(path) == "cannot be written: Permission denied"
    assert read(path)[0] == {"turn": 1}
    path.chmod(0)
    assert refused(path) == "cannot be read: Permission denied"
    folder.chmod(0o700)


def test_what_cannot_be_saved_touches_no_file(tmp_path: Path) -> None:
    path = tmp_path / "state.quest"
    write(path, {"turn": 1}, PARTS)
    for header, parts in (({}, {"x": float("nan")}), ({"x": "y" * 2**16}, {})):
        with pytest.raises(SnapshotError) as caught:
            write(path, header, parts)
        assert caught.value.source == str(path)
    assert read(path)[0] == {"turn": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_that_is_absent_names_the_file(tmp_path: Path) -> None:
    write(tmp_path / "state.quest", {}, PARTS)
    _, parts = read(tmp_path / "state.quest")
    with pytest.raises(SnapshotError, match=r"state\.quest: zzz: there is no such part"):
        parts.texts("zzz")


@LINUX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_permissions_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "state.quest"
    path.touch()
    path.chmod(mode)
    write(path, {}, PARTS)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@LINUX
def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    write(tmp_path / "state.quest", {}, PARTS)
    assert (tmp_path / "state.quest").stat().st_mode == (tmp_path / "any").stat().st_mode


@LINUX
def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    """Also one to a file that is not there yet; the temporary file lies beside the target."""
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    far.mkdir()
    (near / "state.quest").symlink_to(Path("..") / "far" / "real.quest")
    near.chmod(0o500)
    for turn in range(2):
        write(near / "state.quest", {"turn": turn}, PARTS)
        assert (near / "state.quest").is_symlink()
        assert read(far / "real.quest")[0] == {"turn": turn}
        assert read(near / "state.quest")[0] == {"turn": turn}
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["real.quest", "state.quest"]
    near.chmod(0o700)
    (near / "loop").symlink_to(near / "loop")
    assert not_written(near / "loop").startswith("cannot be written: ")
    assert refused(near / "loop").startswith("cannot be read: ")


@LINUX
def test_another_name_of_the_old_file_keeps_the_old_content(tmp_path: Path) -> None:
    """A reader that has the old file open is not disturbed."""
    path = tmp_path / "state.quest"
    write(path, {"turn": 1}, PARTS)
    (tmp_path / "backup.quest").hardlink_to(path)
    write(path, {"turn": 2}, PARTS)
    assert read(path)[0] == {"turn": 2}
    assert read(tmp_path / "backup.quest")[0] == {"turn": 1}


def test_a_system_without_a_way_to_sync_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_FOLDER", None)
    write(tmp_path / "state.quest", {"turn": 1}, PARTS)
    assert read(tmp_path / "state.quest")[0] == {"turn": 1}


def peak(work: object) -> int:
    """The most bytes that were allocated at once while it ran."""
    assert callable(work)
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_arrays_are_not_copied_on_their_way_to_the_disk(tmp_path: Path) -> None:
    """Those in another layout are, once; reading holds the file and what is asked for."""
    values = np.zeros(1_000_000)
    path = tmp_path / "state.quest"
    write(path, {}, {"warm": values[:1]})
    assert peak(lambda: write(path, {}, {"a": values, "b": values})) < values.nbytes / 10
    assert peak(lambda: write(path, {}, {"a": values[::-1]})) < 1.1 * values.nbytes
    assert peak(lambda: read(path)[1].array("a", np.float64)) < 2.1 * values.nbytes
