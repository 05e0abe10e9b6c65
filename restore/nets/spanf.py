"""SPANF: a smaller SPAN for the efficiency challenge of NTIRE 2025 (team 24), RGB, five blocks."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLOCKS = 5


class SPANF(nn.Module):
    """Five blocks on the picture itself, concatenated with an enlargement of it, and a pixel shuffle.

    Architecture: Ren et al. 2025 (challenge report). An output pixel depends on the input within
    `receptive_radius` pixels.
    """

    frames = 1

    def __init__(self, scale: int = 4, channels: int = 32) -> None:
        super().__init__()
        self.scale = scale
        self.receptive_radius = 3 * _BLOCKS + 1
        fine = 3 * scale * scale
        self.conv_near = nn.Conv2d(3, fine, 3, padding=1, groups=3, bias=False)
        self.blocks = nn.ModuleList(
            _SpanFBlock(channels if n else 3, channels) for n in range(_BLOCKS)
        )
        self.conv_cat = nn.Conv2d(2 * channels + fine, channels, 1)
        self.conv_2 = nn.Conv2d(channels, fine, 3, padding=1)

    def forward(self, picture: Tensor) -> Tensor:
        """RGB [N, 3, H, W], nominal 0..1 -> [N, 3, H*scale, W*scale], unclipped."""
        results = [picture]
        for block in self.blocks:
            results.append(block(results[-1]))
        joined = torch.cat([self.conv_near(picture), results[-1], results[1]], dim=1)
        return functional.pixel_shuffle(self.conv_2(self.conv_cat(joined)), self.scale)


class _SpanFBlock(nn.Module):
    """Three convolutions; where the shape allows, the result is weighted by itself, as in SPAN."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (
            nn.Conv2d(channels if n else inputs, channels, 3, padding=1) for n in range(3)
        )
        self.weighted = inputs == channels

    def forward(self, features: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, channels, H, W]."""
        inner = functional.silu(self.c2_r(functional.silu(self.c1_r(features))))
        deep = cast(Tensor, self.c3_r(inner))
        return (deep + features) * (deep.sigmoid() - 0.5) if self.weighted else deep


def recognize(state: Mapping[str, Tensor]) -> tuple[dict[str, int], dict[str, Tensor]] | None:
    """The arguments by a state dict's shapes, and the dict under our names; None: another network."""
    last, first = state.get("conv_2.eval_conv.weight"), state.get("block_1.c1_r.eval_conv.weight")
    if last is None or first is None or last.shape[0] % 3:
        return None
    names = {f"block_{n + 1}.": f"blocks.{n}." for n in range(_BLOCKS)} | {".eval_conv.": "."}
    ours: dict[str, Tensor] = {}
    for key, value in state.items():
        for old, new in names.items():
            key = key.replace(old, new)
        ours[key] = value
    arguments = {"scale": round((last.shape[0] // 3) ** 0.5), "channels": first.shape[0]}
    return arguments, ours
