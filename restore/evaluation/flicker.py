"""Chroma flicker: how much color changes along the motion of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import cv2
import numpy as np
import torch
from torch import Tensor

from restore.evaluation.metrics import CODES, rms
from restore.filters.motion_samples import sampled_along

_CONSISTENT = 1.0
"""Largest difference in pixels between forward and backward flow where a point is visible in both frames."""

_MIN_SIDE = 32
"""Height and width below which OpenCV's flow may crash: smaller pictures get a border."""


@dataclass(frozen=True)
class FlickerStep:
    """Motion from one frame to the next: where every pixel was, and whether it was visible there."""

    backward: Tensor
    """offsets (x, y) into the frame before, [1, 2, H, W]"""
    visible: Tensor
    """[1, 1, H, W], bool"""


def motion(luma: Tensor) -> list[FlickerStep]:
    """The optical flow of luma [T, 1, H, W], frame by frame (DIS, Kroeger et al. 2016)."""
    frames = [frame[0].mul(255).round().clamp(0, 255).byte().numpy() for frame in luma]
    return [_step(before, now) for before, now in pairwise(frames)]


def _step(before: np.ndarray[Any, Any], now: np.ndarray[Any, Any]) -> FlickerStep:
    backward, forward = _flow(now, before), _flow(before, now)
    difference = backward + sampled_along(forward, backward)
    return FlickerStep(backward, difference.norm(dim=1, keepdim=True) < _CONSISTENT)


def chroma_flicker(chroma: Tensor, steps: list[FlickerStep]) -> float:
    """RMS change of (Cb, Cr) [T, 2, H, W] along the picture's motion, in code values.

    Every frame is compared with the motion-compensated frame before it; points that only one of them
    shows are left out (a warping error as in Lai et al. 2018). 0 where no point is visible twice, as in
    a single frame.
    """
    changes = [
        (chroma[at + 1 : at + 2] - sampled_along(chroma[at : at + 1], step.backward))[
            step.visible.expand(-1, 2, -1, -1)
        ]
        for at, step in enumerate(steps)
    ]
    return CODES * rms(torch.cat(changes)) if any(map(len, changes)) else 0.0


def _flow(start: np.ndarray[Any, Any], end: np.ndarray[Any, Any]) -> Tensor:
    """The position of each pixel of `start` in `end`: offsets (x, y) in pixels [1, 2, H, W]."""
    finder = cast(Any, cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM))
    height, width = start.shape
    bottom, right = max(0, _MIN_SIDE - height), max(0, _MIN_SIDE - width)
    pair = [
        cv2.copyMakeBorder(one, 0, bottom, 0, right, cv2.BORDER_REPLICATE) for one in (start, end)
    ]
    found = torch.from_numpy(finder.calc(*pair, None))[:height, :width]
    return found.permute(2, 0, 1)[None]
