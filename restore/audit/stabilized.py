"""The source's thumbnails with its frames where the result must show them: those that wove, moved back.

A thumbnail's cells are too coarse to be moved by parts of themselves, so the shots that were held still are
read once more, and their small pictures moved before they become thumbnails.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from restore.media.ffmpeg.decode import read_small, thumbnail
from restore.media.source import Source
from restore.plan import Moves
from restore.survey.survey import WIDTH
from restore.timing import FrameTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]


def held_still(
    source: Source, frames: FrameTable, pictures: NDArray[np.uint8], moves: Moves
) -> NDArray[np.uint8]:
    """The thumbnails `pictures` [N, 32, 32] of `frames`, made anew for the shots in `moves`.

    They lie in a file without a name, as those of the survey do: memory does not grow with the film.
    """
    if not moves:
        return pictures
    with tempfile.TemporaryFile() as file:  # the map keeps what the file loses its name for
        result = np.memmap(file, np.uint8, "w+", shape=pictures.shape)
    result[:] = pictures
    for span, decided in moves:
        within = frames.pts[span.start], frames.pts[span.stop - 1] + 1
        paths = (cast(Sequence[float], decided[key]) for key in ("down", "right"))
        bars = cast(Sequence[float], decided["bars"])
        for index, picture, down, right in zip(
            range(span.start, span.stop), read_small(source, WIDTH, within), *paths, strict=False
        ):
            result[index] = thumbnail(_moved_back(picture.y, (down, right), bars))
    return result


def _moved_back(y: Plane, place: tuple[float, float], bars: Sequence[float]) -> Plane:
    """A small picture with what lies between its bars brought back from `place`, (down, right) in shares."""
    height, width = y.shape
    top, bottom = round(bars[0] * height), height - round(bars[1] * height)
    left, right = round(bars[2] * width), width - round(bars[3] * width)
    there = np.array([[1, 0, place[1] * width], [0, 1, place[0] * height]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    inner = y[top:bottom, left:right]
    size = (right - left, bottom - top)
    result = y.copy()
    result[top:bottom, left:right] = cv2.warpAffine(
        inner, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return result
