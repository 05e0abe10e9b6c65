"""MD5 of every decoded frame, in the format of ffmpeg's framemd5, which archives use."""

from __future__ import annotations

from pathlib import Path

from restore.media.ffmpeg.process import Options
from restore.media.names import as_input


def framemd5_output(path: Path) -> Options:
    """Options of a second output of a decoding process: a line with an MD5 for each frame."""
    return {"filename": as_input(path), "format": "framemd5", "fps_mode": "passthrough"}


def read_hashes(path: Path) -> tuple[str, ...]:
    """Read the MD5s (32 hexadecimal digits) of all frames, in order."""
    lines = path.read_text("ascii").splitlines()
    return tuple(line.rsplit(",", 1)[-1].strip() for line in lines if not line.startswith("#"))
