"""PixColor: the distribution of the colors of a gray picture, and colors drawn from it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.pixelcnn import PixelCNN, log_likelihood

LEVELS = 32
SPACING = 0.02
"""Distance of the chroma levels: 5 code values of 8 bits. 999 of 1,000 samples of photographs lie within
their range, which is -0.32 to 0.3 for Cb and -0.3 to 0.32 for Cr; beyond it colors are paler."""

_ZERO = (16, 15)
"""The levels of Cb and Cr that mean no color: yellows and reds are the more vivid ones in pictures."""


class PixColor(nn.Module):
    """A PixelCNN over quantized chroma at an eighth of a picture's size, and a refinement to a quarter.

    After PixColor (Guadarrama et al. 2017): colors are drawn at low resolution, one value after the other, so
    that each sample is one likely coloring instead of the mean of all; a second network, trained on true
    low-resolution chroma, refines them. The features of the picture come from a color network (`ColorResNet`,
    its decoder at an eighth and a quarter), which is not part of this network and not trained with it.

    eighth   channels of the color network's features at an eighth
    quarter  channels of its features at a quarter
    width, layers  of the PixelCNN
    """

    def __init__(
        self, eighth: int = 128, quarter: int = 64, width: int = 64, layers: int = 10
    ) -> None:
        super().__init__()
        self.eighth, self.quarter = eighth, quarter
        self.planes = eighth + quarter + 3
        self.adapt = nn.Sequential(
            nn.Conv2d(eighth + 1, 128, 1),
            nn.ReLU(),
            nn.Conv2d(128, 96, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(96, width, 1),
        )
        self.prior = PixelCNN(2, LEVELS, width, layers, condition=width)
        self.refine = nn.Sequential(
            nn.Conv2d(quarter + 3, 48, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 48, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 2, 3, padding=1),
        )

    def conditions(self, eighth: Tensor, gray: Tensor) -> Tensor:
        """What the PixelCNN sees [N, width, h, w] of features [N, eighth, h, w] and gray [N, 1, h, w]."""
        return self.adapt(torch.cat([eighth, gray], 1))

    def refined(self, chroma: Tensor, quarter: Tensor, gray: Tensor) -> Tensor:
        """Chroma [N, 2, h, w] at twice its size, with the edges of the picture.

        `quarter` [N, quarter, 2h, 2w] are features, `gray` [N, 1, 2h, 2w] the picture.
        """
        large = functional.interpolate(
            chroma, size=quarter.shape[-2:], mode="bilinear", align_corners=False
        )
        return large + self.refine(torch.cat([quarter, gray, large], 1))

    def forward(self, given: Tensor) -> Tensor:
        """For training: [N, planes, H, W] -> [N, 2].

        Given are the features at an eighth (each sample four times), those at a quarter, gray, and the true
        chroma, all at a quarter of the picture's size. The result is the negative log likelihood of the
        quantized true chroma, in nats per value, and the mean square error of the refined chroma, in units
        of the squared `SPACING`.
        """
        sizes = [self.eighth, self.quarter, 1, 2]
        eighth, quarter, gray, chroma = given.split(sizes, 1)
        eighth, small, true = (functional.avg_pool2d(x, 2) for x in (eighth, gray, chroma))
        levels = to_levels(true)
        logits = self.prior(levels, self.conditions(eighth, small))
        surprise = -log_likelihood(logits.float(), levels) / levels[0].numel()
        error = (self.refined(true, quarter, gray).float() - chroma) / SPACING
        return torch.stack([surprise, error.square().flatten(1).mean(1)], 1)


def to_levels(chroma: Tensor) -> Tensor:
    """The nearest level of (Cb, Cr) [N, 2, h, w], nominal -0.5..0.5: int64, 0 to LEVELS - 1."""
    zero = torch.tensor(_ZERO, device=chroma.device).view(1, 2, 1, 1)
    return ((chroma / SPACING).round() + zero).clamp(0, LEVELS - 1).to(torch.int64)


def from_levels(levels: Tensor) -> Tensor:
    """The chroma [N, 2, h, w] of levels."""
    zero = torch.tensor(_ZERO, device=levels.device).view(1, 2, 1, 1)
    return (levels - zero).float() * SPACING
