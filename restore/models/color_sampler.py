"""Colorings drawn by PixColor for gray pictures: the network together with the color network it builds on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from restore.errors import UsageError
from restore.models.card import Card
from restore.models.lookup import find, load
from restore.nets.color_resnet import ColorResNet, Decoded
from restore.nets.layers.pixelcnn import log_likelihood
from restore.nets.layers.pixelcnn_sampler import Draw, sample
from restore.nets.pixcolor import PixColor, from_levels, to_levels

CELL = 8
"""Pixels of the picture in a row or column of one drawn value."""

LONG_SIDE = 224
"""Pixels on the longer side of the picture, as in training."""

TEMPERATURE, TOP_P = 0.8, 0.9
"""How colors are drawn for people to choose from. At 0.9 and 0.95 they differ more, and some are garish."""


@dataclass(frozen=True)
class PixColorSampler:
    """Draws, scores and refines colors. Pictures are gray [N, 1, h, w], 0..1, sides multiples of 8.

    They should have about LONG_SIDE pixels on the longer side. Chroma is (Cb, Cr) of full-range
    BT.709, nominal -0.5..0.5, at an eighth of the picture's size.
    """

    color: ColorResNet
    pixcolor: PixColor

    @torch.inference_mode()
    def draw(
        self, gray: Tensor, seeds: Sequence[int], temperature: float, top_p: float
    ) -> tuple[Tensor, Tensor]:
        """Chroma [N, 2, h/8, w/8], one coloring for each picture and seed, and log likelihoods [N] in nats.

        The same seed gives the same coloring of a picture, whatever else is drawn with it. The likelihood is
        that at temperature 1, of all levels. For several seeds of one picture, expand it: it costs once.
        """
        conditions = self._conditions(gray)
        height, width = conditions.shape[-2:]
        numbers = torch.stack([_numbers(seed, height, width) for seed in seeds]).to(gray.device)
        levels = sample(self.pixcolor.prior, numbers, conditions, Draw(temperature, top_p))
        return from_levels(levels), log_likelihood(self.pixcolor.prior(levels, conditions), levels)

    @torch.inference_mode()
    def likelihood(self, gray: Tensor, chroma: Tensor) -> Tensor:
        """The log likelihood [N], in nats, of chroma [N, 2, h/8, w/8] that comes from elsewhere."""
        levels = to_levels(chroma)
        return log_likelihood(self.pixcolor.prior(levels, self._conditions(gray)), levels)

    @torch.inference_mode()
    def refined(self, gray: Tensor, chroma: Tensor) -> Tensor:
        """Chroma [N, 2, h/8, w/8] at a quarter of the picture's size, with the picture's edges."""
        return self.pixcolor.refined(
            chroma, self._decoded(gray).quarter, functional.avg_pool2d(gray, CELL // 2)
        )

    @torch.inference_mode()
    def scores(self, gray: Tensor) -> Tensor:
        """The color network's own scores [N, bins, h/4, w/4] over its chroma bins."""
        return self.color.scores(self._decoded(gray).quarter)

    def _conditions(self, gray: Tensor) -> Tensor:
        return self.pixcolor.conditions(
            self._decoded(gray).eighth, functional.avg_pool2d(gray, CELL)
        )

    def _decoded(self, gray: Tensor) -> Decoded:
        """The color network's features; it gets whole blocks, of which the added border is cut off.

        A picture that was expanded to several is computed once.
        """
        height, width = gray.shape[-2:]
        if len(gray) > 1 and gray.stride(0) == 0:
            once = self._decoded(gray[:1])
            return Decoded(*(planes.expand(len(gray), -1, -1, -1) for planes in once))
        multiple = self.color.size_multiple
        border = [0, -width % multiple, 0, -height % multiple]
        found = self.color.decoded(functional.pad(gray, border, mode="replicate"))
        return Decoded(
            found.eighth[..., : height // 8, : width // 8],
            found.quarter[..., : height // 4, : width // 4],
        )


def load_color_sampler(card: Card) -> PixColorSampler:
    """The sampler of a card, with the color model that the card names.

    UsageError if they do not fit, also if the color model has other weights than in training.
    """
    pixcolor = load(card)
    named = find(card.conditioning) if card.conditioning else None
    color = load(named) if named else None
    if not isinstance(pixcolor, PixColor) or not isinstance(color, ColorResNet):
        what = "This model does not draw colors, or its color model is of another kind."
        todo = 'Use a model with the architecture PixColor whose card names a ColorResNet ("conditioning").'
        raise UsageError(what, str(card.place), todo, code="network-unsuitable")
    if named and card.conditioning_sha256 not in (None, named.sha256):
        what = f"{card.full_name} was trained with other weights of {card.conditioning}."
        todo = "Use models that belong together, or train this one again."
        raise UsageError(what, str(named.place), todo, code="weights-mismatch")
    return PixColorSampler(color, pixcolor)


def _numbers(seed: int, height: int, width: int) -> Tensor:
    """The random numbers [2, height, width] of a seed."""
    return torch.rand(2, height, width, generator=torch.Generator().manual_seed(seed))
