"""Crash-safe files: atomic writes, digests, and locks that the system releases."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
from collections.abc import Generator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from restore.errors import Busy, OutputError

_BLOCK = 1 << 20

_FOLDER_ATTEMPTS = 100
"""How often a lock's folder is created again: each time, another process must have removed it."""


def digest_bytes(data: bytes) -> str:
    """SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file's content, as 64 hexadecimal digits; reads in blocks."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
    return sha.hexdigest()


def digest_folder(path: Path) -> str:
    """SHA-256 over the names and contents of everything in a folder, in the names' order."""
    sha = hashlib.sha256()
    for entry in sorted(path.rglob("*")):
        content = digest_file(entry) if entry.is_file() else "folder"
        sha.update(os.fsencode(entry.relative_to(path)) + b"\0" + content.encode() + b"\n")
    return sha.hexdigest()


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that after a crash the file is the old one or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        publish(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise writing_failed(path, error) from error


def publish(temporary: Path, final: Path, *, replace: bool = True) -> None:
    """Give a finished file its final name: content on disk first, then the rename, then the folder.

    Without `replace` an existing file of that name is kept: raises FileExistsError.
    """
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if replace:
        os.replace(temporary, final)
    else:
        _rename_to_new(temporary, final)
    sync_folder(final.parent)


def publish_all(ready: Mapping[Path, Path], *, replace: bool) -> None:
    """Give finished files their final names (the keys), all of them or none.

    Raises OutputError with the name that could not be given.
    """
    with contextlib.ExitStack() as back:
        for final, temporary in ready.items():
            try:
                old = _set_aside(final, temporary) if replace else None
                if old is not None:
                    back.callback(os.replace, old, final)
                publish(temporary, final, replace=replace)
                if old is None:
                    back.callback(final.unlink)
            except OSError as error:
                raise writing_failed(final, error) from error
        back.pop_all()


def _set_aside(final: Path, temporary: Path) -> Path | None:
    """Give an existing file of the final name a second name next to the new file; None if there is none."""
    if not final.is_file():
        return None
    old = temporary.with_name(f"{temporary.name}.replaced")
    try:
        os.link(final, old)
    except OSError:  # a file system without links
        final.rename(old)
    return old


def publish_folder(temporary: Path, final: Path, *, replace: bool = True) -> None:
    """Give a finished folder its final name; its files must be on disk already.

    An empty folder of that name is replaced, another one only with `replace`: it gets a hidden name until
    the new one has its name, then it is removed. Raises FileExistsError without `replace`.
    """
    aside = final.with_name(f".{final.name}.{os.getpid()}.replaced")
    if final.is_dir() and not any(final.iterdir()):
        final.rmdir()
    elif final.exists():
        if not replace:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final))
        final.rename(aside)
    temporary.rename(final)
    sync_folder(final.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _rename_to_new(temporary: Path, final: Path) -> None:
    """Rename a file unless its new name exists; raises FileExistsError then.

    In one step where the system can: a process that is killed leaves one name, never both.
    """
    if os.name == "nt":
        temporary.rename(final)  # Windows never replaces
    elif not _renamed_by_linux(temporary, final):
        _rename_by_link(temporary, final)


def _renamed_by_linux(temporary: Path, final: Path) -> bool:
    """Rename by renameat2 (Linux 3.15); False where system or file system does not have it."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    here, no_replace = -100, 1  # AT_FDCWD and RENAME_NOREPLACE of Linux's fcntl.h and fs.h
    if renameat2(here, os.fsencode(temporary), here, os.fsencode(final), no_replace) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(final))


def _rename_by_link(temporary: Path, final: Path) -> None:
    """Rename by giving the file a second name, then removing the first."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links: check whether the name exists
        if os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final)) from error
        os.replace(temporary, final)
        return
    temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable where the system can (a no-op on Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> Path:
    """Create a folder with its parents and return it; raises OutputError if that fails."""
    try:
        while True:
            try:
                path.mkdir(parents=True, exist_ok=True)
                break
            except FileExistsError:
                if os.path.lexists(path):
                    raise
                # it was a folder that another process has removed since
    except (FileExistsError, NotADirectoryError) as error:
        todo = "Choose another folder, or move that file."
        raise OutputError(
            "There is a file where a folder is needed.", str(path), todo, code="not-a-folder"
        ) from error
    except OSError as error:
        raise writing_failed(path, error) from error
    return path


_ERROR_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "quota-exceeded",
    errno.EACCES: "permission-denied",
    errno.EPERM: "permission-denied",
    errno.EROFS: "read-only",
    errno.ENOENT: "folder-missing",
    errno.ENOTDIR: "not-a-folder",
    errno.EEXIST: "output-exists",
    errno.ENAMETOOLONG: "output-name-too-long",
}
_ADVICE = {
    "disk-full": "Free some disk space (or choose a work folder on another disk) and run the same "
    "command again: finished parts are kept.",
    "quota-exceeded": "Free some space and run the same command again: finished parts are kept.",
    "permission-denied": "Choose a folder that you may write to with -o, and --work-dir for the work.",
    "read-only": "The disk is mounted read-only: choose another folder with -o.",
    "folder-missing": "Create its folder first, or choose another name with -o.",
    "not-a-folder": "Choose another name with -o: a part of this path is a file, not a folder.",
    "output-exists": "Choose another name with -o, or replace it with --overwrite.",
    "output-name-too-long": "Choose a shorter name with -o.",
}


def writing_failed(path: Path, error: OSError) -> OutputError:
    """The operating system's refusal to write, with advice for the user."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    code = _ERROR_CODES.get(error.errno or 0, "write-failed")
    advice = _ADVICE.get(code, "Check the disk, then run the same command again.")
    return OutputError(f"Cannot write: {reason}.", str(path), advice, code=code)


def reading_failed(error: Exception) -> str:
    """The reason why a small text file cannot be read, for the user."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else str(error)


@contextlib.contextmanager
def held(
    path: Path, busy: str, wait: float = 0, *, remove: bool = False
) -> Generator[None, None, None]:
    """Hold the lock file `path` for the block; raises Busy with `busy` if another process holds it.

    `wait` is how many seconds the other may take to release it. With `remove` the file is deleted in the
    end, while the lock is held: a process that waits for it gets the lock, notices that the file is gone, and
    locks a new one (filelock from 4 on). No lock file may be deleted in any other way: a process that waits
    for the deleted file and one that creates a new file would both hold the lock.
    """
    lock = FileLock(path)
    try:
        _acquire(lock, path, wait)
    except Timeout as error:
        todo = "Wait for it to end, then run the same command again."
        raise Busy(busy, str(path.parent), todo, code="busy") from error
    except OSError as error:
        raise writing_failed(path, error) from error
    try:
        yield
    finally:
        if remove:
            with contextlib.suppress(OSError):
                path.unlink()
        lock.release()


def _acquire(lock: FileLock, path: Path, wait: float) -> None:
    """Acquire a lock; its folder is created again if another process has just removed it.

    filelock creates the folder, too, but not if it is removed between two of its steps.
    """
    for _ in range(_FOLDER_ATTEMPTS):
        try:
            lock.acquire(timeout=wait)
        except (FileNotFoundError, FileExistsError):
            make_folder(path.parent)
        else:
            return
    lock.acquire(timeout=wait)
