"""Pictures of 32x32 drawn by Pixel Recursive Super Resolution for pictures of 8x8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from restore.errors import UsageError
from restore.models.card import Card
from restore.models.lookup import load
from restore.nets.layers.pixelcnn import log_likelihood
from restore.nets.layers.pixelcnn_sampler import Draw, sample
from restore.nets.prsr import LARGE, PixelRecursive, from_levels


@dataclass(frozen=True)
class TinySampler:
    """Draws what a tiny picture may have shown."""

    net: PixelRecursive

    @torch.inference_mode()
    def draw(self, small: Tensor, seeds: Sequence[int], tau: float) -> tuple[Tensor, Tensor]:
        """R'G'B' [3, 8, 8], 0..1 -> a picture for each seed [N, 3, 32, 32], and log likelihoods [N] in nats.

        All logits are multiplied by `tau`: above 1 likely values are drawn more often (1.1 in the paper). The
        likelihood is that at 1, of all 3072 values. The same seed gives the same picture.
        """
        numbers = torch.stack([_numbers(seed) for seed in seeds])
        logits = self.net.conditioned(small[None])
        every = logits.expand(len(seeds), -1, -1, -1, -1)
        levels = sample(self.net.prior, numbers, draw=Draw(1 / tau), added_logits=every)
        return from_levels(levels), log_likelihood(every + self.net.prior(levels), levels)


def load_tiny_sampler(card: Card) -> TinySampler:
    """The sampler of a card; UsageError for models of another kind."""
    net = load(card)
    if not isinstance(net, PixelRecursive):
        what = "This model does not draw tiny pictures."
        todo = "Use a model with the architecture PixelRecursive."
        raise UsageError(what, str(card.place), todo, code="network-unsuitable")
    return TinySampler(net)


def _numbers(seed: int) -> Tensor:
    """The random numbers [3, 32, 32] of a seed."""
    return torch.rand(3, LARGE, LARGE, generator=torch.Generator().manual_seed(seed))
