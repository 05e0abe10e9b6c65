"""The measure of chroma faults: a few places of a shot in full resolution."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from restore.clip import Clip
from restore.filters.flow import moved_along, optical_flow
from restore.filters.resample import Axis, chroma_axes, luma_axis, resample, subsampling
from restore.treatments.chroma.alignment import ChromaSample, alignment
from restore.treatments.chroma.chroma_faults import ChromaFaults
from restore.treatments.measuring.bars import picture_area

_SOFT = 0.02
"""Further error of a shift as a share of the sigma of bleeding: soft colors also follow shades of luma."""

_DOUBTFUL = 0.15
"""Standard error of a shift, in luma samples of frames of 480 lines, from which it is unknown."""

_LONGEST_BLEED = 4.0
"""Sigma in luma samples: what is softer is hardly distinguished, and treated alike."""

_BLOCK = 8
_QUARTER = 1.25
"""Deviation of noise divided by the one that a quarter of the blocks does not reach."""

_STEP = 0.3
"""Differences within groups of equal chroma, compared with those between groups; near 1 without."""

_LINES = 480
"""Frames of twice as many lines and more are reduced further for the alignment."""

Plane = NDArray[np.float32]


class ChromaObserver:
    """Collects evidence from a few short clips of one shot."""

    def __init__(self) -> None:
        self._samples: list[ChromaSample] = []
        self._scale = (2, 2)
        self._noise: list[float] = []
        self._steps: list[NDArray[np.float64]] = []
        self._group = 0

    def see(self, clip: Clip) -> None:
        """Consecutive frames of the shot."""
        field = without_bars(clip if clip.color.fields is None else clip.field(0))
        if field.chroma is None:
            return
        sample, self._scale = sample_of(field, clip.color.fields is not None)
        self._samples.append(sample)
        self._noise += _noise(field)
        across, _ = subsampling(field)
        self._group = 4 >> across
        if self._group > 1:
            self._steps.append(_column_steps(field.chroma, self._group))

    def faults(self) -> ChromaFaults | None:
        """What was measured, faulty or not; None if nothing with chroma was seen."""
        if not self._samples:
            return None
        found = alignment(self._samples)
        right, down = self._scale
        shift, error, bleed = None, 0.0, 0.0
        if found is not None:
            error = math.hypot(found.error * max(right, down), _SOFT * found.bleed * right)
            if error < _DOUBTFUL * max(1.0, down / 2):
                shift = (found.right * right, found.down * down)
            bleed = min(found.bleed * right, _LONGEST_BLEED)
        noise = _QUARTER * float(np.quantile(self._noise, 0.25)) if self._noise else 0.0
        return ChromaFaults(shift, noise, bleed, self._stairs(), error)

    def result(self) -> ChromaFaults | None:
        """The faults; None if the chroma is as a camera gives it."""
        found = self.faults()
        return found if found is not None and found.faulty else None

    def _stairs(self) -> int | None:
        if not self._steps:
            return None
        total = np.sum(self._steps, 0)
        largest = float(total.max())
        within = (float(total.sum()) - largest) / (len(total) - 1)
        if largest <= 0 or within > _STEP * largest:
            return None
        return (int(total.argmax()) + 1) % self._group


def without_bars(clip: Clip) -> Clip:
    """The clip without black bars: their edges are in the luma and in the chroma, but are not the picture's.

    Whole groups of four rows and columns are cut off, so that chroma keeps its place under luma.
    """
    if clip.chroma is None:
        return clip
    height, width = clip.luma.shape[-2:]
    whole = slice(0, height), slice(0, width)
    rows, columns = map(_in_groups, picture_area(clip.luma.mean(0)[0].numpy()), whole)
    across, down = subsampling(clip)
    own = _divided(rows, down), _divided(columns, across)
    return replace(
        clip,
        luma=clip.luma[..., rows, columns].contiguous(),
        chroma=clip.chroma[..., own[0], own[1]].contiguous(),
    )


def _in_groups(part: slice, whole: slice) -> slice:
    """The whole groups of four within a part; up to the end if the part reaches it."""
    stop = part.stop if part.stop == whole.stop else part.stop // 4 * 4
    return slice(-(-part.start // 4) * 4, stop)


def _divided(part: slice, shift: int) -> slice:
    """The same part of a plane with fewer rows or columns."""
    return slice(part.start >> shift, -(-part.stop >> shift))


def sample_of(clip: Clip, field: bool) -> tuple[ChromaSample, tuple[int, int]]:
    """The mean of some frames on a common grid, and luma columns and frame rows per sample of it.

    The grid has half of the frame's columns and rows, larger frames are reduced more. A field has half
    of the rows already.
    """
    assert clip.chroma is not None
    height, width = clip.luma.shape[-2:]
    lines = 2 * height if field else height
    step = 2 * max(1, lines // _LINES)
    rows = step // 2 if field else step
    grid = _centered(width, step), _centered(height, rows)
    luma = resample(clip.luma.mean(0), (luma_axis(width), luma_axis(height)), grid)[0]
    own = chroma_axes(width, height, *subsampling(clip), clip.color.siting)
    blue, red = resample(clip.chroma.mean(0), own, grid)
    planes = [plane.contiguous().numpy() for plane in (luma, blue, red)]
    return ChromaSample(planes[0], (planes[1], planes[2])), (step, step)


def _centered(length: int, step: int) -> Axis:
    return Axis(max(1, length // step), step, (step - 1) / 2, length)


def _noise(clip: Clip) -> list[float]:
    """Deviations of the chroma noise in blocks, from each two consecutive frames, motion compensated."""
    assert clip.chroma is not None
    size = clip.chroma.shape[-2:]
    if min(size) < 2 * _BLOCK:
        return []
    guides = torch.nn.functional.interpolate(clip.luma, size=size, mode="area")[:, 0].numpy()
    planes = clip.chroma.permute(0, 2, 3, 1).contiguous().numpy()
    found: list[float] = []
    for now in range(len(clip) - 1):
        flow = optical_flow(guides[now], guides[now + 1])
        change = (moved_along(planes[now + 1], flow) - planes[now]) ** 2 / 2
        rows, columns = (side // _BLOCK for side in size)
        inside = np.ascontiguousarray(change[: rows * _BLOCK, : columns * _BLOCK])
        blocks = cv2.resize(inside, (columns, rows), interpolation=cv2.INTER_AREA)
        found += np.sqrt(blocks).mean(-1).ravel().tolist()
    return found


def _column_steps(chroma: torch.Tensor, group: int) -> NDArray[np.float64]:
    """The mean squared difference of each column to the next, by the column's place in its group."""
    steps = chroma.diff(dim=-1).square().mean((0, 1, 2)).double().numpy()
    return np.array(
        [steps[place::group].mean() if len(steps) > place else 0 for place in range(group)]
    )
