"""The versions of all software that can change frames, and the machine."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from restore import __version__
from restore.plan import FRAME_CODE
from restore.report.record import Versions


def versions(device: str, precision: str) -> Versions:
    """This program, its libraries and this machine, computing on `device` in `precision`."""
    import torch

    from restore.media.ffmpeg.ffmpeg_version import ffmpeg_version, library_versions

    values: dict[str, Any] = {
        "restore": __version__,
        "frame_code": FRAME_CODE,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "ffmpeg": ffmpeg_version(),
        **library_versions(),
        "platform": platform.platform(),
        "processor": _processor(Path("/proc/cpuinfo")),
        "device": device,
        "device_name": _device_name(device),
        "precision": precision,
        "threads": torch.get_num_threads(),
    }
    return Versions.model_validate(values)


def _processor(cpuinfo: Path) -> str:
    """The name of the processor if the system has it, else its architecture."""
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _device_name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(device) if device.startswith("cuda") else "processor"
