"""Planes of a clip through ffmpeg's deinterlacer, which works on 16-bit code values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from restore.media.ffmpeg.field_filter import bwdif

if TYPE_CHECKING:
    from torch import Tensor

_STEPS = 32000
"""Code values from nominal black to white: 36 for each of 10 bits."""

_ZERO = 24000
"""The code value of 0: values from -0.75 to 1.29 are represented, chroma included."""


def bwdif_planes(planes: Tensor) -> Tensor:
    """Planes [T, C, H, W] of fields, top field first -> [2T, C, H, W], a whole frame for each field."""
    count, channels, height, width = planes.shape
    codes = (planes.float() * _STEPS + _ZERO).round().clamp(0, 65535).cpu().numpy()
    wide = np.concatenate([codes[:, channel] for channel in range(channels)], axis=-1)
    frames = bwdif(wide.astype(np.uint16), top_first=True).astype(np.float32)
    found = torch.from_numpy((frames - _ZERO) / _STEPS).view(2 * count, height, channels, width)
    return found.movedim(2, 1).contiguous().to(planes.device)
