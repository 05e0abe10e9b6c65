"""Scores of upscalers on aged shots."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from restore.evaluation.benchmark import BenchmarkShot
from restore.evaluation.metrics import consistency, psnr, ssim, temporal_error
from restore.evaluation.upscalers import Upscaler
from restore.media.ffmpeg.vmaf import measure_vmaf

CONTEXT = 4
"""Frames at both ends of a shot that are only context, for windows of up to nine frames."""


@dataclass(frozen=True)
class LumaScore:
    """The scores of one upscaler on one shot, compared in 8 bits.

    psnr and consistency in dB, ssim 0..1, vmaf and vmaf_neg 0..100, temporal_error in code values.
    `shown` is the middle frame [H, W], 8-bit full range, for the contact sheet.
    """

    upscaler: str
    shot: str
    steady: bool
    psnr: float
    ssim: float
    vmaf: float
    vmaf_neg: float
    consistency: float
    temporal_error: float
    seconds_per_frame: float
    shown: Tensor


def luma_scores(shot: BenchmarkShot, upscalers: Sequence[Upscaler]) -> Iterator[LumaScore]:
    """The scores of every upscaler on the frames of one shot that have their context."""
    frames = range(CONTEXT, len(shot.aged) - CONTEXT)
    aged = shot.aged[frames.start : frames.stop]
    truth = eight_bit(shot.truth[frames.start : frames.stop])
    for upscaler in upscalers:
        result, seconds = _restored(upscaler, shot.aged, frames)
        visual = measure_vmaf(_limited(result), _limited(truth))
        yield LumaScore(
            upscaler=upscaler.name,
            shot=shot.name,
            steady=shot.steady,
            psnr=psnr(result, truth),
            ssim=ssim(result, truth),
            vmaf=visual.vmaf,
            vmaf_neg=visual.neg,
            consistency=consistency(result, aged, upscaler.scale),
            temporal_error=temporal_error(result, truth),
            seconds_per_frame=seconds,
            shown=_codes(result[len(frames) // 2, 0]),
        )


def _restored(upscaler: Upscaler, aged: Tensor, frames: range) -> tuple[Tensor, float]:
    """The frames [T, 1, H, W] in 8 bits, and the mean seconds per frame."""
    began = time.perf_counter()
    results = list(upscaler.restore(aged, frames))
    seconds = (time.perf_counter() - began) / len(frames)
    return eight_bit(torch.cat(results)), seconds


def shown(truth: Tensor) -> Tensor:
    """The frame of a ground truth [T, 1, H, W] that the scores show: [H, W], 8-bit full range."""
    return _codes(truth[CONTEXT + (len(truth) - 2 * CONTEXT) // 2, 0])


def _codes(luma: Tensor) -> Tensor:
    return luma.mul(255).round().clamp(0, 255).to(torch.uint8)


def eight_bit(luma: Tensor) -> Tensor:
    """Rounded and clipped to 8-bit code values, as nominal 0..1."""
    return luma.float().mul(255).round().clamp(0, 255) / 255


def _limited(luma: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Luma [T, 1, H, W] as limited-range code values [T, H, W]."""
    return luma[:, 0].mul(219).add(16).round().to(torch.uint8).numpy()
