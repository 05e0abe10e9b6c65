"""Two frames through an encoder before the long work: what comes back must be what went in."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np

from restore.errors import OutputError, RestoreError
from restore.media.color.pixels import DecodedFrame, Plane, pixel_format
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import PartEncoder, Planes, VideoFormat
from restore.media.ffmpeg.encoders import encoder_of
from restore.media.ffmpeg.hardware import hardware_supports
from restore.media.source import Source
from restore.timing import Span

FRAMES = 2
"""One alone would hide encoders that hold frames back or give the first one twice."""

FAR_OFF = 0.04
"""Mean difference of luma, as a share of all code values: a slope survives any quality setting
better than this, a wrong range or depth does not."""


_WITHOUT = "Leave out --encoder, or name only its family (nvenc): software then steps in."


def trial_encode(video: VideoFormat, part: Path) -> None:
    """Encode two frames of moving slopes into `part` as the film will be, decode and compare them.

    Raises OutputError naming the encoder, with ffmpeg's own words or with what came back wrong.
    """
    name = video.hardware or encoder_of(video).name
    if video.hardware is not None and not hardware_supports(video.hardware, video.pixel_format):
        raise _failed(name, video, f"it takes no {video.pixel_format}")
    frames = [_slope(video, number) for number in range(FRAMES)]
    try:
        with PartEncoder(replace(video, rate=Fraction(25)), part) as encoder:
            for planes in frames:
                encoder.write(planes)
            encoder.finish()
        found = probe(part)
        decoded = list(read_frames(found, found.frames, Span(0, len(found.frames))))
    except RestoreError as error:
        raise _failed(name, video, error.what) from error
    wrong = _wrong_facts(video, found) or _wrong_pictures(video, found, frames, decoded)
    if wrong:
        raise _failed(name, video, wrong)


def _failed(name: str, video: VideoFormat, why: str) -> OutputError:
    return OutputError(
        f"The encoder {name} fails with {video.width}x{video.height} {video.pixel_format}: {why}",
        "found out with two frames, before the work",
        "Choose another --codec or size." if video.hardware is None else _WITHOUT,
        code="encoder-failed",
    )


def _slope(video: VideoFormat, number: int) -> Planes:
    """A slope over the nominal range in every plane, a little further on in each frame."""
    pixels = pixel_format(video.pixel_format)
    top = (1 << pixels.depth) - 1
    low, high = (0, top) if video.color.range == "full" else (top / 16, top * 235 / 255)
    planes: list[Plane] = []
    for width, height in pixels.plane_sizes(video.width, video.height):
        across = (np.arange(width) / width + number / 16)[None] % 1.0
        slope = low + (high - low) * np.repeat(across, height, axis=0)
        planes.append(cast(Plane, slope.astype(pixels.dtype)))
    return tuple(planes)


def _wrong_facts(video: VideoFormat, found: Source) -> str:
    """What size, format, tags and count say that was not asked for; empty if all is right."""
    wanted, got = pixel_format(video.pixel_format), found.format
    pairs = [
        ("frames", FRAMES, len(found.frames)),
        ("size", (video.width, video.height), (found.width, found.height)),
        ("sample aspect", video.sar, found.sar),
        ("chroma", (wanted.family, wanted.sub_w, wanted.sub_h), (got.family, got.sub_w, got.sub_h)),
        ("range", video.color.range, found.color.range),
    ]
    if wanted.family != "gray":  # gray has no matrix
        pairs.append(("matrix", video.color.matrix, found.color.matrix))
    if got.depth < wanted.depth:  # ProRes 4444 decodes to more
        pairs.append(("bits", wanted.depth, got.depth))
    return "; ".join(f"{name} {is_} instead of {must}" for name, must, is_ in pairs if must != is_)


def _wrong_pictures(
    video: VideoFormat, found: Source, frames: list[Planes], decoded: list[DecodedFrame]
) -> str:
    """Which frame does not show what went in; empty if all do."""
    top = (1 << pixel_format(video.pixel_format).depth) - 1
    deep = (1 << found.format.depth) - 1
    for number, (planes, picture) in enumerate(zip(frames, decoded, strict=True)):
        there = picture.planes[0].astype(np.float32) / deep
        off = float(np.abs(there - planes[0].astype(np.float32) / top).mean())
        if off > FAR_OFF:
            return f"frame {number} comes back {off:.0%} off"
    return ""
