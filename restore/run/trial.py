"""How long a run will take and how much disk it needs, from a short trial of the run itself."""

from __future__ import annotations

import contextlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from restore.media.encode import PartEncoder
from restore.plan import Plan
from restore.run.chain import load_chain
from restore.run.frames import Job
from restore.run.ledger import PART_SUFFIX
from restore.run.pipeline import restored_pieces
from restore.stages.stage import Engine

TRIAL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of work and bytes of disk (parts and result together) for the whole film."""

    seconds: float
    disk: int
    frames_tried: int


def try_out(job: Job) -> Estimate:
    """Restore from the longest segment in which something is to do for about two seconds, encode it.

    These frames stand for the film: the disk figure is a guess within a factor of two or so.
    """
    engine = Engine(job.plan.device, job.plan.precision)
    chain = load_chain(job.plan, job.source.width * job.source.height, engine)
    longest = max(range(len(job.plan.segments)), key=lambda n: _weight(job.plan, n))
    with tempfile.TemporaryDirectory(prefix="restore-trial-") as folder:
        target = Path(folder) / f"trial{PART_SUFFIX}"
        encoder = PartEncoder(job.plan.output, target)
        frames, began = 0, time.monotonic()
        try:
            with contextlib.closing(restored_pieces(job, chain, [longest])) as pieces:
                for piece in pieces:
                    for planes in piece.frames:
                        encoder.write(planes)
                    frames += len(piece.frames)
                    if time.monotonic() - began > TRIAL_SECONDS:
                        break
            encoder.finish()
        finally:
            encoder.abort()
        seconds = time.monotonic() - began
        size = target.stat().st_size
    share = job.plan.frames / frames
    return Estimate(seconds * share, round(2 * size * share), frames)


def _weight(plan: Plan, number: int) -> tuple[bool, int]:
    """Segments that begin in a scene come before title cards and leader, longer before shorter."""
    segment = plan.segments[number]
    return plan.shot_at(segment.start).content == "scene", len(segment)
