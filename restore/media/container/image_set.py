"""A verified film as an image sequence: one image per frame, read back after writing, and further files.

Next to the images are the times of the frames (`frame.times.txt`, mkvmerge's "timestamp format v2") and, if
the film has sound or other streams, these streams bit for bit with its tags and chapters (`frame.sound.mkv`);
otherwise tags and chapters in ffmpeg's text format (`frame.tags.txt`).
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
import numpy as np
from av.container import InputContainer

from restore.errors import OutputError
from restore.media.color.pixels import DecodedFrame, PixelFormat, Plane
from restore.media.container.chapter_copy import write_chapters
from restore.media.container.copies import (
    TIMECODE,
    add_copy,
    copied_packets,
    copy_chapters,
    other_streams,
    timecode,
    with_tags,
)
from restore.media.container.probe import probe
from restore.media.container.readback import stream_digests
from restore.media.container.timecode import ZERO, nominal_rate, timecode_after
from restore.media.ffmpeg.decode import read_frames
from restore.media.images.image_facts import ImageFacts
from restore.media.images.writer import SUFFIXES, Pattern, read_back, write_image
from restore.media.names import open_input, open_output
from restore.media.source import Source
from restore.store import sync_folder, writing_failed
from restore.timing import Span

_MUXING = {"avoid_negative_ts": "disabled", "fflags": "+bitexact"}
"""PTS and DTS unchanged, and no random numbers: the same film gives the same folder."""

TIMES, SOUND, TAGS = "times.txt", "sound.mkv", "tags.txt"


def write_image_set(
    film: Path,
    folder: Path,
    pattern: Pattern,
    rate: Fraction | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[str, ...]:
    """Write every frame of a lossless film into an empty folder; returns what was verified, a line each.

    `rate` is frames per second for headers and timecodes (None: from the film's PTS, which its container may
    have rounded); `progress` gets the number of images that are done. Each image is read back from its
    file and compared bit for bit. Raises OutputError if it differs, if the folder then contains unexpected
    files, or if it cannot be written.
    """
    source = probe(film)
    count = len(source.frames)
    try:
        _write_all(source, folder, pattern, rate or nominal_rate(source), progress)
        names = {pattern.name(number) for number in range(1, count + 1)}
        (folder / pattern.companion(TIMES)).write_bytes(_times(source))
        names.add(pattern.companion(TIMES))
        lines = [f"images: {count}, each read back and equal to its frame, bit for bit"]
        if (others := _write_sound(source, folder / pattern.companion(SOUND))) is not None:
            names.add(pattern.companion(SOUND))
            lines.append(others)
        else:
            _write_tags(source, folder / pattern.companion(TAGS))
            names.add(pattern.companion(TAGS))
        found = {entry.name for entry in folder.iterdir()}
        sync_folder(folder)
    except (av.error.FFmpegError, OSError) as error:
        if isinstance(error, OSError):
            raise writing_failed(folder, error) from error
        raise _bad(folder, str(error)) from error
    if found != names:
        odd = ", ".join(sorted(found ^ names)[:3])
        raise _bad(folder, f"the folder does not contain the expected files: {odd}")
    return tuple(lines)


def trial_image(kind: str, pixels: Any, size: tuple[int, int]) -> None:
    """Write and read back one image of noise before the run; raises OutputError if that fails."""
    rng = np.random.default_rng(0)
    planes = tuple(
        rng.integers(0, 1 << pixels.depth, (height, width)).astype(pixels.dtype)
        for width, height in pixels.plane_sizes(*size)
    )
    why = ""
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        path = Path(folder) / f"trial{SUFFIXES[kind]}"
        try:
            write_image(path, pixels, planes, ImageFacts())
            back = read_back(path, pixels)
            if not all(np.array_equal(a, b) for a, b in zip(planes, back, strict=True)):
                why = "the values that are read back differ"
        except (av.error.FFmpegError, ValueError, KeyError) as error:
            why = str(error)
    if why:
        raise OutputError(
            f"The encoder {kind} fails with {size[0]}x{size[1]} {pixels.name}: {why}",
            "tested with one image, before the run",
            "Choose another --codec or --depth.",
            code="encoder-failed",
        )


def _write_all(
    source: Source, folder: Path, pattern: Pattern, rate: Fraction, progress: Callable[[int], None]
) -> None:
    """The images, as many at a time as there are processors."""
    whole = Span(0, len(source.frames))
    first = _first_timecode(source)
    workers = max(1, os.cpu_count() or 1)
    done = 0

    def write(frame: DecodedFrame) -> None:
        shown = source.frames.seconds(frame.index) - source.frames.start
        facts = ImageFacts(
            place=frame.index,
            count=len(source.frames),
            rate=rate,
            timecode=timecode_after(first, shown, rate),
            sar=source.sar,
            transfer=source.color.transfer,
            primaries=source.color.primaries,
        )
        path = folder / pattern.name(frame.index + 1)
        _write_one(path, source.format, frame.planes, facts)

    with ThreadPoolExecutor(workers) as pool:
        for some in _batches(read_frames(source, source.frames, whole), workers):
            done += len(list(pool.map(write, some)))
            progress(done)


def _batches(pictures: Iterator[DecodedFrame], size: int) -> Iterator[list[DecodedFrame]]:
    while some := list(itertools.islice(pictures, size)):
        yield some


def _write_one(
    path: Path, pixels: PixelFormat, planes: tuple[Plane, ...], facts: ImageFacts
) -> None:
    """Write one image and compare what is read back."""
    write_image(path, pixels, planes, facts)
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    try:
        back = read_back(path, pixels, facts.transfer)
    except ValueError as error:
        raise _bad(path, str(error)) from error
    if not all(np.array_equal(a, b) for a, b in zip(planes, back, strict=True)):
        raise _bad(path, "it does not contain the frame that was written")


def _first_timecode(source: Source) -> str:
    with open_input(source.path, source.container) as container:
        return timecode(container) or ZERO


def _times(source: Source) -> bytes:
    """When each frame is shown, in milliseconds."""
    frames = source.frames
    rows = [f"{float(frames.seconds(index) * 1000):.6f}" for index in range(len(frames))]
    return "\n".join(["# timestamp format v2", *rows, ""]).encode()


def _write_sound(source: Source, target: Path) -> str | None:
    """All other streams of the film, copied and compared; None if there are none."""
    with open_input(source.path, source.container) as origin:
        others = other_streams(origin, source.video)
        if not others:
            return None
        with open_output(target, "matroska", _MUXING) as output:
            copies = {stream.index: add_copy(output, stream) for stream in others}
            output.metadata.update(_tags(origin))
            chapters = copy_chapters(output, origin, None)
            for packet in copied_packets(origin, copies, None):
                output.mux(packet)
    if chapters is not None:
        write_chapters(target, chapters)
    before, after = (
        [(own.kind, own.sha256, own.size, own.start) for own in stream_digests(path).values()]
        for path in (source.path, target)
    )
    if before != after:
        raise _bad(target, "its streams differ from the film's")
    return f"{target.name}: the film's {len(after)} other streams, bit for bit"


def _tags(origin: InputContainer) -> dict[str, str]:
    """The film's tags with its timecode, because PNG and TIFF have no field for it."""
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
        f"The image sequence cannot be written: {why}.",
        str(path),
        "Check the disk, then run the same command again: finished parts are kept.",
        code="images-not-written",
    )
