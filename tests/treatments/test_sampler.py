"""Sampled colorings: one for each seed, the same for the same seed, at the sampler's size."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from restore.treatments.colorize.sampler import sampled_colors, surprise
from tests.treatments.made_sampler import MadeSampler, colors_of


def test_each_seed_is_one_coloring() -> None:
    """Whatever others are drawn with it."""
    luma = np.linspace(0.1, 0.9, 192 * 256, dtype=np.float32).reshape(192, 256)
    together = sampled_colors(MadeSampler(), luma, [1, 2, 3])
    (alone,) = sampled_colors(MadeSampler(), luma, [2])
    assert np.array_equal(together[1].chroma, alone.chroma)
    assert not np.array_equal(together[0].chroma, together[1].chroma)


def test_the_sampler_sees_224_pixels() -> None:
    """The longer side; both are multiples of its cell. The likelihood is per value of a cell."""
    seen: list[tuple[int, ...]] = []

    class Seeing(torch.nn.Module):
        """Records the size that it gets."""

        def draw(
            self, gray: Tensor, seeds: list[int], temperature: float, top_p: float
        ) -> tuple[Tensor, Tensor]:
            """See `ColorSampler`."""
            seen.append(tuple(gray.shape))
            rows, columns = (side // 8 for side in gray.shape[-2:])
            return torch.zeros(1, 2, rows, columns), torch.tensor([-2.0 * rows * columns])

        def refined(self, gray: Tensor, chroma: Tensor) -> Tensor:
            """See `ColorSampler`."""
            return chroma

    (found,) = sampled_colors(Seeing(), np.zeros((144, 256), np.float32), [5])  # type: ignore[arg-type]
    assert seen == [(1, 1, 128, 224)]
    assert found.likelihood == -1.0


def test_the_made_sampler_colors_by_luma() -> None:
    """Dark and bright things have the colors of the seed: what other tests rely on."""
    luma = np.full((192, 256), 0.2, np.float32)
    luma[:, 128:] = 0.8
    (found,) = sampled_colors(MadeSampler(), luma, [4])
    bright, dark = (0.2 * color.flatten().numpy() for color in colors_of(4))
    assert np.allclose(found.chroma[10, 50], bright, atol=1e-5)
    assert np.allclose(found.chroma[10, 5], dark, atol=1e-5)


def test_surprise_is_in_bits_per_value() -> None:
    """Of the colors at the size of the sampler's cells, whatever the sizes of picture and chroma."""
    chroma = np.full((30, 40, 2), 0.1, np.float32)
    for height, width in ((192, 256), (480, 640)):
        found = surprise(MadeSampler(), np.full((height, width), 0.5, np.float32), chroma)
        assert abs(found - 0.01 / np.log(2)) < 1e-6
