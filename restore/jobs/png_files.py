"""PNG files that a command writes: under new names, unless they may be replaced."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from restore.errors import OutputError
from restore.store import write_atomic


def check_free(names: Sequence[Path]) -> None:
    """Raise OutputError if one of these names exists, even as a dangling link."""
    if taken := [str(name) for name in names if os.path.lexists(name)]:
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise OutputError(
            "A file that would be written already exists.",
            f"{taken[0]}{more}",
            "Choose another name with -o, or replace it with --overwrite.",
            code="output-exists",
        )


def write_png(path: Path, picture: np.ndarray) -> None:
    """An RGB image [H, W, 3] as PNG; raises OutputError if that is not possible."""
    done, data = cv2.imencode(".png", picture[..., ::-1])
    if not done:
        raise OutputError("The image cannot be encoded as PNG.", str(path), code="write-failed")
    write_atomic(path, data.tobytes())
