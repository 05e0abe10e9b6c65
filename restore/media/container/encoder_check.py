"""Encodes and decodes two frames before the run: the output must match the input."""

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
"""With one frame, encoders that delay frames or repeat the first one would not be noticed."""

FAR_OFF = 0.04
"""Largest mean difference of luma, as a share of all code values.

A gradient stays below it at any quality setting; a wrong range or depth exceeds it."""


_WITHOUT = "Leave out --encoder, or name only its family (nvenc): software encoding is then used if it fails."


def trial_encode(video: VideoFormat, part: Path) -> None:
    """Encode two frames of moving gradients into `part` like the film, decode and compare them.

    Raises OutputError with the encoder's name, and ffmpeg's message or the difference.
    """
    name = video.hardware or encoder_of(video).name
    if video.hardware is not None and not hardware_supports(video.hardware, video.pixel_format):
        raise _failed(name, video, f"it does not support {video.pixel_format}")
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
    wrong = _wrong_facts(video, found) or _wrong_frames(video, found, frames, decoded)
    if wrong:
        raise _failed(name, video, wrong)


def _failed(name: str, video: VideoFormat, why: str) -> OutputError:
    return OutputError(
        f"The encoder {name} fails with {video.width}x{video.height} {video.pixel_format}: {why}",
        "tested with two frames, before the run",
        "Choose another --codec or size." if video.hardware is None else _WITHOUT,
        code="encoder-failed",
    )


def _slope(video: VideoFormat, number: int) -> Planes:
    """A gradient over the nominal range in every plane, shifted a little in each frame."""
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
    """Differences in size, format, tags and count from the request; empty if all is right."""
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
    if got.depth < wanted.depth:  # ProRes 4444 decodes to a larger depth
        pairs.append(("bits", wanted.depth, got.depth))
    return "; ".join(f"{name} {is_} instead of {must}" for name, must, is_ in pairs if must != is_)


def _wrong_frames(
    video: VideoFormat, found: Source, frames: list[Planes], decoded: list[DecodedFrame]
) -> str:
    """The frame that differs from the input; empty if none does."""
    top = (1 << pixel_format(video.pixel_format).depth) - 1
    deep = (1 << found.format.depth) - 1
    for number, (planes, picture) in enumerate(zip(frames, decoded, strict=True)):
        there = picture.planes[0].astype(np.float32) / deep
        off = float(np.abs(there - planes[0].astype(np.float32) / top).mean())
        if off > FAR_OFF:
            return f"frame {number} differs from the input by {off:.0%}"
    return ""
