"""SPAN: attention without parameters; training-time branches are fused into plain convolutions."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_MEAN = (0.4488, 0.4371, 0.4040)
_RANGE = 255.0
"""Mean that is subtracted from a picture, and factor, for the published weights (from DIV2K)."""

_BLOCKS = 6

_BRANCHES = ("conv.0", "conv.1", "conv.2", "sk")
"""Parts of a convolution during training: three in sequence, and a parallel shortcut."""


class SPAN(nn.Module):
    """Six blocks of three convolutions, each weighted by a sigmoid of its own result; pixel shuffle.

    Architecture: Wan et al. 2024. `joined` is the number of channels after the blocks' results are
    concatenated, `centred` 0 for weights without subtraction of the mean. An output pixel depends on the
    input within `receptive_radius` pixels.
    """

    frames = 1
    mean: Tensor

    def __init__(
        self, scale: int = 4, channels: int = 48, joined: int = 48, centred: int = 1
    ) -> None:
        super().__init__()
        self.scale = scale
        self.receptive_radius = 3 * _BLOCKS + 3
        self.centred = bool(centred)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.conv_1 = _conv(3, channels)
        self.blocks = nn.ModuleList(_SpanBlock(channels) for _ in range(_BLOCKS))
        self.conv_2 = _conv(channels, channels)
        self.conv_cat = nn.Conv2d(4 * channels, joined, 1)
        self.upsampler = _conv(joined, 3 * scale * scale)

    def forward(self, picture: Tensor) -> Tensor:
        """RGB [N, 3, H, W], nominal 0..1 -> [N, 3, H*scale, W*scale], unclipped."""
        if self.centred:
            picture = (picture - self.mean) * _RANGE
        first = self.conv_1(picture)
        features, inner, results = first, first, list[Tensor]()
        for block in self.blocks:
            features, inner = block(features)
            results.append(features)
        joined = torch.cat([first, self.conv_2(features), results[0], inner], dim=1)
        return functional.pixel_shuffle(self.upsampler(self.conv_cat(joined)), self.scale)


class _SpanBlock(nn.Module):
    """Three convolutions; the last one's result is weighted by its distance from zero (no parameters)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (_conv(channels, channels) for _ in range(3))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[N, channels, H, W] -> the block's result and its first inner map, both of that shape."""
        inner = functional.silu(self.c1_r(features))
        deep = cast(Tensor, self.c3_r(functional.silu(self.c2_r(inner))))
        return (deep + features) * (deep.sigmoid() - 0.5), inner


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def recognize(state: Mapping[str, Tensor]) -> tuple[dict[str, int], dict[str, Tensor]] | None:
    """The arguments by a state dict's shapes, and the dict under our names; None: another network."""
    ours = _fused(state)
    first, join, last = (ours.get(f"{name}.weight") for name in ("conv_1", "conv_cat", "upsampler"))
    if first is None or join is None or last is None or last.shape[0] % 3:
        return None
    arguments = {
        "scale": round((last.shape[0] // 3) ** 0.5),
        "channels": first.shape[0],
        "joined": join.shape[0],
        "centred": int("no_norm" not in state),
    }
    return arguments, ours


def _fused(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict with every convolution as a single one, fused from training-time branches if any."""
    ours: dict[str, Tensor] = {}
    for key, value in state.items():
        name = key.replace("upsampler.0.", "upsampler.")
        if match := re.match(r"block_(\d)\.", name):
            name = f"blocks.{int(match[1]) - 1}.{name[match.end() :]}"
        ours[name] = value
    ours.pop("no_norm", None)
    for prefix in [key.removesuffix(".sk.weight") for key in ours if key.endswith(".sk.weight")]:
        parts = [
            (ours.get(f"{prefix}.{b}.weight"), ours.get(f"{prefix}.{b}.bias")) for b in _BRANCHES
        ]
        branches = [
            (weight, bias) for weight, bias in parts if weight is not None and bias is not None
        ]
        if not _fit(branches):
            continue  # a layer of another network
        ours = {key: value for key, value in ours.items() if not key.startswith(f"{prefix}.")}
        weight, bias = _one_convolution(branches)
        ours |= {f"{prefix}.weight": weight, f"{prefix}.bias": bias}
    return {key.replace(".eval_conv.", "."): value for key, value in ours.items()}


def _fit(branches: Sequence[tuple[Tensor, Tensor]]) -> bool:
    """Whether all branches (weight and bias) exist and have shapes that fit each other."""
    shapes = [weight.shape for weight, _ in branches]
    if len(shapes) != len(_BRANCHES) or any(len(shape) != 4 for shape in shapes):
        return False
    (first, inputs), second, last = shapes[0][:2], shapes[1][0], shapes[2][0]
    wanted = [
        (first, inputs, 1, 1),
        (second, first, 3, 3),
        (last, second, 1, 1),
        (last, inputs, 1, 1),
    ]
    return shapes == wanted and [bias.shape for _, bias in branches] == [one[:1] for one in wanted]


def _one_convolution(branches: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """1x1, 3x3 and 1x1 in sequence, parallel to a 1x1 shortcut, as weight and bias of a single 3x3."""
    (wide, before), (middle, between), (narrow, after), (short, shortcut) = (
        (weight.double(), bias.double()) for weight, bias in branches
    )
    weight = torch.einsum("om,mnyx,ni->oiyx", narrow[..., 0, 0], middle, wide[..., 0, 0])
    weight[..., 1, 1] += short[..., 0, 0]
    inside = middle.sum(dim=(2, 3)) @ before + between
    bias = narrow[..., 0, 0] @ inside + after + shortcut
    return weight.float(), bias.float()
