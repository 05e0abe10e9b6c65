"""Logits of ordered levels: a peak, and cosines that shape it."""

import math

import torch
from torch import Tensor, nn


class OrderedScores(nn.Module):
    """A linear layer to the place and width of a peak, the weights of cosines, and those of both end levels.

    The levels of a light are ordered. With a weight for each level, what is learned about one says nothing
    about its neighbors; with a peak and cosines it does, and little data go further. The ends have weights
    of their own, because clipped values gather there.

    At level l the peak is -sqrt(1 + ((l - center) / width)^2): round at its top, exponential further away.

    width  of the peak in levels, before anything is learned
    """

    basis: Tensor
    places: Tensor

    def __init__(self, inputs: int, levels: int, cosines: int, width: float) -> None:
        super().__init__()
        self.width = width
        self.weights = nn.Linear(inputs, cosines + 4)
        self.register_buffer("basis", cosine_basis(levels, cosines), persistent=False)
        self.register_buffer("places", torch.arange(levels).float(), persistent=False)

    def forward(self, features: Tensor, start: Tensor | None = None) -> Tensor:
        """Features [..., inputs] -> logits [..., levels].

        `start` [...] is the level that the peak is at before anything is learned (default: the middle).
        """
        weights = self.weights(features)
        shift, narrowing, waves = weights.split((1, 1, weights.shape[-1] - 2), -1)
        half = len(self.places) / 2
        start = self.places.new_tensor(half - 0.5) if start is None else start[..., None]
        center = start + half * shift.to(start.dtype)
        width = self.width * (-narrowing.to(start.dtype)).clamp(-_RANGE, _RANGE).exp()
        distance = (self.places.to(start.dtype) - center) / width
        return waves @ self.basis.to(waves.dtype) - (1 + distance.square()).sqrt()


_RANGE = 5.0
"""Largest logarithm of the factor on a peak's width: it stays finite."""


def cosine_basis(levels: int, cosines: int) -> Tensor:
    """Cosines of 1 to `cosines` half waves over the levels, and both ends [cosines + 2, levels]."""
    places = (torch.arange(levels) + 0.5) * (math.pi / levels)
    waves = (torch.arange(1, cosines + 1)[:, None] * places).cos()
    ends = torch.zeros(2, levels)
    ends[0, 0] = ends[1, -1] = 1
    return torch.cat([waves, ends])
