"""Logits of ordered levels, as sums of cosines: neighboring levels have similar logits."""

import math

import torch
from torch import Tensor, nn


class CosineScores(nn.Module):
    """A linear layer to the weights of cosines over the levels, and of the first and the last level alone.

    The levels of a light are ordered. With a weight for each level, what is learned about one says nothing
    about its neighbors; with cosines it does, and little data go further. The ends have weights of their
    own, because clipped values gather there.
    """

    basis: Tensor

    def __init__(self, inputs: int, levels: int, cosines: int) -> None:
        super().__init__()
        self.weights = nn.Linear(inputs, cosines + 2)
        self.register_buffer("basis", cosine_basis(levels, cosines), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Features [..., inputs] -> logits [..., levels]."""
        return self.weights(features) @ self.basis.to(features.dtype)


def cosine_basis(levels: int, cosines: int) -> Tensor:
    """Cosines of 1 to `cosines` half waves over the levels, and both ends [cosines + 2, levels]."""
    places = (torch.arange(levels) + 0.5) * (math.pi / levels)
    waves = (torch.arange(1, cosines + 1)[:, None] * places).cos()
    ends = torch.zeros(2, levels)
    ends[0, 0] = ends[1, -1] = 1
    return torch.cat([waves, ends])
