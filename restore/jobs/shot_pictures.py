"""The reduced pictures of a shot, as its colors are chosen on them: luma of the result's frames."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.clip import Clip, ColorSpec
from restore.errors import SourceError
from restore.media.ffmpeg.decode import ReducedFrame, read_reduced
from restore.survey.redecoded import Redecoded
from restore.survey.survey import WIDTH
from restore.timing import Span
from restore.treatments.borders.insets import Insets
from restore.treatments.colorize.choosing import picture_size
from restore.treatments.stabilize import STABILIZE, StabilizeDecision, treat

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from restore.filters.carried import Planes
    from restore.filters.flow import Plane
    from restore.run.frames import Job

_BLACK, _WHITE = 16.0, 219.0
"""Limited range: the code value of black, and the distance to white."""


@contextmanager
def shot_pictures(job: Job, span: Span, folder: Path | None = None) -> Generator[Planes]:
    """The luma [H, W], 0..1, of the result frames of a shot, reduced, in square pixels, without borders.

    Their position is that of stabilized frames. They are kept in a temporary file, so that memory does not
    grow with the length of the shot: in `folder`, or in the system's folder for such files. Raises
    SourceError if no frame can be decoded.
    """
    crop = job.plan.crop or Insets()
    width, height = crop.size(job.source.width, job.source.height)
    rows, columns = picture_size(width, height, job.source.sar)
    frame_map = job.plan.frame_map
    needed = frame_map.needed(span)
    with TemporaryFile(prefix="restore-", dir=folder) as file:
        for frame in Redecoded(
            lambda within: read_reduced(job.source, WIDTH, within),
            job.survey.frames,
            needed,
            lambda done: None,
        ):
            file.write(_picture(frame, job, crop, (columns, rows)).tobytes())
        file.flush()
        if not file.tell():
            where = f"{job.source.path}, frames {needed.start} to {needed.stop - 1}"
            raise SourceError("No frame of a shot can be decoded.", where, code="no-frames")
        stored = np.memmap(file, np.uint8, "r").reshape(-1, rows, columns)
        places = [
            frame_map.mapped(index).sources[0] - needed.start
            for index in range(span.start, span.stop)
        ]
        yield _ReducedPictures(stored, places, span.start, weave_of(job, span))


def weave_of(job: Job, span: Span) -> StabilizeDecision | None:
    """How far the frames of a shot are moved back before they are colored."""
    decision = job.plan.shot_at(span.start).decisions.get(STABILIZE.name)
    return decision if isinstance(decision, StabilizeDecision) else None


@dataclass(frozen=True)
class _ReducedPictures:
    """Stored pictures, the place of each frame's picture among them, the first frame, the shot's weave."""

    stored: NDArray[np.uint8]
    places: list[int]
    first: int
    weave: StabilizeDecision | None

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, number: int, /) -> Plane:
        codes = self.stored[self.places[number]].astype(np.float32)
        luma = np.clip((codes - _BLACK) / _WHITE, 0, 1)
        return luma if self.weave is None else _moved_back(luma, self.first + number, self.weave)


def _moved_back(luma: Plane, frame: int, weave: StabilizeDecision) -> Plane:
    """A frame's picture as the chain of treatments moves the frame."""
    import torch

    clip = Clip(torch.from_numpy(luma)[None, None], None, frame, ColorSpec("bt709", "full"))
    found = treat(clip, Span(frame, frame + 1), weave).luma[0, 0]
    return np.ascontiguousarray(found.clamp(0, 1).numpy())


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
