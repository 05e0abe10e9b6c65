"""Colorings sampled from a network: many true ones exist for a gray picture, each with its likelihood."""

from __future__ import annotations

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


@dataclass(frozen=True)
class SampledColors:
    """One coloring of a picture: chroma [h, w, 2], and the logarithm of its likelihood per value, in nats."""

    chroma: Plane
    likelihood: float


def sampled_colors(sampler: ColorSampler, luma: Plane, seeds: Sequence[int]) -> list[SampledColors]:
    """A coloring of the picture [H, W] for each seed; the same seed gives the same one."""
    import torch

    from restore.models.color_sampler import CELL, LONG_SIDE, TEMPERATURE, TOP_P

    height, width = luma.shape
    shrink = LONG_SIDE / max(height, width)
    rows, columns = (max(1, round(side * shrink / CELL)) * CELL for side in (height, width))
    small = cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA)
    gray = torch.from_numpy(np.ascontiguousarray(small)).clamp(0, 1)[None, None]
    gray = gray.expand(len(seeds), -1, -1, -1)
    with torch.inference_mode():
        drawn, likelihoods = sampler.draw(gray, seeds, TEMPERATURE, TOP_P)
        fine = sampler.refined(gray, drawn).float().cpu()
    values = 2 * (rows // CELL) * (columns // CELL)
    return [
        SampledColors(
            np.ascontiguousarray(np.moveaxis(chroma.numpy(), 0, -1)), float(total) / values
        )
        for chroma, total in zip(fine, likelihoods, strict=True)
    ]
