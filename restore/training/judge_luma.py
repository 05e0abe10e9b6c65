"""Judging upscalers: the judging clips aged with fixed seeds, restored, compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from restore.evaluation.metrics import psnr, ssim
from restore.filters.resample import luma_axis, resample
from restore.filters.windows import frame_windows
from restore.training.degrade.amounts import Ageing, Spread, draw
from restore.training.degrade.shot import AgedShot, age
from restore.training.degrade.storage import to_codes
from restore.training.pairs import ReadClip, seeded
from restore.training.split import JUDGING_CLIPS

FIRST, FRAMES, JUDGED = 16, 12, slice(2, 10)
"""The excerpt of each judging clip that is aged, and the frames of it that are compared."""


@dataclass(frozen=True)
class LumaRow:
    """One aged clip: the net against Lanczos; PSNR in dB, SSIM 0..1."""

    clip: str
    ageing: int
    net: tuple[float, float]
    lanczos: tuple[float, float]


def judge_luma(
    net: nn.Module, scale: int, data: Path, read_clip: ReadClip, ageings: int, seed: int
) -> list[LumaRow]:
    """Every judging clip aged `ageings` times (weave and all), restored and compared in 8 bits."""
    rows: list[LumaRow] = []
    for at, clip in enumerate(JUDGING_CLIPS):
        frames = read_clip(data / "clips" / f"{clip}.mp4")[FIRST : FIRST + FRAMES]
        for number in range(ageings):
            generator = seeded(seed, at, number)
            shot = judged_shot(frames, draw(Spread(), generator), scale, generator)
            truth = shot.truth[JUDGED]
            results = (restored(net, shot.aged), enlarged(shot.aged[JUDGED], scale))
            scores = [(psnr(eight_bit(r), truth), ssim(eight_bit(r), truth)) for r in results]
            rows.append(LumaRow(clip, number, scores[0], scores[1]))
    return rows


def judged_shot(
    frames: Tensor, amounts: Ageing, scale: int, generator: torch.Generator
) -> AgedShot:
    """Frames [T, 3, H, W], uint8, cut to a multiple of the scale and aged; both sides in 8 bits."""
    height, width = (side // scale * scale for side in frames.shape[-2:])
    shot = age(frames[..., :height, :width].float() / 255, amounts, scale, generator)
    return AgedShot(aged=eight_bit(shot.aged), truth=eight_bit(shot.truth))


def restored(net: nn.Module, aged: Tensor) -> Tensor:
    """The judged frames of an aged shot [T, 1, h, w] through the net, one at a time."""
    windows = frame_windows(aged, JUDGED.start, JUDGED.stop, cast(int, net.frames) // 2)
    with torch.inference_mode():
        return torch.cat([cast(Tensor, net(window[None])) for window in windows])


def enlarged(luma: Tensor, scale: int) -> Tensor:
    """Lanczos enlargement of [T, 1, h, w]: what every player does, the least to beat."""
    height, width = luma.shape[-2:]
    source = (luma_axis(width), luma_axis(height))
    return resample(luma, source, (luma_axis(width * scale), luma_axis(height * scale)))


def eight_bit(luma: Tensor) -> Tensor:
    """Rounded to 8-bit code values, as nominal 0..1 again."""
    return to_codes(luma).float() / 255
