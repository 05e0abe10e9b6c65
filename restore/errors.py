"""The errors a user can meet, each with its exit code.

RestoreError                 1   a bug of ours, unless a subclass says otherwise
├── UsageError               2   the words, the recipe or a model's name are wrong
├── SourceError              3   the source cannot be read
├── OutputError              4   the result cannot be written
├── Busy                     4   another run is working on that very thing
├── DamagedSource            5   the source is damaged; what decodes was restored under a partial name
├── AuditError               6   the result does not match the source
├── BatchError               7   some films of a batch failed
├── TrainingError            8   a training run is not sound
└── MemoryShort              9   the memory does not suffice
Interrupted                130   the user stopped the run

Every error says what happened, where, and what to do: at most three lines for the user.
"""

from __future__ import annotations

import re

DONE = 0
"""Exit code of a finished (or already finished) job."""


class RestoreError(Exception):
    """What went wrong, where, and what to do about it."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", what_to_do: str = "") -> None:
        super().__init__(what, where, what_to_do)
        self.what = what
        self.where = where
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        """The message as the user sees it: one line for each part that has something to say."""
        return "\n".join(line for line in (self.what, self.where, self.what_to_do) if line)


class UsageError(RestoreError):
    """The command line, the recipe or a model's name is wrong."""

    exit_code = 2


class SourceError(RestoreError):
    """The source cannot be opened, or holds no film."""

    exit_code = 3


class OutputError(RestoreError):
    """The result cannot be written: permissions, a full disk, a container that cannot hold it."""

    exit_code = 4


class Busy(RestoreError):
    """Another run is working on that very thing: wait, nothing is wrong."""

    exit_code = 4


class DamagedSource(RestoreError):
    """The source is damaged; what could be decoded stands under a partial name."""

    exit_code = 5


class AuditError(RestoreError):
    """The result was compared with its source and does not match it."""

    exit_code = 6


class BatchError(RestoreError):
    """Some films of several failed; the others are done."""

    exit_code = 7


class TrainingError(RestoreError):
    """A training run is not sound, and was told to stop then; its last checkpoint stays."""

    exit_code = 8


class MemoryShort(RestoreError):
    """The memory does not suffice, however small the pieces."""

    exit_code = 9


class Interrupted(RestoreError):
    """The user stopped the run; the same command goes on where it stopped."""

    exit_code = 130


def no_memory(error: BaseException) -> bool:
    """Whether an exception of Python's, numpy's or torch's says that memory ran out."""
    text = str(error).lower()
    told = "out of memory" in text or "allocate memory" in text
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and told)


def asked_for(error: BaseException) -> str:
    """How much memory was not to be had, in words, as far as the exception tells."""
    found = re.search(r"(?:tried|unable) to allocate ([\d.]+ \w+)", str(error), re.IGNORECASE)
    return f"it asked for {found[1]} at once" if found else ""
