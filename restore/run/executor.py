"""Segments through decoder, treatments and encoder, all three at work at the same time."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.clip import Clip
from restore.media.ffmpeg.encode import PartEncoder
from restore.run.chain import Chain, restored
from restore.run.events import Listener, PartDone, Progressed
from restore.run.frames import Chunk, Job, Loaded, chunks, load_chunks
from restore.run.read_ahead import ahead
from restore.run.receipts import PART_SUFFIX, Receipt, part_path, settle, sweep, unfinished_path

if TYPE_CHECKING:
    import numpy as np

Planes = tuple["np.ndarray", ...]


@dataclass(frozen=True)
class Piece:
    """Result frames ready for the encoder: their planes, and the checksums of their source frames."""

    chunk: Chunk
    frames: list[Planes]
    checksums: tuple[int, ...]


def run_segments(
    job: Job, chain: Chain, numbers: Sequence[int], folder: Path, tell: Listener
) -> None:
    """Restore these segments into `folder`, each with its receipt.

    Decoding runs ahead in one thread, the treatments in another; this one feeds the encoder, and an encoder
    that still drains does so beside the next one. Whatever goes wrong, every process is ended and what
    has no receipt stays under its unfinished name.
    """
    sweep(folder)
    done = job.plan.frames - sum(len(job.plan.segments[number]) for number in numbers)
    open_parts: deque[_Writing] = deque(maxlen=2)  # the one being written, the one that drains
    with (
        contextlib.closing(restored_pieces(job, chain, numbers)) as pieces,
        ThreadPoolExecutor(max_workers=1) as drain,
        contextlib.ExitStack() as cleanup,
    ):
        cleanup.callback(lambda: [part.encoder.abort() for part in open_parts])
        draining: Future[Receipt] | None = None
        for piece in pieces:
            if not open_parts or open_parts[-1].number != piece.chunk.segment:
                open_parts.append(_Writing.start(job, piece.chunk.segment, folder))
            writing = open_parts[-1]
            for frame in piece.frames:
                writing.encoder.write(frame)
            writing.checksums.extend(piece.checksums)
            done += len(piece.frames)
            if draining is not None and draining.done():
                draining = _settled(draining, tell)
            tell(Progressed(done, job.plan.frames, piece.chunk.shot, len(job.plan.shots)))
            if len(writing.checksums) == len(job.plan.segments[writing.number]):
                _settled(draining, tell)
                draining = drain.submit(writing.finish, job)
        _settled(draining, tell)


def restored_pieces(job: Job, chain: Chain, numbers: Sequence[int]) -> Generator[Piece, None, None]:
    """The frames of these segments, restored, as code values of the result's pixel format."""
    wanted = list(chunks(job.plan, numbers, chain.chunk, chain.radius))
    with (
        contextlib.closing(ahead(load_chunks(job, wanted), depth=1)) as loaded,
        contextlib.closing(ahead(_treated(job, chain, loaded), depth=1)) as treated,
    ):
        for item, clip in treated:
            yield _piece(job, item, clip)


def _treated(
    job: Job, chain: Chain, loaded: Iterator[Loaded]
) -> Generator[tuple[Loaded, Clip], None, None]:
    for item in loaded:
        shot = job.plan.shots[item.chunk.shot]
        for clip in restored(chain, item.clip, item.chunk.own, shot):
            yield item, clip


def _piece(job: Job, item: Loaded, clip: Clip) -> Piece:
    first = clip.index - item.chunk.own.start
    frames = code_values(job, clip)
    return Piece(item.chunk, frames, item.checksums[first : first + len(clip)])


def code_values(job: Job, clip: Clip) -> list[Planes]:
    """A restored clip as the planes that go to the encoder (chroma on the result's grid, dithered)."""
    from restore.filters.rematrix import rematrixed
    from restore.filters.resample import resample_chroma
    from restore.media.color.convert import from_clip
    from restore.media.color.pixels import pixel_format

    output = pixel_format(job.plan.output.pixel_format)
    if output.family == "yuv":
        clip = rematrixed(clip, job.plan.output.color.matrix)
    if clip.chroma is not None and output.family in ("yuv", "rgb"):
        size = (job.plan.output.width, job.plan.output.height)
        siting = job.plan.output.color.siting
        chroma = resample_chroma(clip, size, output.sub_w, output.sub_h, siting)
        clip = replace(clip, chroma=chroma)
    elif output.family == "gray":
        clip = replace(clip, chroma=None)
    loses = output.depth < job.source.format.depth
    dither = bool(job.plan.steps) or loses
    return from_clip(clip, output, job.plan.output.color, dither=dither)


@dataclass
class _Writing:
    """A part under way: its encoder, what went in so far, and when it began."""

    number: int
    path: Path
    encoder: PartEncoder
    began: float
    checksums: list[int] = field(default_factory=list)

    @staticmethod
    def start(job: Job, number: int, folder: Path) -> _Writing:
        path = unfinished_path(folder, number)
        encoder = PartEncoder(job.plan.output, path)
        return _Writing(number, path, encoder, time.monotonic())

    def finish(self, job: Job) -> Receipt:
        """Let the encoder drain, then give the part its name and receipt."""
        self.encoder.finish()
        seconds = time.monotonic() - self.began
        return settle(self.path, job.plan, self.number, tuple(self.checksums), seconds)


def _settled(draining: Future[Receipt] | None, tell: Listener) -> None:
    """Wait for the part before, if there is one, and tell of it; its failure is raised here."""
    if draining is not None:
        receipt = draining.result()
        name = part_path(Path(), receipt.segment).name.removesuffix(PART_SUFFIX)
        tell(PartDone(name, receipt.frames, receipt.seconds))
