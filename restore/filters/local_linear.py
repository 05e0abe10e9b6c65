"""Local linear models: chroma as a linear function of luma in small windows, as in the guided filter."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def window_means(planes: Tensor, reach: tuple[int, int]) -> Tensor:
    """Means of windows of `reach` (rows, columns) samples on both sides, of planes [..., C, h, w].

    The border is replicated.
    """
    down, across = reach
    batch = planes if planes.ndim == 4 else planes[None]
    wide = functional.pad(batch, (across, across, down, down), mode="replicate")
    found = functional.avg_pool2d(wide, (2 * down + 1, 2 * across + 1), stride=1)
    return found if planes.ndim == 4 else found[0]


def local_linear(
    values: Tensor, guide: Tensor, reach: tuple[int, int], flat: float
) -> tuple[Tensor, Tensor]:
    """Slope and offset of the model of `values` [T, C, h, w] by a guide [T, 1, h, w] at each sample.

    Least squares in windows of `reach` (rows, columns) samples on both sides; the models of all windows that
    contain a sample are averaged. Windows in which the guide varies less than `flat` have a slope near 0.
    """
    guide_mean, mean = window_means(guide, reach), window_means(values, reach)
    variance = (window_means(guide * guide, reach) - guide_mean.square()).clamp_min(0)
    slope = (window_means(guide * values, reach) - guide_mean * mean) / (variance + flat)
    offset = mean - slope * guide_mean
    return window_means(slope, reach), window_means(offset, reach)
