"""The proof that a run asks for: the audit's findings, as the lines of a record."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restore.jobs.restore_film import Proof, Unproven


def prove(unproven: Unproven) -> Proof:
    """Compare a joined result with its source, frame by frame (see restore/audit/)."""
    from restore.audit.after_run import Expected, audit
    from restore.jobs.restore_film import Proof
    from restore.media.ffmpeg.framemd5 import read_hashes
    from restore.report.record import CheckFacts
    from restore.timing import Span

    plan = unproven.job.plan
    expected = Expected(
        frames=Span(0, plan.frames),
        parts=unproven.parts,
        video=plan.output,
        trim=unproven.trim,
        allowed=unproven.allowed,
        moves=plan.moves,
    )
    source, survey = unproven.job.source, unproven.job.survey
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        hashes = Path(folder) / "hashes"
        found = audit(source, survey, unproven.thumbnails, unproven.result, expected, hashes)
        digests = read_hashes(hashes) if found.ok else ()
    told = found.checks if found.ok else [check for check in found.checks if not check.ok]
    lines = tuple(f"{check.name}: {check.detail}" for check in told)
    checks = tuple(CheckFacts(name=c.name, ok=c.ok, detail=c.detail) for c in found.checks)
    return Proof(found.ok, lines, checks, digests)
