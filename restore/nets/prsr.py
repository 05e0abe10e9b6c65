"""Pixel Recursive Super Resolution: the pictures of 32x32 that one of 8x8 may come from."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.nets.layers.pixelcnn import PixelCNN, log_likelihood

SMALL, LARGE = 8, 32
"""Height and width of the input, and of the output."""

LEVELS = 256
"""Values of each of red, green and blue."""


class PixelRecursive(nn.Module):
    """Logits of every value = those of a conditioning network + those of a prior (Dahl et al. 2017).

    The conditioning network sees the input, and no output; the prior is a PixelCNN that sees the output's
    values so far, and no input. Their sum is trained, and the conditioning network also alone: otherwise the
    prior, which learns faster, ignores the input.

    blocks  residual blocks at each of the three sizes of the conditioning network, of `channels`
    width, layers  of the PixelCNN
    """

    def __init__(
        self, channels: int = 32, blocks: int = 6, width: int = 40, layers: int = 8
    ) -> None:
        super().__init__()
        self.conditioning = Enlarging(3 * LEVELS, channels, blocks)
        self.prior = PixelCNN(3, LEVELS, width, layers)

    def conditioned(self, small: Tensor) -> Tensor:
        """R'G'B' [N, 3, 8, 8], 0..1 -> the conditioning logits [N, 3, 256, 32, 32]."""
        return self.conditioning(small).unflatten(1, (3, LEVELS))

    def forward(self, large: Tensor) -> Tensor:
        """For training: R'G'B' [N, 3, 32, 32], 0..1 -> negative log likelihoods [N, 2], nats per value.

        The first is that of the sum of the logits, the second that of the conditioning logits alone. The
        input is the picture reduced to 8x8.
        """
        values = to_levels(large)
        conditioned = self.conditioned(reduced(large)).float()
        both = conditioned + self.prior(values).float()
        found = [log_likelihood(logits, values) for logits in (both, conditioned)]
        return -torch.stack(found, 1) / values[0].numel()


class PixelRegression(nn.Module):
    """The conditioning network alone, which gives one picture: the mean of all (trained with L2)."""

    def __init__(self, channels: int = 32, blocks: int = 6) -> None:
        super().__init__()
        self.conditioning = Enlarging(3, channels, blocks)

    def enlarged(self, small: Tensor) -> Tensor:
        """R'G'B' [N, 3, 8, 8], 0..1 -> [N, 3, 32, 32]."""
        repeated = small.repeat_interleave(LARGE // SMALL, -1).repeat_interleave(LARGE // SMALL, -2)
        return repeated + self.conditioning(small)

    def forward(self, large: Tensor) -> Tensor:
        """For training: R'G'B' [N, 3, 32, 32], 0..1 -> mean square errors [N, 1]."""
        error = self.enlarged(reduced(large)) - large
        return error.square().flatten(1).mean(1, keepdim=True)


class Enlarging(nn.Module):
    """Residual blocks at 8x8, 16x16 and 32x32."""

    def __init__(self, outputs: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 1)
        self.sizes = nn.ModuleList(
            nn.Sequential(*(_Block(channels) for _ in range(blocks))) for _ in range(3)
        )
        self.larger = nn.ModuleList(nn.ConvTranspose2d(channels, channels, 2, 2) for _ in range(2))
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


def reduced(large: Tensor) -> Tensor:
    """Pictures of 32x32 as means of 4x4 pixels: [N, C, 8, 8]."""
    return functional.avg_pool2d(large, LARGE // SMALL)


def to_levels(picture: Tensor) -> Tensor:
    """R'G'B' 0..1 as code values, int64."""
    return (picture * (LEVELS - 1)).round().clamp(0, LEVELS - 1).to(torch.int64)


def from_levels(levels: Tensor) -> Tensor:
    """Code values as R'G'B' 0..1."""
    return levels.float() / (LEVELS - 1)
