"""How many bits a value of quantized chroma costs: simple distributions that PixColor is compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from restore.nets.pixcolor import LEVELS, SPACING, from_levels

POSITIONS = 14
"""Rows and columns into which pictures of any shape are divided for a histogram per position."""

_TRUST = 32.0
"""Samples after which a histogram of one position counts as much as that of all positions."""

_UNEXPECTED = 0.01
"""Share of the uniform distribution in the feed-forward network's one, which has no bins for rare colors."""


def bits_per_value(nats: float, values: int) -> float:
    """The mean cost of a value, from a log likelihood in nats."""
    return -nats / values / math.log(2)


def histogram_likelihoods(pictures: Sequence[Tensor], positions: int) -> list[float]:
    """The log likelihood, in nats, of each picture's levels [2, h, w] by the histograms of all others.

    One histogram of Cb and one of Cr for each of `positions` x `positions` parts of the picture, smoothed
    with that of all positions, which is smoothed with the uniform one. A picture never counts for itself.
    """
    own = [_counts(levels, positions) for levels in pictures]
    every = torch.stack(own).sum(0)
    return [float((count * _smoothed(every - count).log()).sum()) for count in own]


def _counts(levels: Tensor, positions: int) -> Tensor:
    """How often each level occurs at each position [2, positions, positions, LEVELS]."""
    rows, columns = (
        torch.arange(side) * positions // side for side in (levels.shape[-2], levels.shape[-1])
    )
    place = (rows[:, None] * positions + columns) * LEVELS
    size = positions * positions * LEVELS
    counts = [torch.bincount((place + plane).flatten(), minlength=size) for plane in levels]
    return torch.stack(counts).view(2, positions, positions, LEVELS).double()


def _smoothed(counts: Tensor) -> Tensor:
    """Probabilities of the levels at each position, none of them 0."""
    everywhere = counts.sum((1, 2), keepdim=True) + 1
    everywhere = everywhere / everywhere.sum(-1, keepdim=True)
    return (counts + _TRUST * everywhere) / (counts.sum(-1, keepdim=True) + _TRUST)


def feed_forward_likelihood(
    scores: Tensor, centres: Tensor, spacing: float, levels: Tensor
) -> float:
    """The log likelihood, in nats, of levels [2, h, w] by a color network's scores [bins, 2h, 2w].

    The network gives one joint distribution of Cb and Cr to each place, so p(Cb) and p(Cr | Cb) are both
    its own; places are independent. Its bins at `centres` [bins, 2] are `spacing` apart, and each is spread
    linearly over the levels up to its neighbors, as in its training. The four places of a cell are averaged.
    """
    shares = functional.avg_pool2d(scores.softmax(0)[None].double(), 2)[0]
    blue, red = (_spread(centres[:, plane], spacing, plane) for plane in range(2))
    likely = (shares * blue[:, levels[0]] * red[:, levels[1]]).sum(0)
    return float(((1 - _UNEXPECTED) * likely + _UNEXPECTED / LEVELS**2).log().sum())


def _spread(centres: Tensor, spacing: float, plane: int) -> Tensor:
    """The probability [bins, LEVELS] of each level of one plane in each bin."""
    every = torch.arange(LEVELS).expand(1, 2, 1, LEVELS)
    places = from_levels(every)[0, plane, 0].double()
    # colors beyond the levels count for the last one
    centres = centres.double().clamp(float(places[0]), float(places[-1]))
    near = (1 - (centres[:, None] - places).abs() / spacing).clamp(min=0)
    return near / near.sum(1, keepdim=True)


def spacing_of(centres: Tensor) -> float:
    """The distance of neighboring bins at `centres` [bins, 2]."""
    values = centres[:, 0].double().unique()
    return float(values.diff().clamp(min=SPACING / 2).min()) if len(values) > 1 else SPACING
