"""DeinterlaceNet: the missing rows of a field, estimated from five fields, then refined along the motion."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

FIELDS = 5
"""Fields that an estimate uses: two before, the field itself, two after."""

PLANES = 8
"""Planes that a refinement uses; `DeinterlaceNet.refined` lists them."""


class DeinterlaceNet(nn.Module):
    """Two small networks that compute the missing rows of a field, each as a gated mean plus a residual.

    `estimated` mixes the mean of the rows above and below with the mean of the neighboring fields. Optical
    flow between such estimates then gives the neighbors moved along the motion, and `refined` mixes the
    estimate, the two moved neighbors and the two neighbors as they are. Where nothing moves, the neighbors
    have the missing rows themselves. Differences between planes are inputs, not the planes: the gates
    depend on how well the planes agree.

    Columns are packed in pairs (space to depth), which halves the cost. Any height and width from 1 on is
    possible. The gates of luma also mix the rows of chroma (`mixed`, `merged`). `parity` [N] is 0 where the
    field holds the top rows (0, 2, 4 ...), 1 where it holds the others.

    `frames` is the number of fields that one result depends on, always 7: the neighbors' estimates reach one
    field further than its own.
    """

    scale = 1

    def __init__(
        self,
        frames: int = 7,
        channels: int = 24,
        depth: int = 4,
        refine_channels: int = 32,
        refine_depth: int = 5,
    ) -> None:
        super().__init__()
        if frames != FIELDS + 2 or min(channels, depth, refine_channels, refine_depth) < 1:
            raise ValueError("DeinterlaceNet: 7 fields, and channels and depths of 1 or more")
        self.frames = frames
        self.estimate = _PairedColumns(FIELDS, channels, depth, 2)
        self.refine = _PairedColumns(PLANES, refine_channels, refine_depth, 6)

    def estimated(self, fields: Tensor, parity: Tensor) -> tuple[Tensor, Tensor]:
        """Five fields [N, 5, h, W] -> the missing rows of the middle one [N, 1, h, W], and their gate.

        A field's row i is row 2i (parity 0) or 2i + 1 (parity 1) of its frame; its missing row i is the
        other one of the two. Fields with fewer rows are padded by the caller.
        """
        found = self.estimate(fields, parity)
        gate = torch.sigmoid(found[:, :1])
        return mixed(fields, parity, gate, found[:, 1:]), gate

    def refined(self, planes: Tensor, parity: Tensor) -> tuple[Tensor, Tensor]:
        """Eight planes [N, 8, h, W] -> the missing rows of a field [N, 1, h, W], and gates [N, 5, h, W].

        The planes: the field itself; then at the missing rows the estimate, the previous and the next frame
        moved to this one; at the field's own rows both again; at the missing rows both as they are, unmoved.
        """
        own, estimate = planes[:, :1], planes[:, 1:2]
        features = torch.cat(
            [
                (own - estimate) * 2,
                estimate - 0.5,
                (planes[:, 2:4] - estimate) * _CONTRAST,
                (planes[:, 4:6] - own) * _CONTRAST,
                (planes[:, 6:8] - estimate) * _CONTRAST,
            ],
            1,
        )
        found = self.refine(features.clamp(-2, 2), parity)
        start = found.new_tensor(_FIRST_GATES).view(1, -1, 1, 1)
        gates = torch.softmax(found[:, :5] + start, 1)
        return merged(planes, gates) + found[:, 5:], gates

    def forward(self, inputs: Tensor) -> Tensor:
        """What training calls: [N, 6, h, W] is estimated, [N, 9, h, W] refined; the last plane: parity."""
        stage = self.estimated if inputs.shape[1] == FIELDS + 1 else self.refined
        return stage(inputs[:, :-1], inputs[:, -1, 0, 0])[0]


def mixed(fields: Tensor, parity: Tensor, gate: Tensor, residual: Tensor | float = 0.0) -> Tensor:
    """The missing rows of the middle one of five fields [N, 5, h, W]: means of it and its neighbors.

    `gate` is the share of the neighbors. Where nothing moves, the rows are the neighbors' mean alone.
    """
    own = fields[:, 2:3]
    above = torch.cat([own[:, :, :1], own[:, :, :-1]], 2)
    below = torch.cat([own[:, :, 1:], own[:, :, -1:]], 2)
    neighbor = torch.where(parity.view(-1, 1, 1, 1) < 0.5, below, above)
    spatial, temporal = (own + neighbor) / 2, (fields[:, 1:2] + fields[:, 3:4]) / 2
    return (gate * temporal + (1 - gate) * spatial + residual).lerp(temporal, still(fields))


def merged(planes: Tensor, gates: Tensor) -> Tensor:
    """The gated mean of the estimate and the neighbors, moved and unmoved: planes as for `refined`."""
    candidates = torch.cat([planes[:, 1:4], planes[:, 6:8]], 1)
    return (gates * candidates).sum(1, keepdim=True)


def still(fields: Tensor) -> Tensor:
    """Where nothing moves in five fields [N, 5, h, W]: 1 at such missing rows, 0 elsewhere [N, 1, h, W].

    There the neighboring fields have the missing row, whatever the rows above and below are: lines one row
    high exist in one field only, and a network takes them for motion. Compared are the field with the ones
    two before and after, and its two neighbors with each other, around each sample.
    """
    middle = fields[:, 2:3]
    own = torch.maximum((middle - fields[:, :1]).abs(), (middle - fields[:, 4:]).abs())
    change = torch.maximum(own, (fields[:, 1:2] - fields[:, 3:4]).abs())
    worst = functional.max_pool2d(change, 3, 1, 1)
    return ((_MOVES - worst) / (_MOVES - _STILL)).clamp(0, 1)


_STILL, _MOVES = 1.5 / 255, 3.5 / 255
"""Changes up to the first one are no motion, those from the second one on are."""

_CONTRAST = 8.0
"""Factor on small differences, so that the first layer sees them."""

_FIRST_GATES = (0.5, 0.0, 0.0, -1.0, -1.0)
"""Gates of an untrained network, as logarithms: the estimate, the moved neighbors, the unmoved ones."""


class _PairedColumns(nn.Module):
    """3x3 convolutions with residual connections over planes whose columns are packed in pairs."""

    def __init__(self, planes: int, channels: int, depth: int, outputs: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(2 * planes + 1, channels, 3, padding=1)
        self.body = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth - 1)
        )
        self.tail = nn.Conv2d(channels, 2 * outputs, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(cast(Tensor, self.tail.bias))

    def forward(self, planes: Tensor, parity: Tensor) -> Tensor:
        """Planes [N, P, h, W], computed in the format of the weights -> [N, outputs, h, W] in fp32."""
        width = planes.shape[-1]
        packed = _packed(functional.pad(planes, (0, width % 2, 0, 0), mode="replicate"))
        side = parity.view(-1, 1, 1, 1).expand(-1, 1, *packed.shape[-2:])
        inputs = torch.cat([packed, side.to(packed)], 1).to(self.head.weight.dtype)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        features = torch.relu_(self.head(inputs))
        for layer in self.body:
            features = torch.add(features, torch.relu_(layer(features)), alpha=0.5)
        return _unpacked(cast(Tensor, self.tail(features)).float())[..., :width]


def _packed(planes: Tensor) -> Tensor:
    """[N, P, h, W] -> [N, 2P, h, W / 2]: even and odd columns as planes of their own."""
    count, depth, height, width = planes.shape
    pairs = planes.view(count, depth, height, width // 2, 2).permute(0, 1, 4, 2, 3)
    return pairs.reshape(count, 2 * depth, height, width // 2)


def _unpacked(planes: Tensor) -> Tensor:
    """The inverse of `_packed`."""
    count, depth, height, width = planes.shape
    pairs = planes.view(count, depth // 2, 2, height, width).permute(0, 1, 3, 4, 2)
    return pairs.reshape(count, depth // 2, height, 2 * width)
