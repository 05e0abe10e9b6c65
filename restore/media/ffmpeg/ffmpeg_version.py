"""Versions of ffmpeg and of the libraries that decode, scale and encode."""

from __future__ import annotations

import functools
import re
import subprocess

import av

from restore.media.ffmpeg.process import executable


@functools.cache
def ffmpeg_version() -> str:
    """The version of the ffmpeg in use, such as `9.0-static`."""
    arguments = [executable(), "-hide_banner", "-version"]
    printed = subprocess.run(
        arguments, capture_output=True, text=True, check=False, timeout=60
    ).stdout
    found = re.match(r"ffmpeg version (\S+)", printed)
    return found[1] if found else "unknown"


def library_versions() -> dict[str, str]:
    """Versions of PyAV, numpy and OpenCV."""
    import cv2
    import numpy as np

    return {"av": av.__version__, "numpy": np.__version__, "opencv": cv2.__version__}
