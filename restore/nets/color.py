"""ColorNet: a gray picture in, scores over quantized chroma at a quarter of its size out."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.climb import Climb
from restore.nets.layers.imagenet import as_imagenet

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
# Feature maps that are inputs of the decoder: index in `features`, channels, stride.
_SKIPS = ((3, 24, 4), (6, 32, 8), (13, 96, 16), (17, 320, 32))


class ColorNet(nn.Module):
    """The likely colors of a gray picture: a distribution over (Cb, Cr) bins for every 4x4 pixels.

    The trunk is MobileNetV2 with torchvision's parameter names (so that published weights can be used);
    its batch norms always use their stored statistics. The decoder returns to stride 4 with skip
    connections from the trunk. With classification instead of regression, a gray mean is not the safest
    answer (Zhang et al. 2016); the readout decides how vivid the result is.

    Bins: `centres` [bins, 2], (Cb, Cr) of full-range BT.709 R'G'B', nominal -0.5..0.5, saved with
    the weights.
    """

    centres: Tensor

    size_multiple = 32

    def __init__(self, bins: int, width: int = 96) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(bins, 2))
        self.features = _trunk()
        self.scene = nn.Linear(320, width)
        self.lower = nn.Conv2d(320, width, 1)
        self.climb = nn.ModuleList(Climb(width, skip) for _, skip, _ in reversed(_SKIPS[:-1]))
        self.scores = nn.Conv2d(width, bins, 1)

    def train(self, mode: bool = True) -> "ColorNet":
        """Batch norms use their stored statistics in training as well."""
        super().train(mode)
        for module in self.features.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def forward(self, gray: Tensor) -> Tensor:
        """Gray [N, 1, h, w], 0..1, h and w multiples of 32 -> scores [N, bins, h/4, w/4]."""
        features = as_imagenet(gray)
        skips: list[Tensor] = []
        wanted = {index for index, _, _ in _SKIPS}
        for index, layer in enumerate(self.features):
            features = layer(features)
            if index in wanted:
                skips.append(features)
        deep = skips.pop()
        scene = self.scene(deep.mean(dim=(2, 3)))
        up = functional.relu(self.lower(deep) + scene[:, :, None, None])
        for climb in self.climb:
            up = climb(up, skips.pop())
        return self.scores(up)


class _Inverted(nn.Module):
    """MobileNetV2's inverted residual: expansion, depthwise convolution, projection."""

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
