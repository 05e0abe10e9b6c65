"""The MD5 of every decoded frame of a film, as ffmpeg's framemd5 (an archive's habit) gives it."""

from __future__ import annotations

from pathlib import Path

from restore.media.ffmpeg.process import Options
from restore.media.names import as_input


def hashed_to(path: Path) -> Options:
    """A decoding process's further output: a line with an MD5 for each frame."""
    return {"filename": as_input(path), "format": "framemd5", "fps_mode": "passthrough"}


def read_hashes(path: Path) -> tuple[str, ...]:
    """The MD5s (32 hexadecimal digits) of all frames' decoded samples, in order."""
    lines = path.read_text("ascii").splitlines()
    return tuple(line.rsplit(",", 1)[-1].strip() for line in lines if not line.startswith("#"))
