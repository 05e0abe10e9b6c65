"""Stabilize: frames come back to their place, chroma with them; bars stand still."""

from __future__ import annotations

import torch

from restore.clip import Clip, ColorSpec
from restore.filters.shift import moved
from restore.timing import Span
from restore.treatments.stabilize import StabilizeDecision, treat

SD = ColorSpec(matrix="bt601", range="limited")


def _soft(frames: int, channels: int, height: int, width: int) -> torch.Tensor:
    """One smooth picture, again and again."""
    noise = torch.rand(
        1, channels, height // 8, width // 8, generator=torch.Generator().manual_seed(2)
    )
    size = (height, width)
    still = torch.nn.functional.interpolate(noise, size, mode="bicubic", align_corners=False)
    return still.repeat(frames, 1, 1, 1)


def test_woven_frames_come_back() -> None:
    """Luma and chroma of half the size by the same share; the decisions count from the shot's first frame."""
    luma, chroma = _soft(4, 1, 64, 96), _soft(4, 2, 32, 48) - 0.5
    down, right = (0.0, 1.5 / 64, -2 / 64, 0.5 / 64), (0.0, -3 / 96, 1 / 96, 2.25 / 96)
    path = [(a, b) for a, b in zip(down, right, strict=True)]
    woven = Clip(
        moved(luma, [(a * 64, b * 96) for a, b in path]),
        moved(chroma, [(a * 32, b * 48) for a, b in path]),
        10,
        SD,
    )
    result = treat(woven, Span(11, 14), StabilizeDecision(10, down, right))
    inner = (..., slice(6, -6), slice(6, -6))
    assert result.index == 11
    assert (result.luma[inner] - luma[1:][inner]).abs().max() < 0.01
    assert result.chroma is not None
    assert (result.chroma[inner] - chroma[1:][inner]).abs().max() < 0.01


def test_bars_stand_still() -> None:
    """A picture between bars moves, and their edge does not: no code value of them changes."""
    luma = _soft(1, 1, 64, 96) + 0.2
    luma[..., :12] = 0
    luma[..., 84:] = 0
    clip = Clip(luma, None, 10, SD)
    result = treat(
        clip, Span(10, 11), StabilizeDecision(10, (0.0,), (2 / 96,), (0, 0, 12 / 96, 12 / 96))
    )
    assert torch.equal(result.luma == 0, luma == 0)
    assert not torch.equal(result.luma, luma)
    assert result.chroma is None
