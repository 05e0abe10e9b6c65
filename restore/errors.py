"""The errors a user can meet, each with its exit code and a stable code for programs.

class              exit code   default code
RestoreError               1   internal-error     a bug in restore, unless a subclass has another meaning
├── UsageError             2   usage-error        the command line, the recipe or a model's name is wrong
├── SourceError            3   source-error       the source cannot be read
├── OutputError            4   output-error       the result cannot be written
├── Busy                   4   busy               another run works on the same files
├── DamagedSource          5   source-damaged     what can be decoded was restored under a partial name
├── AuditError             6   audit-failed       the result does not match the source
├── BatchError             7   films-failed       some films of a batch failed
├── TrainingError          8   training-failed    a training run stopped because of a fault
└── OutOfMemory            9   out-of-memory      there is not enough memory
Interrupted              130   interrupted        the user stopped the run

Every error says what happened, where, and what to do: at most three lines for the user. Its code says the
same to programs and tests and stays when the text changes; docs/errors.md lists all codes.
"""

from __future__ import annotations

import re

DONE = 0
"""Exit code of a finished (or already finished) job."""


class RestoreError(Exception):
    """What went wrong, where, what to do about it, and the code of this kind of failure."""

    exit_code = 1
    default_code = "internal-error"

    def __init__(self, what: str, where: str = "", what_to_do: str = "", *, code: str = "") -> None:
        super().__init__(what, where, what_to_do)
        self.what = what
        self.where = where
        self.what_to_do = what_to_do
        self.code = code or self.default_code

    def __str__(self) -> str:
        """The message as the user sees it: one line for each part that is not empty."""
        return "\n".join(line for line in (self.what, self.where, self.what_to_do) if line)


class UsageError(RestoreError):
    """The command line, the recipe or a model's name is wrong."""

    exit_code = 2
    default_code = "usage-error"


class SourceError(RestoreError):
    """The source cannot be opened, or is not a film."""

    exit_code = 3
    default_code = "source-error"


class OutputError(RestoreError):
    """The result cannot be written: permissions, a full disk, a container that cannot hold it."""

    exit_code = 4
    default_code = "output-error"


class Busy(RestoreError):
    """Another run works on the same files: wait until it ends."""

    exit_code = 4
    default_code = "busy"


class DamagedSource(RestoreError):
    """The source is damaged; what could be decoded was restored under a partial name."""

    exit_code = 5
    default_code = "source-damaged"


class AuditError(RestoreError):
    """The result was compared with its source and does not match it."""

    exit_code = 6
    default_code = "audit-failed"


class BatchError(RestoreError):
    """Some of several films failed; the others are done."""

    exit_code = 7
    default_code = "films-failed"


class TrainingError(RestoreError):
    """A training run stopped because of a fault; its last checkpoint is kept."""

    exit_code = 8
    default_code = "training-failed"


class OutOfMemory(RestoreError):
    """There is not enough memory, even for the smallest tiles."""

    exit_code = 9
    default_code = "out-of-memory"


class Interrupted(RestoreError):
    """The user stopped the run; the same command resumes it."""

    exit_code = 130
    default_code = "interrupted"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of Python, numpy or torch means that memory ran out."""
    text = str(error).lower()
    says_so = "out of memory" in text or "allocate memory" in text
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and says_so)


def requested_memory(error: BaseException) -> str:
    """How much memory could not be allocated, for the user, if the exception says it."""
    found = re.search(r"(?:tried|unable) to allocate ([\d.]+ \w+)", str(error), re.IGNORECASE)
    return f"{found[1]} could not be allocated" if found else ""
