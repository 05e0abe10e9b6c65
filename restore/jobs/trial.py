"""An estimate of the time and disk that a run needs, from a short trial run."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from restore.media.color.pixels import pixel_format
from restore.media.ffmpeg.encode import PartEncoder, Planes
from restore.media.images.image_facts import ImageFacts
from restore.media.images.writer import SUFFIXES, image_kind, read_back, write_image
from restore.plan import Plan
from restore.run.chain import load_chain
from restore.run.executor import restored_pieces
from restore.run.frames import Job, chunks
from restore.run.receipts import PART_SUFFIX

TRIAL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds, and bytes of disk space, for the whole film: during the run, and for the result alone."""

    seconds: float
    disk: int
    frames_tried: int
    result: int


def run_trial(job: Job) -> Estimate:
    """Restore and encode frames of the longest segment that begins in a scene, for about two seconds.

    They represent the film: the estimated disk space is right within a factor of about two. During a run its
    parts and the joined film are on the disk, and the images of an image sequence as well.
    """
    planes: Planes = ()
    chain = load_chain(job.plan, job.source.width * job.source.height)
    longest = max(range(len(job.plan.segments)), key=lambda n: _weight(job.plan, n))
    needed = chunks(job.plan, [longest], chain.chunk, chain.radius)
    with tempfile.TemporaryDirectory(prefix="restore-trial-") as folder:
        target = Path(folder) / f"trial{PART_SUFFIX}"
        encoder = PartEncoder(job.plan.output, target)
        frames, began = 0, time.monotonic()
        try:
            with contextlib.closing(restored_pieces(job, chain, needed)) as pieces:
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
    film = round(size * share)
    if (kind := image_kind(job.plan.suffix)) is None:
        return Estimate(seconds * share, 2 * film, frames, film)
    each, more = _image(job.plan, kind, planes)
    result = each * job.plan.frames
    return Estimate(seconds * share + more, 2 * film + result, frames, result)


def _image(plan: Plan, kind: str, planes: Planes) -> tuple[int, float]:
    """Bytes of one frame as an image, and the seconds that writing and reading back all of them takes."""
    pixels, color = pixel_format(plan.output.pixel_format), plan.output.color
    with tempfile.TemporaryDirectory(prefix="restore-trial-") as folder:
        path = Path(folder) / f"trial{SUFFIXES[kind]}"
        began = time.monotonic()
        write_image(path, pixels, planes, ImageFacts(sar=plan.output.sar, transfer=color.transfer))
        read_back(path, pixels, color.transfer)
        each = time.monotonic() - began
        return path.stat().st_size, each * plan.frames / (os.cpu_count() or 1)


def _weight(plan: Plan, number: int) -> tuple[bool, int]:
    """Segments that begin in a scene come before title cards and leader, longer before shorter."""
    segment = plan.segments[number]
    return plan.shot_at(segment.start).content == "scene", len(segment)
