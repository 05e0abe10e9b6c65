"""Film files from frames, with ffmpeg's filters and one of its encoders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from restore.media.ffmpeg.process import FfmpegProcess, Options, command, encoding_failed
from restore.media.names import as_input

RATE = 25
"""Frames a second of such a film: all codecs support it."""


def render_film(
    frames: Sequence[npt.NDArray[np.uint8]], chain: str, coder: Options, target: Path
) -> None:
    """Write full-range R'G'B' frames [H, W, 3] to the file `target`, through the filters `chain`.

    `coder`: options of the output (vcodec, pix_fmt, quality ...); the suffix of `target` selects the
    container. One thread, no dates: the same frames and the same ffmpeg give the same file. Raises
    OutputError with ffmpeg's message if that fails.
    """
    height, width = frames[0].shape[:2]
    source: dict[str, Any] = {
        "filename": "pipe:0",
        "f": "rawvideo",
        "framerate": RATE,
        "pixel_format": "rgb24",
        "s": f"{width}x{height}",
    }
    reproducible: Options = {
        "threads": 1,
        "filter_threads": 1,
        "fflags": "+bitexact",
        "flags:v": "+bitexact",
    }
    writer: Options = {"filename": as_input(target), **reproducible, **coder}
    process = FfmpegProcess(command(source, writer, "0", chain), feed=True)
    try:
        for frame in frames:
            process.pipe.write(np.ascontiguousarray(frame).tobytes())
        status = process.wait()
    except OSError:  # it ended while it was given frames: its messages say why
        status = process.wait()
    finally:
        process.stop()
    if status != 0:
        raise encoding_failed(target, process.messages(), status)
