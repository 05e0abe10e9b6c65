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
from restore.nets.prsr import LARGE, PixelRecursive, from_levels, to_levels

AT_ONCE = 16
"""Samples that are drawn together: each needs about 30 megabytes."""


@dataclass(frozen=True)
class TinySampler:
    """Draws what tiny pictures may have shown.

    The network computes in double precision: in single precision, the rounding of batches of another size
    would change a value from time to time, and with it all that follow.
    """

    net: PixelRecursive

    def __post_init__(self) -> None:
        self.net.double()

    @torch.inference_mode()
    def draw(
        self, small: Tensor, seeds: Sequence[int], tau: float, guidance: float = 1.0
    ) -> tuple[Tensor, Tensor]:
        """R'G'B' [N, 3, 8, 8], 0..1 -> pictures [N, 3, 32, 32], and their log likelihoods [N] in nats.

        One input serves all seeds, or each seed has its own. All logits are multiplied by `tau`: above 1
        likely values are drawn more often (1.1 in the paper). Those of the conditioning network are also
        multiplied by `guidance`: above 1 the input counts more. The likelihood is that at 1 and 1, of all
        3072 values. The same seed gives the same picture.
        """
        small = small.double()
        drawn: list[Tensor] = []
        totals: list[Tensor] = []
        for start in range(0, len(seeds), AT_ONCE):
            numbers = torch.stack([_numbers(seed) for seed in seeds[start : start + AT_ONCE]])
            own = small if len(small) == 1 else small[start : start + AT_ONCE]
            added = self.net.conditioned(own).expand(len(numbers), -1, -1, -1, -1)
            levels = sample(
                self.net.prior, numbers, draw=Draw(1 / tau), added_logits=guidance * added
            )
            drawn.append(from_levels(levels))
            totals.append(log_likelihood(added + self.net.prior(levels), levels))
        return torch.cat(drawn), torch.cat(totals)

    @torch.inference_mode()
    def likelihoods(self, small: Tensor, large: Tensor) -> tuple[Tensor, Tensor]:
        """Log likelihoods [N] in nats of pictures [N, 3, 32, 32] given [N, 3, 8, 8].

        The first are those of the model, the second those of its conditioning network alone.
        """
        small = small.double()
        both: list[Tensor] = []
        alone: list[Tensor] = []
        for given, picture in zip(small.split(AT_ONCE), large.split(AT_ONCE), strict=True):
            levels, conditioned = to_levels(picture), self.net.conditioned(given)
            both.append(log_likelihood(conditioned + self.net.prior(levels), levels))
            alone.append(log_likelihood(conditioned, levels))
        return torch.cat(both), torch.cat(alone)


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
