"""The audit at the end of every run: a joined result is compared with its source before it gets its name."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from restore.audit.after_run import Expected, audit
from restore.media.ffmpeg.framemd5 import read_hashes
from restore.report.record import CheckFacts
from restore.run.frames import Job
from restore.timing import Span


@dataclass(frozen=True)
class JoinedResult:
    """A joined result that has not been compared with its source yet.

    `thumbnails` are the survey's, `parts` the frames of each part by its receipt, in joining order,
    `trim` the range of source times that the recipe asked for, or None for the whole film, `allowed` the
    kinds of losses that the user allowed.
    """

    job: Job
    result: Path
    thumbnails: Path
    parts: tuple[Span, ...]
    trim: tuple[Fraction, Fraction] | None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditOutcome:
    """The findings of the audit: a line for each relevant check, and all checks for the record.

    `digests` are the MD5s of the result's frames, as the audit decoded them.
    """

    ok: bool
    lines: tuple[str, ...]
    checks: tuple[CheckFacts, ...] = ()
    digests: tuple[str, ...] = ()


def verify(joined: JoinedResult) -> AuditOutcome:
    """Compare a joined result with its source, frame by frame (see restore/audit/)."""
    plan = joined.job.plan
    expected = Expected(
        frame_map=plan.frame_map,
        parts=joined.parts,
        video=plan.output,
        trim=joined.trim,
        allowed=joined.allowed,
        moves=plan.moves,
        crop=plan.crop,
    )
    source, survey = joined.job.source, joined.job.survey
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        hashes = Path(folder) / "hashes"
        found = audit(source, survey, joined.thumbnails, joined.result, expected, hashes)
        digests = read_hashes(hashes) if found.ok else ()
    relevant = found.checks if found.ok else [check for check in found.checks if not check.ok]
    lines = tuple(f"{check.name}: {check.detail}" for check in relevant)
    checks = tuple(CheckFacts(name=c.name, ok=c.ok, detail=c.detail) for c in found.checks)
    return AuditOutcome(found.ok, lines, checks, digests)
