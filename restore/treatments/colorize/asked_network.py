"""The color network, asked about single reduced pictures: its colors, and features for comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from restore.filters.flow import Plane
from restore.treatments.colorize.predicted import ColorizeSettings, network_chroma

if TYPE_CHECKING:
    from torch import nn

BLOCK = 5
"""Cells in a row or column over which features are averaged: colors of single cells are uncertain."""


@dataclass(frozen=True)
class AskedNetwork:
    """A loaded color network with its settings; pictures are luma [H, W], 0..1, in square pixels."""

    net: nn.Module
    settings: ColorizeSettings

    def predict(self, luma: Plane) -> Plane:
        """The chroma [h, w, 2] of BT.709 that the network reads out."""
        with torch.inference_mode():
            chroma = network_chroma(self.net, self._gray(luma), self.settings)[0]
        return np.ascontiguousarray(np.moveaxis(chroma.numpy(), 0, -1))

    def features(self, luma: Plane) -> Plane:
        """The square roots of the shares of all colors [h, w, bins]: of length 1, products measure likeness.

        What the network believes about the color of a thing distinguishes faces, foliage and sky.
        """
        gray = self._gray(luma)
        multiple = cast(int, self.net.size_multiple)
        height, width = gray.shape[-2:]
        padded = functional.pad(
            gray, [0, -width % multiple, 0, -height % multiple], mode="replicate"
        )
        weight = next(self.net.parameters())
        with torch.inference_mode():
            scores = cast(Tensor, self.net(padded.to(weight.device, weight.dtype))).float().cpu()
        shares = scores[..., : height // 4, : width // 4].softmax(1)
        near = functional.avg_pool2d(shares, BLOCK, 1, BLOCK // 2, count_include_pad=False)
        return np.ascontiguousarray(np.moveaxis(near[0].sqrt().numpy(), 0, -1))

    def _gray(self, luma: Plane) -> Tensor:
        """The picture at the network's size: [1, 1, h, w]."""
        picture = torch.from_numpy(np.ascontiguousarray(luma)).float()[None, None]
        height, width = luma.shape
        shrink = self.settings.size / min(height, width)
        size = [max(8, round(side * shrink / 8) * 8) for side in (height, width)]
        return functional.interpolate(picture, size=size, mode="bilinear", antialias=True).clamp(
            0, 1
        )
