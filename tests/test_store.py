"""Crash-safe files: atomic writes, digests, locks, and the system's errors."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from restore.errors import Busy, OutputError
from restore.store import (
    digest_file,
    digest_folder,
    held,
    make_folder,
    publish,
    publish_all,
    publish_folder,
    write_atomic,
    writing_failed,
)


def test_a_write_replaces_the_file_as_a_whole(tmp_path: Path) -> None:
    """After a write there is the new content and no temporary file."""
    path = tmp_path / "plan.json"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is full before the rename, the old content is kept."""
    path = tmp_path / "plan.json"
    write_atomic(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError) as caught:
        write_atomic(path, b"new")
    assert caught.value.code == "disk-full"
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_digests_are_sha256(tmp_path: Path) -> None:
    """A file's digest is the SHA-256 of its bytes, whatever its size."""
    data = bytes(range(256)) * 9000
    path = tmp_path / "part"
    path.write_bytes(data)
    assert digest_file(path) == hashlib.sha256(data).hexdigest()


def test_publishing_moves_the_content(tmp_path: Path) -> None:
    """A published file has its final name only."""
    (tmp_path / "unfinished").write_bytes(b"frames")
    publish(tmp_path / "unfinished", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == b"frames"
    assert not (tmp_path / "unfinished").exists()


@pytest.mark.parametrize("way", ["renameat2", "links", "neither"])
def test_publishing_without_replacing_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A file or a broken link of the final name is kept, in whatever way the system can rename."""
    if way != "renameat2":
        monkeypatch.setattr("restore.store._renamed_by_linux", lambda *_: False)
    if way == "neither":
        monkeypatch.setattr(os, "link", _no_links)
    new, final = tmp_path / "new", tmp_path / "final"
    new.write_text("new")
    for old in ("file", "broken link"):
        final.write_text("old") if old == "file" else final.symlink_to("nowhere")
        with pytest.raises(FileExistsError):
            publish(new, final, replace=False)
        assert new.read_text() == "new"
        final.unlink()
    publish(new, final, replace=False)
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    assert final.read_text() == "new"


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    """A second process gets Busy, and can have the lock afterwards."""
    lock = tmp_path / "lock"
    with (
        held(lock, "Another restore is working on this job."),
        pytest.raises(Busy) as caught,
        held(lock, "Another restore is working on this job."),
    ):
        pytest.fail("two holders")
    assert caught.value.code == "busy"
    with held(lock, "busy", remove=True):
        assert lock.exists()
    assert not lock.exists()


def test_a_lock_makes_its_folder(tmp_path: Path) -> None:
    """Another run may remove an empty folder of locks at any moment."""
    with held(tmp_path / "gone" / "locks" / "lock", "busy"):
        assert (tmp_path / "gone" / "locks" / "lock").exists()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere an open file cannot be removed")
def test_a_removed_lock_file_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the holder removes its lock file between our open and our lock, we lock the new file.

    filelock 3.16 to 3.20 locked the removed one, and the next run came in as well.
    """
    import fcntl

    lock, real, removed = tmp_path / "lock", fcntl.flock, []

    def remove_first(fd: int, operation: int) -> None:
        if not removed:
            lock.unlink()
            removed.append(fd)
        real(fd, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with held(lock, "busy", wait=5):
        assert removed
        with pytest.raises(Busy), held(lock, "busy"):
            pytest.fail("two holders")


@pytest.mark.parametrize(
    ("number", "code", "advice"),
    [
        (errno.EACCES, "permission-denied", "-o"),
        (errno.EPERM, "permission-denied", "--work-dir"),
        (errno.EROFS, "read-only", "-o"),
        (errno.ENOSPC, "disk-full", "Free"),
        (errno.EDQUOT, "quota-exceeded", "Free"),
        (errno.ENOENT, "folder-missing", "-o"),
        (errno.ENOTDIR, "not-a-folder", "-o"),
        (errno.EEXIST, "output-exists", "--overwrite"),
        (errno.ENAMETOOLONG, "output-name-too-long", "-o"),
        (errno.EIO, "write-failed", "Check"),
    ],
)
def test_the_systems_refusals_say_what_to_do(number: int, code: str, advice: str) -> None:
    """Every error of writing has its code, its path and advice."""
    error = writing_failed(Path("x.mp4"), OSError(number, "said by the system"))
    assert (error.code, error.exit_code) == (code, 4)
    assert error.where == "x.mp4"
    assert advice in error.what_to_do


def test_a_folder_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    """A file of the folder's name is an error with a code."""
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "work"):
        with pytest.raises(OutputError) as caught:
            make_folder(place)
        assert caught.value.code == "not-a-folder"


@pytest.mark.parametrize("linked", [True, False], ids=["links", "no links"])
def test_files_get_their_names_all_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, linked: bool
) -> None:
    """If one cannot have its name, those before it lose theirs again, and old files are restored."""
    if not linked:
        monkeypatch.setattr(os, "link", _no_links)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.new").write_text("new")
    (tmp_path / "a").write_text("old")
    (tmp_path / "c" / "taken").mkdir(parents=True)
    ready = {tmp_path / name: tmp_path / f"{name}.new" for name in ("a", "b", "c")}
    with pytest.raises(OutputError) as caught:
        publish_all(ready, replace=True)
    assert caught.value.where == str(tmp_path / "c")
    assert (tmp_path / "a").read_text() == "old"
    assert not (tmp_path / "b").exists()


def _no_links(*_: object, **__: object) -> None:
    raise PermissionError(errno.EPERM, "no links here")


def test_a_folder_gets_its_name_as_a_whole(tmp_path: Path) -> None:
    """An empty folder is replaced, a full one only with `replace`, and no hidden folder is left."""
    new, final = tmp_path / "new", tmp_path / "final"
    for number in range(3):
        new.mkdir()
        (new / "file").write_text(str(number))
        if number == 0:
            final.mkdir()
        if number == 1:
            with pytest.raises(FileExistsError):
                publish_folder(new, final, replace=False)
        publish_folder(new, final, replace=number > 0)
        assert (final / "file").read_text() == str(number)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["final"]


def test_a_folders_digest_covers_names_and_contents(tmp_path: Path) -> None:
    """Another name, another content, one more file: another digest."""
    (tmp_path / "a").write_bytes(b"1")
    seen = {digest_folder(tmp_path)}
    assert digest_folder(tmp_path) in seen
    (tmp_path / "a").write_bytes(b"2")
    seen.add(digest_folder(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    seen.add(digest_folder(tmp_path))
    (tmp_path / "c").mkdir()
    seen.add(digest_folder(tmp_path))
    assert len(seen) == 4
