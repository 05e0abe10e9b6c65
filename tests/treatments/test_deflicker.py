"""Deflicker: every frame in its shot's light, color with it."""

from __future__ import annotations

import torch

from restore.clip import Clip, ColorSpec
from restore.timing import Span
from restore.treatments.deflicker import DeflickerDecision, treat

SD = ColorSpec(matrix="bt601", range="limited")


def test_frames_come_back_to_their_light() -> None:
    """What a gain and an offset did to each frame is undone; the decisions count from the shot's first."""
    light, lift = torch.tensor([1.0, 1.1, 0.9, 1.2]), torch.tensor([0.0, 0.02, -0.01, 0.0])
    luma = torch.linspace(0.2, 0.8, 35).view(1, 1, 5, 7).repeat(4, 1, 1, 1)
    chroma = torch.linspace(-0.1, 0.1, 24).view(1, 2, 3, 4).repeat(4, 1, 1, 1)
    per_frame = (-1, 1, 1, 1)
    seen = Clip(
        luma * light.view(per_frame) + lift.view(per_frame),
        chroma * light.view(per_frame),
        10,
        SD,
    )
    gain, offset = tuple((1 / light).tolist()), tuple((-lift / light).tolist())
    result = treat(seen, Span(11, 14), DeflickerDecision(10, gain, offset))
    assert result.index == 11
    torch.testing.assert_close(result.luma, luma[1:])
    torch.testing.assert_close(result.chroma, chroma[1:])
