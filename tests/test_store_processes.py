"""Several processes and the same files: locks that one of them deletes, names that a kill interrupts."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from restore.errors import Busy
from restore.store import held, publish

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="flock and SIGKILL")

PROCESSES = multiprocessing.get_context("spawn")


def _lock_late(path: Path, pipe: Connection) -> None:
    """Open the lock file, wait for a word before locking it, then hold it until another word."""
    import fcntl

    real, waited = fcntl.flock, False

    def late(descriptor: int, operation: int) -> None:
        nonlocal waited
        if not waited:
            waited = True
            pipe.send("opened")
            pipe.recv()
        real(descriptor, operation)

    fcntl.flock = late
    with held(path, "busy", wait=30):
        pipe.send("held")
        pipe.recv()


def test_who_waited_for_a_deleted_lock_holds_the_new_one(tmp_path: Path) -> None:
    """A process that opened the file before its holder deleted it ends up with the lock, alone.

    It must not keep the deleted file locked while a third process creates and locks a new one.
    """
    path = tmp_path / "lock"
    ours, theirs = PROCESSES.Pipe()
    other = PROCESSES.Process(target=_lock_late, args=(path, theirs))
    with held(path, "busy", remove=True):
        other.start()
        assert ours.recv() == "opened"
    assert not path.exists()
    ours.send("lock it")
    assert ours.recv() == "held"
    with pytest.raises(Busy), held(path, "busy"):
        pytest.fail("two processes hold the lock")
    ours.send("release it")
    other.join(30)
    assert other.exitcode == 0


def _take_turns(folder: Path, turns: int) -> None:
    """Hold a lock in a folder that whoever leaves it removes; exit with how often another was inside."""
    overlaps = 0
    for _ in range(turns):
        while True:
            with contextlib.suppress(Busy), held(folder / "lock", "busy", remove=True):
                try:
                    os.close(os.open(folder.parent / "inside", os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    overlaps += 1
                else:
                    (folder.parent / "inside").unlink()
                break
        with contextlib.suppress(OSError):
            folder.rmdir()
    sys.exit(overlaps)


def test_processes_that_delete_their_lock_never_hold_it_together(tmp_path: Path) -> None:
    """Three processes, 150 turns each: never two at once, and neither lock nor folder is left."""
    folder = tmp_path / "locks"
    others = [PROCESSES.Process(target=_take_turns, args=(folder, 150)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def _publish_and_die(folder: Path, at: str, linux: bool) -> None:
    """Publish a file without replacing; SIGKILL where the function `at` is called."""

    def die(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        if not linux:
            patch.setattr("restore.store._renamed_by_linux", lambda *_: False)
        patch.setattr(at, die)
        publish(folder / "temporary", folder / "final", replace=False)


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is Linux's")
def test_a_kill_leaves_one_name(tmp_path: Path) -> None:
    """Right after a file got its final name without replacing another, its temporary name is gone."""
    (tmp_path / "temporary").write_bytes(b"frames")
    args = (tmp_path, "restore.store.sync_folder", True)
    other = PROCESSES.Process(target=_publish_and_die, args=args)
    other.start()
    other.join(30)
    assert other.exitcode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["final"]
    assert (tmp_path / "final").read_bytes() == b"frames"


def test_a_kill_between_two_names_loses_nothing(tmp_path: Path) -> None:
    """Where the system cannot rename so in one step, the file has both names at worst: whole under each."""
    (tmp_path / "temporary").write_bytes(b"frames")
    args = (tmp_path, "pathlib.Path.unlink", False)
    other = PROCESSES.Process(target=_publish_and_die, args=args)
    other.start()
    other.join(30)
    assert other.exitcode == -signal.SIGKILL
    assert {path.name for path in tmp_path.iterdir()} == {"temporary", "final"}
    assert (tmp_path / "final").read_bytes() == b"frames"
