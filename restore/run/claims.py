"""Claims of segments by workers: a lock per segment, held until the segment has its receipt.

The system releases the locks of a process that ends, so its segments are free again. Lock files are never
removed separately, because two workers could then hold locks with the same name. They are removed with the
work folder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from restore.errors import UsageError
from restore.plan import Plan
from restore.run.job_folder import PLAN
from restore.run.receipts import Receipt, discard_part, find_receipt, remove_unfinished
from restore.store import writing_failed

POLL_SECONDS = 0.2
"""Seconds after which a segment of another worker is checked again."""


def lock_path(folder: Path, segment: int) -> Path:
    """The lock file of a segment."""
    return folder / f"segment-{segment:06d}.lock"


def claim(folder: Path, segment: int) -> FileLock | None:
    """The segment's lock, held, for any thread to release; None while another worker holds it.

    Raises UsageError where the folder does not exist: the job is finished, and no lock may create it again.
    """
    if not folder.is_dir():
        raise _gone(folder)
    lock = FileLock(lock_path(folder, segment), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    except OSError as error:
        raise writing_failed(lock_path(folder, segment), error) from error
    return lock


def _gone(folder: Path) -> UsageError:
    return UsageError(
        "The job is finished or was removed.",
        str(folder.parent),
        "There is nothing left to compute.",
        code="job-gone",
    )


def discard_parts(folder: Path, segments: int) -> None:
    """Remove all parts and receipts (--restart), except of segments that another worker computes."""
    for number in range(segments):
        if (lock := claim(folder, number)) is not None:
            try:
                discard_part(folder, number)
                remove_unfinished(folder, number)
            finally:
                lock.release()


class Claims:
    """The segments that one worker computes, claimed one after the other.

    `found` gets the receipts of those that another worker has finished.
    """

    def __init__(
        self, folder: Path, plan: Plan, numbers: Iterable[int], found: Callable[[Receipt], None]
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._numbers = tuple(numbers)
        self._found = found
        self._held: dict[int, FileLock] = {}
        self._stopped = threading.Event()

    def __iter__(self) -> Generator[int, None, None]:
        """Each segment once it is claimed; those that other workers compute come last.

        This worker waits for the last ones: either the other worker finishes the segment, or it ends without
        finishing, and the segment is claimed here.
        """
        busy: list[int] = []
        for number in self._numbers:
            if self._is_claimed(number):
                yield number
            elif not self._finished(number):
                busy.append(number)
        for number in busy:
            while not self._finished(number):
                if self._is_claimed(number):
                    yield number
                    break
                if self._stopped.wait(POLL_SECONDS):
                    return

    def _finished(self, number: int) -> bool:
        """Whether the segment has its receipt, which is then given to `found`."""
        receipt = find_receipt(self._folder, self._plan, number)
        if receipt is not None:
            self._found(receipt)
        return receipt is not None

    def _is_claimed(self, number: int) -> bool:
        """Claim a segment that is free and has no receipt; removes unfinished files of earlier workers."""
        lock = claim(self._folder, number)
        if lock is None:
            return False
        if not (self._folder.parent / PLAN).exists():  # another worker has finished the job
            lock.release()
            raise _gone(self._folder)
        if find_receipt(self._folder, self._plan, number) is not None:
            lock.release()
            return False
        self._held[number] = lock
        remove_unfinished(self._folder, number)
        return True

    def release(self, number: int) -> None:
        """Release a segment, which has its receipt now."""
        self._held.pop(number).release()

    def stop(self) -> None:
        """Stop waiting for other workers."""
        self._stopped.set()

    def close(self) -> None:
        """Release every segment."""
        self.stop()
        while self._held:
            self._held.popitem()[1].release()
