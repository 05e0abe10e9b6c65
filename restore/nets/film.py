"""FilmNet: a window of luma frames in, the restored middle frame at 1-4 times the size out."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class FilmNet(nn.Module):
    """A compact luma upscaler: 3x3 convolutions at low resolution, one pixel shuffle at the end.

    The neighbors of the restored frame are stacked as input channels, so that grain, which is new in
    every frame, averages out. The network learns the difference from a bilinear enlargement of the
    middle frame (architecture: SRVGGNetCompact, Wang et al. 2021, for luma instead of RGB, with window
    and residual; sub-pixel convolution: Shi et al. 2016).

    An output pixel depends only on the input within `receptive_radius` pixels. Convolutions pad with
    zeros, in training as in use, so the picture's border is processed as it was learned. A tile with
    `receptive_radius` more pixels on its inner sides, restored and cropped by that many times `scale`,
    equals the same part of the whole picture. Any height and width from 1 on is possible.
    """

    def __init__(self, scale: int, frames: int = 5, channels: int = 48, depth: int = 14) -> None:
        super().__init__()
        if scale not in (1, 2, 3, 4) or frames < 1 or frames % 2 == 0:
            raise ValueError(f"FilmNet: scale 1-4 and an odd window, not {scale} and {frames}")
        self.scale = scale
        self.frames = frames
        self.receptive_radius = depth + 2
        self.head = nn.Conv2d(frames, channels, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth))
        self.bends = nn.ModuleList(_ClampedPReLU(channels) for _ in range(depth + 1))
        self.tail = nn.Conv2d(channels, scale * scale, 3, padding=1)
        self._start()

    def _start(self) -> None:
        """Body layers start near the identity, the tail near zero: the output starts as the enlargement."""
        with torch.no_grad():
            for layer in self.body:
                conv = cast(nn.Conv2d, layer)
                nn.init.kaiming_normal_(conv.weight, a=0.1).mul_(0.3)
                middle = conv.weight[:, :, 1, 1]
                middle += torch.eye(middle.shape[0])
                nn.init.zeros_(cast(Tensor, conv.bias))
            self.tail.weight.mul_(0.1)
            nn.init.zeros_(cast(Tensor, self.tail.bias))

    def forward(self, window: Tensor) -> Tensor:
        """Window [N, frames, H, W], nominal 0..1 -> [N, 1, H*scale, W*scale], unclipped."""
        middle = window[:, self.frames // 2 : self.frames // 2 + 1]
        features = self.bends[0](self.head(window))
        for layer, activation in zip(self.body, self.bends[1:], strict=True):
            features = activation(layer(features))
        fine = functional.pixel_shuffle(self.tail(features), self.scale)
        return fine + enlarge(middle, self.scale)


class _ClampedPReLU(nn.Module):
    """PReLU (He et al. 2015) with slopes clamped to 0..1, where it equals max(x, slope * x).

    In bf16 on a CPU the maximum takes a sixth of the time of torch's PReLU, which was a third of the
    network's; in training PReLU has the faster gradient. The values are the same. A slope beyond its
    bounds keeps its gradient, so that it can return.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), 0.1))

    def forward(self, features: Tensor) -> Tensor:
        """[N, channels, H, W], any values -> the same shape."""
        slope = self.weight.clamp(0, 1)
        if self.training:
            slope = self.weight + (slope - self.weight).detach()
            return functional.prelu(features, slope.to(features.dtype))
        slope = slope.to(features.dtype)
        return torch.maximum(features, features * slope.view(1, -1, 1, 1))


def enlarge(plane: Tensor, scale: int) -> Tensor:
    """Bilinear enlargement of [N, 1, H, W] by a whole factor, with half-pixel siting."""
    if scale == 1:
        return plane
    return functional.interpolate(plane, scale_factor=scale, mode="bilinear", align_corners=False)
