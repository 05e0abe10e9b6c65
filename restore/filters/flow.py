"""Dense optical flow between two planes, and a plane moved along it.

The flow is DIS (dense inverse search: Kroeger, Timofte, Dai, Van Gool 2016, "Fast Optical Flow using Dense
Inverse Search") of OpenCV, with its fastest settings at half of the size. It runs on the CPU and gives the
same values with any number of threads.
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
"""[H, W], or [H, W, C] where a plane is moved"""

Flow = NDArray[np.float32]
"""[H, W, 2]: for each sample the offset (x, y), in samples, to its position in the other plane"""

_FINEST_SCALE = 1
"""The flow is computed down to half of the size (2 to the power of this), and enlarged from there."""

_MIN_SIDE = 64
"""Height and width below which the coarsest scale would be smaller than a patch: a border is added."""

_WHITE = 255.0


def optical_flow(start: Plane, end: Plane, finest: int = _FINEST_SCALE) -> Flow:
    """Where the samples of `start` [H, W] (nominal 0..1) are in `end`: offsets (x, y) [H, W, 2].

    With `finest` 0 the last step is made at full size: three times slower, with exact edges.
    """
    height, width = start.shape
    found = _finder(finest).calc(_codes(start), _codes(end), cast(Any, None))
    return cast(Flow, found)[:height, :width]


def moved_along(plane: Plane, flow: Flow) -> Plane:
    """The plane [H, W] or [H, W, C] sampled at the positions that the flow gives, bicubic; edges replicated.

    With the flow from this frame to another one and the other one's plane, the result is that plane as it
    would look at the time of this frame.
    """
    height, width = flow.shape[:2]
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    x, y = flow[..., 0] + across, flow[..., 1] + down[:, None]
    found = cv2.remap(plane, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return cast(Plane, found)


def flow_at_size(flow: Flow, height: int, width: int) -> Flow:
    """The flow for a plane of the same picture with another number of samples, such as chroma."""
    if flow.shape[:2] == (height, width):
        return flow
    factors = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    small = cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA)
    return cast(Flow, small.reshape(height, width, 2) * factors)


def _finder(finest: int) -> Any:
    """OpenCV's flow, with our settings; it keeps buffers, so that no two threads may share one."""
    finder = cast(Any, cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST))
    finder.setFinestScale(finest)
    return finder


def _codes(plane: Plane) -> NDArray[np.uint8]:
    """8-bit code values of a plane, with a replicated border where it is too small for the flow."""
    codes = np.rint(np.clip(plane * _WHITE, 0.0, _WHITE)).astype(np.uint8)
    height, width = plane.shape
    bottom, right = max(0, _MIN_SIDE - height), max(0, _MIN_SIDE - width)
    if bottom or right:
        codes = cv2.copyMakeBorder(codes, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return cast(NDArray[np.uint8], codes)
