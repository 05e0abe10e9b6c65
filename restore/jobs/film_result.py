"""The result of one film, as its record describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from restore.jobs.record_files import record_path
from restore.jobs.reproduce import read_record
from restore.report.record import CheckFacts, Record


@dataclass(frozen=True)
class Result:
    """A restored film: its file (or folder of images), and the record next to it (docs/provenance.md)."""

    path: Path
    record: Record

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.record.frames

    @property
    def checks(self) -> tuple[CheckFacts, ...]:
        """The checks of the audit; all of them passed."""
        return self.record.audit

    @property
    def notes(self) -> tuple[str, ...]:
        """Messages for the user, one line each."""
        return self.record.notes

    @property
    def synthetic(self) -> tuple[str, ...]:
        """What is invented in it: color, detail."""
        return self.record.synthetic


def read_result(path: Path) -> Result:
    """The result at this path; UsageError if its record cannot be read by this version."""
    return Result(path, read_record(record_path(path)))
