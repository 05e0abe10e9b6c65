"""ColorNet: a grey picture in, scores over quantized chroma at a quarter of its size out."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

# MobileNetV2 1.0 (Sandler et al. 2018): expansion, channels, repeats, first stride.
_PLAN = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
# Feature maps that the decoder takes up: index in `features`, channels, stride.
_SKIPS = ((3, 24, 4), (6, 32, 8), (13, 96, 16), (17, 320, 32))
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


class ColorNet(nn.Module):
    """What color a grey picture may have: a distribution over (Cb, Cr) bins for every 4x4 pixels.

    The trunk is MobileNetV2 with torchvision's parameter names (so that a published trunk can start
    it); its batch norms always run on their stored statistics. The decoder climbs back to stride 4
    over the trunk's own skips. Classification instead of regression keeps a grey mean from being
    the safest answer (Zhang et al. 2016); how vivid the result is gets decided at readout.

    Bins: `centres` [bins, 2], (Cb, Cr) of full-range BT.709 R'G'B', nominal -0.5..0.5, saved with
    the weights.
    """

    centres: Tensor
    mean: Tensor
    std: Tensor

    size_multiple = 32

    def __init__(self, bins: int, width: int = 96) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(bins, 2))
        self.register_buffer(
            "mean", torch.tensor(_IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False
        )
        self.register_buffer("std", torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.features = _trunk()
        self.scene = nn.Linear(320, width)
        self.lower = nn.Conv2d(320, width, 1)
        self.climb = nn.ModuleList(_Climb(width, skip) for _, skip, _ in reversed(_SKIPS[:-1]))
        self.scores = nn.Conv2d(width, bins, 1)

    def train(self, mode: bool = True) -> "ColorNet":
        """Batch norms stay on their stored statistics in training as well."""
        super().train(mode)
        for module in self.features.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def forward(self, grey: Tensor) -> Tensor:
        """Grey [N, 1, h, w], 0..1, h and w multiples of 32 -> scores [N, bins, h/4, w/4]."""
        features = (grey - self.mean.to(grey.dtype)) / self.std.to(grey.dtype)
        taken: list[Tensor] = []
        wanted = {index for index, _, _ in _SKIPS}
        for index, layer in enumerate(self.features):
            features = layer(features)
            if index in wanted:
                taken.append(features)
        deep = taken.pop()
        scene = self.scene(deep.mean(dim=(2, 3)))
        up = functional.relu(self.lower(deep) + scene[:, :, None, None])
        for climb in self.climb:
            up = climb(up, taken.pop())
        return self.scores(up)


class _Climb(nn.Module):
    """One step up: enlarge, add the trunk's own features of that size, mix."""

    def __init__(self, width: int, skip: int) -> None:
        super().__init__()
        self.skip = nn.Conv2d(skip, width, 1)
        self.mix = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        up = functional.interpolate(
            coarse, size=skip.shape[-2:], mode="bilinear", align_corners=False
        )
        mixed = functional.relu(up + self.skip(skip))
        return functional.relu(mixed + self.mix(mixed))


class _Inverted(nn.Module):
    """MobileNetV2's inverted residual: widen, filter every channel alone, narrow."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [_conv_norm(inputs, hidden, 1)]
        layers += [
            _conv_norm(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)
        self.keeps_shape = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        narrow = cast(Tensor, self.conv(features))
        return features + narrow if self.keeps_shape else narrow


def _conv_norm(
    inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, size, stride, (size - 1) // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True))


def _trunk(plan: Sequence[tuple[int, int, int, int]] = _PLAN) -> nn.Sequential:
    layers: list[nn.Module] = [_conv_norm(3, 32, 3, 2)]
    channels = 32
    for expansion, outputs, repeats, first_stride in plan:
        for repeat in range(repeats):
            layers.append(
                _Inverted(channels, outputs, first_stride if repeat == 0 else 1, expansion)
            )
            channels = outputs
    return nn.Sequential(*layers)
