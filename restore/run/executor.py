"""Segments through decoder, treatments and encoder, which work at the same time."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.clip import Clip
from restore.media.ffmpeg.encode import PartEncoder
from restore.run.chain import Chain, restored
from restore.run.claims import Claims
from restore.run.events import Listener, PartDone, Progressed, Reused
from restore.run.frames import Chunk, Job, Loaded, chunks, load_chunks
from restore.run.read_ahead import ahead
from restore.run.receipts import Receipt, complete_part, part_path, unfinished_path
from restore.timing import Span

if TYPE_CHECKING:
    import numpy as np

Planes = tuple["np.ndarray", ...]


@dataclass(frozen=True)
class Worker:
    """What a process needs to compute segments: the job, its loaded treatments, and the folder of parts."""

    job: Job
    chain: Chain
    parts: Path


@dataclass(frozen=True)
class Piece:
    """Result frames ready for the encoder: their planes, and their source frames' checksums by number."""

    chunk: Chunk
    frames: list[Planes]
    checksums: Mapping[int, int]


def run_segments(worker: Worker, numbers: Sequence[int], listen: Listener) -> tuple[Receipt, ...]:
    """Compute these segments unless other workers do; returns the receipts of all, in the same order.

    One thread decodes ahead, another applies the treatments, and this one feeds the encoder. An encoder
    finishes its part while the next part is encoded, and a segment is claimed and decoded while the one
    before it is treated. After any error every process has ended, every claim is released, and parts without
    a receipt keep their temporary names.
    """
    plan, receipts = worker.job.plan, dict[int, Receipt]()
    left = {number: len(plan.segments[number]) for number in numbers}

    def found(receipt: Receipt) -> None:
        receipts[receipt.segment], left[receipt.segment] = receipt, 0
        listen(Reused(part_path(worker.parts, receipt.segment).stem, receipt.frames))

    with contextlib.ExitStack() as cleanup:
        claims = cleanup.enter_context(
            contextlib.closing(Claims(worker.parts, plan, numbers, found))
        )
        wanted = claimed_chunks(worker, claims)
        pieces = restored_pieces(worker.job, worker.chain, wanted)
        cleanup.enter_context(contextlib.closing(pieces))
        cleanup.callback(claims.stop)
        writer = cleanup.enter_context(contextlib.closing(_PartWriter(worker, claims, listen)))
        for piece in pieces:
            writer.write(piece)
            left[piece.chunk.segment] -= len(piece.frames)
            done = plan.frames - sum(left.values())
            listen(Progressed(done, plan.frames, piece.chunk.shot, len(plan.shots)))
        receipts |= writer.settled()
    return tuple(receipts[number] for number in numbers)


def claimed_chunks(worker: Worker, numbers: Iterable[int]) -> Iterator[Chunk]:
    """The chunks of these segments; the next segment is claimed when all chunks of this one were taken."""
    for number in numbers:
        yield from chunks(worker.job.plan, [number], worker.chain.chunk, worker.chain.radius)


class _PartWriter:
    """The current parts: one that is being encoded, and the one before it, whose encoder is finishing."""

    def __init__(self, worker: Worker, claims: Claims, listen: Listener) -> None:
        self._worker = worker
        self._claims = claims
        self._listen = listen
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._open: deque[_Writing] = deque(maxlen=2)
        self._finishing: Future[Receipt] | None = None
        self._receipts: dict[int, Receipt] = {}

    def write(self, piece: Piece) -> None:
        """Pass the frames to their part's encoder, which finishes in a thread after the last frame."""
        job, number = self._worker.job, piece.chunk.segment
        if not self._open or self._open[-1].number != number:
            self._open.append(_Writing.start(job, number, self._worker.parts))
        writing = self._open[-1]
        for frame in piece.frames:
            writing.encoder.write(frame)
        writing.count += len(piece.frames)
        writing.checksums.update(piece.checksums)
        if self._finishing is not None and self._finishing.done():
            self._report_part()
        if writing.count == len(job.plan.segments[number]):
            self._report_part()
            self._finishing = self._thread.submit(self._finish, writing)

    def settled(self) -> Mapping[int, Receipt]:
        """The receipts of all written parts, by segment; waits for the last one."""
        self._report_part()
        return self._receipts

    def close(self) -> None:
        """End every encoder."""
        for writing in self._open:
            writing.encoder.abort()
        self._thread.shutdown()

    def _finish(self, writing: _Writing) -> Receipt:
        receipt = writing.finish(self._worker.job)
        self._claims.release(writing.number)
        return receipt

    def _report_part(self) -> None:
        """Wait for the part that finishes, if there is one, and report it; its error is raised here."""
        if self._finishing is None:
            return
        receipt = self._finishing.result()
        self._finishing = None
        self._receipts[receipt.segment] = receipt
        name = part_path(Path(), receipt.segment).stem
        self._listen(PartDone(name, receipt.frames, receipt.seconds))


def restored_pieces(
    job: Job, chain: Chain, wanted: Iterable[Chunk]
) -> Generator[Piece, None, None]:
    """The frames of these chunks, restored, as code values of the result's pixel format."""
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
    own = job.plan.frame_map.used(Span(clip.index, clip.index + len(clip)))
    frames = code_values(job, clip)
    return Piece(item.chunk, frames, {index: item.checksums[index] for index in own})


def code_values(job: Job, clip: Clip) -> list[Planes]:
    """A restored clip as planes for the encoder (chroma on the result's grid, dithered)."""
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
    dither = bool(job.plan.treatments) or loses
    return from_clip(clip, output, job.plan.output.color, dither=dither)


@dataclass
class _Writing:
    """A part that is being encoded: its encoder, the frames and checksums so far, and its start time."""

    number: int
    path: Path
    encoder: PartEncoder
    began: float
    count: int = 0
    checksums: dict[int, int] = field(default_factory=dict[int, int])

    @staticmethod
    def start(job: Job, number: int, folder: Path) -> _Writing:
        path = unfinished_path(folder, number)
        encoder = PartEncoder(job.plan.output, path)
        return _Writing(number, path, encoder, time.monotonic())

    def finish(self, job: Job) -> Receipt:
        """Wait for the encoder, then give the part its name and receipt."""
        self.encoder.finish()
        seconds = time.monotonic() - self.began
        return complete_part(self.path, job.plan, self.number, self.checksums, seconds)
