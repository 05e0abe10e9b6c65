"""VMAF and VMAF-NEG of a result against its reference, measured with ffmpeg's libvmaf."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from restore.errors import RestoreError, UsageError
from restore.media.ffmpeg.process import FfmpegProcess, command, informative_messages

Frames = npt.NDArray[np.uint8]

MODELS = {"vmaf": "vmaf_v0.6.1", "neg": "vmaf_v0.6.1neg"}
"""Two models of libvmaf: the default, and "no enhancement gain" (Li et al. 2021), which does not reward
contrast and sharpness beyond those of the reference."""


LEAST_SIDE = 64
"""The least rows and columns for VMAF.

VMAF compares frames in four octaves down to an eighth of their size, with filters of up to 17 samples: in
smaller
frames it mostly compares the replicated edges, and below about 20 rows libvmaf ends without a message."""


@dataclass(frozen=True, slots=True)
class Vmaf:
    """Mean over the frames, 0..100: 100 is visually (nearly) equal to the reference."""

    vmaf: float
    neg: float


def measure_vmaf(result: Frames, truth: Frames) -> Vmaf:
    """Compare luma [T, H, W] in 8-bit limited-range code values (16 black, 235 white) with its reference.

    Both are sent to ffmpeg in one stream, the result above its reference in each frame, as yuv420p with
    neutral chroma, so that nothing is converted; an odd last row or column is left out. VMAF was trained on
    compressed and downscaled modern video on a large screen (github.com/Netflix/vmaf); on restored films
    it ranks results, but its absolute values mean less. Raises UsageError for frames smaller than
    `LEAST_SIDE`.
    """
    if result.shape != truth.shape:
        raise ValueError(f"{result.shape} cannot be compared with {truth.shape}")
    if min(truth.shape[1:]) < LEAST_SIDE:
        raise UsageError(
            f"Frames of {truth.shape[2]}x{truth.shape[1]} are too small for VMAF.",
            "ffmpeg's filter libvmaf",
            f"Use frames of at least {LEAST_SIDE}x{LEAST_SIDE}.",
            code="vmaf-too-small",
        )
    count, height, width = (result.shape[0], *(side // 2 * 2 for side in result.shape[1:]))
    neutral = np.full((height, width), 128, np.uint8).tobytes()
    with tempfile.TemporaryDirectory(prefix="restore-vmaf-") as folder:
        log = Path(folder) / "vmaf.json"
        process = FfmpegProcess(_arguments(width, height, log), feed=True)
        try:
            for frame in range(count):
                for side in (result, truth):
                    process.pipe.write(side[frame, :height, :width].tobytes())
                process.pipe.write(neutral)
            status = process.wait()
        except OSError:
            status = process.wait()
        finally:
            process.stop()
        if status != 0 or not log.is_file():
            raise _failed(process.messages())
        pooled = json.loads(log.read_text(encoding="utf-8"))["pooled_metrics"]
    return Vmaf(**{name: float(pooled[name]["mean"]) for name in MODELS})


def _arguments(width: int, height: int, log: Path) -> list[str]:
    source: dict[str, Any] = {
        "filename": "pipe:0",
        "f": "rawvideo",
        "framerate": 24,
        "pixel_format": "yuv420p",
        "s": f"{width}x{2 * height}",
    }
    models = "|".join(f"version={version}\\:name={name}" for name, version in MODELS.items())
    parts = (
        "split[above][below]",
        f"[above]crop={width}:{height}:0:0[result]",
        f"[below]crop={width}:{height}:0:{height}[truth]",
        f"[result][truth]libvmaf=model='{models}':log_fmt=json:log_path={_escaped(log)}",
    )
    return command(source, {"filename": "-", "f": "null"}, "0", ";".join(parts))


def _escaped(path: Path) -> str:
    """A path as an option's value inside a filter graph (ffmpeg: once for the option, once more)."""
    text = path.as_posix()
    for signs in ("\\':", "\\'[],;"):
        text = "".join(f"\\{sign}" if sign in signs else sign for sign in text)
    return text


def _failed(messages: tuple[str, ...]) -> RestoreError:
    return RestoreError(
        f"VMAF could not be measured: {informative_messages(messages)[0]}",
        "ffmpeg's filter libvmaf",
        "Unset RESTORE_FFMPEG, or set it to an ffmpeg that was built with libvmaf.",
        code="vmaf-failed",
    )
