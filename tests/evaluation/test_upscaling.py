"""Scores of upscalers on a shot."""

import math
from collections.abc import Iterator

import pytest
import torch

from restore.evaluation.benchmark import BenchmarkShot
from restore.evaluation.upscalers import Upscaler, lanczos
from restore.evaluation.upscaling import CONTEXT, luma_scores


def shot() -> BenchmarkShot:
    """Ten frames of texture, with a ground truth of twice the size."""
    truth = torch.rand(10, 1, 64, 80, generator=torch.Generator().manual_seed(1))
    truth = truth.mul(255).round() / 255
    return BenchmarkShot("texture", torch.nn.functional.avg_pool2d(truth, 2), truth, steady=True)


def test_the_ground_truth_is_perfect_and_lanczos_is_not() -> None:
    """An upscaler that returns the ground truth has no error in any figure; Lanczos has some."""
    aged = shot()
    oracle = Upscaler(
        "oracle", 2, lambda _, frames: aged.truth[frames.start : frames.stop].split(1)
    )

    perfect, plain = luma_scores(aged, [oracle, lanczos(2)])

    assert perfect.psnr == math.inf
    assert perfect.ssim == pytest.approx(1)
    assert perfect.temporal_error == 0
    assert perfect.consistency > 100
    assert min(perfect.vmaf, perfect.vmaf_neg) > 95
    assert plain.psnr < 25
    assert plain.vmaf < perfect.vmaf
    assert plain.temporal_error > 1


def test_only_frames_with_their_context_count() -> None:
    """An upscaler that fails on the ends of a shot is not asked for them."""
    asked: list[int] = []

    def note(aged: torch.Tensor, frames: range) -> Iterator[torch.Tensor]:
        asked.extend(frames)
        return lanczos(2).restore(aged, frames)

    list(luma_scores(shot(), [Upscaler("notes", 2, note)]))
    assert asked == list(range(CONTEXT, 10 - CONTEXT))
