"""A proven film as a folder: a picture for each frame, read back as it is written, and what goes with them.

Beside the pictures lie the moments of the frames (`frame.times.txt`, mkvmerge's "timestamp format v2") and,
where the film has sound or anything else, those streams bit for bit with its tags and chapters
(`frame.sound.mkv`); where it has none, tags and chapters as ffmpeg's text (`frame.tags.txt`).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.container import InputContainer

from restore.errors import OutputError
from restore.media.color.pixels import DecodedFrame
from restore.media.container.copies import (
    TIMECODE,
    add_copy,
    companions,
    copied_packets,
    copy_chapters,
    timecode,
    with_tags,
)
from restore.media.container.probe import probe
from restore.media.container.readback import stream_digests
from restore.media.container.timecode import ZERO, nominal_rate, timecode_after
from restore.media.ffmpeg.decode import read_frames
from restore.media.images.exr import with_exr_header
from restore.media.images.writer import (
    DpxFacts,
    Pattern,
    decode_picture,
    encode_picture,
    with_dpx_header,
)
from restore.media.names import open_input, open_output
from restore.media.source import Source
from restore.store import sync_folder, writing_failed
from restore.timing import Span

_MUXING = {"avoid_negative_ts": "disabled", "fflags": "+bitexact"}
"""Stamps as they are, and no random numbers: the same film gives the same folder."""

TIMES, SOUND, TAGS = "times.txt", "sound.mkv", "tags.txt"


def write_pictures(
    film: Path,
    folder: Path,
    pattern: Pattern,
    rate: Fraction | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> tuple[str, ...]:
    """Write every frame of a lossless film into an empty folder; returns what was found, a line each.

    `rate` is frames a second for headers and labels (None: by the film's stamps, which its container may
    have rounded); `tell` hears how many pictures are done. Each picture is read back from its file and
    compared bit for bit. Raises OutputError where it differs, where the folder in the end holds anything
    else than it must, or where it cannot be written.
    """
    source = probe(film)
    count = len(source.frames)
    try:
        _write_all(source, folder, pattern, rate or nominal_rate(source), tell)
        names = {pattern.name(number) for number in range(1, count + 1)}
        (folder / pattern.beside(TIMES)).write_bytes(_times(source))
        names.add(pattern.beside(TIMES))
        lines = [f"pictures: {count}, every one as decoded from its file the frame, bit for bit"]
        if (beside := _write_sound(source, folder / pattern.beside(SOUND))) is not None:
            names.add(pattern.beside(SOUND))
            lines.append(beside)
        else:
            _write_tags(source, folder / pattern.beside(TAGS))
            names.add(pattern.beside(TAGS))
        found = {entry.name for entry in folder.iterdir()}
        sync_folder(folder)
    except (av.error.FFmpegError, OSError) as error:
        if isinstance(error, OSError):
            raise writing_failed(folder, error) from error
        raise _bad(folder, str(error)) from error
    if found != names:
        odd = ", ".join(sorted(found ^ names)[:3])
        raise _bad(folder, f"the folder does not hold what it must: {odd}")
    return tuple(lines)


def rehearse_picture(kind: str, pixels: Any, size: tuple[int, int]) -> None:
    """Encode and decode one picture of noise before the work; raises OutputError where that fails."""
    rng = np.random.default_rng(0)
    planes = tuple(
        rng.integers(0, 1 << pixels.depth, (height, width)).astype(pixels.dtype)
        for width, height in pixels.plane_sizes(*size)
    )
    try:
        back = decode_picture(kind, pixels, encode_picture(kind, pixels, planes, Fraction(1)))
        same = all(np.array_equal(a, b) for a, b in zip(planes, back, strict=True))
        why = "" if same else "it comes back changed"
    except (av.error.FFmpegError, ValueError, KeyError) as error:
        why = str(error)
    if why:
        raise OutputError(
            f"The encoder {kind} fails with {size[0]}x{size[1]} {pixels.name}: {why}",
            "found out with one picture, before the work",
            "Choose another --codec or --depth.",
        )


def _write_all(
    source: Source, folder: Path, pattern: Pattern, rate: Fraction, tell: Callable[[int], None]
) -> None:
    """The pictures, some at a time: as many as there are processors."""
    whole = Span(0, len(source.frames))
    first = _first_timecode(source)
    workers = max(1, os.cpu_count() or 1)
    done = 0

    def write(picture: DecodedFrame) -> None:
        shown = source.frames.seconds(picture.index) - source.frames.start
        label = timecode_after(first, shown, rate)
        _write_one(source, folder, pattern, (rate, label), picture)

    with ThreadPoolExecutor(workers) as pool:
        for some in _batches(read_frames(source, source.frames, whole), workers):
            done += len(list(pool.map(write, some)))
            tell(done)


def _batches(pictures: Iterator[DecodedFrame], size: int) -> Iterator[list[DecodedFrame]]:
    while some := list(itertools.islice(pictures, size)):
        yield some


def _write_one(
    source: Source,
    folder: Path,
    pattern: Pattern,
    clock: tuple[Fraction, str],
    picture: DecodedFrame,
) -> None:
    """One picture there and back; `clock` is the rate and the frame's timecode."""
    rate, label = clock
    path = folder / pattern.name(picture.index + 1)
    transfer = source.color.transfer
    data = encode_picture(pattern.kind, source.format, picture.planes, source.sar, transfer)
    if pattern.kind == "dpx":
        count = len(source.frames)
        facts = DpxFacts(path.name, picture.index, count, rate, label, transfer)
        data = with_dpx_header(data, facts)
    if pattern.kind == "exr":
        data = with_exr_header(data, rate, label, source.color.primaries)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        back = decode_picture(pattern.kind, source.format, path.read_bytes(), transfer)
    except ValueError as error:
        raise _bad(path, str(error)) from error
    if not all(np.array_equal(a, b) for a, b in zip(picture.planes, back, strict=True)):
        raise _bad(path, "it does not hold the frame that was written")


def _first_timecode(source: Source) -> str:
    with open_input(source.path, source.container) as container:
        return timecode(container) or ZERO


def _times(source: Source) -> bytes:
    """When each frame is shown, in milliseconds."""
    frames = source.frames
    rows = [f"{float(frames.seconds(index) * 1000):.6f}" for index in range(len(frames))]
    return "\n".join(["# timestamp format v2", *rows, ""]).encode()


def _write_sound(source: Source, target: Path) -> str | None:
    """Everything beside the film, copied and compared; None if there is nothing."""
    with open_input(source.path, source.container) as origin:
        beside = companions(origin, source.video)
        if not beside:
            return None
        with open_output(target, "matroska", _MUXING) as output:
            copies = {stream.index: add_copy(output, stream) for stream in beside}
            output.metadata.update(_tags(origin))
            copy_chapters(output, origin, None)
            for packet in copied_packets(origin, copies, None):
                output.mux(packet)
    before, after = (
        [(own.kind, own.sha256, own.size, own.start) for own in stream_digests(path).values()]
        for path in (source.path, target)
    )
    if before != after:
        raise _bad(target, "its streams are not the film's")
    return f"{target.name}: {len(after)} streams beside the film, bit for bit"


def _tags(origin: InputContainer) -> dict[str, str]:
    """The film's tags with its timecode, which PNG and TIFF cannot say."""
    code = timecode(origin)
    if code is None or TIMECODE in {name.lower() for name in origin.metadata}:
        return with_tags(origin.metadata, {})
    return with_tags(origin.metadata, {TIMECODE: code})


def _write_tags(source: Source, target: Path) -> None:
    """The film's tags and chapters as text."""
    with (
        open_input(source.path, source.container) as origin,
        open_output(target, "ffmetadata", {"fflags": "+bitexact"}) as output,
    ):
        output.metadata.update(_tags(origin))
        copy_chapters(output, origin, None)
        output.start_encoding()


def _bad(path: Path, why: str) -> OutputError:
    return OutputError(
        f"The pictures cannot be written: {why}.",
        str(path),
        "Check the disk, then run the same command again: finished parts are kept.",
    )
