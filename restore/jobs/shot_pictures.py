"""The reduced pictures of a shot, as its colors are chosen on them: luma of the result's frames."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.media.ffmpeg.decode import ReducedFrame, read_reduced
from restore.survey.redecoded import Redecoded
from restore.survey.survey import WIDTH
from restore.treatments.borders.insets import Insets
from restore.treatments.colorize.choosing import picture_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.filters.carried import Planes
    from restore.filters.flow import Plane
    from restore.run.frames import Job
    from restore.timing import Span

_BLACK, _WHITE = 16.0, 219.0
"""Limited range: the code value of black, and the distance to white."""


@contextmanager
def shot_pictures(job: Job, span: Span) -> Generator[Planes]:
    """The luma [H, W], 0..1, of the result frames of a shot, reduced, in square pixels, without borders.

    They are kept in a temporary file, so that memory does not grow with the length of the shot.
    """
    crop = job.plan.crop or Insets()
    width, height = crop.size(job.source.width, job.source.height)
    rows, columns = picture_size(width, height, job.source.sar)
    frame_map = job.plan.frame_map
    needed = frame_map.needed(span)
    with TemporaryFile(prefix="restore-") as file:
        for frame in Redecoded(
            lambda within: read_reduced(job.source, WIDTH, within),
            job.survey.frames,
            needed,
            lambda done: None,
        ):
            file.write(_picture(frame, job, crop, (columns, rows)).tobytes())
        file.flush()
        stored = np.memmap(file, np.uint8, "r").reshape(-1, rows, columns)
        places = [
            frame_map.mapped(index).sources[0] - needed.start
            for index in range(span.start, span.stop)
        ]
        yield _ReducedPictures(stored, places)


@dataclass(frozen=True)
class _ReducedPictures:
    """Stored pictures, and the place of each frame's picture among them."""

    stored: NDArray[np.uint8]
    places: list[int]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, number: int, /) -> Plane:
        codes = self.stored[self.places[number]].astype(np.float32)
        return np.clip((codes - _BLACK) / _WHITE, 0, 1)


def _picture(
    frame: ReducedFrame, job: Job, crop: Insets, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """The luma of a reduced frame without borders, at this size (columns, rows)."""
    rows, columns = frame.y.shape
    down, across = rows / job.source.height, columns / job.source.width
    inner = frame.y[
        round(crop.top * down) : rows - round(crop.bottom * down),
        round(crop.left * across) : columns - round(crop.right * across),
    ]
    picture = np.ascontiguousarray(inner)
    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    smaller = picture.shape[1] >= size[0] and picture.shape[0] >= size[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
