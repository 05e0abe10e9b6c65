"""Frames made into a film file by a chain of ffmpeg's own filters and one of its encoders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from restore.media.ffmpeg.process import FfmpegProcess, Options, command, encoding_failed
from restore.media.names import as_input

RATE = 25
"""Frames a second of such a film: every codec knows it."""


def develop(
    frames: Sequence[npt.NDArray[np.uint8]], chain: str, coder: Options, target: Path
) -> None:
    """R'G'B' frames [H, W, 3], full range, through the filters `chain` into the file `target`.

    `coder`: options of the output (vcodec, pix_fmt, quality ...); the suffix of `target` names the
    container. One thread, no time stamps of the day: the same frames and the same ffmpeg give the same
    film. Raises OutputError, with ffmpeg's reason, where that fails.
    """
    height, width = frames[0].shape[:2]
    source: dict[str, Any] = {
        "filename": "pipe:0",
        "f": "rawvideo",
        "framerate": RATE,
        "pixel_format": "rgb24",
        "s": f"{width}x{height}",
    }
    sober: Options = {
        "threads": 1,
        "filter_threads": 1,
        "fflags": "+bitexact",
        "flags:v": "+bitexact",
    }
    writer: Options = {"filename": as_input(target), **sober, **coder}
    process = FfmpegProcess(command(source, writer, "0", chain), feed=True)
    try:
        for frame in frames:
            process.pipe.write(np.ascontiguousarray(frame).tobytes())
        status = process.wait()
    except OSError:  # it went away while frames were coming: its messages say why
        status = process.wait()
    finally:
        process.stop()
    if status != 0:
        raise encoding_failed(target, process.messages(), status)
