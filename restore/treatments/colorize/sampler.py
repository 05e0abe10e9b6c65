"""Colorings sampled from a network: many true ones exist for a gray picture, each with its likelihood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from restore.filters.flow import Plane

if TYPE_CHECKING:
    from torch import Tensor

SAMPLER = "pixcolor"
"""The name of the model that ships."""


class ColorSampler(Protocol):
    """A network that draws colorings of gray pictures."""

    def draw(
        self, gray: Tensor, seeds: Sequence[int], temperature: float, top_p: float
    ) -> tuple[Tensor, Tensor]:
        """Gray [N, 1, h, w], 0..1, a seed each -> chroma [N, 2, h/8, w/8] of BT.709, log likelihoods [N]."""
        ...

    def refined(self, gray: Tensor, chroma: Tensor) -> Tensor:
        """The chroma [N, 2, ...] of these cells with the details that the gray picture suggests."""
        ...

    def likelihood(self, gray: Tensor, chroma: Tensor) -> Tensor:
        """The log likelihood [N] of the chroma [N, 2, h/8, w/8] of gray pictures, in nats."""
        ...


@dataclass(frozen=True)
class SampledColors:
    """One coloring of a picture: chroma [h, w, 2], and the logarithm of its likelihood per value, in nats."""

    chroma: Plane
    likelihood: float


def sampled_colors(sampler: ColorSampler, luma: Plane, seeds: Sequence[int]) -> list[SampledColors]:
    """A coloring of the picture [H, W] for each seed; the same seed gives the same one."""
    import torch

    from restore.models.color_sampler import TEMPERATURE, TOP_P

    gray = _sampled_picture(luma).expand(len(seeds), -1, -1, -1)
    with torch.inference_mode():
        drawn, likelihoods = sampler.draw(gray, seeds, TEMPERATURE, TOP_P)
        fine = sampler.refined(gray, drawn).float().cpu()
    values = drawn[0].numel()
    return [
        SampledColors(
            np.ascontiguousarray(np.moveaxis(chroma.numpy(), 0, -1)), float(total) / values
        )
        for chroma, total in zip(fine, likelihoods, strict=True)
    ]


def surprise(sampler: ColorSampler, luma: Plane, chroma: Plane) -> float:
    """Bits per value of the colors, chroma [h, w, 2] of BT.709, of a picture [H, W]: more are less likely.

    The score is -log2 of the likelihood under the sampler, divided by the number of values (van den Oord
    et al. 2016).
    """
    import torch

    from restore.models.color_sampler import CELL

    gray = _sampled_picture(luma)
    rows, columns = (side // CELL for side in gray.shape[-2:])
    cells = cv2.resize(chroma, (columns, rows), interpolation=cv2.INTER_AREA)
    planes = torch.from_numpy(np.ascontiguousarray(np.moveaxis(cells, -1, 0)))[None]
    return -float(sampler.likelihood(gray, planes.float())) / planes.numel() / math.log(2)


def _sampled_picture(luma: Plane) -> Tensor:
    """The picture as the sampler sees it: [1, 1, h, w], 0..1, in whole cells."""
    import torch

    from restore.models.color_sampler import CELL, LONG_SIDE

    shrink = LONG_SIDE / max(luma.shape)
    rows, columns = (max(1, round(side * shrink / CELL)) * CELL for side in luma.shape)
    small = cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(small)).clamp(0, 1)[None, None]
