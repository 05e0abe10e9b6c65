"""ColorResNet: a gray picture in, scores over quantized chroma at a quarter of its size out."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.climb import Climb
from restore.nets.layers.resnet import ResNetStages

_DEEP, _EIGHTH, _QUARTER = 1024, 512, 256

_DEEP_GAIN = 16.0
"""The features of the last stage are small (standard deviation 0.035): those of others are near 0.5."""


class Decoded(NamedTuple):
    """Features of the decoder at an eighth [N, width, h/8, w/8] and a quarter [N, width/2, h/4, w/4]."""

    eighth: Tensor
    quarter: Tensor


class ColorResNet(nn.Module):
    """The likely colors of a gray picture: a distribution over (Cb, Cr) bins for every 4x4 pixels.

    The trunk is ResNet50 v2 up to stride 16. Two residual blocks at stride 32 and the mean over the
    picture give it the context of the whole scene; the decoder returns to stride 4. As in ColorNet,
    colors are classified, not regressed (Zhang et al. 2016).

    Bins: `centres` [bins, 2], (Cb, Cr) of full-range BT.709 R'G'B', nominal -0.5..0.5, saved with
    the weights.
    """

    centres: Tensor

    size_multiple = 32

    def __init__(self, bins: int, width: int = 128, context: int = 256) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(bins, 2))
        self.trunk = ResNetStages()
        self.deep = nn.Conv2d(_DEEP, context, 1)
        self.wide = nn.Conv2d(context, context, 3, 2, 1)
        self.scenes = nn.ModuleList(_Residual(context) for _ in range(2))
        self.scene = nn.Linear(context, width)
        self.lower = nn.Conv2d(context, width, 1)
        self.climb16 = Climb(width, context)
        self.climb8 = Climb(width, _EIGHTH)
        self.narrow = nn.Conv2d(width, width // 2, 1)
        self.climb4 = Climb(width // 2, _QUARTER)
        self.scores = nn.Conv2d(width // 2, bins, 1)

    def decoded(self, gray: Tensor) -> Decoded:
        """Gray [N, 1, h, w], 0..1, h and w multiples of 32 -> the features that the scores come from."""
        stages = self.trunk(gray)
        deep = functional.relu(self.deep(_DEEP_GAIN * stages.sixteenth))
        wide = functional.relu(self.wide(deep))
        for residual in self.scenes:
            wide = residual(wide)
        scene = self.scene(wide.mean(dim=(2, 3)))
        up = functional.relu(self.lower(wide) + scene[:, :, None, None])
        eighth = self.climb8(self.climb16(up, deep), stages.eighth)
        return Decoded(eighth, self.climb4(self.narrow(eighth), stages.quarter))

    def forward(self, gray: Tensor) -> Tensor:
        """Gray [N, 1, h, w], 0..1, h and w multiples of 32 -> scores [N, bins, h/4, w/4]."""
        return self.scores(self.decoded(gray).quarter)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.conv2(functional.relu(self.conv1(features))))
