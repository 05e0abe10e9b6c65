"""Pixel Recursive Super Resolution: the pictures of 32x32 that one of 8x8 may come from."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.ordered_scores import OrderedScores
from restore.nets.layers.pixelcnn import PixelCNN

SMALL, LARGE = 8, 32
"""Height and width of the input, and of the output."""

LEVELS = 256
"""Values of each of red, green and blue."""

PEAK = 12.0
"""Width in levels of the conditioning logits' peak, before anything is learned."""

SCORED_SHARE = 4
"""In training, one of so many pixels is scored."""


class PixelRecursive(nn.Module):
    """Logits of every value = those of a conditioning network + those of a prior (Dahl et al. 2017).

    The conditioning network sees the input, and no output; the prior is a PixelCNN that sees the output's
    values so far, and no input. Their sum is trained, and the conditioning network also alone: otherwise the
    prior, which learns faster, ignores the input.

    channels, blocks  of the conditioning network (`Enlarging`)
    width, layers  of the PixelCNN
    cosines  that shape the logits (`nets/layers/ordered_scores.py`)
    """

    def __init__(
        self,
        channels: int = 32,
        blocks: int = 2,
        width: int = 40,
        layers: int = 6,
        cosines: int = 48,
    ) -> None:
        super().__init__()
        self.conditioning = Enlarging(3 * channels, channels, blocks)
        self.scores = nn.ModuleList(
            OrderedScores(3 * channels, LEVELS, cosines, PEAK) for _ in range(3)
        )
        self.prior = PixelCNN(3, LEVELS, width, layers, cosines=cosines)

    def conditioned(self, small: Tensor) -> Tensor:
        """R'G'B' [N, 3, 8, 8], 0..1 -> the conditioning logits [N, 3, 256, 32, 32]."""
        planes = self.conditioning(small), enlarged(small)
        return self._conditioned(*(each.movedim(1, -1) for each in planes)).movedim(
            (-2, -1), (1, 2)
        )

    def _conditioned(self, features: Tensor, start: Tensor) -> Tensor:
        """Features of pixels [..., 3 * channels] and what they are near [..., 3] -> logits [..., 3, 256]."""
        active, near = functional.relu(features), start * (LEVELS - 1)
        logits = [scores(active, near[..., number]) for number, scores in enumerate(self.scores)]
        return torch.stack(logits, -2)

    def forward(self, large: Tensor) -> Tensor:
        """For training: R'G'B' [N, 3, 32, 32], 0..1 -> negative log likelihoods [N, 2], nats per value.

        The first is that of the sum of the logits, the second that of the conditioning logits alone. The
        input is the picture reduced to 8x8. In training mode a quarter of the pixels is scored, others in
        each batch: all of them cost three times as much, and neighbors teach much the same.
        """
        values = to_levels(large)
        small = reduced(large)
        planes = self.conditioning(small), enlarged(small), self.prior.pixels(values), values
        given, near, before, own = (scored_pixels(each, self._phase(values)) for each in planes)
        conditioned = self._conditioned(given, near).float()
        both = conditioned + self.prior.scores(before, own).float()
        found = [
            functional.cross_entropy(logits.flatten(0, -2), own.flatten(), reduction="none")
            for logits in (both, conditioned)
        ]
        return torch.stack([costs.view(len(large), -1).mean(1) for costs in found], 1)

    def _phase(self, values: Tensor) -> int | None:
        """Which quarter of the pixels is scored: decided by the batch, so that resuming changes nothing."""
        return int(values.sum()) % SCORED_SHARE if self.training else None


def scored_pixels(planes: Tensor, phase: int | None) -> Tensor:
    """Planes [N, C, H, W] as pixels [N, P, C]: all, or each fourth of a row, shifted from row to row."""
    pixels = planes.movedim(1, -1)
    if phase is None:
        return pixels.flatten(1, 2)
    rows, columns = (torch.arange(side, device=planes.device) for side in pixels.shape[1:3])
    chosen = (columns + 2 * rows[:, None] + rows[:, None] // 2 + phase) % SCORED_SHARE == 0
    return pixels[:, chosen]


class PixelRegression(nn.Module):
    """The conditioning network alone, which gives one picture: the mean of all (trained with L2)."""

    def __init__(self, channels: int = 32, blocks: int = 3) -> None:
        super().__init__()
        self.conditioning = Enlarging(3, channels, blocks)

    def enlarged(self, small: Tensor) -> Tensor:
        """R'G'B' [N, 3, 8, 8], 0..1 -> [N, 3, 32, 32]."""
        return enlarged(small) + self.conditioning(small)

    def forward(self, large: Tensor) -> Tensor:
        """For training: R'G'B' [N, 3, 32, 32], 0..1 -> mean square errors [N, 1]."""
        error = self.enlarged(reduced(large)) - large
        return error.square().flatten(1).mean(1, keepdim=True)


class Enlarging(nn.Module):
    """`blocks` residual blocks each at 8x8, 16x16 and 32x32, with 3, 2 and 1 times `channels`.

    Most of the weights are where there are few pixels: there they cost little, and see the whole picture.
    """

    def __init__(self, outputs: int, channels: int, blocks: int) -> None:
        super().__init__()
        widths = [3 * channels, 2 * channels, channels]
        self.head = nn.Conv2d(3, widths[0], 1)
        self.sizes = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(blocks))) for width in widths
        )
        self.larger = nn.ModuleList(
            nn.ConvTranspose2d(each, after, 2, 2) for each, after in pairwise(widths)
        )
        self.tail = nn.Conv2d(channels, outputs, 1)

    def forward(self, small: Tensor) -> Tensor:
        """R'G'B' [N, 3, 8, 8], 0..1 -> [N, outputs, 32, 32]."""
        features = self.sizes[0](self.head(2 * small - 1))
        for enlarge, blocks in zip(self.larger, self.sizes[1:], strict=True):
            features = blocks(enlarge(features))
        return self.tail(functional.relu(features))


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.conv2(functional.relu(self.conv1(functional.relu(features))))


def enlarged(small: Tensor) -> Tensor:
    """Pictures of 8x8 in bilinear interpolation: [N, C, 32, 32]."""
    return functional.interpolate(small, (LARGE, LARGE), mode="bilinear", align_corners=False)


def reduced(large: Tensor) -> Tensor:
    """Pictures of 32x32 as means of 4x4 pixels: [N, C, 8, 8]."""
    return functional.avg_pool2d(large, LARGE // SMALL)


def to_levels(picture: Tensor) -> Tensor:
    """R'G'B' 0..1 as code values, int64."""
    return (picture * (LEVELS - 1)).round().clamp(0, LEVELS - 1).to(torch.int64)


def from_levels(levels: Tensor) -> Tensor:
    """Code values as R'G'B' 0..1."""
    return levels.float() / (LEVELS - 1)
