"""Chroma between anchors: exact at anchors, moved with the picture, a mean of both where motion is plain."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.between_anchors import chroma_between
from tests.treatments.colored_square import Scene, colored_square


def _neighbors(frame: int) -> tuple[int, int]:
    before = frame - frame % 8
    return (before, before) if frame == before else (before, before + 8)


def _cells(scene: Scene, frame: int) -> Tensor:
    planes = torch.from_numpy(np.moveaxis(scene.chroma[frame], -1, 0).copy())[None]
    return functional.avg_pool2d(planes, 4)[0]


def _luma(scene: Scene) -> Tensor:
    return torch.from_numpy(np.stack(scene.luma))[:, None]


def test_anchors_keep_their_chroma() -> None:
    """A frame with an anchor gets it unchanged."""
    scene = colored_square(9)
    anchors = {frame: _cells(scene, frame) for frame in (0, 8)}
    found = chroma_between(anchors, _luma(scene), range(9), _neighbors)
    assert torch.equal(found[0], anchors[0])
    assert torch.equal(found[8], anchors[8])


def test_colors_move_with_the_picture() -> None:
    """Four frames from both anchors the square has its color, and the place that it left has another."""
    scene = colored_square(9)
    anchors = {frame: _cells(scene, frame) for frame in (0, 8)}
    (found,) = chroma_between(anchors, _luma(scene), range(4, 5), _neighbors)
    truth = _cells(scene, 4)
    y, x = (side // 4 for side in scene.corners[4])
    inside = (found - truth).abs()[:, y + 2 : y + 10, x + 2 : x + 10]
    assert inside.mean() < 0.01
    assert (found - truth).abs().mean() < 0.004


def test_a_still_picture_gets_the_mean_by_time() -> None:
    """Of two anchors with different colors, each counts by its distance in time."""
    luma = _luma(colored_square(1)).repeat(9, 1, 1, 1)
    anchors = {0: torch.zeros(2, 48, 64), 8: torch.ones(2, 48, 64)}
    found = chroma_between(anchors, luma, range(9), _neighbors)
    for frame in range(9):
        assert (found[frame] - frame / 8).abs().max() < 0.02


def test_a_part_equals_the_whole() -> None:
    """A frame depends on the frames between its two anchors only."""
    scene = colored_square(25)
    anchors = {frame: _cells(scene, frame) for frame in (0, 8, 16, 24)}
    whole = chroma_between(anchors, _luma(scene), range(25), _neighbors)
    part = chroma_between(anchors, _luma(scene), range(10, 13), _neighbors)
    assert torch.equal(part, whole[10:13])
