"""RRDBNet: residual in residual dense blocks on RGB pictures (ESRGAN, BSRGAN, Real-ESRGAN)."""

import re
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

BAND = 1 << 16
"""Samples at low resolution that are upsampled together: 0.3 GB per feature map at x4 in fp32."""

_TAIL_RADIUS = 2
"""Receptive radius of the convolutions after the trunk at low resolution, for any factor."""

_NAMES = (
    (r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.", r"body.\1.rdb\2.conv\3."),
    (r"RRDB_trunk\.(\d+)\.RDB(\d)\.", r"body.\1.rdb\2."),
    (r"model\.1\.sub\.\d+\.(weight|bias)", r"conv_body.\1"),
    (r"trunk_conv\.", "conv_body."),
    (r"HRconv\.", "conv_hr."),
    (r"model\.0\.", "conv_first."),
    (r"(?:upconv|conv_up)(\d)\.", r"conv_up.\1."),
)
"""Names of ESRGAN's weights of 2018 and 2019 -> those of Real-ESRGAN, which are ours."""


class RRDBNet(nn.Module):
    """A deep trunk at low resolution, then nearest-neighbor doublings with a convolution each.

    Architecture: Wang et al. 2018 (ESRGAN); with `unshuffle` 2 or 4 pixels are first moved into the
    channels (Real-ESRGAN x2plus): the scale is 2 to the power of `doublings`, divided by it. An output
    pixel depends on the input within `receptive_radius` pixels; with unshuffling, tiles must start at
    multiples of `size_multiple`. After the trunk the feature maps grow 16-fold: they are computed in
    bands of rows, with the same result.
    """

    frames = 1

    def __init__(
        self,
        doublings: int = 2,
        unshuffle: int = 1,
        channels: int = 64,
        blocks: int = 23,
        growth: int = 32,
    ) -> None:
        super().__init__()
        self.scale = 2**doublings // unshuffle
        self.size_multiple = unshuffle
        trunk = 15 * blocks + 2
        whole = trunk + _TAIL_RADIUS
        self.receptive_radius = whole if unshuffle == 1 else unshuffle * (whole + 1)
        self.conv_first = nn.Conv2d(3 * unshuffle**2, channels, 3, padding=1)
        self.body = nn.Sequential(*(_RrdbBlock(channels, growth) for _ in range(blocks)))
        self.conv_body = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_up = nn.ModuleDict(
            {str(n + 1): nn.Conv2d(channels, channels, 3, padding=1) for n in range(doublings)}
        )
        self.conv_hr = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv_last = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        """RGB [N, 3, H, W], nominal 0..1 -> [N, 3, H*scale, W*scale], unclipped."""
        height, width = picture.shape[-2:]
        packed = functional.pixel_unshuffle(
            _padded(picture, self.size_multiple), self.size_multiple
        )
        first = self.conv_first(packed)
        features = first + self.conv_body(self.body(first))
        rows = max(1, BAND // features.shape[-1])
        bands = [self._band(features, top, rows) for top in range(0, features.shape[-2], rows)]
        result = bands[0] if len(bands) == 1 else torch.cat(bands, dim=2)
        return result[..., : height * self.scale, : width * self.scale]

    def _band(self, features: Tensor, top: int, rows: int) -> Tensor:
        """The result for `rows` rows of the trunk's features from `top` on."""
        bottom = min(features.shape[-2], top + rows)
        above, below = max(0, top - _TAIL_RADIUS), min(features.shape[-2], bottom + _TAIL_RADIUS)
        fine = features[..., above:below, :]
        for conv in self.conv_up.values():
            fine = functional.interpolate(fine, scale_factor=2, mode="nearest")
            fine = functional.leaky_relu(conv(fine), 0.2)
        fine = self.conv_last(functional.leaky_relu(self.conv_hr(fine), 0.2))
        factor = 2 ** len(self.conv_up)
        return fine[..., (top - above) * factor : (bottom - above) * factor, :]


class _RrdbBlock(nn.Module):
    """Three dense blocks, a fifth of whose result is added to the input."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (_Dense(channels, growth) for _ in range(3))

    def forward(self, features: Tensor) -> Tensor:
        """[N, channels, H, W] -> the same shape."""
        return features + 0.2 * cast(Tensor, self.rdb3(self.rdb2(self.rdb1(features))))


class _Dense(nn.Module):
    """Five convolutions, each of which gets the results of all before it (Huang et al. 2017)."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3, self.conv4, self.conv5 = (
            nn.Conv2d(channels + n * growth, growth if n < 4 else channels, 3, padding=1)
            for n in range(5)
        )

    def forward(self, features: Tensor) -> Tensor:
        """[N, channels, H, W] -> the same shape."""
        joined = features
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            joined = torch.cat([joined, functional.leaky_relu(conv(joined), 0.2)], dim=1)
        return features + 0.2 * self.conv5(joined)


def _padded(picture: Tensor, multiple: int) -> Tensor:
    """The picture, padded by mirroring at the right and bottom to multiples of samples."""
    height, width = picture.shape[-2:]
    below, right = -height % multiple, -width % multiple
    if not below and not right:
        return picture
    mode = "reflect" if height > below and width > right else "replicate"
    return functional.pad(picture, (0, right, 0, below), mode)


def recognize(state: Mapping[str, Tensor]) -> tuple[dict[str, int], dict[str, Tensor]] | None:
    """The arguments by a state dict's shapes, and the dict under our names; None: another network."""
    ours = _renamed(state)
    first, dense = ours.get("conv_first.weight"), ours.get("body.0.rdb1.conv1.weight")
    if first is None or dense is None or first.ndim != 4:
        return None
    arguments = {
        "doublings": sum(key.startswith("conv_up.") for key in ours) // 2,
        "unshuffle": round((first.shape[1] / 3) ** 0.5),
        "channels": first.shape[0],
        "blocks": len({key.split(".")[1] for key in ours if key.startswith("body.")}),
        "growth": dense.shape[0],
    }
    if arguments["unshuffle"] > 2 ** arguments["doublings"]:
        return None
    return arguments, ours


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict with our names; in the oldest form the layers after the trunk have only numbers."""
    numbers = {
        int(match[1]) for key in state if (match := re.match(r"model\.(\d{1,3})\.weight", key))
    }
    later = sorted(numbers - {0})
    doublings = [f"conv_up.{n + 1}." for n in range(len(later) - 2)]
    numbered = dict(zip(later, [*doublings, "conv_hr.", "conv_last."], strict=False))
    ours: dict[str, Tensor] = {}
    for key, value in state.items():
        name = key
        for old, new in _NAMES:
            name = re.sub(f"^{old}", new, name)
        if match := re.match(r"model\.(\d{1,3})\.(weight|bias)$", name):
            name = numbered.get(int(match[1]), name) + match[2]
        ours[name] = value
    return ours
